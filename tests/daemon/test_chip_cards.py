"""Chip cards at a running daemon: the same card is the same to the till however it was read."""

from __future__ import annotations

import http.client
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyaltyd.readers.profiles.contactless import Contactless
from tests.daemon.daemon_process import (
    ANNA,
    Answer,
    Caller,
    Daemon,
    Lane,
    Stream,
    basket,
    made_lane,
)
from tests.daemon.test_pans import everything_said, said_over_the_api, traces, wait_up
from tests.readers.cards import (
    ATR_CONTACT_T0,
    RANDOM_UID,
    BankCard,
    Card,
    Classic,
    FileCard,
    Tag,
    Watched,
    held,
    text_record,
    uri_record,
)
from tests.readers.devices import Scanner
from tests.readers.pcscd import Pcscd
from tests.readers.vectors import MIR_PAN, PAN
from tests.readers.vpcd import Vpcd

PCSC = '[[readers]]\nname = "tap"\ndriver = "pcsc"\nmatch = "{match}"\nprofile = "contactless"\n'
REPLAY = '[[readers]]\nname = "tap"\ndriver = "replay"\ndevice = "taps"\nprofile = "contactless"\n'
FILES = (
    'repeat_window = "0s"\nclassic_sector = 1\nclassic_key = "key"\n'
    'aid = "F04C4F59414C01"\nfile = "EF01"\n'
)
READER = "ACS ACR1252 00 00"
KEY = bytes.fromhex("A0B1C2D3E4F5")
UID_RANGE = (
    '[[cards]]\nkind = "bonus"\nprefix = "01"\nlength = 17\ncheck = "none"\nmedia = ["uid"]\n'
    'enrol = "first-use"\n\n[wallets.bonus]'
)


