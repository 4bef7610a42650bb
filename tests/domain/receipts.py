"""Programs in a few lines of their own language, baskets, and shoppers, for the domain's tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from loyaltyd.domain.account import Account, Card, Debt, Seen
from loyaltyd.domain.basket import Basket, Line, Reward, Wish
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import units
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Refusal

DEMO = Path(__file__).parents[2] / "config" / "demo-program.toml"
HEAD = """id = "test"
version = 1
currency = "RUB"
starts = 2026-01-01
"""
CARDS = """
[[cards]]
kind = "bonus"
prefix = "2990"
length = 13
[[cards]]
kind = "discount"
prefix = "2991"
length = 13
discount = "5%"
"""
EARN = """
[[rules]]
id = "base-earn"
layer = "points"
give = { earn = "bonus", percent = "5%" }
"""
MOSCOW = dt.timezone(dt.timedelta(hours=3))
SATURDAY = dt.datetime(2026, 12, 5, 10, 30, tzinfo=MOSCOW)
PLACE = Place(
    store="msk-017",
    till="3",
    group="main-hall",
    timezone="Europe/Moscow",
    business_date=dt.date(2026, 12, 5),
)
BONUS_CARD = Card(id="c" * 32, kind="bonus", range="2990/13")
DISCOUNT_CARD = Card(id="d" * 32, kind="discount", range="2991/13")


def program(text: str = "", head: str = HEAD) -> Program:
    """Read a program of which only text is worth saying."""
    found = program_from(head + text + CARDS)
    assert isinstance(found, Program), found
    return found


def wallet(keys: str = "") -> str:
    """The table of a wallet `bonus` that pays 1.00 a point, and keys beside."""
    return f'\n[wallets.bonus]\nscale = 2\nredeem_rate = "1.00"\n{keys}\n'


def rule(name: str, layer: str, give: str, more: str = "") -> str:
    """One of [[rules]]."""
    return f'\n[[rules]]\nid = "{name}"\nlayer = "{layer}"\ngive = {{ {give} }}\n{more}\n'


def rub(text: str) -> int:
    """Roubles, or points of two decimals, as whole units."""
    return units(text, 2)


def line(number: int, price: str, quantity: str = "1", **more: object) -> Line:
    """A line of a basket; more are its other members as they are."""
    members: dict[str, object] = {"sku": f"sku-{number}", "category": "goods", **more}
    return Line(line=number, price=rub(price), quantity=units(quantity, 3), **members)  # type: ignore[arg-type]  # each is the line's own


def basket(
    *lines: Line, redeem: dict[str, str] | None = None, rewards: dict[str, int] | None = None
) -> Basket:
    """A receipt of lines; redeem maps a wallet to points of two decimals, or "max"."""
    wishes = (redeem or {}).items()
    return Basket(
        receipt="r-1",
        lines=lines,
        redeem=tuple(
            Wish(wallet=name, amount=None if amount == "max" else rub(amount))
            for name, amount in wishes
        ),
        rewards=tuple(Reward(rule=name, count=it) for name, it in (rewards or {}).items()),
    )


def seen(balance: str = "0.00", *, tier: str = "", measure: str = "0", debt: str = "0") -> Seen:
    """A bonus card and its account, with one lot that is usable for ever."""
    lot = Lot(wallet="bonus", active_from=dt.date(2020, 1, 1), expires_at=None, amount=rub(balance))
    owed = Debt(wallet="bonus", amount=rub(debt))
    account = Account(
        id="a" * 32,
        tier=tier,
        measure=rub(measure),
        lots=(lot,) if lot.amount else (),
        debts=(owed,) if owed.amount else (),
    )
    return Seen(card=BONUS_CARD, account=account)


def holds(owed: dict[str, int] | None = None, /, **held: int) -> Seen:
    """A bonus card whose account holds so much of each wallet for ever, in its own scale."""
    lots = (
        Lot(wallet=name, active_from=dt.date(2020, 1, 1), expires_at=None, amount=amount)
        for name, amount in held.items()
    )
    debts = (Debt(wallet=name, amount=amount) for name, amount in (owed or {}).items())
    return Seen(card=BONUS_CARD, account=Account(id="a" * 32, lots=tuple(lots), debts=tuple(debts)))


NOBODY = Seen()


def quoted(found: Program, wanted: Basket, who: Seen = NOBODY, at: dt.datetime = SATURDAY) -> Quote:
    """What the program gives; it must not refuse."""
    answer = quote(wanted, who, found, PLACE, at)
    assert not isinstance(answer, Refusal), answer
    return answer


def discounts(answer: Quote) -> list[int]:
    """What was taken off each line, minor units."""
    return [it.discount for it in answer.result.lines]


def earned_in(answer: Quote, name: str = "bonus") -> int:
    """What the receipt earns in a wallet."""
    return sum(it.amount for it in answer.result.earned if it.wallet == name)


def spent_of(answer: Quote, name: str = "bonus") -> int:
    """What the receipt spends of a wallet."""
    return sum(it.amount for it in answer.result.spent if it.wallet == name)


def cause(answer: Quote, name: str) -> Cause:
    """What became of a rule; the trace leaves out those that mean no goods of the basket."""
    return next((why.cause for why in answer.trace if why.rule == name), Cause.GOODS)
