"""The key of a MIFARE Classic sector: a file that only its owner may read."""

import pathlib
import re
import stat

from loyaltyd.domain.errors import ConfigError
from loyaltyd.readers.chips.classic import KEY_BYTES

FILE_BYTES_MAX = 64  # twelve digits, and whatever blanks an editor put around them
HEX = re.compile(rb"\s*([0-9A-Fa-f]{12})\s*")


def classic_key(path: pathlib.Path) -> bytes:
    """Return the 6 bytes in the file, as they are or as 12 hex digits; raises ConfigError."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise ConfigError(
                f"{path}: must be a file that only its owner may read: chmod 600 {path}"
            )
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise ConfigError(f"{path}: the key can't be read: {error.strerror}") from error
    digits = HEX.fullmatch(data)
    if digits is None and len(data) != KEY_BYTES:
        raise ConfigError(f"{path}: must hold {KEY_BYTES} bytes, as they are or as 12 hex digits")
    return bytes.fromhex(digits[1].decode()) if digits else data
