"""Makes src/loyaltyd/help/till.png, the README's picture: a real daemon, a real scan, Chromium.

.venv/bin/python -m tools.screenshot [FILE]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools.demo import CHROMIUM, CHROMIUM_FLAGS, ROOT, DemoTill
from tools.seed import ANNA

PICTURE = ROOT / "src" / "loyaltyd" / "help" / "till.png"


def main() -> None:
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoTill(Path(folder)) as till,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        _scanned(browser.new_page(viewport={"width": 1280, "height": 720}), till, picture)
        browser.close()
    print(f"{picture}: {picture.stat().st_size} bytes")


def _scanned(page: Page, till: DemoTill, picture: Path) -> None:
    """Scan a card that is greeted by name, and take its picture."""
    page.goto(f"{till.address}/till")
    page.locator("#readers [data-state=up]").wait_for()
    till.scan(ANNA)
    page.locator("#wallets li").wait_for()
    page.screenshot(path=picture)


if __name__ == "__main__":
    main()
