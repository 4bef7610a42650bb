"""A real till for tests: the daemon in a thread on a real ledger, called over real sockets."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loyaltyd.api.door import Door
from loyaltyd.api.tokens import token_hash
from loyaltyd.config import load
from loyaltyd.daemon import Running, serve

PROGRAM = Path(__file__).parents[2] / "config" / "demo-program.toml"
CARD = "2990000000019"
WAIT_S = 30.0  # a hang's way out, no verdict on speed
TOKENS = {
    "pos": "events,quote,commit",
    "eyes": "events",
    "asker": "quote",
    "boss": "events,quote,commit,manager",
    "night": "export",
}
JSON = {"content-type": "application/json"}
TILL = """
[till]
chain = "zelenka"
store = "msk-017"
till = "3"
group = "main-hall"
timezone = "Europe/Moscow"
language = "en"
[ledger]
path = "ledger.db"
[program]
path = "program.toml"
[api]
listen = "127.0.0.1:0"
socket = "till.sock"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        return str(self.json["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTill:
    """A till that answers."""

    port: int
    folder: Path
    door: Door
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request; body is JSON, or bytes as they are."""
        return call(self.port, method, path, body, {**self.headers, **(headers or {})})

    def post(self, path: str, body: object) -> Answer:
        return self.call("POST", path, body, JSON)

    def read(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.call("GET", path, headers=headers)

    def call_socket(self, path: str, host: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a GET over the Unix socket."""
        connection = _UnixConnection(self.folder / "till.sock")
        return _called(connection, "GET", path, None, {"host": host, **(headers or {})})

    @contextmanager
    def wire(self) -> Iterator[socket.socket]:
        """Open a bare connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as wire:
            yield wire

    @contextmanager
    def stream(self, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
        """Open the event stream; yields events as dictionaries, its first is the resume point."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", "/v1/events", headers={**self.headers, **sent})
            response = connection.getresponse()
            assert response.status == 200, response.read()
            yield _events(response)
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=WAIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(str(self._path))


def call(
    port: int, method: str, path: str, body: object = None, headers: Mapping[str, str] = JSON
) -> Answer:
    """Send one request to a till at port; body is JSON, or bytes as they are."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    return _called(connection, method, path, _bytes(body), headers)


def made(folder: Path, readers: str = "", **settings: str) -> Path:
    """Write a till's settings and program into folder; settings are lines of [api]."""
    text = re.sub(r"(?m)^starts = \S+", "starts = 2020-01-01", PROGRAM.read_text())
    (folder / "program.toml").write_text(text)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    path = folder / "loyaltyd.toml"
    path.write_text(TILL + "\n".join(lines) + "\n" + readers)
    return path


def made_guarded(folder: Path) -> Path:
    """Write settings of a till whose callers need tokens: each name is its own token."""
    tokens = folder / "tokens"
    lines = [f"{name} {scopes} {token_hash(name)}\n" for name, scopes in TOKENS.items()]
    tokens.write_text("".join(lines))
    tokens.chmod(0o600)
    return made(folder, tokens='"tokens"', rate="100000")


@contextmanager
def live(path: Path, **headers: str) -> Iterator[LiveTill]:
    """Run the daemon of these settings; headers go with every call."""
    settings = load(path, environment={}, overrides={})
    started, running, failed = threading.Event(), list[Running](), list[BaseException]()
    loops: list[asyncio.AbstractEventLoop] = []

    def ready(it: Running) -> None:
        running.append(it)
        loops.append(asyncio.get_running_loop())
        started.set()

    def work() -> None:
        try:
            asyncio.run(serve(settings, ready=ready))
        except BaseException as error:  # noqa: BLE001  # told to the test's own thread
            failed.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, name="daemon")
    thread.start()
    assert started.wait(WAIT_S)
    if failed:
        raise failed[0]
    try:
        yield LiveTill(
            port=running[0].address[1], folder=path.parent, door=running[0].door, headers=headers
        )
    finally:
        loops[0].call_soon_threadsafe(running[0].stop)
        thread.join(WAIT_S)
        assert not thread.is_alive(), "the daemon did not stop"
        assert not failed, failed


def basket(receipt: str, **members: object) -> dict[str, Any]:
    """Return a body: two bottles of milk on the card."""
    line = {"line": 1, "sku": "4600682000013", "category": "dairy/milk", "quantity": "2"}
    return {"receipt": receipt, "card": CARD, "lines": [{**line, "price": "89.90"}], **members}


def _bytes(body: object) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def _called(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())
    finally:
        connection.close()


def _events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for raw in response:
        line = raw.decode().rstrip("\n")
        if not line:
            if event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = json.loads(value) if name == "data" else value
