"""What people read on a terminal: tables by rich, and text without a terminal's control codes."""

import re
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_COLUMNS = 200  # no terminal to fit into: one row is one line
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below columns; a column of numbers stands to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        numbers = all(NUMBER.fullmatch(row[place]) for row in rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    console = Console(width=width, highlight=False)
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())  # rich fills each row up with spaces


def printable(text: str) -> str:
    """Return text that can't move a terminal's cursor: a holder's name may be anything."""
    return "".join(it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in text)
