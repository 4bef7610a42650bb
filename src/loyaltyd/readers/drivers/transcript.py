"""A recorded card reader: plays the cards of a capture file, then stays empty.

A card comes as `MS card ATR`, MS being the milliseconds since the line before; below it stand its
commands as `> HEX` and what it answered as `< HEX`, or `<` alone where it left instead. `MS gone`
takes it away. Empty lines and what follows a `#` are ignored.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers.capture import captured_lines
from loyaltyd.readers.port import Sight
from loyaltyd.readers.read import Dialogues, Told, Unread

SIGHT_WAIT_S = 0.5  # the contract of a slot
UNKNOWN_COMMAND = bytes.fromhex("6D00")  # to what the capture doesn't have
LINE = re.compile(
    r"([0-9]{1,7})\s+(?:card\s+((?:[0-9A-Fa-f]{2}\s*)+)|gone)|([<>])\s*((?:[0-9A-Fa-f]{2}\s*)*)"
)


@dataclass(slots=True)
class _Step:
    """A card that comes, or goes if it has no ATR, and what it answers in turn to a command."""

    wait_s: float
    atr: bytes = b""
    answers: dict[bytes, list[bytes]] = field(default_factory=dict, repr=False)


class TranscriptSlot:
    """Plays its steps once."""

    def __init__(self, steps: Iterator[_Step]) -> None:
        self._steps = steps
        self._next = next(steps, None)
        self._left_s = self._next.wait_s if self._next else 0.0
        self._answers: dict[bytes, list[bytes]] = {}
        self._seen: Sight | None = None
        self._closed = threading.Event()

    def sight(self) -> Sight:
        """Return the next step when its time has come within 0.5 s; at first an empty slot."""
        if self._seen is None:
            self._seen = Sight()
            return self._seen
        wait_s = min(self._left_s, SIGHT_WAIT_S) if self._next else SIGHT_WAIT_S
        self._closed.wait(wait_s)
        self._left_s -= wait_s
        if self._next and self._left_s <= 0:
            self._seen = self._played(self._next, self._seen)
        return self._seen

    def talk(self, dialogues: Dialogues) -> Told:
        """Answer as the card in the capture did; the last answer stays for who asks once more."""
        atr = self._seen.atr if self._seen else b""
        dialogue = dialogues(atr)
        try:
            command = next(dialogue)
            while True:
                answers = self._answers.get(command, [UNKNOWN_COMMAND])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if not answer:
                    return Told(Unread("left"))
                command = dialogue.send(answer)
        except StopIteration as end:
            told: Told = end.value
            return told

    def close(self) -> None:
        """Let a sight that waits return."""
        self._closed.set()

    def _played(self, step: _Step, seen: Sight) -> Sight:
        self._next = next(self._steps, None)
        self._left_s = self._next.wait_s if self._next else 0.0
        self._answers = step.answers
        present = bool(step.atr)
        moves = 2 if present and seen.present else int(present or seen.present)
        return replace(seen, present=present, atr=step.atr, moves=(seen.moves + moves) % 65536)


@dataclass(frozen=True, slots=True)
class TranscriptDriver:
    """Opens a capture file; each opening plays it from its beginning."""

    path: str

    def open(self) -> TranscriptSlot:
        """Read the whole file; ReaderError says which line is wrong, never what is in it."""
        return TranscriptSlot(iter(self._steps()))

    def _steps(self) -> list[_Step]:
        steps: list[_Step] = []
        command = b""
        for place, line in captured_lines(self.path):
            match = LINE.fullmatch(line)
            is_exchange = match is not None and match[3] is not None
            if match is None or (is_exchange and not _fits(match, steps, command)):
                raise ReaderError(
                    f"{self.path}:{place}: not a card, what it is asked and answers, or gone"
                )
            if not is_exchange:
                atr = bytes.fromhex(match[2] or "")
                steps.append(_Step(int(match[1]) / 1000, atr))
            elif match[3] == ">":
                command = bytes.fromhex(match[4])
            else:
                steps[-1].answers.setdefault(command, []).append(bytes.fromhex(match[4]))
        return steps


def _fits(exchange: re.Match[str], steps: list[_Step], command: bytes) -> bool:
    """Whether a command, or an answer to one, stands below a card."""
    is_command = exchange[3] == ">"
    return bool(steps and steps[-1].atr and (exchange[4] if is_command else command))
