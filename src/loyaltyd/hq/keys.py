"""Headquarters' own key, which signs every answer, and the file by which tills know it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.errors import StoreError
from loyaltyd.link.signatures import public_hex, till_key
from loyaltyd.link.wire import public_line
from loyaltyd.store.database import os_errors

KEY, PUBLIC = "hq.key", "hq.pub"


def hq_key(folder: Path) -> Ed25519PrivateKey:
    """Return headquarters' key, made at first use, with hq.pub beside it; ConfigError."""
    with os_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = till_key(folder / KEY)
    _write_public(folder / PUBLIC, hq_line(key))
    return key


def hq_line(key: Ed25519PrivateKey) -> str:
    """What a till's [link] hq_key file holds."""
    return public_line(None, public_hex(key))


def _write_public(path: Path, line: str) -> None:
    try:
        if path.exists() and path.read_text("utf-8") == line:
            return
        path.write_text(line, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: the public key can't be written: {error}") from error
