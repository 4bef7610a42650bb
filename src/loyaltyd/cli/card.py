"""`loyaltyd card`: one card, by the running daemon."""

import os
import secrets
import sys
from typing import IO, Any

import click

from loyaltyd.cli.daemon_client import Daemon, card_path
from loyaltyd.cli.settings import with_settings
from loyaltyd.config import Settings
from loyaltyd.domain.card import card_pin

STDIN = "-"
NUMBER_BYTES_MAX = 256  # a card number or a handle has 64
HELD = ("available", "pending", "reserved", "debt")
number_argument = click.argument("number", default=STDIN)


@click.group(name="card")
def command() -> None:
    """Show, issue, block or link a card; print PINs.

    NUMBER may be left out: it is then read from standard input, where other users of the
    machine don't see it.
    """


@command.command()
@number_argument
@with_settings
def show(settings: Settings, number: str) -> None:
    """Show whose card it is and what its account holds."""
    _print(Daemon(settings).ask(card_path(_number(number))))


@command.command()
@number_argument
@click.option(
    "--kind", help="The kind that the program gives to its range; told by the number otherwise."
)
@click.option("--name", default="", help="How the cashier greets the holder.")
@click.option("--birthday", metavar="YYYY-MM-DD")
@click.option("--phone", default="", metavar="+DIGITS")
@with_settings
def enrol(settings: Settings, /, number: str, kind: str | None, **holder: str | None) -> None:
    """Issue a card, or say who holds it."""
    body: dict[str, Any] = {"card": _number(number)}
    if kind is not None:
        body["kind"] = kind
    known = {member: text for member, text in holder.items() if text}
    if known:
        body["holder"] = known
    _print(Daemon(settings).tell("/v1/cards", body))


@command.command()
@number_argument
@click.option(
    "--reason",
    default="lost",
    show_default=True,
    help="Why, in a word of a-z, _ and -: the record says it.",
)
@with_settings
def block(settings: Settings, number: str, reason: str) -> None:
    """Refuse the card from now on."""
    _print(Daemon(settings).tell(f"{card_path(_number(number))}/block", {"reason": reason}))


@command.command()
@number_argument
@with_settings
def unblock(settings: Settings, number: str) -> None:
    """Accept the card again."""
    _print(Daemon(settings).tell(f"{card_path(_number(number))}/unblock", {}))


@command.command()
@number_argument
@click.option("--new", required=True, metavar="NUMBER", help="The card that takes its place.")
@with_settings
def replace(settings: Settings, number: str, new: str) -> None:
    """Give the account of a lost or broken card to a new one."""
    _print(Daemon(settings).tell(f"{card_path(_number(number))}/replace", {"new": new}))


@command.command()
@number_argument
@click.option("--phone", metavar="+DIGITS", help="A phone that stands for the card.")
@click.option("--card", metavar="NUMBER", help="A new card of the same account.")
@with_settings
def link(settings: Settings, number: str, phone: str | None, card: str | None) -> None:
    """Let one more card, or a phone, stand for the card's account."""
    if (phone is None) == (card is None):
        raise click.UsageError("either --phone or --card")
    body = {"phone": phone} if phone else {"card": card}
    _print(Daemon(settings).tell(f"{card_path(_number(number))}/link", body))


@command.command()
@number_argument
@click.option("--into", required=True, metavar="NUMBER", help="A card of the account that stays.")
@click.option(
    "--transfer",
    default=lambda: f"cli.{secrets.token_hex(8)}",
    metavar="ID",
    help="Give one, and a command that is run again does nothing more.",
)
@with_settings
def merge(settings: Settings, number: str, into: str, transfer: str) -> None:
    """Close the card's account: what it holds and its cards are another account's then."""
    body = {"transfer": transfer, "from": _number(number), "to": into}
    _print(Daemon(settings).tell("/v1/transfers", body)["card"])


@command.command()
@number_argument
@with_settings
def forget(settings: Settings, number: str) -> None:
    """Forget who holds the card: name, birthday, phone, numbers, stored answers.

    The account and what it holds stay, and its cards go on.
    """
    _print(Daemon(settings).tell(f"{card_path(_number(number))}/forget", {}))


@command.command()
@click.argument("numbers", type=click.File("r", encoding="ascii"), default=STDIN)
@with_settings
def pins(settings: Settings, numbers: IO[str]) -> None:
    """Print the PIN beside each card number of a file, for whoever makes the cards.

    One number a line. Run it as the daemon's user: PINs are made from the chain's key.
    """
    from loyaltyd.link.signatures import chain_key
    from loyaltyd.till.program_file import program_in

    program = program_in(settings.program.path)
    key = chain_key(settings.chain_key, make=False)
    for line, text in enumerate(numbers, 1):
        number = text.strip()
        found = program.range_of(number)
        if found is None or not found.pin or not found.check_fits(number):
            raise click.ClickException(f"line {line}: no number of a range with pin = true")
        click.echo(f"{number} {card_pin(key, found.kind, number)}")


def _number(argument: str) -> str:
    if argument != STDIN:
        return argument
    if sys.stdin.isatty():
        click.echo("card number: ", nl=False, err=True)
    number = os.fsdecode(sys.stdin.buffer.readline(NUMBER_BYTES_MAX)).strip()
    if not number:
        raise click.UsageError("no card number, neither as an argument nor on standard input")
    return number


def _print(card: dict[str, Any]) -> None:
    """Print a CardViewAnswer."""
    from loyaltyd.cli.tables import print_table, printable

    following = card["next_tier"]
    tier = card["tier"] + (f", {following['missing']} to {following['id']}" if following else "")
    words = (card["number"], card["kind"], card["status"], card["holder"], tier)
    click.echo("  ".join(printable(word) for word in words if word))
    if card["wallets"]:
        click.echo()
        stamps = any("rewards" in wallet for wallet in card["wallets"].values())
        rows = [(name, *_held(wallet, stamps=stamps)) for name, wallet in card["wallets"].items()]
        print_table(("wallet", *HELD, "expiring", *(["rewards"] if stamps else [])), rows)


def _held(wallet: dict[str, Any], *, stamps: bool) -> list[str]:
    """A row of the table; of stamps the rewards that are waiting, and how many stamps one takes."""
    expiring = ", ".join(f"{it['amount']} on {it['on']}" for it in wallet["expiring"])
    rewards = f"{wallet['rewards']} of {wallet['every']} each" if "rewards" in wallet else ""
    return [*(wallet[member] for member in HELD), expiring, *([rewards] if stamps else [])]
