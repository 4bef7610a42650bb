"""A till's settings, table by table, as config/loyaltyd.toml writes them."""

import datetime as dt
import json
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator, Field

from loyaltyd.config import values
from loyaltyd.domain.toml import Table

READERS_MAX = 16  # each is a thread; a till has two or three.
AT_WINDOW_MAX = dt.timedelta(days=366)
REPEAT_WINDOW_MAX = dt.timedelta(minutes=1)

Name = Annotated[str, AfterValidator(values.name)]
FilePath = Annotated[pathlib.Path, BeforeValidator(values.file_path)]
Span = Annotated[dt.timedelta, BeforeValidator(values.span)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A line of `check-config --show`: the value as TOML would have it, and what set it."""

    key: str
    value: str
    source: str


class Till(Table):
    """Which till of which chain this is; timezone None: the program's."""

    chain: Name = Field(examples=["zelenka"])
    store: Name = Field(examples=["msk-017"])
    till: Name = Field(examples=["3"])
    group: Name | None = Field(default=None, examples=["main-hall"])
    timezone: Annotated[str, AfterValidator(values.zone)] | None = Field(
        None, examples=["Europe/Moscow"]
    )
    language: Literal["ru", "en"] = "ru"


class Ledger(Table):
    """Where the till's SQLite file is."""

    path: FilePath = pathlib.Path("/var/lib/loyaltyd/ledger.db")


class Keys(Table):
    """Files of mode 0600; None: made beside the ledger at first start."""

    till: FilePath | None = None
    chain: FilePath | None = None


class Program(Table):
    """The program to start with."""

    path: FilePath = pathlib.Path("/etc/loyaltyd/program.toml")


class Api(Table):
    """Who may call, and where; rate is in requests a second from one caller."""

    listen: Annotated[values.Listen, BeforeValidator(values.listen)] = values.Listen(
        "127.0.0.1", 8765
    )
    socket: (
        Annotated[
            pathlib.Path, BeforeValidator(values.file_path), AfterValidator(values.socket_path)
        ]
        | None
    ) = None
    origins: tuple[Annotated[str, AfterValidator(values.origin)], ...] = ()
    hosts: tuple[Annotated[str, AfterValidator(values.host)], ...] = ()
    at_window: Annotated[Span, Field(ge=dt.timedelta(0), le=AT_WINDOW_MAX)] = dt.timedelta(days=3)
    tokens: FilePath | None = None
    rate: int = Field(default=200, ge=1, le=100_000)


class Reader(Table):
    """One card reader: device is a path or a URL of the serial driver, a capture for replay."""

    not_built: ClassVar[frozenset[str]] = frozenset({"match"})

    name: Name = Field(examples=["counter"])
    driver: Annotated[Literal["serial", "replay"], BeforeValidator(values.driver)]
    device: Annotated[str, AfterValidator(values.device)] = ""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    profile: Annotated[Literal["barcode", "magstripe"], BeforeValidator(values.profile)]
    repeat_window: Annotated[Span, Field(ge=dt.timedelta(0), le=REPEAT_WINDOW_MAX)] = dt.timedelta(
        milliseconds=1500
    )

    @pydantic.model_validator(mode="after")
    def _has_device(self) -> "Reader":
        """A pcsc reader has none, and should hear only that it isn't built."""
        if not self.device:
            raise ValueError(f'driver "{self.driver}" needs a device')
        return self


class Settings(Table):
    """All of one till's settings."""

    not_built: ClassVar[frozenset[str]] = frozenset({"link"})

    till: Till
    ledger: Ledger = Ledger()
    keys: Keys = Keys()
    program: Program = Program()
    api: Api = Api()
    readers: tuple[Reader, ...] = Field(default=(), max_length=READERS_MAX)

    _sources: Mapping[str, str] = pydantic.PrivateAttr(default_factory=dict)

    @property
    def till_key(self) -> pathlib.Path:
        """The Ed25519 key that signs batches: where it is, or is to be made."""
        return self.keys.till or self.ledger.path.parent / "till.key"

    @property
    def chain_key(self) -> pathlib.Path:
        """The chain's 32 bytes that make account ids: where they are, or are to be made."""
        return self.keys.chain or self.ledger.path.parent / "chain.key"

    def came_from(self, sources: Mapping[str, str]) -> "Settings":
        """Remember for each key, as `shown` writes it, which layer set it."""
        self._sources = dict(sources)
        return self

    def shown(self) -> list[Shown]:
        """Every setting with its value and layer; secrets stand in files, never in settings."""
        lines = [
            self._line(f"{table}.{key}", value)
            for table in ("till", "ledger", "keys", "program", "api")
            for key, value in getattr(self, table)
        ]
        for reader in self.readers:
            lines += [self._line(f"readers.{reader.name}.{key}", value) for key, value in reader]
        return lines

    def _line(self, key: str, value: object) -> Shown:
        source = self._sources.get(key, "default")
        made = {"keys.till": self.till_key, "keys.chain": self.chain_key}.get(key)
        if value is None and made is not None:
            return Shown(key=key, value=_as_toml(made), source="default: beside the ledger")
        return Shown(key=key, value=_as_toml(value), source=source)


def _as_toml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, dt.timedelta):
        return f'"{values.span_text(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(_as_toml(item) for item in value)}]"
    return str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False)
