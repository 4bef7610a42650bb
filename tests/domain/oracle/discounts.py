"""The layers that lower prices."""

from __future__ import annotations

from fractions import Fraction

from tests.domain.oracle.conditions import budget_left, holds, times
from tests.domain.oracle.exact import half_up, kopecks, note_tie, percentage, waterfall
from tests.domain.oracle.shop import PLAIN_GROUP, Shop, Table

Offer = tuple[list[int], list[int]]  # what comes off each line, how many of its pieces are free
Stand = tuple[list[int], list[int]]  # the nets and the free pieces that a rule finds


def run_item_layer(shop: Shop) -> None:
    """Let each group work; of a line's offers pick says which count."""
    for group, rules in shop.groups("item"):
        start = _stand(shop)
        if group["pick"] == "all":
            for rule in rules:
                base = start if group["base"] == "original" else _stand(shop)
                _take(shop, rule, _item_offer(shop, rule, base))
            continue
        offers = [_item_offer(shop, rule, start) for rule in rules]
        for place in range(len(shop.lines)):
            column = [amounts[place] for amounts, _ in offers]
            first = next((amount for amount in column if amount), 0)
            wanted = first if group["pick"] == "first" else max(column)
            winner = column.index(wanted)
            _take_one(shop, rules[winner], place, offers[winner])


def run_receipt_layer(shop: Shop, layer: str) -> None:
    """A discount card's percentage, then the groups."""
    groups = shop.groups(layer)
    if shop.plastic and shop.seen.card is not None and layer == "receipt":
        prefix = shop.seen.card.range.partition("/")[0]
        share = next(it["discount"] for it in shop.program["cards"] if it["prefix"] == prefix)
        card: Table = {"id": "card", "layer": "receipt", "give": {"percent_off": share}}
        groups.insert(0, (PLAIN_GROUP, [card]))
    for group, rules in groups:
        start = _stand(shop)
        if group["pick"] == "all":
            for rule in rules:
                base = start if group["base"] == "original" else _stand(shop)
                _take(shop, rule, _receipt_offer(shop, rule, base))
            continue
        offers = [(rule, _receipt_offer(shop, rule, start)) for rule in rules]
        giving = [it for it in offers if any(it[1][0])]
        if group["pick"] == "best":
            giving.sort(key=lambda it: -sum(it[1][0]))
        for rule, offer in giving[:1]:
            _take(shop, rule, offer)


def _stand(shop: Shop) -> Stand:
    return list(shop.net), list(shop.free)


def _take(shop: Shop, rule: Table, offer: Offer) -> None:
    for place in range(len(shop.lines)):
        _take_one(shop, rule, place, offer)


def _take_one(shop: Shop, rule: Table, place: int, offer: Offer) -> None:
    if shop.take_one(rule, place, offer[0][place]):
        shop.free[place] = min(shop.free[place] + offer[1][place], _all_pieces(shop, place))


def _all_pieces(shop: Shop, place: int) -> int:
    """Semantics 8: goods by weight have none."""
    line = shop.lines[place]
    return line.quantity // 1000 if line.unit == "pc" and line.quantity % 1000 == 0 else 0


def _meant(shop: Shop, rule: Table) -> list[int]:
    return [
        place
        for place, line in enumerate(shop.lines)
        if shop.on(rule.get("on"), line)
        and shop.may(line, "discount")
        and not shop.barred(rule, place)
    ]


def _item_offer(shop: Shop, rule: Table, stand: Stand) -> Offer:
    return _afforded(shop, rule, _item_offer_in_full(shop, rule, stand))


def _afforded(shop: Shop, rule: Table, offer: Offer) -> Offer:
    """What is left of the rule's budget; of an offer that it cuts no piece is free."""
    left = budget_left(shop, rule, 2)
    if left is None or sum(offer[0]) <= left:
        return offer
    weights = [Fraction(it) for it in offer[0]]
    return waterfall(left, weights, offer[0], shop.rounding["spread"]), [0] * len(weights)


def _item_offer_in_full(shop: Shop, rule: Table, stand: Stand) -> Offer:
    nets, free = stand
    nothing = [0] * len(nets), [0] * len(nets)
    if not holds(shop, rule, sum(nets)):
        return nothing
    give = _step(shop, rule, stand)
    if "bundle" in give:
        return _bundles(shop, rule, stand), [0] * len(nets)
    count = give.get("free", give.get("units"))
    offer, freed = nothing
    for place, line in enumerate(shop.lines):
        if place not in _meant(shop, rule):
            continue
        if count is None:
            paid = Fraction(line.quantity, 1000) - free[place]
            amount = _off(give, Fraction(nets[place]), paid)
        else:
            few = [price for price, where in _few(shop, rule, stand, count) if where == place]
            amount = _off(give, sum(few, Fraction(0)), Fraction(len(few)))
            gone = "free" in give or (give.get("percent_off") == "100%" and "max" not in give)
            freed[place] = len(few) if gone else 0
        offer[place] = min(amount, nets[place], shop.room(place))
    most = kopecks(give["max"]) if "max" in give else sum(offer)  # of the rule, on the receipt
    weights = [Fraction(it) for it in offer]
    return waterfall(most, weights, offer, shop.rounding["spread"]), freed


