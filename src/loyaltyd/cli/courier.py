"""`loyaltyd courier`: what carries between the spool and headquarters."""

import pathlib
from collections import Counter

import click

from loyaltyd.cli import exits
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings


@click.command()
@click.option("--once", is_flag=True, help="Carry what is there now, and end.")
@click.option(
    "--folder",
    metavar="PATH",
    type=click.Path(path_type=pathlib.Path),
    help="By a folder on a stick or a share, with out and in in it, instead of by line.",
)
@with_settings
@click.pass_context
def command(
    ctx: click.Context, settings: Settings, once: bool, folder: pathlib.Path | None
) -> None:
    """Carry batches to headquarters.

    Brings the answers back, until SIGTERM or Ctrl-C. It needs no right but to the spool: the daemon
    believes nothing that headquarters hasn't signed.

    With --once, exit 0: all was carried. Exit 1: headquarters refused some of it; the daemon will
    see to that. Exit 69: headquarters or the folder can't be reached.
    """
    from loyaltyd import courier
    from loyaltyd.link.carrying import Fate

    if not once:
        courier.run(settings, folder)
        return
    counts: Counter[str] = Counter()
    for carried in courier.carried_once(settings, folder):
        click.echo(f"{carried.name}  {carried.fate}")
        counts[carried.fate] += 1
    click.echo(", ".join(f"{count} {fate}" for fate, count in counts.items()) or "nothing to carry")
    if counts[Fate.REFUSED]:
        ctx.exit(exits.NO)
