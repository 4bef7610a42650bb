"""The layers that lower prices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tests.domain.oracle.conditions import holds
from tests.domain.oracle.exact import half_up, kopecks, percentage, waterfall
from tests.domain.oracle.shop import PLAIN_GROUP, Shop, Table


def run_item_layer(shop: Shop) -> None:
    """Let each group work; of a line's offers pick says which count."""
    for group, rules in shop.groups("item"):
        start = list(shop.net)
        if group["pick"] == "all":
            for rule in rules:
                base = start if group["base"] == "original" else list(shop.net)
                shop.take(rule, _item_offer(shop, rule, base))
            continue
        offers = [_item_offer(shop, rule, start) for rule in rules]
        for place in range(len(shop.lines)):
            column = [offer[place] for offer in offers]
            first = next((amount for amount in column if amount), 0)
            wanted = first if group["pick"] == "first" else max(column)
            shop.take_one(rules[column.index(wanted)], place, wanted)


def run_receipt_layer(shop: Shop) -> None:
    """A discount card's percentage, then the groups."""
    groups = shop.groups("receipt")
    if shop.plastic and shop.seen.card is not None:
        prefix = shop.seen.card.range.partition("/")[0]
        share = next(it["discount"] for it in shop.program["cards"] if it["prefix"] == prefix)
        card = {"id": "card", "layer": "receipt", "give": {"percent_off": share}}
        groups.insert(0, (PLAIN_GROUP, [card]))
    for group, rules in groups:
        start = list(shop.net)
        if group["pick"] == "all":
            for rule in rules:
                base = start if group["base"] == "original" else list(shop.net)
                shop.take(rule, _receipt_offer(shop, rule, base))
            continue
        offers = [(rule, _receipt_offer(shop, rule, start)) for rule in rules]
        giving = [it for it in offers if any(it[1])]
        if group["pick"] == "best":
            giving.sort(key=lambda it: -sum(it[1]))
        for rule, offer in giving[:1]:
            shop.take(rule, offer)


def _item_offer(shop: Shop, rule: Table, base: Sequence[int]) -> list[int]:
    offer = [0] * len(shop.lines)
    if not holds(shop, rule, sum(base)):
        return offer
    give = rule["give"]
    for place, line in enumerate(shop.lines):
        if not (shop.on(rule.get("on"), line) and shop.may(line, "discount")):
            continue
        if "percent_off" in give:
            amount = half_up(base[place] * percentage(give["percent_off"]))
        else:  # off the price of each unit
            amount = half_up(Fraction(kopecks(give["amount_off"]) * line.quantity, 1000))
        offer[place] = min(amount, base[place], shop.room(place))
    most = kopecks(give["max"]) if "max" in give else sum(offer)  # of the rule, on the receipt
    weights = [Fraction(it) for it in offer]
    return waterfall(most, weights, offer, shop.rounding["spread"])


def _receipt_offer(shop: Shop, rule: Table, base: Sequence[int]) -> list[int]:
    if not holds(shop, rule, sum(base)):
        return [0] * len(base)
    meant = [shop.on(rule.get("on"), it) and shop.may(it, "discount") for it in shop.lines]
    weights = [Fraction(net if on else 0) for net, on in zip(base, meant, strict=True)]
    give = rule["give"]
    if "percent_off" in give:
        amount = half_up(sum(weights) * percentage(give["percent_off"]))
        amount = min(amount, kopecks(give["max"])) if "max" in give else amount
    else:
        amount = min(kopecks(give["amount_off"]), sum(base))
    rooms = [shop.room(place) for place in range(len(base))]
    if shop.rounding["floor"] == "redistribute":
        return waterfall(amount, weights, rooms, shop.rounding["spread"])
    whole = [int(weight) for weight in weights]
    plain = waterfall(amount, weights, whole, shop.rounding["spread"])
    return [min(share, room) for share, room in zip(plain, rooms, strict=True)]
