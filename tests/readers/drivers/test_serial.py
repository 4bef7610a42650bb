import errno
import fcntl
import os
import socket
import struct
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
import serial.rfc2217

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers import DRIVERS
from loyaltyd.readers.drivers.serial import KEEPALIVE, PTY_MAJORS, SerialDriver, SerialPort
from tests.readers.devices import Scanner

SERIAL = sys.modules[SerialDriver.__module__]
TIOCGEXCL = 0x80045440  # asm-generic/ioctls.h; no module has it
CARD = b"2990000000019\r"


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    scanner = Scanner(tmp_path / "usb-Scanner_1")
    scanner.plug()
    yield scanner
    scanner.unplug()


@pytest.fixture
def bridge() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class TerminalServer:
    """Agrees to all that an rfc2217 client wants of its one line."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._peer = socket.socket()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def write(self, data: bytes) -> None:
        self._peer.sendall(data)

    def hang_up(self) -> None:
        self._peer.shutdown(socket.SHUT_RDWR)
        self.thread.join(20)

    def _serve(self) -> None:
        self._peer.close()
        self._peer, _ = self._listening.accept()
        manager_of: Any = serial.rfc2217.PortManager  # its stubs ask for more than it uses
        with self._peer, serial.serial_for_url("loop://", timeout=0) as line:
            manager = manager_of(line, self)
            while data := self._peer.recv(1024):
                list(manager.filter(data))


def all_of(port: SerialPort, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += port.read()
    return data


def test_bytes_come_as_sent_through_a_pseudo_terminal(scanner: Scanner) -> None:
    port = DRIVERS["serial"](str(scanner.path), 115200).open()
    assert port.read() == b""
    every_byte = bytes(range(256))
    scanner.send(every_byte)
    assert isinstance(port, SerialPort)
    assert all_of(port, 256) == every_byte
    port.close()
    port.close()


def test_what_waited_in_a_closed_port_is_dropped_by_opening_it(scanner: Scanner) -> None:
    scanner.send(b"stale\r")
    port = SerialDriver(str(scanner.path)).open()
    scanner.send(CARD)
    assert all_of(port, len(CARD)) == CARD
    port.close()


def test_a_taken_port_names_who_holds_it(scanner: Scanner) -> None:
    port = SerialDriver(str(scanner.path)).open()
    with pytest.raises(ReaderError, match=rf"taken by .+ \(pid {os.getpid()}\)"):
        SerialDriver(str(scanner.path)).open()
    port.close()
    SerialDriver(str(scanner.path)).open().close()


@pytest.mark.parametrize(("majors", "flag"), [(PTY_MAJORS, 0), (range(0), 1)])
def test_a_tty_is_exclusive_but_not_a_pseudo_terminal_that_would_stay_so_after_a_crash(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, majors: range, flag: int
) -> None:
    monkeypatch.setattr(SERIAL, "PTY_MAJORS", majors)
    port = SerialDriver(str(scanner.path)).open()
    state = fcntl.ioctl(port._line.fileno(), TIOCGEXCL, bytes(4))
    assert int.from_bytes(state, sys.byteorder) == flag
    port.close()


@pytest.mark.parametrize("before", ["read", "between"])
def test_unplugging_is_noticed(scanner: Scanner, before: str) -> None:
    port = SerialDriver(str(scanner.path)).open()
    if before == "read":
        waiting = threading.Event()
        errors: list[ReaderError] = []

        def read() -> None:
            waiting.set()
            try:
                while True:
                    port.read()
            except ReaderError as error:
                errors.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        assert waiting.wait(20)
        scanner.unplug()
        reader.join(20)
        assert len(errors) == 1
    else:
        scanner.unplug()
        with pytest.raises(ReaderError, match=str(scanner.path)):
            port.read()
    port.close()


@pytest.mark.parametrize("call", ["in_waiting", "read"])
def test_unplugging_inside_a_read_is_noticed(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    port = SerialDriver(str(scanner.path)).open()
    scanner.send(CARD)
    real: Any = getattr(serial.Serial, call)

    def unplugged(self: serial.Serial, size: int = 1) -> Any:
        if call == "read" and size == 1:
            return real(self, size)  # the first byte still comes, the rest is lost
        scanner.unplug()
        return real.fget(self) if call == "in_waiting" else real(self, size)

    with monkeypatch.context() as line:
        line.setattr(serial.Serial, call, property(unplugged) if call != "read" else unplugged)
        with pytest.raises(ReaderError, match=str(scanner.path)):
            port.read()
    port.close()


def test_unplugging_while_it_is_opened_is_noticed(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush: Any = vars(serial.Serial)["_reset_input_buffer"]

    def unplugged(self: serial.Serial) -> None:
        scanner.unplug()
        flush(self)

    monkeypatch.setattr(serial.Serial, "_reset_input_buffer", unplugged)
    with pytest.raises(ReaderError, match="unplugged"):
        SerialDriver(str(scanner.path)).open()


FAILURES = [
    serial.SerialException("device reports readiness to read but returned no data"),
    serial.SerialException("write failed: [Errno 5] Input/output error"),
    serial.SerialException("socket disconnected"),
    serial.SerialException("connection failed (reader thread died)"),
    serial.PortNotOpenError(),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ENODEV, "No such device"),
    OSError(errno.ENOTTY, "Inappropriate ioctl for device"),
    termios.error(errno.EIO, "Input/output error"),
    ValueError("remote rejected value for option 'baudrate'"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("call", ["read", "in_waiting"])
def test_each_way_a_line_was_seen_to_fail_is_a_reader_error(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, failure: Exception, call: str
) -> None:
    port = SerialDriver(str(scanner.path)).open()
    scanner.send(CARD)

    def fail(_self: object, _size: int = 1) -> Any:
        raise failure

    with monkeypatch.context() as line:
        line.setattr(serial.Serial, call, fail if call == "read" else property(fail))
        with pytest.raises(ReaderError, match=str(scanner.path)) as caught:
            port.read()
    assert "2990" not in repr(caught.value)
    port.close()


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_each_way_an_opening_was_seen_to_fail_is_a_reader_error(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(_self: object) -> None:
        raise failure

    monkeypatch.setattr(serial.Serial, "_reset_input_buffer", fail)
    with pytest.raises(ReaderError):
        SerialDriver(str(scanner.path)).open()


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("/dev/serial/by-id/nothing", "no such device: is it plugged in"),
        ("/dev/null", "not a serial line|Inappropriate ioctl"),
        ("spy:///dev/null", "a serial line is a path"),
        ("loop://", "a serial line is a path"),
        ("socket://127.0.0.1:1?logging=debug", "options are refused"),
        ("socket://127.0.0.1:1", "nothing answers"),
        ("socket://nowhere", "socket://"),
        ("rfc2217://127.0.0.1:1", "nothing answers"),
        ("rfc2217://", "rfc2217://"),
        ("", "no such device"),
        ("a\x00b", "null byte"),
    ],
)
def test_a_device_that_can_not_be_opened_says_what_to_do(device: str, text: str) -> None:
    with pytest.raises(ReaderError, match=text):
        SerialDriver(device).open()


def test_no_permission_names_the_group(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root passes any mode
    with pytest.raises(ReaderError, match="group dialout"):
        SerialDriver(str(scanner.path)).open()


def test_a_socket_is_read_kept_alive_and_its_end_noticed(bridge: socket.socket) -> None:
    port = SerialDriver(f"socket://127.0.0.1:{bridge.getsockname()[1]}").open()
    peer, _ = bridge.accept()
    assert port._socket is not None
    assert all(port._socket.getsockopt(level, name) == value for level, name, value in KEEPALIVE)
    peer.sendall(CARD)
    assert all_of(port, len(CARD)) == CARD
    assert port.read() == b""
    peer.close()
    with pytest.raises(ReaderError, match="disconnected"):
        port.read()
    port.close()
    assert port._socket.fileno() == -1


def test_a_socket_that_was_reset_is_closed_too(bridge: socket.socket) -> None:
    port = SerialDriver(f"socket://127.0.0.1:{bridge.getsockname()[1]}").open()
    peer, _ = bridge.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()  # with nothing to linger for, this resets the connection
    with pytest.raises(ReaderError, match="reset"):
        all_of(port, 1)
    port.close()
    assert port._socket is not None
    assert port._socket.fileno() == -1


# pyserial 3.5 still calls Thread.setDaemon and setName.
@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
def test_a_terminal_server_is_read_and_its_end_noticed(bridge: socket.socket) -> None:
    server = TerminalServer(bridge)
    port = SerialDriver(f"rfc2217://127.0.0.1:{bridge.getsockname()[1]}", 19200).open()
    server.write(CARD)
    assert all_of(port, len(CARD)) == CARD
    assert port.read() == b""
    server.hang_up()
    with pytest.raises(ReaderError, match="reader thread died"):
        all_of(port, 1)
    port.close()
