"""Beyond loopback couriers come by TLS, with real certificates made here."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import ipaddress
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loyaltyd.domain.errors import ConfigError
from loyaltyd.hq.server import Places, Tls, serve, tls
from tests.hq.batch_files import file, trusting
from tests.hq.served import ANYWHERE, now, served

DAY = dt.timedelta(days=1)
PASSWORD = serialization.BestAvailableEncryption(b"secret")


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate and its key, as PEM files too."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    path: Path
    key_path: Path


def paper(folder: Path, name: str, signer: Paper | None = None) -> Paper:
    """Make a certificate, of a CA unless a signer signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = signer.certificate.subject if signer else subject
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    )
    made = Paper(
        certificate=builder.sign((signer.key if signer else key), hashes.SHA256()),
        key=key,
        path=folder / f"{name}.pem",
        key_path=folder / f"{name}.key",
    )
    made.path.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    write_key(made, serialization.NoEncryption())
    return made


def write_key(of: Paper, how: serialization.KeySerializationEncryption) -> None:
    kind = serialization.PrivateFormat.PKCS8
    of.key_path.write_bytes(of.key.private_bytes(serialization.Encoding.PEM, kind, how))


def with_tls(server: Paper, clients: Path | None = None) -> Places:
    secrecy = Tls(certificate=server.path, key=server.key_path, clients=clients)
    return replace(ANYWHERE, tls=secrecy)


def courier(authority: Paper, own: Paper | None = None) -> ssl.SSLContext:
    secrecy = ssl.create_default_context(cafile=authority.path)
    if own is not None:
        secrecy.load_cert_chain(own.path, own.key_path)
    return secrecy


@pytest.fixture
def authority(tmp_path: Path) -> Paper:
    return paper(tmp_path, "authority")


@pytest.fixture
def server(tmp_path: Path, authority: Paper) -> Paper:
    return paper(tmp_path, "server", authority)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return trusting(tmp_path / "hq")


def test_a_courier_that_knows_the_authority_delivers(
    folder: Path, server: Paper, authority: Paper
) -> None:
    with served(folder, with_tls(server), courier(authority)) as hq:
        assert hq.sent(file(1, 2)).status == 200
        assert hq.read("/healthz").status == 200  # the pages stay plain, on loopback


def test_a_courier_that_speaks_no_tls_or_trusts_another_authority_gets_nowhere(
    folder: Path, tmp_path: Path, server: Paper
) -> None:
    other = paper(tmp_path, "other")
    with served(folder, with_tls(server)) as hq:
        with pytest.raises((OSError, http.client.HTTPException)):
            hq.sent(file(1, 2))
        astray = ssl.create_default_context(cafile=other.path)
        with hq.wire() as wire, pytest.raises(ssl.SSLCertVerificationError):
            astray.wrap_socket(wire, server_hostname="localhost")
        with hq.wire() as wire:
            old = ssl.create_default_context(cafile=other.path)
            assert old.minimum_version >= ssl.TLSVersion.TLSv1_2
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: hq\r\n\r\n")
            assert not wire.recv(100).startswith(b"HTTP/")


def test_with_an_authority_for_clients_only_its_couriers_are_let_in(
    folder: Path, tmp_path: Path, server: Paper, authority: Paper
) -> None:
    known, stranger = paper(tmp_path, "courier", authority), paper(tmp_path, "stranger")
    with served(folder, with_tls(server, authority.path), courier(authority, known)) as hq:
        assert hq.sent(file(1, 2)).status == 200
        for other in (courier(authority, stranger), courier(authority)):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                replace(hq, secrecy=other).sent(file(1, 3))


@pytest.mark.parametrize("given", [("c", None, None), (None, "k", None), (None, None, "a")])
def test_options_of_tls_that_go_together_are_asked_for_together(
    given: tuple[str | None, ...],
) -> None:
    paths = [Path(each) if each else None for each in given]
    with pytest.raises(ConfigError, match="neither goes without the other"):
        tls(*paths)


def test_beyond_loopback_it_wants_a_certificate_and_the_pages_never_leave(tmp_path: Path) -> None:
    for places, option in (
        (Places(couriers=("0.0.0.0", 0), people=("127.0.0.1", 0)), "--listen"),  # noqa: S104 - refused
        (Places(couriers=("127.0.0.1", 0), people=("0.0.0.0", 0)), "--pages"),  # noqa: S104 - refused
    ):
        with pytest.raises(ConfigError, match=option):
            asyncio.run(serve(tmp_path / "hq", places, now, ready=lambda _: None))
    assert not (tmp_path / "hq").exists()


def test_files_that_are_no_certificate_are_named_and_no_password_is_asked_for(
    tmp_path: Path, server: Paper, authority: Paper
) -> None:
    (tmp_path / "empty").touch()
    good = (server.path, server.key_path)
    for certificate, key, clients, named in (
        (tmp_path / "none", server.key_path, None, "none"),
        (server.path, tmp_path / "empty", None, "empty"),
        (server.path, authority.key_path, None, "authority.key"),
        (*good, tmp_path / "empty", "empty"),
        (*good, tmp_path / "none", "none: no such file"),
    ):
        with pytest.raises(ConfigError, match=named):
            Tls(certificate=certificate, key=key, clients=clients).context()
    write_key(server, PASSWORD)
    with pytest.raises(ConfigError, match=r"server\.key"):
        Tls(certificate=server.path, key=server.key_path).context()
