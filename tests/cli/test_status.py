from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from loyaltyd.link.wire import public_line
from tests.api.tills import WAIT_S, basket, live, made
from tests.cli.commands import told, written_config
from tests.cli.conftest import config_in
from tools.demo import DemoTill


def test_the_first_line_is_the_verdict(config: Path) -> None:
    result = told("status", "--config", config)
    assert result.exit_code == 0
    assert result.output.startswith(
        "OK  till zelenka msk-017-3  1 of 1 readers  program zelenka 12  "
    )
    assert "no tokens: every program on this machine may call" in result.output.splitlines()[0]
    assert "head " in result.output


def test_programs_get_what_the_daemon_says_as_json(config: Path) -> None:
    status = json.loads(told("status", "--json", "--config", config).output)
    assert (status["schema"], status["verdict"]) == (1, "ok")
    assert [it["name"] for it in status["readers"]] == ["counter"]


def test_an_unplugged_reader_degrades_the_till_and_readers_names_it(tmp_path: Path) -> None:
    reader = 'name = "swipe"\ndriver = "serial"\ndevice = "../gone"\nprofile = "magstripe"\n'
    till, config = DemoTill(tmp_path / "till"), config_in(tmp_path / "till")
    (config.parent / "conf.d").mkdir()
    (config.parent / "conf.d" / "swipe.toml").write_text(f"[[readers]]\n{reader}")
    with till:
        status = told("status", "--config", config)
        assert status.exit_code == 1
        assert status.output.startswith("DEGRADED  till zelenka msk-017-3  ")
        assert f"  reader swipe: {tmp_path / 'till/config/gone'}: no such device" in status.output
        assert json.loads(told("status", "--json", "--config", config).output)["problems"]
        readers = told("readers", "--config", config)
        assert readers.exit_code == 1
        assert any(line.split()[:2] == ["swipe", "down"] for line in readers.output.splitlines())


def test_the_readers_are_listed_with_their_counts(config: Path) -> None:
    result = told("readers", "--config", config)
    assert result.exit_code == 0
    heads, counter = result.output.splitlines()
    assert heads.split() == [
        *("reader", "state", "cards", "garbled", "bank", "cards"),
        *("last", "card"),
    ]
    assert counter.split()[:2] == ["counter", "up"]


def test_a_till_without_readers_is_told_how_to_get_one(tmp_path: Path) -> None:
    with DemoTill(tmp_path / "till") as till:
        till.stop()
        config = config_in(tmp_path / "till")
        config.write_text(config.read_text().partition("[[readers]]")[0])
        till.start()
        result = told("readers", "--config", config_in(tmp_path / "till"))
    assert (result.exit_code, result.output.startswith("no readers: ")) == (0, True)


def test_no_daemon_is_a_verdict_of_its_own_with_exit_3(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers here
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = written_config(tmp_path, f'[api]\nlisten = "{address}"\n')
        result = told("status", "--config", config)
        as_json = told("status", "--json", "--config", config)
    assert (result.exit_code, as_json.exit_code) == (3, 3)
    assert result.output == f"NOT RUNNING  {address}: no loyaltyd answers here: is it running?\n"
    assert json.loads(as_json.output)["verdict"] == "not_running"


def test_a_link_is_told_with_what_waits_and_its_trouble(tmp_path: Path) -> None:
    (tmp_path / "hq.pub").write_text(public_line(None, "ab" * 32))
    (tmp_path / "spool").write_text("a file where a folder should be")
    config = made(tmp_path, '[link]\nfolder = "spool"\nhq_key = "hq.pub"\n')
    with live(config) as till:
        assert till.post("/v1/receipts", basket("r1")).status == 201
        deadline = time.monotonic() + WAIT_S
        while till.read("/v1/status").json["link"]["waiting"] != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # callers have a rate
        result = told("status", "--config", config, "--set", f"api.listen={till.host}")
    assert result.exit_code == 1
    first, *rest = result.output.splitlines()
    assert "link up" in first
    assert any(line.startswith(f"  link: {tmp_path}/spool") for line in rest)
    assert rest[-1].startswith("link acknowledged 0  waiting 1  since ")
    assert rest[-1].endswith("files 0  last answer never")
