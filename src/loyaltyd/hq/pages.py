"""What people at headquarters see: one page at /, the same as JSON at /v1/tills; loopback alone."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loyaltyd.domain.errors import StoreError
from loyaltyd.hq import screen
from loyaltyd.hq.answers import tills_answer
from loyaltyd.hq.overview import Overview
from loyaltyd.hq.problems import health, not_here, problem

ANSWER_S = 30.0  # to add up what is shown, and to have it read
SECURITY = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

log = structlog.stdlib.get_logger("loyaltyd.hq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the pages show, on threads, for it blocks; address is where they are asked for."""

    overview: Callable[[dt.datetime], Overview]
    clock: Callable[[], dt.datetime]
    threads: Executor
    address: tuple[str, int]

    async def page(self, _request: Request) -> Response:
        """GET /."""
        return await self._answered(lambda seen: HTMLResponse(_rendered(seen)))

    async def tills(self, _request: Request) -> Response:
        """GET /v1/tills."""
        return await self._answered(lambda seen: JSONResponse(tills_answer(seen)))

    async def _answered(self, answer: Callable[[Overview], Response]) -> Response:
        def made() -> Response:
            return answer(self.overview(self.clock()))

        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, made)
        except StoreError as error:
            log.error("not_shown", detail=str(error))  # noqa: TRY400 - the error says it all
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the books can't be read just now")


def pages(shown: Shown) -> ASGIApp:
    """Return the application for people."""
    app = Starlette(
        routes=[
            Route("/", shown.page, methods=["GET"]),
            Route("/v1/tills", shown.tills, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
            Mount("/static", StaticFiles(packages=[("loyaltyd.hq", "static")])),
        ],
        exception_handlers={HTTPException: not_here},
    )
    app.router.redirect_slashes = False
    return _Guard(app, _names(*shown.address))


@dataclass(frozen=True, slots=True)
class _Guard:
    """Lets in who calls this machine by one of its own names: no page of the web does."""

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                for name, value in SECURITY.items():
                    MutableHeaders(scope=message).setdefault(name, value)
            await send(message)

        names = Headers(scope=scope).getlist("host")
        known = len(names) == 1 and names[0].lower() in self.hosts
        app = self.app if known else problem(HTTPStatus.MISDIRECTED_REQUEST)
        # Who doesn't read the answer loses the connection: uvicorn ends what stops half way.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await app(scope, receive, secured)


def _names(host: str, port: int) -> frozenset[str]:
    own = f"[{host}]" if ":" in host else host
    return frozenset(f"{name}:{port}" for name in ("localhost", "127.0.0.1", own))


def _rendered(seen: Overview) -> str:
    page: str = (
        _templates()
        .get_template("hq.html")
        .render(
            seen=seen,
            verdict=screen.verdict(seen),
            tills=screen.till_rows(seen),
            wallets=screen.wallet_rows(seen),
            days=screen.day_rows(seen),
            differences=screen.difference_rows(seen),
            to_run=screen.to_run(seen),
            differences_said=screen.differences_said(seen),
            refused=screen.refused_rows(seen),
            refused_said=screen.refused_said(seen),
        )
    )
    return page


@cache
def _templates() -> Any:
    # Here, not above: a start has no use for Jinja, and the first page can wait 30 ms.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # see above

    loader = PackageLoader("loyaltyd.hq")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
