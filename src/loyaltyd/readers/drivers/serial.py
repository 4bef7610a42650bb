"""A serial line: a tty, a pseudo-terminal, socket://host:port or rfc2217://host:port."""

import errno
import fcntl
import os
import socket
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import serial

from loyaltyd.domain.errors import ReaderError

BAUD = 9600  # what most scanners leave the factory with; USB ones ignore it
READ_WAIT_S = 0.5  # the contract of a port; read(1) returns with the first byte all the same
READ_BYTES_MAX = 4096  # one tty buffer of the kernel
SCHEMES = ("socket://", "rfc2217://")  # pyserial's others log each byte (spy://), or are no line
PTY_MAJORS = range(136, 144)  # Linux devices.txt: Unix98 pseudo-terminals

# All that pyserial, its URL handlers and termios were seen to raise when a device is missing,
# taken, unplugged or not what it should be. Its SerialException is an OSError, termios.error not.
FAILURES = (OSError, termios.error, ValueError)
CAUSES = {
    errno.ENOENT: "no such device: is it plugged in?",
    errno.ENXIO: "unplugged",
    errno.ENODEV: "unplugged",
    errno.EIO: "unplugged",
    errno.ECONNREFUSED: "nothing answers at this address",
    errno.ENOTTY: "not a serial line",
    errno.EACCES: "no permission: the daemon's user needs the group dialout, or the udev rule",
    errno.EPERM: "no permission: the daemon's user needs the group dialout, or the udev rule",
    errno.EBUSY: "taken",
    errno.EAGAIN: "taken",  # what the lock of another exclusive reader answers
}
TAKEN = {errno.EBUSY, errno.EAGAIN}

# A half-open link, as behind a Wi-Fi bridge, is noticed after 10 + 3 * 5 s of silence.
KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


class SerialPort:
    """An open line; what it raises is ReaderError."""

    def __init__(self, device: str, line: serial.Serial) -> None:
        self._device = device
        self._line = line
        # pyserial forgets the socket unclosed when the other end has gone first.
        self._socket: socket.socket | None = getattr(line, "_socket", None)

    def read(self) -> bytes:
        """Return the bytes that came within 0.5 s, as soon as there are any."""
        with _failures(self._device):
            first = self._line.read(1)
            waiting = min(self._line.in_waiting, READ_BYTES_MAX) if first else 0
            return first + self._line.read(waiting) if waiting else first

    def claim(self) -> None:
        """Keep others off the device, or watch over the network link."""
        with _failures(self._device):
            if self._socket is not None:
                for level, option, value in KEEPALIVE:
                    self._socket.setsockopt(level, option, value)
            elif os.major(os.fstat(self._line.fileno()).st_rdev) not in PTY_MAJORS:
                # pyserial's lock is advisory; this stops a plain open too. A pseudo-terminal keeps
                # the flag while its other end lives, and would lock us out after a crash.
                fcntl.ioctl(self._line.fileno(), termios.TIOCEXCL)

    def close(self) -> None:
        """Close the line, whatever state it is in."""
        with suppress(*FAILURES):
            self._line.close()
        if self._socket is not None:
            self._socket.close()


@dataclass(frozen=True, slots=True)
class SerialDriver:
    """Opens device, a path (best under /dev/serial/by-id) or a URL, at 8N1."""

    device: str
    baud: int = BAUD

    def open(self) -> SerialPort:
        """Open the device for ourselves alone; pyserial drops what waited in it."""
        if "://" in self.device and not self.device.startswith(SCHEMES):
            raise ReaderError(f"{self.device}: a serial line is a path, {' or '.join(SCHEMES)}")
        if "?" in self.device:
            raise ReaderError(
                f"{self.device}: options are refused, as logging would show the cards"
            )
        with _failures(self.device):
            line = serial.serial_for_url(
                self.device, baudrate=self.baud, timeout=READ_WAIT_S, exclusive=True
            )
        port = SerialPort(self.device, line)
        try:
            port.claim()
        except ReaderError:
            port.close()
            raise
        return port


@contextmanager
def _failures(device: str) -> Iterator[None]:
    """Turn what pyserial raises into ReaderError; the text says what to do, and holds no bytes."""
    try:
        yield
    except FAILURES as error:
        raise ReaderError(f"{device}: {_cause(device, error)}") from error


def _cause(device: str, error: Exception) -> str:
    number = next((arg for arg in error.args if isinstance(arg, int)), None)
    if number is None and isinstance(error.__context__, OSError):
        number = error.__context__.errno  # pyserial wraps EIO in a text of its own
    if number not in CAUSES:
        return str(error)
    return f"{CAUSES[number]}{_holders(device) if number in TAKEN else ''}"


def _holders(device: str) -> str:
    """Name the processes that have device open, as far as /proc lets us look."""
    path = os.path.realpath(device)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or belongs to another user
            links = [entry for entry in (process / "fd").iterdir() if _points_to(entry, path)]
            if links:
                found.append(f"{(process / 'comm').read_text().strip()} (pid {process.name})")
    return f" by {', '.join(found)}" if found else " by a process of another user"


def _points_to(entry: Path, path: str) -> bool:
    with suppress(OSError):
        return str(entry.readlink()) == path
    return False
