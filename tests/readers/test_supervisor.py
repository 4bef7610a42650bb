import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers.replay import ReplayDriver
from loyaltyd.readers.drivers.serial import SerialDriver
from loyaltyd.readers.hearing import MESSAGE_AGE_MAX_S, stream
from loyaltyd.readers.port import Driver
from loyaltyd.readers.profiles.barcode import BarcodeDecoder
from loyaltyd.readers.profiles.magstripe import MagstripeDecoder
from loyaltyd.readers.read import CardRead, Decoder, Garbled, PaymentCard, Read
from loyaltyd.readers.supervisor import HEAR_MAX_S, OPEN_MAX_S, STALLED, Source, Supervisor
from tests.readers.devices import Ears, Scanner
from tests.readers.vectors import PAN, TRACK1_BANK, TRACK2_BANK, own

CARD = b"2990000000019\r"
REPLUGS = 20


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Script:
    """A device by the script: bytes to give, moments to let pass, failures to raise."""

    def __init__(self, clock: Clock, *steps: bytes | float | Exception) -> None:
        self.openings = 0
        self.done = threading.Event()
        self._clock = clock
        self._steps = list(steps)

    def open(self) -> Self:
        self.openings += 1
        return self

    def read(self) -> bytes:
        if not self._steps:
            self.done.set()
            return b""
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            self._clock.now += step
            return b""
        return step

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    scanner = Scanner(tmp_path / "usb-Scanner_1")
    yield scanner
    scanner.unplug()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def source(
    driver: Driver,
    decoder: Decoder | None = None,
    name: str = "counter",
    window_s: float = 1.5,
    clock: Callable[[], float] = time.monotonic,
) -> Source:
    opening = stream(driver, decoder or BarcodeDecoder(own), clock)
    return Source(name=name, open=opening, repeat_window_s=window_s)


def played(ears: Ears, clock: Clock, *steps: bytes | float | Exception) -> Supervisor:
    """Run a script to its end on a clock of its own, and stop."""
    script = Script(clock, *steps)
    supervisor = Supervisor(
        [source(script, clock=clock)],
        on_read=ears.on_read,
        on_state=ears.on_state,
        monotonic=clock,
    )
    supervisor.start()
    assert script.done.wait(20)
    supervisor.stop()
    return supervisor


def test_a_card_is_heard_once_and_counted(ears: Ears, clock: Clock) -> None:
    supervisor = played(ears, clock, CARD[:5], CARD[5:], b"\xff\r", PAN.encode() + b"\r", 3.0)
    assert ears.reads == [
        ("counter", CardRead("2990000000019", "barcode")),
        ("counter", Garbled(1, "noise")),
        ("counter", PaymentCard()),
    ]
    [state] = supervisor.states()
    assert (state.bytes, state.reads, state.garbled, state.payment) == (33, 1, 1, 1)
    assert state.last_byte_age_s == 3.0
    assert (state.up, state.detail) == (False, "stopped")


@pytest.mark.parametrize(("apart", "times"), [(0.0, 1), (1.4, 1), (1.5, 2), (60.0, 2)])
def test_the_same_card_within_the_window_is_one_presentation(
    ears: Ears, clock: Clock, apart: float, times: int
) -> None:
    played(ears, clock, CARD, apart, CARD)
    assert len(ears.reads) == times


def test_each_reader_has_a_window_of_its_own(ears: Ears, clock: Clock) -> None:
    scripts = [Script(clock, CARD, CARD), Script(clock, CARD, CARD)]
    supervisor = Supervisor(
        [source(scripts[0], name="a", window_s=0.0), source(scripts[1], name="b")],
        on_read=ears.on_read,
        on_state=ears.on_state,
        monotonic=clock,
    )
    supervisor.start()
    assert all(script.done.wait(20) for script in scripts)
    supervisor.stop()
    assert sorted(name for name, _ in ears.reads) == ["a", "a", "b"]


def test_the_window_runs_from_when_the_card_was_last_seen(ears: Ears, clock: Clock) -> None:
    played(ears, clock, CARD, 1.0, CARD, 1.0, CARD, 1.0, CARD, 1.5, CARD)
    assert len(ears.reads) == 2


def test_another_card_in_between_makes_it_a_new_presentation(ears: Ears, clock: Clock) -> None:
    played(ears, clock, CARD, b"2990000000026\r", CARD)
    assert ears.numbers == ["2990000000019", "2990000000026", "2990000000019"]


