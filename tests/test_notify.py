"""What systemd hands over and is told; the daemon under it, hung and whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyaltyd import serving
from loyaltyd.config import load
from loyaltyd.daemon import Running, serve
from loyaltyd.notify import BY_HAND, Service, service_in
from tests.api.tills import WAIT_S, basket, call, made

PID = 4711
WATCHDOG_S = 0.2
# What a service manager does between fork and exec, in a process whose descriptors are its own.
ACTIVATED = """
import fcntl, os, sys
clear = [fcntl.fcntl(int(it), fcntl.F_DUPFD, 64) for it in sys.argv[1].split(",")]
for place, descriptor in enumerate(clear, 3):
    os.dup2(descriptor, place)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(place - 2)}
os.execv(sys.executable, [sys.executable, "-m", "loyaltyd", "serve", "--config", sys.argv[2]])
"""


@contextlib.contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """The socket on which a service manager is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(address)
        told.settimeout(WAIT_S)
        yield told


Loop = asyncio.AbstractEventLoop


def serve_under(
    service: Service, settings: Path, while_it_runs: Callable[[Running, Loop], None]
) -> None:
    """Run a daemon under service on a loop of its own for as long as while_it_runs takes."""
    there: list[Running] = []
    ready = threading.Event()

    def told(running: Running) -> None:
        there.append(running)
        ready.set()

    loaded = load(settings, environment={}, overrides={})
    loop = asyncio.new_event_loop()
    serving = serve(loaded, ready=told, service=service)
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
    thread.start()
    try:
        assert ready.wait(WAIT_S)
        while_it_runs(there[0], loop)
    finally:
        loop.call_soon_threadsafe(there[0].stop)
        thread.join(WAIT_S)
        loop.close()


@pytest.mark.parametrize("abstract", [False, True])
def test_facts_go_in_one_message_to_a_path_and_to_an_abstract_name(
    tmp_path: Path, abstract: bool
) -> None:
    name = f"loyaltyd-{os.getpid()}" if abstract else str(tmp_path / "notify")
    address, bound = (f"@{name}", f"\0{name}") if abstract else (name, name)
    with manager(bound) as told:
        service_in({"NOTIFY_SOCKET": address}, PID).tell("READY=1", "STATUS=answers")
        assert told.recv(4096) == b"READY=1\nSTATUS=answers"


def test_a_manager_that_is_gone_and_none_at_all_are_no_fault(tmp_path: Path) -> None:
    service_in({"NOTIFY_SOCKET": str(tmp_path / "gone")}, PID).tell("READY=1")
    service_in({}, PID).tell("READY=1")


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(PID)}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_heard_when_it_is_meant_for_us(
    environment: dict[str, str], watchdog_s: float | None
) -> None:
    assert service_in(environment, PID).watchdog_s == watchdog_s


