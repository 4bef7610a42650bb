import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.readers.profiles.barcode import FRAME_BYTES_MAX, BarcodeDecoder
from loyaltyd.readers.read import CardRead, Garbled, PaymentCard, Read
from tests.readers.vectors import MIR_PAN, PAN, TRACK1_BANK, TRACK2_BANK, own

CARD = b"2990000000019\r"
SCANS = [
    CARD,
    b"]E02990000000019\r\n",
    b"]E0012345678950]E112\r",
    b"\x02]E420123451\x03",
    b"]C1010460068200001321abc\x1d91EE\r",
    "Карта-1\n".encode(),
    b"\x00\x00\r",
    b"\r\n",
    b"]E0\r",
    bytes.fromhex("B4363030 36B8B230303030B133 8D"),
    b"\xff" * 9 + b"\r",
    b"7" * (FRAME_BYTES_MAX + 1) + b"\r",
    PAN.encode() + b"\r",
]


def number_of(data: bytes) -> str:
    [read] = BarcodeDecoder(own).feed(data)
    assert isinstance(read, CardRead)
    assert read.medium == "barcode"
    return read.number


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (CARD, "2990000000019"),
        (b"\x022990000000019\x03", "2990000000019"),
        (b"]E02990000000019\r", "2990000000019"),
        (b"]E0012345678950]E112\r", "012345678950"),
        (b"]E3299000000001912\r", "2990000000019"),
        (b"]E3012345678950" + b"12345\r", "012345678950"),
        (b"]E420123451\r", "20123451"),
        (b"]C0ABC-123\r", "ABC-123"),
        (b"]Q1]E0 is data here]E1\r", "]E0 is data here]E1"),
        (b"]d2010460068200001321abc\x1d91EE\r", "010460068200001321abc\x1d91EE"),
        (b"A\x00B\r", "A\x00B"),
        ("Карта-1\r".encode(), "Карта-1"),
        (b"2200123456786\r", "2200123456786"),
        (b"4600000000060\r", "4600000000060"),
        (b"]E04600000000060\r", "4600000000060"),
        (b"7700123456789013\r", "7700123456789013"),
        (b"]C09630123456789014\r", "9630123456789014"),
    ],
)
def test_a_scan_gives_its_number(data: bytes, number: str) -> None:
    assert number_of(data) == number


def test_a_card_sent_as_upc_a_gets_its_leading_zero_back() -> None:
    [read] = BarcodeDecoder(lambda number: number == "0412345678903").feed(b"412345678903\r")
    assert read == CardRead("0412345678903", "barcode")
    assert number_of(b"412345678903\r") == "412345678903"  # nobody's card stays as read


@pytest.mark.parametrize("first", range(400, 500, 7))
def test_a_goods_code_is_never_taken_for_a_bank_card(first: int) -> None:
    for tail in range(100):
        body = f"{first}{tail:09d}"
        total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body))
        code = f"{body}{-total % 10}"
        assert number_of(code.encode() + b"\r") == code


@pytest.mark.parametrize(
    "text",
    [
        PAN.encode(),
        MIR_PAN.encode(),
        b"]C0" + PAN.encode(),
        b"]Q1" + PAN.encode(),
        b"]E0" + PAN.encode(),
        TRACK1_BANK + TRACK2_BANK,
    ],
)
def test_a_bank_cards_number_leaves_nothing_behind(text: bytes) -> None:
    decoder = BarcodeDecoder(own)
    assert decoder.feed(text + b"\r") == [PaymentCard()]
    assert decoder.expire() == []


def test_no_read_shows_its_number() -> None:
    assert repr(CardRead("2990000000019", "barcode")) == "CardRead(medium='barcode')"


@settings(deadline=None)
@given(st.lists(st.sampled_from(SCANS), max_size=4), st.data())
def test_scans_read_the_same_wherever_the_port_cuts_them(
    scans: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(scans)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, cut = BarcodeDecoder(own), BarcodeDecoder(own)
    reads: list[Read] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reads += cut.feed(stream[start:end])
    assert reads + cut.expire() == whole.feed(stream) + whole.expire()


def test_the_next_good_card_is_read_after_each_of_1000_hostile_inputs() -> None:
    chance = random.Random(1)
    decoder = BarcodeDecoder(own)
    alphabet = b"\x00\x02\x03\x1b\x1d\r\n]EeCQd0123456789=;%?^+B" + bytes(range(0x80, 0x100, 7))
    for _ in range(1000):
        size = chance.choice([1, 7, 60, 5000])
        noise = bytes(chance.choices(alphabet, k=size)) if size < 5000 else chance.randbytes(size)
        decoder.feed(noise)
        assert len(decoder._frame) <= FRAME_BYTES_MAX
        decoder.expire()
        assert decoder.feed(CARD) == [CardRead("2990000000019", "barcode")]


def test_an_endless_message_is_reported_once() -> None:
    decoder = BarcodeDecoder(own)
    reads = [read for _ in range(100) for read in decoder.feed(b"1" * 1000)]
    assert reads == [Garbled(FRAME_BYTES_MAX + 1, "too-long")]
