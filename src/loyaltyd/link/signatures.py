"""The till's own key and the chain's, files that only their owner may read; headquarters' half."""

import hashlib
import hmac
import json
import os
import pathlib
import secrets
import stat

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from loyaltyd.domain.errors import ConfigError
from loyaltyd.link.wire import VERSION

KEY_BYTES = 32  # an Ed25519 seed (RFC 8032), and the HMAC key that makes account ids
LINE_BYTES_MAX = 4096  # of a public line, which has a hundred


def till_key(path: pathlib.Path, *, make: bool = True) -> Ed25519PrivateKey:
    """Return the key that signs for this till, made at its first start; ConfigError if unusable.

    make: for the daemon alone, whose own file it must be.
    """
    return Ed25519PrivateKey.from_private_bytes(_made_or_kept(path) if make else _kept(path))


def chain_key(path: pathlib.Path, *, make: bool) -> bytes:
    """Return the chain's 32 bytes; make: a till that is its own chain draws them at first start.

    Any other till must be given the chain's: drawn anew, its cards would open other accounts.
    """
    return _made_or_kept(path) if make else _kept(path)


def hq_public(path: pathlib.Path) -> str:
    """Return headquarters' public key, 64 hex digits, from the line that it gives out.

    ConfigError when the file can't be read, or holds anything else: a till's line, say.
    """
    if not path.is_file():  # a pipe would be waited for
        raise ConfigError(f"{path}: the key can't be read: there is no such file")
    try:
        with path.open("rb") as file:
            return _hq_key(file.read(LINE_BYTES_MAX))
    except OSError as error:
        raise ConfigError(f"{path}: the key can't be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        said = "is not headquarters' key: `loyaltyd hq pub` prints it there"
        raise ConfigError(f"{path}: {said}") from error


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public half, 64 hex digits, as the ledger's header names its till."""
    return key.public_key().public_bytes_raw().hex()


def derived(key: Ed25519PrivateKey, purpose: str) -> bytes:
    """Return 32 bytes for a purpose of this till's own, which tell nothing of its key."""
    return hmac.new(key.private_bytes_raw(), purpose.encode(), hashlib.sha256).digest()


def signature(key: Ed25519PrivateKey, message: bytes) -> str:
    """Sign message; 128 hex digits."""
    return key.sign(message).hex()


def is_signed(public: str, message: bytes, signed: str) -> bool:
    """Whether signed is message's signature under the public key, both as hex; never raises."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signed), message)
    except (ValueError, InvalidSignature):
        return False
    return True


def _hq_key(line: bytes) -> str:
    facts = json.loads(line)
    if (facts["type"], facts["v"]) != ("hq", VERSION):
        raise ValueError("a line of another type or version")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(facts["key"]))
    return key.public_bytes_raw().hex()


def _made_or_kept(path: pathlib.Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise ConfigError(f"{path}: the key can't be made: {error.strerror}") from error
    return _kept(path)


def _kept(path: pathlib.Path) -> bytes:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise ConfigError(
                f"{path}: must be a file that only its owner may read: chmod 600 {path}"
            )
        if state.st_size != KEY_BYTES:
            raise ConfigError(f"{path}: holds {state.st_size} bytes, and a key has {KEY_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the key can't be read: {error.strerror}") from error


def _make(path: pathlib.Path) -> None:
    """Put a whole, synced key at path, unless somebody else has by then."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike rename, it never replaces a key
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
