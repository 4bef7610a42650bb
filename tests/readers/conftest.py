"""Where the readers' tests have their pcscd: libpcsclite asks once a process for its socket."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.readers.drivers import pcsc
from tests.readers.devices import Ears
from tests.readers.pcscd import Pcscd
from tests.readers.tapping import Clock


@pytest.fixture(scope="session")
def pcsc_socket() -> Iterator[Path]:
    """The path at which this process looks for a pcscd, for as long as it lives."""
    if importlib.util.find_spec("smartcard") is None:
        pytest.skip("pyscard is not installed: tools/test builds it where gcc and libpcsclite are")
    with tempfile.TemporaryDirectory(prefix="pcsc") as folder:
        path = Path(folder) / "pcscd.comm"
        os.environ["PCSCLITE_CSOCK_NAME"] = str(path)
        yield path


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
