"""A recorded card reader plays its cards as they came, answered and went."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers import SLOT_DRIVERS
from loyaltyd.readers.drivers.transcript import TranscriptDriver, TranscriptSlot
from loyaltyd.readers.port import Sight
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, Dialogue, Told, Unread
from tests.documents import PAGES, blocks
from tests.readers.vectors import own

PAGE = next(page for page in PAGES if page.stem == "readers")

TAPS = """
0 card 3B8F8001804F0CA0000003060300030000000068   # an NTAG213
> FFCA000000
< 04A1B2C3D4E5F6 9000
> FFB0000310
< E1101200 0314D101 10540265 6E323939 9000
> FFB0000710
< 30303030 30303030 3139FE00 00000000 9000
1 gone
0 card 3B8F8001804F0CA0000003060300030000000068
> FFCA000000
<
1 card 3B80800101
"""


def opened(tmp_path: Path, text: str = TAPS) -> TranscriptSlot:
    path = tmp_path / "taps.capture"
    path.write_text(text)
    return TranscriptDriver(str(path)).open()


def test_cards_come_answer_and_go_in_order(tmp_path: Path) -> None:
    slot = opened(tmp_path)
    cards = Contactless(own=own).dialogue
    assert slot.sight() == Sight()
    first = slot.sight()
    assert (first.present, first.moves, len(first.atr)) == (True, 1, 20)
    assert slot.talk(cards).read == CardRead("2990000000019", "contactless")
    gone, second = slot.sight(), slot.sight()
    assert [(it.present, it.moves) for it in (gone, second)] == [(False, 2), (True, 3)]
    assert slot.talk(cards) == Told(Unread("left"))
    swapped = slot.sight()
    assert (swapped.present, swapped.moves) == (True, 5)
    assert slot.talk(cards).read == Unread("no-number")  # 6D00 to all
    slot.close()
    assert slot.sight() == swapped


def test_the_last_answer_to_a_command_stays(tmp_path: Path) -> None:
    slot = opened(tmp_path, "0 card 3B00\n> 00B0\n< 6C02\n> 00B0\n< 9000\n")
    heard: list[bytes] = []

    def asking(_: bytes) -> Dialogue:
        command = b"\x00\xb0"
        heard.extend([(yield command), (yield command), (yield command)])
        return Told(Unread("no-number"))

    slot.sight()
    slot.sight()
    slot.talk(asking)
    assert [it.hex() for it in heard] == ["6c02", "9000", "9000"]


@pytest.mark.parametrize(
    "line",
    ["card 3B00", "10 card", "10 card 3B0", "10", "> 00B0", "< 9000", "10 left", "0 card 3B00 ; x"],
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    with pytest.raises(ReaderError, match=r"taps\.capture:2: not a card") as caught:
        opened(tmp_path, f"# cards\n{line}\n")
    assert "3B00" not in str(caught.value)


@pytest.mark.parametrize("line", [">", "< 9000", "1 gone\n> 00B0"])
def test_an_answer_stands_below_a_command_and_that_below_a_card(tmp_path: Path, line: str) -> None:
    with pytest.raises(ReaderError, match="not a card, what it is asked"):
        opened(tmp_path, f"0 card 3B00\n{line}\n")


def test_the_transcript_on_the_help_page_is_one(tmp_path: Path) -> None:
    (shown,) = [it for it in blocks(PAGE, "text") if "card 3B" in it]
    slot = opened(tmp_path, shown.replace("1500 ", "0 ").replace("800 ", "0 "))
    assert not slot.sight().present
    assert slot.sight().present
    assert slot.talk(Contactless(own=own).dialogue).read == CardRead("1234567", "contactless")
    assert not slot.sight().present


def test_the_capture_of_a_reader_that_talks_is_a_driver_of_its_own(tmp_path: Path) -> None:
    driver = SLOT_DRIVERS["replay"](str(tmp_path / "none"))
    with pytest.raises(ReaderError, match="No such file"):
        driver.open()
