"""`loyaltyd hq`: headquarters, where the records of all tills come together."""

import pathlib
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from loyaltyd.cli import exits
from loyaltyd.cli.hq_serve import command as serve

FILES = click.Path(path_type=pathlib.Path)
EMPTY = "-"  # in a column that has nothing to say


def in_folder(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --folder."""
    return click.option(
        "--folder",
        type=click.Path(path_type=pathlib.Path, file_okay=False),
        required=True,
        help="Where headquarters keeps all it has.",
    )(function)


@click.group(name="hq", commands={"serve": serve})
def command() -> None:
    """Take what tills recorded, and answer for it.

    Every command may be used while `hq serve` runs on the same folder.
    """


@command.command()
@in_folder
@click.argument("files", nargs=-1, required=True, type=FILES)
def trust(folder: pathlib.Path, files: tuple[pathlib.Path, ...]) -> None:
    """Believe the tills of these public lines.

    FILES hold what `loyaltyd identity` prints at each till. A key is one till's for good.
    """
    from loyaltyd.hq.ingest import open_hq
    from loyaltyd.hq.trusting import trusted_file

    with closing(open_hq(folder)) as hq:
        for file in files:
            known = trusted_file(hq, file)
            click.echo(f"OK  {known.chain} {known.store}-{known.till}  key {known.key}")


@command.command()
@in_folder
def pub(folder: pathlib.Path) -> None:
    """Print the line by which tills know headquarters: their [link] hq_key file."""
    from loyaltyd.hq.keys import hq_key, hq_line

    click.echo(hq_line(hq_key(folder)), nl=False)


@command.command()
@in_folder
@click.argument("files", nargs=-1, required=True, type=FILES)
def program(folder: pathlib.Path, files: tuple[pathlib.Path, ...]) -> None:
    """Keep the programs in these files, for the receipts that name them.

    Each is the very text that tills had: a receipt names it by its SHA-256.
    """
    from loyaltyd.hq.ingest import open_hq
    from loyaltyd.hq.trusting import kept_program

    with closing(open_hq(folder)) as hq:
        for file in files:
            found, new = kept_program(hq, file)
            known = "" if new else "  known already"
            click.echo(f"OK  program {found.id} {found.version}  {found.hash}{known}")


@command.command(name="import")
@in_folder
@click.argument("paths", nargs=-1, required=True, type=FILES)
@click.pass_context
def import_(ctx: click.Context, folder: pathlib.Path, paths: tuple[pathlib.Path, ...]) -> None:
    """Take batches that came by hand.

    PATHS are files, or folders laid out as a spool: out/ is read, answers are written to in/. It is
    the same as over the network, and may be done twice.

    Exit 1 when a file was refused.
    """
    from loyaltyd.hq.folder_import import imported
    from loyaltyd.hq.ingest import open_hq

    refused = 0
    with closing(open_hq(folder)) as hq:
        for it in imported(hq, paths):
            refused += it.answer.reason is not None
            click.echo(f"{it.answer.reason or 'OK'}  {it.path}")
        while hq.reevaluated():
            pass
    if refused:
        ctx.exit(exits.NO)


@command.command()
@in_folder
@click.pass_context
def status(ctx: click.Context, folder: pathlib.Path) -> None:
    """Show how the tills stand and what isn't right.

    Exit 1 when something isn't.
    """
    from loyaltyd.cli.tables import print_table
    from loyaltyd.hq.ingest import open_hq, utc_now

    with closing(open_hq(folder)) as hq:
        seen = hq.overview(utc_now())
    rows = [
        (*it.place, it.epoch or EMPTY, _contact(it), str(it.seq), _state(it)) for it in seen.tills
    ]
    print_table(("chain", "store", "till", "epoch", "last contact", "records", "state"), rows)
    wrong = [
        f"{seen.differences_count} receipts differ from what their lines lead to",
        f"{seen.days_differing} till-days differ from their records",
        f"{sum(it.receipts for it in seen.unruled)} receipts wait for programs (hq program)",
        f"{seen.refused_count} files were refused",
    ]
    found = [line for line in wrong if not line.startswith("0 ")]
    for line in found:
        click.echo(line)
    if found or any(it.missing or it.trouble or it.days_missing for it in seen.tills):
        ctx.exit(exits.NO)


def _contact(till: Any) -> str:
    return EMPTY if till.contact_at is None else till.contact_at.isoformat(timespec="seconds")


def _state(till: Any) -> str:
    if till.epoch is None:
        return "never heard"
    if till.missing:
        return f"records {till.seq + 1} to {till.missing} are missing"
    if till.trouble is not None:
        return f"refused: {till.trouble}"
    return f"{till.days_missing} till-days are missing" if till.days_missing else "right"
