"""`loyaltyd status`: one screen for store IT, its first line the verdict."""

import json
from typing import Any

import click

from loyaltyd.cli import exits
from loyaltyd.cli.daemon_client import Daemon, DaemonAway
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings

SCHEMA = 1  # of the JSON when no daemon answers; the daemon's own otherwise
READER_COLUMNS = ("reader", "state", "cards", "garbled", "bank cards", "last card", "")
VERDICTS = {"ok": ("OK", 0), "degraded": ("DEGRADED", exits.NO)}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what the daemon says, for programs.")
@with_settings
@click.pass_context
def command(ctx: click.Context, settings: Settings, as_json: bool) -> None:
    """Say how the till is.

    Exit 0 when all is well, 1 when something is not, 3 when no daemon answers.
    """
    try:
        status = Daemon(settings).status()
    except DaemonAway as away:
        _print_away(away.format_message(), as_json=as_json)
        ctx.exit(away.exit_code)
    if as_json:
        click.echo(json.dumps(status, ensure_ascii=False, indent=2))
    else:
        _print(status)
    ctx.exit(VERDICTS.get(status["verdict"], ("", exits.NO))[1])


def reader_rows(readers: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows of the readers' table, below READER_COLUMNS."""
    counts = ("reads", "garbled", "payment")
    return [
        (
            it["name"],
            "up" if it["up"] else "down",
            *(str(it[name]) for name in counts),
            it["card"],
            it["detail"],
        )
        for it in readers
    ]


def _print_away(sentence: str, *, as_json: bool) -> None:
    if as_json:
        away = {"schema": SCHEMA, "verdict": "not_running", "problems": [sentence]}
        click.echo(json.dumps(away, indent=2))
    else:
        click.echo(f"NOT RUNNING  {sentence}")


def _print(status: dict[str, Any]) -> None:
    from loyaltyd.cli.tables import print_table, printable

    till, program, ledger = status["till"], status["program"], status["ledger"]
    readers = status["readers"]
    up = sum(it["up"] for it in readers)
    words = [
        VERDICTS.get(status["verdict"], (status["verdict"], exits.NO))[0],
        f"till {till['chain']} {till['store']}-{till['till']}",
        f"{up} of {len(readers)} readers",
        f"program {program['id']} {program['version']}" if program else "no program",
        f"{ledger['seq']} records",
        _link_word(status["link"]),
        "" if status["tokens"] else "no tokens: every program on this machine may call",
    ]
    click.echo("  ".join(printable(word) for word in words if word))
    for problem in status["problems"]:
        click.echo(f"  {printable(problem)}")
    if readers:
        click.echo()
        print_table(READER_COLUMNS, reader_rows(readers))
    click.echo()
    versions = "  ".join(f"{name} {version}" for name, version in status["versions"].items())
    click.echo(printable(f"started {status['started_at']}  clock {status['clock']}  {versions}"))
    click.echo(printable(f"ledger epoch {ledger['epoch']}  head {ledger['hash']}"))
    if status["link"]["configured"]:
        click.echo(printable(_link_line(status["link"])))


def _link_word(link: dict[str, Any]) -> str:
    if not link["configured"]:
        return ""
    return f"link {'up' if link['up'] else 'down'}"


def _link_line(link: dict[str, Any]) -> str:
    words = [
        f"link acknowledged {link['acked']}",
        f"waiting {link['waiting']}",
        f"since {link['waiting_since']}" if link["waiting_since"] else "",
        f"files {link['files']}",
        f"last answer {link['last_answer_at'] or 'never'}",
    ]
    return "  ".join(word for word in words if word)
