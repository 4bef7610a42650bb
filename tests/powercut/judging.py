"""What a ledger that a power cut left still holds, held against what was answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.record import chained
from loyaltyd.store.verify import verified
from tests.powercut.crashes import Files
from tests.till.shop import Shop, shop_at

LEDGER = "ledger.db"
LOST, CORRUPT = "lost", "corrupt"
CALLS = {"confirm": "receipt", "return": "return", "cancel": "cancel"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered before the power went."""

    kind: str
    id: str
    call: Any = field(repr=False)

    @classmethod
    def of(cls, line: bytes) -> Answered:
        said = json.loads(line)
        body = said["body"]
        ident = body.get("return") or body.get("receipt") or body["of"]
        return cls(CALLS[said["call"]], ident, said)


@dataclass(slots=True)
class Judge:
    """Opens states in a folder of its own; the same state is opened once."""

    folder: Path
    seen: dict[bytes, frozenset[tuple[str, str]]] = field(default_factory=dict)
    verified_every: int = 40  # of the states that are opened: all balances from the lines again
    opened_every: int = 400  # as a daemon opens it, and every call that was answered, once more

    def verdict(self, files: Files, answered: Sequence[Answered]) -> str:
        """What is wrong with a state; "" when all that was answered is there in a sound ledger."""
        key = _key(files)
        if key not in self.seen:
            try:
                self.seen[key] = self._found(files)
                self._look_closer(files, answered)
            except (sqlite3.Error, StoreError, _WrongError) as error:
                return f"{CORRUPT}: {error}"
        missing = [it for it in answered if (it.kind, it.id) not in self.seen[key]]
        return f"{LOST}: {missing[0]} and {len(missing) - 1} more" if missing else ""

    def _found(self, files: Files) -> frozenset[tuple[str, str]]:
        """The answers that are there, each with its record, in a chain that holds."""
        path = self._laid(files)
        if not files.get(LEDGER):
            return frozenset()
        with closing(sqlite3.connect(str(path))) as file:
            (sound,) = file.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                raise _WrongError(sound)
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_schema")}
            if not {"record", "answer", "stream"} <= tables:
                return frozenset()
            header = file.execute("SELECT header FROM stream").fetchone()
            last = hashlib.sha256(header[0].encode()).digest() if header else b""
            rows = file.execute("SELECT seq, hash, line FROM record ORDER BY seq")
            for place, (seq, found, line) in enumerate(rows, 1):
                last = chained(last, line)
                if (seq, found) != (place, last):
                    raise _WrongError(f"the chain breaks at {place}")
            answers = file.execute(
                "SELECT answer.kind, answer.id FROM answer JOIN record"
                " ON (record.seq, record.type, record.id) = (answer.seq, answer.kind, answer.id)"
            )
            return frozenset(answers)

    def _look_closer(self, files: Files, answered: Sequence[Answered]) -> None:
        count = len(self.seen)
        if not files.get(LEDGER) or not answered:
            return
        if count % self.verified_every == 0:
            findings = verified(self._laid(files)).findings
            if findings:
                raise _WrongError(str(findings[0]))
        if count % self.opened_every == 0:
            with shop_at(self._laid(files)) as shop:
                wrong = [it for it in answered if not _is_answered_alike(shop, it.call)]
            if wrong:
                raise _WrongError(f"{wrong[0].kind} {wrong[0].id} is answered otherwise")

    def _laid(self, files: Files) -> Path:
        for old in self.folder.iterdir():
            old.unlink()
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
            (self.folder / name).chmod(0o600)
        return self.folder / LEDGER


class _WrongError(Exception):
    """A ledger that isn't sound."""


def _is_answered_alike(shop: Shop, call: Any) -> bool:
    return bool(_again(shop, call) == {**call["answer"], "replayed": True})


def _again(shop: Shop, call: Any) -> Any:
    body = dict(call["body"])
    if call["call"] == "confirm":
        return shop.confirm(body)
    of = body.pop("of")
    return shop.give_back(of, body) if call["call"] == "return" else shop.cancel(of)


def _key(files: Files) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + len(files[name]).to_bytes(8, "big"))
        digest.update(files[name])
    return digest.digest()
