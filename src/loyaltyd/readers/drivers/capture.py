"""The text of a capture file, which each recorded reader plays in a way of its own."""

from pathlib import Path

from loyaltyd.domain.errors import ReaderError

CAPTURE_CHARACTERS_MAX = 8_000_000  # an hour of a line at 9600 baud that never rests, in hex


def captured_lines(path: str) -> list[tuple[int, str]]:
    """Return the lines that say something, with their places from 1; raises ReaderError."""
    try:
        with Path(path).open(encoding="ascii", errors="replace") as file:
            text = file.read(CAPTURE_CHARACTERS_MAX + 1)
    except OSError as error:
        raise ReaderError(f"{path}: {error.strerror}") from error
    if len(text) > CAPTURE_CHARACTERS_MAX:
        raise ReaderError(f"{path}: longer than {CAPTURE_CHARACTERS_MAX} characters")
    bare = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [(place, line) for place, line in enumerate(bare, start=1) if line]
