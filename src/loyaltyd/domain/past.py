"""What the ledger says of earlier receipts, as far as rules ask for it.

A record holds it as it was seen, so that anyone can run the receipt again. Of a birthday it holds
only which of the program's windows are open that day.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was spent inside a window that ends with the day, less what came back; minor units."""

    within: str = ""  # as the program writes it; nothing means ever
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """How often a limited rule was applied: to the account, by this card, by this cashier.

    given is what it gave to anyone: minor units, or points of its wallet.
    """

    rule: str
    account: int = 0
    card: int = 0
    cashier: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Earlier receipts, mostly an account's; what no rule of the program asks for is nothing."""

    visits: int = 0
    last_visit: dt.date | None = None
    spent: tuple[Spending, ...] = ()
    uses: tuple[Uses, ...] = ()
    birthdays: tuple[str, ...] = ()  # the windows that are open, as the program writes them

    def spent_within(self, within: str) -> int:
        """What was spent inside that window."""
        return sum(it.amount for it in self.spent if it.within == within)

    def uses_of(self, rule: str) -> Uses:
        """How often the rule was applied."""
        return next((it for it in self.uses if it.rule == rule), Uses(rule=rule))


NO_PAST = Past()
