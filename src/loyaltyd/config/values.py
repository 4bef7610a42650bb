"""What a setting may be: from what stands in a file to the value, or to what is allowed there."""

import datetime as dt
import difflib
import ipaddress
import os
import pathlib
import re
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

SOCKET_PATH_BYTES_MAX = 107  # sun_path of sockaddr_un, unix(7): 108 with the closing NUL.
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")  # may stand in a file name: no leading dot
SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)", re.ASCII)
SPAN_UNITS_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?", re.ASCII)
AID, CARD_FILE = re.compile(r"([0-9A-Fa-f]{2}){5,16}"), re.compile(r"[0-9A-Fa-f]{4}")
# ISO/IEC 7816-5: with what the applications of those who issue bank cards begin.
SCHEMES = {
    "A000000003": "Visa",
    "A000000004": "Mastercard",
    "A000000025": "American Express",
    "A000000065": "JCB",
    "A000000152": "Discover",
    "A000000324": "Discover",
    "A000000333": "UnionPay",
    "A000000658": "Mir",
}
DEVICE_URL = re.compile(r"(socket|rfc2217)://[^@/?#\s]+:\d{1,5}([/?]\S*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listen:
    """A loopback address and a port; port 0 lets the system pick one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def name(value: str) -> str:
    """A name of a chain, store, till, group or reader."""
    if not NAME.fullmatch(value):
        raise ValueError(
            "must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and not begin with a dot"
        )
    return value


def zone(value: str) -> str:
    """A time zone that this machine has rules for."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ValueError(f'must be a time zone such as "Europe/Moscow"{hint}') from error
    return value


def file_path(value: object) -> pathlib.Path:
    """A path, by now relative to nothing but the working directory."""
    if isinstance(value, pathlib.Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError('must be the path of a file, a string such as "/etc/loyaltyd/tokens"')
    return pathlib.Path(value)


def socket_path(value: pathlib.Path) -> pathlib.Path:
    """A path that fits into a socket's address."""
    length = len(os.fsencode(value))
    if length > SOCKET_PATH_BYTES_MAX:
        raise ValueError(f"has {length} bytes, and a socket's path at most {SOCKET_PATH_BYTES_MAX}")
    return value


def listen(value: object) -> Listen:
    """ADDRESS:PORT on loopback; an IPv6 address stands in brackets."""
    if isinstance(value, Listen):
        return value
    address_text, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    try:
        address = ipaddress.ip_address(address_text.removeprefix("[").removesuffix("]"))
    except ValueError:
        address = None
    if address is None or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError('must be an address and a port such as "127.0.0.1:8765"')
    if not address.is_loopback:
        raise ValueError(
            'must be on loopback, such as "127.0.0.1:8765": other machines are refused'
        )
    return Listen(str(address), int(port))


def span(value: object) -> dt.timedelta:
    """A span of time in exact milliseconds: `3d`, `12h`, `5m`, `30s`, `1.5s`, `250ms`."""
    if isinstance(value, dt.timedelta):
        return value
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        milliseconds = Decimal(match[1]) * SPAN_UNITS_MS[match[2]]
        if milliseconds == int(milliseconds):
            return dt.timedelta(milliseconds=int(milliseconds))
    raise ValueError('must be a span such as "3d", "12h", "30s" or "1.5s"')


def span_text(value: dt.timedelta) -> str:
    """Return a span as a file would say it, in the largest unit that leaves no fraction."""
    milliseconds = value // dt.timedelta(milliseconds=1)
    for unit, length in SPAN_UNITS_MS.items():
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    raise AssertionError(value)  # every whole number is so many times one


def origin(value: str) -> str:
    """A web origin as browsers send it: scheme, host, port, nothing after it."""
    if not ORIGIN.fullmatch(value):
        raise ValueError('must be an origin such as "https://pos.example", without a path')
    return value


def hq_url(value: str) -> str:
    """Where headquarters answers: https, and http for this machine alone."""
    try:
        parts = urlsplit(value)
        fits = parts.port != 0 and bool(parts.hostname) and value.isascii() and value.isprintable()
    except ValueError:
        fits = False
    if not fits or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ValueError('must be an address such as "https://hq.example:8443"')
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no name and password: settings hold no secrets")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("must be https: plain http is for this machine alone")
    return value


def host(value: str) -> str:
    """A Host header that is answered beside the loopback ones."""
    if not HOST.fullmatch(value):
        raise ValueError('must be a host such as "till-3.example" or "till-3.example:8765"')
    return value


def device(value: str) -> str:
    """Where the serial driver finds the reader."""
    # An "@" would bring a password along, and then a setting would be a secret.
    if not value or "\0" in value or ("://" in value and not DEVICE_URL.fullmatch(value)):
        raise ValueError(
            "must be a path such as "
            '"/dev/serial/by-id/…", or socket://HOST:PORT, or rfc2217://HOST:PORT'
        )
    return value


def pattern(value: str) -> str:
    """Which card reader, by the name that pcscd gives it."""
    if not value or "\0" in value:
        raise ValueError("must be a card reader's name, with * for any characters and ? for one")
    return value


def application(value: str) -> str:
    """An application identifier of ISO/IEC 7816-4, that is no bank's."""
    if not AID.fullmatch(value):
        raise ValueError('must be 5 to 16 bytes in hex such as "F04C4F59414C01"')
    scheme = SCHEMES.get(value.upper()[:10])
    if scheme:
        raise ValueError(f"is an application of {scheme}, and bank cards are never read")
    return value.upper()


def card_file(value: str) -> str:
    """A file identifier of ISO/IEC 7816-4."""
    if not CARD_FILE.fullmatch(value):
        raise ValueError('must be 2 bytes in hex such as "EF01"')
    return value.upper()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
