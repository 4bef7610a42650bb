"""deploy-and-security.md 9, rule by rule, on real sockets."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from loyaltyd import serving
from loyaltyd.api import guard
from loyaltyd.api.guard import BODY_BYTES_MAX, Rates
from tests.api.tills import JSON, LiveTill, basket, live, made

LISTED = "https://pos.example"


def test_the_till_listens_on_loopback_and_its_socket_is_for_its_group(till: LiveTill) -> None:
    assert (till.folder / "till.sock").stat().st_mode & 0o777 == 0o660
    with till.wire() as wire:
        assert wire.getpeername()[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", ""])
def test_a_host_that_is_not_ours_is_misdirected(till: LiveTill, host: str) -> None:
    answer = till.read("/healthz", {"host": host})
    assert (answer.status, answer.reason) == (421, "host_refused")


@pytest.mark.parametrize("head", [b"", b"Host: 127.0.0.1:PORT\r\nHost: evil.example\r\n"])
def test_no_host_and_two_hosts_are_misdirected(till: LiveTill, head: bytes) -> None:
    with till.wire() as wire:
        head = head.replace(b"PORT", str(till.port).encode())
        wire.sendall(b"GET /healthz HTTP/1.1\r\n" + head + b"\r\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 421 ")


def test_loopback_names_with_the_port_are_ours(till: LiveTill) -> None:
    for host in (till.host, f"localhost:{till.port}", f"LocalHost:{till.port}"):
        assert till.read("/healthz", {"host": host}).status == 200


def test_a_listed_host_is_ours_with_and_without_the_port() -> None:
    found = guard.access(listen=("127.0.0.1", 8765), hosts=["Till-3.example"], origins=[], rate=1)
    assert {"till-3.example", "till-3.example:8765"} <= found.hosts


def test_the_unix_socket_answers_to_localhost_and_to_no_other_name(till: LiveTill) -> None:
    assert till.call_socket("/healthz", "localhost").status == 200
    assert till.call_socket("/healthz", "evil.example").status == 421


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "https://pos.example.evil", ""])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/events"), ("POST", "/v1/quotes")])
def test_an_origin_that_is_not_listed_is_refused(
    till: LiveTill, origin: str, method: str, path: str
) -> None:
    answer = till.call(method, path, basket("r"), {**JSON, "origin": origin})
    assert (answer.status, answer.reason) == (403, "origin_refused")
    assert "access-control-allow-origin" not in answer.headers


def test_a_listed_origin_may_call_and_read_and_nobody_else_is_named(till: LiveTill) -> None:
    answer = till.call("POST", "/v1/quotes", basket("r"), {**JSON, "origin": LISTED})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["vary"] == "Origin"


def test_a_listed_origin_gets_its_preflight_and_another_does_not(till: LiveTill) -> None:
    asked = {"origin": LISTED, "access-control-request-method": "POST"}
    answer = till.call("OPTIONS", "/v1/quotes", headers=asked)
    assert answer.status == 204
    assert "content-type" in answer.headers["access-control-allow-headers"]
    asked["origin"] = "https://evil.example"
    assert till.call("OPTIONS", "/v1/quotes", headers=asked).status == 403


def test_the_tills_own_pages_may_call(till: LiveTill) -> None:
    own = {**JSON, "origin": f"http://{till.host}", "sec-fetch-site": "same-origin"}
    assert till.call("POST", "/v1/quotes", basket("r"), own).status == 200


def test_a_cross_site_fetch_without_a_listed_origin_is_refused(till: LiveTill) -> None:
    assert till.read("/v1/status", {"sec-fetch-site": "cross-site"}).status == 403
    listed = {"sec-fetch-site": "cross-site", "origin": LISTED}
    assert till.read("/v1/status", listed).status == 200


def test_a_form_post_from_another_site_is_refused(till: LiveTill) -> None:
    form = {
        "origin": "null",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "content-type": "text/plain",
    }
    assert till.call("POST", "/v1/receipts", basket("form"), form).status == 403
    assert till.read("/v1/receipts/form").status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/docs", 200), ("/till", 200), ("/openapi.json", 200), ("/v1/status", 403)],
)
def test_a_browser_navigates_to_pages_only(till: LiveTill, path: str, status: int) -> None:
    typed = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    assert till.read(path, typed).status == status


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
def test_a_body_that_is_not_called_json_is_refused(till: LiveTill, kind: str) -> None:
    answer = till.call("POST", "/v1/quotes", basket("r"), {"content-type": kind})
    assert (answer.status, answer.reason) == (415, "content_type")


def test_json_with_its_charset_is_taken(till: LiveTill) -> None:
    kind = {"content-type": "Application/JSON; charset=UTF-8"}
    assert till.call("POST", "/v1/quotes", basket("r"), kind).status == 200


def test_a_body_may_have_64_kib_and_not_a_byte_more(till: LiveTill) -> None:
    body = json.dumps(basket("long")).encode()
    full = body + b" " * (BODY_BYTES_MAX - len(body))
    assert till.post("/v1/quotes", full).status == 200
    answer = till.post("/v1/quotes", full + b" ")
    assert (answer.status, answer.reason) == (413, "body_too_large")


def test_a_chunked_body_without_end_is_cut_off(till: LiveTill) -> None:
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    with till.wire() as wire:
        wire.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = b""
        try:
            for _ in range(40):
                wire.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
        except OSError:
            pass  # closed under us, as it should be
        while b"\r\n\r\n" not in answer:
            answer += wire.recv(4096)
        assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_head_without_end_is_cut_off(till: LiveTill) -> None:
    with till.wire() as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nx: " + b"a" * (serving.HEAD_BYTES_MAX + 1))
        assert wire.recv(4096).startswith(b"HTTP/1.1 431 ")


def test_a_trailer_and_a_chunk_extension_without_end_are_cut_off(till: LiveTill) -> None:
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    for endless in (b"0\r\nx: ", b"1;x="):
        with till.wire() as wire:
            wire.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n" + endless)
            with suppress(ConnectionError):  # it may hang up before it has all
                wire.sendall(b"a" * 512 * 1024)  # more than the server reads in one go
            assert wire.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_trailer_is_no_header(till: LiveTill) -> None:
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    with till.wire() as wire:
        body = b"2\r\n{}\r\n0\r\nOrigin: https://evil.example\r\n\r\n"
        wire.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        assert wire.recv(100).startswith(b"HTTP/1.1 422 ")


def test_a_body_that_nobody_asked_for_is_not_read_on(till: LiveTill) -> None:
    with till.wire() as wire:
        head = f"GET /healthz HTTP/1.1\r\nHost: {till.host}\r\nContent-Length: 99999999\r\n\r\n"
        wire.sendall(head.encode())
        answer = b"".join(iter(lambda: wire.recv(4096), b""))
    assert answer.endswith(b'{"status":"ok"}')


def test_requests_sent_at_once_are_answered_one_after_the_other(till: LiveTill) -> None:
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    with till.wire() as wire:
        wire.sendall(f"GET /healthz HTTP/1.1\r\nHost: {till.host}\r\n\r\n".encode())
        wire.sendall(head.encode() + b"Connection: close\r\nContent-Length: 2\r\n\r\n{")
        wire.sendall(b"}")
        answers = b"".join(iter(lambda: wire.recv(4096), b""))
    assert answers.count(b"HTTP/1.1 200 ") == answers.count(b"HTTP/1.1 422 ") == 1


def test_what_is_not_http_is_told_so_in_a_problem(till: LiveTill) -> None:
    with till.wire() as wire:
        wire.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = wire.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_a_head_that_never_ends_is_not_waited_for(
    till: LiveTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.05)
    with till.wire() as silent, till.wire() as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert silent.recv(100) == b""
        assert slow.recv(100) == b""


def test_a_body_that_never_ends_is_not_waited_for(
    till: LiveTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.05)
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    with till.wire() as wire:
        wire.sendall(head.encode() + b"Content-Length: 10\r\n\r\n{")
        assert wire.recv(4096).startswith(b"HTTP/1.1 422 ")


def test_connections_beyond_the_limit_are_turned_away_and_room_returns(tmp_path: Path) -> None:
    with live(made(tmp_path)) as till:
        crowd = [socket.create_connection(("127.0.0.1", till.port)) for _ in range(32)]
        with till.wire() as late:
            assert late.recv(100).startswith(b"HTTP/1.1 503 ")
        for each in crowd:
            each.close()
        while True:  # the server notices a close in its own time
            answer = till.read("/healthz")
            if answer.status == 200:
                break


def test_every_answer_carries_the_security_headers(till: LiveTill) -> None:
    for path in ("/healthz", "/docs", "/v1/nothing", "/till"):
        headers = till.read(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_the_rate_is_per_caller_and_a_burst_of_twice_the_rate_is_let_through() -> None:
    now = 0.0
    rates = Rates(2, lambda: now)
    assert [rates.allows("pos") for _ in range(5)] == [True] * 4 + [False]
    assert rates.allows("page")
    now = 0.5
    assert [rates.allows("pos") for _ in range(2)] == [True, False]


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    with live(made(tmp_path, rate="1")) as till:
        answers = [till.read("/healthz") for _ in range(4)]
        refusal = next(each for each in answers if each.status == 429)
        assert refusal.reason == "too_many_requests"
        assert refusal.headers["retry-after"] == "1"


def test_an_unknown_path_and_a_wrong_method_are_problems(till: LiveTill) -> None:
    assert till.read("/v1/cards/2990000000019/").reason == "not_found"  # and no redirect to it
    assert till.read("/v2/quotes").reason == "not_found"
    answer = till.call("DELETE", "/v1/quotes")
    assert (answer.status, answer.reason) == (405, "method_refused")
    assert answer.headers["allow"] == "POST"
