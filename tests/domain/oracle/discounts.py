"""The layers that lower prices, rewards among them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tests.domain.oracle.conditions import budget_left, holds, times
from tests.domain.oracle.exact import half_up, kopecks, note_tie, percentage, waterfall
from tests.domain.oracle.rewards import affordable, charge, is_reward, price_of
from tests.domain.oracle.shop import PLAIN_GROUP, Shop, Table

# What comes off each line, how many of its pieces are free, how many of them a reward gives.
Offer = tuple[list[int], list[int], list[int]]
Stand = tuple[list[int], list[int]]  # the nets and the free pieces that a rule finds


def run_item_layer(shop: Shop) -> None:
    """Let each group work; of a line's offers pick says which count."""
    for group, rules in shop.groups("item"):
        start = _stand(shop)
        if group["pick"] == "all":
            for rule in rules:
                base = start if group["base"] == "original" else _stand(shop)
                _take(shop, rule, _item_offer(shop, rule, base, {}))
            continue
        _run_lines(shop, group, rules, _offers(shop, rules, start))


def _offers(shop: Shop, rules: Sequence[Table], start: Stand) -> list[Offer]:
    """What each rule of a group offers, when the rewards before it keep their price."""
    held: dict[str, int] = {}
    offers = []
    for rule in rules:
        offer = _item_offer(shop, rule, start, held)
        offers.append(offer)
        if any(offer[2]):
            for name, points in price_of(shop, rule, sum(offer[2])).items():
                held[name] = held.get(name, 0) + points
    return offers


def _run_lines(shop: Shop, group: Table, rules: Sequence[Table], offers: Sequence[Offer]) -> None:
    """Of each line one offer counts; a reward costs what it gives where it does."""
    won = [[0] * len(shop.lines) for _ in rules]
    for place in range(len(shop.lines)):
        column = [offer[0][place] for offer in offers]
        first = next((amount for amount in column if amount), 0)
        best = first if group["pick"] == "first" else max(column)
        winner = column.index(best)
        if _take_one(shop, rules[winner], place, offers[winner]):
            won[winner][place] = offers[winner][2][place]
    for rule, pieces in zip(rules, won, strict=True):
        charge(shop, rule, pieces)


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
    taken = [_take_one(shop, rule, place, offer) for place in range(len(shop.lines))]
    charge(shop, rule, [it if took else 0 for it, took in zip(offer[2], taken, strict=True)])


def _take_one(shop: Shop, rule: Table, place: int, offer: Offer) -> int:
    taken = shop.take_one(rule, place, offer[0][place])
    if taken:
        shop.free[place] = min(shop.free[place] + offer[1][place], _all_pieces(shop, place))
    return taken


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


def _item_offer(shop: Shop, rule: Table, stand: Stand, held: dict[str, int]) -> Offer:
    return _afforded(shop, rule, _item_offer_in_full(shop, rule, stand, held))


def _afforded(shop: Shop, rule: Table, offer: Offer) -> Offer:
    """What is left of the rule's budget; of an offer that it cuts no piece is free."""
    left = budget_left(shop, rule, 2)
    if left is None or sum(offer[0]) <= left:
        return offer
    weights, nothing = [Fraction(it) for it in offer[0]], [0] * len(offer[0])
    return waterfall(left, weights, offer[0], shop.rounding["spread"]), nothing, nothing


