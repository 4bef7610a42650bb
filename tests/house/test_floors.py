"""A module imports from its own package or from a lower floor: never up, never sideways."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.source import PACKAGE, ROOT, Source, planted, sources

FLOORS = (
    ("domain",),
    ("config", "notify", "logs", "messages", "readers", "serving", "store", "link"),
    ("till", "hq"),
    ("api",),
    ("daemon", "courier"),
    ("cli",),
    ("__main__",),
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names} | {"": -1}

# Within readers: a driver brings bytes, a profile decodes them, and neither knows the other.
APART = ({"loyaltyd.readers.profiles", "loyaltyd.readers.drivers"},)

# Within the domain: what stands in no package of it is below them all.
STOREYS = ((), ("engine",), ("books", "language"), ("trying",))
STOREY = {name: storey for storey, names in enumerate(STOREYS) for name in names}

# No I/O, no clock, no logging, no chance.
PURE = (
    "loyaltyd.domain",
    "loyaltyd.link.wire",
    "loyaltyd.readers.chips",
    "loyaltyd.readers.guard",
    "loyaltyd.readers.profiles",
)
IMPURE_MODULES = {
    *("asyncio", "io", "locale", "logging", "multiprocessing", "os", "pathlib", "random"),
    *("secrets", "select", "serial", "shutil", "signal", "socket", "sqlite3", "pysqlite3"),
    *("sqlite_utils", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time"),
    *("urllib", "urllib3", "uuid"),
}
IMPURE_FUNCTIONS = {"open", "print", "input"}
IMPURE_METHODS = {"now", "today", "utcnow"}

# All of the till's SQL is in store, all of HQ's in hq.
SQLITE = {"sqlite3", "pysqlite3", "sqlite_utils"}
SQLITE_AT = {"store", "hq"}

TOP_LEVEL = {"pyproject.toml", "README.md", "src", "tests", "config", "systemd", "tools"}


def misplaced(package: Path) -> list[str]:
    """Return a line for each import that goes up, sideways or to a neighbour kept apart."""
    found = list(sources(package))
    homeless = [f"{each.path}: on no floor" for each in found if _room(each.name) not in FLOOR]
    astray = [
        f"{source.at(node)}: {source.name} imports {target}"
        for source in found
        for node, target in _imports(source)
        if target.split(".")[0] == "loyaltyd" and not _may(source.name, target)
    ]
    return homeless + astray


def cycles(package: Path) -> list[str]:
    """Return the first circle of modules below package that import one another, or nothing."""
    found = list(sources(package))
    modules = {source.name for source in found}
    graph = {
        source.name: {_module(target, modules) for _, target in _imports(source)} - {source.name}
        for source in found
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def impure(package: Path) -> list[str]:
    """Return a line for each touch of the world by a pure module, of SQLite by any but a store."""
    faults = []
    for source in sources(package):
        barred = IMPURE_MODULES if source.name.startswith(PURE) else set()
        barred = barred | (SQLITE if _room(source.name) not in SQLITE_AT else set())
        for node, target in _imports(source):
            if target.split(".")[0] in barred:
                faults.append(f"{source.at(node)}: {source.name} imports {target}")
        if source.name.startswith(PURE):
            faults += [
                f"{source.at(call)}: {source.name} calls {name}" for call, name in _world(source)
            ]
    return faults


def test_every_module_stands_on_a_floor_and_imports_only_downwards() -> None:
    assert misplaced(PACKAGE) == []


def test_no_modules_import_in_a_circle() -> None:
    assert cycles(PACKAGE) == []


def test_the_domain_and_the_decoders_touch_nothing_and_sql_stays_in_the_stores() -> None:
    assert impure(PACKAGE) == []


def test_the_top_level_holds_exactly_what_the_map_names() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    tops = {line.split("/")[0] for line in listed.splitlines()}
    assert {top for top in tops if not top.startswith(".")} == TOP_LEVEL


def test_imports_up_sideways_and_to_a_neighbour_kept_apart_are_found(tmp_path: Path) -> None:
    package = planted(
        tmp_path,
        {
            "__init__.py": "from loyaltyd.domain import money\n",
            "domain/money.py": "from loyaltyd import store\n",
            "domain/ledger.py": "from loyaltyd.domain.engine import lots\n",
            "domain/books/sale.py": "from loyaltyd.domain.language.words import w\n",
            "domain/engine/lots.py": "from loyaltyd.domain import money\n",
            "domain/language/words.py": "from loyaltyd.domain.engine.lots import lot\n",
            "store/__init__.py": "import loyaltyd.link.wire\n",
            "store/ledger.py": "from loyaltyd.store import rows\nimport loyaltyd.domain.money\n",
            "store/rows.py": "",
            "readers/drivers/serial.py": "from loyaltyd.readers.profiles.barcode import B\n",
            "readers/profiles/barcode.py": "from loyaltyd.readers.read import CardRead\n",
            "readers/read.py": "",
            "till/cards.py": "from loyaltyd.hq import ingest\n",
            "toolbox.py": "",
        },
    )
    sale, ledger = package / "domain/books/sale.py", package / "domain/ledger.py"
    serial, barcode = "loyaltyd.readers.drivers.serial", "loyaltyd.readers.profiles.barcode"
    assert misplaced(package) == [
        f"{package / 'toolbox.py'}: on no floor",
        f"{package / '__init__.py'}:1: loyaltyd imports loyaltyd.domain.money",
        f"{sale}:1: loyaltyd.domain.books.sale imports loyaltyd.domain.language.words.w",
        f"{ledger}:1: loyaltyd.domain.ledger imports loyaltyd.domain.engine.lots",
        f"{package / 'domain/money.py'}:1: loyaltyd.domain.money imports loyaltyd.store",
        f"{package / 'readers/drivers/serial.py'}:1: {serial} imports {barcode}.B",
        f"{package / 'store/__init__.py'}:1: loyaltyd.store imports loyaltyd.link.wire",
        f"{package / 'till/cards.py'}:1: loyaltyd.till.cards imports loyaltyd.hq.ingest",
    ]


def test_a_circle_of_imports_is_found(tmp_path: Path) -> None:
    circle = {
        "domain/lot.py": "from loyaltyd.domain.wallet import Wallet\n",
        "domain/wallet.py": "from loyaltyd.domain import account\n",
        "domain/account.py": "def f() -> None:\n    from loyaltyd.domain.lot import Lot\n",
    }
    assert {name.rpartition(".")[2] for name in cycles(planted(tmp_path, circle))} == {
        *("lot", "wallet", "account"),
    }
    assert cycles(planted(tmp_path, circle | {"domain/account.py": ""})) == []


def test_the_world_in_a_pure_module_and_sql_outside_the_stores_are_found(tmp_path: Path) -> None:
    package = planted(
        tmp_path,
        {
            "domain/clock.py": "import datetime as dt\nimport os.path\nAT = dt.datetime.now()\n",
            "readers/profiles/barcode.py": "from time import monotonic\nprint(open('x'))\n",
            "store/ledger.py": "import pysqlite3\nfrom sqlite_utils import Database\n",
            "till/cards.py": "import sqlite3\n",
        },
    )
    clock, barcode = package / "domain/clock.py", package / "readers/profiles/barcode.py"
    assert impure(package) == [
        f"{clock}:2: loyaltyd.domain.clock imports os.path",
        f"{clock}:3: loyaltyd.domain.clock calls now",
        f"{barcode}:1: loyaltyd.readers.profiles.barcode imports time.monotonic",
        f"{barcode}:2: loyaltyd.readers.profiles.barcode calls print",
        f"{barcode}:2: loyaltyd.readers.profiles.barcode calls open",
        f"{package / 'till/cards.py'}:1: loyaltyd.till.cards imports sqlite3",
    ]


def _room(module: str) -> str:
    """Return what stands on a floor: what is just below loyaltyd, "" for loyaltyd itself."""
    return module.partition(".")[2].partition(".")[0]


def _imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def _module(target: str, modules: set[str]) -> str:
    """Return the module in which target, a module or a name in one, lives."""
    while target not in modules and "." in target:
        target = target.rpartition(".")[0]
    return target


def _may(importer: str, imported: str) -> bool:
    here, there = _room(importer), _room(imported)
    if here == there == "domain":
        return _may_within(_package(importer), _package(imported))
    if here == there:
        return not any(_parted(importer, imported, apart) for apart in APART)
    # What is on no floor is a name in loyaltyd/__init__.py.
    return FLOOR.get(there, -1) < FLOOR.get(here, len(FLOORS))


def _package(module: str) -> str:
    """Return the package of the domain that holds module, "" for one that stands in none."""
    name = module.split(".")[2]
    return name if name in STOREY else ""


def _may_within(importer: str, imported: str) -> bool:
    return importer == imported or STOREY.get(imported, 0) < STOREY.get(importer, 0)


def _parted(importer: str, imported: str, apart: set[str]) -> bool:
    sides = [
        {side for side in apart if f"{name}.".startswith(f"{side}.")}
        for name in (importer, imported)
    ]
    return bool(sides[0] and sides[1]) and sides[0] != sides[1]


def _world(source: Source) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_FUNCTIONS:
            yield node, node.func.id
        if isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS:
            yield node, node.func.attr
