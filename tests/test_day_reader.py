"""The reader that was written from the page alone: what a till writes passes, nothing else does."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.exceptions import InvalidSignature

from loyaltyd.domain.record import canonical
from tests.documents import ROOT
from tests.till.nights import PUBLIC, a_week, nights_at, sign, text_of
from tools import day_reader
from tools.day_reader import check

Json = Any
Steps = tuple[str | int, ...]
READER = ROOT / "tools" / "day_reader.py"
REFUSED = (ValueError, KeyError, TypeError, InvalidSignature, zstandard.ZstdError)
FREE = {("created_at",), ("day", "business_date")}  # of a manifest: a till's own word
# Of records: what is counted, folded or placed, and what is summed. The rest only hashes hold.
COUNTED = {"postings", "counters", "type", "business_date", "seq", "v", *day_reader.NAMES}
SUMMED = {"gross", "money", "refund"}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return a_week(tmp_path_factory.mktemp("week"))


def packed(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(text)


def leaves(value: Json, at: Steps = ()) -> Iterator[Steps]:
    """The way to each string and integer in value."""
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[step], (*at, step))
    else:
        yield at


def altered(value: Json, at: Steps) -> Json:
    """A copy of value that holds something else there, of the same type."""
    value = json.loads(json.dumps(value))
    inner = value
    for step in at[:-1]:
        inner = inner[step]
    was = inner[at[-1]]
    digit = "1" if isinstance(was, str) and was[-1:] == "0" else "0"
    inner[at[-1]] = was + 1 if isinstance(was, int) else was[:-1] + digit
    return value


def signed(above: list[str], manifest: Json) -> bytes:
    """A file that the till has signed, whatever stands in it."""
    line = canonical(manifest)
    closing: Json = {
        "v": 1,
        "type": "signature",
        "signature": sign(f"loyaltyd batch 1\n{line}".encode()),
    }
    return packed("".join(f"{it}\n" for it in (*above, line, canonical(closing))).encode())


def is_noticed(files: list[bytes]) -> bool:
    try:
        check(PUBLIC, files)
    except REFUSED:
        return True
    return False


def test_a_week_of_a_real_till_passes(week: list[bytes]) -> None:
    assert check(PUBLIC, week) == 16
    again = [signed(*parts(file)) for file in week[:1]]
    assert check(PUBLIC, again) == 3  # signing anew is no alteration: what follows is one


def parts(file: bytes) -> tuple[list[str], Json]:
    """The lines above a file's manifest, and the manifest."""
    *above, manifest, _ = text_of(file).splitlines()
    return above, json.loads(manifest)


def test_a_changed_byte_is_noticed_wherever_it_is(week: list[bytes]) -> None:
    text = text_of(week[0]).encode()
    for place in range(0, len(text), 5):
        other = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        assert is_noticed([packed(other)]), place


@pytest.mark.parametrize("cut", [1, 100])
def test_a_file_that_is_cut_or_goes_on_is_noticed(week: list[bytes], cut: int) -> None:
    assert is_noticed([week[0][:-cut]])
    assert is_noticed([week[0] + b"x" * cut])
    text = text_of(week[0]).encode()
    assert is_noticed([packed(text[:-cut])])
    assert is_noticed([packed(text + b"\n" * cut)])


@pytest.mark.parametrize("number", range(5))
def test_each_member_of_a_manifest_is_held_by_the_lines_though_the_till_signed_another(
    week: list[bytes], number: int
) -> None:
    above, manifest = parts(week[number])
    found = set(leaves(manifest))
    free = {at for at in found if is_free(week, number, signed(above, altered(manifest, at)))}
    assert len(found) > 10
    assert free == FREE


def is_free(week: list[bytes], number: int, file: bytes) -> bool:
    return not is_noticed([*week[:number], file])


