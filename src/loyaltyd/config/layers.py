"""The layers of a till's settings, later over earlier: defaults, file, conf.d, environment, flags.

A `[[readers]]` in conf.d adds a reader; any other array replaces the one below it. A relative path
starts from the file it stands in, in the environment from the main file, in a flag from the working
directory.
"""

import dataclasses
import os
import pathlib
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard, get_args, get_origin

from loyaltyd.config.settings import Reader, Settings
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.toml import (
    TEXT_BYTES_MAX,
    Fault,
    annotations_at,
    checked,
    decoded,
    fault_at,
    keys_at,
    tree,
    unknown_key,
)
from loyaltyd.domain.toml_lines import Path, key_lines

ENVIRONMENT_PREFIX = "LOYALTYD_"
FLAGS = "command line"


Misplaced = tuple[str, Fault]  # the place's name, and what is wrong there


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting stands: a file and line, a variable, the command line."""

    name: str
    line: int | None = None

    def __str__(self) -> str:
        return self.name if self.line is None else f"{self.name}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One file's settings, not yet checked."""

    name: str
    folder: pathlib.Path
    document: Mapping[str, object]
    lines: Mapping[Path, int]


def load(
    path: pathlib.Path, *, environment: Mapping[str, str], overrides: Mapping[str, str]
) -> Settings:
    """Return the settings of the till whose file is at path; ConfigError has a line for each fault.

    environment is os.environ or a part of it; overrides are flags, {"api.listen": "[::1]:9000"}.
    """
    files = [path, *_drop_ins(path)]
    merged = _Merged(path)
    for outcome in map(_layer, files):
        if isinstance(outcome, Layer):
            merged.add(outcome)
        else:
            merged.faults.append(outcome)
    if merged.faults:  # what a broken file would have set is not missing
        raise _refused(merged.faults)
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            merged.set(name, text, merged.variables(), Place(name), path.parent)
    for name, text in overrides.items():
        merged.set(name, text, merged.flags(), Place(FLAGS), pathlib.Path())
    return merged.settings()


@dataclass(slots=True)
class _Merged:
    """The layers so far as one document, and the place of everything in it."""

    path: pathlib.Path
    document: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Misplaced] = field(default_factory=list)

    def add(self, layer: Layer) -> None:
        self._add_table(self.document, layer.document, (), (), layer)

    def set(
        self, name: str, text: str, allowed: Mapping[str, Path], place: Place, folder: pathlib.Path
    ) -> None:
        """Set what a variable or flag names; allowed says which names there are."""
        key = "" if place.name == name else name
        no = "" if name in allowed else unknown_key(name, allowed)
        if re.search(r"[\ud800-\udfff]", text):  # how Python hands over bytes that are not UTF-8
            no = "is not UTF-8 text"
        if no:
            self.faults.append((place.name, Fault(line=None, key=key, message=no)))
            return
        to = allowed[name]
        table: Any = self.document
        for step in to[:-1]:
            table = table.setdefault(step, {}) if isinstance(step, str) else table[step]
            if not isinstance(table, dict | tuple):
                return  # the file's own fault there will be told
        table[to[-1]] = _resolved(to, _typed(to, text), folder)
        self.places[to] = place

    def variables(self) -> dict[str, Path]:
        """The environment's names: LOYALTYD_API__LISTEN, LOYALTYD_READERS__COUNTER__BAUD."""
        return {
            ENVIRONMENT_PREFIX + "__".join(re.sub(r"\W|-", "_", word.upper()) for word in words): to
            for words, to in self._settable()
        }

    def flags(self) -> dict[str, Path]:
        """The names of flags and of `Settings.shown`: api.listen, readers.counter.baud."""
        return {".".join(words): to for words, to in self._settable()}

    def settings(self) -> Settings:
        """Return the document as settings, or raise ConfigError with every fault so far."""
        outcome = checked(self.document, Settings, lines=dict)
        if isinstance(outcome, Settings):
            clashes = _clashes(outcome.readers)
            faults = [fault_at(path, said, self.document, {}) for path, said in clashes]
        else:
            faults = list(outcome)
        self.faults += [self._placed(fault) for fault in faults]
        if self.faults or not isinstance(outcome, Settings):
            raise _refused(self.faults)
        sources = {
            key: str(self.places[to]) for key, to in self.flags().items() if to in self.places
        }
        return outcome.came_from(sources)

    def _add_table(
        self, below: dict[str, Any], above: Mapping[str, Any], here: Path, there: Path, layer: Layer
    ) -> None:
        """Lay the table at there in the layer over the one at here in the document."""
        for key, value in above.items():
            inner, outer = (*here, key), (*there, key)
            place = Place(layer.name, layer.lines.get(outer))
            if isinstance(value, dict):
                self.places.setdefault(inner, place)
                table = below.setdefault(key, {})
                if isinstance(
                    table, dict
                ):  # else: the lower layer's fault, told when it is checked
                    self._add_table(table, value, inner, outer, layer)
            elif inner == ("readers",) and _is_tables(value):
                self.places.setdefault(inner, place)
                below[key] = self._with_readers(below.get(key, ()), value, layer)
            else:
                self.places[inner] = place
                below[key] = _resolved(inner, value, layer.folder)

    def _with_readers(self, below: object, added: tuple[Any, ...], layer: Layer) -> object:
        if not _is_tables(below):
            return below
        readers = list(below)
        for number, reader in enumerate(added):
            here, there = ("readers", len(readers)), ("readers", number)
            self.places[here] = Place(layer.name, layer.lines.get(there))
            readers.append({})
            self._add_table(readers[-1], reader, here, there, layer)
        return tuple(readers)

    def _settable(self) -> Iterator[tuple[tuple[str, ...], Path]]:
        """Each setting's words and where they lead; a reader goes by its name."""
        tables: list[tuple[tuple[str, ...], Path]] = [
            ((table,), (table,)) for table in keys_at(Settings, ()) if table != "readers"
        ]
        readers = self.document.get("readers", ())
        for number, reader in enumerate(readers if _is_tables(readers) else ()):
            if isinstance(reader.get("name"), str):
                tables.append((("readers", reader["name"]), ("readers", number)))
        for words, to in tables:
            for key in keys_at(Settings, to):
                yield (*words, key), (*to, key)

    def _placed(self, fault: Fault) -> Misplaced:
        ends = range(len(fault.path), 0, -1)
        known = (self.places[fault.path[:end]] for end in ends if fault.path[:end] in self.places)
        place = next(known, Place(str(self.path)))
        return place.name, dataclasses.replace(fault, line=place.line)


