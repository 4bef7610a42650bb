"""One call of the API: its path, its right, what it takes, answers and refuses."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from loyaltyd.api.calls import Sent
from loyaltyd.api.door import Door
from loyaltyd.api.reasons import ALWAYS, WITH_BODY
from loyaltyd.api.tokens import Scope
from loyaltyd.domain.refusal import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What can be asked next, with parts of request or answer (OpenAPI runtime expressions)."""

    to: str
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of the API; scope None: anyone may call."""

    name: str
    method: str
    path: str
    summary: str
    call: Callable[[Door, Sent], Awaitable[Any]]
    answer: Any  # the type of what it answers
    request: type[BaseModel] | None = None
    status: int = 200
    scope: Scope | None = None
    reasons: tuple[Reason, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """Every reason that this operation may refuse with."""
        with_path = (Reason.REQUEST_INVALID,) if "{" in self.path else ()
        with_body = WITH_BODY if self.request else ()
        return tuple(dict.fromkeys((*ALWAYS, *with_path, *with_body, *self.reasons)))
