"""What the ledger says of earlier receipts: in a record only what isn't nothing."""

from __future__ import annotations

from loyaltyd.domain.facts import facts_of
from loyaltyd.domain.past import NO_PAST, Past, Spending, Uses


def test_of_a_past_that_is_nothing_a_record_holds_nothing() -> None:
    uses = Uses(rule="r", account=0, card=0, cashier=0, given=0)
    assert facts_of(uses) == {"rule": "r"}
    assert facts_of(Spending(within="", amount=0)) == {}
    assert facts_of(Past(visits=0)) == facts_of(NO_PAST) == {}


def test_what_no_receipt_told_of_is_nothing() -> None:
    ever, month = Spending(amount=900), Spending(within="30d", amount=400)
    past = Past(spent=(ever, month), uses=(Uses(rule="r", account=2),))
    assert [past.spent_within(it) for it in ("", "30d", "7d")] == [900, 400, 0]
    assert [past.uses_of(it).account for it in ("r", "other")] == [2, 0]
