import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.readers.chips.uid import COMMAND, digits, shown, trust


def test_the_reader_is_asked_by_the_command_of_pcsc() -> None:
    assert COMMAND.hex() == "ffca000000"


@pytest.mark.parametrize(
    ("uid", "how"),
    [
        ("08A1B2C3", "random"),
        ("80A1B2C3", "random"),  # as a reader gives it that turns the bytes around
        ("08A1B2C3D4E5F6", "random"),
        ("A1B2C3D4", "weak"),
        ("04A1B2C3D4E5F6", "static"),
        ("04A1B2C3D4E5F6A7B8C9", "static"),
        ("E004010012345678", "weak"),  # ISO 15693
        ("A1B2C3", "weak"),
    ],
)
def test_how_far_a_uid_is_believed(uid: str, how: str) -> None:
    assert trust(bytes.fromhex(uid)) == how


@pytest.mark.parametrize(
    ("uid", "number"),
    [
        ("04A1B2C3D4E5F6", "01303689068602870"),
        ("00000000000001", "00000000000000001"),
        ("FFFFFFFFFFFFFF", "72057594037927935"),
    ],
)
def test_a_uid_of_seven_bytes_is_seventeen_digits(uid: str, number: str) -> None:
    assert digits(bytes.fromhex(uid)) == number
    assert int(number) == int(uid, 16)


@given(st.sampled_from([7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_two_uids_of_one_size_are_two_numbers_of_one_length(uid: bytes) -> None:
    assert len(digits(uid)) == {7: 17, 10: 25}[len(uid)]
    assert int(digits(uid)).to_bytes(len(uid), "big") == uid


def test_store_it_sees_the_ends_of_a_long_uid() -> None:
    assert shown(bytes.fromhex("04A1B2C3D4E5F6")) == "static UID 04A1*******5F6"
    assert shown(bytes.fromhex("A1B2C3D4")) == "weak UID A1B2C3D4"
    assert shown(bytes.fromhex("08B2C3D4")) == "random UID 08B2C3D4"