def _drop_ins(path: pathlib.Path) -> list[pathlib.Path]:
    folder = path.parent / "conf.d"
    try:
        found = [file for file in folder.iterdir() if re.fullmatch(r"[^.].*\.toml", file.name)]
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: can't be read: {error.strerror}") from error
    return sorted(found)


def _layer(path: pathlib.Path) -> Layer | Misplaced:
    data = _contents(path)
    text = data if isinstance(data, Fault) else decoded(data)
    if isinstance(text, Fault):
        return str(path), text
    document = tree(text)
    if isinstance(document, Fault):
        return str(path), document
    return Layer(name=str(path), folder=path.parent, document=document, lines=key_lines(text))


def _contents(path: pathlib.Path) -> bytes | Fault:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            return Fault(line=None, key="", message="is not a file")
        with path.open("rb") as file:
            return file.read(TEXT_BYTES_MAX + 1)
    except OSError as error:
        return Fault(line=None, key="", message=f"can't be read: {error.strerror}")
    except ValueError:
        return Fault(line=None, key="", message="is not a path")


def _refused(faults: list[Misplaced]) -> ConfigError:
    told = sorted(faults, key=lambda each: (each[0], each[1].line or 0))
    return ConfigError("\n".join(fault.said(name) for name, fault in told))


def _typed(to: Path, text: str) -> object:
    """Text of a variable or flag as the file would have it: strings go without their quotes."""
    kinds = annotations_at(Settings, to)
    if not any(kind in {int, bool} or _is_array_or_choice(kind) for kind in kinds):
        return text
    document = tree(f"value = {text}")
    if isinstance(document, Fault) or len(document) > 1:
        return text
    return document["value"]


def _is_array_or_choice(kind: object) -> bool:
    """Whether kind is an array, or a choice among numbers."""
    if get_origin(kind) is Literal:
        return isinstance(get_args(kind)[0], int)
    return get_origin(kind) is tuple


def _resolved(path: Path, value: object, folder: pathlib.Path) -> object:
    """Return value, and a relative path as one from folder; `..` is taken by name, not by link."""
    if not isinstance(value, str) or not value:
        return value
    is_path = pathlib.Path in annotations_at(Settings, path)
    if is_path or (path[-1] == "device" and "://" not in value):
        return os.path.normpath(folder / value)
    return value


def _is_tables(value: object) -> TypeGuard[tuple[dict[str, Any], ...]]:
    return isinstance(value, tuple) and all(isinstance(item, dict) for item in value)


def _clashes(readers: tuple[Reader, ...]) -> Iterator[tuple[Path, str]]:
    """Where a reader takes what an earlier one has, and what to say of it."""
    for number, reader in enumerate(readers):
        for earlier in readers[:number]:
            if reader.name.casefold() == earlier.name.casefold():  # variables don't tell case
                yield ("readers", number, "name"), "is the name of an earlier reader"
            if reader.device and reader.device == earlier.device:
                yield ("readers", number, "device"), f'is the device of reader "{earlier.name}"'
            if not reader.device and reader.match == earlier.match and not earlier.device:
                yield ("readers", number, "match"), f'is the match of reader "{earlier.name}"'
