"""GET /v1/tills: the overview as JSON. Amounts are decimal strings, times ISO 8601 in UTC."""

import datetime as dt

from typing_extensions import TypedDict  # pydantic refuses typing's before Python 3.12

from loyaltyd.domain.money import decimal
from loyaltyd.hq.overview import Overview, TillView, WalletTotal

SCHEMA = 1


class Place(TypedDict):
    """Which ledger of which till; epoch is null while the till was never heard."""

    chain: str
    store: str
    till: str
    epoch: str | None


class TillAnswer(Place):
    """How a till stands. missing: records from seq + 1 up to there are lacking, 0: none.

    contact_at: when its newest batch was made; trouble: why its last one was refused; reevaluated:
    receipts were run again up to there; distrusted: its key may sign no more.
    """

    contact_at: str | None
    seq: int
    missing: int
    days_missing: int
    trouble: str | None
    reevaluated: int
    distrusted: bool


class WalletAnswer(TypedDict):
    """issued - redeemed = outstanding + expired - debt. scale null: no program here knows it."""

    chain: str
    wallet: str
    scale: int | None
    issued: str
    redeemed: str
    outstanding: str
    expired: str
    debt: str


class DayAnswer(TypedDict):
    """A till-day over the records first..last; verdict null: not compared with them yet."""

    till: Place
    number: int
    business_date: str
    first: int
    last: int
    file: str
    verdict: str | None


class DifferenceAnswer(TypedDict):
    """The receipt at seq isn't what its line leads to."""

    till: Place
    seq: int
    what: str
    at: str


class UnruledAnswer(TypedDict):
    """So many receipts from first to last wait for the program that they name."""

    till: Place
    program: str
    version: int
    hash: str
    first: int
    last: int
    receipts: int


class RefusedAnswer(TypedDict):
    """A refused file by its SHA-256; till null: it proves nobody."""

    file: str
    till: Place | None
    reason: str
    detail: str
    bytes: int
    times: int
    at: str


class TillsAnswer(TypedDict):
    """All of it. schema counts up when a member changes its meaning; lists hold the newest.

    stands_still: why nothing is run again just now, "" when nothing hinders it.
    """

    schema: int
    at: str
    tills: list[TillAnswer]
    wallets: list[WalletAnswer]
    days: list[DayAnswer]
    days_differing: int
    differences: list[DifferenceAnswer]
    differences_count: int
    unruled: list[UnruledAnswer]
    unruled_receipts: int
    refused: list[RefusedAnswer]
    refused_count: int
    stands_still: str


def tills_answer(seen: Overview) -> TillsAnswer:
    """Return seen as JSON has it."""
    return {
        "schema": SCHEMA,
        "at": _text(seen.at),
        "tills": [_till(it) for it in seen.tills],
        "wallets": [_wallet(it) for it in seen.wallets],
        "days": [
            {
                "till": _place(it.till),
                "number": it.number,
                "business_date": it.business_date.isoformat(),
                "first": it.first,
                "last": it.last,
                "file": it.file,
                "verdict": it.verdict,
            }
            for it in seen.days
        ],
        "days_differing": seen.days_differing,
        "differences": _differences(seen),
        "differences_count": seen.differences_count,
        "unruled": _unruled(seen),
        "unruled_receipts": seen.unruled_receipts,
        "refused": _refused(seen),
        "refused_count": seen.refused_count,
        "stands_still": seen.stands_still,
    }


def _differences(seen: Overview) -> list[DifferenceAnswer]:
    return [
        {"till": _place(it.till), "seq": it.seq, "what": it.what, "at": _text(it.at)}
        for it in seen.differences
    ]


def _unruled(seen: Overview) -> list[UnruledAnswer]:
    return [
        {
            "till": _place(it.till),
            "program": it.program,
            "version": it.version,
            "hash": it.hash,
            "first": it.first,
            "last": it.last,
            "receipts": it.receipts,
        }
        for it in seen.unruled
    ]


def _refused(seen: Overview) -> list[RefusedAnswer]:
    return [
        {
            "file": it.file,
            "till": None if it.till is None else _place(it.till),
            "reason": str(it.reason),
            "detail": it.detail,
            "bytes": it.size,
            "times": it.times,
            "at": _text(it.at),
        }
        for it in seen.refused
    ]


def _till(it: TillView) -> TillAnswer:
    return {
        **_place(it),
        "contact_at": None if it.contact_at is None else _text(it.contact_at),
        "seq": it.seq,
        "missing": it.missing,
        "days_missing": it.days_missing,
        "trouble": None if it.trouble is None else str(it.trouble),
        "reevaluated": it.reevaluated,
        "distrusted": it.distrusted,
    }


def _wallet(it: WalletTotal) -> WalletAnswer:
    scale = it.scale or 0
    return {
        "chain": it.chain,
        "wallet": it.wallet,
        "scale": it.scale,
        "issued": decimal(it.issued, scale),
        "redeemed": decimal(it.redeemed, scale),
        "outstanding": decimal(it.outstanding, scale),
        "expired": decimal(it.expired, scale),
        "debt": decimal(it.debt, scale),
    }


def _place(it: TillView) -> Place:
    return {"chain": it.chain, "store": it.store, "till": it.till, "epoch": it.epoch}


def _text(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