def _item_offer_in_full(shop: Shop, rule: Table, stand: Stand, held: dict[str, int]) -> Offer:
    nets, free = stand
    nothing = [0] * len(nets), [0] * len(nets), [0] * len(nets)
    if not holds(shop, rule, sum(nets)):
        return nothing
    give = _step(shop, rule, stand)
    if "bundle" in give:
        return _bundles(shop, rule, stand), nothing[1], nothing[2]
    count = give.get("free", give.get("units"))
    units = [] if count is None else _few(shop, rule, stand, count)
    if is_reward(shop, rule):
        units = _rewarded(shop, rule, stand, affordable(shop, rule, held))
    offer, freed, rewarded = nothing
    for place, line in enumerate(shop.lines):
        if place not in _meant(shop, rule):
            continue
        if count is None:
            paid = Fraction(line.quantity, 1000) - free[place]
            amount = _off(give, Fraction(nets[place]), paid)
        else:
            few = [price for price, where in units if where == place]
            amount = _off(give, sum(few, Fraction(0)), Fraction(len(few)))
            gone = "free" in give or (give.get("percent_off") == "100%" and "max" not in give)
            freed[place] = len(few) if gone else 0
            rewarded[place] = len(few) if is_reward(shop, rule) else 0
        offer[place] = min(amount, nets[place], shop.room(place))
    most = kopecks(give["max"]) if "max" in give else sum(offer)  # of the rule, on the receipt
    weights = [Fraction(it) for it in offer]
    return waterfall(most, weights, offer, shop.rounding["spread"]), freed, rewarded


def _rewarded(shop: Shop, rule: Table, stand: Stand, most: int) -> list[tuple[Fraction, int]]:
    """The pieces that a reward gives, one after the other; a floor price cuts none short."""
    give, found = rule["give"], list[tuple[Fraction, int]]()
    units = _paid_units(shop, rule, stand)
    pack = give.get("free", give.get("units"))
    most = min(most, times(rule) * pack)
    if "buy" in give:
        most = min(most, len(units) // give["buy"] * pack)
    sign = -1 if give.get("which") == "dearest" else 1
    for unit in sorted(units, key=lambda it: (sign * it[0], it[1])):
        place = unit[1]
        same = [unit[0], *(price for price, where in found if where == place)]
        off = _off(give, sum(same, Fraction(0)), Fraction(len(same)))
        if len(found) < most and min(off, shop.net[place]) <= shop.room(place):
            found.append(unit)
    left = budget_left(shop, rule, 2)
    while found and left is not None and _worth(shop, rule, stand, found) > left:
        found.pop()  # a budget cuts none short either
    _note_tied(found, units)
    return found


def _note_tied(found: list[tuple[Fraction, int]], units: list[tuple[Fraction, int]]) -> None:
    """Note that a piece was left that costs as much as the last one that was given."""
    left = list(units)
    for unit in found:
        left.remove(unit)
    left.sort(key=lambda it: bool(found) and it[0] != found[-1][0])
    note_tie([*found, *left], len(found), "a piece")


def _worth(shop: Shop, rule: Table, stand: Stand, found: list[tuple[Fraction, int]]) -> int:
    """What comes off those pieces together."""
    total = 0
    for place, net in enumerate(stand[0]):
        few = [price for price, where in found if where == place]
        off = _off(rule["give"], sum(few, Fraction(0)), Fraction(len(few)))
        total += min(off, net, shop.room(place))
    return min(total, kopecks(rule["give"].get("max", "9999999")))


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
    nothing = [0] * len(base)
    if not holds(shop, rule, sum(base)):
        return nothing, nothing, nothing
    meant = _meant(shop, rule)
    weights = [Fraction(net if place in meant else 0) for place, net in enumerate(base)]
    give = _step(shop, rule, stand)
    if "percent_off" in give:
        amount = half_up(sum(weights) * percentage(give["percent_off"]))
        amount = min(amount, kopecks(give["max"])) if "max" in give else amount
    else:
        amount = min(kopecks(give["amount_off"]), sum(base))
    return _spread_over(shop, amount, weights), nothing, nothing


def _spread_over(shop: Shop, amount: int, weights: list[Fraction]) -> list[int]:
    rooms = [shop.room(place) for place in range(len(weights))]
    if shop.rounding["floor"] == "redistribute":
        return waterfall(amount, weights, rooms, shop.rounding["spread"])
    whole = [int(weight) for weight in weights]
    plain = waterfall(amount, weights, whole, shop.rounding["spread"])
    return [min(share, room) for share, room in zip(plain, rooms, strict=True)]
