"""`loyaltyd identity`: who this till is, for headquarters to trust."""

import click

from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.domain.record import Stream
from loyaltyd.link.signatures import public_hex, till_key
from loyaltyd.link.wire import public_line


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Print the till's public key.

    One line with its chain, store and till. As a file, till.pub, it goes to headquarters:
    loyaltyd hq trust till.pub. Run it as the daemon's user: nobody else may read the key, which the
    daemon makes at its first start.
    """
    place = settings.till
    key = public_hex(till_key(settings.till_key, make=False))
    stream = Stream(chain=place.chain, store=place.store, till=place.till, epoch="", key=key)
    click.echo(public_line(stream, key), nl=False)
