import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.readers.chips.number import number_in, plain
from tests.readers.vectors import own

CARD = "2990000000019"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (CARD, CARD),
        (f" {CARD}\r\n", CARD),
        ("2990 0000 0001 9", CARD),
        (f"x.example/c/{CARD}", CARD),
        (f"x.example/c/{CARD}?from=20261201", CARD),
        (f"x.example/?card={CARD}&y=123456789012345678", CARD),  # own comes before longer
        (f"x.example/#{CARD}", CARD),
        (f"card: {CARD}", CARD),
        ("x.example/c/98765?y=2026", "98765"),
        ("x.example/c/abc", None),
        ("x.example/c/299a0000000019", None),
        ("123", None),
        ("12345678901234567890", None),
        ("٢٩٩٠٠٠٠", None),
        ("", None),
    ],
)
def test_a_number_stands_alone_or_is_a_whole_part_of_a_link(text: str, number: str | None) -> None:
    assert number_in(text, own) == number


@given(st.text(max_size=80))
def test_any_text_has_a_number_of_4_to_19_digits_or_none(text: str) -> None:
    number = number_in(text, own)
    assert number is None or (4 <= len(number) <= 19 and number.isascii() and number.isdigit())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (CARD.encode() + bytes(35), CARD),
        (CARD.encode() + b"\xff" * 35, CARD),
        (bytes(48), ""),
        (b"", ""),
    ],
)
def test_what_a_memory_begins_with_ends_where_it_is_unused(data: bytes, text: str) -> None:
    assert plain(data) == text
