"""`loyaltyd program backtest`: what a program would have given for the receipts of a ledger."""

import datetime as dt
import json
import pathlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from loyaltyd.store.aside import ledger_aside
from loyaltyd.till.backtest import Days, backtest
from loyaltyd.till.backtest_answer import backtest_answer
from loyaltyd.till.program_file import program_in

AMOUNTS = ("gross", "discount", "redeemed", "payable")
DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--ledger",
    required=True,
    metavar="PATH",
    type=click.Path(path_type=pathlib.Path),
    help="A till's ledger, or a copy of one. It is only read, also while its daemon runs.",
)
@click.option("--from", "first", type=DATE, help="The first business date.")
@click.option("--until", "last", type=DATE, help="The last business date.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def command(
    file: pathlib.Path,
    ledger: pathlib.Path,
    first: dt.datetime | None,
    last: dt.datetime | None,
    as_json: bool,
) -> None:
    """Run the receipts of a ledger under the program in FILE.

    Says of each rule how often it was applied then and how often it would be now, and what it
    costs: discounts, and points as the money that they pay. Each receipt is run for the card,
    balances and tier that it was recorded with: what FILE would have given earlier doesn't change
    what later receipts can pay. Receipts that were cancelled are left out, and goods that came back
    are not taken off.
    """
    program = program_in(file)
    days = Days(
        first=first.date() if first else dt.date.min, last=last.date() if last else dt.date.max
    )
    with ledger_aside(ledger) as view, _progress() as progress:
        report = backtest(view, program, days, progress)
        answer = backtest_answer(report, program, view.stream)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("records", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(answer: dict[str, Any]) -> None:
    from loyaltyd.cli.tables import print_table, printable

    till, own = answer["till"], answer["program"]
    days = f"{answer['from']} to {answer['until']}" if answer["receipts"] else "none"
    click.echo(
        f"{till['chain']} {till['store']}-{till['till']}"
        f"  receipts {answer['receipts']}, {days}  program {own['id']} {own['version']}\n"
    )
    rules = [
        (
            printable(it["rule"]),
            *(str(it[side]["applied"]) for side in ("then", "now")),
            *(it[side]["cost"] for side in ("then", "now")),
            it["difference"],
            *(str(it[name]) for name in ("winners", "losers")),
        )
        for it in answer["rules"]
    ]
    print_table(("rule", "applied", "now", "cost", "now", "difference", "winners", "losers"), rules)
    click.echo()
    print_table(("", "then", "now", "difference"), list(_totals(answer)))
    click.echo()
    for who in ("receipts", "accounts"):
        counts = answer["winners"][who]
        click.echo(
            f"{who:9} {counts['more']} get more, {counts['less']} less, {counts['same']} the same"
        )
    for note in answer["notes"]:
        click.echo(printable(note))


def _totals(answer: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    totals = answer["totals"]
    for name in (*AMOUNTS, "cost"):
        yield name, *(totals[name][side] for side in ("then", "now", "difference"))
    for wallet, amounts in totals["earned"].items():
        yield f"earned {wallet}", *(amounts[side] for side in ("then", "now", "difference"))
