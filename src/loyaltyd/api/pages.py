"""The cashier page at /till: a shell in the till's language; its script listens to the events."""

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from loyaltyd.api.door import Door
from loyaltyd.api.guard import COOKIE
from loyaltyd.api.tokens import COOKIE_S, Caller, Scope
from loyaltyd.domain.engine.program import Program
from loyaltyd.messages import LANGUAGES, page_words

PATH = "/till"


def routes(door: Door) -> list[BaseRoute]:
    """Return the routes of the pages: /till and what it loads."""
    return [
        Route(PATH, _till(door), methods=["GET"]),
        Mount(f"{PATH}/static", StaticFiles(packages=[("loyaltyd.api", "static")])),
    ]


def _till(door: Door) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def till(request: Request) -> HTMLResponse:
        wanted = request.query_params.get("lang", "")
        language = wanted if wanted in LANGUAGES else door.till.language
        cookie = _cookie(door, request)
        if cookie is None:
            return HTMLResponse(_rendered("till_sign_in.html", language), status_code=403)
        page = HTMLResponse(_rendered("till.html", language, **_facts(door)))
        page.set_cookie(COOKIE, cookie, max_age=COOKIE_S, httponly=True, samesite="strict")
        return page

    return till


def _cookie(door: Door, request: Request) -> str | None:
    """Return a fresh cookie for a page that may be shown: signed in, or on a till without tokens.

    An open page asks again now and then, so that it stays signed in, and its numbers masked.
    """
    caller: Caller = request.state.caller
    if Scope.EVENTS in caller.scopes:
        return door.tokens.fresh_cookie()
    return door.tokens.page_cookie(request.query_params.get("code", ""))


def _facts(door: Door) -> dict[str, str]:
    """What the script knows before the first event."""
    return {
        "words": json.dumps({language: page_words(language) for language in LANGUAGES}),
        "wallets": json.dumps({language: _wallets(door, language) for language in LANGUAGES}),
        "timezone": door.till.timezone,
    }


def _wallets(door: Door, language: str) -> dict[str, str]:
    """Return the wallets' names for people, where the program gives them, else their ids."""
    program = door.till.program_on(door.till.local(door.clock()).date())
    if not isinstance(program, Program):
        return {}
    return {wallet.id: wallet.names.get(language, wallet.id) for wallet in program.wallets}


def _rendered(template: str, language: str, **facts: str) -> str:
    words = page_words(language)
    page: str = _templates().get_template(template).render(language=language, text=words, **facts)
    return page


@cache
def _templates() -> Any:
    # Here, not above: a till's start has no use for Jinja, and the first page can wait 30 ms.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # see above

    loader = PackageLoader("loyaltyd.api")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
