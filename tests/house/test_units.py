"""The units in systemd/ are ones that systemd takes, hardened, starting commands that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from loyaltyd.cli.group import loyaltyd
from loyaltyd.config import load
from tests.house.source import ROOT

UNITS = ROOT / "systemd"
INSTALL = ROOT / "src" / "loyaltyd" / "help" / "install.md"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = re.compile(r"^(ExecStart(?:Pre)?=)/opt/loyaltyd/\.venv/bin/loyaltyd(.*)$", re.MULTILINE)
# Times ten, as systemd-analyze counts it: the daemon has readers, courier and HQ have a network.
EXPOSURE = {
    "loyaltyd.service": 6,
    "loyaltyd-courier.service": 11,
    "loyaltyd-export.service": 10,
    "loyaltyd-hq.service": 11,
    "loyaltyd-verify.service": 4,
}

systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Let systemd read units of folder, which find one another there."""
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"},
    )


def copied(folder: Path) -> list[str]:
    """Copy every unit, its program /bin/true: only a till has the real one."""
    for unit in UNITS.glob("loyaltyd*"):
        (folder / unit.name).write_text(PROGRAM.sub(r"\1/bin/true\2", unit.read_text()))
    return [str(copy) for copy in sorted(folder.iterdir())]


@systemd
def test_systemd_takes_all_units_together_without_a_word(tmp_path: Path) -> None:
    units = copied(tmp_path)
    assert len(units) == 8
    told = analyze(tmp_path, "verify", "--man=no", *units)
    ours = [line for line in told.stderr.splitlines() if "loyaltyd" in line]
    assert (told.returncode, ours) == (0, []), told.stderr


@systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_misspelt_line_of_a_unit_is_found(unit: Path, tmp_path: Path) -> None:
    copied(tmp_path)
    copy = tmp_path / unit.name
    copy.write_text(copy.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))
    assert "NoNewPrivilege" in analyze(tmp_path, "verify", "--man=no", str(copy)).stderr


@systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_exposed_no_more_than_it_must_be(unit: Path, tmp_path: Path) -> None:
    limit = EXPOSURE[unit.name]
    copied(tmp_path)
    copy = tmp_path / unit.name
    judged = ("security", "--offline=true", f"--threshold={limit}", "--no-pager")
    assert analyze(tmp_path, *judged, str(copy)).returncode == 0
    copy.write_text(re.sub(r"(?m)^SystemCallFilter=.*\n", "", copy.read_text()))
    assert analyze(tmp_path, *judged, str(copy)).returncode != 0


@systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_exposure_that_store_it_reads_is_the_one_that_systemd_tells(
    unit: Path, tmp_path: Path
) -> None:
    copied(tmp_path)
    judged = ("security", "--offline=true", "--no-pager", str(tmp_path / unit.name))
    told = re.search(
        r"Overall exposure level for .*: ([0-9.]+) ", analyze(tmp_path, *judged).stdout
    )
    row = re.search(
        rf"(?m)^\| `{unit.stem}\.(service|timer)` .*\| ([0-9.]+) \|$", INSTALL.read_text()
    )
    assert told is not None
    assert row is not None
    assert row[2] == told[1]


@systemd
def test_the_daemon_has_no_network_and_the_courier_no_devices(tmp_path: Path) -> None:
    copied(tmp_path)
    daemon, courier = (
        _findings(tmp_path, unit) for unit in ("loyaltyd.service", "loyaltyd-courier.service")
    )
    assert daemon["PrivateNetwork"] is daemon["RestrictAddressFamilies_AF_INET_INET6"] is True
    assert courier["PrivateNetwork"] is False
    assert courier["PrivateDevices"] is courier["PrivateUsers"] is True


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_of_the_program_with_options_that_it_has(unit: Path) -> None:
    started = PROGRAM.findall(unit.read_text())
    assert len(started) == unit.read_text().count("ExecStart")
    for _, line in started:
        command: click.Command = loyaltyd
        context = click.Context(loyaltyd)
        words = [word for word in line.split() if not word.startswith("$")]
        while isinstance(command, click.Group):
            assert words[0] in command.list_commands(context)
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
        command.make_context(unit.stem, words)


def test_the_socket_unit_and_the_packaged_settings_name_the_same_places() -> None:
    listens = re.findall(r"(?m)^ListenStream=(.+)$", (UNITS / "loyaltyd.socket").read_text())
    api = load(ROOT / "config" / "loyaltyd.toml", environment={}, overrides={}).api
    assert listens == [str(api.listen), str(api.socket)]


def test_readers_are_known_by_number_because_their_driver_is_loaded_when_they_come() -> None:
    text = (UNITS / "loyaltyd.service").read_text()
    assert re.findall(r"(?m)^DeviceAllow=(\S+) rw$", text) == ["char-188", "char-166", "char-ttyS"]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not installed")
def test_users_and_folders_are_ones_that_systemd_makes(tmp_path: Path) -> None:
    for folder in ("etc", "run", "var"):
        (tmp_path / folder).mkdir()
    root = f"--root={tmp_path}"
    for tool, part in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles", "tmpfiles.d")):
        command = [tool, root, *(["--create"] if part == "tmpfiles.d" else [])]
        command.append(str(UNITS / part / "loyaltyd.conf"))
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    users = dict(
        line.split(":")[0:3:2] for line in (tmp_path / "etc" / "passwd").read_text().splitlines()
    )
    assert users.keys() == {"loyaltyd", "loyaltyd-courier", "loyaltyd-hq"}
    assert all(int(number) < 1000 for number in users.values())
    for folder, mode in (("", 0o2750), ("out", 0o2770), ("in", 0o2770)):
        assert (tmp_path / "var/spool/loyaltyd" / folder).stat().st_mode & 0o7777 == mode


def _findings(folder: Path, unit: str) -> dict[str, bool]:
    """What systemd finds about a unit: whether each of its measures is taken."""
    judged = ("security", "--offline=true", "--json=short", "--no-pager", str(folder / unit))
    return {each["json_field"]: each["set"] for each in json.loads(analyze(folder, *judged).stdout)}
