"""Random receipts of random programs, decided and ready to come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Debt, Seen, moved
from loyaltyd.domain.basket import NO_DISCOUNT, NO_EARN, NO_REDEEM, Basket, Line, Reward, Wish
from loyaltyd.domain.books.returns import Case, Returned, Reversal, goods_returned
from loyaltyd.domain.books.sale import Sale, sale_postings
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.past import Past, Spending, Uses
from loyaltyd.domain.record import ProgramRef
from loyaltyd.domain.refusal import Refusal
from tests.domain.receipts import (
    BONUS_CARD,
    EARN,
    PLACE,
    SATURDAY,
    program,
    rule,
    wallet,
)

DAY = SATURDAY.date()
WALLETS = (
    wallet('max_share = "50%"\nmin_redeem = "1.00"\nactivates = "14d"\nexpires = "1y"')
    + '[wallets.stars]\nscale = 0\nredeem_rate = "0.25"\nexpires = "30d"\n'
    + '[wallets.purse]\nscale = 2\nredeem_rate = "2.00"\npoints_as = "tender"\n'
)
DAIRY = 'on = { category = ["dairy/*"] }'
RULES = (
    rule("dairy", "item", 'percent_off = "10%"', DAIRY)
    + rule("big", "receipt", 'amount_off = "50.00"', 'when = { min_total = "200.00" }')
    + EARN
    + rule("stars", "points", 'earn = "stars", percent = "10%"')
    + rule("silver", "points", 'earn = "bonus", percent = "2%"', 'when = { tier = ["silver"] }')
)
TIERS = """
[tiers]
measure = "spend"
levels = [{ id = "start", from = "0" }, { id = "silver", from = "300.00" }]
"""
MECHANICS = (
    EARN
    + rule("steps", "points", 'earn = "bonus", per_amount = ["50.00", "3"], expires = "60d"')
    + rule("pieces", "points", 'earn = "stars", per_unit = "1"')
    + rule("visit", "points", 'earn = "bonus", points = "5", activates = "3d"')
    + rule("dairy-doubles", "points", 'earn = "bonus", multiply = "2.5"', DAIRY)
    + rule("purse", "points", 'earn = "bonus", percent = "7%", of = "purse", expires = "60d"')
    + rule("rest", "points", 'earn = "stars", per_amount = ["10.00", "1"], of = "rest"')
    + rule("third-free", "item", "buy = 3, free = 1", DAIRY)
)
SPENT = '{ spent = { min = "100.00", within = "30d" } }'
ONCE = "limit = { per_account = 1 }"
CONDITIONS = (
    EARN
    + rule("third", "receipt", 'percent_off = "10%"', "when = { every_visit = 3 }")
    + rule(
        "once",
        "receipt",
        'amount_off = "5.00"',
        f'when = {{ not = {{ tier = ["silver"] }} }}\n{ONCE}',
    )
    + rule(
        "two", "points", 'earn = "bonus", points = "30"', "when = { basket = { min_pieces = 2 } }"
    )
    + rule(
        "rich",
        "points",
        'earn = "stars", percent = "50%"',
        f"when = {{ any = [{SPENT}, {{ first_purchase = true }}] }}",
    )
)
REWARDS = (
    '[wallets.coffee]\nscale = 0\nstamps = { every = 10, reward = "free-dairy" }\n'
    + rule("free-dairy", "item", "free = 1", DAIRY)
    + rule("half", "item", 'percent_off = "50%", units = 2, cost = { bonus = "3.00", stars = "1" }')
    + EARN
    + rule("stamps", "points", 'earn = "coffee", per_unit = "1"', DAIRY)
)
# Every way in which a wallet can be set, in a few programs.
TEXTS = (
    WALLETS + TIERS + RULES,
    '[rounding]\npoints = "half-up"\nspread = "first-lines"\n' + WALLETS + TIERS + RULES,
    WALLETS + TIERS + MECHANICS,
    WALLETS + TIERS + CONDITIONS,
    WALLETS + REWARDS,
    wallet('earn_base = "gross"') + EARN,
    wallet('earn_base = "net-of-discounts"\nclawback = "floor-of-refund"') + EARN,
    wallet('earn_base = "none-if-redeemed"\nrestore = "reissue"\nexpires = "30d"') + EARN,
)
PROGRAMS = tuple(program(text) for text in TEXTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A sale, the program that it was made under, and its account after it."""

    sale: Sale
    program: Program
    account: Account | None

    def case(self, earlier: tuple[Returned, ...], account: Account | None, on: dt.date) -> Case:
        return Case(sale=self.sale, earlier=earlier, account=account, program=self.program, on=on)


def sold(found: Program, wanted: Basket, who: Seen, at: dt.datetime = SATURDAY) -> Sold:
    """Confirm a basket, without a till."""
    answer = quote(wanted, who, found, PLACE, at)
    assert not isinstance(answer, Refusal), answer
    postings = sale_postings(answer.result, who, found, at)
    sale = Sale(
        basket=wanted,
        seen=who,
        place=PLACE,
        at=at,
        program=ProgramRef(id=found.id, version=found.version, hash=found.hash),
        result=answer.result,
        postings=postings,
    )
    account = moved(who.account, postings) if who.account else None
    return Sold(sale=sale, program=found, account=account)


