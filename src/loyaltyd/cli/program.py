"""`loyaltyd program`: a chain's program before any till gets it."""

import pathlib

import click

from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.program import Program
from loyaltyd.domain.program_text import program_from
from loyaltyd.domain.toml import TEXT_BYTES_MAX, Fault, decoded


@click.group(name="program")
def command() -> None:
    """Check a program file."""


@command.command()
@click.argument("file", type=click.Path(path_type=pathlib.Path))
def check(file: pathlib.Path) -> None:
    """Read FILE as strictly as the daemon does.

    Exit 78 when it can't be obeyed, a line for each fault.
    """
    program = read_program(file)
    rules = sum(
        len(group.rules)
        for layer in (program.item, program.receipt, program.points)
        for group in layer
    )
    click.echo(
        f"OK  program {program.id} {program.version}, from {program.starts}"
        f"  cards {', '.join(it.name for it in program.ranges) or 'none'}"
        f"  wallets {', '.join(it.id for it in program.wallets) or 'none'}  rules {rules}"
    )


def read_program(path: pathlib.Path) -> Program:
    """Return the program in the file at path; ConfigError has a line for each fault."""
    try:
        with path.open("rb") as file:
            text = decoded(file.read(TEXT_BYTES_MAX + 1))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    if isinstance(text, Fault):
        raise ConfigError(text.said(str(path)))
    program = program_from(text)
    if isinstance(program, Program):
        return program
    raise ConfigError("\n".join(fault.said(str(path)) for fault in program))
