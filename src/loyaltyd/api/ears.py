"""What the readers and the link say becomes events, and lines in the log."""

import logging
from dataclasses import dataclass

import structlog

from loyaltyd.api.events import Events, Kind
from loyaltyd.domain.card import CardNumber
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.messages import sentence
from loyaltyd.readers.read import CardRead, Cause, Garbled, PaymentCard, Read, Removed, Unread
from loyaltyd.till.identify import identified
from loyaltyd.till.sync import LinkState
from loyaltyd.till.till import Till

UNREAD: dict[Cause, Reason] = {
    "left": Reason.READ_INCOMPLETE,
    "mute": Reason.READ_GARBLED,
    "taken": Reason.READ_GARBLED,
    "random": Reason.UID_RANDOM,
    "no-number": Reason.NOT_A_CARD,
}

log = structlog.stdlib.get_logger("loyaltyd.daemon")


@dataclass(frozen=True, slots=True)
class Ears:
    """What reads become: events, said on the reader's own thread."""

    till: Till
    events: Events

    def owns(self, number: str) -> bool:
        """Whether number falls into a card range of any program this till knows."""
        return any(program.range_of(number) for program in self.till.programs)

    def heard(self, reader: str, read: Read) -> None:
        """Say which card was presented, or why it is none, or that it left."""
        if isinstance(read, Removed):
            self.events.publish("card_removed", {"reader": reader})
            return
        outcome = self._outcome(read)
        if isinstance(outcome, CardNumber) and isinstance(read, CardRead):
            facts = {"reader": reader, "medium": read.medium, "kind": outcome.kind}
            self.events.publish("card_read", facts, number=outcome.number)
            log.info("card_read", reader=reader, card=outcome.masked)
        elif isinstance(outcome, Refusal):
            said = sentence(outcome, self.till.language)
            reason = str(outcome.reason)
            self.events.publish(
                "card_refused", {"reader": reader, "reason": reason, "detail": said}
            )
            log.info("card_refused", reader=reader, reason=reason)

    def changed(self, reader: str, up: bool, detail: str) -> None:
        """Say that a reader came or went."""
        kind: Kind = "reader_up" if up else "reader_down"
        self.events.publish(kind, {"reader": reader, "detail": detail})
        log.log(logging.INFO if up else logging.WARNING, kind, reader=reader, detail=detail)

    def _outcome(self, read: CardRead | Garbled | PaymentCard | Unread) -> CardNumber | Refusal:
        if isinstance(read, Garbled):
            return refused(Reason.READ_GARBLED)
        if isinstance(read, Unread):
            return refused(UNREAD[read.why])
        if isinstance(read, PaymentCard):
            return refused(Reason.PAYMENT_CARD)
        program = self.till.program_on(self.till.local(self.till.clock()).date())
        return (
            program
            if isinstance(program, Refusal)
            else identified(program, read.number, read.medium)
        )


def say_link(events: Events, before: LinkState, now: LinkState) -> None:
    """Say what changed between two looks at the spool."""
    if now.up != before.up:
        kind: Kind = "link_up" if now.up else "link_down"
        events.publish(kind, {"waiting": now.waiting, "detail": now.trouble})
        log.log(logging.INFO if now.up else logging.WARNING, kind, waiting=now.waiting)
    if now.trouble != before.trouble:
        log.log(logging.WARNING if now.trouble else logging.INFO, "link", trouble=now.trouble)
    if now.strange != before.strange:
        log.warning("link_strange", detail="files among the answers that headquarters didn't sign")
