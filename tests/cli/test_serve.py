from __future__ import annotations

import signal
import socket
from pathlib import Path

from tests.cli.commands import started, told, written_config


def test_a_fault_in_the_settings_keeps_the_daemon_down_with_78(tmp_path: Path) -> None:
    config = written_config(tmp_path, '[api]\nlissten = "127.0.0.1:1"\n')
    result = told("serve", "--config", config)
    assert result.exit_code == 78
    assert 'api.lissten: unknown key; did you mean "listen"?' in result.stderr


def test_a_taken_port_is_one_line_and_69(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = started(
            "serve", "--config", str(written_config(tmp_path)), "--set", f"api.listen={address}"
        )
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 69
    assert [address in line for line in errors.splitlines()] == [True]


def test_a_second_daemon_on_one_ledger_is_refused_and_the_first_ends_on_sigterm(
    tmp_path: Path,
) -> None:
    words = ("serve", "--config", str(written_config(tmp_path)), "--set", "api.listen=127.0.0.1:0")
    first = started(*words)
    assert first.stderr
    assert any('"serving"' in line for line in first.stderr)
    second = started(*words)
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 69
    assert "another loyaltyd is running on this ledger" in errors
    assert "Traceback" not in errors
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert first.returncode == 0