def test_half_a_message_is_dropped_after_two_silent_seconds(ears: Ears, clock: Clock) -> None:
    played(ears, clock, b"29900", MESSAGE_AGE_MAX_S - 0.01, b"00000019\r")
    assert ears.numbers == ["2990000000019"]
    played(ears, clock, b"29900", MESSAGE_AGE_MAX_S, b"7700123456789013\r")
    assert ears.reads[1:] == [
        ("counter", Garbled(5, "unfinished")),
        ("counter", CardRead("7700123456789013", "barcode")),
    ]


def test_a_fresh_opening_starts_with_an_empty_decoder(ears: Ears, clock: Clock) -> None:
    played(ears, clock, b"29900", ReaderError("unplugged"), CARD)
    assert [read for _, read in ears.reads] == [
        Garbled(5, "unfinished"),
        CardRead("2990000000019", "barcode"),
    ]
    assert [state[1:] for state in ears.states] == [(True, ""), (False, "unplugged"), (True, "")]


def test_the_same_failure_is_told_once(ears: Ears, tmp_path: Path, scanner: Scanner) -> None:
    driver = SerialDriver(str(scanner.path))
    supervisor = Supervisor([source(driver)], on_read=ears.on_read, on_state=ears.on_state)
    supervisor.start()
    ears.wait_state(up=False)
    scanner.plug()
    ears.wait_state(up=True)
    supervisor.stop()
    assert [up for _, up, _ in ears.states] == [False, True]
    assert "no such device" in ears.states[0][2]


def test_every_card_after_each_of_20_replugs_is_read_once(ears: Ears, scanner: Scanner) -> None:
    supervisor = Supervisor(
        [source(SerialDriver(str(scanner.path)))], on_read=ears.on_read, on_state=ears.on_state
    )
    supervisor.start()
    sizes = set()
    for turn in range(1, REPLUGS + 1):
        scanner.plug()
        ears.wait_state(up=True, times=turn)
        scanner.send(f"CARD-{turn}\r".encode())
        ears.wait_number(f"CARD-{turn}")
        sizes.add((threading.active_count(), descriptors()))
        scanner.send(b"half a card")
        scanner.unplug()
        ears.wait_state(up=False, times=turn)
    supervisor.stop()
    assert ears.numbers == [f"CARD-{turn}" for turn in range(1, REPLUGS + 1)]
    assert len(sizes) == 1
    assert not any(thread.name == "counter" for thread in threading.enumerate())


def test_what_was_scanned_while_the_port_was_closed_is_gone(ears: Ears, scanner: Scanner) -> None:
    scanner.plug()
    scanner.send(b"STALE\r")
    supervisor = Supervisor(
        [source(SerialDriver(str(scanner.path)))], on_read=ears.on_read, on_state=ears.on_state
    )
    supervisor.start()
    ears.wait_state(up=True)
    scanner.send(CARD)
    ears.wait(lambda: bool(ears.reads))
    supervisor.stop()
    assert ears.numbers == ["2990000000019"]


def test_a_network_reader_heals_when_its_bridge_comes_back(ears: Ears) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bridge:
        driver = SerialDriver(f"socket://127.0.0.1:{bridge.getsockname()[1]}")
        supervisor = Supervisor([source(driver)], on_read=ears.on_read, on_state=ears.on_state)
        supervisor.start()
        for turn in range(1, 4):
            peer, _ = bridge.accept()
            ears.wait_state(up=True, times=turn)
            peer.sendall(f"CARD-{turn}\r".encode())
            ears.wait_number(f"CARD-{turn}")
            peer.close()
            ears.wait_state(up=False, times=turn)
        supervisor.stop()
    assert ears.numbers == ["CARD-1", "CARD-2", "CARD-3"]


def test_a_capture_is_read_as_a_port_is(ears: Ears, tmp_path: Path) -> None:
    path = tmp_path / "swipes.capture"
    path.write_text(f"0 {TRACK2_BANK.hex()} 0d\n0 {b';9643012345678?'.hex()} 0d\n")
    decoder = MagstripeDecoder(own)
    supervisor = Supervisor(
        [source(ReplayDriver(str(path)), decoder)], on_read=ears.on_read, on_state=ears.on_state
    )
    supervisor.start()
    ears.wait(lambda: len(ears.reads) == 2)
    supervisor.stop()
    assert [read for _, read in ears.reads] == [
        PaymentCard(),
        CardRead("9643012345678", "magstripe"),
    ]


