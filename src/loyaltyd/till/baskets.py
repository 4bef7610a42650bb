"""A request becomes a basket: amounts read in the program's currency and scales."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from loyaltyd.domain.basket import (
    NO_DISCOUNT,
    NO_EARN,
    NO_REDEEM,
    PIECE,
    Basket,
    GiftCard,
    Line,
    Load,
    Payment,
    Reward,
    Wish,
)
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import AMOUNT_MAX, QUANTITY_DIGITS, decimal, units
from loyaltyd.domain.record import PLAIN, Fact, canonical
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.till.requests import LineRequest, PaymentRequest, QuoteRequest, Request

NO_CARDS: Mapping[str, str] = {}
FLAGS = (NO_DISCOUNT, NO_EARN, NO_REDEEM)
PERSONAL = frozenset(("card", "source", "target", "coupons", "pin", "name", "phone", "birthday"))
NUMBERS = frozenset(
    ("quantity", "abv", "litres", "price", "floor_price", "amount", "redeem", "rewards")
)
WRITTEN = PERSONAL | NUMBERS  # what a fingerprint doesn't take as it was sent
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class _UnreadableError(ValueError):
    """A member whose text is no amount of this program."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(why)
        self.member = member


def basket_from(
    request: QuoteRequest,
    program: Program,
    card: str,
    coupons: tuple[str, ...] = (),
    named: Mapping[str, str] = NO_CARDS,
) -> Basket | Refusal:
    """Read a request as a basket; card is the id of its card, or nothing, coupons those of its.

    named has the ids of the other cards that it names, by their numbers.
    """
    numbers = [line.line for line in request.lines]
    if len(set(numbers)) < len(numbers):
        return _invalid("lines", "two lines have the same number")
    try:
        return Basket(
            receipt=request.receipt,
            card=card,
            cashier=request.cashier,
            lines=tuple(
                _line(line, f"lines[{n}]", program) for n, line in enumerate(request.lines)
            ),
            redeem=tuple(
                Wish(wallet=wallet, amount=_points(amount, wallet, program))
                for wallet, amount in sorted(request.redeem.items())
            ),
            coupons=coupons,
            rewards=tuple(_rewards(request)),
            gift_cards=tuple(
                GiftCard(card=named[it.card], amount=_gift(it.amount, f"gift_cards[{n}]", program))
                for n, it in enumerate(request.gift_cards)
            ),
            loads=tuple(
                Load(card=named[it.card], amount=_load(it.amount, f"loads[{n}]", program))
                for n, it in enumerate(request.loads)
            ),
            payments=tuple(
                _payment(it, f"payments[{n}].amount", program)
                for n, it in enumerate(request.payments)
            ),
            split=request.split,
        )
    except _UnreadableError as error:
        return _invalid(error.member, str(error))


def quantity_of(text: str, member: str) -> int | Refusal:
    """A quantity above zero in thousandths."""
    quantity = units(text, QUANTITY_DIGITS)
    return quantity or _invalid(member, "must be above zero")


def fingerprint(request: Request, chain_key: bytes, *, of: str = "") -> bytes:
    """SHA-256 of the request as parsed; of is the receipt that its path names.

    Without its quote, and without what only says how much is answered. Personal members enter it
    only under the key.
    """
    members = request.model_dump(exclude={"quote", "explain"}, exclude_none=True)
    sent = canonical([of, _normal(members, chain_key)])
    return hashlib.sha256(sent.encode()).digest()


def _normal(value: Any, chain_key: bytes, name: str = "") -> Fact:
    """The same for all that parses to the same: "1.50" and "1.5", one moment at two offsets."""
    if isinstance(
        value, dict
    ):  # the keys below `redeem` are wallets, below `rewards` rules: any name
        own = name in NUMBERS
        return {
            key: it
            if type(it) in PLAIN and not own and key not in WRITTEN
            else _normal(it, chain_key, name if own else key)
            for key, it in value.items()
        }
    if isinstance(value, list | tuple):
        return [_normal(member, chain_key, name) for member in value]
    if name in PERSONAL:
        return hmac.new(chain_key, str(value).encode(), hashlib.sha256).hexdigest()
    if name in NUMBERS and value != "max":
        whole, _, decimals = str(value).partition(".")
        return f"{int(whole)}.{decimals.rstrip('0')}"
    if isinstance(value, dt.datetime):  # astimezone() would overflow in the year 1
        return (value - EPOCH) // dt.timedelta(microseconds=1)
    return int(value) if isinstance(value, bool) else value


def _payment(payment: PaymentRequest, member: str, program: Program) -> Payment:
    amount = 0 if payment.amount is None else _money(payment.amount, member, program)
    return Payment(kind=payment.kind, amount=amount)


def _line(line: LineRequest, path: str, program: Program) -> Line:
    quantity = units(line.quantity, QUANTITY_DIGITS)
    price = _money(line.price, f"{path}.price", program)
    if not quantity:
        raise _UnreadableError(f"{path}.quantity", "must be above zero")
    if quantity * price > AMOUNT_MAX * PIECE:
        raise _UnreadableError(f"{path}.price", "price × quantity is too large")
    floor = line.floor_price
    return Line(
        line=line.line,
        sku=line.sku,
        name=line.name,
        category=line.category,
        quantity=quantity,
        unit=line.unit,
        price=price,
        floor_price=None if floor is None else _money(floor, f"{path}.floor_price", program),
        vat_rate=line.vat_rate,
        abv=None if line.abv is None else units(line.abv, QUANTITY_DIGITS),
        litres=None if line.litres is None else units(line.litres, QUANTITY_DIGITS),
        flags=tuple(flag for flag in FLAGS if getattr(line, flag)),
        tags=line.tags,
    )


def _money(text: str, member: str, program: Program) -> int:
    decimals = len(text.partition(".")[2])
    if decimals != program.digits:
        shown = decimal(12 * 10**program.digits, program.digits)
        raise _UnreadableError(
            member, f'needs exactly {program.digits} decimals in {program.currency}, as "{shown}"'
        )
    return _units(text, program.digits, member)


def _gift(text: str, path: str, program: Program) -> int | None:
    return None if text == "max" else _money(text, f"{path}.amount", program)


def _load(text: str, path: str, program: Program) -> int:
    amount = _money(text, f"{path}.amount", program)
    if not amount:
        raise _UnreadableError(f"{path}.amount", "must be above zero")
    return amount


def _points(text: str, wallet: str, program: Program) -> int | None:
    found = program.wallet(wallet)
    if text == "max" or found is None:  # an unknown wallet is the engine's to refuse
        return None
    return _units(text, found.scale, f"redeem.{wallet}")


def _rewards(request: QuoteRequest) -> Iterator[Reward]:
    for rule, count in sorted(request.rewards.items()):
        yield Reward(rule=rule, count=_pieces(count, f"rewards.{rule}"))


def _pieces(text: str, member: str) -> int:
    count, part = divmod(units(text, QUANTITY_DIGITS), PIECE)
    if part or not count:
        raise _UnreadableError(member, 'must be a whole number above zero, as "1"')
    return count


def _units(text: str, digits: int, member: str) -> int:
    try:
        return units(text, digits)
    except ValueError as error:
        raise _UnreadableError(member, str(error)) from error


def _invalid(member: str, why: str) -> Refusal:
    return refused(Reason.REQUEST_INVALID, member=member, why=why)
