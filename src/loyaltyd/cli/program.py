"""`loyaltyd program`: a chain's program before any till gets it."""

import pathlib

import click

from loyaltyd.cli import program_backtest, program_diff, program_test
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.language.program_text import warnings_in
from loyaltyd.till.program_file import program_of, program_text


@click.group(
    name="program",
    commands={
        "test": program_test.command,
        "diff": program_diff.command,
        "backtest": program_backtest.command,
    },
)
def command() -> None:
    """Write a program, check it and try it, before any till gets it."""


@command.command()
@click.argument("file", type=click.Path(path_type=pathlib.Path))
@click.option("--strict", is_flag=True, help="Take a warning for a fault.")
def check(file: pathlib.Path, strict: bool) -> None:
    """Read FILE as strictly as the daemon does.

    Exit 78 when it can't be obeyed, a line for each fault. A warning is a line too: of a
    rule that can never apply, or that gives goods away. Only --strict ends with 78 for it.
    """
    text = program_text(file)
    program = program_of(text, str(file))
    warnings = [it.said(str(file)) for it in warnings_in(text)]
    if strict and warnings:
        raise ConfigError("\n".join(warnings))
    for warning in warnings:
        click.echo(warning, err=True)
    layers = (program.item, program.receipt, program.coupon, program.points)
    rules = sum(len(group.rules) for layer in layers for group in layer)
    click.echo(
        f"OK  program {program.id} {program.version}, from {program.starts}"
        f"  cards {', '.join(it.name for it in program.ranges) or 'none'}"
        f"  wallets {', '.join(it.id for it in program.wallets) or 'none'}  rules {rules}"
    )


@command.command()
def schema() -> None:
    """Print the language as a JSON Schema, for an editor that completes and checks keys."""
    import json

    from loyaltyd.domain.language.program_schema import program_schema

    click.echo(json.dumps(program_schema(), ensure_ascii=False, indent=2))
