"""Makes the README's pictures: a real daemon, a real headquarters, a real scan, Chromium.

.venv/bin/python -m tools.screenshot [FOLDER]

till.png is the cashier page after a scan, hq.png headquarters' page after a receipt and a till-day.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tools.demo import (
    CHROMIUM,
    CHROMIUM_FLAGS,
    ROOT,
    DemoHeadquarters,
    DemoTill,
    free_address,
)
from tools.seed import ANNA, BORIS

FOLDER = ROOT / "src" / "loyaltyd" / "help"
SIZE: ViewportSize = {"width": 1280, "height": 720}
MILK = {"line": 1, "sku": "1", "category": "dairy/milk", "quantity": "2", "price": "89.90"}


def main() -> None:
    to, couriers = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, free_address()
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoTill(Path(folder), couriers=couriers) as till,
        DemoHeadquarters(Path(folder), couriers) as hq,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        _scanned(browser.new_page(viewport=SIZE), till, to / "till.png")
        _sold(till)
        _exported(Path(folder))
        _arrived(browser.new_page(viewport=SIZE), hq, to / "hq.png")
        browser.close()
    for picture in (to / "till.png", to / "hq.png"):
        print(f"{picture}: {picture.stat().st_size} bytes")


def _scanned(page: Page, till: DemoTill, picture: Path) -> None:
    """Scan a card that is greeted by name, and take its picture."""
    page.goto(f"{till.address}/till")
    page.locator("#readers [data-state=up]").wait_for()
    till.scan(ANNA)
    page.locator("#wallets li").wait_for()
    page.screenshot(path=picture)


def _sold(till: DemoTill) -> None:
    body = json.dumps({"receipt": "picture-1", "card": BORIS, "lines": [MILK]}).encode()
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(f"{till.address}/v1/receipts", body, headers)  # noqa: S310 - ours
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - ours
        assert answer.status == 201


def _exported(folder: Path) -> None:
    config = folder / "config" / "demo.toml"
    command = [sys.executable, "-m", "loyaltyd", "export", "--config", str(config)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _arrived(page: Page, hq: DemoHeadquarters, picture: Path) -> None:
    """Wait until the till-day has come and was found right, and take the page's picture."""
    page.goto(hq.address)
    page.locator("[data-part=days] td.good", has_text="right").wait_for()
    page.screenshot(path=picture)


if __name__ == "__main__":
    main()
