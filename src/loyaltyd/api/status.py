"""GET /v1/status: all that store IT asks, with a verdict first."""

import asyncio
import datetime as dt
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from loyaltyd.api.answers import (
    LedgerStatus,
    LinkStatus,
    ProgramStatus,
    ReaderStatus,
    StatusAnswer,
    TillStatus,
)
from loyaltyd.domain.refusal import Refusal
from loyaltyd.readers.supervisor import ReaderState
from loyaltyd.till.sync import LinkState
from loyaltyd.till.till import Till

SCHEMA = 1
UNLINKED = LinkState(up=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Tells how the till is; began: when the daemon started."""

    till: Till
    readers: Callable[[], Sequence[ReaderState]]
    link: Callable[[], LinkState] | None
    boot: str
    tokens: bool
    began: dt.datetime

    async def __call__(self) -> StatusAnswer:
        """Return the status of this moment; StoreError when the ledger can't be read."""
        readers = [_reader(state) for state in self.readers()]
        program, ledger, link = self._program(), await self._ledger(), self._link()
        problems = [
            f"reader {each['name']}: {each['detail']}" for each in readers if not each["up"]
        ]
        problems += [] if program else ["no program is in force"]
        problems += [f"ledger: {ledger['damaged']}"] if ledger["damaged"] else []
        problems += _link_problems(link)
        return {
            "schema": SCHEMA,
            "verdict": "degraded" if problems else "ok",
            "problems": problems,
            "till": self._till(),
            "program": program,
            "readers": readers,
            "ledger": ledger,
            "link": link,
            "tokens": self.tokens,
            "clock": self.till.local(self.till.clock()).isoformat(),
            "started_at": self.till.local(self.began).isoformat(),
            "boot": self.boot,
            "versions": {
                "loyaltyd": version("loyaltyd"),
                "python": platform.python_version(),
                "pysqlite3": version("pysqlite3"),
            },
        }

    def _till(self) -> TillStatus:
        stream = self.till.ledger.stream
        return {
            "chain": stream.chain,
            "store": stream.store,
            "till": stream.till,
            "group": self.till.group,
            "timezone": self.till.timezone,
            "language": self.till.language,
        }

    def _program(self) -> ProgramStatus | None:
        program = self.till.program_on(self.till.local(self.till.clock()).date())
        if isinstance(program, Refusal):
            return None
        return {
            "id": program.id,
            "version": program.version,
            "hash": program.hash,
            "starts": program.starts.isoformat(),
        }

    def _link(self) -> LinkStatus:
        state = UNLINKED if self.link is None else self.link()
        since, last = state.waiting_since, state.last_answer_at
        return {
            "configured": self.link is not None,
            "up": state.up,
            "acked": state.acked,
            "waiting": state.waiting,
            "waiting_since": None if since is None else self.till.local(since).isoformat(),
            "files": state.files,
            "last_answer_at": None if last is None else self.till.local(last).isoformat(),
            "trouble": state.trouble,
        }

    async def _ledger(self) -> LedgerStatus:
        ledger = self.till.ledger
        head = await asyncio.wrap_future(ledger.read(lambda view: view.head()))
        return {
            "epoch": ledger.stream.epoch,
            "seq": head.seq,
            "hash": head.hash.hex(),
            "damaged": str(ledger.damage or ""),
        }


def _link_problems(link: LinkStatus) -> list[str]:
    problems = [f"link: {link['trouble']}"] if link["trouble"] else []
    if link["configured"] and not link["up"]:
        waits = f"{link['waiting']} records wait since {link['waiting_since']}"
        last = link["last_answer_at"] or "never"
        problems.append(
            f"link: headquarters doesn't answer, last: {last}"
            + (f"; {waits}" if link["waiting"] else "")
        )
    return problems


def _reader(state: ReaderState) -> ReaderStatus:
    age_s = state.last_byte_age_s
    return {
        "name": state.name,
        "up": state.up,
        "detail": state.detail,
        "bytes": state.bytes,
        "reads": state.reads,
        "garbled": state.garbled,
        "payment": state.payment,
        "card": state.card,
        "last_byte_age_ms": None if age_s is None else int(age_s * 1000),
    }
