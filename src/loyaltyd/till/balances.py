"""What people are told of what an account holds: its points, its stamps and their rewards."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from loyaltyd.domain.account import Account
from loyaltyd.domain.books.postings import points_of
from loyaltyd.domain.engine.explain import Message, Note
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.engine.quote import Points, Result
from loyaltyd.till.wallets import Balance, balance


def rewards_waiting(
    before: Account | None, result: Result, program: Program, on: dt.date
) -> Iterable[Message]:
    """The rewards of stamps that the shopper may still take with this receipt."""
    for wallet in program.wallets:
        held = balance(before, wallet.id, on)
        spent = points_of(result.spent, wallet.id)
        rewards = replace(held, available=held.available - spent).rewards(wallet)
        if rewards:
            yield Message(audience="cashier", note=Note.REWARDS, subject=wallet.id, amount=rewards)


def earned_messages(
    earned: Iterable[Points], after: Account | None, program: Program, on: dt.date
) -> Iterable[Message]:
    """What the shopper earns; of stamps, how many there are then."""
    for points in earned:
        wallet = program.wallet(points.wallet)
        if wallet is not None and wallet.stamps:
            yield from _stamps("customer", wallet, balance(after, wallet.id, on))
        else:
            yield Message(
                audience="customer", note=Note.EARNED, subject=points.wallet, amount=points.amount
            )


def balance_messages(account: Account | None, program: Program, on: dt.date) -> Iterable[Message]:
    """The slip's lines: what each wallet holds, unless it is empty."""
    for wallet in program.wallets:
        held = balance(account, wallet.id, on)
        if wallet.stamps and held.available and not held.pending:
            yield from _stamps("slip", wallet, held)
        elif held.available or held.pending:
            yield Message(
                audience="slip",
                note=Note.BALANCE,
                subject=wallet.id,
                amount=held.available,
                more=held.pending,
            )


def _stamps(audience: str, wallet: Wallet, held: Balance) -> Iterable[Message]:
    """How many stamps there are towards the next reward, and the rewards that are waiting."""
    rewards = held.rewards(wallet)
    rest = held.available - rewards * wallet.stamps
    if rest or not rewards:
        yield Message(
            audience=audience,
            note=Note.STAMPS,
            subject=wallet.id,
            amount=rest,
            more=wallet.stamps,
        )
    if rewards:
        yield Message(audience=audience, note=Note.REWARDS, subject=wallet.id, amount=rewards)
