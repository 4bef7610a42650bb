"""A whole copy of a ledger file, made while it is written, and the one before a migration."""

from contextlib import closing
from pathlib import Path

from loyaltyd.domain.errors import StoreError
from loyaltyd.store import database
from loyaltyd.store.database import Connection, os_errors, sqlite_errors

OF_VERSION = ".version-"  # after a ledger's name: its copy before it was brought to a later one


def back_up(path: Path, target: Path) -> None:
    """Copy the ledger at path, as it is at one moment, to a new file, for its owner alone.

    A daemon may go on writing. The copy is durable when this returns; StoreError when there is no
    ledger, or no folder for the copy, or something stands at target.
    """
    database.check_library()
    if not path.exists():
        raise StoreError(f"{path}: no ledger here")
    if not target.parent.is_dir():  # made here, it would hide that no stick is in
        raise StoreError(f"{target.parent}: no such folder")
    if target.exists():
        raise StoreError(f"{target}: is there already, and a backup is never written over")
    with sqlite_errors(path), closing(database.reader(path)) as connection:
        # It forbids the new file too; the ledger's own is opened to be read, and stays so.
        connection.execute("PRAGMA query_only = 0")
        _copy(connection, target)


def back_up_version(connection: Connection, path: Path, version: int) -> Path:
    """Copy the ledger that is open beside itself, before it leaves that version of the schema.

    A copy that stands there is of a migration that was cut, and older than what is here.
    """
    target = path.with_name(f"{path.name}{OF_VERSION}{version}")
    with os_errors(target):
        target.unlink(missing_ok=True)
    _copy(connection, target)
    return target


def version_backup(path: Path, newest: int) -> Path | None:
    """The copy of the ledger in the latest version of its schema up to newest, if there is one."""
    found = (path.with_name(f"{path.name}{OF_VERSION}{it}") for it in range(newest, 0, -1))
    return next((it for it in found if it.exists()), None)


def _copy(connection: Connection, target: Path) -> None:
    """By temporary name, sync, rename: no half of a copy is ever taken for one."""
    part = target.with_name(f".{target.name}.part")
    with os_errors(part):
        part.unlink(missing_ok=True)
    database.make_file(part)
    # From one snapshot, and without free pages: what was deleted is not in the copy.
    connection.execute("VACUUM INTO ?", (str(part),))
    with os_errors(target):
        database.sync(part)
        part.rename(target)
        database.sync(target.parent)