@pytest.fixture
def pcsc_socket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the daemons of a test look for their pcscd."""
    if importlib.util.find_spec("smartcard") is None:
        pytest.skip("pyscard is not installed: tools/test builds it where gcc and libpcsclite are")
    with tempfile.TemporaryDirectory(prefix="pcsc") as folder:
        path = Path(folder) / "pcscd.comm"
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(path))
        yield path


def lane_with(folder: Path, reader: str, program: Callable[[str], str] = str) -> Lane:
    """A till with one more reader, which needs a key."""
    lane = made_lane(folder)
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    lane.config.write_text(lane.config.read_text() + reader)
    file = folder / "program.toml"
    file.write_text(program(file.read_text("utf-8")), "utf-8")
    return lane


def seen(lane: Lane, present: Callable[[], object]) -> tuple[str, Answer, Answer]:
    """Present a card to a till; its medium, what else the event said, and the quote for it."""
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        with Stream(lane.port) as stream:
            present()
            (facts,) = stream.wait("card_read", 1)
        _, quote = caller.tell("/v1/quotes", basket("r1", facts["read"]))
        for own in ("quote", "expires_at"):
            del quote[own]
        medium = facts["medium"]
        return medium, {it: facts[it] for it in ("card", "kind")}, quote


def transcript(card: Card) -> str:
    """A capture of a card, with all that it is asked."""
    lines = []

    def answer(command: bytes) -> bytes:
        response = card.answer(command)
        lines.append(f"> {command.hex()}\n< {response.hex()}\n")
        return response

    held(Contactless(own=str.isdigit).dialogue(card.atr), answer)
    return f"0 card {card.atr.hex()}\n{''.join(lines)}300 gone\n"


def as_barcode(folder: Path) -> tuple[str, Answer, Answer]:
    lane = made_lane(folder, readers={"tap": "barcode"})
    scanner = Scanner(lane.folder / "tap")

    def scan() -> None:
        scanner.plug()
        with Caller(lane.port) as caller:
            wait_up(caller)
        scanner.send(f"{ANNA}\r".encode())

    found = seen(lane, scan)
    scanner.unplug()
    return found


def after_up(lane: Lane, deed: Callable[[], object]) -> Callable[[], None]:
    def present() -> None:
        with Caller(lane.port) as caller:
            wait_up(caller)
        deed()

    return present


def test_the_same_card_is_the_same_event_and_quote_however_it_is_read(
    tmp_path: Path, pcsc_socket: Path
) -> None:
    medium, facts, quote = as_barcode(tmp_path / "barcode")
    assert (medium, facts) == ("barcode", {"card": ANNA, "kind": "bonus"})
    card = Tag(uri_record(4, f"zelenka.example/c/{ANNA}"))
    found = {}
    lane = lane_with(tmp_path / "double", PCSC.format(match="ACS*"))
    with Pcscd(pcsc_socket) as double:
        double.plug(READER)
        found["double"] = seen(lane, after_up(lane, lambda: double.insert(READER, card)))
    lane = lane_with(tmp_path / "real", PCSC.format(match="Virtual 0*"))
    with Vpcd(pcsc_socket, tmp_path) as vpcd:
        found["real"] = seen(lane, after_up(lane, lambda: vpcd.insert(card)))
    lane = lane_with(tmp_path / "replay", REPLAY)
    capture = lane.folder / "taps"
    whole = capture.with_suffix(".new")
    whole.write_text(transcript(card))
    found["replay"] = seen(lane, lambda: whole.rename(capture))
    assert found == dict.fromkeys(("double", "real", "replay"), ("contactless", facts, quote))


def test_what_a_card_reader_sees_is_told_to_the_cashier(tmp_path: Path, pcsc_socket: Path) -> None:
    lane = lane_with(tmp_path / "lane", PCSC.format(match="ACS*") + FILES)
    early = Tag(text_record(ANNA))
    with Pcscd(pcsc_socket) as double, Daemon(lane) as daemon:
        double.plug(READER)
        with Caller(daemon.answering().lane.port) as caller, Stream(lane.port) as stream:
            wait_up(caller)
            double.insert(READER, Watched(early, 1, lambda: double.eject(READER)))
            stream.wait("card_removed", 1)
            shown: list[tuple[Card, str, int]] = [
                (Tag(b"\xfe", uid=RANDOM_UID), "card_refused", 2),
                (Tag(b"\xfe"), "card_refused", 3),
                (FileCard(ANNA.encode(), atr=ATR_CONTACT_T0), "card_read", 1),
            ]
            for place, (card, kind, count) in enumerate(shown, 2):
                double.insert(READER, card)
                stream.wait(kind, count)
                double.eject(READER)
                stream.wait("card_removed", place)
            _, status = caller.ask("/v1/status")
        (reader,) = status["readers"]
        assert [it["reason"] for it in stream.of("card_refused")] == [
            "read_incomplete",
            "uid_random",
            "not_a_card",
        ]
        assert "hold the card longer" in stream.of("card_refused")[0]["detail"]
        assert [it["medium"] for it in stream.of("card_read")] == ["contactless"]
        assert stream.of("card_removed") == [{"reader": "tap"}] * 4
        assert (reader["up"], reader["detail"], reader["card"]) == (True, READER, "chip card")


def test_a_static_uid_is_a_number_where_the_program_says_so(
    tmp_path: Path, pcsc_socket: Path
) -> None:
    reader = PCSC.format(match="ACS*")
    with_uids = lane_with(
        tmp_path / "lane", reader, lambda text: text.replace("[wallets.bonus]", UID_RANGE, 1)
    )
    with Pcscd(pcsc_socket) as double:
        double.plug(READER)
        put = after_up(with_uids, lambda: double.insert(READER, Tag(b"\xfe")))
        medium, facts, quote = seen(with_uids, put)
    assert (medium, facts["card"]) == ("uid", "01303689068602870")
    assert quote["card"]["number"] == "0130**********870"


def test_no_pcscd_is_a_state_of_the_reader_and_the_till_works(
    tmp_path: Path, pcsc_socket: Path
) -> None:
    assert not pcsc_socket.exists()
    lane = lane_with(tmp_path / "lane", PCSC.format(match="*"))
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        assert caller.tell("/v1/quotes", basket("r1"))[0] == http.client.OK
        _, status = caller.ask("/v1/status")
        while status["readers"][0]["detail"] == "not opened yet":
            _, status = caller.ask("/v1/status")
        assert status["verdict"] == "degraded"
        assert "pcscd does not answer" in status["readers"][0]["detail"]
        assert daemon.stop() == 0


def test_a_pcscd_that_hangs_is_a_state_of_the_reader_and_the_till_works(
    tmp_path: Path, pcsc_socket: Path
) -> None:
    lane = lane_with(tmp_path / "lane", PCSC.format(match="ACS*"))
    with Pcscd(pcsc_socket) as double, Daemon(lane) as daemon:
        double.plug(READER)
        with Caller(daemon.answering().lane.port) as caller, Stream(lane.port) as stream:
            wait_up(caller)
            before = len(stream.of("reader_down"))
            double.thawed.clear()
            (*_, down) = stream.wait("reader_down", before + 1)
            assert down["detail"].startswith("stalled: ")
            assert caller.tell("/v1/quotes", basket("r1"))[0] == http.client.OK
            ups = len(stream.of("reader_up"))
            double.thawed.set()
            stream.wait("reader_up", ups + 1)
            double.insert(READER, Tag(text_record(ANNA)))
            stream.wait("card_read", 1)


def test_a_bank_card_on_a_card_reader_leaves_no_digit(tmp_path: Path, pcsc_socket: Path) -> None:
    lane = lane_with(tmp_path / "lane", PCSC.format(match="ACS*") + FILES)
    cards: list[Card] = []
    for pan in (PAN, MIR_PAN):
        cards += [BankCard(pan), BankCard(pan, atr=ATR_CONTACT_T0)]
        cards += [Tag(text_record(pan)), Tag(uri_record(4, f"pay.example/?a1={pan}"))]
        cards += [Classic(pan.encode(), key=KEY), FileCard(pan.encode())]
    with Pcscd(pcsc_socket) as double, Daemon(lane) as daemon:
        double.plug(READER)
        with Caller(daemon.answering().lane.port) as caller, Stream(lane.port) as stream:
            wait_up(caller)
            for count, card in enumerate(cards, 1):
                double.insert(READER, card)
                stream.wait("card_refused", count)
                double.eject(READER)
                stream.wait("card_removed", count)
            said = said_over_the_api(caller, PAN) + everything_said(caller) + stream.text
            _, status = caller.ask("/v1/status")
        assert {it["reason"] for it in stream.of("card_refused")} == {"payment_card"}
        assert stream.of("card_read") == []
        assert status["readers"][0]["payment"] == len(cards)
        assert status["readers"][0]["card"] == ""
        daemon.kill()
    kept = {path.name: path.read_bytes() for path in lane.folder.rglob("*") if is_plain(path)}
    assert {"ledger.db", "ledger.db-wal", "daemon.log"} <= set(kept)
    for name, text in {**kept, "said": said.encode()}.items():
        for pan in (PAN, MIR_PAN):
            assert traces(text, pan) == set(), name
            assert bytes.fromhex(pan) not in text, name  # as chips write it


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_socket()
