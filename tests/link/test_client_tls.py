"""HTTPS to headquarters: always verified, with the till's own certificate where it is asked for."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.link.client import Client, Tls
from tests.link.certificates import Authority, server_context
from tests.link.peers import ACKED, WAIT_S, Peer, Recorder, request, response

FILE = b"\x28\xb5\x2f\xfd batch"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def why_not(url: str, tls: Tls) -> str:
    client = Client(url, tls)
    with pytest.raises(LinkError) as refused:
        client.answer_to(FILE)
    return str(refused.value)


def answered(url: str, tls: Tls) -> bool:
    with contextlib.closing(Client(url, tls)) as client:
        return client.answer_to(FILE).data == ACKED


def test_headquarters_is_reached_by_the_authority_that_the_settings_name(
    authority: Authority,
) -> None:
    recorder = Recorder()
    with Peer(recorder, server_context(authority.pair("hq"))) as peer:
        assert answered(peer.url, Tls(ca=authority.ca))
    assert recorder.bodies == [FILE]


def test_many_files_go_over_one_handshake(authority: Authority) -> None:
    with Peer(Recorder(), server_context(authority.pair("hq"))) as peer:
        with contextlib.closing(Client(peer.url, Tls(ca=authority.ca))) as client:
            for _ in range(3):
                client.answer_to(FILE)
        assert peer.connections == 1


@pytest.mark.parametrize(
    ("address", "days", "why"),
    [
        ("127.0.0.1", 1, "CERTIFICATE_VERIFY_FAILED"),
        ("127.0.0.2", 1, "IP address mismatch"),
        ("127.0.0.1", -1, "certificate has expired"),
    ],
)
def test_a_certificate_of_somebody_else_or_of_yesterday_is_refused(
    authority: Authority, tmp_path: Path, address: str, days: int, why: str
) -> None:
    signed_by = Authority(tmp_path, "other") if why.isupper() else authority
    recorder = Recorder()
    with Peer(recorder, server_context(signed_by.pair("hq", address, days=days))) as peer:
        assert why in why_not(peer.url, Tls(ca=authority.ca))
    assert recorder.requests == []


def test_the_machines_authorities_don_t_know_a_private_one(authority: Authority) -> None:
    with Peer(Recorder(), server_context(authority.pair("hq"))) as peer:
        assert "CERTIFICATE_VERIFY_FAILED" in why_not(peer.url, Tls())


def test_a_server_without_tls_is_refused(authority: Authority) -> None:
    def plain(connection: socket.socket) -> None:
        connection.sendall(response(400, b"Bad Request", "text/plain"))

    with Peer(plain) as peer:
        assert "SSL" in why_not(f"https://127.0.0.1:{peer.port}", Tls(ca=authority.ca))


def test_a_till_shows_its_own_certificate_where_it_is_asked(authority: Authority) -> None:
    till, recorder = authority.pair("till"), Recorder()
    own = Tls(ca=authority.ca, certificate=till.certificate, certificate_key=till.key)
    with Peer(recorder, server_context(authority.pair("hq"), clients=authority.ca)) as peer:
        assert answered(peer.url, own)
        assert why_not(peer.url, Tls(ca=authority.ca))
    assert len(recorder.requests) == 1


def test_a_certificate_that_was_renewed_is_shown_from_the_next_connection_on(
    authority: Authority, tmp_path: Path
) -> None:
    old, new = Authority(tmp_path, "old").pair("till"), authority.pair("new")
    tls = Tls(ca=authority.ca, certificate=old.certificate, certificate_key=old.key)
    with Peer(Recorder(), server_context(authority.pair("hq"), clients=authority.ca)) as peer:
        client = Client(peer.url, tls)
        with pytest.raises(LinkError):
            client.answer_to(FILE)
        shutil.copy(new.certificate, old.certificate)
        shutil.copy(new.key, old.key)
        assert client.answer_to(FILE).data == ACKED
        client.close()


def test_a_handshake_that_never_ends_is_given_up(authority: Authority) -> None:
    def mute(connection: socket.socket) -> None:
        while connection.recv(1 << 16):
            pass

    with Peer(mute) as peer:
        url = f"https://127.0.0.1:{peer.port}"
        for silence_s, exchange_s in ((0.3, 30.0), (1.0, 0.3)):
            client = Client(url, Tls(ca=authority.ca), silence_s=silence_s, exchange_s=exchange_s)
            with pytest.raises(LinkError, match=r"no sign of it in time|no whole answer within"):
                client.answer_to(FILE)


def test_files_that_are_no_certificates_are_a_fault_of_the_settings(
    authority: Authority, tmp_path: Path
) -> None:
    till, missing = authority.pair("till"), tmp_path / "missing.pem"
    (tmp_path / "text.pem").write_text("hello")
    for tls, named in (
        (Tls(ca=missing), missing),
        (Tls(ca=tmp_path / "text.pem"), tmp_path / "text.pem"),
        (Tls(certificate=missing, certificate_key=till.key), missing),
        (
            Tls(certificate=till.certificate, certificate_key=authority.pair("b").key),
            till.certificate,
        ),
    ):
        with pytest.raises(ConfigError, match=f"^{named}: can't be used for TLS: "):
            Client("https://hq.example", tls)


# Through a proxy


def tunnel(connection: socket.socket) -> None:
    """A proxy for CONNECT, as curl and browsers know it."""
    asked = request(connection)
    assert asked is not None
    host, port = asked.line.split(" ")[1].split(":")
    with socket.create_connection((host, int(port))) as onward:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        while passed(connection, onward):
            pass


def passed(one: socket.socket, other: socket.socket) -> bool:
    """Pass on what comes next, from either end; False when one has hung up."""
    for ready in select.select([one, other], [], [], WAIT_S)[0]:
        data = ready.recv(1 << 16)
        (other if ready is one else one).sendall(data)
        if not data:
            return False
    return True


def test_the_environments_proxy_is_asked_for_a_tunnel_and_sees_nothing_else(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def proxy(connection: socket.socket) -> None:
        seen.append(connection.recv(1 << 16, socket.MSG_PEEK).decode())
        tunnel(connection)

    # Names of this machine are never asked of a proxy; so headquarters has another one here.
    monkeypatch.setattr("loyaltyd.link.client._is_loopback", lambda _: False)
    with Peer(Recorder(), server_context(authority.pair("hq"))) as hq, Peer(proxy) as between:
        monkeypatch.setenv("HTTPS_PROXY", f"http://till:s%40cret@127.0.0.1:{between.port}")
        with contextlib.closing(Client(hq.url, Tls(ca=authority.ca))) as client:
            assert client.answer_to(FILE).data == ACKED
            assert client.answer_to(FILE).data == ACKED
        line, *headers = seen[0].split("\r\n")
        assert line.startswith(f"CONNECT 127.0.0.1:{hq.port} HTTP/1.")
        assert "proxy-authorization: basic dGlsbDpzQGNyZXQ=" in [
            name.lower() + separator + text.replace("Basic", "basic")
            for name, separator, text in (it.partition(": ") for it in headers)
        ]
        assert len(seen) == 1


def test_a_proxy_that_refuses_is_a_link_error_without_its_password(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    monkeypatch.setattr("loyaltyd.link.client._is_loopback", lambda _: False)
    with Peer(refusing) as between:
        monkeypatch.setenv("https_proxy", f"till:secret@127.0.0.1:{between.port}")
        told = why_not("https://hq.example", Tls(ca=authority.ca))
    assert "407" in told
    assert "secret" not in told


def test_no_proxy_is_asked_for_this_machine_or_for_what_no_proxy_names(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(Recorder(), server_context(authority.pair("hq"))) as hq, Peer(tunnel) as between:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{between.port}")
        assert answered(hq.url, Tls(ca=authority.ca))
        monkeypatch.setattr("loyaltyd.link.client._is_loopback", lambda _: False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert answered(hq.url, Tls(ca=authority.ca))
        assert between.connections == 0


@pytest.mark.parametrize("proxy", ["socks5://p:1", "https://p:1", "http://p", "http://p:x", "p"])
def test_a_proxy_that_can_t_be_used_is_a_fault_of_the_settings(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError, match=r"HTTPS_PROXY: must be http://HOST:PORT"):
        Client("https://hq.example")
