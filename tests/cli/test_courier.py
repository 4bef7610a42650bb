from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyd.link.spool import ACK, REFUSAL, Spool
from tests.cli.commands import told, written_config
from tests.courier.courier_process import WAIT_S, Courier, batch, linked
from tests.daemon.daemon_process import free_port
from tests.link.peers import ACKED, REFUSED, recording, response

FIRST, SECOND = batch(1, 2), batch(3, 4)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_once_tells_what_became_of_each_file(tmp_path: Path, spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    spool.out.put(SECOND, b"2")
    with recording() as (_, peer):
        result = told("courier", "--once", "--config", linked(tmp_path, f'url = "{peer.url}"'))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"{FIRST}  acknowledged",
        f"{SECOND}  acknowledged",
        "2 acknowledged",
    ]
    assert spool.into.names() == [FIRST + ACK, SECOND + ACK]


def test_once_with_nothing_to_carry_says_so(tmp_path: Path) -> None:
    result = told("courier", "--once", "--config", linked(tmp_path, 'url = "http://127.0.0.1:9"'))
    assert (result.exit_code, result.stdout) == (0, "nothing to carry\n")


def test_a_refusal_is_a_no(tmp_path: Path, spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    with recording(lambda _: response(422, REFUSED)) as (_, peer):
        result = told("courier", "--once", "--config", linked(tmp_path, f'url = "{peer.url}"'))
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 refused")


def test_headquarters_out_of_reach_is_one_line_and_69(tmp_path: Path, spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    url = f"http://127.0.0.1:{free_port()}"
    result = told("courier", "--once", "--config", linked(tmp_path, f'url = "{url}"'))
    assert (result.exit_code, result.stdout) == (69, "")
    assert result.stderr == f"{url}: Connection refused\n"


def test_a_spool_that_is_not_there_is_one_line_and_69(tmp_path: Path) -> None:
    config = linked(tmp_path, 'url = "http://127.0.0.1:9"', spool=False)
    result = told("courier", "--once", "--config", config)
    assert result.exit_code == 69
    assert result.stderr == f"{tmp_path / 'spool' / 'out'}: no such file or directory\n"
    assert not (tmp_path / "spool").exists()


def test_a_stick_takes_files_up_and_brings_answers_down(tmp_path: Path, spool: Spool) -> None:
    config, stick = linked(tmp_path), Spool(tmp_path / "stick")
    spool.out.put(FIRST, b"1")
    words = ("courier", "--once", "--config", config, "--folder", tmp_path / "stick")
    assert told(*words).stdout.splitlines() == [f"{FIRST}  copied", "1 copied"]
    assert stick.out.read(FIRST, 10) == b"1"
    stick.into.put(FIRST + ACK, ACKED)
    assert told(*words).stdout.splitlines() == [f"{FIRST}  acknowledged", "1 acknowledged"]
    stick.into.put(SECOND + REFUSAL, REFUSED)
    assert told(*words).exit_code == 1
    assert spool.into.names() == [FIRST + ACK, SECOND + REFUSAL]


def test_a_missing_stick_is_one_line_and_69(tmp_path: Path) -> None:
    result = told("courier", "--once", "--config", linked(tmp_path), "--folder", tmp_path / "stick")
    assert result.exit_code == 69
    assert result.stderr == f"{tmp_path / 'stick' / 'out'}: no such file or directory\n"


def test_without_a_way_to_headquarters_the_settings_are_at_fault(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    alone, config = written_config(tmp_path / "alone"), linked(tmp_path)
    for words, said in (
        (("--config", alone), "link: is missing"),
        (("--config", config), "link.url: is missing: without it the courier needs --folder"),
        (("--config", config, "--folder", tmp_path / "spool"), "spool: is the spool itself"),
    ):
        result = told("courier", "--once", *words)
        assert result.exit_code == 78
        assert said in result.stderr


def test_a_courier_without_a_way_stays_down(tmp_path: Path) -> None:
    with Courier(linked(tmp_path)) as courier:
        assert courier.process.wait(WAIT_S) == 78
