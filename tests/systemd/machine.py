"""A machine of its own for a test: a real systemd, booted over the root of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BOOT = Path(__file__).parent / "boot"
WAIT_S = 60.0  # how long a fact may take on a loaded machine before it is no fact
NEEDED = (
    *("unshare", "nsenter", "setpriv", "ip", "curl", "udevadm", "pkcheck", "dbus-daemon"),
    *("/lib/systemd/systemd", "/usr/bin/python3"),
    *("pcscd", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
)
NAMESPACES = ("--pid", "--mount", "--uts", "--ipc", "--cgroup", "--net")
# In a cgroup of its own, and gone with whoever started it.
START = (
    'echo $$ > "$1/cgroup.procs"; exec setpriv --pdeathsig KILL unshare "${@:4}" '
    '--fork --kill-child --propagation private "$0" "$2" "$3"'
)
POWER_OFF = 38  # SIGRTMIN+4, systemd(1)


def obstacle() -> str:
    """Why no machine can be booted here; empty: one can."""
    if os.geteuid() != 0:
        return "booting a systemd needs root"
    if not os.access(_cgroup2() or "/none", os.W_OK):
        return "booting a systemd needs a cgroup2 mount that can be written"
    missing = [name for name in NEEDED if shutil.which(name) is None and not Path(name).exists()]
    if missing:
        return f"booting a systemd needs {', '.join(missing)}"
    trial = ["unshare", *NAMESPACES, "--fork", "mount", "-t", "tmpfs", "trial", "/mnt"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f"booting a systemd needs namespaces: {tried.stderr}" if tried.returncode else ""


@dataclass(frozen=True, slots=True)
class Machine:
    """Runs commands as the root of a booted machine; pid is its systemd's, seen from here."""

    pid: int

    def begun(self, *command: str) -> subprocess.Popen[str]:
        """Start command in the machine, its ends in our hands."""
        return subprocess.Popen(
            ["nsenter", f"--target={self.pid}", "--all", "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        )

    def run(self, *command: str, text: str = "", code: int | None = 0) -> str:
        """What command says when text is its input; code is how it must end, None: anyhow."""
        with self.begun(*command) as running:
            said, complained = running.communicate(text, timeout=WAIT_S)
        assert code in (None, running.returncode), f"{command}\n{said}\n{complained}"
        return said

    def write(self, path: str, text: str) -> None:
        """Make a file, and its folder."""
        self.run("install", "-D", "-m", "644", "/dev/stdin", path, text=text)

    def shows(self, unit: str, fact: str) -> str:
        """One of a unit's properties."""
        return self.run("systemctl", "show", f"--property={fact}", "--value", unit).strip()

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for a fact; AssertionError with the journal when it doesn't come."""
        deadline = time.monotonic() + WAIT_S
        while not what():
            assert time.monotonic() < deadline, self.run("journalctl", "--no-pager", "-n", "99")
            time.sleep(0.05)


@contextmanager
def booted(mount_point: Path, brought: Path) -> Iterator[Machine]:
    """Boot a machine, with the folder brought at /srv; no network, and no trace after it."""
    folders = (str(mount_point), str(brought))
    with _cgroup() as cgroup, _ended(["bash", "-c", START, str(BOOT), cgroup, *folders]) as unshare:
        machine = _machine(unshare)
        yield machine
        with suppress(ProcessLookupError):
            os.kill(machine.pid, POWER_OFF)
        unshare.wait(WAIT_S)


@contextmanager
def _cgroup() -> Iterator[str]:
    """A group of processes of our own, removed with those that a systemd made in it."""
    cgroup = Path(_cgroup2()) / f"loyaltyd-test-{os.getpid()}"
    cgroup.mkdir()
    try:
        yield str(cgroup)
    finally:
        _emptied(cgroup)


@contextmanager
def _ended(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command that makes the namespaces, and kill it if nothing else has ended it."""
    with subprocess.Popen([*command, *NAMESPACES]) as unshare:
        try:
            yield unshare
        finally:
            unshare.kill()


def _cgroup2() -> str:
    asked = ("findmnt", "--noheadings", "--output=TARGET", "--types=cgroup2", "--first-only")
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _machine(unshare: subprocess.Popen[bytes]) -> Machine:
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        assert unshare.poll() is None, "the machine ended while it booted"
        pids = children.read_text().split()
        if pids and Path(f"/proc/{pids[0]}/comm").read_text() == "systemd\n":
            machine = Machine(int(pids[0]))
            state = machine.run("systemctl", "is-system-running", code=None).strip()
            if state in {"running", "degraded"}:
                return machine
        time.sleep(0.05)
    raise AssertionError("the machine did not boot")


def _emptied(cgroup: Path) -> None:
    """Remove cgroup and those that its systemd made, once the last process has left them."""
    deadline = time.monotonic() + WAIT_S
    while cgroup.exists() and time.monotonic() < deadline:
        for folder, _, _ in os.walk(cgroup, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
        time.sleep(0.05)