@pytest.mark.parametrize(
    "environment",
    [{"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}, {"LISTEN_PID": str(PID)}],
)
def test_sockets_that_were_handed_to_another_process_are_left_alone(
    environment: dict[str, str],
) -> None:
    assert service_in(environment, PID).sockets == ()


def test_a_daemon_answers_on_the_sockets_it_was_handed_and_leaves_them(tmp_path: Path) -> None:
    with contextlib.ExitStack() as held:
        tcp = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        path = held.enter_context(socket.socket(socket.AF_UNIX))
        path.bind(str(tmp_path / "till.sock"))
        path.listen()
        settings = _at(made(tmp_path), tcp)
        for receipt in ("first", "second"):
            # Asked before anybody is there: the call waits in the socket and is answered.
            early = held.enter_context(socket.create_connection(tcp.getsockname(), WAIT_S))
            early.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost:%d\r\n\r\n" % _port(tcp))
            with _activated(settings, path, tcp) as running:
                assert early.recv(4096).startswith(b"HTTP/1.1 200")
                assert call(_port(tcp), "POST", "/v1/receipts", basket(receipt)).status == 201
                running.send_signal(signal.SIGTERM)
                assert running.wait(WAIT_S) == 0
            assert (tmp_path / "till.sock").is_socket()


def test_a_port_that_settings_and_socket_unit_tell_apart_is_78(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        with _activated(made(tmp_path), tcp) as running:
            said = running.communicate(timeout=WAIT_S)[1]
        assert running.returncode == 78
        assert f"listens on 127.0.0.1:{_port(tcp)}" in said
        with _activated(_at(made(tmp_path), tcp), tcp) as running:
            said = running.communicate(timeout=WAIT_S)[1]
        assert running.returncode == 78
        assert f"[api] socket is {tmp_path / 'till.sock'}" in said
    assert not (tmp_path / "ledger.db").exists()


def test_systemd_hears_of_the_start_each_beat_and_the_stop(tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")) as told:

        def check(running: Running, _loop: Loop) -> None:
            host, port = running.address
            assert told.recv(4096).decode() == f"READY=1\nSTATUS=answers on {host}:{port}"
            assert [told.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3

        service = Service(address=str(tmp_path / "notify"), watchdog_s=WATCHDOG_S)
        serve_under(service, made(tmp_path), check)
        last = [told.recv(4096)]
        while last[-1] != b"STOPPING=1":
            last.append(told.recv(4096))
        assert set(last[:-1]) <= {b"WATCHDOG=1"}


@pytest.mark.parametrize("hung", ["the loop", "the writer"])
def test_a_daemon_whose_loop_or_writer_hangs_falls_silent(tmp_path: Path, hung: str) -> None:
    with manager(str(tmp_path / "notify")) as told:

        def check(running: Running, loop: Loop) -> None:
            release = threading.Event()
            if hung == "the writer":
                running.door.till.ledger.write(lambda _: release.wait(WAIT_S))
            else:
                loop.call_soon_threadsafe(release.wait, WAIT_S)
            try:
                with pytest.raises(TimeoutError):
                    _silence(told)
            finally:
                release.set()
            told.settimeout(WAIT_S)
            assert told.recv(4096) == b"WATCHDOG=1"  # released, it beats again

        service = Service(address=str(tmp_path / "notify"), watchdog_s=WATCHDOG_S)
        serve_under(service, made(tmp_path), check)


def test_who_has_just_connected_when_the_daemon_stops_is_still_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "FIRST_HEAD_S", WAIT_S)

    def check(running: Running, loop: Loop) -> None:
        with socket.create_connection(running.address, WAIT_S) as late:
            assert call(running.address[1], "GET", "/healthz").status == 200  # after late came in
            loop.call_soon_threadsafe(running.stop)
            with pytest.raises(ConnectionRefusedError):
                _knock(running.address)
            late.sendall(
                b"GET /healthz HTTP/1.1\r\nhost: localhost:%d\r\n\r\n" % running.address[1]
            )
            assert late.recv(4096).startswith(b"HTTP/1.1 200")

    serve_under(BY_HAND, made(tmp_path), check)


def _knock(address: tuple[str, int]) -> None:
    """ConnectionRefusedError once nobody listens any more."""
    while True:
        with contextlib.suppress(ConnectionResetError), socket.create_connection(address, WAIT_S):
            pass


def _silence(told: socket.socket) -> None:
    """TimeoutError once nothing more has come for as long as systemd would wait."""
    told.settimeout(WATCHDOG_S)
    while True:
        told.recv(4096)


def _at(settings: Path, tcp: socket.socket) -> Path:
    text = settings.read_text().replace("127.0.0.1:0", f"127.0.0.1:{_port(tcp)}")
    settings.write_text(text)
    return settings


def _port(tcp: socket.socket) -> int:
    port: int = tcp.getsockname()[1]
    return port


@contextlib.contextmanager
def _activated(settings: Path, *sockets: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """Run `loyaltyd serve` with sockets handed over."""
    descriptors = [each.fileno() for each in sockets]
    numbers = ",".join(map(str, descriptors))
    command = [sys.executable, "-c", ACTIVATED, numbers, str(settings)]
    with subprocess.Popen(
        command, pass_fds=descriptors, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()
