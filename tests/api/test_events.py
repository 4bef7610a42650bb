"""The bus and its streams: order, resume, who sees a number, and that nobody can hold it up."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from starlette.types import Message

from loyaltyd.api import stream
from loyaltyd.api.events import EVENTS_KEPT, HANDLE_S, HANDLES_MAX, STALE_READ_S, Events
from loyaltyd.api.tokens import LOOPBACK
from tests.api.tills import CARD, LiveTill, basket

BOOT = "5e0c1a77"
MASKED = "2990******019"


class Clock:
    """Monotonic seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def bus(clock: Clock | None = None) -> Events:
    return Events(boot=BOOT, monotonic=clock or Clock())


def test_events_are_numbered_in_order_and_kept_to_a_limit() -> None:
    events = bus()
    for _ in range(EVENTS_KEPT + 10):
        events.publish("reader_up", {})
    first = events.after(0)
    assert first[0].n == 11
    assert events.after(events.head) == []
    assert [event.n for event in events.after(events.head - 2)] == [events.head - 1, events.head]


def test_a_handle_stands_for_its_number_for_a_while() -> None:
    clock = Clock()
    events = bus(clock)
    handle = events.publish("card_read", {}, number=CARD)
    assert events.is_handle(handle)
    assert not events.is_handle(CARD)
    assert events.number(handle) == CARD
    clock.now = HANDLE_S
    assert events.number(handle) == CARD
    clock.now = HANDLE_S + 1
    assert events.number(handle) is None


def test_of_many_handles_the_newest_are_kept() -> None:
    events = bus()
    handles = [events.publish("card_read", {}, number=CARD) for _ in range(HANDLES_MAX + 1)]
    assert events.number(handles[0]) is None
    assert all(events.number(handle) for handle in handles[1:])


def test_an_event_does_not_show_its_number() -> None:
    events = bus()
    events.publish("card_read", {}, number=CARD)
    (event,) = events.after(0)
    assert CARD not in repr(event)
    assert event.seen_by(BOOT, numbers=True) == {"card": CARD, "read": f"{BOOT}.1"}
    assert event.seen_by(BOOT, numbers=False) == {"card": MASKED, "read": f"{BOOT}.1"}


def test_threads_publish_while_a_listener_waits_and_nothing_is_lost() -> None:
    events = bus()

    async def listened() -> list[int]:
        seen: list[int] = []
        with events.listening() as wakened:
            for thread in threads:
                thread.start()
            while len(seen) < 400:
                await wakened.wait()
                wakened.clear()
                while batch := events.after(seen[-1] if seen else 0):
                    seen += [event.n for event in batch]
        return seen

    def publish() -> None:
        for _ in range(100):
            events.publish("reader_up", {})

    threads = [threading.Thread(target=publish) for _ in range(4)]
    assert asyncio.run(listened()) == list(range(1, 401))
    for thread in threads:
        thread.join()
    events.publish("reader_up", {})  # its loop is closed, its listener gone


def test_a_stream_begins_with_a_place_to_resume_from(till: LiveTill) -> None:
    with till.stream() as stream_:
        boot, _, n = next(stream_)["id"].partition(".")
        assert (boot, int(n)) == (till.door.events.boot, till.door.events.head)


def test_what_happens_is_streamed_with_the_number_in_full_to_a_till_program(
    till: LiveTill,
) -> None:
    with till.stream() as stream_:
        next(stream_)
        handle = till.door.events.publish("card_read", {"reader": "counter"}, number=CARD)
        event = next(stream_)
        assert (event["event"], event["id"]) == ("card_read", handle)
        assert event["data"] == {"reader": "counter", "card": CARD, "read": handle}


def test_a_page_sees_masked_numbers_and_a_handle(till: LiveTill) -> None:
    cookie = till.read("/till").headers["set-cookie"].partition(";")[0]
    with till.stream(cookie=cookie) as stream_:
        next(stream_)
        handle = till.door.events.publish("card_read", {}, number=CARD)
        assert next(stream_)["data"] == {"card": MASKED, "read": handle}


def test_a_token_for_events_sees_numbers_and_another_no_events(guarded: LiveTill) -> None:
    with guarded.stream(authorization="Bearer eyes") as stream_:
        next(stream_)
        guarded.door.events.publish("card_read", {}, number=CARD)
        assert next(stream_)["data"]["card"] == CARD
    for token, reason in (("asker", "token_scope"), ("forged", "token_missing")):
        answer = guarded.read("/v1/events", {"authorization": f"Bearer {token}"})
        assert answer.reason == reason
    assert guarded.read("/v1/events").status == 401


