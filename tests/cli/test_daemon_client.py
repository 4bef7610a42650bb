from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.commands import started, told, written_config
from tests.cli.conftest import config_in
from tools.demo import DemoTill
from tools.seed import ANNA


@contextmanager
def stranger(answer: bytes) -> Iterator[str]:
    """Something that listens and sends answer to whoever asks once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n[42]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<a>..",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
@pytest.mark.parametrize("words", [("card", "show", ANNA), ("scan",)])
def test_whatever_else_answers_is_no_loyaltyd_and_exit_3(
    tmp_path: Path, answer: bytes, words: tuple[str, ...]
) -> None:
    with stranger(answer) as address:
        config = written_config(tmp_path, f'[api]\nlisten = "{address}"\n')
        result = told(*words, "--config", config)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"Error: {address}: ")
    assert ANNA not in result.stderr


def test_an_answer_that_refuses_without_being_a_problem_is_no_loyaltyd(tmp_path: Path) -> None:
    with stranger(b"HTTP/1.1 404 No\r\ncontent-length: 2\r\n\r\n{}") as address:
        config = written_config(tmp_path, f'[api]\nlisten = "{address}"\n')
        result = told("card", "show", ANNA, "--config", config)
    assert result.exit_code == 3


@pytest.mark.parametrize("words", ["status", "readers"])
def test_an_object_of_another_kind_is_no_status_of_ours(tmp_path: Path, words: str) -> None:
    with stranger(b'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}') as address:
        config = written_config(tmp_path, f'[api]\nlisten = "{address}"\n')
        result = told(words, "--config", config)
    assert result.exit_code == 3
    assert "not loyaltyd" in result.output


def test_a_daemon_that_is_killed_in_the_middle_of_a_stream_is_told(tmp_path: Path) -> None:
    with DemoTill(tmp_path / "till") as till:
        process = started("scan", "--config", str(config_in(tmp_path / "till")))
        assert process.stderr
        process.stderr.readline()
        till.stop()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "Traceback" not in errors


def test_bytes_that_are_no_text_are_refused_and_no_traceback(config: Path) -> None:
    for words, typed in ((("\udcff",), b""), ((), b"\xff\n")):
        result = told("card", "show", *words, "--config", config, typed=typed)
        assert result.exit_code == 1
        assert "request_invalid" in result.stderr


def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(config: Path) -> None:
    result = told("status", "--config", config, LOYALTYD_TOKEN="abc\nsecret")
    assert result.exit_code == 2
    assert "LOYALTYD_TOKEN has a character that no token has" in result.stderr
    assert "secret" not in result.output
