"""What the sights of a slot tell: each card once, in order, none for a card that lay there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.hearing import Heard
from loyaltyd.readers.port import Sight
from loyaltyd.readers.read import CardRead, Dialogue, Dialogues, Read, Removed, Told, Unread
from loyaltyd.readers.supervisor import Source, Supervisor
from loyaltyd.readers.taps import MOVES_TOLD_MAX, taps
from tests.readers.cards import held
from tests.readers.devices import Ears

GONE = Sight(missing="unplugged")
READ, LEFT = CardRead("2990000000019", "contactless"), Unread("left")


class Script:
    """A slot by the script: what is to be seen, one sight a call."""

    def __init__(self, *sights: Sight) -> None:
        self._sights = iter(sights)

    def open(self) -> Script:
        return self

    def sight(self) -> Sight:
        if sight := next(self._sights, None):
            return sight
        raise ReaderError("the script is over")

    def talk(self, dialogues: Dialogues) -> Told:
        return held(dialogues(b""), lambda command: command)[0]

    def close(self) -> None:
        pass


def dialogue(atr: bytes) -> Dialogue:
    yield atr
    return Told(READ, "NFC tag")


def at(present: bool, moves: int, detail: str = "ACS 00 00") -> Sight:
    return Sight(present=present, moves=moves, atr=b"\x3b\0" if present else b"", detail=detail)


def heard(*sights: Sight) -> list[Heard]:
    hearing = taps(Script(*sights), dialogue)()
    return [hearing.hear() for _ in sights]


def reads(*sights: Sight) -> list[Read]:
    return [read for each in heard(*sights) for read in each.reads]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (at(False, 0), at(True, 1), [READ]),
        (at(True, 1), at(False, 2), [Removed()]),
        (at(True, 1), at(True, 1), []),
        (at(False, 2), at(False, 2), []),
        (at(True, 1), at(True, 3), [Removed(), READ]),  # swapped before anyone looked
        (at(False, 0), at(False, 2), [LEFT, Removed()]),  # too short to be seen
        (at(False, 0), at(True, 3), [LEFT, Removed(), READ]),
        (at(True, 1), at(False, 4), [Removed(), LEFT, Removed()]),
        (at(True, 65535), at(False, 0), [Removed()]),  # the count starts again
        (at(True, 65535), at(True, 1), [Removed(), READ]),
        (at(False, 7), at(True, 7), [READ]),  # a reader that doesn't count
        (at(True, 7), at(False, 7), [Removed()]),
        (at(True, 7), at(True, 8), []),  # a count that can't be
    ],
)
def test_each_move_between_two_sights_is_told_in_its_order(
    before: Sight, after: Sight, told: list[Read]
) -> None:
    assert reads(before, after) == told


@pytest.mark.parametrize("missing", [Sight(missing="not there yet"), GONE])
def test_a_card_that_lay_there_is_present_and_not_presented(missing: Sight) -> None:
    assert reads(missing, at(True, 5), at(True, 5), at(False, 6), at(True, 7)) == [Removed(), READ]


def test_a_reader_that_goes_takes_its_card_along() -> None:
    found = heard(at(False, 0), at(True, 1), GONE, GONE, at(True, 0))
    assert [each.reads for each in found] == [[], [READ], [Removed()], [], []]
    assert [(each.up, each.detail) for each in found[1:]] == [
        (True, "ACS 00 00"),
        (False, "unplugged"),
        (False, "unplugged"),
        (True, "ACS 00 00"),
    ]


def test_closing_tells_that_a_card_can_not_be_watched_any_more() -> None:
    for last, ended in ((at(True, 0), [Removed()]), (at(False, 0), []), (GONE, [])):
        hearing = taps(Script(last), dialogue)()
        hearing.hear()
        assert hearing.close() == ended


def test_a_card_that_is_lifted_and_put_down_again_is_told_again_at_once() -> None:
    sights = (at(False, 0), at(True, 1), at(False, 2), at(True, 3), at(True, 5))
    ears = Ears()
    supervisor = Supervisor(
        [Source(name="tap", open=taps(Script(*sights), dialogue))],
        on_read=ears.on_read,
        on_state=ears.on_state,
        monotonic=lambda: 0.0,
    )
    supervisor.start()
    ears.wait(lambda: len(ears.reads) >= 5)
    supervisor.stop()
    told = [read for _, read in ears.reads]
    assert told == [READ, Removed(), READ, Removed(), READ, Removed()][: len(told)]


def test_the_bytes_of_a_card_reader_are_those_of_the_answers_to_reset() -> None:
    assert [(it.length, it.card) for it in heard(at(False, 0), at(True, 1), at(True, 1))] == [
        (0, None),
        (2, "NFC tag"),
        (0, None),
    ]


def test_a_bad_contact_tells_no_more_than_a_hand_could_do() -> None:
    assert len(reads(at(False, 0), at(False, 60000))) == MOVES_TOLD_MAX
    assert len(reads(at(False, 0), at(True, 60001))) == MOVES_TOLD_MAX + 1


@given(st.lists(st.integers(min_value=0, max_value=6), max_size=40))
def test_whenever_one_looks_each_card_is_told_once_and_leaves_once(moves: list[int]) -> None:
    def sights() -> Iterator[Sight]:
        total = 0
        for more in (0, *moves):
            total += more
            yield at(total % 2 == 1, total)

    told = reads(*sights())
    comings = [read for read in told if not isinstance(read, Removed)]
    assert len(told) == sum(moves)
    assert len(comings) == (sum(moves) + 1) // 2
    assert told[1::2] == [Removed()] * (sum(moves) // 2)
