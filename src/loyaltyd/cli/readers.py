"""`loyaltyd readers`: the till's readers and their lights."""

import click

from loyaltyd.cli import exits
from loyaltyd.cli.daemon_client import Daemon
from loyaltyd.cli.settings import with_settings
from loyaltyd.cli.status import READER_COLUMNS, reader_rows
from loyaltyd.config import Settings


@click.command()
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings) -> None:
    """Show the readers and what they read.

    Exit 1 when one of them is down.
    """
    from loyaltyd.cli.tables import print_table

    readers = Daemon(settings).status()["readers"]
    if not readers:
        click.echo("no readers: add a [[readers]] table to the settings")
        return
    print_table(READER_COLUMNS, reader_rows(readers))
    if not all(it["up"] for it in readers):
        ctx.exit(exits.NO)
