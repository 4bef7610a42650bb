"""What a process did to the files of a folder, and what it answered, in the kernel's order."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALLS = (
    "openat,pwrite64,write,ftruncate,fallocate,fdatasync,fsync,unlink,unlinkat,rename,renameat,"
    "renameat2,msync,pwritev"
)
CALL = re.compile(r"^(?:\[pid +)?(\d+)\]? +(\w+)\((.*)\) = (-?\d+)")
HEX = r'"((?:\\x[0-9a-f]{2})*)"'
DESCRIPTOR = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")
STDOUT = "1"


@dataclass(frozen=True, slots=True)
class Op:
    """One call that changed a file of the folder or its names; or an answer that left."""

    kind: str  # create write truncate sync unlink rename sync_folder answer
    name: str = ""
    offset: int = 0  # of a write; a truncate's length
    data: bytes = field(default=b"", repr=False)
    to: str = ""  # of a rename


def recorded(folder: Path, receipts: int, synchronous: int = 2) -> list[Op]:
    """Run the workload on a ledger in folder, under strace."""
    trace = folder.with_name(f"{folder.name}.trace")
    folder.mkdir()
    command = [
        *("strace", "-f", "-y", "-xx", "-s", "4000000", "-e", f"trace={CALLS}", "-o", str(trace)),
        *(sys.executable, "-m", "tests.powercut.workload"),
        *(str(folder / "ledger.db"), str(receipts), str(synchronous)),
    ]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    try:
        return list(ops(trace, folder))
    finally:
        trace.unlink()


def ops(trace: Path, folder: Path) -> Iterator[Op]:
    """Read a trace; ValueError for a call that the model of the disk doesn't know."""
    with trace.open() as lines:
        for line in whole_lines(lines):
            call = CALL.match(line)
            if call is not None and int(call[4]) >= 0:
                yield from _op(call[2], call[3], folder)


def whole_lines(lines: Iterator[str]) -> Iterator[str]:
    """Put calls together that strace cut in two because another thread called meanwhile."""
    begun: dict[str, str] = {}
    for line in lines:
        pid = line.split(maxsplit=1)[0]
        start, cut, _ = line.partition(" <unfinished ...>")
        if cut:
            begun[pid] = start
        elif (resumed := re.match(r"\d+ +<\.\.\. \w+ resumed>(.*)", line, re.DOTALL)) is not None:
            yield begun.pop(pid, "") + resumed[1]
        else:
            yield line


def _op(call: str, arguments: str, folder: Path) -> Iterator[Op]:
    if call == "openat":
        name = _name(_texts(arguments)[-1], folder)
        if name and "O_CREAT" in arguments:
            yield Op("create", name)
    elif call in {"unlink", "unlinkat"}:
        if name := _name(_texts(arguments)[-1], folder):
            yield Op("unlink", name)
    elif call.startswith("rename"):
        old, new = (_name(text, folder) for text in _texts(arguments)[-2:])
        if old or new:
            yield Op("rename", old, to=new)
    else:
        yield from _on_a_descriptor(call, arguments, folder)


def _on_a_descriptor(call: str, arguments: str, folder: Path) -> Iterator[Op]:
    found = DESCRIPTOR.match(arguments)
    if found is None:
        return
    rest = arguments[found.end() :]
    if call == "write" and found[1] == STDOUT:
        yield Op("answer", data=_bytes(_texts(rest)[0]))
        return
    if Path(_bytes(found[2]).decode(errors="replace")) == folder and call in {"fsync", "fdatasync"}:
        yield Op("sync_folder")
        return
    name = _name(found[2], folder)
    if not name:
        return
    if call in {"fsync", "fdatasync"}:
        yield Op("sync", name)
    elif call == "pwrite64":
        yield Op("write", name, int(rest.rsplit(", ", 1)[1]), _bytes(_texts(rest)[0]))
    elif call == "ftruncate":
        yield Op("truncate", name, int(rest.rsplit(", ", 1)[1]))
    else:
        raise ValueError(f"{call} of {name}")


def _texts(arguments: str) -> list[str]:
    return re.findall(HEX, arguments)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _name(text: str, folder: Path) -> str:
    """The name of a file in folder; "" for one elsewhere, and for what outlives no power cut."""
    path = Path(_bytes(text).decode(errors="replace"))
    inside = path.parent == folder and not path.name.endswith(("-shm", ".lock"))
    return path.name if inside else ""
