import threading
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers import DRIVERS
from loyaltyd.readers.drivers.capture import CAPTURE_CHARACTERS_MAX
from loyaltyd.readers.drivers.replay import ReplayDriver

CAPTURE = """
# a card, in two pieces
0 32 39 39 30
1 30303030 30303030 31390d   # CR
"""


def capture(tmp_path: Path, text: str) -> str:
    path = tmp_path / "swipes.capture"
    path.write_text(text)
    return str(path)


def test_a_capture_plays_its_bytes_in_order_and_then_stays_silent(tmp_path: Path) -> None:
    port = DRIVERS["replay"](capture(tmp_path, CAPTURE), 9600).open()
    assert [port.read(), port.read()] == [b"2990", b"0000000019\r"]
    assert port.read() == b""
    port.close()


def test_a_long_delay_passes_in_reads_that_bring_nothing(tmp_path: Path) -> None:
    port = ReplayDriver(capture(tmp_path, "700 41")).open()
    assert [port.read(), port.read()] == [b"", b"A"]


def test_closing_lets_a_waiting_read_return(tmp_path: Path) -> None:
    port = ReplayDriver(capture(tmp_path, "")).open()
    reader = threading.Thread(target=port.read)
    reader.start()
    port.close()
    reader.join(20)
    assert not reader.is_alive()


@pytest.mark.parametrize(
    "line", ["41", "x 41", "-1 41", "10 4", "10 4g", "10", "1.5 41", "10 41 4111111111111111x", "é"]
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    driver = ReplayDriver(capture(tmp_path, f"# card\n0 41\n{line}\n"))
    with pytest.raises(ReaderError, match=r"swipes\.capture:3: not milliseconds") as caught:
        driver.open()
    assert "4111" not in str(caught.value)


def test_a_missing_or_endless_capture_is_a_reader_error(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="No such file"):
        ReplayDriver(str(tmp_path / "none")).open()
    with pytest.raises(ReaderError, match="longer than"):
        ReplayDriver(capture(tmp_path, "#" * (CAPTURE_CHARACTERS_MAX + 1))).open()
