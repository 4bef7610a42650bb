from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError
from loyaltyd.readers.key_file import classic_key

KEY = bytes.fromhex("A0B1C2D3E4F5")


def key_file(folder: Path, data: bytes, mode: int = 0o600) -> Path:
    path = folder / "classic.key"
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("data", [KEY, b"A0B1C2D3E4F5", b" a0b1c2d3e4f5\n", b"\n\n\n\n\n\n"])
def test_a_key_is_six_bytes_or_their_hex(tmp_path: Path, data: bytes) -> None:
    assert classic_key(key_file(tmp_path, data)) == (KEY if len(data) > 6 else data)


@pytest.mark.parametrize("data", [b"", KEY[:5], KEY + b"\n", b"A0B1C2D3E4", b"A0 B1 C2 D3 E4 F5"])
def test_anything_else_is_refused_and_not_quoted(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ConfigError, match="must hold 6 bytes") as caught:
        classic_key(key_file(tmp_path, data))
    assert "B1" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, KEY, mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        classic_key(path)


def test_a_key_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        classic_key(tmp_path / "none")
    with pytest.raises(ConfigError, match="must be a file"):
        classic_key(tmp_path)