class Broken:
    """A decoder with a fault that one message shows."""

    def feed(self, data: bytes) -> list[Read]:
        if data == b"fault":
            raise ZeroDivisionError
        return [CardRead(data.decode(), "barcode")]

    def expire(self) -> list[Read]:
        return []


def test_a_fault_is_shown_and_stops_no_other_reader(
    ears: Ears, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    broken, sound = Script(clock, b"fault", b"healed"), Script(clock, CARD)
    supervisor = Supervisor(
        [source(broken, Broken(), "broken"), source(sound, name="sound")],
        on_read=ears.on_read,
        on_state=ears.on_state,
    )
    supervisor.start()
    ears.wait(lambda: ("broken", CardRead("healed", "barcode")) in ears.reads)
    assert [args.exc_type for args in shown] == [ZeroDivisionError]
    assert [state[1] for state in ears.states if state[0] == "broken"] == [True, False, True]
    assert "fault of the daemon" in next(state[2] for state in ears.states if not state[1])
    assert ("sound", CardRead("2990000000019", "barcode")) in ears.reads
    assert [state.up for state in supervisor.states()] == [True, True]
    supervisor.stop()


def test_no_bank_card_shows_in_anything_said_or_shown(ears: Ears, clock: Clock) -> None:
    swipes = [bank + b"\r" for bank in (TRACK1_BANK, TRACK2_BANK, PAN.encode())]
    supervisor = played(ears, clock, *swipes, TRACK2_BANK, ReaderError("unplugged"))
    said = f"{ears.reads} {ears.states} {supervisor.states()}"
    digits = {PAN[start : start + 7] for start in range(len(PAN) - 6)}
    assert not any(part in said for part in digits)
    assert [type(read) for _, read in ears.reads] == [PaymentCard] * 3 + [Garbled]


class Hanging:
    """A device whose opening takes as long as the test wants."""

    def __init__(self) -> None:
        self.entered, self.released, self.closed = (threading.Event() for _ in range(3))

    def open(self) -> Self:
        self.entered.set()
        self.released.wait(20)
        return self

    def read(self) -> bytes:
        return CARD

    def close(self) -> None:
        self.closed.set()


def test_stopping_leaves_a_device_that_hangs_behind_and_hears_no_more_of_it(
    ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyaltyd.readers.supervisor.STOP_WAIT_S", 0.01)
    device = Hanging()
    supervisor = Supervisor([source(device)], on_read=ears.on_read, on_state=ears.on_state)
    supervisor.start()
    assert device.entered.wait(20)
    supervisor.stop()
    device.released.set()
    assert device.closed.wait(20)
    assert (ears.reads, ears.states) == ([], [])


def test_a_source_that_hangs_is_down_until_it_moves_again(ears: Ears, clock: Clock) -> None:
    entered, released = threading.Event(), threading.Event()

    class Stalling(Script):
        def read(self) -> bytes:
            entered.set()
            released.wait(20)
            return super().read()

    device = Stalling(clock, CARD)
    supervisor = Supervisor(
        [source(device, clock=clock)],
        on_read=ears.on_read,
        on_state=ears.on_state,
        monotonic=clock,
    )
    supervisor.start()
    ears.wait_state(up=True)
    assert entered.wait(20)
    clock.now += HEAR_MAX_S
    supervisor.look()
    assert supervisor.states()[0].up
    clock.now += 0.1
    supervisor.look()
    supervisor.look()
    released.set()
    ears.wait_number("2990000000019")
    supervisor.stop()
    assert ears.states == [
        ("counter", True, ""),
        ("counter", False, STALLED),
        ("counter", True, ""),
    ]


def test_a_source_that_waits_to_be_opened_again_does_not_hang(
    ears: Ears, clock: Clock, tmp_path: Path
) -> None:
    driver = SerialDriver(str(tmp_path / "none"))
    supervisor = Supervisor(
        [source(driver)], on_read=ears.on_read, on_state=ears.on_state, monotonic=clock
    )
    supervisor.start()
    ears.wait_state(up=False)
    clock.now += OPEN_MAX_S * 2
    supervisor.look()
    supervisor.stop()
    assert STALLED not in [detail for _, _, detail in ears.states]


def test_stopping_what_was_never_started_is_nothing(ears: Ears, clock: Clock) -> None:
    supervisor = Supervisor(
        [source(Script(clock))], on_read=ears.on_read, on_state=ears.on_state, monotonic=clock
    )
    supervisor.stop()
    assert [state.detail for state in supervisor.states()] == ["not opened yet"]
