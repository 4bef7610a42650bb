"""`loyaltyd hq`: headquarters, where the records of all tills come together."""

import pathlib
from collections.abc import Callable
from contextlib import closing

import click

from loyaltyd.cli import exits
from loyaltyd.cli.hq_serve import command as serve
from loyaltyd.domain.errors import ConfigError

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
    from loyaltyd.cli.tables import printable
    from loyaltyd.hq.ingest import open_hq
    from loyaltyd.hq.trusting import trusted_file

    with closing(open_hq(folder)) as hq:
        for file in files:
            known = trusted_file(hq, file)
            place = printable(f"{known.chain} {known.store}-{known.till}")
            click.echo(f"OK  {place}  key {known.key}")


@command.command()
@in_folder
@click.argument("keys", nargs=-1, required=True, metavar="KEY|FILE...")
def distrust(folder: pathlib.Path, keys: tuple[str, ...]) -> None:
    """Believe these keys no more, as when a till was stolen.

    Each is a key of 64 hex digits, or a file with its public line. What they sign is refused from
    now on; what was taken stays. `hq trust` takes it back.
    """
    from loyaltyd.cli.tables import printable
    from loyaltyd.hq.ingest import open_hq
    from loyaltyd.hq.trusting import distrusted

    with closing(open_hq(folder)) as hq:
        for named in keys:
            known = distrusted(hq, named)
            place = printable(f"{known.chain} {known.store}-{known.till}")
            click.echo(f"OK  {place}  distrusted  key {known.key}")


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
    from loyaltyd.cli.tables import printable
    from loyaltyd.hq.folder_import import imported
    from loyaltyd.hq.ingest import open_hq

    refused = 0
    with closing(open_hq(folder)) as hq:
        for it in imported(hq, paths):
            refused += it.answer.reason is not None
            click.echo(f"{it.answer.reason or 'OK'}  {printable(str(it.path))}")
        while hq.reevaluated():
            pass
    if refused:
        ctx.exit(exits.NO)


@command.command()
@in_folder
@click.pass_context
def status(ctx: click.Context, folder: pathlib.Path) -> None:
    """Show how the tills stand and what isn't right, in the page's words.

    Exit 1 when somebody should look at it.
    """
    from loyaltyd.cli.tables import print_table
    from loyaltyd.hq.ingest import DATABASE, open_hq, utc_now
    from loyaltyd.hq.screen import State, till_rows, verdict

    if not (folder / DATABASE).is_file():
        raise ConfigError(f"{folder}: no headquarters here: no {DATABASE}")
    with closing(open_hq(folder)) as hq:
        seen = hq.overview(utc_now())
    rows = [
        (it.place, it.epoch or EMPTY, it.contact, it.records, it.standing.said)
        for it in till_rows(seen)
    ]
    if rows:
        print_table(("till", "epoch", "last contact", "records", "state"), rows)
        click.echo()
    found = verdict(seen)
    click.echo(found.said)
    if found.state is not State.GOOD:
        ctx.exit(exits.NO)
