"""./tools/run: till, courier and headquarters from one command, gone again after Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.house.source import ROOT
from tools.demo import answers, free_address

WAIT_S = 60.0  # a machine's way out, no verdict on speed
PARTS = ("courier", "daemon", "hq", "scanner")
ADDRESSES = ("127.0.0.1:8765", "127.0.0.1:8443", "127.0.0.1:8766")
MILK = {"line": 1, "sku": "1", "category": "dairy/milk", "quantity": "2", "price": "89.90"}


class Demo:
    """./tools/run in a copy of the checkout, at addresses of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, places = folder, {address: free_address() for address in ADDRESSES}
        self.till, _, self.people = places.values()
        for name in ("tools", "config"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("pyproject.toml", ".venv"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("tools/run", "config/demo.toml"):
            text = (folder / name).read_text("utf-8")
            for address, place in places.items():
                text = text.replace(address, place)
            (folder / name).write_text(text, "utf-8")
        # A run in the background of a shell has that signal ignored, and hands that down.
        command = ["env", "--default-signal=INT", str(folder / "tools" / "run")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def ready(self) -> str:
        """What it prints, up to how it is stopped."""
        assert self.process.stdout
        return "".join(_until(self.process.stdout, "Ctrl-C"))

    def pid(self, part: str) -> int:
        return int((self.folder / ".demo" / f"{part}.pid").read_text())

    def known(self) -> dict[str, Any]:
        """How its till stands at headquarters."""
        with urllib.request.urlopen(f"http://{self.people}/v1/tills") as answer:
            (till,) = json.load(answer)["tills"]
        assert isinstance(till, dict)
        return till


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "checkout")
    yield demo
    if demo.process.poll() is None:
        demo.process.terminate()
    demo.process.communicate(timeout=WAIT_S)


def _until(lines: IO[str], word: str) -> Iterator[str]:
    for line in lines:
        yield line
        if word in line:
            return


def waited_for(fact: Any) -> None:
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_receipt_is_at_headquarters_and_ctrl_c_ends_every_part(demo: Demo) -> None:
    assert f"http://{demo.people}/" in demo.ready()
    waited_for(lambda: demo.known()["seq"])
    seeded = demo.known()["seq"]
    body = json.dumps({"receipt": "run-1", "card": "2990000000019", "lines": [MILK]}).encode()
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(f"http://{demo.till}/v1/receipts", body, headers)
    urllib.request.urlopen(asked).close()  # noqa: S310 - ours
    waited_for(lambda: demo.known()["reevaluated"] == seeded + 1)
    pids = [demo.pid(part) for part in PARTS]
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(WAIT_S) == 0
    assert [pid for pid in pids if is_there(pid)] == []
    assert [each.name for each in (demo.folder / ".demo").glob("*.pid")] == []


def test_parts_that_were_killed_leave_the_others_and_the_end_as_it_is(demo: Demo) -> None:
    demo.ready()
    rest = [demo.pid(part) for part in ("daemon", "scanner")]
    for part in ("hq", "courier"):
        os.kill(demo.pid(part), signal.SIGKILL)
    waited_for(lambda: not answers(demo.people))
    assert answers(demo.till)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(WAIT_S) == 0
    assert [pid for pid in rest if is_there(pid)] == []


def test_killed_itself_it_leaves_nothing_running(demo: Demo) -> None:
    demo.ready()
    pids = [demo.pid(part) for part in PARTS]
    demo.process.kill()
    waited_for(lambda: [pid for pid in pids if is_there(pid)] == [])
