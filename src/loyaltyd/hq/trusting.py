"""Which tills headquarters believes, and the programs that it knows: files that people hand it."""

import json
from dataclasses import replace
from pathlib import Path

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import TEXT_BYTES_MAX, Fault, decoded
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.hq.store import programs, trust
from loyaltyd.hq.store.programs import ProgramText
from loyaltyd.hq.store.trust import Trusted
from loyaltyd.link.wire import HASH, VERSION
from loyaltyd.store.database import Connection

LINE_BYTES_MAX = 4096  # of a till.pub, which has some 200


def trusted_file(hq: Headquarters, path: Path) -> Trusted:
    """Believe the till whose public line is in the file at path; ConfigError when it can't be.

    A key is one till's for good; a till may have had several keys. One that was distrusted is
    believed again.
    """
    known = _trusted(path)

    def work(tx: Connection) -> Trusted | None:
        before = trust.trusted(tx, known.key)
        if before is None or replace(before, distrusted=False) == known:
            trust.keep(tx, known, hq.clock())
            return None
        return before

    before = hq.books.write(work)
    if before is not None:
        place = f"{before.chain} {before.store}-{before.till}"
        raise ConfigError(f"{path}: its key is trusted for {place}, and a key is one till's")
    return known


def distrusted(hq: Headquarters, named: str) -> Trusted:
    """Believe a key no more: 64 hex digits, or a file with its public line; ConfigError.

    What it has signed and headquarters has taken stays.
    """
    is_key = len(named) == HASH and not named.strip("0123456789abcdef")
    key = named if is_key else _trusted(Path(named)).key

    def work(tx: Connection) -> Trusted | None:
        trust.drop(tx, key, hq.clock())
        return trust.trusted(tx, key)

    known = hq.books.write(work)
    if known is None:
        raise ConfigError(f"{named}: nobody has trusted that key")
    return known


def kept_program(hq: Headquarters, path: Path) -> tuple[Program, bool]:
    """Keep the program in the file at path; whether it is new. ConfigError when it can't be read.

    Receipts that name it are run again soon.
    """
    text = decoded(_bytes(path, TEXT_BYTES_MAX))
    if isinstance(text, Fault):
        raise ConfigError(text.said(str(path)))
    program = program_from(text)
    if not isinstance(program, Program):
        raise ConfigError("\n".join(fault.said(str(path)) for fault in program))
    fresh = ProgramText(hash=program.hash, id=program.id, version=program.version, body=text)
    return program, hq.books.write(lambda tx: programs.keep(tx, fresh))


def _trusted(path: Path) -> Trusted:
    try:
        return _till_in(_bytes(path, LINE_BYTES_MAX))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(
            f"{path}: is no till's public line: `loyaltyd identity` prints it at the till"
        ) from error


def _till_in(data: bytes) -> Trusted:
    facts = json.loads(data)
    if (facts["type"], facts["v"]) != ("till", VERSION):
        raise ValueError("a line of another type or version")
    names = [facts[name] for name in ("key", "chain", "store", "till")]
    if not all(isinstance(it, str) and 0 < len(it) <= HASH for it in names):
        raise ValueError("names are texts")
    key, chain, store, till = names
    if bytes.fromhex(key).hex() != key or len(key) != HASH:
        raise ValueError("no public key")
    return Trusted(key=key, chain=chain, store=store, till=till)


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {(error.strerror or '').lower()}") from error
