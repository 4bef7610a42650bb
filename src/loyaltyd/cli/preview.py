"""A quote by a program that no till has yet: for whoever writes it."""

import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from loyaltyd.api.bodies import Unreadable, request_in
from loyaltyd.cli import exits
from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.card import COUPON_KIND
from loyaltyd.domain.engine.hints import Asked, hint
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import units
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.messages import sentence
from loyaltyd.till.baskets import basket_from
from loyaltyd.till.beside import NamedCards
from loyaltyd.till.coupons import named
from loyaltyd.till.explaining import explained_answers
from loyaltyd.till.identify import NEW, Presented, identified
from loyaltyd.till.program_file import program_in
from loyaltyd.till.requests import QuoteRequest
from loyaltyd.till.telling import (
    Telling,
    card_answer,
    explain_answers,
    line_answers,
    messages_answer,
    totals_answer,
)

Granted = TypeVar("Granted")
LANGUAGE = "en"  # of the commands; a till's own is in its settings


class Unquotable(click.ClickException):
    """The basket can't be quoted; the text says why."""

    exit_code = exits.NO


def preview(
    body: bytes, path: pathlib.Path, tier: str | None = None, balances: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the program at path answers to a quote's body, without token and wallets.

    A card in it is taken for a new one, with that tier or the lowest, that holds balances, as
    "bonus=150.00"; ConfigError for the program.
    """
    program = program_in(path)
    request = _request(body)
    zone = ZoneInfo(program.timezone or "UTC")
    at = _local(request.at or dt.datetime.now(dt.UTC), zone)
    lots = tuple(_lot(it, program, at.date()) for it in balances)
    card = None if request.card is None else _card(request.card, program, tier, lots)
    coupons = named(request.coupons, program, chain_key=b"")
    ids = tuple(it.coupon.id for it in coupons)
    beside = _beside(request, program)
    basket = _granted(basket_from(request, program, "", ids, beside.ids))
    account = card.account if card else None
    seen = Seen(
        card=card.card if card else None,
        account=account,
        cashier=basket.cashier,
        coupons=tuple(it.coupon for it in coupons),
        beside=beside.seen(at.date()),
    )
    place = Place(store="", till="", group="", timezone=zone.key, business_date=at.date())
    asked = Asked(basket=basket, seen=seen, program=program, place=place, at=at)
    found = _granted(quote(basket, seen, program, place, at))
    telling = Telling(
        quote=found,
        basket=basket,
        program=program,
        card=card,
        asked=asked,
        coupons=coupons,
        before=account,
        after=account,
        at=at,
        language=LANGUAGE,
        hint=hint(asked, found),
        named=beside,
        beside=tuple(it.account for it in seen.beside),
    )
    return _answer(telling, explain=request.explain)


def _answer(telling: Telling, *, explain: bool) -> dict[str, Any]:
    program = telling.program
    return {
        "program": {"id": program.id, "version": program.version},
        "card": card_answer(telling.card),
        "totals": totals_answer(telling.quote.result, program),
        "lines": line_answers(telling),
        "messages": messages_answer(telling),
        "explain": explained_answers(telling) if explain else explain_answers(telling),
    }


def _request(body: bytes) -> QuoteRequest:
    request = request_in(body, QuoteRequest)
    if isinstance(request, Unreadable):
        raise Unquotable("; ".join(f"{it.path} {it.allowed}".strip() for it in request.faults))
    return request


def _local(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    try:
        return at.astimezone(zone).replace(microsecond=0)
    except OverflowError as error:  # at the ends of the calendar, where offsets lead out of it
        raise Unquotable(sentence(refused(Reason.AT_OUT_OF_WINDOW), LANGUAGE)) from error


def _card(number: str, program: Program, tier: str | None, lots: tuple[Lot, ...]) -> Presented:
    found = _granted(identified(program, number))
    if found.kind == COUPON_KIND:
        raise Unquotable(sentence(refused(Reason.COUPON_AS_CARD), LANGUAGE))
    levels = [level.id for level in program.tiers.levels] if program.tiers else []
    if tier is not None and tier not in levels:
        allowed = ", ".join(levels) or "none"
        raise click.BadParameter(f"the program's tiers: {allowed}", param_hint="--tier")
    account = Account(id="", tier=tier or next(iter(levels), ""), lots=lots)
    card = Card(id="", kind=found.kind, range=found.range)
    return Presented(number=found, card=card, account=account, status=NEW)


def _lot(balance: str, program: Program, on: dt.date) -> Lot:
    name, _, amount = balance.partition("=")
    wallet = program.wallet(name)
    if wallet is None:
        allowed = ", ".join(it.id for it in program.wallets) or "none"
        raise click.BadParameter(f"the program's wallets: {allowed}", param_hint="--balance")
    try:
        held = units(amount, wallet.scale)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--balance") from error
    return Lot(wallet=name, active_from=on, amount=max(0, held))


def _beside(request: QuoteRequest, program: Program) -> NamedCards:
    """Cards beside the shopper's own are new, too: gift cards hold nothing yet."""
    found: dict[str, Presented] = {}
    wallets: dict[str, str] = {}
    numbers = [*(it.card for it in request.gift_cards), *(it.card for it in request.loads)]
    for number in numbers:
        known = _granted(identified(program, number))
        kept = program.range_named(known.range)
        if kept is None or not kept.wallet:
            raise Unquotable(sentence(refused(Reason.CARD_NOT_LOADABLE), LANGUAGE))
        card = Card(id=number, kind=known.kind, range=known.range)
        account = Account(id=number)
        found[number] = Presented(number=known, card=card, account=account, status=NEW)
        wallets[number] = kept.wallet
    return NamedCards(by_number=found, wallets=wallets)


def _granted(outcome: Granted | Refusal) -> Granted:
    if isinstance(outcome, Refusal):
        raise Unquotable(sentence(outcome, LANGUAGE))
    return outcome
