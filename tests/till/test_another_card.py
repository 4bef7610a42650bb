"""The shopper shows another card while goods are rung up: the last one that was sent counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.refusal import Reason
from tests.domain.receipts import CARDS, EARN, HEAD, rub, rule, wallet
from tests.till.shop import CARD, PLASTIC, Shop, bought, line, no, shop_at

TEXT = (
    HEAD
    + wallet()
    + rule("members", "receipt", 'percent_off = "10%"', 'when = { card_kind = ["bonus"] }')
    + EARN
    + CARDS
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", TEXT) as opened:
        assert no(opened.confirm(bought("before", line(1, "2000.00")))) is None  # 90.00 points
        yield opened


def test_the_second_card_drops_all_that_the_first_one_gave(shop: Shop) -> None:
    # semantics 23: recomputed wholly, the last card wins, and the answer shows whose it is
    goods = line(1, "100.00")
    first = shop.quote(bought("r", goods, redeem={"bonus": "50.00"}))
    second = shop.quote(bought("r", goods, card=PLASTIC, redeem={"bonus": "50.00"}))
    assert first["totals"]["payable"] == "40.00"
    assert [it["rule"] for it in first["lines"][0]["effects"]] == ["members"]
    assert second["totals"]["payable"] == "95.00"
    assert [it["rule"] for it in second["lines"][0]["effects"]] == ["card"]
    assert second["totals"]["earned"] == {"bonus": "0.00"}
    assert (first["card"]["number"][:4], second["card"]["number"][:4]) == (CARD[:4], PLASTIC[:4])
    assert shop.quote(bought("r", goods, card=None))["totals"]["payable"] == "100.00"


def test_what_was_promised_to_the_first_card_is_no_promise_to_the_second(shop: Shop) -> None:
    goods = line(1, "100.00")
    token = shop.quote(bought("r", goods))["quote"]
    changed = shop.confirm({**bought("r", goods, card=PLASTIC), "quote": token})
    assert no(changed) is Reason.QUOTE_INVALID
    sold = shop.confirm(bought("r", goods, card=PLASTIC))
    assert sold["totals"]["payable"] == "95.00"
    assert shop.card()["wallets"]["bonus"]["available"] == "90.00"


@pytest.mark.parametrize(
    ("paid", "reason"),
    [("40.00", None), ("39.99", Reason.PAYMENTS_MISMATCH), ("40.01", Reason.PAYMENTS_MISMATCH)],
)
def test_sums_agree_to_the_kopeck(shop: Shop, paid: str, reason: Reason | None) -> None:
    # semantics 25: no tolerance
    body = bought("r", line(1, "60.00"), line(2, "40.00"), redeem={"bonus": "50.00"})
    answer = shop.confirm({**body, "payments": [{"kind": "cash", "amount": paid}]})
    assert no(answer) is reason
    sums = shop.quote({**body, "receipt": "again"})
    for name in ("gross", "discount", "redeemed"):
        assert sum(rub(it[name]) for it in sums["lines"]) == rub(sums["totals"][name])
