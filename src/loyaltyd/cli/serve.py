"""`loyaltyd serve`: the daemon, in the foreground."""

import gc

import click

from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Run the daemon.

    It reads cards and answers the till software until SIGTERM or Ctrl-C.
    """
    gc.disable()  # until the daemon runs: what it imports and builds is never garbage
    from loyaltyd import daemon

    daemon.run(settings)
