"""A till's settings, table by table, as config/loyaltyd.toml writes them."""

import datetime as dt
import json
import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator, Field

from loyaltyd.config import values
from loyaltyd.config.link import Link
from loyaltyd.domain.toml import Table

PLACE_MAX = 160  # characters of chain, store and till: a file system's names end at 255.
READERS_MAX = 16  # each is a thread; a till has two or three.
AT_WINDOW_MAX = dt.timedelta(days=366)
RESERVATION_TTL_MIN, RESERVATION_TTL_MAX = dt.timedelta(seconds=1), dt.timedelta(days=1)
REPEAT_WINDOW_MAX = dt.timedelta(minutes=1)
CARDS = "contactless"
CARD_KEYS = {"classic_sector", "classic_key", "classic_key_type", "aid", "file"}

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

    @pydantic.model_validator(mode="after")
    def _fits(self) -> "Till":
        """The spool's files are named by all three, and their answers and drafts after them."""
        if len(self.chain) + len(self.store) + len(self.till) > PLACE_MAX:
            raise ValueError(f"chain, store and till have together at most {PLACE_MAX} characters")
        return self


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
    reservation_ttl: Annotated[Span, Field(ge=RESERVATION_TTL_MIN, le=RESERVATION_TTL_MAX)] = (
        dt.timedelta(minutes=15)
    )
    tokens: FilePath | None = None
    rate: int = Field(default=200, ge=1, le=100_000)


class Reader(Table):
    """One reader: device is a path or URL of the serial driver, or a capture; match is pcsc's."""

    name: Name = Field(examples=["counter"])
    driver: Literal["serial", "pcsc", "replay"]
    device: Annotated[str, AfterValidator(values.device)] = ""
    match: Annotated[str, AfterValidator(values.pattern)] = "*"
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    profile: Literal["barcode", "magstripe", "contactless"]
    repeat_window: Annotated[Span, Field(ge=dt.timedelta(0), le=REPEAT_WINDOW_MAX)] = dt.timedelta(
        milliseconds=1500
    )
    classic_sector: Annotated[int, Field(ge=0, le=39)] | None = None
    classic_key: FilePath | None = Field(None, examples=["/etc/loyaltyd/keys/classic.key"])
    classic_key_type: Literal["A", "B"] = "A"
    aid: Annotated[str, AfterValidator(values.application)] | None = None
    file: Annotated[str, AfterValidator(values.card_file)] | None = None

    def has(self, key: str) -> bool:
        """Whether key says anything about a reader of this driver and profile."""
        if key in CARD_KEYS:
            return self.profile == CARDS
        if key in {"device", "baud"}:
            return self.driver != "pcsc"
        return key != "match" or self.driver == "pcsc"

    @pydantic.model_validator(mode="after")
    def _fits(self) -> "Reader":
        faults = [*self._driver_faults(), *self._card_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _driver_faults(self) -> Iterator[str]:
        """How the driver finds its device, and whether it can talk with cards, or can't but."""
        if self.driver == "pcsc":
            if self.profile != CARDS:
                yield f'driver "pcsc" needs profile "{CARDS}"'
            if self.device:
                yield 'driver "pcsc" has no device: match says which card reader'
            return
        if not self.device:
            yield f'driver "{self.driver}" needs a device'
        if "match" in self.model_fields_set:
            yield f'driver "{self.driver}" has no match: device says which'
        if self.driver == "serial" and self.profile == CARDS:
            yield f'profile "{CARDS}" needs driver "pcsc" or "replay"'

    def _card_faults(self) -> Iterator[str]:
        """Where on a card to look makes sense for cards alone, and when it is said in full."""
        alien = self.model_fields_set & CARD_KEYS
        if alien and self.profile != CARDS:
            yield f'{", ".join(sorted(alien))}: only profile "{CARDS}" has this'
        if (self.classic_sector is None) != (self.classic_key is None):
            yield "classic_sector and classic_key go together"
        # Without its application a file would be looked for on bank cards that name themselves no
        # otherwise.
        if (self.aid is None) != (self.file is None):
            yield "aid and file go together: the number is in a file of an application"


class Settings(Table):
    """All of one till's settings; link None: the till is its own headquarters."""

    till: Till
    ledger: Ledger = Ledger()
    keys: Keys = Keys()
    program: Program = Program()
    api: Api = Api()
    readers: tuple[Reader, ...] = Field(default=(), max_length=READERS_MAX)
    link: Link | None = None

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
        if self.link is not None:
            lines += [self._line(f"link.{key}", value) for key, value in self.link]
        for reader in self.readers:
            told = [(key, value) for key, value in reader if reader.has(key)]
            lines += [self._line(f"readers.{reader.name}.{key}", value) for key, value in told]
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
