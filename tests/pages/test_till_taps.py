"""What the cashier sees of cards on a card reader: they come, are read or not, and leave."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.daemon.daemon_process import ANNA, Daemon, Stream
from tests.daemon.test_chip_cards import REPLAY, lane_with, transcript
from tests.readers.cards import ATR_TYPE2, Tag, text_record

CUT_OFF = f"0 card {ATR_TYPE2.hex()}\n> FFCA000000\n<\n1 gone\n"


def test_a_card_that_was_lifted_stays_on_the_screen_and_one_lifted_too_early_is_told(
    context: BrowserContext, tmp_path: Path
) -> None:
    second = REPLAY.replace('"tap"', '"second"').replace('"taps"', '"more"')
    lane = lane_with(tmp_path / "lane", REPLAY + second)
    early, whole = lane.folder / "early", lane.folder / "whole"
    early.write_text(CUT_OFF)
    whole.write_text(transcript(Tag(text_record(ANNA))))
    with Daemon(lane) as daemon, Stream(daemon.answering().lane.port) as stream:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{lane.port}/till")
        expect(page.locator("#readers li[data-state=down]")).to_have_count(2)
        early.rename(lane.folder / "taps")
        expect(page.locator("#refusal .big")).to_have_text(
            "The card left too early. Please hold the card longer."
        )
        expect(page.locator("#readers li[data-state=garbled]")).to_have_text("tapmisread")
        page.keyboard.press("l")
        expect(page.locator("#refusal .big")).to_contain_text("Подержите карту дольше")
        whole.rename(lane.folder / "more")
        stream.wait("card_removed", 2)
        expect(page.locator("#number")).to_have_text("2990******019")
