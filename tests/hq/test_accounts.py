"""Cards that join accounts, accounts that become one and holders forgotten, at headquarters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.person import Numbered, People, Person
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.link.signatures import public_hex
from tests.hq.lanes import TEXT, Lane, acked, edited, hq_at, refusal, settled
from tests.till.shop import CARD, back, bought, line, numbered, shop_at

SECOND, THIRD, FOURTH = numbered(7), numbered(8), numbered(9)
MERGE, FORGET = 5, 9  # where their records stand


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    """Two accounts are merged, goods of both come back, cards join, and the holder is forgotten."""
    key = Ed25519PrivateKey.generate()
    path = tmp_path_factory.mktemp("till") / "3.db"
    with shop_at(path, TEXT, till="3", key=public_hex(key)) as shop:
        shop.confirm(bought("r1", line(1, "200.90"), line(2, "70.00"), card=CARD))
        shop.clock.move(days=2)
        shop.confirm(bought("r2", line(1, "90.00"), line(2, "31.40"), card=SECOND))
        shop.clock.move(days=2)
        shop.confirm(bought("r3", line(1, "50.00"), card=SECOND, redeem={"bonus": "max"}))
        shop.link(CARD, card=THIRD)
        assert shop.merge("t1", SECOND, CARD)["seq"] == MERGE
        shop.give_back("r2", back("b1", (1, "1")))
        shop.cancel("r3")
        shop.replace(THIRD, FOURTH)
        shop.forget(CARD)
        shop.confirm(bought("r4", line(1, "20.00"), card=FOURTH, redeem={"bonus": "max"}))
        shop.check()
        lines = tuple(record.line for record in shop.records())
        return Lane(stream=shop.till.ledger.stream, key=key, lines=lines)


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened


def differing(hq: Headquarters, lane: Lane) -> dict[int, str]:
    acked(hq, lane.file(1, len(lane.lines)))
    return {it.seq: it.what for it in settled(hq).overview(hq.clock()).differences}


def test_all_of_it_is_what_the_log_leads_to(hq: Headquarters, lane: Lane) -> None:
    types = [json.loads(it)["type"] for it in lane.lines]
    assert types[3:] == ["link", "merge", "return", "cancel", "card", "forget", "receipt"]
    assert differing(hq, lane) == {}


def more(postings: Any) -> Any:
    return [{**postings[0], "amount": postings[0]["amount"] + 1}, *postings[1:]]


def richer(merging: Any) -> Any:
    lots = merging["giver"]["lots"]
    return {**merging, "giver": {**merging["giver"], "lots": lots[:1]}}


@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("postings", more),
        ("postings", lambda it: it[2:]),
        ("counters", lambda it: it[1:]),
        ("cards", lambda _: []),
        ("merging", lambda it: {**it, "counts": []}),
        ("more", lambda _: []),
    ],
)
def test_a_merge_that_moves_anything_else_is_found(
    hq: Headquarters, lane: Lane, member: str, changed: Callable[[Any], Any]
) -> None:
    facts = json.loads(lane.lines[MERGE - 1])
    told = edited(lane, MERGE, **{member: changed(facts.get(member))})
    assert differing(hq, told)[MERGE]


def test_a_return_onto_an_account_that_never_got_the_points_is_found(
    hq: Headquarters, lane: Lane
) -> None:
    """A receipt's goods come back onto its account, or onto the one that it was merged into."""
    seen = json.loads(lane.lines[MERGE])["seen"]
    other = edited(lane, MERGE + 1, seen={"account": {**seen["account"], "id": "f" * 32}})
    assert "seen" in differing(hq, other)[MERGE + 1]


def people_of(lane: Lane) -> People:
    """Who holds the two accounts, as the till said before the merge."""
    first, second = (json.loads(lane.lines[n])["card"]["account"] for n in (0, 1))
    return (
        Person(account=first, name="Anna", phone="+79160000000"),
        Person(account=second, name="Boris"),
        Numbered(card=first, number=CARD),
    )


def kept(tmp_path: Path) -> set[str]:
    """Names, phones and numbers that headquarters' file holds."""
    (path,) = (tmp_path / "hq").glob("*.db")
    with closing(sqlite3.connect(str(path))) as file:
        people = file.execute("SELECT name, phone FROM person").fetchall()
        numbers = file.execute("SELECT number FROM number").fetchall()
    return {text for row in (*people, *numbers) for text in row if text}


def test_headquarters_forgets_who_is_forgotten_and_whose_account_is_closed(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    people = people_of(lane)
    acked(hq, lane.file(1, MERGE - 1, people))
    assert kept(tmp_path) == {"Anna", "Boris", "+79160000000", CARD}
    acked(hq, lane.file(1, MERGE))
    assert kept(tmp_path) == {"Anna", "+79160000000", CARD}
    acked(hq, lane.file(1, FORGET))
    assert kept(tmp_path) == set()
    acked(hq, lane.file(1, MERGE - 1, people))  # an old file comes again
    assert kept(tmp_path) == set()


def test_a_holder_who_enrols_anew_is_known_again(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    acked(hq, lane.file(1, FORGET, people_of(lane)[:0]))
    acked(hq, lane.file(1, len(lane.lines), people_of(lane)[:1]))
    assert kept(tmp_path) == {"Anna", "+79160000000"}


@pytest.mark.parametrize("place", [MERGE, FORGET])
def test_a_record_that_names_nobody_to_drop_as_a_till_would_is_refused(
    hq: Headquarters, lane: Lane, place: int
) -> None:
    told = edited(lane, place, dropped="all")
    assert refusal(hq, told.file(1, len(lane.lines))).value == "record_invalid"
