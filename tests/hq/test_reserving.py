"""Headquarters knows what is reserved, and follows each reservation to its one end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.hq import reevaluation
from loyaltyd.hq.ingest import DATABASE, Headquarters
from loyaltyd.link.signatures import public_hex
from loyaltyd.store import database
from tests.domain.receipts import CARDS, EARN, HEAD, wallet
from tests.hq.invariants import faults
from tests.hq.lanes import Lane, acked, edited, hq_at, settled
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at

TEXT = HEAD + wallet('expires = "1y"') + EARN + CARDS
MAX: dict[str, Any] = {"redeem": {"bonus": "max"}}
# Where the records stand: of 100.00 bonuses 80.00 are held and spent, then twice 5.00 held.
RICH, HELD, SOLD, AGAIN, BACK, EXPIRING, GONE, OPEN = range(1, 9)


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    """A till's log in which each thing becomes of a reservation, and one is open at its end."""
    return lane_of(trade, tmp_path_factory.mktemp("till") / "ledger.db")


def lane_of(trade: Callable[[Shop], None], path: Path) -> Lane:
    key = Ed25519PrivateKey.generate()
    with shop_at(path, TEXT, key=public_hex(key)) as shop:
        trade(shop)
        shop.check()
        lines = tuple(record.line for record in shop.records())
        return Lane(stream=shop.till.ledger.stream, key=key, lines=lines)


def trade(shop: Shop) -> None:
    done = [
        shop.confirm(bought("rich", line(1, "2000.00"))),
        shop.reserve("h-1", bought("r-1", line(1, "80.00"), **MAX)),
        shop.confirm_reserved("h-1"),
        shop.reserve("h-2", bought("r-2", line(1, "5.00"), **MAX)),
        shop.cancel_reserved("h-2"),
        shop.reserve("h-3", bought("r-2", line(1, "5.00"), **MAX)),
    ]
    shop.clock.elapsed_s += 900
    done.append(shop.reserve("h-4", bought("r-4", line(1, "15.00"), **MAX)))
    assert [no(it) for it in done] == [None] * 7


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened


def differing(hq: Headquarters, lane: Lane) -> dict[int, str]:
    """What differs once headquarters has all of a lane's log, by seq."""
    assert acked(hq, lane.file(1, len(lane.lines))) == len(lane.lines)
    return {it.seq: it.what for it in settled(hq).overview(hq.clock()).differences}


def facts(lane: Lane, seq: int) -> Any:
    return json.loads(lane.lines[seq - 1])


def test_the_balances_are_the_tills_with_what_is_reserved_apart(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    assert differing(hq, lane) == {}
    assert faults(hq.books.path.parent, {lane.stream: lane.lines}) == []
    with closing(database.reader(tmp_path / "hq" / DATABASE)) as view:
        rows = view.execute("SELECT bucket, amount FROM lot ORDER BY bucket").fetchall()
    dates = "2026-12-05/2027-12-05"
    assert rows == [(f"lot/{dates}", 500), (f"reserved/{dates}", 1500)]
    (total,) = hq.overview(hq.clock()).wallets
    assert (total.outstanding, total.redeemed) == (2000, 8000)


def test_a_till_day_closes_with_what_is_reserved(hq: Headquarters, lane: Lane) -> None:
    day = lane.day(1, len(lane.lines))
    batch = lane.batch(1, len(lane.lines))
    acked(hq, lane.signed(replace(batch, day=day)))
    shown = settled(hq).overview(hq.clock())
    assert shown.differences == ()


def more(postings: Any) -> Any:
    return [{**postings[0], "amount": postings[0]["amount"] + 1}, *postings[1:]]


Change = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("seq", "edit", "what"),
    [
        (HELD, ("postings", more), "postings"),
        (HELD, ("postings", lambda _: []), "postings"),
        (HELD, ("counters", lambda _: []), "counters"),
        (HELD, ("id", lambda _: "h-0"), "counters"),
        (SOLD, ("postings", more), "postings"),
        (SOLD, ("postings", lambda it: it[1:]), "postings"),
        (SOLD, ("counters", lambda it: it[:-1]), "counters"),
        (BACK, ("postings", more), "postings"),
        (BACK, ("counters", lambda _: []), "counters"),
        (BACK, ("because", lambda _: "tired"), "because"),
        (BACK, ("id", lambda _: 5), "postings"),
        (GONE, ("program", lambda it: {**it, "version": 7}), "program"),
        (GONE, ("id", lambda _: "h-9"), "its reservation isn't in this log before it"),
        (GONE, ("more", lambda _: "x"), "more"),
    ],
)
def test_what_the_log_does_not_lead_to_is_a_difference(
    hq: Headquarters, lane: Lane, seq: int, edit: tuple[str, Change], what: str
) -> None:
    member, changed = edit
    odd = edited(lane, seq, **{member: changed(facts(lane, seq).get(member))})
    assert what in differing(hq, odd)[seq]


