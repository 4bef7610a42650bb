import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from loyaltyd.readers.guard import IIN_RANGES, is_pan, is_payment
from tests.readers.vectors import MIR_PAN, PAN, TRACK1_BANK, TRACK2_BANK, own

SCHEMES = [(first, length) for first, _last, lengths in IIN_RANGES for length in lengths] + [
    (last, length) for _first, last, lengths in IIN_RANGES for length in lengths
]


def nobody(_number: str) -> bool:
    return False


@pytest.mark.parametrize(("prefix", "length"), SCHEMES)
def test_each_scheme_is_recognised_at_both_ends_of_its_range(prefix: str, length: int) -> None:
    body = prefix.ljust(length - 1, "0")
    assert is_pan(body + luhn.calc_check_digit(body))


@pytest.mark.parametrize("number", ["2199000000000000", "2205000000000000", "2721000000000000"])
def test_a_number_beside_a_scheme_is_no_bank_card(number: str) -> None:
    body = number[:-1]
    assert not is_pan(body + luhn.calc_check_digit(body))


@given(st.from_regex("4[0-9]{15}", fullmatch=True))
def test_a_number_without_its_check_digit_is_no_bank_card(number: str) -> None:
    assert is_pan(number) == luhn.is_valid(number)


@pytest.mark.parametrize(
    "text",
    [
        PAN,
        MIR_PAN,
        "4111 1111 1111 1111",
        "3782-822463-10005",
        f"https://example.test/pay?card={PAN}&sum=10",
        f"12 {PAN}",
        f";{PAN}?",
        f";{PAN}?4",
        TRACK1_BANK.decode(),
        TRACK2_BANK.decode(),
        TRACK1_BANK.decode()[1:-1],
        TRACK2_BANK.decode()[1:-1],
        f"%LOYALTY^{PAN}?",
        f"+01{PAN}=724724100000000000030300?",
        f";2990000000019?+01{PAN}=7247241?",
        f"%B{PAN}^IVANOV/IVAN^3012101?;2990000000019?",
    ],
)
def test_a_bank_card_is_recognised_in_every_shape(text: str) -> None:
    assert is_payment(text, own)


@pytest.mark.parametrize(
    "text",
    [
        "7700123456789013",
        "9630123456789014",
        ";7700123456789013?",
        ";7700123456789013=30121010000?",
        ";2990000000019=001?",
        ";2990000000019=30121010000006?",  # a field that begins like a Diners Club number
        "%B9643012345678^IVANOV/IVAN^30121010000000?;9643012345678?",
        "%LOYALTY^9643012345678?",
        "ST00012|PersonalAcc=40702810138250123017|",
        "4111",
        "",
    ],
)
def test_the_programs_own_cards_and_other_texts_pass(text: str) -> None:
    assert not is_payment(text, own)


def test_the_date_after_the_name_on_track_1_is_no_card_of_its_own() -> None:
    assert is_pan("30121010000006")
    assert not is_payment("%B9643012345678^IVANOV/IVAN^30121010000006?", own)


def test_a_banks_number_in_a_banks_layout_is_dropped_even_inside_a_card_range() -> None:
    assert is_payment(f";{PAN}=3012101?", lambda _number: True)
    assert is_payment(f"%B{PAN}^X^3012101?", lambda _number: True)


def test_a_banks_number_alone_passes_when_it_is_in_a_card_range() -> None:
    assert not is_payment(f";{PAN}?", lambda _number: True)


def test_a_banks_layout_around_any_foreign_number_is_suspected() -> None:
    assert is_payment(";9999012345678=30121010000?", nobody)
    assert not is_payment(";9999012345678=30131010000?", nobody)  # no month 13
    assert not is_payment(";9999012345678=001?", nobody)
