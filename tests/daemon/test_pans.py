"""A bank card at the till leaves no trace; a loyalty card none but in the ledger's own table."""

from __future__ import annotations

import http.client
from pathlib import Path

from tests.daemon.daemon_process import Caller, Daemon, Stream, basket, made_lane
from tests.readers.devices import Scanner
from tests.readers.vectors import MIR_PAN, PAN, TRACK1_BANK, TRACK2_BANK

TRACE = 7  # digits in a row: less may be anything's
LOYALTY = "2990483917255"
SCANS = tuple(
    text.encode() + b"\r"
    for pan in (PAN, MIR_PAN)
    for text in (
        pan,
        f"]Q1{pan}",
        f"]C0{pan}",
        f"https://pay.example/?card={pan}",
        f"card {pan} Ivan",
    )
)
SWIPES = (
    TRACK1_BANK + TRACK2_BANK + b"\r",
    TRACK2_BANK + b"\r",
    TRACK1_BANK + b"\r",
    f";{MIR_PAN}=30122010000012345678?\r".encode(),
    f"%B{MIR_PAN}^PETROV/PETR^30122010000000?;{MIR_PAN}=30122010000012345678?\r".encode(),
)


def traces(text: bytes, number: str, length: int = TRACE) -> set[str]:
    """The runs of that many digits of number that stand in text."""
    runs = {number[start : start + length] for start in range(len(number) - length + 1)}
    return {run for run in runs if run.encode() in text}


def test_bank_cards_are_refused_and_leave_no_digit(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane", readers={"counter": "barcode", "swipe": "magstripe"})
    counter, swipe = Scanner(lane.folder / "counter"), Scanner(lane.folder / "swipe")
    counter.plug()
    swipe.plug()
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        with Stream(lane.port) as stream:
            wait_up(caller)
            for count, scan in enumerate(SCANS, 1):
                counter.send(scan)
                stream.wait("card_refused", count)
            for count, scan in enumerate(SWIPES, 1 + len(SCANS)):
                swipe.send(scan)
                stream.wait("card_refused", count)
            said = said_over_the_api(caller, PAN) + said_over_the_api(caller, MIR_PAN)
            _, status = caller.ask("/v1/status")
            said += everything_said(caller) + stream.text
        assert {it["reason"] for it in stream.of("card_refused")} == {"payment_card"}
        assert stream.of("card_read") == []
        assert [it["payment"] for it in status["readers"]] == [len(SCANS), len(SWIPES)]
        daemon.kill()  # so that the ledger's log stays beside it
    counter.unplug()
    swipe.unplug()
    kept = {path.name: path.read_bytes() for path in lane.folder.rglob("*") if path.is_file()}
    assert {"ledger.db", "ledger.db-wal", "daemon.log"} <= set(kept)
    for name, text in {**kept, "said": said.encode()}.items():
        for pan in (PAN, MIR_PAN):
            assert traces(text, pan) == set(), name


def test_a_loyalty_number_stands_in_the_ledger_alone(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane", readers={"counter": "barcode"})
    counter = Scanner(lane.folder / "counter")
    counter.plug()
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        with Stream(lane.port) as stream:
            wait_up(caller)
            counter.send(f"{LOYALTY}\r".encode())
            (read,) = stream.wait("card_read", 1)
            assert read["card"] == LOYALTY  # to a loopback caller, while no tokens are configured
            damaged = LOYALTY[:-1] + "0"
            counter.send(f"{damaged}\r".encode())
            stream.wait("card_refused", 1)
        status, answer = caller.tell("/v1/receipts", basket("r1", LOYALTY))
        assert status == http.client.CREATED
        said = str(answer) + said_over_the_api(caller, LOYALTY) + said_over_the_api(caller, damaged)
        said += everything_said(caller)
        daemon.kill()
    counter.unplug()
    log = lane.log.read_bytes()
    assert b"2990******255" in log  # it is masked, not merely left out
    for name, text in {"log": log, "said": said.encode()}.items():
        assert traces(text, LOYALTY) == set(), name
    stored = lane.ledger.read_bytes() + lane.ledger.with_name("ledger.db-wal").read_bytes()
    assert LOYALTY.encode() in stored


def test_a_trace_is_found_where_there_is_one() -> None:
    assert traces(b"ends in 56789019.", MIR_PAN) == {"5678901", "6789019"}
    assert traces(b"2200******019", MIR_PAN) == set()


def wait_up(caller: Caller) -> None:
    """Wait until every reader is open: what is scanned before is lost, as a scanner's is."""
    while not all(reader["up"] for reader in caller.ask("/v1/status")[1]["readers"]):
        pass


def said_over_the_api(caller: Caller, number: str) -> str:
    """What the API answers to a number in each place that takes a card, wherever it is refused."""
    holder = {"name": "Ivan"}
    answers = [
        caller.tell("/v1/quotes", basket("q1", number)),
        caller.tell("/v1/quotes", basket("q1", number, surprise=number)),
        caller.tell("/v1/receipts", basket("r1", f"{number}=3012")),
        caller.tell("/v1/receipts", {**basket("r1"), "card": [number]}),
        caller.tell("/v1/cards", {"card": number, "kind": "gift", "holder": holder}),
        caller.ask(f"/v1/cards/{number}"),
        caller.tell(f"/v1/cards/{number}/block", {"reason": "lost"}),
        caller.tell(f"/v1/cards/{number}/unblock", {}),
        caller.tell(f"/v1/cards/{number}/link", {"card": number}),
        caller.ask(f"/v1/nowhere/{number}"),
    ]
    return str(answers)


def everything_said(caller: Caller) -> str:
    """What the till tells without being asked about a card."""
    paths = ("/v1/status", "/metrics", "/docs", "/openapi.json", "/till", "/healthz")
    return "".join(caller.text(path) for path in paths)
