import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.readers.framing import FrameDecoder, parity_differs
from loyaltyd.readers.read import CardRead, Garbled
from tests.readers.vectors import with_parity

LIMIT = 20


def echo(text: str) -> CardRead:
    return CardRead(text, "barcode")


def numbers(decoder: FrameDecoder, data: bytes) -> list[str]:
    return [read.number for read in decoder.feed(data) if isinstance(read, CardRead)]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\x03", b"\r\x03", b"\x03\r\n"])
def test_every_usual_end_ends_one_message(end: bytes) -> None:
    assert numbers(FrameDecoder(LIMIT, echo), b"123" + end + b"456" + end) == ["123", "456"]


def test_empty_messages_are_swallowed() -> None:
    assert FrameDecoder(LIMIT, echo).feed(b"\r\r\n\n\x02\x03\r") == []


def test_stx_begins_a_message_anew() -> None:
    reads = FrameDecoder(LIMIT, echo).feed(b"12\x02345\x03")
    assert reads == [Garbled(2, "unfinished"), CardRead("345", "barcode")]


def test_a_message_of_the_limit_passes_and_one_byte_more_is_reported_once() -> None:
    decoder = FrameDecoder(LIMIT, echo)
    assert numbers(decoder, b"1" * LIMIT + b"\r") == ["1" * LIMIT]
    assert decoder.feed(b"1" * 1000) == [Garbled(LIMIT + 1, "too-long")]
    assert decoder.feed(b"1" * 1000) == []
    assert numbers(decoder, b"tail\r77\r") == ["77"]


def test_a_half_message_expires_once_and_the_next_one_is_whole() -> None:
    decoder = FrameDecoder(LIMIT, echo)
    decoder.feed(b"123")
    assert decoder.expire() == [Garbled(3, "unfinished")]
    assert decoder.expire() == []
    assert numbers(decoder, b"456\r") == ["456"]


@pytest.mark.parametrize("odd", [0, 1])
def test_another_parity_is_told_from_noise(odd: int) -> None:
    decoder = FrameDecoder(LIMIT, echo)
    sent = with_parity(b"4600682000013\r", odd)
    reads = decoder.feed(sent) + decoder.expire()
    assert reads == [Garbled(len(sent) - odd, "parity")]  # an odd CR is a CR: the message ends


def test_the_7e1_vector_of_a_real_scanner_is_parity() -> None:
    assert parity_differs(bytes.fromhex("B4 36 30 30 36 B8 B2 30 30 30 30 B1 33 8D"))
    assert not parity_differs(b"4600682000013")
    assert not parity_differs("Скидка 5%".encode())


def test_bytes_that_are_no_text_are_noise() -> None:
    assert FrameDecoder(LIMIT, echo).feed(b"\xff\xfe\x00\x80A\r") == [Garbled(5, "noise")]


def test_a_message_is_zeroed_once_read() -> None:
    decoder = FrameDecoder(LIMIT, echo)
    buffer = decoder._frame
    decoder.feed(b"299000")
    assert bytes(buffer) == b"299000"
    decoder.feed(b"\r")
    assert buffer == b""


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30)), st.sampled_from([b"", b"\r", b"\x02", b"\x8d"]))
def test_the_cuts_between_reads_never_matter(chunks: list[bytes], end: bytes) -> None:
    chunks = [chunk + end for chunk in chunks]
    whole, cut = FrameDecoder(LIMIT, echo), FrameDecoder(LIMIT, echo)
    expected = whole.feed(b"".join(chunks)) + whole.expire()
    assert [read for chunk in chunks for read in cut.feed(chunk)] + cut.expire() == expected
