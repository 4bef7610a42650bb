import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, luhn

from loyaltyd.domain.card import CARD_ID_BYTES, CardNumber, card_id, ean_fits, luhn_fits, masked

DIGITS = st.text("0123456789", min_size=1, max_size=24)
TEXTS = st.text("0123456789 -٣x", max_size=16)


@given(DIGITS | TEXTS)
def test_luhn_agrees_with_stdnum(number: str) -> None:
    plain = number.isascii() and number.isdigit()
    assert luhn_fits(number) == (plain and luhn.is_valid(number))


@given(DIGITS)
def test_exactly_one_check_digit_fits_luhn(body: str) -> None:
    fitting = [digit for digit in "0123456789" if luhn_fits(body + digit)]
    assert fitting == [luhn.calc_check_digit(body)]


@given(DIGITS | TEXTS)
def test_ean_agrees_with_stdnum(number: str) -> None:
    plain = number.isascii() and number.isdigit() and len(number) in {8, 12, 13}
    assert ean_fits(number) == (plain and ean.is_valid(number))


@given(
    st.sampled_from([7, 11, 12]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
)
def test_exactly_one_check_digit_fits_an_ean(body: str) -> None:
    fitting = [digit for digit in "0123456789" if ean_fits(body + digit)]
    assert fitting == [ean.calc_check_digit(body)]


@pytest.mark.parametrize(
    "number", ["2000000000015", "2200123456786", "2999999999991", "4600682000013", "20123451"]
)
def test_known_eans_fit_and_their_neighbours_do_not(number: str) -> None:
    assert ean_fits(number)
    assert not ean_fits(number[:-1] + str((int(number[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("2990000000019", "2990******019"),
        ("12345678901", "1234****901"),
        ("1234567890", "**********"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_four_and_three_of_what_is_long_enough(
    number: str, shown: str
) -> None:
    assert masked(number) == shown


def test_a_card_number_is_masked_and_its_repr_has_no_digit_of_it() -> None:
    card = CardNumber(number="2990000000019", kind="bonus", range="2990/13")
    assert card.masked == "2990******019"
    assert repr(card) == "CardNumber(kind='bonus', range='2990/13')"


def test_a_card_id_is_the_hmac_of_kind_and_number_under_the_chains_key() -> None:
    key = bytes(range(32))
    whole = hmac.new(key, b"bonus\x1f2990000000019", hashlib.sha256).hexdigest()
    assert card_id(key, "bonus", "2990000000019") == whole[: 2 * CARD_ID_BYTES]
    others = {card_id(key, "gift", "2990000000019"), card_id(bytes(32), "bonus", "2990000000019")}
    assert len(others | {whole[: 2 * CARD_ID_BYTES]}) == 3
