"""What a quote over HTTP costs at the least: httptools on a bare protocol, one parse, one answer.

    python -m tools.bench.bare_server PORT

POST /sum adds the lines up; POST /quote lets the engine decide on the same receipt.
"""

from __future__ import annotations

import asyncio
import json
import sys

import httptools

from loyaltyd.till.program_file import program_of
from tools.bench.quoting import basket_of, decision, least_sum
from tools.bench.workload import program

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
PROGRAM = program_of(program(50), "50 rules")
SUM, QUOTE = least_sum(basket_of(PROGRAM)), decision(PROGRAM)


class Bare(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._url = self._body = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """httptools: the path."""
        self._url, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        """httptools: a part of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        request = json.loads(self._body)
        payable = QUOTE().result.payable if self._url == b"/quote" else SUM()
        answer = json.dumps({"receipt": request["receipt"], "payable": payable}).encode()
        self._transport.write(HEAD % (len(answer), answer))


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
