"""Beyond loopback couriers come by TLS: the courier's own line against the real server."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.hq.server import Places, Tls, serve, tls
from loyaltyd.link import client
from loyaltyd.link.client import Client
from loyaltyd.link.spool import ACK, REFUSAL
from tests.hq.batch_files import file, trusting
from tests.hq.served import ANYWHERE, ServedHq, now, served
from tests.link.certificates import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority) -> Pair:
    return authority.pair("server")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return trusting(tmp_path / "hq")


def with_tls(server: Pair, clients: Path | None = None) -> Places:
    secrecy = Tls(certificate=server.certificate, key=server.key, clients=clients)
    return replace(ANYWHERE, tls=secrecy)


def carried(hq: ServedHq, data: bytes, ca: Path, own: Pair | None = None) -> str:
    """What the answer to a file is called, when a courier brings it."""
    certificate, key = (own.certificate, own.key) if own else (None, None)
    believed = client.Tls(ca=ca, certificate=certificate, certificate_key=key)
    with closing(Client(f"https://127.0.0.1:{hq.couriers}", believed)) as line:
        return line.answer_to(data).suffix


def test_a_courier_that_knows_the_authority_delivers(
    folder: Path, server: Pair, authority: Authority
) -> None:
    with served(folder, with_tls(server)) as hq:
        assert carried(hq, file(1, 2), authority.ca) == ACK
        assert carried(hq, file(4, 5), authority.ca) == REFUSAL
        assert hq.read("/healthz").status == 200  # the pages stay plain, on loopback


def test_a_courier_that_trusts_another_authority_or_speaks_no_tls_gets_nowhere(
    folder: Path, tmp_path: Path, server: Pair
) -> None:
    with served(folder, with_tls(server)) as hq:
        with pytest.raises(LinkError):
            carried(hq, file(1, 2), Authority(tmp_path, "other").ca)
        with hq.wire() as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: hq\r\n\r\n")
            assert not wire.recv(100).startswith(b"HTTP/")


def test_with_an_authority_for_clients_only_its_couriers_are_let_in(
    folder: Path, tmp_path: Path, server: Pair, authority: Authority
) -> None:
    ca, stranger = authority.ca, Authority(tmp_path, "other").pair("stranger")
    with served(folder, with_tls(server, ca)) as hq:
        assert carried(hq, file(1, 2), ca, authority.pair("courier")) == ACK
        for other in (stranger, None, authority.pair("expired", days=-1)):
            with pytest.raises(LinkError):
                carried(hq, file(1, 3), ca, other)


@pytest.mark.parametrize("given", [("c", None, None), (None, "k", None), (None, None, "a")])
def test_options_of_tls_that_go_together_are_asked_for_together(
    given: tuple[str | None, ...],
) -> None:
    paths = [Path(each) if each else None for each in given]
    with pytest.raises(ConfigError, match="neither goes without the other"):
        tls(*paths)


def test_beyond_loopback_it_wants_a_certificate_and_the_pages_never_leave(tmp_path: Path) -> None:
    everywhere = ("0.0.0.0", 0)  # noqa: S104 - to be refused
    for places, option in (
        (replace(ANYWHERE, couriers=everywhere), "--listen"),
        (replace(ANYWHERE, people=everywhere), "--pages"),
    ):
        with pytest.raises(ConfigError, match=option):
            asyncio.run(serve(tmp_path / "hq", places, now, ready=lambda _: None))
    assert not (tmp_path / "hq").exists()


def test_files_that_are_no_certificate_are_named_and_no_password_is_asked_for(
    tmp_path: Path, server: Pair, authority: Authority
) -> None:
    (tmp_path / "empty").touch()
    good, other = (server.certificate, server.key), authority.pair("other")
    for certificate, key, clients, named in (
        (tmp_path / "none", server.key, None, "none"),
        (server.certificate, tmp_path / "empty", None, "empty"),
        (server.certificate, other.key, None, "other.key"),
        (*good, tmp_path / "empty", "empty"),
        (*good, tmp_path / "none", "none: no such file"),
    ):
        with pytest.raises(ConfigError, match=named):
            Tls(certificate=certificate, key=key, clients=clients).context()
    locked = load_pem_private_key(server.key.read_bytes(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    server.key.write_bytes(locked)
    with pytest.raises(ConfigError, match=r"server\.key"):
        Tls(certificate=server.certificate, key=server.key).context()
