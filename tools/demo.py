"""A demo in a folder of its own: seeded ledger, scanner on a pseudo-terminal, daemon, and HQ."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"^\[link\]\n(?:.+\n)+\n", re.MULTILINE)  # the table as config/demo.toml has it
START_S = 20  # a shared machine; the daemon itself needs a fraction of one
CHROMIUM = Path("/usr/bin/chromium")  # Debian's
CHROMIUM_FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)


class DemoTill:
    """config/demo.toml in a folder, on a free port. A context manager: leaves nothing running.

    Without couriers, the address at which headquarters takes batches, it has no link.
    """

    def __init__(
        self, folder: Path, *, language: str = "en", api: str = "", couriers: str = ""
    ) -> None:
        self._made = folder / ".demo"
        self._made.mkdir(parents=True)
        self._config = folder / "config" / "demo.toml"
        self._config.parent.mkdir()
        self._place = free_address()
        self.address = f"http://{self._place}"
        text = (ROOT / "config" / "demo.toml").read_text("utf-8")
        text = text if couriers else LINK.sub("", text)
        text = text.replace("127.0.0.1:8765", self._place).replace("127.0.0.1:8443", couriers)
        text = text.replace('language = "en"', f'language = "{language}"')
        # The window for repeats would swallow a test that presents the same card as the one before.
        text = text.replace("[api]\n", f"[api]\n{api}\n") + '\nrepeat_window = "0s"\n'
        self._config.write_text(text, "utf-8")
        program = self._config.with_name("demo-program.toml")
        for path in (program, program.with_suffix(".cases.toml")):
            path.write_bytes((ROOT / "config" / path.name).read_bytes())
        self._daemon: subprocess.Popen[bytes] | None = None
        self._scanner: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        subprocess.run([sys.executable, ROOT / "tools/seed.py", self._config], check=True)
        self._scanner = subprocess.Popen([sys.executable, ROOT / "tools/scanner.py", self._made])
        _wait_until((self._made / "scanner.pid").exists, "the scanner")
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()
        if self._scanner:
            self._scanner.terminate()
            self._scanner.wait()

    def start(self) -> None:
        """Start the daemon; return when it answers."""
        self._daemon = _loyaltyd(self._made, "serve", "--config", self._config)
        _wait_until(self._answers, "the daemon")

    def stop(self) -> None:
        """Stop the daemon as systemd does."""
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait()
            self._daemon = None

    def scan(self, text: str) -> None:
        """Present what the scanner reads as text."""
        (self._made / "scan").write_bytes(text.encode() + b"\r")

    def unplug(self) -> None:
        """Pull the scanner's cable."""
        self._signal(signal.SIGUSR1)

    def plug_in(self) -> None:
        """Put the scanner's cable back."""
        self._signal(signal.SIGUSR2)

    def _signal(self, number: signal.Signals) -> None:
        assert self._scanner, "not started"
        self._scanner.send_signal(number)

    def _answers(self) -> bool:
        assert self._daemon, "not started"
        assert self._daemon.poll() is None, (self._made / "log").read_text()
        return answers(self._place)


class DemoHeadquarters:
    """Headquarters of a demo till in folder, and the courier between. A context manager."""

    def __init__(self, folder: Path, couriers: str) -> None:
        self._made, self._config = folder / ".demo", folder / "config" / "demo.toml"
        self.couriers, self._people = couriers, free_address()
        self.address = f"http://{self._people}"
        self._hq: subprocess.Popen[bytes] | None = None
        self._courier: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        self._courier = _loyaltyd(self._made, "courier", "--config", self._config)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._courier:
            self._courier.terminate()
            self._courier.wait()
        self.stop()

    def start(self) -> None:
        """Start headquarters; return when it answers."""
        places = ("--listen", self.couriers, "--pages", self._people)
        folder = self._made / "hq"
        self._hq = _loyaltyd(self._made, "hq", "serve", "--folder", folder, *places)
        (self._made / "hq.pid").write_text(f"{self._hq.pid}\n")
        _wait_until(lambda: answers(self._people), "headquarters")

    def stop(self) -> None:
        """Stop headquarters as systemd does, unless somebody else has."""
        if self._hq:
            self._hq.terminate()
            self._hq.wait()
            self._hq = None


def free_address() -> str:
    """An address on loopback at which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def answers(place: str) -> bool:
    """Whether a till or headquarters serves there."""
    asked = http.client.HTTPConnection(place, timeout=START_S)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        asked.close()


def _loyaltyd(made: Path, *words: str | Path) -> subprocess.Popen[bytes]:
    with (made / "log").open("ab") as log:
        command = [sys.executable, "-m", "loyaltyd", *words]
        return subprocess.Popen(command, stderr=log, stdout=log)


def _wait_until(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        assert time.monotonic() < deadline, f"{what} is not there after {START_S} s"
        time.sleep(0.02)
