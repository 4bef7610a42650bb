"""Limits that hold before there is a request: how many connections, how large and slow a head."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTIONS_MAX = 32  # a till's programs, its pages and their event streams, a few times over.
HEAD_BYTES_MAX = 16 * 1024  # request line and headers; a browser's have 2 KB.
HEAD_S = 10.0  # from a connection, or a head's first byte, to its last.
KEEP_ALIVE_S = 75  # between requests: tills scan an item every few seconds

PROBLEM = (
    b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
    b"x-content-type-options: nosniff\r\nconnection: close\r\n\r\n%s"
)
MALFORMED = b'{"type":"about:blank","title":"This is not HTTP","status":400}'
TOO_LARGE = b'{"type":"about:blank","title":"The head of the request is too large","status":431}'
TOO_MANY = b'{"type":"about:blank","title":"Too many connections","status":503}'


class Connection(HttpToolsProtocol):
    """One connection to the till, within the limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head, self._heads = True, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take the connection, or turn it away when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MAX:
            self._end(b"503 Service Unavailable", TOO_MANY)
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless its head outgrows the limit."""
        if self.transport.is_closing():
            return
        if self._in_head and self._head_timer is None:
            self._arm()
        before = (self._in_head, self._heads)
        super().data_received(data)
        # Data that ends a head or a body isn't counted: one read of a socket is bounded anyway.
        growing = self._in_head and before == (True, self._heads)
        self._head_bytes = self._head_bytes + len(data) if growing else 0
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._end(b"431 Request Header Fields Too Large", TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Let the body take its own time, which the guard watches."""
        self._disarm()
        self._in_head, self._heads = False, self._heads + 1
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect another head."""
        super().on_message_complete()
        self._in_head = True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """Answer what isn't HTTP."""
        self._end(b"400 Bad Request", MALFORMED)

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
