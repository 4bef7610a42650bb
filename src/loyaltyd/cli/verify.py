"""`loyaltyd verify`: whether the ledger is what its records say."""

import click

from loyaltyd.cli import exits
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.store.verify import FINDINGS_MAX, verified


@click.command()
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings) -> None:
    """Re-check the ledger.

    Checks every record's hash and rebuilds every balance from the records, also while the daemon
    serves.

    Exit 0: all is as it was written. Exit 1: a line for each thing that isn't.
    """
    report = verified(settings.ledger.path)
    stream, head = report.stream, report.head
    for finding in report.findings:
        place = "" if finding.seq is None else f"record {finding.seq}: "
        click.echo(f"{settings.ledger.path}: {place}{finding.what}")
    if report.findings:
        more = ", and perhaps more" if len(report.findings) == FINDINGS_MAX else ""
        click.echo(f"FAILED  {len(report.findings)} findings{more}")
        ctx.exit(exits.NO)
    click.echo(
        f"OK  {stream.chain} {stream.store}-{stream.till}, epoch {stream.epoch}"
        f"  {head.seq} records  head {head.hash.hex()}"
    )
