"""What the cashier page is asked and measured with."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page

from tools.demo import DemoTill

# The texts that can be seen whose contrast with their ground is below WCAG's AAA, 7:1.
FAINT = """() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => parts(color).slice(0, 3)
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    const color = node ? getComputedStyle(node).backgroundColor : "rgb(255, 255, 255)";
    return (parts(color)[3] ?? 1) === 0 ? ground(node.parentElement) : color;
  };
  const ratio = (node) => {
    const both = [light(getComputedStyle(node).color), light(ground(node))];
    const [low, high] = both.sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  let seen = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    seen += 1;
    if (ratio(node) < 7) faint.push(`${walker.currentNode.data}: ${ratio(node).toFixed(2)}`);
  }
  return [seen, faint];
}"""

# The elements whose content doesn't fit them, or that stick out of the window.
CUT = """() => [...document.querySelectorAll("body, body *")]
  .filter((node) => node.checkVisibility() && !node.closest("svg, .unseen"))
  .filter((node) => {
    const box = node.getBoundingClientRect();
    const inside = box.left >= -1 && box.top >= -1
      && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
    const fits = node.scrollWidth <= node.clientWidth + 1
      && node.scrollHeight <= node.clientHeight + 1;
    return !inside || !(fits || getComputedStyle(node).overflow === "visible");
  })
  .map((node) => `${node.tagName}#${node.id}.${node.className}: ${node.textContent.trim()}`)"""

# Where the parts of the page stand that no event may move.
FRAME = """() => ["header", "#readers", "main", "footer", "#last", "#clear", "#size"]
  .map((part) => document.querySelector(part).getBoundingClientRect())
  .map(({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" "))"""


def opened(page: Page, till: DemoTill, query: str = "") -> Page:
    """Open the cashier page and wait until it listens."""
    page.goto(f"{till.address}/till{query}")
    page.locator("#readers [data-state=up]").wait_for()
    return page


def called(till: DemoTill, path: str, body: object, token: str = "") -> Any:
    """POST body to the till as its software does; return the answer."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(till.address + path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()
