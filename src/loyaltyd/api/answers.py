"""What the API answers by itself, beside the till's own answers."""

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic refuses typing's before Python 3.12

from loyaltyd.till.answers import QuoteAnswer


class FaultAnswer(TypedDict):
    """A member that can't be read: its path in the body, and what is allowed there."""

    path: str
    allowed: str


class ProblemAnswer(TypedDict):
    """RFC 9457 problem details. detail is for the cashier, reason for programs."""

    type: str
    title: str
    status: int
    detail: NotRequired[str]
    reason: NotRequired[str]
    errors: NotRequired[list[FaultAnswer]]
    quote: NotRequired[QuoteAnswer]  # what would be given now


class TillStatus(TypedDict):
    """Which till this is."""

    chain: str
    store: str
    till: str
    group: str
    timezone: str
    language: str


class ProgramStatus(TypedDict):
    """The program in force; hash is its SHA-256 in hex."""

    id: str
    version: int
    hash: str
    starts: str


class ReaderStatus(TypedDict):
    """One reader: counts since start, detail says why it is down."""

    name: str
    up: bool
    detail: str
    bytes: int
    reads: int
    garbled: int
    card: str
    payment: int
    last_byte_age_ms: int | None


class LedgerStatus(TypedDict):
    """Where the log stands; damaged: why the ledger refuses all work, else empty."""

    epoch: str
    seq: int
    hash: str
    damaged: str


class LinkStatus(TypedDict):
    """How records reach headquarters; waiting: those that it hasn't acknowledged.

    trouble: why headquarters doesn't take them or the spool can't be used, else empty.
    """

    configured: bool  # false: the till is its own headquarters
    up: bool
    acked: int
    waiting: int
    waiting_since: str | None
    files: int
    last_answer_at: str | None
    trouble: str


class StatusAnswer(TypedDict):
    """All that store IT asks. schema counts up when a member changes its meaning."""

    schema: int
    verdict: str  # "ok" | "degraded"
    problems: list[str]  # why it isn't ok, a sentence each
    till: TillStatus
    program: ProgramStatus | None
    readers: list[ReaderStatus]
    ledger: LedgerStatus
    link: LinkStatus
    tokens: bool  # false: every program on this machine may call
    clock: str
    started_at: str
    boot: str
    versions: dict[str, str]


class DayFileAnswer(TypedDict):
    """One till-day: its name, the records first to last, the SHA-256 of its bytes in hex."""

    file: str
    number: int
    business_date: str
    first: int
    last: int
    records: int
    sha256: str


class ExportAnswer(TypedDict):
    """The till-days that were written, none when nothing was new; more: ask again for the rest."""

    files: list[DayFileAnswer]
    folder: str  # where they were put; from a linked till's the daemon takes what was answered
    more: bool


class HealthAnswer(TypedDict):
    """The process answers."""

    status: str


class PageAnswer(TypedDict):
    """Where a browser opens the cashier page, once, until then."""

    page: str
    expires_at: str