@pytest.mark.parametrize("number", range(5))
def test_each_amount_of_a_record_is_held_by_totals_and_state_though_the_till_chained_another(
    week: list[bytes], number: int
) -> None:
    above, manifest = parts(week[number])
    for place in range(1, len(above) - manifest["people"]):
        record = json.loads(above[place])
        for at in filter(partial(is_held, record), leaves(record)):
            lines = [*above]
            lines[place] = canonical(altered(record, at))
            assert is_noticed([*week[:number], chained(lines, manifest)]), at


def is_held(record: Json, at: Steps) -> bool:
    """Whether totals or state are made of what stands there."""
    taken_off = "effects" in at and at[-1] == "amount"
    card = at[0] == "card" and record["type"] == "card"  # elsewhere only if it was unknown
    return at[0] in COUNTED or at[-1] in SUMMED or taken_off or card


def chained(above: list[str], manifest: Json) -> bytes:
    """Those lines under that manifest, whose chain and hashes are theirs."""
    count = manifest["last"] - manifest["first"] + 1
    head = bytes.fromhex(manifest["previous"])
    for line in above[1 : 1 + count]:
        head = hashlib.sha256(head + line.encode()).digest()
    whole = "".join(f"{line}\n" for line in above).encode()
    made = {**manifest, "head": head.hex(), "sha256": hashlib.sha256(whole).hexdigest()}
    return signed(above, made)


@pytest.mark.parametrize(
    "mixed",
    [
        lambda week: week[1:],
        lambda week: [week[0], *week[2:]],
        lambda week: [week[0], week[0], *week[1:]],
        lambda week: [week[1], week[0]],
        lambda week: [*week[:3], week[4], week[3]],
        lambda week: [packed(text_of(week[0]).encode()), week[1]],
    ],
    ids=["first", "middle", "twice", "swapped", "swapped-later", "packed-anew"],
)
def test_a_file_that_is_missing_or_misplaced_is_noticed(
    week: list[bytes], mixed: Callable[[list[bytes]], list[bytes]]
) -> None:
    assert is_noticed(mixed(week))


def test_another_tills_key_and_another_ledgers_files_are_noticed(
    week: list[bytes], tmp_path: Path
) -> None:
    with pytest.raises(InvalidSignature):
        check("ab" * 32, week)
    with nights_at(tmp_path) as nights:
        nights.export()
        (other,) = nights.files()
    assert check(PUBLIC, [other]) == 0
    assert is_noticed([other, *week[1:]])


def test_what_a_type_of_a_later_version_holds_is_counted_and_not_folded(week: list[bytes]) -> None:
    above, manifest = parts(week[4])
    record = {**json.loads(above[1]), "type": "teleport"}
    totals = manifest["day"]["totals"]
    totals["dates"][0]["type"] = "teleport"
    lying = chained([above[0], canonical(record)], manifest)
    with pytest.raises(ValueError, match=r"wrong in the state$"):
        check(PUBLIC, [*week[:4], lying])
    manifest["day"]["state"] = parts(week[3])[1]["day"]["state"]
    assert check(PUBLIC, [*week[:4], chained([above[0], canonical(record)], manifest)]) == 16


def test_the_command_says_what_it_found(week: list[bytes], tmp_path: Path) -> None:
    for number, file in enumerate(week):
        (tmp_path / f"{number}.zst").write_bytes(file)
    paths = [str(it) for it in sorted(tmp_path.iterdir())]
    run = [sys.executable, "-I", str(READER), PUBLIC]
    good = subprocess.run([*run, *paths], capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout) == (0, "OK  5 files, 16 records\n")
    bad = subprocess.run([*run, *paths[1:]], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "file 1: wrong in the place after the file before" in bad.stderr


def test_it_uses_nothing_of_the_package_and_is_short() -> None:
    tree = ast.parse(READER.read_text("utf-8"))
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [it.name for it in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules - sys.stdlib_module_names == {"zstandard", "cryptography"}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    lines = [(it.body[-1].end_lineno or 0) - it.body[1].lineno + 1 for it in functions]
    assert sum(lines) <= 75
