"""Who stands at the till, as the ledger saw them at that moment: what a quote decides on."""

from dataclasses import dataclass

from loyaltyd.domain.ledger import Lot


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card that was presented: its id, its kind, and the program's range that it fell into ("2990/13")."""

    id: str
    kind: str
    range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What an account owes to a wallet, above zero."""

    wallet: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as seen: its tier, the spend inside the tier's window, its lots and debts."""

    id: str
    tier: str = ""
    measure: int = 0  # minor units
    lots: tuple[Lot, ...] = ()
    debts: tuple[Debt, ...] = ()

    def debt(self, wallet: str) -> int:
        """What is owed to wallet."""
        return sum(debt.amount for debt in self.debts if debt.wallet == wallet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Card and account of a receipt; both are none for a shopper without a card."""

    card: Card | None = None
    account: Account | None = None
