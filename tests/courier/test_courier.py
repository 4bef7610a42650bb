"""The courier as a process: it drains, heals, stops, and may be killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loyaltyd.link.spool import ACK, REFUSAL, Spool
from loyaltyd.link.wire import ANSWER_BYTES_MAX, file_hash
from tests.courier.courier_process import WAIT_S, Courier, batch, linked, until
from tests.daemon.daemon_process import free_port
from tests.link.certificates import Authority, server_context
from tests.link.peers import ACKED, REFUSED, Peer, Recorder, recording, response

KILLS = 60 if os.environ.get("CI") == "true" else 12  # a life takes a second
FILES = 15  # of a life: some are carried when it ends, and some are not


def ack(body: bytes) -> bytes:
    """An answer that names what it answers."""
    named = json.dumps({"file": file_hash(body)})
    return f'{named}\n{{"type":"signature"}}\n'.encode()


def till(tmp_path: Path, url: str, *lines: str) -> tuple[Path, Spool]:
    return linked(tmp_path, f'url = "{url}"', *lines), Spool(tmp_path / "spool")


def test_what_comes_into_the_spool_goes_up_and_its_answer_comes_down(tmp_path: Path) -> None:
    with recording() as (recorder, peer):
        config, spool = till(tmp_path, peer.url)
        with Courier(config) as courier:
            for n in range(1, 4):
                spool.out.put(batch(n, n), b"%d" % n)
                until_answered(spool, *(batch(it, it) + ACK for it in range(1, n + 1)))
            assert courier.stop() == 0
        assert recorder.bodies == [b"1", b"2", b"3"]
        assert courier.events() == ["carrying", *["acknowledged"] * 3, "stopped"]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_also_while_headquarters_lets_it_wait(
    tmp_path: Path, by: signal.Signals
) -> None:
    def mute(connection: socket.socket) -> None:
        while connection.recv(1 << 16):
            pass

    with Peer(mute) as peer:
        config, spool = till(tmp_path, peer.url)
        spool.out.put(batch(1, 1), b"1")
        with Courier(config) as courier:
            until(lambda: peer.connections == 1, "the connection")
            assert courier.stop(by) == 0
        assert courier.events()[-1] == "stopped"
        assert "Traceback" not in config.with_name("courier.log").read_text()


def test_it_waits_for_a_spool_and_for_headquarters_and_says_so_once(tmp_path: Path) -> None:
    port = free_port()
    config = linked(tmp_path, f'url = "http://127.0.0.1:{port}"', spool=False)
    with Courier(config) as courier:
        until(lambda: "not_carried" in courier.events(), "no spool")
        spool = Spool(tmp_path / "spool")
        spool.out.put(batch(1, 1), b"1")
        until(lambda: courier.events().count("not_carried") == 2, "no headquarters")
        recorder = Recorder()
        with socket.create_server(("127.0.0.1", port)) as listening:
            connection, _ = listening.accept()
            with connection:
                recorder(connection)
        until_answered(spool, batch(1, 1) + ACK)
        assert courier.stop() == 0
    assert [line["detail"].partition(": ")[2] for line in courier.said() if "detail" in line] == [
        "no such file or directory",
        "Connection refused",
    ]
    assert courier.events()[-3:] == ["carrying_again", "acknowledged", "stopped"]


def test_a_bug_ends_it_for_systemd_to_start_it_again(tmp_path: Path) -> None:
    config, _ = till(tmp_path, "http://127.0.0.1:9")
    script = (
        "from loyaltyd.link.carrying import ByLine; ByLine.round = lambda self: 1 / 0\n"
        "from loyaltyd.__main__ import main; main()"
    )
    words = ("-c", script, "courier", "--config", config)
    done = subprocess.run([sys.executable, *words], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 69
    *log, last = done.stderr.splitlines()
    assert last == "the courier has ended by itself; its log says why"
    assert "ZeroDivisionError" in log[-1]


def test_systemd_hears_that_it_carries_and_that_it_stops(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    config, _ = till(tmp_path, "http://127.0.0.1:9")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(address)
        hearing.settimeout(WAIT_S)
        with Courier(config, NOTIFY_SOCKET=address) as courier:
            ready = hearing.recv(1000).decode().split("\n")
            assert ready == ["READY=1", "STATUS=carries to http://127.0.0.1:9"]
            assert courier.stop() == 0
        assert hearing.recv(1000) == b"STOPPING=1"


def test_it_drains_over_tls_with_the_tills_own_certificate(tmp_path: Path) -> None:
    authority, recorder = Authority(tmp_path), Recorder()
    own, pair = authority.pair("till"), authority.pair("hq")
    with Peer(recorder, server_context(pair, clients=authority.ca)) as peer:
        files = (f'certificate = "{own.certificate}"', f'certificate_key = "{own.key}"')
        config, spool = till(tmp_path, peer.url, f'ca = "{authority.ca}"', *files)
        spool.out.put(batch(1, 1), b"1")
        with Courier(config, "--once") as courier:
            assert courier.process.wait(WAIT_S) == 0
        assert spool.into.names() == [batch(1, 1) + ACK]
    assert recorder.bodies == [b"1"]


def test_a_refused_file_is_answered_and_the_rest_goes_on(tmp_path: Path) -> None:
    def answer(body: bytes) -> bytes:
        return response(422, REFUSED) if body == b"1" else response(200, ACKED)

    with recording(answer) as (_, peer):
        config, spool = till(tmp_path, peer.url)
        spool.out.put(batch(1, 1), b"1")
        spool.out.put(batch(2, 2), b"2")
        with Courier(config) as courier:
            until_answered(spool, batch(1, 1) + REFUSAL, batch(2, 2) + ACK)
            assert courier.stop() == 0


def test_by_folder_it_goes_on_when_the_stick_comes_back(tmp_path: Path) -> None:
    config, spool = linked(tmp_path), Spool(tmp_path / "spool")
    stick = Spool(tmp_path / "stick")
    spool.out.put(batch(1, 1), b"1")
    with Courier(config, "--folder", tmp_path / "stick") as courier:
        until(lambda: stick.out.names() == [batch(1, 1)], "the copy")
        (tmp_path / "stick").rename(tmp_path / "at headquarters")
        until(lambda: "not_carried" in courier.events(), "the pulled stick")
        Spool(tmp_path / "at headquarters").into.put(batch(1, 1) + ACK, ACKED)
        (tmp_path / "at headquarters").rename(tmp_path / "stick")
        until_answered(spool, batch(1, 1) + ACK)
        assert courier.stop() == 0
    assert (stick.out.names(), stick.into.names()) == ([], [])


def test_killed_at_any_moment_it_loses_no_file_and_leaves_no_half_answer(tmp_path: Path) -> None:
    chance, made, cut_short = random.Random(), dict[str, bytes](), 0
    with recording(slow_ack) as (recorder, peer):
        config, spool = till(tmp_path, peer.url)
        for life in range(KILLS):
            for n in range(life * FILES, (life + 1) * FILES):
                made[batch(n, n)] = os.urandom(chance.randrange(1, 50_000))
                spool.out.put(batch(n, n), made[batch(n, n)])
            with Courier(config) as courier:
                until_asked(recorder, len(recorder.requests) + 1)
                time.sleep(chance.uniform(0, 0.05))
                courier.process.kill()
            take_answers(spool, made)
            cut_short += bool(spool.out.names())
        with Courier(config, "--once") as courier:
            assert courier.process.wait(WAIT_S) == 0
        take_answers(spool, made)
    assert cut_short > 0
    assert spool.out.names() == []
    assert {file_hash(it) for it in recorder.bodies} == {file_hash(it) for it in made.values()}
    assert list(spool.into.folder.iterdir()) == []


def slow_ack(body: bytes) -> bytes:
    time.sleep(0.002)
    return response(200, ack(body))


def until_asked(recorder: Recorder, times: int) -> None:
    until(lambda: len(recorder.requests) >= times, "a request")


def until_answered(spool: Spool, *names: str) -> None:
    until(lambda: spool.into.names() == list(names), f"{names}")


def take_answers(spool: Spool, made: dict[str, bytes]) -> None:
    """As the till's daemon does: an answer is whole and is its file's, or the test fails."""
    for name in spool.into.names():
        file = name.removesuffix(ACK)
        assert spool.into.read(name, ANSWER_BYTES_MAX) == ack(made[file])
        spool.out.remove(file)
        spool.into.remove(name)
