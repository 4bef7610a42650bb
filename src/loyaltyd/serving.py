"""HTTP as till and headquarters serve it: where they listen, what holds before there is a request.

Limits on connections and heads are here, those on bodies and answers with whoever knows them.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from loyaltyd.domain.errors import LoyaltyError

BACKLOG = 64  # connections that wait while the process starts.
GRACE_S = 5  # for answers under way when it is told to stop.
HEAD_BYTES_MAX = 16 * 1024  # request line and headers; a browser's have 2 KB.
HEAD_S = 10.0  # from a connection, or a head's first byte, to its last.
FIRST_HEAD_S = 0.2  # loopback: who has just connected has his request under way
KEEP_ALIVE_S = 75  # between requests: tills scan an item every few seconds

PROBLEM = (
    b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
    b"x-content-type-options: nosniff\r\nconnection: close\r\n\r\n%s"
)
MALFORMED = b'{"type":"about:blank","title":"This is not HTTP","status":400}'
TOO_LARGE = b'{"type":"about:blank","title":"The head of the request is too large","status":431}'
TOO_MANY = b'{"type":"about:blank","title":"Too many connections","status":503}'


class Connection(HttpToolsProtocol):
    """One connection, within the limits."""

    connections_max: ClassVar[int] = 32  # a till's programs, pages and streams, a few times over.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._pending_bytes = 0  # since the last whole head, piece of a body, or end of one

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take the connection, or turn it away when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            self._end(b"503 Service Unavailable", TOO_MANY)
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless a head, a trailer or a chunk's size outgrows the limit."""
        if self.transport.is_closing():
            return
        if self._in_head and self._head_timer is None:
            self._arm()
        # Counted before it is parsed: what ends a head or a body sets the count back.
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._end(b"431 Request Header Fields Too Large", TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what follows a chunked body is none, and would come after the guard."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the body take its own time, which the guard watches."""
        self._disarm()
        self._in_head, self._pending_bytes = False, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Let a piece of a body through."""
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect another head."""
        super().on_message_complete()
        self._in_head, self._pending_bytes = True, 0

    def on_response_complete(self) -> None:
        """Await no more of a body than was asked for: a GET's might never end."""
        super().on_response_complete()
        if not self._in_head and self.cycle.response_complete:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """Answer what isn't HTTP."""
        self._end(b"400 Bad Request", MALFORMED)

    def shutdown(self) -> None:
        """End when the daemon stops, after the answer; who has just connected may still ask."""
        asked = self.cycle is not None
        self.loop.call_later(0 if asked else FIRST_HEAD_S, super().shutdown)

    def _end(self, status: bytes, body: bytes) -> None:
        self._disarm()
        self.transport.write(PROBLEM % (status, len(body), body))
        self.transport.close()

    def _arm(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _disarm(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class Server(uvicorn.Server):
    """uvicorn, which leaves the signals to us and says when it is there."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def server_config(
    app: ASGIApp, connection: type[Connection] = Connection, keep_alive_s: int = KEEP_ALIVE_S
) -> uvicorn.Config:
    """Return how uvicorn serves app."""
    return uvicorn.Config(
        app,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # a path may hold a card's number
        server_header=False,
        proxy_headers=False,  # who calls is the one at the other end, whatever a header says
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )


def tcp_socket(host: str, port: int, named: str) -> socket.socket:
    """Listen there; LoyaltyError, with the name of the setting that says where, if it can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without its protocol named asyncio leaves Nagle's delay on, and each answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        said = (error.strerror or "can't listen").lower()
        raise LoyaltyError(
            f"{host}:{port}: {said} ({named}; `ss -ltnp` shows whose it is)"
        ) from error
    return listening
