"""Every command in README.md and the help pages does what is said, on the demo till.

The README's first two commands are left out here: `.ci/run` is `./tools/test` in a fresh clone, and
tests/house/test_scripts.py looks after the scripts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from loyaltyd.api.operations import BASKET
from tests.documents import PAGES, README, ROOT, blocks
from tests.house.source import PACKAGE
from tools import seed
from tools.demo import DemoTill

ADDRESS = "127.0.0.1:8765"  # of the demo till, which a test's has elsewhere
WAITS = "loyaltyd scan\n"  # until a card comes, which the next block sends
SHELL = ["bash", "-euo", "pipefail", "-c"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A person's shell in a checkout whose demo till runs."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt install curl")
    folder = tmp_path_factory.mktemp("readme")
    checkout = folder / "checkout"
    with DemoTill(checkout) as till:
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        (checkout / "basket.json").write_text(json.dumps(BASKET))
        (folder / ".curlrc").write_text("fail-with-body\n")
        yield {
            "HOME": str(folder),
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PWD": str(checkout),
            "LOYALTYD_CONFIG": "config/demo.toml",
            "DEMO_ADDRESS": till.address.removeprefix("http://"),
        }


def typed(script: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a block of shell commands as a person would."""
    return subprocess.Popen(
        [*SHELL, script.replace(ADDRESS, environment["DEMO_ADDRESS"])],
        cwd=environment["PWD"],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, f"{output}\n{errors}"
    return output


def test_the_two_commands_are_scripts_of_the_checkout() -> None:
    first = [line.split("#")[0].strip() for line in blocks(README, "sh")[0].splitlines()]
    assert first == ["./tools/run", "./tools/test"]
    assert all(os.access(ROOT / line, os.X_OK) for line in first)


def test_the_readme_does_what_it_says(environment: dict[str, str]) -> None:
    _, *rest = blocks(README, "sh")
    scanning = rest.pop(0)
    assert scanning.endswith(WAITS)
    scan = typed(scanning.replace(WAITS, f"exec {WAITS}"), environment)
    assert scan.stderr
    assert scan.stderr.readline().startswith("waiting for a card")
    ended(typed(rest.pop(0), environment))
    assert "  Anna  silver  " in ended(scan)
    output = "".join(ended(typed(block, environment)) for block in rest)
    assert "OK  till zelenka msk-017-3  1 of 1 readers" in output
    assert "milk-10        yes      took 17.98 off" in output
    assert '"holder":"Anna"' in output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_help_page_do_what_they_say(
    page: Path, environment: dict[str, str]
) -> None:
    for block in blocks(page, "sh"):
        ended(typed(block, environment))


def test_the_cards_it_names_are_those_of_the_demo() -> None:
    named = set(re.findall(r"`(29\d{11})`", README.read_text("utf-8")))
    cards = {seed.BORIS, seed.NOBODY, seed.VIKTOR, seed.PLASTIC}
    assert named == cards


def test_every_part_of_the_house_has_its_floor_in_it() -> None:
    parts = {
        f"`{it.name}/`" if it.is_dir() else f"`{it.name}`"
        for it in PACKAGE.iterdir()
        if not it.name.startswith("_") and it.name not in {"help", "locale"}
    }
    text = README.read_text("utf-8")
    assert {part for part in parts if part not in text} == set()


def test_it_promises_nothing_of_what_is_refused_by_name() -> None:
    not_yet = README.read_text("utf-8").partition("## What it is not yet")[2].partition("\n## ")[0]
    for missing in ("PC/SC", "headquarters", "coupons", "gift cards", "stamps", "birthday"):
        assert missing in not_yet
