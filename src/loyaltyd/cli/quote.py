"""`loyaltyd quote`: what a basket comes to, line by line, and why."""

import json
import pathlib
from collections.abc import Callable
from typing import IO, Any

import click

from loyaltyd.cli.daemon_client import Daemon
from loyaltyd.cli.settings import settings_if_asked
from loyaltyd.config import Settings

AMOUNTS = ("gross", "discount", "redeemed", "net")


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--explain", is_flag=True, help="Say of each rule why it was applied or not.")
@click.option(
    "--program",
    metavar="PROGRAM",
    type=click.Path(path_type=pathlib.Path),
    help="Work it out here, with this program and a new card: no daemon, settings or ledger.",
)
@click.option("--tier", help="With --program: the tier that the new card has.")
@click.option(
    "--balance",
    "balances",
    metavar="WALLET=AMOUNT",
    multiple=True,
    help="With --program: what the new card holds, as bonus=150.00; once for each wallet.",
)
@settings_if_asked
def command(
    settings: Callable[[], Settings],
    /,
    file: IO[bytes],
    explain: bool,
    program: pathlib.Path | None,
    **new: Any,
) -> None:
    """Work out what a basket comes to.

    FILE holds a JSON body of POST /v1/quotes; - is standard input. The running daemon
    answers, for the card as it is now. Nothing is recorded.
    """
    body = file.read()
    if explain:
        body = _with_explain(body)
    if program is not None:
        from loyaltyd.cli.preview import preview

        answer = preview(body, program, **new)
    elif any(new.values()):
        option = "--tier" if new["tier"] else "--balance"
        raise click.UsageError(f"{option} goes with --program: a real card has its own")
    else:
        answer = Daemon(settings()).tell("/v1/quotes", body)
    _print(answer, json.loads(body))
    if explain:
        _print_reasons(answer)


def _print(answer: dict[str, Any], sent: dict[str, Any]) -> None:
    """Print a QuoteAnswer; sent has the names of the goods."""
    from loyaltyd.cli.tables import print_table, printable

    program, card, totals = answer["program"], answer["card"], answer["totals"]
    words = [f"program {program['id']} {program['version']}"]
    if card:
        words += [card["number"], card["kind"], card["status"], card["holder"], card["tier"]]
    click.echo("  ".join(printable(word) for word in words if word) + "\n")
    goods = {it["line"]: it.get("name") or it["sku"] for it in sent["lines"]}
    rows = [
        (str(it["line"]), goods[it["line"]], *(it[name] for name in AMOUNTS), _effects(it))
        for it in answer["lines"]
    ]
    sums = (*(totals[name] for name in AMOUNTS[:-1]), totals["payable"])
    print_table(("line", "goods", *AMOUNTS, "rules"), [*rows, ("", "to pay", *sums, "")])
    click.echo()
    for wallet, earned in totals["earned"].items():
        click.echo(f"earns     {printable(wallet)} {earned}")
    for audience, sentences in answer["messages"].items():
        for sentence in sentences:
            click.echo(f"{audience:9} {printable(sentence)}")


def _effects(line: dict[str, Any]) -> str:
    return ", ".join(f"{it['rule']} {it['amount']}" for it in line["effects"])


def _with_explain(body: bytes) -> bytes:
    """Ask for the conditions too; all else stays as it was written, its faults too."""
    try:
        sent = json.loads(body)
    except ValueError:
        return body
    if not isinstance(sent, dict) or not sent or "explain" in sent:
        return body
    return body.replace(b"{", b'{"explain": true, ', 1)


def _print_reasons(answer: dict[str, Any]) -> None:
    from loyaltyd.cli.tables import print_table

    rows = []
    for it in answer["explain"]:
        rows.append((it["rule"], "yes" if it["applied"] else "no", it["because"]))
        conditions = it.get("conditions", ())
        if len(conditions) > 1:
            rows += [_condition(each) for each in conditions]
        rows += [
            ("", "", f"line {each['line']}: {each['amount']} of {each['of']}")
            for each in it.get("lines", ())
        ]
    click.echo()
    print_table(("rule", "applied", "because"), rows)


def _condition(condition: dict[str, Any]) -> tuple[str, str, str]:
    needs, has = (condition[it] for it in ("needs", "has"))
    said = f"needs {needs}, has {has or 'none'}" if needs else ""
    return f"  {condition['key']}", "✓" if condition["met"] else "✗", said
