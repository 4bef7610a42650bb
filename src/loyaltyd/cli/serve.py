"""`loyaltyd serve`: the daemon, in the foreground."""

import click

from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Run the daemon.

    It reads cards and answers the till software until SIGTERM or Ctrl-C.
    """
    from loyaltyd import daemon

    daemon.run(settings)
