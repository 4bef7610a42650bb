"""A program that uses every key that is built, and ways to break a program's text."""

from __future__ import annotations

GOOD = """\
id = "zelenka"
version = 12
name = "Zelenka card"
currency = "RUB"
timezone = "Europe/Moscow"
starts = 2026-12-01

[rounding]
discount = "half-up"
points = "half-up"
spread = "first-lines"
floor = "lose"

[[cards]]
kind = "bonus"
prefix = "2990"
length = 13
check = "ean13"
media = ["barcode", "magstripe"]
enrol = "issued-only"

[[cards]]
kind = "discount"
prefix = "7700"
length = 16
check = "luhn"
discount = "7.5%"

[wallets.bonus]
name = { ru = "Бонусы", en = "Bonuses" }
scale = 2
redeem_rate = "0.50"
points_as = "tender"
max_share = "30%"
min_redeem = "10.00"
step = "0.10"
earn_base = "gross"
activates = "14d"
expires = "6mo after month-end"
debt = "clamp"
clawback = "floor-of-refund"
restore = "reissue"
offline = { policy = "last-known" }

[regions]
moscow = ["msk-*", "mo-001"]

[wallets.coffee]
scale = 0
stamps = { every = 10, reward = "milk-10" }

[tiers]
measure = "spend"
window = "rolling-12mo"
demote = "year-end"
counts_current = false
levels = [{ id = "start", from = "0" }, { id = "gold", from = "60000.00" }]

[classes.vodka]
match = { category = ["alcohol/vodka", "alcohol/strong/*"], sku = ["4600000000001"], tags = ["a"] }
from = 2024-01-01
until = 2030-12-31
region = ["moscow"]
earn = false
discount = true
redeem = true
because = "the law"
floor_price = [{ from = 2025-01-01, price = "349.00" }, { from = 2026-01-01, price = "409.00" }]
floor_per_abv_litre = [{ from = 2024-09-30, price = "0.65" }]
floor_per_litres = [{ from = 2023-01-07, price = "239.00", litres = "0.75" }]

[laws.ru]
edition = "2026"
goods.tobacco = { category = ["tobacco/*"] }

[groups.item]
pick = "all"
base = "original"

[[rules]]
id = "milk-10"
layer = "item"
group = "item"
when = { tier = ["gold"], weekday = ["sat"], time = "09:00-12:00", min_total = "5.00" }
on = { category = ["dairy/*"] }
give = { percent_off = "10%", max = "300.00", units = 1, cost = { bonus = "150.00" } }
say = { customer = { ru = "−{amount}", en = "{amount} off" }, cashier = { en = "{holder}" } }

[[rules]]
id = "five-off"
layer = "receipt"
on = { class = "vodka" }
give = { amount_off = "5.00" }

[[rules]]
id = "base-earn"
layer = "points"
give = { earn = "bonus", percent = "500%" }
limit = { per_account = 3, per_card = 2, every = "7d" }
[rules.when]
[[rules.when.any]]
min_total = "0.00"
[[rules.when.any]]
not = { birthday = "-3d..+7d", card_kind = ["bonus"] }
first_purchase = false
every_visit = 5
days_since_visit = 90
spent = { min = "100.00", within = "30d" }
dates = { from = 2026-12-01, until = 2027-01-31 }
store = ["msk-017"]
region = ["moscow"]
group = ["main-hall"]
tags = ["staff"]
basket = { category = ["t/*"], sku = ["1"], min_positions = 1, min_pieces = 2, min_weight = "0.5" }
all = [{ basket = { class = "vodka", min_amount = "9.00" } }, { any = [{ every_visit = 2 }] }]
"""


def changed(old: str, new: str) -> tuple[str, int]:
    """GOOD with its first old as new, and the line on which that stands."""
    assert old in GOOD, old
    return GOOD.replace(old, new, 1), GOOD[: GOOD.index(old)].count("\n") + 1
