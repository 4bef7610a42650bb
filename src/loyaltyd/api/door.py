"""What the API is made of, handed down by the daemon."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from loyaltyd.api.answers import StatusAnswer
from loyaltyd.api.events import Events
from loyaltyd.api.guard import Access
from loyaltyd.api.meters import Meters
from loyaltyd.api.tokens import Tokens
from loyaltyd.readers.supervisor import ReaderState
from loyaltyd.till.export import Exported
from loyaltyd.till.sync import LinkState
from loyaltyd.till.till import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The till behind the API, and what the API needs beside it."""

    till: Till
    events: Events
    tokens: Tokens
    access: Access
    meters: Meters
    readers: Callable[[], Sequence[ReaderState]]
    link: Callable[[], LinkState] | None  # none: the till is its own headquarters
    status: Callable[[], Awaitable[StatusAnswer]]
    exports: Callable[[], Awaitable[Exported]]
    clock: Callable[[], dt.datetime]  # aware
    monotonic: Callable[[], float]
