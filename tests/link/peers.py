"""The other end of a courier's line: a server that records, and peers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from loyaltyd.link.wire import ANSWER_MEDIA_TYPE

ACKED = b'{"type":"ack"}\n{"type":"signature"}\n'
REFUSED = b'{"type":"refusal"}\n{"type":"signature"}\n'
WAIT_S = 30.0

Behave = Callable[[socket.socket], None]  # what a peer does with a connection; then it hangs up


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in: its first line, its headers in lower case, its body."""

    line: str
    headers: dict[str, str]
    body: bytes


def response(status: int, data: bytes, kind: str = ANSWER_MEDIA_TYPE, more: str = "") -> bytes:
    """An HTTP response with that body."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
    return f"{head}{more}\r\n".encode() + data


def request(of: socket.socket) -> Request | None:
    """The next request on a connection; None when the other side has hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = of.recv(1)
        if not more:
            return None
        data += more
    line, *lines = data.decode().removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.lower(): text for name, _, text in (it.partition(": ") for it in lines)}
    body = b""
    while len(body) < int(headers.get("content-length", "0")):
        more = of.recv(1 << 16)
        if not more:
            return None
        body += more
    return Request(line, headers, body)


@dataclass(slots=True)
class Peer:
    """Listens on loopback and does with each connection what it is told; as a context manager."""

    behave: Behave
    tls: ssl.SSLContext | None = None
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    _listening: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for each in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        self._listening.close()

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            self._run(self._served, connection)

    def _served(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls is None:
                self.behave(connection)
                return
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                self._open.add(secured)
                self.behave(secured)


@dataclass(slots=True)
class Recorder:
    """Behaves as headquarters over kept connections: remembers each body, and answers it."""

    answer: Callable[[bytes], bytes] = lambda _: response(200, ACKED)
    requests: list[Request] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        while (asked := request(connection)) is not None:
            self.requests.append(asked)
            connection.sendall(self.answer(asked.body))

    @property
    def bodies(self) -> list[bytes]:
        return [it.body for it in self.requests]


@contextlib.contextmanager
def recording(answer: Callable[[bytes], bytes] | None = None) -> Iterator[tuple[Recorder, Peer]]:
    """Headquarters that records, on plain HTTP."""
    recorder = Recorder() if answer is None else Recorder(answer)
    with Peer(recorder) as peer:
        yield recorder, peer


def saying(data: bytes) -> Behave:
    """Take a request, send exactly this, hang up."""

    def behave(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(data)

    return behave
