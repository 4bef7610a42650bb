import pytest

from loyaltyd.readers.chips.atr import family, is_contactless

STORAGE = "3B8F8001804F0CA0000003060300"


@pytest.mark.parametrize(
    ("atr", "kind"),
    [
        ("3B8F8001804F0CA000000306030001000000006A", "classic"),
        ("3B8F8001804F0CA0000003060300020000000069", "classic"),
        (STORAGE + "26000000004D", "classic"),
        ("3B8F8001804F0CA0000003060300030000000068", "type2"),
        (STORAGE + "3A0000000051", "type2"),
        ("3B8F8001804F0CA00000030603F011000000008A", "storage"),  # FeliCa through an ACR122
        ("3B8F8001804F0CA0000003060B00140000000077", "storage"),  # ISO 15693
        ("3B8180018080", "chip"),  # DESFire EV1
        ("3B80800101", "chip"),
        ("3B00", "chip"),
        ("3B6800000073C84012009000", "chip"),  # with contacts
        ("", "chip"),
        ("3B8F8001804F0CA000000306", "storage"),  # cut off
    ],
)
def test_the_answer_to_reset_says_what_dialogue_fits(atr: str, kind: str) -> None:
    assert family(bytes.fromhex(atr)) == kind


@pytest.mark.parametrize(
    ("atr", "is_it"),
    [
        ("3B8F8001804F0CA000000306030001000000006A", True),
        ("3B8180018080", True),
        ("3B80800101", True),
        ("3B00", False),
        ("3B6800000073C84012009000", False),
        ("", False),
    ],
)
def test_only_a_card_on_an_antenna_has_a_uid(atr: str, is_it: bool) -> None:
    assert is_contactless(bytes.fromhex(atr)) is is_it
