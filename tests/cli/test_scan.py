from __future__ import annotations

import signal
from pathlib import Path
from subprocess import Popen

import pytest

from tests.cli.commands import started
from tools.demo import DemoTill
from tools.seed import ANNA, BORIS

PAN = "4111111111111111"


def waiting(config: Path, *words: str) -> Popen[str]:
    process = started("scan", *words, "--config", str(config))
    assert process.stderr
    assert process.stderr.readline() == "waiting for a card; Ctrl-C ends\n"
    return process


@pytest.mark.parametrize(
    ("read", "shown", "code"),
    [
        (ANNA, "counter  2990******019  bonus  active  Anna  silver  bonus ", 0),
        ("2990000000018", "(card_invalid)", 1),
        (PAN, "(payment_card)", 1),
        ("hello", "(not_a_card)", 1),
    ],
)
def test_the_next_read_is_shown_and_ends_the_wait(
    demo: DemoTill, config: Path, read: str, shown: str, code: int
) -> None:
    process = waiting(config)
    demo.scan(read)
    output, errors = process.communicate(timeout=60)
    assert shown in output
    assert read not in output
    assert (process.returncode, errors, output.count("\n")) == (code, "", 1)


def test_following_goes_on_over_refusals_and_readers_that_come_and_go(
    demo: DemoTill, config: Path
) -> None:
    process = waiting(config, "--follow")
    assert process.stdout
    demo.scan(PAN)
    assert "(payment_card)" in process.stdout.readline()
    demo.unplug()
    assert process.stdout.readline().startswith("counter  down  ")
    demo.plug_in()
    assert process.stdout.readline().startswith("counter  up")
    demo.scan(BORIS)
    assert "  Boris  gold  " in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors


def test_following_ends_when_the_daemon_is_gone(demo: DemoTill, config: Path) -> None:
    process = waiting(config, "--follow")
    demo.stop()
    _, errors = process.communicate(timeout=60)
    demo.start()
    assert process.returncode == 3
    assert "no loyaltyd answers here" in errors
