"""The example program's discounts that are built, together on one receipt."""

from __future__ import annotations

from loyaltyd.domain.books.returns import Reversal, goods_returned
from tests.domain.receipts import basket, line, program, quoted, rub, seen
from tests.domain.sales import sold

EXAMPLE = """
[tiers]
levels = [{ id = "start", from = "0" }, { id = "silver", from = "20000.00" }]

[groups.item]
pick = "best"
base = "cascade"

[[rules]]
id = "milk-10"
layer = "item"
group = "item"
when = { tier = ["silver"], weekday = ["sat", "sun"], time = "09:00-12:00" }
on = { category = ["dairy/*"] }
give = { percent_off = "10%", max = "300.00" }

[[rules]]
id = "three-for-two"
layer = "item"
on = { sku = ["4600682000013"] }
give = { buy = 3, free = 1, which = "cheapest" }

[[rules]]
id = "cheapest-half"
layer = "item"
on = { category = ["clothes/*"] }
give = { percent_off = "50%", units = 1, which = "cheapest", max = "1000.00" }

[[rules]]
id = "step-scale"
layer = "receipt"
give = { percent_off_by_total = [["1000.00", "3%"], ["3000.00", "5%"], ["10000.00", "7%"]] }
"""
CART = basket(
    line(1, "89.90", "3", sku="4600682000013", category="dairy/milk"),
    line(2, "1500.00", category="clothes/shirts"),
    line(3, "900.00", category="clothes/shirts"),
)
SILVER = seen(tier="silver", measure="20000")


def test_each_rule_works_on_what_the_rules_before_it_left() -> None:
    # milk 269.70 less 10% is 242.73; a third of that is free: 80.91. The cheaper shirt costs half.
    # 161.82 + 1500.00 + 450.00 are 2111.82, of which 3% are 63.35
    result = quoted(program(EXAMPLE), CART, SILVER).result
    assert [[(it.rule, it.amount) for it in each.effects] for each in result.lines] == [
        [("milk-10", 2697), ("three-for-two", 8091), ("step-scale", 485)],
        [("step-scale", 4500)],
        [("cheapest-half", 45000), ("step-scale", 1350)],
    ]
    assert result.payable == rub("2048.47")


def test_a_returned_shirt_leaves_the_other_lines_as_they_were_sold() -> None:
    # 900.00 less 450.00 less 13.50; the dear one would now be the cheapest, and stays whole
    sale = sold(program(EXAMPLE), CART, SILVER)
    reversal = goods_returned(sale.case((), sale.account, sale.sale.at.date()), {3: 1000})
    assert isinstance(reversal, Reversal)
    assert reversal.returned.refund == rub("436.50")
    rest = goods_returned(
        sale.case((reversal.returned,), sale.account, sale.sale.at.date()), {1: 3000, 2: 1000}
    )
    assert isinstance(rest, Reversal)
    assert reversal.returned.refund + rest.returned.refund == rub("2048.47")
