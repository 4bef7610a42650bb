"""Who may call: the token file, and the page's one-use code and cookie."""

import hashlib
import hmac
import pathlib
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from loyaltyd.domain.errors import ConfigError

TOKENS_MAX = 64  # a till has a handful of programs; more is another file by mistake.
FILE_BYTES_MAX = 64 * 1024
CODES_MAX = 8  # unused page codes at a time: one per screen of a till, with room.
CODE_S = 120  # from the call that makes a code to the browser that opens with it.
COOKIE_S = 24 * 3600  # a page stays open for a trading day.
LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64})\s+(?P<scopes>[a-z,]+)\s+(?P<hash>[0-9a-f]{64})")


class Scope(StrEnum):
    """What a token may do; status is what any caller with a token may see."""

    STATUS = "status"
    EVENTS = "events"
    QUOTE = "quote"
    COMMIT = "commit"
    MANAGER = "manager"
    EXPORT = "export"  # of its own: a nightly timer needs no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls; numbers: whether its events carry card numbers in full."""

    name: str
    scopes: frozenset[Scope]
    numbers: bool


NOBODY = Caller(name="nobody", scopes=frozenset(), numbers=False)
NEIGHBOUR = Caller(name="socket", scopes=frozenset((Scope.STATUS,)), numbers=False)
LOOPBACK = Caller(name="loopback", scopes=frozenset(Scope), numbers=True)
PAGE = Caller(
    name="page", scopes=frozenset((Scope.STATUS, Scope.EVENTS, Scope.QUOTE)), numbers=False
)
OPEN_PAGE = Caller(name="page", scopes=frozenset(Scope), numbers=False)


def token_hash(token: str) -> str:
    """Return what the file keeps of a token: tokens are random, SHA-256 gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def tokens_in(path: pathlib.Path) -> dict[str, Caller]:
    """Return the callers of a token file by the hashes of their tokens.

    A line is `NAME SCOPES HASH`: scopes joined by commas, the hash as `printf %s TOKEN | sha256sum`
    prints it. Empty lines and what follows a # don't count.
    """
    text = _private_text(path)
    callers: dict[str, Caller] = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].strip()
        if content:
            digest, caller = _entry(content, f"{path}:{number}")
            callers[digest] = caller
    if not 0 < len(callers) <= TOKENS_MAX:
        raise ConfigError(f"{path}: holds {len(callers)} tokens, and 1 to {TOKENS_MAX} are allowed")
    return callers


@dataclass(slots=True)
class Tokens:
    """The callers known; callers None: no tokens are configured and loopback needs none."""

    key: bytes = field(repr=False)  # signs the pages' cookies
    now_s: Callable[[], int]  # seconds since the epoch
    callers: Mapping[str, Caller] | None = None
    _codes: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def configured(self) -> bool:
        """Whether callers need a token."""
        return self.callers is not None

    def bearer(self, token: str) -> Caller | None:
        """Return whose token this is; every entry is compared, each in constant time."""
        digest, found = token_hash(token), None
        for known, caller in (self.callers or {}).items():
            if hmac.compare_digest(known, digest):
                found = caller
        return found

    def page_code(self) -> str:
        """Return a code that opens one page once, within CODE_S."""
        now = self.now_s()
        fresh = [(code, until) for code, until in self._codes.items() if until > now]
        code = secrets.token_urlsafe(16)
        self._codes = dict([*fresh[-(CODES_MAX - 1) :], (code, now + CODE_S)])
        return code

    def page_cookie(self, code: str) -> str | None:
        """Take code and return the cookie that it opens, or None: unknown, used or too old."""
        until = self._codes.pop(code, 0)
        return self.fresh_cookie() if until > self.now_s() else None

    def fresh_cookie(self) -> str:
        """Return a cookie for a page, good for COOKIE_S and over restarts; HttpOnly, Strict."""
        until = str(self.now_s() + COOKIE_S)
        return f"{until}.{self._mac(until)}"

    def page(self, cookie: str) -> Caller | None:
        """Return the page's caller, when the cookie is one of ours and still good."""
        until, _, mac = cookie.partition(".")
        if not re.fullmatch(r"[0-9]{1,12}", until) or not mac.isascii():
            return None
        if not hmac.compare_digest(mac, self._mac(until)) or int(until) <= self.now_s():
            return None
        return PAGE if self.configured else OPEN_PAGE

    def _mac(self, until: str) -> str:
        # Who got a cookie while nobody needed a token has none once tokens are configured.
        door = "guarded" if self.configured else "open"
        return hmac.new(self.key, f"{door} page\x1f{until}".encode(), hashlib.sha256).hexdigest()


def _private_text(path: pathlib.Path) -> str:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise ConfigError(
                f"{path}: must be a file that only its owner may read: chmod 600 {path}"
            )
        if state.st_size > FILE_BYTES_MAX:
            raise ConfigError(f"{path}: is larger than {FILE_BYTES_MAX} bytes: not a token file")
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8") from error


def _entry(content: str, place: str) -> tuple[str, Caller]:
    match = LINE.fullmatch(content)
    if match is None:
        raise ConfigError(
            f"{place}: must be NAME SCOPES HASH, such as: pos quote,commit 5f2c… (64 hex digits)"
        )
    granted = _scopes(match["scopes"].split(","), place)
    caller = Caller(name=match["name"], scopes=granted, numbers=Scope.EVENTS in granted)
    return match["hash"], caller


def _scopes(names: Iterable[str], place: str) -> frozenset[Scope]:
    allowed = [scope.value for scope in Scope if scope is not Scope.STATUS]
    for name in names:
        if name not in allowed:
            raise ConfigError(f'{place}: scope "{name}" is not one of {", ".join(allowed)}')
    return frozenset((Scope.STATUS, *map(Scope, names)))
