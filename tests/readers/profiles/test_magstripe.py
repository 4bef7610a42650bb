import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.readers.profiles.magstripe import FRAME_BYTES_MAX, MagstripeDecoder
from loyaltyd.readers.read import CardRead, Garbled, PaymentCard, Read, Why
from tests.readers.vectors import MIR_PAN, PAN, TRACK1_BANK, TRACK2_BANK, own, with_parity

CARD = b";9643012345678?\r"
SWIPES = [
    CARD,
    b"%LOYALTY^9643012345678?.;9643012345678?4\r\x03",
    b"\x02\x1b;9643012345678?1\r\x03",
    b"\x02\x1b1\r\x03",
    b"%11111111111111111111?;E?+33333333333333333333?\r",
    TRACK1_BANK + TRACK2_BANK + b"\r",
    b";2990000000019=001?\r\n",
    b"%E?;E?+E?\r",
    b"@#!\r",
    with_parity(CARD, 0),
    b";" * 500 + b"\r",
]


def reads_of(data: bytes) -> list[Read]:
    return MagstripeDecoder(own).feed(data)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (CARD, "9643012345678"),
        (b";9643012345678?4\r", "9643012345678"),
        (b";9643012345678=12?\r", "9643012345678"),
        (b"%LOYALTY^9643012345678?.\r", "9643012345678"),
        (b"%9643012345678?\r", "9643012345678"),
        (b"%B9643012345678^IVANOV/IVAN^30121010000000?\r", "9643012345678"),
        (b"%LOYALTY^9643012345678?;2990000000019?\r", "2990000000019"),
        (b"%LOYALTY^9643012345678?;E?\r", "9643012345678"),
        (b"%E?;9643012345678?+E?\r", "9643012345678"),
        (b"%E?;E?+9643012345678?\r", "9643012345678"),
        (b"%NAME?+9643012345678?\r", "9643012345678"),
        (b";E?;9643012345678?\r", "9643012345678"),
        (b"%E?;E?!9643012345678?\r", "9643012345678"),
        (b"%?;9643012345678?\r", "9643012345678"),
        (b"\x02\x1b;9643012345678?\x03", "9643012345678"),
        (b"\x1b;9643012345678?1\r\x03", "9643012345678"),  # the sensor, where no LRC fits
        (b"\x1b;12345?1+96430?\r", "96430"),  # it stands at the end or nowhere
        (b";9643012345678?40\r", "9643012345678"),
        (b";12345?\r", "12345"),
        (b";9999999999999999999?\r", "9999999999999999999"),
    ],
)
def test_a_swipe_gives_the_number_of_track_2_then_1_then_3(data: bytes, number: str) -> None:
    [read] = reads_of(data)
    assert read == CardRead(number, "magstripe")


@pytest.mark.parametrize("digits", ["00000", "00040", "00050", "12345678"])
@pytest.mark.parametrize("before", [b"", b"%NAME?"])
def test_an_lrc_is_known_by_its_place_whatever_character_it_is(digits: str, before: bytes) -> None:
    nibbles = 0x0B ^ 0x0F
    for digit in digits:
        nibbles ^= int(digit)
    lrc = bytes([0x30 + nibbles])
    swipe = b";" + digits.encode() + b"?"
    assert reads_of(before + swipe + lrc + b"\r") == [CardRead(digits, "magstripe")]
    for wrong in set(range(0x30, 0x40)) - set(lrc):
        data = before + swipe + bytes([wrong])
        assert reads_of(data + b"\r") == [Garbled(len(data), "lrc")]


def test_an_lrc_that_is_a_sentinel_stands_before_the_next_track() -> None:
    # 0x0B ^ 0x0F ^ 0x0F: the digits make the LRC of track 2 a ";" and of track 3 a "?".
    assert reads_of(b";87000?;+96430?1\r") == [CardRead("87000", "magstripe")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%E?;E?+E?\r", "track-error"),
        (b"%11111111111111111111?;E?+33333333333333333333?\r", "track-error"),
        (b"%IVANOV/IVAN?\r", "no-number"),
        (b";1234?\r", "no-number"),
        (b";12345678901234567890?\r", "no-number"),
        (b";9643012345678\r", "noise"),
        (b"9643012345678?\r", "noise"),
        (b"x;9643012345678?\r", "noise"),
        (b"1\r", "noise"),
        (b"%" + b"A" * 77 + b"?\r", "noise"),
        (b";" + b"1" * 105 + b"?\r", "noise"),
    ],
)
def test_a_swipe_without_a_card_number_says_why(data: bytes, why: Why) -> None:
    assert reads_of(data) == [Garbled(len(data) - 1, why)]


@pytest.mark.parametrize(
    "data", [b"\x02\x1b1\r\x03", b"\x1b0\r", b"\x02\x1b\x03", b"\r\n", b"\x03"]
)
def test_a_card_put_in_or_taken_out_is_no_read(data: bytes) -> None:
    assert reads_of(data) == []


@pytest.mark.parametrize(
    "data",
    [
        TRACK2_BANK,
        TRACK2_BANK + b"4",
        TRACK1_BANK,
        TRACK1_BANK + b"K",
        TRACK1_BANK + TRACK2_BANK,
        TRACK1_BANK + b";E?",
        TRACK1_BANK + b";2990000000019?",
        b"%E?" + TRACK2_BANK,
        b";" + PAN.encode() + b"?",
        b";" + MIR_PAN.encode() + b"?",
        b"%LOYALTY^" + PAN.encode() + b"?;9643012345678?",
        b";9643012345678?+01" + PAN.encode() + b"=7247241000?",
        TRACK1_BANK[:-1],
        TRACK2_BANK[1:],
    ],
)
def test_a_swipe_with_a_bank_card_on_any_track_is_dropped_whole(data: bytes) -> None:
    assert reads_of(data + b"\r") == [PaymentCard()]


@settings(deadline=None)
@given(st.lists(st.sampled_from(SWIPES), max_size=4), st.data())
def test_swipes_read_the_same_wherever_the_port_cuts_them(
    swipes: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(swipes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    whole, cut = MagstripeDecoder(own), MagstripeDecoder(own)
    reads: list[Read] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reads += cut.feed(stream[start:end])
    assert reads + cut.expire() == whole.feed(stream) + whole.expire()


def test_the_next_good_card_is_read_after_each_of_1000_hostile_inputs() -> None:
    chance = random.Random(2)
    decoder = MagstripeDecoder(own)
    for _ in range(1000):
        noise = bytes(
            chance.choices(b"%;+?^=E!#&@01B9\x02\x1b\x00\r\x03\x8d", k=chance.randint(1, 400))
        )
        decoder.feed(noise)
        assert len(decoder._frame) <= FRAME_BYTES_MAX
        decoder.expire()
        assert decoder.feed(CARD) == [CardRead("9643012345678", "magstripe")]


@given(st.binary(max_size=120))
def test_no_part_of_a_bank_card_shows_however_noise_surrounds_it(noise: bytes) -> None:
    decoder = MagstripeDecoder(own)
    reads = decoder.feed(noise + TRACK1_BANK + TRACK2_BANK + noise + b"\r") + decoder.expire()
    assert all(PAN[:7] not in repr(read) for read in reads)
    assert not any(PAN in read.number for read in reads if isinstance(read, CardRead))
