"""The ASGI application: the table of operations behind the guard."""

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from loyaltyd.api import pages, problems
from loyaltyd.api.bodies import PATTERNS, Unreadable, request_in
from loyaltyd.api.calls import Sent
from loyaltyd.api.door import Door
from loyaltyd.api.guard import EVENTS_PATH, Guard, Rates
from loyaltyd.api.operation import Operation
from loyaltyd.api.operations import NOT_BUILT, OPERATIONS
from loyaltyd.api.problems import Fault, Problem
from loyaltyd.api.stream import EventStream
from loyaltyd.api.tokens import NEIGHBOUR, NOBODY, Caller
from loyaltyd.api.tokens import Scope as Right
from loyaltyd.domain.errors import LoyaltyError
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.till.checkout import QuoteChanged
from loyaltyd.till.requests import CARD_PATTERN, ID_PATTERN

PATH_PATTERNS = {"number": CARD_PATTERN, "receipt": ID_PATTERN, "reservation": ID_PATTERN}

WRITING = frozenset((Right.COMMIT, Right.MANAGER))

log = logging.getLogger("loyaltyd.api")


def app(door: Door) -> ASGIApp:
    """Return the application that serves door."""
    routes = [Route(each.path, _Endpoint(each, door), methods=[each.method]) for each in OPERATIONS]
    routes += [Route(path, _not_built(door, what), methods=["POST"]) for path, what in NOT_BUILT]
    routes += [
        Route(EVENTS_PATH, EventStream(door), methods=["GET"]),
        Route("/metrics", _metrics(door), methods=["GET"]),
        Route("/openapi.json", _openapi, methods=["GET"]),
        Route("/docs", _docs, methods=["GET"]),
    ]
    static = Mount("/docs/static", StaticFiles(packages=[("loyaltyd.api", "static")]))
    files = Mount("/docs/files", StaticFiles(packages=[("loyaltyd", "help")]))
    inner = Starlette(
        routes=[*routes, static, files, *pages.routes(door)],
        exception_handlers={HTTPException: _http_exception(door), Exception: _fault},
    )
    inner.router.redirect_slashes = False  # a path that is nearly ours is not ours, and no hint
    return Guard(
        app=inner,
        access=door.access,
        tokens=door.tokens,
        rates=Rates(door.access.rate, door.monotonic),
        language=door.till.language,
        refused=lambda reason: door.meters.refusals.update((str(reason),)),
    )


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One operation as an ASGI application."""

    operation: Operation
    door: Door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = self.door.monotonic()
        response = await self._response(Request(scope))
        took = self.door.monotonic() - began
        self.door.meters.answered(self.operation.name, response.status_code, took)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        outcome = self._sent(request)
        if isinstance(outcome, Sent):
            self.door.meters.writes += self.operation.scope in WRITING
            try:
                outcome = await self.operation.call(self.door, outcome)
            except LoyaltyError as error:
                # The answer holds no more than a reason; the log says what the world did.
                log.exception("%s failed", self.operation.name)
                outcome = refused(problems.reason_of(error))
        return self._said(outcome)

    def _sent(self, request: Request) -> Sent | Refusal | Problem:
        """Return what was sent, when this caller may send it and it can be read."""
        caller: Caller = request.state.caller
        right = self.operation.scope
        if right is not None and right not in caller.scopes:
            return refused(_forbidden(caller))
        path = {name: str(value) for name, value in request.path_params.items()}
        for name, value in path.items():
            if not re.fullmatch(PATH_PATTERNS[name], value):
                return _unreadable(Fault(f"path: {name}", PATTERNS[PATH_PATTERNS[name]]))
        if self.operation.request is None:
            return Sent(path=path, body=None)
        body = request_in(request.state.body, self.operation.request)
        if isinstance(body, Unreadable):
            return _unreadable(*body.faults)
        return Sent(path=path, body=body)

    def _said(self, outcome: Any) -> Response:
        if isinstance(outcome, QuoteChanged):
            refusal = refused(outcome.reason)
            outcome = Problem(refusal=refusal, members={"quote": outcome.quote})
        if isinstance(outcome, Refusal):
            outcome = Problem(refusal=outcome, faults=_faults(outcome))
        if isinstance(outcome, Problem):
            self.door.meters.refusals[outcome.refusal.reason] += 1
            return problems.response(outcome, self.door.till.language)
        if outcome.get("replayed"):
            self.door.meters.replays[self.operation.name] += 1
        return _Json(outcome, self.operation.status)


class _Json(JSONResponse):
    """An answer in the bytes that JSONResponse would send, made in a third of its time."""

    def render(self, content: Any) -> bytes:
        return to_json(content)


def _forbidden(caller: Caller) -> Reason:
    return Reason.TOKEN_MISSING if caller in {NOBODY, NEIGHBOUR} else Reason.TOKEN_SCOPE


def _unreadable(*faults: Fault) -> Problem:
    return Problem(refusal=refused(Reason.REQUEST_INVALID), faults=faults)


def _faults(refusal: Refusal) -> tuple[Fault, ...]:
    """Return the member that the till could not read, where its refusal names one."""
    names = refusal.names
    return (Fault(names["member"], names["why"]),) if names.keys() >= {"member", "why"} else ()


def _not_built(door: Door, what: str) -> Any:
    async def refuse(_request: Request) -> Response:
        door.meters.refusals[Reason.NOT_BUILT] += 1
        return problems.response(
            Problem(refusal=refused(Reason.NOT_BUILT, what=what)), door.till.language
        )

    return refuse


def _http_exception(door: Door) -> Any:
    """Say in our own words what the router has no route for."""

    async def said(_request: Request, error: HTTPException) -> Response:
        reason = Reason.METHOD_REFUSED if error.status_code == 405 else Reason.NOT_FOUND
        door.meters.refusals[reason] += 1
        problem = Problem(refusal=refused(reason), headers=error.headers or {})
        return problems.response(problem, door.till.language)

    return said


async def _fault(_request: Request, _error: Exception) -> Response:
    """Say no more than that it was a fault of ours; the log has it whole."""
    body = {"type": "about:blank", "title": "A fault of the daemon", "status": 500}
    return JSONResponse(body, 500, media_type=problems.MEDIA_TYPE)


def _metrics(door: Door) -> Any:
    async def metrics(request: Request) -> Response:
        if Right.STATUS not in request.state.caller.scopes:
            refusal = refused(_forbidden(request.state.caller))
            return problems.response(Problem(refusal=refusal), door.till.language)
        # Here, not above: Prometheus's library takes 60 ms that a till's start has no use for.
        from loyaltyd.api.metrics import MEDIA_TYPE, exposition  # noqa: PLC0415  # see above

        try:
            head = await asyncio.wrap_future(door.till.ledger.read(lambda view: view.head()))
        except LoyaltyError:  # a scrape still tells what the ledger can't
            head = None
        return Response(exposition(door, head), media_type=MEDIA_TYPE)

    return metrics


async def _openapi(_request: Request) -> Response:
    # Here, not above: made once when somebody asks, 50 ms.
    from loyaltyd.api.openapi import document  # noqa: PLC0415  # see above

    return JSONResponse(document())


async def _docs(_request: Request) -> Response:
    # Here, not above: Jinja and Markdown are for people, who wait 100 ms longer the first time.
    from loyaltyd.api.docs import page  # noqa: PLC0415  # see above

    return Response(page(), media_type="text/html; charset=utf-8")
