"""POST /v1/batches: what couriers call. The body is a batch's file, the answer a signed one.

Nobody is believed for calling: only signatures count, and the answers are headquarters' word.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.hq.ingest import Answer
from loyaltyd.hq.problems import health, not_here, problem
from loyaltyd.link.wire import ANSWER_MEDIA_TYPE, FILE_BYTES_MAX, MEDIA_TYPE

BODY_BYTES_MAX = 2 * FILE_BYTES_MAX  # what is somewhat too large is refused by name, signed
BODY_S = 150.0  # a whole file over 64 kbit/s, the slowest line that a shop may have

# Whatever isn't here is 422: the file is at fault, and the next one may be better.
STATUSES: Mapping[BatchReason | None, HTTPStatus] = {
    None: HTTPStatus.OK,
    BatchReason.GAP: HTTPStatus.CONFLICT,
    BatchReason.FORK: HTTPStatus.CONFLICT,
    BatchReason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

log = structlog.stdlib.get_logger("loyaltyd.hq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What takes batches: taken blocks, so it runs on threads; damaged is told of a lost store."""

    taken: Callable[[bytes], Answer]
    threads: Executor
    damaged: Callable[[StoreDamaged], None]

    async def batch(self, request: Request) -> Response:
        """POST /v1/batches."""
        if request.headers.get("content-type") != MEDIA_TYPE:
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a batch is sent as {MEDIA_TYPE}")
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(request)
        except TimeoutError:
            return problem(HTTPStatus.REQUEST_TIMEOUT, f"no whole file within {BODY_S:.0f} s")
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads this
        if body is None:
            said = f"a file has at most {FILE_BYTES_MAX} bytes"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
        return await self._answered(body)

    async def _answered(self, body: bytes) -> Response:
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self.threads, self.taken, body)
        except StoreError as error:
            log.error("batch_not_taken", detail=str(error))  # noqa: TRY400 - the error says it all
            if isinstance(error, StoreDamaged):
                self.damaged(error)
            # Unsigned: the till learns nothing from it, and offers the same again.
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "nothing can be recorded just now")
        if answer.reason is not None:
            file = hashlib.sha256(body).hexdigest()
            log.warning("batch_refused", reason=str(answer.reason), file=file)
        status = STATUSES.get(answer.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
        return Response(answer.data, status, media_type=ANSWER_MEDIA_TYPE)


def receiving(receiver: Receiver) -> ASGIApp:
    """Return the application that couriers call."""
    app = Starlette(
        routes=[
            Route("/v1/batches", receiver.batch, methods=["POST"]),
            Route("/healthz", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: not_here},
    )
    app.router.redirect_slashes = False
    return app


async def _body(request: Request) -> bytes | None:
    """Return the whole body; None when it has more than BODY_BYTES_MAX."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > BODY_BYTES_MAX:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)
