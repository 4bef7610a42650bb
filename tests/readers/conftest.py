"""Where the readers' tests have their pcscd: libpcsclite asks once a process for its socket."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.readers.drivers import pcsc
from tests.readers.devices import Ears
from tests.readers.pcscd import Pcscd
from tests.readers.tapping import Clock


@pytest.fixture(scope="session")
def pcsc_folder() -> Iterator[Path]:
    """Where this process looks for a pcscd, for as long as it lives; a socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="pcsc") as folder:
        yield Path(folder)


@pytest.fixture
def pcsc_socket(pcsc_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path at which a test puts its pcscd."""
    if importlib.util.find_spec("smartcard") is None:
        pytest.skip("pyscard is not installed: tools/test builds it where gcc and libpcsclite are")
    path = pcsc_folder / "pcscd.comm"
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(path))
    return path


@pytest.fixture
def service(pcsc_socket: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pcscd]:
    """A pcscd that does what it is told, and readers that look ten times as often at it."""
    monkeypatch.setattr(pcsc, "WAIT_MS", pcsc.WAIT_MS // 10)
    with Pcscd(pcsc_socket) as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ears() -> Ears:
    return Ears()
