"""What tools/ and tests/conftest.py promise whoever sits at an unknown machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

SKIPPING = {
    "skip": "import pytest\n\ndef test_it():\n    pytest.skip('no browser')\n",
    "mark": "import pytest\n\n@pytest.mark.skip(reason='no browser')\ndef test_it(): ...\n",
    "module": "import pytest\n\npytest.importorskip('no_browser')\n",
    "nothing": "def test_it(): ...\n",
    "xfail": "import pytest\n\n@pytest.mark.xfail\ndef test_it():\n    assert False\n",
}


def test_a_skip_says_so_at_a_desk_and_fails_in_ci(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    for name, text in SKIPPING.items():
        (tmp_path / f"test_{name}.py").write_text(text)
    at_desk, in_ci = _pytest(tmp_path, CI=""), _pytest(tmp_path, CI="true")
    assert at_desk.returncode == 0
    assert "1 passed, 3 skipped, 1 xfailed" in at_desk.stdout
    assert in_ci.returncode == pytest.ExitCode.TESTS_FAILED
    assert "2 failed, 1 passed, 2 errors" in in_ci.stdout


@pytest.mark.parametrize(
    "script",
    [
        *("install", "lib.sh", "lock", "pythons", "run", "test", "uninstall", "wheels"),
        *("mutants/run", "bench/run", "../.ci/run"),
    ],
)
def test_each_script_is_bash_that_parses(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / "tools" / script], check=True)
    assert os.access(ROOT / "tools" / script, os.X_OK) == (script != "lib.sh")


def test_what_may_not_be_installed_is_named_and_done_without(tmp_path: Path) -> None:
    _command(tmp_path, "id", "echo 1000")
    _command(tmp_path, "sudo", "exit 1")
    done = _lib(tmp_path, "apt_need /no/such/browser chromium fonts && echo on it goes")
    assert done.stdout == "on it goes\n"
    assert "apt install chromium fonts" in done.stderr
    assert "going on without it" in done.stderr


def test_what_is_there_is_not_installed_again(tmp_path: Path) -> None:
    _command(tmp_path, "apt-get", "echo called; exit 1")
    done = _lib(tmp_path, "apt_need /bin/sh dash")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_python_whose_name_promises_more_than_it_keeps_is_passed_over(tmp_path: Path) -> None:
    _command(tmp_path, "python3", "echo 'shim: command not found' >&2; exit 127")
    _command(tmp_path, "python3.13", f'exec {sys.executable} "$@"')
    done = _lib(tmp_path, "pick_python")
    assert done.stdout.strip() in ("/usr/bin/python3", str(tmp_path / "python3.13"))


def test_a_taken_port_is_said_before_anything_starts() -> None:
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # someone's till holds it already: as good
            held.enter_context(socket.create_server(("127.0.0.1", 8765)))
        done = subprocess.run([ROOT / "tools" / "run"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "port 8765 is taken" in done.stderr


def test_what_a_test_leaves_running_is_named_ended_and_a_failure(tmp_path: Path) -> None:
    leaving = "import subprocess\n\ndef test_it():\n    subprocess.Popen(['sleep', '987'])\n"
    (tmp_path / "test_leaving.py").write_text(leaving)
    done = subprocess.run(
        [ROOT / "tools" / "test", "-q", "-p", "no:unraisableexception", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout
    assert "left running, now killed: sleep 987" in done.stderr
    assert done.returncode == 1


def _pytest(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--continue-on-collection-errors", "--rootdir=."]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _command(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _lib(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run line after tools/lib.sh, with the commands in folder before all others."""
    script = f'set -euo pipefail; . "$0"; {line}'
    return subprocess.run(
        ["bash", "-c", script, ROOT / "tools" / "lib.sh"],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHON": ""},
        capture_output=True,
        text=True,
        check=False,
    )
