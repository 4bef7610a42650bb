import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.readers.chips.ndef import RECORDS_MAX, area, texts
from tests.readers.cards import TEXT_1234567, text_record, uri_record

RECORD = "D1010A5402727531323334353637"  # well-known, text, "ru", "1234567"


def test_the_text_of_the_tag_in_the_book_is_read() -> None:
    found = area(TEXT_1234567)
    assert found.is_whole
    assert found.message.hex().upper() == RECORD
    assert texts(found.message) == ["1234567"]


@pytest.mark.parametrize(
    "data",
    [
        "0000" + TEXT_1234567.hex(),
        "0103A010440300" + "03" + "0E" + RECORD,  # lock control, then an empty message
        "0103A01044" + "03FF000E" + RECORD,  # the long form of a length
        "FD020102" + TEXT_1234567.hex(),
    ],
)
def test_what_stands_before_the_message_is_skipped(data: str) -> None:
    found = area(bytes.fromhex(data))
    assert found.is_whole
    assert texts(found.message) == ([] if "0300" in data else ["1234567"])


@pytest.mark.parametrize("cut", range(len(TEXT_1234567) - 1))
def test_a_message_that_is_cut_off_is_none_yet(cut: int) -> None:
    found = area(TEXT_1234567[:cut])
    assert (found.message, found.is_whole) == (b"", False)


@pytest.mark.parametrize("data", ["FE", "0000FE030100", "05", "FF"])
def test_an_area_that_ends_has_no_message(data: str) -> None:
    found = area(bytes.fromhex(data))
    assert (found.message, found.is_whole) == (b"", True)


def test_a_link_is_read_without_its_scheme() -> None:
    assert texts(area(uri_record(4, "x.example/c/2990000000019")).message) == [
        "x.example/c/2990000000019"
    ]
    assert texts(area(text_record("2990000000019")).message) == ["2990000000019"]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("D1 01 07 54 82 7275 FEFF 0031", ["1"]),  # UTF-16 with its mark
        ("D1 01 07 54 82 7275 FFFE 3100", ["1"]),
        ("D1 01 07 54 82 7275 0031 0032", ["12"]),  # without one: the high byte first
        ("C1 01 0000000A 54 02 7275 31323334353637", ["1234567"]),  # a length of four bytes
        ("D9 01 0A 01 54 61 02 7275 31323334353637", ["1234567"]),  # with an id
        ("91 01 04 55 04 78 2E 79 51 01 03 54 00 31 32", ["x.y", "12"]),
        ("B1 01 03 54 00 31 32", []),  # a chunk
        ("D2 01 03 54 00 31 32", []),  # a MIME type that is called T
        ("D1 01 00 54", []),
        ("D1 01 FF 54 00 31", []),
        ("D1", []),
        ("", []),
    ],
)
def test_records_are_read_as_far_as_they_are_whole(message: str, found: list[str]) -> None:
    assert texts(bytes.fromhex(message)) == found


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert len(texts(data)) <= RECORDS_MAX
    assert len(texts(area(data).message)) <= RECORDS_MAX
