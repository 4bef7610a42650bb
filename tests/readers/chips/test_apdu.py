"""What a command takes over T=0 and T=1 (ISO/IEC 7816-4)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.readers.chips.apdu import EXCHANGES_MAX, Exchange, Response, exchanged, selection

READ = bytes.fromhex("00B0000000")


def run(exchange: Exchange, answers: Iterable[str]) -> tuple[Response, list[str]]:
    """Answer the commands in turn; the response in the end, and what was sent."""
    waiting, sent = iter(answers), []
    try:
        sent.append(next(exchange).hex())
        while True:
            sent.append(exchange.send(bytes.fromhex(next(waiting))).hex())
    except StopIteration as end:
        response: Response = end.value
        return response, sent


def test_an_application_is_selected_by_its_name() -> None:
    directory = "00a404000e325041592e5359532e444446303100"
    assert selection(b"2PAY.SYS.DDF01").hex() == directory


@pytest.mark.parametrize(
    ("command", "answers", "sent", "data", "status"),
    [
        ("00B0000000", ["2990 9000"], ["00b0000000"], "2990", 0x9000),
        ("00B0000000", ["6C02", "2990 9000"], ["00b0000000", "00b0000002"], "2990", 0x9000),
        ("00A40400 02 3F00 00", ["6103", "6F0184 9000"], [..., "00c0000003"], "6F0184", 0x9000),
        ("00A40400 02 3F00", ["6C05", "01 9000"], [..., "00a40400023f0005"], "01", 0x9000),
        ("00A40400 02 3F00 00", ["6C05", "01 9000"], [..., "00a40400023f0005"], "01", 0x9000),
        ("00B0000000", ["29 6101", "90 9000"], [..., "00c0000001"], "2990", 0x9000),
        (
            "00B0000000",
            ["6102", "6C01", "29 9000"],
            [..., "00c0000002", "00c0000001"],
            "29",
            0x9000,
        ),
        ("00B0000000", ["2990 6282"], ["00b0000000"], "2990", 0x6282),
        ("00B0000000", ["6A82"], ["00b0000000"], "", 0x6A82),
        ("00B0000000", [""], ["00b0000000"], "", 0),
        ("00B0000000", ["90"], ["00b0000000"], "", 0),
    ],
)
def test_get_response_and_the_right_length_are_asked_for(
    command: str, answers: list[str], sent: list[object], data: str, status: int
) -> None:
    response, commands = run(exchanged(bytes.fromhex(command)), answers)
    assert response == Response(bytes.fromhex(data), status)
    assert response.is_good == (status in {0x9000, 0x6282})
    assert [it for it, wanted in zip(commands, sent, strict=True) if wanted not in {..., it}] == []


@given(st.lists(st.binary(max_size=300), min_size=EXCHANGES_MAX, max_size=EXCHANGES_MAX))
def test_no_card_is_asked_without_end(answers: list[bytes]) -> None:
    response, sent = run(exchanged(READ), (it.hex() for it in answers))
    assert len(sent) <= EXCHANGES_MAX
    assert len(response.data) <= 256 * EXCHANGES_MAX


@pytest.mark.parametrize("status", ["6100", "6C00"])
def test_a_card_that_promises_for_ever_gives_nothing_good(status: str) -> None:
    response, sent = run(exchanged(READ), [status] * EXCHANGES_MAX)
    assert (response.is_good, len(sent)) == (False, EXCHANGES_MAX)
    assert "2990" not in repr(Response(b"2990", 0x9000))
