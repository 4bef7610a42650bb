"""Headquarters over real sockets: what couriers are answered, and when nothing is promised."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Ack, BatchReason, Refused
from loyaltyd.domain.errors import LoyaltyError, StoreDamaged
from loyaltyd.hq import receiving
from loyaltyd.hq.keys import hq_key
from loyaltyd.hq.receiving import BODY_BYTES_MAX
from loyaltyd.hq.server import CONNECTIONS_MAX
from loyaltyd.link.signatures import is_signed, public_hex
from loyaltyd.link.wire import (
    ANSWER_MEDIA_TYPE,
    FILE_BYTES_MAX,
    MEDIA_TYPE,
    answer_from,
    file_hash,
)
from loyaltyd.store import database
from tests.hq.batch_files import HEADS, OURS, file, trusting
from tests.hq.served import ANYWHERE, Said, ServedHq, served

HEAD = f"POST /v1/batches HTTP/1.1\r\nHost: hq\r\nContent-Type: {MEDIA_TYPE}\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return trusting(tmp_path / "hq")


@pytest.fixture
def hq(folder: Path) -> Iterator[ServedHq]:
    with served(folder) as hq:
        yield hq


def word(folder: Path, said: Said) -> Ack | Refused:
    """Headquarters' answer, as the till believes it."""
    assert said.headers["content-type"] == ANSWER_MEDIA_TYPE
    found = answer_from(said.body, public_hex(hq_key(folder)), is_signed)
    assert found is not None
    return found


def refused(folder: Path, said: Said) -> Refused:
    found = word(folder, said)
    assert isinstance(found, Refused)
    return found


def test_a_batch_is_acknowledged_with_a_signature_and_again_when_it_comes_again(
    hq: ServedHq, folder: Path
) -> None:
    data = file(1, 4)
    for _ in range(2):
        said = hq.sent(data)
        ack = word(folder, said)
        assert isinstance(ack, Ack)
        assert (said.status, ack.stream, ack.head) == (200, OURS, HEADS[4])
        assert ack.file == file_hash(data)


def test_a_gap_is_a_conflict_and_says_where_to_go_on(hq: ServedHq, folder: Path) -> None:
    hq.sent(file(1, 2))
    said = hq.sent(file(5, 6))
    assert said.status == 409
    refusal = refused(folder, said)
    assert refusal.refusal.reason is BatchReason.GAP
    assert (refusal.refusal.head, refusal.file) == (HEADS[2], file_hash(file(5, 6)))


def test_what_is_no_batch_is_refused_with_a_signature(hq: ServedHq, folder: Path) -> None:
    for data in (b"", b"\0" * 100, file(1, 2)[:-9]):
        said = hq.sent(data)
        assert said.status == 422
        assert refused(folder, said).refusal.reason is BatchReason.UNREADABLE


def test_a_file_somewhat_too_large_is_refused_by_name(hq: ServedHq, folder: Path) -> None:
    large = b"\0" * (FILE_BYTES_MAX + 1)
    said = hq.sent(large)
    assert said.status == 413
    assert refused(folder, said).file == file_hash(large)


@pytest.mark.parametrize("length", ["Content-Length: 99999999", "Transfer-Encoding: chunked"])
def test_a_huge_file_is_not_read_to_its_end(hq: ServedHq, length: str) -> None:
    pieces = (b"10000\r\n" + b"\0" * 0x10000 + b"\r\n") * (BODY_BYTES_MAX // 0x10000 + 4)
    with hq.wire() as wire, contextlib.suppress(ConnectionError):  # it hangs up before it has all
        wire.sendall(f"{HEAD}{length}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            wire.sendall(pieces)
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", f"{MEDIA_TYPE}; x=y", ""])
def test_a_body_of_another_type_is_not_read(hq: ServedHq, kind: str) -> None:
    said = hq.sent(file(1, 1), {"content-type": kind})
    assert (said.status, said.json["status"]) == (415, 415)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/v1/batches", 405),
        ("PUT", "/v1/batches", 405),
        ("POST", "/v1/batches/", 404),
        ("GET", "/", 404),
        ("GET", "/v1/tills", 404),
        ("GET", "/static/hq.css", 404),
    ],
)
def test_couriers_find_nothing_but_their_own_door(
    hq: ServedHq, method: str, path: str, status: int
) -> None:
    assert hq.asked(method, path).status == status


