"""`loyaltyd export`: the nightly file, written by the daemon."""

from pathlib import Path
from typing import Any

import click

from loyaltyd.cli.daemon_client import Daemon
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.link.spool import DAY, Box
from loyaltyd.link.wire import FILE_BYTES_MAX


@click.command()
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Copy there each nightly file that it doesn't have yet, as onto a stick.",
)
@with_settings
def command(settings: Settings, folder: Path | None) -> None:
    """Write what is new into a nightly file.

    It holds what was recorded since the one before. A line for each file. Exit 0 also when nothing
    is new, 3 when no daemon answers.
    """
    daemon, written, more = Daemon(settings), 0, True
    while more:
        answer = daemon.tell("/v1/exports", {})
        for file in answer["files"]:
            click.echo(_line(file))
        written, more = written + len(answer["files"]), answer["more"]
    if not written:
        click.echo("nothing is new since today's last file")
    if folder is not None:
        for name in _copied(Box(Path(answer["folder"])), Box(folder.resolve())):
            click.echo(f"copied to {folder}: {name}")


def _line(file: dict[str, Any]) -> str:
    records = f"records {file['first']} to {file['last']}" if file["records"] else "no records"
    return f"{file['file']}  {records}  sha256 {file['sha256']}"


def _copied(source: Box, target: Box) -> list[str]:
    """Copy the till-days that target lacks, and return their names."""
    found = []
    for name in source.names():
        if name.endswith(DAY) and name not in target.names():
            data = source.read(name, FILE_BYTES_MAX)
            if data is not None:  # else headquarters has answered it, and it is gone
                target.put(name, data)
                found.append(name)
    return found
