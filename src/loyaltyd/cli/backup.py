"""`loyaltyd backup`: a whole copy of the ledger, made while the daemon serves."""

from pathlib import Path

import click

from loyaltyd.cli import exits
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.store.backup import back_up
from loyaltyd.store.verify import verified


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, file: Path) -> None:
    """Copy the ledger to FILE, a new one.

    It is the ledger at one moment, also while the daemon serves, and is checked like one. The keys
    aren't in it.
    """
    back_up(settings.ledger.path, file)
    report = verified(file)
    for finding in report.findings:
        click.echo(f"{file}: {finding.what}")
    if report.findings:
        click.echo(f"FAILED  {len(report.findings)} findings: the ledger has them too")
        ctx.exit(exits.NO)
    click.echo(f"OK  {report.head.seq} records  head {report.head.hash.hex()}")
