"""A program's text becomes a Program, or all that is wrong with it."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from itertools import islice

from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.program import (
    PRINTING,
    CardRange,
    Group,
    Level,
    Program,
    Rounding,
    Rule,
    Tiers,
    Wallet,
)
from loyaltyd.domain.language.exclusions import exclusions
from loyaltyd.domain.language.gift_text import gift, price
from loyaltyd.domain.language.goods_text import goods_class, match
from loyaltyd.domain.language.grammar.cards import CardsTable
from loyaltyd.domain.language.grammar.classes import OnTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import LAYERS, GroupTable, RuleTable
from loyaltyd.domain.language.grammar.tiers import TiersTable
from loyaltyd.domain.language.grammar.wallets import WalletTable
from loyaltyd.domain.language.law_packs.editions import classes_of
from loyaltyd.domain.language.program_faults import faults_of, measure_digits
from loyaltyd.domain.language.program_warnings import warnings_of
from loyaltyd.domain.language.when_text import Terms, conditions, limit
from loyaltyd.domain.money import WHOLE_SHARE, minor_digits, units
from loyaltyd.domain.spans import span
from loyaltyd.domain.toml import FAULTS_MAX, Fault, checked, fault_at, tree
from loyaltyd.domain.toml_lines import key_lines


def program_from(text: str) -> Program | tuple[Fault, ...]:
    """Read a program; a fault for each key that can't be obeyed, ordered by line."""
    document = tree(text)
    if isinstance(document, Fault):
        return (document,)
    table = checked(document, ProgramTable, lines=partial(key_lines, text))
    if isinstance(table, tuple):
        return table
    wrong = list(islice(faults_of(table), FAULTS_MAX + 1))
    if not wrong:
        return _program(table, hashlib.sha256(text.encode()).hexdigest())
    lines = key_lines(text)
    faults = [fault_at(path, said, document, lines) for path, said in wrong[:FAULTS_MAX]]
    faults.sort(key=lambda fault: fault.line or 0)
    if len(wrong) > FAULTS_MAX:
        faults.append(Fault(line=None, key="", message="and more faults"))
    return tuple(faults)


def warnings_in(text: str) -> tuple[Fault, ...]:
    """What a program that is obeyed hardly means, ordered by line; nothing of one that is not."""
    document = tree(text)
    if isinstance(document, Fault):
        return ()
    table = checked(document, ProgramTable, lines=partial(key_lines, text))
    program = program_from(text)
    if isinstance(table, tuple) or not isinstance(program, Program):
        return ()
    lines = key_lines(text)
    found = (
        fault_at(path, f"warning: {said}", document, lines)
        for path, said in warnings_of(table, program)
    )
    return tuple(sorted(found, key=lambda it: it.line or 0))


def _program(table: ProgramTable, text_hash: str) -> Program:
    digits = minor_digits(table.currency)
    groups = _groups(table, digits)
    return Program(
        id=table.id,
        version=table.version,
        name=table.name,
        hash=text_hash,
        currency=table.currency,
        digits=digits,
        timezone=table.timezone,
        starts=table.starts,
        rounding=Rounding(
            points=table.rounding.points, spread=table.rounding.spread, floor=table.rounding.floor
        ),
        ranges=tuple(_range(cards) for cards in table.cards),
        wallets=tuple(_wallet(name, wallet) for name, wallet in table.wallets.items()),
        tiers=None if table.tiers is None else _tiers(table.tiers, measure_digits(table)),
        classes=tuple(
            goods_class(name, *goods, table.regions, digits)
            for name, goods in classes_of(table).items()
        ),
        item=groups["item"],
        receipt=groups["receipt"],
        coupon=groups["coupon"],
        points=groups["points"],
        printing=groups[PRINTING],
        exclusions=exclusions(table),
        hints_within=table.hints.within,
    )


def _range(cards: CardsTable) -> CardRange:
    return CardRange(
        kind=cards.kind,
        prefix=cards.prefix,
        length=cards.length,
        check=cards.check,
        media=cards.media,
        enrol=cards.enrol,
        discount=cards.discount or 0,
        wallet=cards.wallet or "",
        pin=cards.pin,
    )


def _wallet(name: str, wallet: WalletTable) -> Wallet:
    return Wallet(
        id=name,
        names={str(language): text for language, text in wallet.name.items()},
        scale=wallet.scale,
        redeem_rate=wallet.redeem_rate or Fraction(0),
        points_as=wallet.points_as,
        max_share=WHOLE_SHARE if wallet.max_share is None else wallet.max_share,
        min_redeem=units(wallet.min_redeem or "0", wallet.scale),
        step=units(wallet.step, wallet.scale) if wallet.step else 1,
        earn_base=wallet.earn_base,
        activates=wallet.activates,
        expires=wallet.expires,
        debt=wallet.debt,
        clawback=wallet.clawback,
        restore=wallet.restore,
        stamps=wallet.stamps.every if wallet.stamps else 0,
    )


def _tiers(tiers: TiersTable, digits: int) -> Tiers:
    rolling = tiers.window.startswith("rolling-")
    return Tiers(
        window=span(tiers.window.removeprefix("rolling-")) if rolling else None,
        measure=tiers.measure,
        wallet=tiers.wallet or "",
        digits=digits,
        calendar_year=tiers.window == "calendar-year",
        demote=tiers.demote,
        counts_current=tiers.counts_current,
        levels=tuple(Level(id=it.id, floor=units(it.floor, digits)) for it in tiers.levels),
    )


def _groups(table: ProgramTable, digits: int) -> Mapping[str, tuple[Group, ...]]:
    """The rules of each layer, in groups that stand where their first rule stands."""
    layers: dict[str, dict[str, list[Rule]]] = {it: {} for it in (*LAYERS, PRINTING)}
    settings: dict[str, GroupTable] = {}
    classes = {name: match(goods) for name, (goods, _) in classes_of(table).items()}
    terms = Terms(classes=classes, regions=table.regions, digits=digits)
    for number, rule in enumerate(table.rules):
        key = rule.group or f"rule {number}"
        settings[key] = table.groups[rule.group] if rule.group else GroupTable()
        found = _rule(rule, terms, table)
        layers[found.layer].setdefault(key, []).append(found)
    return {
        layer: tuple(
            Group(rules=tuple(rules), pick=settings[key].pick, base=settings[key].base)
            for key, rules in groups.items()
        )
        for layer, groups in layers.items()
    }


def _rule(rule: RuleTable, terms: Terms, table: ProgramTable) -> Rule:
    when = conditions(rule.when, terms)
    scales = {name: wallet.scale for name, wallet in table.wallets.items()}
    times = rule.limit.per_receipt or 0 if rule.limit else 0
    if rule.limit is not None and rule.limit.counts:
        digits = terms.digits if rule.give.earn is None else scales[rule.give.earn]
        when = (*when, limit(rule.id, rule.limit, when, digits))
    return Rule(
        id=rule.id,
        layer=rule.layer if rule.give.coupon is None else PRINTING,
        give=gift(rule.give, terms.digits, scales, times),
        when=when,
        on=_goods(rule.on, terms),
        say={
            str(audience): {str(language): text for language, text in texts.items()}
            for audience, texts in rule.say.items()
        },
        price=price(rule, table),
    )


def _goods(on: OnTable | None, terms: Terms) -> Match:
    if on is None:
        return Match()
    return match(on) if on.of_class is None else terms.classes[on.of_class]
