"""Who may knock: rules that hold before any operation runs. Each refuses with a reason, or not."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loyaltyd.api.problems import Problem, response
from loyaltyd.api.tokens import LOOPBACK, NEIGHBOUR, NOBODY, Caller, Tokens
from loyaltyd.domain.refusal import Reason, Refusal, refused

BODY_BYTES_MAX = 64 * 1024  # deploy 9: a wholesale receipt of some 400 lines.
BODY_S = 10.0  # to send it, over loopback.
ANSWER_S = (
    30.0  # to make an answer and have it read; a stalled disk has spoken by then. Not for events.
)
CALLERS_MAX = 128  # names with a bucket of their own: each token, the page, the loopback
EVENTS_PATH = "/v1/events"
PAGES = ("/till", "/docs", "/openapi.json")  # what a browser may navigate to, and all below
COOKIE = "loyaltyd_page"
READING = frozenset(("GET", "HEAD"))
PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, last-event-id",
    "access-control-max-age": "600",
}
SECURITY = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # a path may hold a card's number
    "cache-control": "no-store",
    "vary": "Origin",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Whom the till answers: Host headers, web origins, requests a second of one caller."""

    hosts: frozenset[str]
    origins: frozenset[str]
    rate: int


def access(
    *, listen: tuple[str, int], hosts: Iterable[str], origins: Iterable[str], rate: int
) -> Access:
    """Return whom a till at listen answers: its loopback names, and what was configured."""
    address, port = listen
    names = {
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
    }
    # A browser names the port unless it is 80, and whoever lists a host means it at this port.
    names |= {name for host in hosts for name in (host.lower(), f"{host.lower()}:{port}")}
    return Access(frozenset(names), frozenset(origins), rate)


@dataclass(slots=True)
class Rates:
    """A bucket of requests for each caller: holds twice the rate, fills by the rate a second."""

    rate: int
    monotonic: Callable[[], float]
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, name: str) -> bool:
        """Take one request from the caller's bucket, if one is left."""
        now = self.monotonic()
        left, at = self._buckets.pop(name, (2.0 * self.rate, now))
        left = min(2.0 * self.rate, left + (now - at) * self.rate)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        while len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The application before the application; puts caller and body into the request's state."""

    app: ASGIApp
    access: Access
    tokens: Tokens
    rates: Rates
    language: str
    refused: Callable[[Reason], None]  # counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        guarded = _Sender(send, origin if origin in self.access.origins else "")
        refusal = self._unwelcome(scope, headers)
        if refusal is None and "access-control-request-method" in headers:
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, guarded)
            return
        try:
            async with asyncio.timeout(None if scope["path"] == EVENTS_PATH else ANSWER_S):
                await self._answer(
                    scope, receive, guarded, refusal or self._stranger(scope, headers)
                )
        except (
            TimeoutError
        ):  # a client that doesn't read, or a call that hangs: the connection ends
            self.refused(Reason.LEDGER_UNAVAILABLE)
            if not guarded.started:
                await self._refuse(scope, receive, guarded, refused(Reason.LEDGER_UNAVAILABLE))

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, refusal: Refusal | None
    ) -> None:
        if refusal is None and scope["method"] == "POST":
            body = await _body(receive)
            if isinstance(body, bytes):
                scope["state"]["body"] = body
            else:
                refusal = body
        if refusal is not None:
            self.refused(refusal.reason)
            await self._refuse(scope, receive, send, refusal)
        else:
            await self.app(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
        # What else the client sends is of no interest, and it may send it for ever.
        ending = {} if scope["method"] in READING else {"connection": "close"}
        await response(Problem(refusal=refusal, headers=ending), self.language)(
            scope, receive, send
        )

    def _unwelcome(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Rules 2 to 4: the name it calls us, the page it comes from, how its browser asks."""
        names = headers.getlist("host")
        if len(names) != 1 or not self._is_ours(names[0].lower(), scope):
            return refused(Reason.HOST_REFUSED)
        origins = headers.getlist("origin")
        listed = len(origins) == 1 and self._may_call(origins[0], names[0].lower())
        if origins and not listed:
            return refused(Reason.ORIGIN_REFUSED)
        if headers.get("sec-fetch-site") == "cross-site" and not listed:
            return refused(Reason.ORIGIN_REFUSED)
        if headers.get("sec-fetch-mode") == "navigate" and not _is_page(scope):
            return refused(Reason.ORIGIN_REFUSED)
        return None

    def _stranger(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Rules 5 and 6: who calls, how often, and with what kind of body."""
        caller = self._caller(scope, headers)
        if not self.rates.allows((caller or NOBODY).name):
            return refused(Reason.TOO_MANY_REQUESTS, limit=str(self.access.rate))
        if caller is None:
            return refused(Reason.TOKEN_MISSING)
        if scope["method"] == "POST" and not _is_json(headers):
            return refused(Reason.CONTENT_TYPE)
        scope.setdefault("state", {})["caller"] = caller
        return None

    def _caller(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return who calls; None: it shows a token or cookie that isn't one."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if self.tokens.configured and scheme:
            return self.tokens.bearer(token.strip()) if scheme.lower() == "bearer" else None
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        page = self.tokens.page(cookie) if cookie else None
        if page is not None:
            return page
        if not self.tokens.configured:
            return LOOPBACK
        return NEIGHBOUR if scope["client"] is None else NOBODY

    def _is_ours(self, host: str, scope: Scope) -> bool:
        # No browser reaches the Unix socket, and its clients have no port to name.
        return host in self.access.hosts or (scope["client"] is None and host == "localhost")

    def _may_call(self, origin: str, host: str) -> bool:
        return origin in self.access.origins or origin == f"http://{host}"


class _Sender:
    """send with the security headers, and with those that let a listed origin read the answer."""

    def __init__(self, send: Send, origin: str) -> None:
        self.started = False
        self._send = send
        self._origin = origin

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            if self._origin:
                headers["access-control-allow-origin"] = self._origin
                headers["access-control-expose-headers"] = "retry-after"
        await self._send(message)


async def _body(receive: Receive) -> bytes | Refusal:
    """Return the whole body, however it is cut, or why it isn't taken."""
    try:
        async with asyncio.timeout(BODY_S):
            return await _whole(receive)
    except TimeoutError:
        return refused(Reason.REQUEST_INVALID)


async def _whole(receive: Receive) -> bytes | Refusal:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return refused(Reason.REQUEST_INVALID)  # the client has gone, nobody reads this
        body += message["body"]
        more = message["more_body"]
        if len(body) > BODY_BYTES_MAX:
            return refused(Reason.BODY_TOO_LARGE, limit=str(BODY_BYTES_MAX))
    return body


def _is_page(scope: Scope) -> bool:
    path = scope["path"]
    return scope["method"] in READING and any(
        path == page or path.startswith(f"{page}/") for page in PAGES
    )


def _is_json(headers: Headers) -> bool:
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    return kind.strip() == "application/json" and parameters.strip() in {
        "",
        "charset=utf-8",
        'charset="utf-8"',
    }
