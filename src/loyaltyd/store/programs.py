"""Every version of a program that a record may name."""

import datetime as dt
from dataclasses import dataclass, field

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProgram:
    """The text of one version; hash is the SHA-256 of it, 64 hex digits."""

    hash: str
    id: str
    version: int
    starts: dt.date  # the business date from which a store uses it
    body: str = field(repr=False)


def programs(connection: Connection) -> list[KeptProgram]:
    """All versions, by id and number."""
    rows = connection.execute(
        "SELECT hash, id, version, starts, body FROM program ORDER BY id, version"
    )
    return [_program(*row) for row in rows]


def keep_program(connection: Connection, program: KeptProgram) -> None:
    """Store a version, once; StoreError when that version is there with another text."""
    row = connection.execute(
        "SELECT hash FROM program WHERE id = ? AND version = ?", (program.id, program.version)
    ).fetchone()
    if row == (program.hash,):
        return
    if row is not None:
        raise StoreError(
            f"program {program.id} {program.version} is in the ledger with another content:"
            " a changed program needs a new version"
        )
    connection.execute(
        "INSERT INTO program (hash, id, version, starts, body) VALUES (?, ?, ?, ?, ?)",
        (program.hash, program.id, program.version, program.starts.isoformat(), program.body),
    )


def _program(sha256: str, name: str, version: int, starts: str, body: str) -> KeptProgram:
    try:
        day = dt.date.fromisoformat(starts)
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"program {name} {version} starts on no day") from error
    return KeptProgram(hash=sha256, id=name, version=version, starts=day, body=body)
