"""GET /v1/events: Server-Sent Events, resumable; a stream pulls at its own pace, keeps nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from loyaltyd.api import problems
from loyaltyd.api.door import Door
from loyaltyd.api.events import STALE_READ_S, Event
from loyaltyd.api.problems import Problem
from loyaltyd.api.tokens import NEIGHBOUR, NOBODY, Caller
from loyaltyd.api.tokens import Scope as Right
from loyaltyd.domain.refusal import Reason, refused

STREAMS_MAX = 16  # half of the connections: the rest stays free for requests.
KEEP_ALIVE_S = 15.0  # a comment now and then shows either side that the other is gone.
SEND_S = 30.0  # a client that takes nothing for so long is gone.
RETRY_MS = 1000


def is_stale(event: Event, now: float) -> bool:
    """Whether a stream that resumes leaves event out; now is in the event's monotonic seconds."""
    return event.kind == "card_read" and now - event.at > STALE_READ_S


@dataclass(frozen=True, slots=True)
class EventStream:
    """The ASGI endpoint."""

    door: Door
    open: set[asyncio.Task[None] | None] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client goes, or the daemon does."""
        request = Request(scope)
        caller: Caller = request.state.caller
        refusal = self._refusal(caller)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        gone = asyncio.create_task(_gone(receive))
        here = asyncio.current_task()
        self.open.add(here)
        try:
            await self._stream(request, caller, send, gone)
        finally:
            self.open.discard(here)
            gone.cancel()

    def _refusal(self, caller: Caller) -> Response | None:
        reason = None
        if Right.EVENTS not in caller.scopes:
            reason = Reason.TOKEN_MISSING if caller in {NOBODY, NEIGHBOUR} else Reason.TOKEN_SCOPE
        elif len(self.open) >= STREAMS_MAX:
            reason = Reason.TOO_MANY_REQUESTS
        if reason is None:
            return None
        self.door.meters.refusals[reason] += 1
        return problems.response(
            Problem(refusal=refused(reason, limit=str(STREAMS_MAX))), self.door.till.language
        )

    async def _stream(
        self, request: Request, caller: Caller, send: Send, gone: asyncio.Task[None]
    ) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if request.method == "HEAD":
            await send({"type": "http.response.body"})
            return
        resumed = request.headers.get("last-event-id", "")
        async for text in self._texts(resumed, caller, gone):
            if gone.done():
                return
            if not text:
                continue
            body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
            try:
                await asyncio.wait_for(send(body), SEND_S)
            except TimeoutError:
                return  # the server closes what was not finished
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _texts(
        self, resumed: str, caller: Caller, gone: asyncio.Task[None]
    ) -> AsyncIterator[str]:
        """Yield the stream's text: what was missed, what happens, and comments in between."""
        events = self.door.events
        began = events.head
        n = self._resume_point(resumed)
        # The id gives a client that has seen no event yet a place to resume from.
        yield f"retry: {RETRY_MS}\nid: {events.boot}.{n}\n\n"
        with events.listening() as wakened:
            while not events.closed and not gone.done():
                wakened.clear()
                batch = events.after(n)
                yield self._batch_text(batch, n, began, caller)
                n = batch[-1].n if batch else n
                if not batch and not await _wait(wakened, gone):
                    yield ": still here\n\n"

    def _batch_text(self, batch: list[Event], n: int, began: int, caller: Caller) -> str:
        """Return what follows event n; up to began the client has missed it."""
        lost = batch[0].n - n - 1 if batch else 0
        now = self.door.monotonic()
        texts = [f": {lost} events are no longer kept\n\n"] if lost else []
        texts += [
            self._text(event, caller)
            for event in batch
            if event.n > began or not is_stale(event, now)
        ]
        return "".join(texts)

    def _resume_point(self, resumed: str) -> int:
        """Return after which event to begin: Last-Event-ID's; another boot's: before the first."""
        events = self.door.events
        if not resumed:
            return events.head
        boot, _, n = resumed.partition(".")
        if boot != events.boot or not (n.isascii() and n.isdecimal() and len(n) < 16):
            return 0
        return min(int(n), events.head)

    def _text(self, event: Event, caller: Caller) -> str:
        boot = self.door.events.boot
        data = json.dumps(event.seen_by(boot, numbers=caller.numbers), ensure_ascii=False)
        return f"id: {boot}.{event.n}\nevent: {event.kind}\ndata: {data}\n\n"


async def _gone(receive: Receive) -> None:
    """Return when the client has."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait(wakened: asyncio.Event, gone: asyncio.Task[None]) -> bool:
    """Wait for something to happen; false: KEEP_ALIVE_S went by and nothing did."""
    waiting = asyncio.create_task(wakened.wait())
    try:
        done, _ = await asyncio.wait(
            {waiting, gone}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        waiting.cancel()
    return bool(done)