def test_a_body_that_stops_coming_is_not_waited_for(
    hq: ServedHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "BODY_S", 0.05)
    with hq.wire() as wire:
        wire.sendall(f"{HEAD}Content-Length: 10\r\n\r\n12345".encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_courier_who_hangs_up_half_way_leaves_nothing(hq: ServedHq, folder: Path) -> None:
    data = file(1, 3)
    with hq.wire() as wire:
        wire.sendall(f"{HEAD}Content-Length: {len(data)}\r\n\r\n".encode() + data[:-1])
    said = hq.sent(file(1, 2))
    ack = word(folder, said)
    assert isinstance(ack, Ack)
    assert ack.head == HEADS[2]


def test_connections_beyond_the_limit_are_turned_away_and_room_returns(hq: ServedHq) -> None:
    crowd = [socket.create_connection(("127.0.0.1", hq.couriers)) for _ in range(CONNECTIONS_MAX)]
    with hq.wire() as late:
        assert late.recv(100).startswith(b"HTTP/1.1 503 ")
    for each in crowd:
        each.close()
    while hq.asked("GET", "/healthz").status != 200:
        """The server notices a close in its own time."""


def test_an_idle_courier_gives_its_connection_back(folder: Path) -> None:
    with served(folder) as hq, hq.wire() as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: hq\r\n\r\n")
        answer = b""
        while part := wire.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_while_the_books_are_locked_nothing_is_promised_and_then_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    shell = contextlib.closing(database.writer(folder / "hq.db"))
    with served(folder) as hq, shell as locking:
        locking.execute("BEGIN IMMEDIATE")
        said = hq.sent(file(1, 2))
        assert (said.status, said.headers["retry-after"]) == (503, "10")
        assert answer_from(said.body, public_hex(hq_key(folder)), is_signed) is None
        locking.execute("ROLLBACK")
        assert hq.sent(file(1, 2)).status == 200


def test_books_that_are_gone_end_headquarters(folder: Path) -> None:
    def moved_meanwhile() -> None:
        with served(folder) as hq:
            hq.sent(file(1, 2))
            (folder / "hq.db").rename(folder / "elsewhere.db")
            assert hq.sent(file(3, 4)).status == 503
            hq.thread.join()  # of itself

    with pytest.raises(StoreDamaged, match="moved or deleted"):
        moved_meanwhile()


def test_an_answer_under_way_is_finished_before_the_end(hq: ServedHq, folder: Path) -> None:
    data = file(1, 3)
    with hq.wire() as wire:
        wire.sendall(f"{HEAD}Content-Length: {len(data)}\r\n\r\n".encode() + data[:10])
        wire.sendall(b"")
        hq.asked("GET", "/healthz")  # by now the first bytes were read
        hq.stop()
        wire.sendall(data[10:])
        answer = b""
        while part := wire.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 ")
    hq.thread.join()


def test_a_taken_port_is_said_with_its_option(folder: Path, hq: ServedHq) -> None:
    again = served(folder, replace(ANYWHERE, couriers=("127.0.0.1", hq.couriers)))
    with pytest.raises(LoyaltyError, match=r"127\.0\.0\.1:\d+: .*\(--listen"), again:
        pass


def test_what_came_is_there_after_a_restart(folder: Path) -> None:
    with served(folder) as hq:
        hq.sent(file(1, 5))
    with served(folder) as hq:
        ack = word(folder, hq.sent(file(4, 9)))
    assert isinstance(ack, Ack)
    assert ack.head == HEADS[9]


def test_many_couriers_at_once_leave_each_record_once(hq: ServedHq, folder: Path) -> None:
    def carry() -> None:
        for first in (1, 4, 7):
            while hq.sent(file(first, first + 2)).status != 200:
                """Another courier is still to bring what goes before."""

    couriers = [threading.Thread(target=carry) for _ in range(4)]
    for each in couriers:
        each.start()
    for each in couriers:
        each.join()
    with contextlib.closing(database.reader(folder / "hq.db")) as books:
        seqs = [seq for (seq,) in books.execute("SELECT seq FROM record ORDER BY seq")]
    assert seqs == list(range(1, 10))
