"""The engine as a whole: the contract's example, and what holds for any program and any basket."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Card, Debt, Seen
from loyaltyd.domain.basket import NO_DISCOUNT, NO_EARN, NO_REDEEM, Basket, Line, Wish
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import LineResult, Quote, Result, pieces, quote
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import AMOUNT_MAX
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    DEMO,
    MOSCOW,
    PLACE,
    SATURDAY,
    basket,
    cause,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    spent_of,
    wallet,
)

ROOT = Path(__file__).parents[3]
MILK = line(1, "89.90", "2", sku="4600682000013", category="dairy/milk")
APPLES = line(2, "389.99", "0.347", sku="2100123", category="fruit/apples", unit="kg")
ANNA = seen("250.00", tier="silver", measure="20000.00")


def demo() -> Program:
    found = program_from(DEMO.read_text(encoding="utf-8"))
    assert isinstance(found, Program)
    return found


def example() -> Quote:
    return quoted(demo(), basket(MILK, APPLES, redeem={"bonus": "max"}), ANNA)


def test_the_example_of_the_api_comes_out_to_the_kopeck() -> None:
    result = example().result
    money = [(it.gross, it.discount, it.redeemed, it.net) for it in result.lines]
    assert money == [
        (rub("179.80"), rub("17.98"), rub("48.54"), rub("113.28")),
        (rub("135.33"), 0, rub("40.60"), rub("94.73")),
    ]
    assert [[it.amount for it in each.earned] for each in result.lines] == [[566], [474]]
    assert [(it.wallet, it.amount) for it in result.earned] == [("bonus", rub("10.40"))]
    assert [(it.wallet, it.amount) for it in result.spent] == [("bonus", rub("89.14"))]
    assert (result.payable, sum(it.tendered for it in result.lines)) == (rub("208.01"), 0)
    effects = [(it.rule, it.layer, it.amount) for it in result.lines[0].effects]
    assert effects == [("milk-10", "item", rub("17.98"))]


def test_the_example_of_the_api_explains_itself() -> None:
    answer = example()
    assert [(it.wallet, it.redeemable, it.spent) for it in answer.redeemable] == [
        ("bonus", rub("89.14"), rub("89.14")),
        ("gift", 0, 0),
    ]
    scale = next(why for why in answer.trace if why.rule == "step-scale")
    assert scale == Why(
        rule="step-scale", cause=Cause.MIN_TOTAL, needs=rub("1000.00"), has=rub("297.15")
    )
    applied = {why.rule for why in answer.trace if why.applied}
    assert applied == {"milk-10", "base-earn"}
    assert answer.messages == ()  # nothing was cut


@pytest.mark.parametrize(
    ("name", "at", "cart", "who"),
    [
        ("evening-bread", (2026, 12, 4, 20, 0), [line(1, "40.00", category="bread/rye")], ANNA),
        ("step-scale", (2026, 12, 4, 15, 0), [line(1, "1000.00")], ANNA),
        ("quiet-morning", (2026, 12, 3, 9, 0), [line(1, "500.00")], ANNA),
        ("gold-extra", (2026, 12, 4, 15, 0), [line(1, "10.00")], seen(tier="gold")),
    ],
)
def test_each_other_rule_of_the_demo_program_has_its_hour(
    name: str, at: tuple[int, int, int, int, int], cart: list[Line], who: Seen
) -> None:
    moment = dt.datetime(*at, tzinfo=MOSCOW)
    assert cause(quoted(demo(), basket(*cart), who, moment), name) is Cause.APPLIED
    assert cause(example(), name) is not Cause.APPLIED


@pytest.mark.parametrize(
    ("net", "quantity", "expected"),
    [
        ("266.66", 3000, [(2000, rub("88.89")), (1000, rub("88.88"))]),  # semantics 6
        ("300.00", 3000, [(3000, rub("100.00"))]),
        ("0.02", 3000, [(2000, 1), (1000, 0)]),
        ("125.86", 347, [(347, rub("362.71"))]),
        ("0.00", 1000, [(1000, 0)]),
        ("100.00", 2500, [(2500, rub("40.00"))]),
        ("50.00", 500, [(500, rub("100.00"))]),
        ("0.00", 0, [(0, 0)]),
    ],
)
def test_a_line_splits_into_whole_unit_prices(
    net: str, quantity: int, expected: list[tuple[int, int]]
) -> None:
    assert pieces(LineResult(line=1, gross=rub(net)), quantity) == expected


@given(st.integers(0, 10**9), st.integers(1, 5000))
def test_pieces_of_whole_units_sum_to_the_line(net: int, count: int) -> None:
    split = pieces(LineResult(line=1, gross=net), count * 1000)
    assert sum(quantity for quantity, _ in split) == count * 1000
    assert sum(quantity * price for quantity, price in split) == net * 1000
    assert len(split) <= 2


def test_amounts_beyond_any_till_are_refused() -> None:
    cart = Basket(receipt="r", lines=(Line(line=1, sku="x", quantity=2000, price=AMOUNT_MAX),))
    assert quote(cart, Seen(), program(), PLACE, SATURDAY) == Refusal(
        reason=Reason.AMOUNT_TOO_LARGE
    )


def test_the_largest_amount_of_a_till_is_not_beyond_it() -> None:
    most = Basket(receipt="r", lines=(Line(line=1, sku="x", quantity=1000, price=AMOUNT_MAX),))
    assert quoted(program(), most).result.payable == AMOUNT_MAX
    earning = wallet() + rule("all", "points", 'earn = "bonus", percent = "100%"')
    assert earned_in(quoted(program(earning), most, seen())) == AMOUNT_MAX
    twice = program(earning.replace("100%", "100.0001%"))
    assert quote(most, seen(), twice, PLACE, SATURDAY) == Refusal(reason=Reason.AMOUNT_TOO_LARGE)


def test_an_empty_receipt_is_worth_nothing_and_breaks_nothing() -> None:
    answer = quoted(demo(), basket(redeem={"bonus": "max"}), ANNA)
    assert (answer.result.payable, answer.result.earned, answer.result.spent) == (0, (), ())


def _text(rounding: tuple[str, str, str], groups: str, rules: list[str], keys: str) -> str:
    points, ways, floor = rounding
    table = f'[rounding]\npoints = "{points}"\nspread = "{ways}"\nfloor = "{floor}"\n'
    tiers = 'levels = [{ id = "start", from = "0" }, { id = "gold", from = "100.00" }]\n'
    goods = "[classes.c]\n" + 'match = { category = ["a/*"] }\ndiscount = false\nredeem = false\n'
    purse = '[wallets.purse]\nscale = 3\nredeem_rate = "0.07"\npoints_as = "tender"\n'
    return table + "[tiers]\n" + tiers + goods + purse + wallet(keys) + groups + "".join(rules)


shares = st.integers(0, 1_000_000).map(lambda it: f"{it / 10_000:.4f}%")
amounts = st.integers(0, 50_000).map(lambda it: f"{it / 100:.2f}")
whens = st.sampled_from(
    [
        *("", 'when = { tier = ["gold"] }\n', 'when = { weekday = ["sat"] }\n'),
        *('when = { min_total = "50.00" }\n', 'when = { time = "22:00-11:00" }\n'),
    ]
)
ons = st.sampled_from(
    ["", 'on = { category = ["b/*"] }\n', 'on = { sku = ["sku-1", "sku-2"], category = ["b"] }\n']
)
gives = st.one_of(
    shares.map(lambda it: f'percent_off = "{it}"'),
    st.tuples(shares, amounts).map(lambda it: f'percent_off = "{it[0]}", max = "{it[1]}"'),
    amounts.map(lambda it: f'amount_off = "{it}"'),
)
earnings = st.tuples(st.sampled_from(["bonus", "purse"]), shares).map(
    lambda it: f'earn = "{it[0]}", percent = "{it[1]}"'
)
WALLET_KEYS = [
    *("", 'max_share = "30%"', 'step = "0.50"\nmin_redeem = "2.00"', 'earn_base = "gross"'),
    *('earn_base = "none-if-redeemed"', 'earn_base = "net-of-discounts"', 'points_as = "tender"'),
]


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a program of the built language."""
    groups = ""
    for layer in ("item", "receipt", "points"):
        pick = draw(st.sampled_from(["best", "first", "all"]))
        base = draw(st.sampled_from(["cascade", "original"]))
        groups += f'[groups.{layer}]\npick = "{pick}"\nbase = "{base}"\n'
    rules = []
    for number in range(draw(st.integers(0, 6))):
        layer = draw(st.sampled_from(["item", "receipt", "points"]))
        group = f'group = "{layer}"\n' if draw(st.booleans()) else ""
        give = draw(earnings if layer == "points" else gives)
        rules.append(rule(f"r{number}", layer, give, group + draw(whens) + draw(ons)))
    rounding = (
        draw(st.sampled_from(["floor", "half-up"])),
        draw(st.sampled_from(["largest-remainder", "first-lines"])),
        draw(st.sampled_from(["redistribute", "lose"])),
    )
    return _text(rounding, groups, rules, draw(st.sampled_from(WALLET_KEYS)))


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    """Any basket that the till's requests could have been parsed into."""
    lines = [
        Line(
            line=number,
            sku=f"sku-{number}",
            quantity=draw(st.sampled_from([1000, 2000, 3000, 347, 1, 0])),
            price=draw(st.integers(0, 60_000)),
            category=draw(st.sampled_from(["", "a/x", "b", "b/y"])),
            floor_price=draw(st.none() | st.integers(0, 60_000)),
            flags=draw(st.sampled_from([(), (NO_DISCOUNT,), (NO_EARN, NO_REDEEM)])),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    wishes = tuple(
        Wish(wallet=name, amount=draw(st.none() | st.integers(0, 10**6)))
        for name in ("bonus", "purse")
        if draw(st.booleans())
    )
    return Basket(receipt="r", lines=tuple(lines), redeem=wishes)


@st.composite
def shoppers(draw: st.DrawFn) -> Seen:
    """Nobody, or a card of either kind and its account."""
    kind = draw(st.sampled_from(["", "bonus", "discount"]))
    if not kind:
        return Seen()
    found = "2990/13" if kind == "bonus" else "2991/13"
    day = st.sampled_from([SATURDAY.date() + dt.timedelta(days=days) for days in (-9, 0, 9)])
    lots = tuple(
        Lot(
            wallet=draw(st.sampled_from(["bonus", "purse"])),
            active_from=draw(day),
            expires_at=draw(st.none() | day),
            amount=draw(st.integers(1, 10**6)),
        )
        for _ in range(draw(st.integers(0, 4)))
    )
    debts = (Debt(wallet="bonus", amount=5),) if draw(st.integers(0, 9)) == 0 else ()
    account = Account(
        id="a",
        tier=draw(st.sampled_from(["", "start", "gold", "gone"])),
        measure=draw(st.integers(-100, 20_000)),
        lots=lots,
        debts=debts,
    )
    return Seen(card=Card(id="c", kind=kind, range=found), account=account)


def _balance(who: Seen, name: str) -> int:
    lots = who.account.lots if who.account else ()
    today = SATURDAY.date()
    return sum(
        lot.amount
        for lot in lots
        if lot.wallet == name
        and lot.active_from <= today
        and (lot.expires_at is None or today < lot.expires_at)
    )


def check_sums(answer: Quote) -> None:
    result = answer.result
    for name in ("bonus", "purse"):
        spent = sum(p.points for it in result.lines for p in it.paid if p.wallet == name)
        earned = sum(p.amount for it in result.lines for p in it.earned if p.wallet == name)
        assert spent == spent_of(answer, name)
        assert earned == sum(it.amount for it in result.earned if it.wallet == name)
    gross = sum(it.gross for it in result.lines)
    taken = sum(it.discount + it.redeemed for it in result.lines)
    assert gross - taken == result.payable


def check_lines(cart: Basket, answer: Quote) -> None:
    for sold, it in zip(cart.lines, answer.result.lines, strict=True):
        closed = sold.category.startswith("a/")
        assert it.gross == sold.gross
        assert it.net >= 0
        assert all(effect.amount > 0 for effect in it.effects)
        assert all(paid.money > 0 for paid in it.paid)
        if closed or NO_DISCOUNT in sold.flags:
            assert it.discount == 0
        if closed or NO_REDEEM in sold.flags:
            assert it.redeemed == 0
        lowered = it.discount + it.redeemed - it.tendered
        floor = -(-(sold.floor_price or 0) * sold.quantity // 1000)
        assert it.gross - lowered >= min(floor, it.gross)


def check_trace(answer: Quote, found: Program, cart: Basket) -> None:
    """A rule that was not applied changed nothing; each that had goods here is explained once."""
    names = [why.rule for why in answer.trace]
    able = [name for name in found.turns if any(map(found.turns[name].rule.on.has, cart.lines))]
    assert [name for name in names if name != "card"] == able
    assert names.count("card") <= 1
    effects: dict[str, int] = {}
    for it in answer.result.lines:
        for effect in it.effects:
            effects[effect.rule] = effects.get(effect.rule, 0) + effect.amount
    for why in answer.trace:
        if why.applied and not why.needs:
            assert effects.pop(why.rule) == why.has
    assert effects == {}


@given(programs(), baskets(), shoppers())
@settings(max_examples=300)
def test_any_program_and_any_basket_add_up(text: str, cart: Basket, who: Seen) -> None:
    found = program(text)
    answer = quoted(found, cart, who)
    check_sums(answer)
    check_lines(cart, answer)
    check_trace(answer, found, cart)
    for it in answer.redeemable:
        assert it.spent <= it.redeemable <= _balance(who, it.wallet)
        wish = cart.wish(it.wallet)
        assert it.spent == 0 if wish is None else it.spent <= (wish.amount or 10**9)


@given(programs(), baskets(), shoppers())
@settings(max_examples=50)
def test_a_rule_that_cannot_apply_changes_nothing(text: str, cart: Basket, who: Seen) -> None:
    never = rule("never", "item", 'percent_off = "50%"', 'when = { weekday = ["sun"] }')
    other = rule("other", "receipt", 'amount_off = "5.00"', 'on = { sku = ["none"] }')
    plain = quoted(program(text), cart, who)
    more = quoted(program(text + never + other), cart, who)
    assert more.result == plain.result
    assert {cause(more, "never"), cause(more, "other")} <= {Cause.WEEKDAY, Cause.GOODS}


def test_what_nobody_pays_counts_towards_no_tier() -> None:
    cart = basket(line(1, "100.00"))
    assert quoted(program(wallet()), cart).result.spend == 0
    assert quoted(program(wallet()), cart, seen()).result.spend == rub("100.00")


def test_what_a_record_leaves_out_is_nothing() -> None:
    read = value_from(Result, {"lines": [{"line": 1, "gross": 9000}]})
    assert (read.lines[0].free, read.lines[0].net, read.spend) == (0, 9000, 0)
    assert value_from(Coupon, {"id": "c" * 32}) == Coupon(id="c" * 32, name="", state="", owner="")
