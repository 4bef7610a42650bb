"""What an account holds on a day: available, pending, reserved, owed, and what is about to go."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from loyaltyd.domain.account import Account
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.ledger import Lot, usable
from loyaltyd.domain.money import decimal
from loyaltyd.till.answers import ExpiringAnswer, WalletAnswer

SOON = dt.timedelta(days=30)  # a shopper who comes monthly hears of it once before it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One wallet of an account on a day, in its scale."""

    available: int = 0
    pending: int = 0
    reserved: int = 0
    debt: int = 0
    expiring: tuple[tuple[dt.date, int], ...] = ()

    def rewards(self, wallet: Wallet) -> int:
        """How many rewards its stamps pay; none while stamps are owed."""
        return self.available // wallet.stamps if wallet.stamps and not self.debt else 0


def balance(account: Account | None, wallet: str, on: dt.date) -> Balance:
    """Read a wallet's lots on that local day: nothing is written because time passes."""
    if account is None:
        return Balance()
    lots = usable(account.lots, wallet, on)
    going: Counter[dt.date] = Counter()
    for lot in lots:
        if lot.expires_at is not None and lot.expires_at - on <= SOON:
            going[lot.expires_at] += lot.amount
    return Balance(
        available=sum(lot.amount for lot in lots),
        pending=sum(lot.amount for lot in account.lots if _waits(lot, wallet, on)),
        reserved=sum(lot.amount for lot in account.reserved if lot.wallet == wallet),
        debt=account.debt(wallet),
        expiring=tuple(sorted(going.items())),
    )


def wallet_answers(
    account: Account | None, program: Program, on: dt.date
) -> dict[str, WalletAnswer]:
    """Every wallet of the program, whether or not the account has anything in it."""
    return {
        wallet.id: wallet_answer(balance(account, wallet.id, on), wallet)
        for wallet in program.wallets
    }


def wallet_answer(held: Balance, wallet: Wallet) -> WalletAnswer:
    """One wallet's balance in decimal strings; of stamps also the rewards that are waiting."""
    answer = WalletAnswer(
        available=decimal(held.available, wallet.scale),
        pending=decimal(held.pending, wallet.scale),
        reserved=decimal(held.reserved, wallet.scale),
        debt=decimal(held.debt, wallet.scale),
        expiring=[
            ExpiringAnswer(amount=decimal(amount, wallet.scale), on=day.isoformat())
            for day, amount in held.expiring
        ],
    )
    if wallet.stamps:
        answer["every"], answer["rewards"] = str(wallet.stamps), str(held.rewards(wallet))
    return answer


def wallet_name(wallet: Wallet, language: str) -> str:
    """What people call the wallet."""
    return wallet.names.get(language) or next(iter(wallet.names.values()), wallet.id)


def _waits(lot: Lot, wallet: str, on: dt.date) -> bool:
    return lot.wallet == wallet and lot.active_from > on
