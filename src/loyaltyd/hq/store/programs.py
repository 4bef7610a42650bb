"""The programs' texts that receipts name, by the SHA-256 of each."""

from dataclasses import dataclass, field

from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramText:
    """One version of a program; hash is the SHA-256 of its text, 64 hex digits."""

    hash: str
    id: str
    version: int
    body: str = field(repr=False)


def program(connection: Connection, sha256: str) -> ProgramText | None:
    """The program's text with that hash."""
    row = connection.execute(
        "SELECT hash, id, version, body FROM program WHERE hash = ?", (sha256,)
    ).fetchone()
    return None if row is None else _program(*row)


def programs(connection: Connection) -> list[ProgramText]:
    """All of them, the newest version of each id last."""
    rows = connection.execute("SELECT hash, id, version, body FROM program ORDER BY id, version")
    return [_program(*row) for row in rows]


def keep(connection: Connection, text: ProgramText) -> bool:
    """Store a program's text; False when it is there already."""
    if program(connection, text.hash) is not None:
        return False
    connection.execute(
        "INSERT INTO program (hash, id, version, body) VALUES (?, ?, ?, ?)",
        (text.hash, text.id, text.version, text.body),
    )
    return True


def _program(sha256: str, name: str, version: int, body: str) -> ProgramText:
    return ProgramText(hash=sha256, id=name, version=version, body=body)
