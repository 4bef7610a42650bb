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
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from loyaltyd.api.operations import BASKET
from tests.documents import PAGES, README, ROOT, blocks
from tests.house.source import PACKAGE
from tools import seed
from tools.demo import DemoHeadquarters, DemoTill, answers, free_address

# Where the demo answers, and in whose stead a test's does elsewhere.
ADDRESSES = {
    "127.0.0.1:8765": "DEMO_TILL",
    "127.0.0.1:8766": "DEMO_PEOPLE",
    "127.0.0.1:8443": "DEMO_COURIERS",
}
WAITS = "loyaltyd scan\n"  # until a card comes, which the next block sends
SERVES = "loyaltyd hq serve --folder .demo/hq\n"  # until it is told to stop
WAIT_S = 60.0  # a machine's way out, no verdict on speed
SHELL = ["bash", "-euo", "pipefail", "-c"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A person's shell in a checkout whose demo runs: till, courier and headquarters."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt install curl")
    folder = tmp_path_factory.mktemp("readme")
    checkout, couriers = folder / "checkout", free_address()
    with DemoTill(checkout, couriers=couriers) as till, DemoHeadquarters(checkout, couriers) as hq:
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        (checkout / "basket.json").write_text(json.dumps(BASKET))
        (folder / ".curlrc").write_text("fail-with-body\n")
        yield {
            "HOME": str(folder),
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PWD": str(checkout),
            "LOYALTYD_CONFIG": "config/demo.toml",
            "DEMO_TILL": till.address.removeprefix("http://"),
            "DEMO_PEOPLE": hq.address.removeprefix("http://"),
            "DEMO_COURIERS": couriers,
        }


def typed(script: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a block of shell commands as a person would."""
    for address, name in ADDRESSES.items():
        script = script.replace(address, environment[name])
    return subprocess.Popen(
        [*SHELL, script],
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
    place = rest.index(SERVES)
    output = "".join(ended(typed(block, environment)) for block in rest[:place])
    with serving(environment):
        output += "".join(ended(typed(block, environment)) for block in rest[place + 1 :])
        assert "OK  till zelenka msk-017-3  1 of 1 readers" in output
        assert re.search(r"milk-10 +yes +took 17\.98 off", output)
        assert '"holder":"Anna"' in output
        assert_headquarters_has_all(environment)


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[None]:
    """Headquarters as a person starts it again."""
    places = f" --listen {environment['DEMO_COURIERS']} --pages {environment['DEMO_PEOPLE']}"
    process = typed(f"exec {SERVES.rstrip()}{places}", environment)
    try:
        while process.poll() is None and not answers(environment["DEMO_PEOPLE"]):
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)


def assert_headquarters_has_all(environment: Mapping[str, str]) -> None:
    """Wait until it has what the till recorded; the courier goes easy after it was turned away."""
    recorded = asked(environment["DEMO_TILL"], "/v1/status")["ledger"]["seq"]
    deadline = time.monotonic() + WAIT_S
    while not is_through(known := asked(environment["DEMO_PEOPLE"], "/v1/tills"), recorded):
        assert time.monotonic() < deadline, known
        time.sleep(0.1)
    assert [(it["seq"], it["missing"]) for it in known["tills"]] == [(recorded, 0)]
    assert [it["verdict"] for it in known["days"]] == ["right"]
    assert (known["refused"], known["differences"], known["unruled"]) == ([], [], [])


def is_through(known: Mapping[str, Any], recorded: int) -> bool:
    """Whether every receipt was run again, and every till-day compared."""
    (till,) = known["tills"]
    return bool(till["reevaluated"] >= recorded and all(it["verdict"] for it in known["days"]))


def asked(place: str, path: str) -> Any:
    answer = httpx.get(f"http://{place}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


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
    for missing in (
        "PostgreSQL",
        "Debian package",
        "mends a broken ledger",
        "personal offers",
        "offline policies",
    ):
        assert missing in not_yet
