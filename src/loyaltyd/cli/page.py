"""`loyaltyd page`: the way into the cashier page where callers need tokens."""

import click

from loyaltyd.cli.daemon_client import Daemon
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Print an address that opens the cashier page once.

    The browser then stays signed in for a day. Without `[api] tokens` none is needed: open /till.
    """
    opened = Daemon(settings).tell("/v1/pages", {})
    click.echo(f"http://{settings.api.listen}{opened['page']}  until {opened['expires_at']}")
