"""Limits that hold before there is a request: how many connections, how large and slow a head."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTIONS_MAX = 32  # a till's programs, its pages and their event streams, a few times over.
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
    """One connection to the till, within the limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._pending_bytes = 0  # since the last whole head, piece of a body, or end of one

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
