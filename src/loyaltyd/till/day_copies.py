"""The till-days beside the ledger: with a link each stays until headquarters has that very file.

They hold names, so a copy goes with its acknowledgement. Until then `out/` is held against it: what
somebody took, emptied or damaged there is put back, for no till-day can be made a second time.
"""

from functools import partial

from loyaltyd.domain.errors import LinkError
from loyaltyd.link.spool import Box, Mark, named, stream_name
from loyaltyd.link.wire import FILE_BYTES_MAX, file_hash
from loyaltyd.store.days import DayFile
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import View

DAYS = "days"  # the folder beside the ledger
AT_ONCE = 100  # looked into at a time, each of at most a MiB; the next look goes on


class DayCopies:
    """The copies of one ledger's till-days, in box; for one thread at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._stream = ledger, stream_name(ledger.stream)
        self._seen: dict[str, Mark | None] = {}  # what lay in `out/` when it was last looked into
        self.box = Box(ledger.path.parent / DAYS)

    def make(self) -> None:
        """Make the folder, when missing, for the daemon alone."""
        folder = self.box.folder
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LinkError(f"{folder}: {error.strerror}") from error

    def doubt(self) -> None:
        """Look into all files again, also those that seem to be as they were left."""
        self._seen.clear()

    def settle(self, out: Box) -> None:
        """Hold out against the ledger: what isn't answered lies there as it was made, the rest not.

        Only what has changed there since the last time is read.
        """
        self.make()
        marks = out.marks()
        # By number: a clock that was set back gives a later till-day an earlier date in its name.
        names = sorted(filter(self._is_ours, {*self.box.names(), *marks}), key=_number)
        self._seen = {name: self._seen[name] for name in names if name in self._seen}
        changed = [it for it in names if it not in self._seen or self._seen[it] != marks.get(it)]
        failures = []
        for name in changed[:AT_ONCE]:
            try:
                self._settle(out, name, is_there=name in marks)
            except LinkError as error:  # a folder of that name, say: the others must not wait
                failures.append(error)
        if failures:
            raise failures[0]

    def _is_ours(self, name: str) -> bool:
        said = named(name)
        return said is not None and said.number is not None and said.stream == self._stream

    def _settle(self, out: Box, name: str, *, is_there: bool) -> None:
        day = self._ledger.read(partial(_day_named, name)).result()
        if day is None:
            pass  # this ledger never made it: it is older than the file, a copy that was put back
        elif day.is_told:
            out.remove(name)
            self.box.remove(name)
        elif not is_there or not _is(day, out.read(name, FILE_BYTES_MAX)):
            data = self.box.read(name, FILE_BYTES_MAX)
            if data is not None and _is(day, data):
                out.put(name, data)
            else:
                out.remove(name)  # both are spoilt: headquarters would refuse it for ever
        self._seen[name] = out.mark(name)


def _number(name: str) -> tuple[int, str]:
    said = named(name)
    return (said.number or 0 if said else 0, name)


def _day_named(name: str, view: View) -> DayFile | None:
    said = named(name)
    day = None if said is None or said.number is None else view.day(said.number)
    return day if day is not None and day.name == name else None


def _is(day: DayFile, data: bytes | None) -> bool:
    return data is not None and file_hash(data) == day.file