def clawed_back(
    found: Sold, *parts: dict[int, int], name: str = "bonus", on: dt.date = DAY
) -> list[int]:
    """What each of these returns, line → pieces, takes back of a wallet."""
    earlier: list[Returned] = []
    account = found.account
    for part in parts:
        wanted = {number: pieces * 1000 for number, pieces in part.items()}
        outcome = goods_returned(found.case(tuple(earlier), account, on), wanted)
        assert isinstance(outcome, Reversal)
        earlier.append(outcome.returned)
        account = moved(account, outcome.postings) if account else None
    return [sum(it.amount for it in each.clawed_back if it.wallet == name) for each in earlier]


def lines() -> st.SearchStrategy[Line]:
    """A line whose number is still to be given."""
    flags = st.sets(st.sampled_from((NO_DISCOUNT, NO_EARN, NO_REDEEM)), max_size=1)
    return st.builds(
        Line,
        line=st.just(0),
        sku=st.just("sku"),
        category=st.sampled_from(("dairy/milk", "goods", "bread/rye")),
        price=st.integers(0, 30_000),
        quantity=st.one_of(st.integers(1, 6).map(lambda it: it * 1000), st.integers(1, 5_000)),
        floor_price=st.none() | st.integers(0, 20_000),
        flags=flags.map(lambda it: tuple(sorted(it))),
    )


@st.composite
def baskets(draw: st.DrawFn, found: Program) -> Basket:
    """Up to five lines, and wishes of some of the wallets."""
    drawn = draw(st.lists(lines(), max_size=5))
    wishes = draw(
        st.dictionaries(
            st.sampled_from([it.id for it in found.wallets if it.redeem_rate]),
            st.none() | st.integers(0, 20_000),
        )
    )
    priced = [it.id for group in found.item for it in group.rules if it.price is not None]
    asked = draw(st.dictionaries(st.sampled_from(priced), st.integers(1, 4))) if priced else {}
    return Basket(
        receipt="r-1",
        card=BONUS_CARD.id,
        lines=tuple(
            Line(
                line=number,
                sku=f"sku-{number}",
                category=it.category,
                price=it.price,
                quantity=it.quantity,
                floor_price=it.floor_price,
                flags=it.flags,
            )
            for number, it in enumerate(drawn, 1)
        ),
        redeem=tuple(Wish(wallet=name, amount=wishes[name]) for name in sorted(wishes)),
        rewards=tuple(Reward(rule=name, count=asked[name]) for name in sorted(asked)),
    )


@st.composite
def shoppers(draw: st.DrawFn, found: Program) -> Seen:
    """An account with some lots, some of them waiting, or with a debt."""
    lots: dict[tuple[str, str], Lot] = {}
    for wallet_id in (it.id for it in found.wallets):
        for _ in range(draw(st.integers(0, 3))):
            lot = Lot(
                wallet=wallet_id,
                active_from=DAY + dt.timedelta(days=draw(st.integers(-30, 5))),
                expires_at=draw(
                    st.none() | st.integers(1, 60).map(lambda it: DAY + dt.timedelta(days=it))
                ),
                amount=draw(st.integers(1, 20_000)),
            )
            lots[wallet_id, lot.bucket] = lot
    owing = draw(st.booleans()) and draw(st.booleans())
    debts = (Debt(wallet=found.wallets[0].id, amount=draw(st.integers(1, 500))),) if owing else ()
    account = Account(
        id="a" * 32,
        tier="start" if found.tiers else "",
        measure=draw(st.integers(0, 40_000)) if found.tiers else 0,
        lots=tuple(lots[key] for key in sorted(lots)),
        debts=debts,
    )
    return Seen(card=BONUS_CARD, account=account, past=draw(pasts(found)))


@st.composite
def pasts(draw: st.DrawFn, found: Program) -> Past:
    """Earlier receipts, as far as the program asks for them."""
    asks = found.asks
    spent = (
        Spending(within=str(it or ""), amount=draw(st.integers(-500, 30_000))) for it in asks.spent
    )
    used = (Uses(rule=it.rule, account=1) for it in asks.limits if draw(st.booleans()))
    visits = draw(st.integers(0, 5)) if asks.visits else 0
    return Past(visits=visits, spent=tuple(spent), uses=tuple(used))


@st.composite
def sales(draw: st.DrawFn) -> Sold:
    """A confirmed receipt, with an account or without."""
    found = draw(st.sampled_from(PROGRAMS))
    wanted = draw(baskets(found))
    who = Seen() if draw(st.integers(0, 9)) == 0 else draw(shoppers(found))
    return sold(found, wanted, who)


@st.composite
def splits(draw: st.DrawFn, basket: Basket) -> list[dict[int, int]]:
    """All of a basket's goods, in some parts and some order."""
    left = {it.line: it.quantity for it in basket.lines}
    parts: list[dict[int, int]] = []
    while left and len(parts) < 6:
        chosen = draw(st.lists(st.sampled_from(sorted(left)), min_size=1, unique=True))
        part = {line: draw(st.integers(1, left[line])) for line in chosen}
        parts.append(part)
        left = {line: rest for line, n in left.items() if (rest := n - part.get(line, 0))}
    return [*parts, left] if left else parts
