"""The spool: two folders of files, the only door between a till's daemon and what carries for it.

`out/` is written by the daemon and read by the courier, `in/` the other way round. A folder on a
stick or a share that headquarters imports is laid out alike. A name appears when its file is whole:
written under another one, synced, renamed. Who reads trusts neither names nor contents.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loyaltyd.domain.batch import Batch
from loyaltyd.domain.errors import LinkError
from loyaltyd.domain.record import Stream

OUT, IN = "out", "in"
BATCH, DAY = ".batch.jsonl.zst", ".day.jsonl.zst"
ACK, REFUSAL = ".ack.jsonl", ".refusal.jsonl"  # after the name of the file that is answered
FILE_MODE = 0o660  # whatever the umask: daemon and courier share a group, and nobody else may read
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NAMES_MAX = 10_000  # files looked at in one go; a till that was cut off for a year has 400

NAMED = re.compile(
    r"(?P<stream>(?P<place>.+_)[0-9a-f]{16}_)"
    r"(?:(?P<first>\d{12,})-(?P<last>\d{12,})\.batch|(?P<day>\d{8})_(?P<number>\d{6,})\.day)"
    r"\.jsonl\.zst",
    re.ASCII,
)
DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}")  # a name before its file is whole
NOT_A_FILE = {errno.ENOENT, errno.ELOOP, errno.ENXIO}  # gone; a link; a socket, or a pipe's end
# What shared and pluggable file systems say when they have no modes, or no folders to sync.
UNSUPPORTED = {errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}

Mark = tuple[int, int, int]  # a file as it was put there: a new one under its name has another


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a file's name says; place and stream are how all such names begin."""

    place: str
    stream: str
    holds: str
    records: tuple[int, int] | None = (
        None  # a batch's first and last; an empty one's last is before
    )
    number: int | None = None  # a till-day's


def place_name(chain: str, store: str, till: str) -> str:
    """How the names of all files of one till begin."""
    return f"{chain}_{store}_{till}_"


def stream_name(stream: Stream) -> str:
    """How the names of all files of one stream begin."""
    return f"{place_name(stream.chain, stream.store, stream.till)}{stream.epoch}_"


def file_name(batch: Batch) -> str:
    """The name of a batch, by its records, or of a till-day, by its date and number."""
    start = stream_name(batch.stream)
    if batch.day is not None:
        return f"{start}{batch.day.business_date:%Y%m%d}_{batch.day.number:06}{DAY}"
    return f"{start}{batch.first:012}-{batch.last:012}{BATCH}"


def named(name: str) -> Named | None:
    """Return what the name of a batch or till-day says; None for any other name."""
    match = NAMED.fullmatch(name)
    if match is None:
        return None
    place, stream = match["place"], match["stream"]
    if match["day"] is not None:
        number = int(match["number"])
        return Named(place=place, stream=stream, holds=f"till-day {number}", number=number)
    first, last = int(match["first"]), int(match["last"])
    holds = f"records {first} to {last}"
    return Named(place=place, stream=stream, holds=holds, records=(first, last))


def answered(name: str) -> str | None:
    """Return the name of the file that an answer of that name is for."""
    for suffix in (ACK, REFUSAL):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return None


class Box:
    """One folder of the spool; every method raises LinkError when the folder can't be used.

    Nor is it used where a link stands in its place: who may write beside `in/`, which the daemon
    clears, would lead it to its own ledger.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder, when missing, for the group of the one it lies in."""
        with _link_errors(self.folder):
            if self.folder.is_dir():
                return
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._opened() as folder:
            os.fchmod(folder, 0o2770)  # setgid: files belong to the group of the folder

    def names(self) -> list[str]:
        """The names of the whole files in it, sorted, at most NAMES_MAX."""
        with self._opened() as folder:
            found = sorted(_names(folder))
        return [name for name in found if not name.startswith(".")][:NAMES_MAX]

    def marks(self) -> dict[str, Mark]:
        """The plain files among `names`, each with what tells it apart."""
        names = self.names()
        with self._opened() as folder:
            marked = {name: _mark(folder, name) for name in names}
        return {name: mark for name, mark in marked.items() if mark is not None}

    def mark(self, name: str) -> Mark | None:
        """What tells the file of that name from those it had before; None when it is no more."""
        with self._opened() as folder:
            return _mark(folder, name)

    def put(self, name: str, data: bytes) -> None:
        """Put a whole file there, over one of that name, durable when this returns."""
        beside = f".{name}.{secrets.token_hex(4)}"
        with self._opened() as folder:
            try:
                _write(folder, beside, data)
                os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
                with _unsupported_is_fine():
                    os.fsync(folder)
            except OSError:
                _unlink(folder, beside)
                raise

    def rename(self, name: str, to: str) -> None:
        """Give a whole file another name, durable when this returns."""
        with self._opened() as folder:
            os.replace(name, to, src_dir_fd=folder, dst_dir_fd=folder)
            with _unsupported_is_fine():
                os.fsync(folder)

    def read(self, name: str, limit: int) -> bytes | None:
        """The first limit + 1 bytes of a file; None when it is gone, or is no plain file."""
        with self._opened() as folder:
            descriptor = self._file(folder, name)
            if descriptor is None:
                return None
            with os.fdopen(descriptor, "rb") as file:
                return file.read(limit + 1)

    def remove(self, name: str) -> None:
        """Let go of a file, if it is there."""
        with self._opened() as folder:
            _unlink(folder, name)

    def tidy(self, place: str = "") -> None:
        """Remove what a killed writer left half done; only for whoever writes there.

        place: how names begin of the one till that this is for, where others write too. Strangers'
        hidden files, such as a stick's wastebasket, stay.
        """
        with self._opened() as folder:
            for name in _names(folder):
                draft = DRAFT.fullmatch(name)
                said = named(draft[1]) if draft else None
                if draft and (not place or (said is not None and said.place == place)):
                    _unlink(folder, name)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder itself: what its name leads to later makes no difference."""
        with _link_errors(self.folder):
            descriptor = os.open(self.folder, FOLDER)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    def _file(self, folder: int, name: str) -> int | None:
        try:
            # Whoever writes there could leave a pipe, on which a reader would wait for ever.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError as error:
            if error.errno in NOT_A_FILE:
                return None
            raise _link_error(self.folder / name, error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return descriptor


class Spool:
    """Both folders; made, when missing, for the group that daemon and courier share.

    make: not for a courier. What it made would not be the daemon's, and where a stick or a share is
    not mounted it would fill the disk below.
    """

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        self.out, self.into = Box(folder / OUT), Box(folder / IN)
        for box in (self.out, self.into) if make else ():
            box.make()


def _write(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(name, flags, FILE_MODE, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        with _unsupported_is_fine():
            os.fchmod(descriptor, FILE_MODE)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _mark(folder: int, name: str) -> Mark | None:
    with contextlib.suppress(FileNotFoundError):
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(state.st_mode):
            return state.st_ino, state.st_size, state.st_mtime_ns
    return None


def _unlink(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


@contextlib.contextmanager
def _unsupported_is_fine() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise


@contextlib.contextmanager
def _link_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _link_error(folder, error) from error


def _link_error(path: Path, error: OSError) -> LinkError:
    return LinkError(f"{path}: {(error.strerror or str(error)).lower()}")
