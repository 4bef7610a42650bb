"""The running daemon, asked over its own HTTP API."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
PROBLEM_BYTES_MAX = 64 * 1024
EVENT_BYTES_MAX = 64 * 1024  # of one event; theirs have a few hundred
TOKEN = re.compile(r"[!-~]+")  # what a header may carry


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

    def status(self) -> dict[str, Any]:
        """Return the daemon's StatusAnswer."""
        status = self.ask("/v1/status")
        if "schema" not in status:
            raise self._stranger()
        return status

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
        with self._reached():
            response = self._calls.request(
                "GET", "/v1/events", headers=headers, preload_content=False
            )
        try:
            with self._reached():
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    raise self._no(_json(response.read(PROBLEM_BYTES_MAX)))
                yield from _events(response)
        finally:
            response.close()

    def _answer(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {**_authorization(), "content-type": "application/json"}
        with self._reached():
            response = self._calls.request(method, path, body=body, headers=headers)
        answer = _json(response.data)
        if response.status >= 400 or not answer:
            raise self._no(answer)
        return answer

    def _no(self, answer: Mapping[str, Any]) -> Refused | DaemonAway:
        """What an answer that grants nothing means: a problem of loyaltyd's, or a stranger's."""
        if "reason" not in answer:
            return self._stranger()
        faults = [f"{it['path']} {it['allowed']}" for it in answer.get("errors", ())]
        detail = "; ".join([str(answer.get("detail", "refused")), *faults])
        return Refused(f"{detail} ({answer['reason']})")

    def _stranger(self) -> DaemonAway:
        return DaemonAway(f"{self._address}: what answers here is not loyaltyd")

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            # Without the library's words: they repeat the path, which may hold a card's number.
            raise DaemonAway(
                f"{self._address}: no loyaltyd answers here: is it running?"
            ) from error


def card_path(number: str) -> str:
    """Return the path of a card, given by its number or by a read's handle."""
    # As bytes: an argument that is not UTF-8 is the daemon's to refuse.
    return f"/v1/cards/{quote(os.fsencode(number), safe='')}"


def _authorization() -> dict[str, str]:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if token and not TOKEN.fullmatch(token):
        raise click.UsageError(f"{TOKEN_VARIABLE} has a character that no token has")
    return {"authorization": f"Bearer {token}"} if token else {}


def _json(data: bytes) -> dict[str, Any]:
    """The members of a JSON object; none of anything else."""
    try:
        answer = json.loads(data)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


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
