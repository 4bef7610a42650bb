"""An account as seen: what it owes to which wallet, and what a record says of it."""

from __future__ import annotations

from loyaltyd.domain.account import Account, Debt
from loyaltyd.domain.facts import facts_of


def test_a_debt_is_owed_to_one_wallet() -> None:
    account = Account(
        id="a", debts=(Debt(wallet="bonus", amount=30), Debt(wallet="stars", amount=5))
    )
    owed = [account.debt(it) for it in ("bonus", "stars", "purse")]
    assert owed == [30, 5, 0]


def test_of_an_account_that_has_nothing_a_record_holds_its_id_alone() -> None:
    assert facts_of(Account(id="a", tier="", measure=0, lots=(), debts=())) == {"id": "a"}