def test_a_receipt_is_of_a_reservation_that_was_made(hq: Headquarters, lane: Lane) -> None:
    said = facts(lane, SOLD)["reservation"]
    odd = edited(lane, SOLD, reservation={**said, "id": "h-0"})
    assert "its reservation isn't in this log before it" in differing(hq, odd)[SOLD]


def test_a_receipt_is_the_one_that_was_reserved(hq: Headquarters, lane: Lane) -> None:
    odd = edited(lane, HELD, basket={**facts(lane, HELD)["basket"], "cashier": "17"})
    assert differing(hq, odd) == {SOLD: "basket as reserved"}


@pytest.mark.parametrize("step", [1, 200])
def test_a_reservation_is_over_once(
    hq: Headquarters, lane: Lane, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_A_STEP", step)
    twice = {**facts(lane, BACK), "seq": len(lane.lines) + 1}
    raw = json.dumps(twice, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    odd = Lane(stream=lane.stream, key=lane.key, lines=(*lane.lines, raw))
    assert differing(hq, odd) == {OPEN + 1: "its reservation was over before"}


def test_a_reservation_is_made_once(hq: Headquarters, lane: Lane) -> None:
    twice = {**facts(lane, HELD), "seq": len(lane.lines) + 1}
    raw = json.dumps(twice, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    odd = Lane(stream=lane.stream, key=lane.key, lines=(*lane.lines, raw))
    assert differing(hq, odd) == {OPEN + 1: "its reservation was made before"}


def merging(shop: Shop) -> None:
    """Two accounts become one while something is held of the first, and goods come back after."""
    other = numbered(2)
    done = [
        shop.confirm(bought("rich", line(1, "2000.00"))),
        shop.confirm(bought("other", line(1, "200.00"), card=other)),
        shop.reserve("h-1", bought("r-1", line(1, "60.00"), **MAX)),
        shop.reserve("h-2", bought("r-2", line(1, "15.00"), **MAX)),
        shop.reserve("h-3", bought("r-3", line(1, "5.00"), **MAX)),
        shop.merge("t-1", CARD, other),
        shop.confirm_reserved("h-1"),
        shop.cancel_reserved("h-2"),
        shop.give_back("r-1", back("b-1", (1, "1"))),
    ]
    assert [no(it) for it in done] == [None] * 9


def test_a_reservation_of_an_account_that_was_merged_is_followed_too(tmp_path: Path) -> None:
    found = lane_of(merging, tmp_path / "ledger.db")
    with hq_at(tmp_path, found, program=TEXT) as hq:
        assert differing(hq, found) == {}
        assert faults(hq.books.path.parent, {found.stream: found.lines}) == []


def owing(shop: Shop) -> None:
    """A claw-back leaves a debt while something is held, and what is confirmed then pays it."""
    done = [
        shop.confirm(bought("rich", line(1, "2000.00"))),
        shop.reserve("h-1", bought("r-1", line(1, "280.00"), redeem={"bonus": "80.00"})),
        shop.give_back("rich", back("b-1", (1, "1"))),
        shop.confirm_reserved("h-1"),
    ]
    assert [no(it) for it in done] == [None] * 4
    assert shop.card()["wallets"]["bonus"]["debt"] == "70.00"


def test_a_debt_that_came_meanwhile_is_in_the_receipts_line(tmp_path: Path) -> None:
    found = lane_of(owing, tmp_path / "ledger.db")
    with hq_at(tmp_path, found, program=TEXT) as hq:
        assert differing(hq, found) == {}
    said = {**facts(found, 4)["reservation"], "owed": []}
    with hq_at(tmp_path / "other", found, program=TEXT) as hq:
        assert differing(hq, edited(found, 4, reservation=said)) == {4: "postings, reservation"}
