"""`loyaltyd day`: open and close the trading day, by the running daemon."""

from typing import Any

import click

from loyaltyd.cli.daemon_client import Daemon
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings

date_option = click.option(
    "--date", metavar="YYYY-MM-DD", help="Its date; without it the day that is due."
)


@click.group(name="day")
def command() -> None:
    """Open or close the trading day."""


@command.command(name="open")
@date_option
@with_settings
def open_day(settings: Settings, date: str | None) -> None:
    """Begin a trading day: what is rung up until it is closed is of its date."""
    _print(Daemon(settings).tell("/v1/days/open", _body(date)))


@command.command(name="close")
@date_option
@with_settings
def close_day(settings: Settings, date: str | None) -> None:
    """End the trading day, and print what its cards came to."""
    _print(Daemon(settings).tell("/v1/days/close", _body(date)))


def _body(date: str | None) -> dict[str, Any]:
    return {"business_date": date} if date else {}


def _print(day: dict[str, Any]) -> None:
    """Print a DayAnswer."""
    from loyaltyd.cli.tables import print_table

    again = "  (was so already)" if day.get("replayed") else ""
    click.echo(f"{day['business_date']}  {day['state']}{again}")
    if "totals" in day:
        totals = dict(day["totals"])
        wallets: dict[str, dict[str, str]] = totals.pop("wallets")
        click.echo("  ".join(f"{name} {value}" for name, value in totals.items()))
        if wallets:
            click.echo()
            rows = [(name, *moved.values()) for name, moved in wallets.items()]
            print_table(("wallet", *next(iter(wallets.values()))), rows)
