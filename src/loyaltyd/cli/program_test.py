"""`loyaltyd program test`: whether a program gives what its writer promised."""

import pathlib
from collections.abc import Sequence

import click

from loyaltyd.cli import exits
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.trying.cases import Trial, never_applied, tried
from loyaltyd.till.cases_file import cases_beside, cases_in, explained, missed_lines
from loyaltyd.till.program_file import program_in

LANGUAGE = "en"  # of the commands


@click.command()
@click.argument("file", type=click.Path(path_type=pathlib.Path))
@click.argument("cases", nargs=-1, type=click.Path(path_type=pathlib.Path))
@click.option("--explain", is_flag=True, help="Of a case that fails, say what became of each rule.")
@click.pass_context
def command(
    ctx: click.Context, file: pathlib.Path, cases: tuple[pathlib.Path, ...], explain: bool
) -> None:
    """Try the program in FILE with cases.

    CASES are files of receipts and what they have to come to; without them the one beside FILE,
    program.cases.toml of program.toml. A line for each case that fails, and one below it for each
    amount that differs.

    Exit 0: all passed. Exit 1: some failed. Exit 78: the program or a case can't be read.
    """
    program = program_in(file)
    trials: list[Trial] = []
    for path in cases or (cases_beside(file),):
        for case in cases_in(path, program):
            trials.append(tried(case, program))
            if trials[-1].missed:
                click.echo(f"FAILED  {path}: {_printable(case.name)}")
                _print_failure(trials[-1], program, explain=explain)
    _print_summary(trials, program)
    if any(it.missed for it in trials):
        ctx.exit(exits.NO)


def _print_failure(trial: Trial, program: Program, *, explain: bool) -> None:
    for line in missed_lines(trial, program, LANGUAGE):
        click.echo(f"    {_printable(line)}")
    if explain:
        from loyaltyd.cli.tables import print_table

        rows = [
            (it["rule"], "yes" if it["applied"] else "no", it["because"])
            for it in explained(trial, program, LANGUAGE)
        ]
        print_table(("rule", "applied", "because"), rows)


def _print_summary(trials: Sequence[Trial], program: Program) -> None:
    idle = never_applied(trials, program)
    if idle:
        click.echo(f"no case applies: {', '.join(idle)}")
    failed = sum(bool(it.missed) for it in trials)
    click.echo(f"{_counted(len(trials) - failed)} passed, {failed} failed")


def _counted(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases} cases"


def _printable(text: str) -> str:
    from loyaltyd.cli.tables import printable

    return printable(text)