def test_a_resumed_stream_tells_what_was_missed_and_nothing_twice(till: LiveTill) -> None:
    events = till.door.events
    seen = events.publish("reader_down", {"reader": "a"})
    missed = [events.publish("reader_up", {"reader": name}) for name in "bc"]
    with till.stream(last_event_id=seen) as stream_:
        next(stream_)
        assert [next(stream_)["id"] for _ in missed] == missed
        fresh = events.publish("reader_up", {"reader": "d"})
        assert next(stream_)["id"] == fresh


def test_a_resumed_stream_leaves_out_cards_that_are_no_longer_there() -> None:
    clock = Clock()
    events = bus(clock)
    events.publish("card_read", {}, number=CARD)
    clock.now = STALE_READ_S
    (event,) = events.after(0)
    assert not stream.is_stale(event, clock.now)
    assert stream.is_stale(event, clock.now + 0.1)
    events.publish("reader_down", {})
    assert not stream.is_stale(events.after(1)[0], clock.now + 1000)


def test_an_old_card_read_is_not_repeated_over_http(till: LiveTill) -> None:
    events = till.door.events
    before = events.publish("reader_up", {"reader": "before"})
    events.publish("card_read", {}, number=CARD)
    with events._lock:
        events._ring[-1] = replace(events._ring[-1], at=events.monotonic() - STALE_READ_S - 1)
    after = events.publish("reader_up", {"reader": "after"})
    with till.stream(last_event_id=before) as stream_:
        next(stream_)
        assert next(stream_)["id"] == after


@pytest.mark.parametrize("last", ["ffffffff.7", "nonsense", "ffffffff.x", ".", "٣.٣"])
def test_another_boots_id_resumes_before_the_first_event(till: LiveTill, last: str) -> None:
    with till.stream(last_event_id=last.encode().decode("latin-1")) as stream_:
        assert next(stream_)["id"] == f"{till.door.events.boot}.0"


def test_an_id_from_the_future_resumes_at_the_end(till: LiveTill) -> None:
    events = till.door.events
    with till.stream(last_event_id=f"{events.boot}.999999") as stream_:
        assert next(stream_)["id"] == f"{events.boot}.{events.head}"


def test_a_confirmed_receipt_is_told_once(till: LiveTill) -> None:
    with till.stream() as stream_:
        next(stream_)
        seq = till.post("/v1/receipts", basket("told")).json["seq"]
        till.post("/v1/receipts", basket("told"))
        till.post("/v1/receipts", basket("told-2"))
        told = next(stream_)
        assert told["event"] == "receipt_confirmed"
        assert told["data"] == {"receipt": "told", "seq": seq}
        assert next(stream_)["data"]["receipt"] == "told-2"


def test_a_quiet_stream_is_kept_alive(till: LiveTill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_S", 0.01)
    request = f"GET /v1/events HTTP/1.1\r\nHost: {till.host}\r\n\r\n"
    with till.wire() as wire:
        wire.sendall(request.encode())
        received = b""
        while received.count(b": still here\n\n") < 2:
            received += wire.recv(4096)


def test_streams_beyond_the_limit_are_refused_and_room_returns(
    till: LiveTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STREAMS_MAX", 2)
    with till.stream() as first, till.stream() as second:
        next(first)
        next(second)
        assert till.read("/v1/events").reason == "too_many_requests"
    while True:  # the server notices that they have gone
        try:
            with till.stream() as third:
                next(third)
                return
        except AssertionError:
            continue


def test_a_head_of_the_stream_ends_with_its_headers(till: LiveTill) -> None:
    answer = till.call("HEAD", "/v1/events")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    with till.wire() as wire:
        wire.sendall(f"HEAD /v1/events HTTP/1.1\r\nHost: {till.host}\r\n\r\n".encode())
        wire.sendall(f"GET /healthz HTTP/1.1\r\nHost: {till.host}\r\n".encode())
        wire.sendall(b"Connection: close\r\n\r\n")
        assert b"".join(iter(lambda: wire.recv(4096), b"")).count(b"HTTP/1.1 200 ") == 2


def test_a_client_that_takes_nothing_is_let_go(
    till: LiveTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_S", 0.01)
    till.door.events.publish("reader_up", {})
    taken: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        taken.append(message)
        if len(taken) > 2:  # the head and the first event
            await receive()

    headers = [(b"last-event-id", b"x.1")]
    scope = {"type": "http", "method": "GET", "headers": headers, "state": {"caller": LOOPBACK}}
    asyncio.run(stream.EventStream(till.door)(scope, receive, send))
    assert len(taken) == 3
