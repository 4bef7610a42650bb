"""The line to headquarters: an answer is whole and of its own kind, all else is a LinkError."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import urllib3.exceptions
from urllib3.connection import HTTPConnection

from loyaltyd.domain.errors import LinkError
from loyaltyd.link.client import ANSWERS, MACHINES_OWN, Client
from loyaltyd.link.spool import ACK, REFUSAL
from loyaltyd.link.wire import ANSWER_BYTES_MAX, ANSWER_MEDIA_TYPE, FILE_BYTES_MAX, MEDIA_TYPE
from tests.daemon.daemon_process import free_port
from tests.link.peers import (
    ACKED,
    REFUSED,
    WAIT_S,
    Behave,
    Peer,
    recording,
    request,
    response,
    saying,
)

FILE = b"\x28\xb5\x2f\xfd" + bytes(range(256)) * 4
HTML = b"<html>Welcome to the guest network. Please pay."


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextlib.contextmanager
def line_to(peer: Peer, silence_s: float = WAIT_S, exchange_s: float = WAIT_S) -> Iterator[Client]:
    limits = {"silence_s": silence_s, "exchange_s": exchange_s}
    with contextlib.closing(Client(peer.url, MACHINES_OWN, **limits)) as client:
        yield client


def why_not(behave: Behave, silence_s: float = WAIT_S, exchange_s: float = WAIT_S) -> str:
    """What the client says of a peer that is no headquarters."""
    with Peer(behave) as peer, line_to(peer, silence_s, exchange_s) as client:
        with pytest.raises(LinkError) as refused:
            client.answer_to(FILE)
        assert str(refused.value).startswith(f"{peer.url}: ")
        return str(refused.value).removeprefix(f"{peer.url}: ")


@pytest.mark.parametrize(("status", "suffix"), [*ANSWERS.items()])
def test_a_signed_answer_comes_back_with_what_its_file_is_called(status: int, suffix: str) -> None:
    said = ACKED if suffix == ACK else REFUSED
    with recording(lambda _: response(status, said)) as (_, peer), line_to(peer) as client:
        answer = client.answer_to(FILE)
    assert (answer.status, answer.suffix, answer.data) == (status, suffix, said)
    assert (suffix == ACK) == (status == 200)
    assert suffix in {ACK, REFUSAL}


def test_the_file_goes_up_as_it_is() -> None:
    with recording() as (recorder, peer), line_to(peer) as client:
        client.answer_to(FILE)
    asked = recorder.requests[0]
    assert asked.line == "POST /v1/batches HTTP/1.1"
    assert asked.body == FILE
    assert asked.headers["content-type"] == MEDIA_TYPE
    assert asked.headers["accept"] == ANSWER_MEDIA_TYPE
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("end", ["", "/", "/loyalty", "/loyalty/"])
def test_an_address_may_have_a_path_before_the_door(end: str) -> None:
    with recording() as (recorder, peer), contextlib.closing(Client(peer.url + end)) as client:
        client.answer_to(FILE)
    assert recorder.requests[0].line == f"POST {end.rstrip('/')}/v1/batches HTTP/1.1"


def test_many_files_go_over_one_connection_until_it_is_closed() -> None:
    with recording() as (recorder, peer), line_to(peer) as client:
        for _ in range(3):
            client.answer_to(FILE)
        assert peer.connections == 1
        client.close()
        client.answer_to(FILE)
        assert peer.connections == 2
    assert len(recorder.requests) == 4


def test_a_connection_that_was_hung_up_meanwhile_is_made_anew() -> None:
    with Peer(saying(response(200, ACKED))) as peer, line_to(peer) as client:
        for _ in range(3):
            assert client.answer_to(FILE).data == ACKED
        assert peer.connections == 3


def test_the_largest_file_goes_up_whole() -> None:
    with recording() as (recorder, peer), line_to(peer) as client:
        client.answer_to(b"x" * FILE_BYTES_MAX)
    assert len(recorder.bodies[0]) == FILE_BYTES_MAX


def test_an_answer_of_the_largest_size_is_taken_and_one_byte_more_is_not() -> None:
    largest = b"a" * (ANSWER_BYTES_MAX - 1) + b"\n"
    with recording(lambda _: response(200, largest)) as (_, peer), line_to(peer) as client:
        assert client.answer_to(FILE).data == largest
    assert "no answer of headquarters" in why_not(saying(response(200, b"a" + largest)))


def test_headquarters_is_heard_when_it_answers_and_hangs_up_before_it_has_all() -> None:
    def impatient(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(response(413, REFUSED, more="Connection: close\r\n"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass

    with Peer(impatient) as peer, line_to(peer) as client:
        assert client.answer_to(b"x" * FILE_BYTES_MAX).suffix == REFUSAL


NO_ANSWERS = {
    "a proxy's page": (response(502, HTML, "text/html"), "answered 502 'text/html'"),
    "a captive portal": (response(200, HTML, "text/html; charset=utf-8"), "answered 200"),
    "a redirect": (
        response(307, b"", more="Location: http://127.0.0.1:1/v1/batches\r\n"),
        "answered 307",
    ),
    "see other": (response(303, b"", more="Location: /\r\n"), "answered 303"),
    "no promise": (response(503, b"{}", "application/problem+json"), "answered 503"),
    "a proxy's own limit": (response(413, HTML, "text/html"), "answered 413"),
    "not found": (response(404, b"Not Found", "text/plain"), "answered 404"),
    "an answer of another status": (response(201, ACKED), "answered 201"),
    "an error with an answer's type": (response(500, ACKED), "answered 500"),
    "no type": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "answered 200 ''"),
    "an empty body": (response(200, b""), "no answer of headquarters"),
    "half a line": (response(200, ACKED[:-1]), "no answer of headquarters"),
    "a cut body": (response(200, ACKED)[:-3], "IncompleteRead"),
    "a body cut after a line": (response(200, ACKED * 2)[: -len(ACKED)], "IncompleteRead"),
    "a cut body without its length": (
        f"HTTP/1.1 200 OK\r\nContent-Type: {ANSWER_MEDIA_TYPE}\r\n\r\n".encode() + ACKED[:-3],
        "no answer of headquarters",
    ),
    "a body that is too long": (response(200, b"x" * 50_000 + b"\n"), "no answer of headquarters"),
    "a chunk without end": (
        f"HTTP/1.1 200 OK\r\nContent-Type: {ANSWER_MEDIA_TYPE}\r\n"
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".encode()
        + b"x" * 50_000,
        "no answer of headquarters",
    ),
    "chunks that are none": (
        f"HTTP/1.1 200 OK\r\nContent-Type: {ANSWER_MEDIA_TYPE}\r\n"
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
        "",
    ),
    "two lengths": (response(200, ACKED, more="Content-Length: 5\r\n"), ""),
    "a status that is none": (b"HTTP/1.1 abc\r\n\r\n", ""),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", ""),
    "a line without end": (b"HTTP/1.1 200 " + b"x" * 70_000, ""),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_is_no_answer_is_a_link_error(name: str) -> None:
    said, told = NO_ANSWERS[name]
    assert told in why_not(saying(said))


def test_no_redirect_is_followed() -> None:
    with recording() as (recorder, portal):
        moved = response(308, b"", more=f"Location: {portal.url}/v1/batches\r\n")
        assert "answered 308" in why_not(saying(moved))
    assert recorder.requests == []


def test_the_answer_to_one_file_is_never_taken_for_the_next_ones() -> None:
    """After a broken exchange its connection is gone, and what would still come on it."""
    answers = iter([response(200, b"x" * 50_000 + b"\n"), response(200, ACKED)])
    with recording(lambda _: next(answers)) as (_, peer), line_to(peer) as client:
        with pytest.raises(LinkError):
            client.answer_to(FILE)
        assert client.answer_to(FILE).data == ACKED
        assert peer.connections == 2


def silent(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def trickling(data: bytes) -> Behave:
    """Send a byte at a time, for ever, each well before the other side gives up."""

    def behave(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(data)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(b"x")

    return behave


def test_a_peer_that_says_nothing_is_given_up() -> None:
    assert why_not(silent, silence_s=0.2) == "no sign of it in time"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nA: ",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
        f"HTTP/1.1 200 OK\r\nContent-Type: {ANSWER_MEDIA_TYPE}\r\n\r\n".encode(),
    ],
)
def test_a_peer_that_trickles_for_ever_is_hung_up(head: bytes) -> None:
    said = why_not(trickling(head), silence_s=5.0, exchange_s=0.4)
    assert said == "no whole answer within 0.4 s"


def test_a_peer_that_reads_nothing_is_given_up() -> None:
    given_up = threading.Event()

    def deaf(_: socket.socket) -> None:
        given_up.wait(WAIT_S)

    with Peer(deaf) as peer, line_to(peer, silence_s=0.3) as client:
        with pytest.raises(LinkError, match="no sign of it in time"):
            client.answer_to(b"x" * FILE_BYTES_MAX * 16)
        given_up.set()


def test_nobody_there_is_a_link_error() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(LinkError, match="Connection refused"):
        client.answer_to(FILE)


def test_a_name_that_nobody_has_is_a_link_error() -> None:
    with pytest.raises(LinkError, match=r"^https://hq.invalid:8443: "):
        Client("https://hq.invalid:8443").answer_to(FILE)


def failures(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for below in kind.__subclasses__():
        yield from failures(below)


def made(kind: type[BaseException]) -> BaseException:
    """An error of that class, however it is made."""
    error = kind.__new__(kind)
    BaseException.__init__(error, "made for this")
    partial = 0 if issubclass(kind, urllib3.exceptions.HTTPError) else b""
    vars(error).update(partial=partial, expected=1, length=b"")  # what some of them print
    return error


RAISED = sorted(
    {
        *failures(urllib3.exceptions.HTTPError),
        *failures(http.client.HTTPException),
        *(ConnectionResetError, ConnectionRefusedError, TimeoutError, OSError, socket.gaierror),
        *(ssl.SSLError, ssl.SSLCertVerificationError, ssl.SSLEOFError, ssl.SSLZeroReturnError),
        *(UnicodeError, ValueError),
    },
    key=lambda it: f"{it.__module__}.{it.__name__}",
)


@pytest.mark.parametrize("step", ["connect", "getresponse"])
@pytest.mark.parametrize("kind", RAISED, ids=lambda it: it.__name__)
def test_whatever_the_library_raises_becomes_a_link_error(
    kind: type[BaseException], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real call is replaced: most of these can't be made to happen one by one."""

    def fail(_self: HTTPConnection) -> None:
        raise made(kind)

    with recording() as (_, peer), line_to(peer) as client:
        monkeypatch.setattr(HTTPConnection, step, fail)
        with pytest.raises(LinkError):
            client.answer_to(FILE)
        monkeypatch.undo()
        assert client.answer_to(FILE).data == ACKED


def test_the_list_of_what_the_library_raises_is_the_librarys_own() -> None:
    its_own = {it for it in vars(urllib3.exceptions).values() if isinstance(it, type)}
    errors = {it for it in its_own if issubclass(it, Exception) and not issubclass(it, Warning)}
    assert {it.__name__ for it in errors - set(RAISED)} <= {
        "MessageDefect",
        "ProxySchemeUnsupported",
    }
    assert len(errors & set(RAISED)) > 30


def test_a_bug_is_no_link_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: HTTPConnection) -> None:
        raise made(ZeroDivisionError)

    with recording() as (_, peer), line_to(peer) as client:
        monkeypatch.setattr(HTTPConnection, "getresponse", fail)
        with pytest.raises(ZeroDivisionError):
            client.answer_to(FILE)


def test_words_of_a_stranger_end_on_no_terminal_as_they_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_self: HTTPConnection) -> None:
        raise OSError("\x1b[2J" + "x" * 10_000)

    with recording() as (_, peer), line_to(peer) as client:
        monkeypatch.setattr(HTTPConnection, "getresponse", fail)
        with pytest.raises(LinkError) as told:
            client.answer_to(FILE)
    assert "\x1b" not in str(told.value)
    assert len(str(told.value)) < 300