def _bundles(shop: Shop, rule: Table, stand: Stand) -> list[int]:
    """Bundle after bundle from the dearest pieces on, while one costs more than its price."""
    give, price = rule["give"], kopecks(rule["give"]["bundle"])
    every = sorted(_paid_units(shop, rule, stand), key=lambda it: (-it[0], it[1]))
    units = every
    costs = [Fraction(0)] * len(shop.lines)
    bundles = 0
    while len(units) >= give["buy"] and bundles < times(rule):
        bundle, units = units[: give["buy"]], units[give["buy"] :]
        if sum(cost for cost, _ in bundle) <= price:
            break
        bundles += 1
        for cost, place in bundle:
            costs[place] += cost
    note_tie(every, bundles * give["buy"], "a piece")
    weights = [Fraction(half_up(cost)) for cost in costs]
    amount = max(0, int(sum(weights)) - bundles * price)
    return _spread_over(shop, amount, weights)


def _few(shop: Shop, rule: Table, stand: Stand, count: int) -> list[tuple[Fraction, int]]:
    """The pieces that the rule is for, each as its price and its line."""
    units = _paid_units(shop, rule, stand)
    give = rule["give"]
    most = min(len(units) // give["buy"], times(rule)) * count if "buy" in give else count
    sign = -1 if give.get("which") == "dearest" else 1
    units.sort(key=lambda it: (sign * it[0], it[1]))
    note_tie(units, most, "a piece")
    return units[:most]


def _paid_units(shop: Shop, rule: Table, stand: Stand) -> list[tuple[Fraction, int]]:
    nets, free = stand
    return [
        (Fraction(nets[place], _all_pieces(shop, place) - free[place]), place)
        for place in _meant(shop, rule)
        for _ in range(_all_pieces(shop, place) - free[place])
        if nets[place]
    ]


def _off(give: Table, cost: Fraction, units: Fraction) -> int:
    """What comes off so many units that cost so much, rounded once a line."""
    if "free" in give:
        return half_up(cost)
    if "percent_off" in give:
        return half_up(cost * percentage(give["percent_off"]))
    if "amount_off" in give:  # off the price of each unit
        return min(half_up(kopecks(give["amount_off"]) * units), half_up(cost))
    return max(0, half_up(cost) - half_up(kopecks(give["fixed_price"]) * units))


def _step(shop: Shop, rule: Table, stand: Stand) -> Table:
    """A scale's last step that is reached; any other gift as it is."""
    give: Table = rule["give"]
    scale = next((key for key in give if key.startswith("percent_off_by_")), "")
    if not scale:
        return give
    spent = shop.seen.account.measure if shop.seen.account else -1
    has = {
        "percent_off_by_total": sum(stand[0]),
        "percent_off_by_quantity": len(_paid_units(shop, rule, stand)),
        "percent_off_by_spent": spent,
    }[scale]
    steps = [(it if isinstance(it, int) else kopecks(it), share) for it, share in give[scale]]
    reached = ["0%", *(share for start, share in steps if start <= has)]
    return {"percent_off": reached[-1]} | ({"max": give["max"]} if "max" in give else {})


def _receipt_offer(shop: Shop, rule: Table, stand: Stand) -> Offer:
    return _afforded(shop, rule, _receipt_offer_in_full(shop, rule, stand))


def _receipt_offer_in_full(shop: Shop, rule: Table, stand: Stand) -> Offer:
    base, _ = stand
    none_free = [0] * len(base)
    if not holds(shop, rule, sum(base)):
        return [0] * len(base), none_free
    meant = _meant(shop, rule)
    weights = [Fraction(net if place in meant else 0) for place, net in enumerate(base)]
    give = _step(shop, rule, stand)
    if "percent_off" in give:
        amount = half_up(sum(weights) * percentage(give["percent_off"]))
        amount = min(amount, kopecks(give["max"])) if "max" in give else amount
    else:
        amount = min(kopecks(give["amount_off"]), sum(base))
    return _spread_over(shop, amount, weights), none_free


def _spread_over(shop: Shop, amount: int, weights: list[Fraction]) -> list[int]:
    rooms = [shop.room(place) for place in range(len(weights))]
    if shop.rounding["floor"] == "redistribute":
        return waterfall(amount, weights, rooms, shop.rounding["spread"])
    whole = [int(weight) for weight in weights]
    plain = waterfall(amount, weights, whole, shop.rounding["spread"])
    return [min(share, room) for share, room in zip(plain, rooms, strict=True)]
