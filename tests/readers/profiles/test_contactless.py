"""What is asked of cards with a chip, byte by byte, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.readers.chips.classic import Sector
from loyaltyd.readers.chips.files import CardFile
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, PaymentCard, Told, Unread
from tests.readers.cards import (
    ATR_CLASSIC,
    ATR_CONTACT_T0,
    ATR_ISO_DEP,
    ATR_TYPE2,
    NOT_FOUND,
    NUMBER,
    OK,
    RANDOM_UID,
    STATIC_UID,
    UID_COMMAND,
    WEAK_UID,
    BankCard,
    Classic,
    FileCard,
    Tag,
    held,
    text_record,
    uri_record,
)
from tests.readers.vectors import MIR_PAN, PAN, own

KEY = bytes.fromhex("A0B1C2D3E4F5")
AID, FILE = bytes.fromhex("F04C4F59414C01"), bytes.fromhex("EF01")
PPSE = "00a404000e325041592e5359532e444446303100"
PSE = "00a404000e315041592e5359532e444446303100"
CARDS = Contactless(own=own, sector=Sector(number=1, key=KEY), file=CardFile(aid=AID, file=FILE))
UNSET = Contactless(own=own)
HYPHENS, BESIDE = "4111-1111-1111-1111", f"{NUMBER}, or {PAN}"
COMMANDS_MAX = 160  # of an area of 256 bytes, read four bytes at a time: every card ends


def told(card: Tag | Classic | FileCard | BankCard, cards: Contactless = CARDS) -> Told:
    return held(cards.dialogue(card.atr), card.answer)[0]


def sent(card: Tag | Classic | FileCard | BankCard, cards: Contactless = CARDS) -> list[str]:
    return [it.hex() for it in held(cards.dialogue(card.atr), card.answer)[1]]


@pytest.mark.parametrize(
    "area",
    [
        text_record(NUMBER),
        uri_record(4, f"x.example/c/{NUMBER}"),
        uri_record(4, f"x.example/?n={NUMBER}&from=shop"),
        b"\0" * 60 + text_record(NUMBER),
    ],
)
def test_a_tag_tells_the_number_in_its_text_or_link(area: bytes) -> None:
    assert told(Tag(area, uid=WEAK_UID)) == Told(
        CardRead(NUMBER, "contactless"), "NFC tag, weak UID A1B2C3D4"
    )


def test_a_tag_is_read_from_its_container_as_far_as_its_message_goes() -> None:
    assert sent(Tag(text_record(NUMBER))) == ["ffca000000", "ffb0000310", "ffb0000710"]
    assert sent(Tag(bytes.fromhex("0300FE"))) == ["ffca000000", "ffb0000310"]
    assert sent(Tag(b"", container=bytes(4))) == ["ffca000000", "ffb0000310"]
    assert len(sent(Tag(bytes(144)))) == 11  # the UID, and an NTAG213's 144 bytes


def test_a_classic_is_opened_with_the_key_and_its_trailer_is_left_alone() -> None:
    assert told(Classic(NUMBER.encode(), key=KEY)) == Told(
        CardRead(NUMBER, "contactless"), "MIFARE Classic, weak UID A1B2C3D4"
    )
    assert sent(Classic(NUMBER.encode(), key=KEY)) == [
        "ffca000000",
        "ff82000006a0b1c2d3e4f5",
        "ff860000050100046000",
        *("ffb0000410", "ffb0000510", "ffb0000610"),
    ]


@pytest.mark.parametrize(
    ("number", "blocks"),
    [
        (0, [1, 2]),
        (1, [4, 5, 6]),
        (31, [124, 125, 126]),
        (32, [128, 129, 130]),
        (39, [240, 241, 242]),
    ],
)
def test_the_blocks_of_a_sector_hold_no_key_and_nothing_of_the_maker(
    number: int, blocks: list[int]
) -> None:
    assert list(Sector(number=number, key=KEY).blocks) == blocks


def test_key_b_and_an_ndef_message_in_a_sector_are_read_too() -> None:
    cards = Contactless(own=own, sector=Sector(number=2, key=KEY, key_type="B"))
    card = Classic(b"\0\0" + text_record(NUMBER), sector=2, key=KEY, key_type=0x61)
    assert told(card, cards).read == CardRead(NUMBER, "contactless")
    assert sent(card, cards)[2] == "ff860000050100086100"


def test_a_classic_that_the_key_does_not_open_is_not_asked_again() -> None:
    card = Classic(NUMBER.encode(), key=bytes(6))
    assert told(card).read == Unread("no-number")
    assert sent(card)[-1].startswith("ff86")
    assert sent(card, UNSET) == ["ffca000000"]


@pytest.mark.parametrize("atr", [ATR_ISO_DEP, ATR_CONTACT_T0])
@pytest.mark.parametrize("is_record", [False, True])
def test_a_file_card_tells_the_number_in_its_file(atr: bytes, is_record: bool) -> None:
    card = FileCard(NUMBER.encode() + bytes(3), atr=atr, is_record=is_record)
    assert told(card).read == CardRead(NUMBER, "contactless")
    assert told(card).card == "chip card"


def test_a_file_card_is_first_asked_whether_it_is_a_bank_card() -> None:
    over_t1 = [
        PPSE,
        PSE,
        "ffca000000",
        "00a4040007f04c4f59414c0100",
        "00a4020c02ef01",
        "00b0000000",
    ]
    assert sent(FileCard(NUMBER.encode())) == over_t1
    assert sent(FileCard(NUMBER.encode(), atr=ATR_CONTACT_T0)) == [
        *(PPSE, PSE, "00a4040007f04c4f59414c0100", "00c000000b"),
        *("00a4020c02ef01", "00b0000000", "00b000000d"),
    ]


@pytest.mark.parametrize("atr", [ATR_ISO_DEP, ATR_CONTACT_T0])
def test_a_bank_card_is_asked_for_its_directory_and_nothing_more(atr: bytes) -> None:
    card = BankCard(PAN, atr=atr)
    assert told(card) == Told(PaymentCard())
    assert [it.hex() for it in card.heard] == [PPSE]


@pytest.mark.parametrize(
    ("answer", "is_bank"),
    [
        ("9000", True),
        ("6F00 9000", True),
        ("612E", True),
        ("6283", True),
        ("6C2E", True),
        ("6A82", False),
        ("6A81", False),
        ("6D00", False),
        ("6E00", False),
        ("911C", False),
    ],
)
def test_a_directory_is_there_whenever_the_card_does_not_deny_it(
    answer: str, is_bank: bool
) -> None:
    found, commands = held(CARDS.dialogue(ATR_ISO_DEP), lambda _: bytes.fromhex(answer))
    assert (found == Told(PaymentCard())) is is_bank
    assert (len(commands) == 1) is is_bank


@pytest.mark.parametrize("asked", [1, 2])
@pytest.mark.parametrize("answer", ["6300", "6400", "6F00", "00", ""])
def test_a_card_that_left_before_it_denied_the_directory_may_be_a_bank_card(
    answer: str, asked: int
) -> None:
    answers = iter([NOT_FOUND] * (asked - 1) + [bytes.fromhex(answer)])
    found, commands = held(CARDS.dialogue(ATR_ISO_DEP), lambda _: next(answers))
    assert found == Told(Unread("left"))
    assert [it.hex() for it in commands] == [PPSE, PSE][:asked]


def test_a_card_with_contacts_alone_is_a_bank_card_by_the_other_directory() -> None:
    answers = iter([NOT_FOUND, bytes.fromhex("6110")])
    found, commands = held(CARDS.dialogue(ATR_CONTACT_T0), lambda _: next(answers))
    assert found == Told(PaymentCard())
    assert [it.hex() for it in commands] == [PPSE, PSE]


@pytest.mark.parametrize(
    "pan", [PAN, MIR_PAN, f"{PAN[:8]} {PAN[8:]}", "4111 1111 1111 1111", HYPHENS, BESIDE]
)
def test_a_payment_number_that_is_written_on_a_card_is_none_of_ours(pan: str) -> None:
    link = pan.replace(" ", "")
    for card in (
        Tag(text_record(pan)),
        Tag(uri_record(4, f"x.example/?a1={link}")),
        Classic(pan.encode(), key=KEY),
        FileCard(pan.encode()),
    ):
        assert told(card) == Told(PaymentCard())


@pytest.mark.parametrize(
    ("uid", "read"),
    [
        (STATIC_UID, CardRead("01303689068602870", "uid")),
        (WEAK_UID, Unread("no-number")),
        (RANDOM_UID, Unread("random")),
    ],
)
def test_only_a_static_uid_stands_for_a_number_where_there_is_none(
    uid: bytes, read: CardRead | Unread
) -> None:
    assert told(Tag(bytes.fromhex("FE"), uid=uid)).read == read
    assert told(Tag(text_record("hello"), uid=uid)).read == read
    assert told(Classic(b"", key=KEY, uid=uid)).read == read
    assert told(FileCard(b"none", uid=uid)).read == read
    assert told(Tag(text_record(NUMBER), uid=uid)).read == CardRead(NUMBER, "contactless")


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("6300", Unread("left")),  # what readers say of a card that has left
        ("6F00", Unread("left")),
        ("", Unread("left")),
        ("6D00", CardRead("01303689068602870", "uid")),  # a reader that can't read pages
        ("6A82", CardRead("01303689068602870", "uid")),
    ],
)
def test_a_card_that_left_in_the_middle_is_not_taken_for_one_without_a_number(
    status: str, read: CardRead | Unread
) -> None:
    def answer(command: bytes) -> bytes:
        return STATIC_UID + OK if command == UID_COMMAND else bytes.fromhex(status)

    assert held(CARDS.dialogue(ATR_TYPE2), answer)[0].read == read


def test_a_classic_that_leaves_after_it_was_opened_is_told_as_such() -> None:
    card = Classic(NUMBER.encode(), key=KEY)

    def answer(command: bytes) -> bytes:
        return bytes.fromhex("6300") if command[3] == 6 else card.answer(command)

    assert held(CARDS.dialogue(ATR_CLASSIC), answer)[0].read == Unread("left")


def test_what_is_asked_and_told_shows_no_number_and_no_key() -> None:
    said = repr([told(Tag(text_record(NUMBER))), CARDS])
    assert NUMBER not in said
    assert KEY.hex() not in said.lower()
    assert repr(KEY) not in said


ATRS = [ATR_TYPE2, ATR_CLASSIC, ATR_ISO_DEP, ATR_CONTACT_T0]
STATUSES = [bytes.fromhex(it) for it in ("9000", "6A82", "6282", "6100", "6C10", "6300", "")]
RESPONSES = st.one_of(
    st.binary(max_size=300),
    st.builds(bytes.__add__, st.binary(max_size=64), st.sampled_from(STATUSES)),
    st.builds(
        lambda area: bytes.fromhex("E1107F00") + area[:12].ljust(12, b"\0") + b"\x90\0",
        st.binary(max_size=12),
    ),
)


@pytest.mark.parametrize("atr", ATRS, ids=bytes.hex)
@settings(max_examples=1000)
@given(answers=st.lists(RESPONSES, min_size=1, max_size=40))
def test_no_card_breaks_the_dialogue_or_keeps_it_from_ending(
    atr: bytes, answers: list[bytes]
) -> None:
    replies: Iterator[bytes] = iter(answers * COMMANDS_MAX)
    found, commands = held(CARDS.dialogue(atr), lambda _: next(replies))
    assert isinstance(found.read, CardRead | PaymentCard | Unread)
    assert len(commands) <= COMMANDS_MAX
    assert all(4 <= len(command) <= 261 for command in commands)


@given(atr=st.binary(max_size=33), answer=RESPONSES)
def test_no_answer_to_reset_breaks_it_either(atr: bytes, answer: bytes) -> None:
    found, commands = held(CARDS.dialogue(atr), lambda _: answer)
    assert isinstance(found, Told)
    assert len(commands) <= COMMANDS_MAX
