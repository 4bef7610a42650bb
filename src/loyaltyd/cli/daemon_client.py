"""The running daemon, asked over its own HTTP API."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import click
import urllib3

from loyaltyd.cli import exits
from loyaltyd.cli.settings import TOKEN_VARIABLE
from loyaltyd.config import Settings

CONNECT_S = 2.0  # loopback: a daemon that isn't there refuses at once
ANSWER_S = 30.0  # a receipt behind a slow disk
OPENED = "opened"  # the kind of what a stream says first: where it begins
EVENT_BYTES_MAX = 64 * 1024  # of one event; theirs have a few hundred


class DaemonAway(click.ClickException):
    """Nothing answers at the address, or it isn't loyaltyd."""

    exit_code = exits.NOT_RUNNING


class Refused(click.ClickException):
    """The daemon said no; the text is its sentence, with the reason that programs know it by."""

    exit_code = exits.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One of the stream: its id, its kind, and what it says."""

    id: str
    kind: str
    facts: Mapping[str, Any] = field(repr=False)


class Daemon:
    """Calls to the daemon of these settings; DaemonAway and Refused when they give no answer."""

    def __init__(self, settings: Settings) -> None:
        listen = settings.api.listen
        self._address = str(listen)
        self._calls = urllib3.HTTPConnectionPool(
            listen.host,
            listen.port,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
            retries=False,
            headers=_authorization(),
        )

    def ask(self, path: str) -> dict[str, Any]:
        """Return what GET path answers."""
        return self._answer("GET", path, None)

    def tell(self, path: str, body: Mapping[str, Any] | bytes) -> dict[str, Any]:
        """Return what POST path answers to body; bytes go as they are."""
        return self._answer(
            "POST", path, body if isinstance(body, bytes) else json.dumps(body).encode()
        )

    def events(self, last: str = "") -> Iterator[Event]:
        """Yield OPENED, then what happens, from the event last on, until the daemon ends."""
        headers = {**_authorization(), "accept": "text/event-stream"}
        if last:
            headers["last-event-id"] = last
        response = self._sent("GET", "/v1/events", None, headers)
        if response.status != 200:
            raise _refused(_json(response.data, self._address))
        try:
            yield from _events(response)
        except urllib3.exceptions.HTTPError as error:
            raise DaemonAway(f"{self._address}: the daemon went away") from error
        finally:
            response.close()

    def _answer(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {**_authorization(), "content-type": "application/json"}
        response = self._sent(method, path, body, headers)
        answer = _json(response.data, self._address)
        if response.status >= 400 and "reason" in answer:
            raise _refused(answer)
        return answer

    def _sent(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._calls.request(
                method, path, body=body, headers=headers, preload_content=body is not None
            )
        except urllib3.exceptions.HTTPError as error:
            # Without the library's words: they repeat the path, which may hold a card's number.
            raise DaemonAway(
                f"{self._address}: no loyaltyd answers here: is it running?"
            ) from error


def card_path(number: str) -> str:
    """Return the path of a card, given by its number or by a read's handle."""
    return f"/v1/cards/{quote(number, safe='')}"


def _authorization() -> dict[str, str]:
    token = os.environ.get(TOKEN_VARIABLE, "")
    return {"authorization": f"Bearer {token}"} if token else {}


def _json(data: bytes, address: str) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise DaemonAway(f"{address}: what answers here is not loyaltyd")
    return answer


def _refused(problem: Mapping[str, Any]) -> Refused:
    faults = [f"{it['path']} {it['allowed']}" for it in problem.get("errors", ())]
    detail = "; ".join([str(problem.get("detail", "refused")), *faults])
    return Refused(f"{detail} ({problem.get('reason', 'no reason')})")


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[Event]:
    """Cut a stream of Server-Sent Events at its empty lines; comments keep it alive."""
    pending = b""
    while chunk := response.read1():
        *blocks, pending = (pending + chunk).split(b"\n\n")
        if len(pending) > EVENT_BYTES_MAX:
            raise DaemonAway("the daemon sent an event without an end")
        for block in blocks:
            members = dict(
                line.split(": ", 1) for line in block.decode().splitlines() if ": " in line
            )
            if "id" in members:
                facts = json.loads(members.get("data", "{}"))
                yield Event(id=members["id"], kind=members.get("event", OPENED), facts=facts)
