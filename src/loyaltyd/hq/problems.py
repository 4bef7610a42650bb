"""What headquarters answers by itself: that it lives, and RFC 9457 problems, which nobody signs."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"
RETRY_S = 10  # in the headers of a 503: a disk is seldom freed sooner


def problem(
    status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return status as an answer; no till acts on it, for nobody has signed it."""
    body: dict[str, str | int] = {"type": "about:blank", "title": status.phrase}
    body["status"] = status.value
    if detail:
        body["detail"] = detail
    # What else the caller sends is of no interest, and it may send it for ever.
    more = {"connection": "close", **(headers or {})}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        more["retry-after"] = str(RETRY_S)
    return Response(json.dumps(body), status, more, MEDIA_TYPE)


async def not_here(_request: Request, error: Exception) -> Response:
    """Say in our own words what the router has no route for."""
    assert isinstance(error, HTTPException)
    return problem(HTTPStatus(error.status_code), headers=error.headers)


async def health(_request: Request) -> Response:
    """GET /healthz: the process answers."""
    return JSONResponse({"status": "ok"})
