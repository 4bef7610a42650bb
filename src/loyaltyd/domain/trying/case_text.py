"""The text of cases beside a program becomes cases under it, or all that is wrong with it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from loyaltyd.domain.account import Account, Card, Debt, Seen
from loyaltyd.domain.basket import Basket, Line, Payment, Reward, Wish
from loyaltyd.domain.coupon import Coupon, RuleUses, coupon_code
from loyaltyd.domain.engine.program import CARD_RULE, Program
from loyaltyd.domain.language.grammar.cases import (
    CaseCardTable,
    CaseLineTable,
    CasesTable,
    CaseTable,
    ExpectTable,
)
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import QUANTITY_DIGITS, units
from loyaltyd.domain.past import Past, Spending, Uses
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Reason
from loyaltyd.domain.toml import Fault, checked, fault_at, tree
from loyaltyd.domain.toml_lines import Path, key_lines
from loyaltyd.domain.trying.cases import (
    EARNED,
    LINES,
    OF_POINTS,
    REFUSED,
    RULES,
    Case,
    Key,
    Told,
    digits_of,
    rules_of,
)

SOMEBODY = "0" * 32  # the id of every case's account and card
EVER = "ever"


def cases_from(text: str, program: Program) -> tuple[Case, ...] | tuple[Fault, ...]:
    """Read cases; a fault for each key that the program can't make sense of, ordered by line."""
    document = tree(text)
    if isinstance(document, Fault):
        return (document,)
    table = checked(document, CasesTable, lines=partial(key_lines, text))
    if isinstance(table, tuple):
        return table
    reading = _Reading(program)
    cases = tuple(reading.case(it, ("cases", place)) for place, it in enumerate(table.cases))
    if not reading.wrong:
        return cases
    lines = key_lines(text)
    faults = [fault_at(path, said, document, lines) for path, said in reading.wrong]
    faults.sort(key=lambda fault: fault.line or 0)
    return tuple(faults)


@dataclass(slots=True)
class _Reading:
    """Reads what stands in tables by one program, and notes what is wrong with it."""

    program: Program
    wrong: list[tuple[Path, str]] = field(default_factory=list)

    def case(self, table: CaseTable, path: Path) -> Case:
        on = table.at.date()
        return Case(
            name=table.name,
            basket=self._basket(table, path),
            seen=self._seen(table, path),
            place=Place(
                store=table.store or "",
                till="",
                group=table.group or "",
                timezone=self.program.timezone or "UTC",
                business_date=on,
            ),
            at=table.at.replace(tzinfo=dt.UTC),
            wanted=dict(self._wanted(table.expect, (*path, "expect"))) if table.expect else {},
        )

    def _basket(self, table: CaseTable, path: Path) -> Basket:
        return Basket(
            receipt="case",
            card="" if table.card is None else SOMEBODY,
            cashier=table.cashier,
            lines=tuple(
                self._line(it, place, (*path, "lines", place))
                for place, it in enumerate(table.lines)
            ),
            redeem=tuple(
                self._wish(wallet, amount, (*path, "redeem", wallet))
                for wallet, amount in sorted(table.redeem.items())
            ),
            coupons=_codes(table),
            rewards=tuple(
                Reward(rule=rule, count=count) for rule, count in sorted(table.rewards.items())
            ),
            payments=tuple(
                Payment(
                    kind=it.kind,
                    amount=self._money(it.amount, (*path, "payments", place, "amount")),
                )
                for place, it in enumerate(table.payments)
            ),
        )

    def _line(self, table: CaseLineTable, place: int, path: Path) -> Line:
        quantity = self._units(table.quantity, QUANTITY_DIGITS, (*path, "quantity"))
        if not table.quantity.strip("0."):
            self.wrong.append(((*path, "quantity"), "must be above zero"))
        return Line(
            line=place + 1,
            sku=table.sku,
            name=table.name,
            category=table.category,
            quantity=quantity,
            unit=table.unit,
            price=self._money(table.price, (*path, "price")),
            floor_price=self._perhaps(
                table.floor_price, self.program.digits, (*path, "floor_price")
            ),
            abv=self._perhaps(table.abv, QUANTITY_DIGITS, (*path, "abv")),
            litres=self._perhaps(table.litres, QUANTITY_DIGITS, (*path, "litres")),
            flags=table.flags,
            tags=table.tags,
        )

    def _wish(self, name: str, amount: str, path: Path) -> Wish:
        wallet = self.program.wallet(name)  # one that isn't there is the engine's to refuse
        if amount == "max" or wallet is None:
            return Wish(wallet=name)
        return Wish(wallet=name, amount=self._units(amount, wallet.scale, path))

    def _seen(self, table: CaseTable, path: Path) -> Seen:
        on = table.at.date()
        for rule in table.coupon_uses:
            self._rule(rule, (*path, "coupon_uses", rule))
        uses = tuple(RuleUses(rule=it, count=count) for it, count in table.coupon_uses.items())
        coupons = tuple(
            Coupon(id=it, name=self.program.coupon_name(it), uses=uses) for it in _codes(table)
        )
        who = Seen() if table.card is None else self._holder(table.card, (*path, "card"), on)
        return replace(who, cashier=SOMEBODY if table.cashier else "", coupons=coupons)

    def _holder(self, table: CaseCardTable, path: Path, on: dt.date) -> Seen:
        measured = self._measured(table, path)
        lots = self._points(table.balance, (*path, "balance"))
        debts = self._points(table.debt, (*path, "debt"))
        return Seen(
            card=self._card(table, path),
            account=Account(
                id=SOMEBODY,
                tier=self._tier(table.tier, measured, (*path, "tier")),
                measure=measured,
                lots=tuple(Lot(wallet=it, active_from=on, amount=lots[it]) for it in sorted(lots)),
                debts=tuple(Debt(wallet=it, amount=debts[it]) for it in sorted(debts)),
            ),
            past=self._past(table, path, on),
        )

    def _card(self, table: CaseCardTable, path: Path) -> Card:
        fits = [it for it in self.program.ranges if it.kind == table.kind]
        if not fits:
            kinds = sorted({it.kind for it in self.program.ranges})
            self.wrong.append(((*path, "kind"), unknown_name("card of kind", table.kind, kinds)))
        elif table.range is not None:
            fits = [it for it in fits if it.name == table.range]
            if not fits:
                names = [it.name for it in self.program.ranges if it.kind == table.kind]
                said = unknown_name("range of cards", table.range, names)
                self.wrong.append(((*path, "range"), said))
        return Card(id=SOMEBODY, kind=table.kind, range=fits[0].name if fits else "")

    def _measured(self, table: CaseCardTable, path: Path) -> int:
        """What tiers add up: unless it is said, what the card's spend or visits are."""
        tiers = self.program.tiers
        if tiers is None:
            return 0
        if table.measured is not None:
            return self._units(table.measured, tiers.digits, (*path, "measured"))
        spent = self._money(table.spent, (*path, "spent"))
        return {"spend": spent, "visits": table.visits}.get(tiers.measure, 0)

    def _tier(self, name: str | None, measured: int, path: Path) -> str:
        tiers = self.program.tiers
        levels = [level.id for level in tiers.levels] if tiers else []
        if name is not None and name not in levels:
            self.wrong.append((path, unknown_name("tier", name, levels)))
        if name is None and tiers is not None:
            return tiers.level(measured)
        return name or ""

    def _past(self, table: CaseCardTable, path: Path, on: dt.date) -> Past:
        asks, birthday = self.program.asks, table.birthday
        windows = ["" if it is None else str(it) for it in asks.spent]
        spent = dict.fromkeys(windows, self._money(table.spent, (*path, "spent")))
        for window, amount in table.spent_within.items():
            here, name = (*path, "spent_within", window), "" if window == EVER else window
            if name not in windows:
                known = [it or EVER for it in windows]
                self.wrong.append((here, unknown_name("rule that asks within", window, known)))
            spent[name] = self._money(amount, here)
        for rule in table.uses:
            self._rule(rule, (*path, "uses", rule))
        return Past(
            visits=table.visits,
            last_visit=table.last_visit,
            spent=tuple(Spending(within=it, amount=spent[it]) for it in spent),
            uses=tuple(
                Uses(rule=rule, account=count, card=count) for rule, count in table.uses.items()
            ),
            birthdays=tuple(
                str(it) for it in asks.birthdays if birthday and it.opened(birthday, on)
            ),
        )

    def _wanted(self, table: ExpectTable, path: Path) -> Iterator[tuple[Key, Told]]:
        said = table.model_dump(exclude_unset=True)
        lines: Sequence[Mapping[str, object]] = said.pop(LINES, ())
        if table.refused is not None:
            self._reason(table.refused, (*path, REFUSED))
        yield from self._amounts(said, (), path)
        for place, line in enumerate(lines):
            here = {name: value for name, value in line.items() if name != "line"}
            yield from self._amounts(here, (LINES, str(line["line"])), (*path, LINES, place))

    def _amounts(
        self, said: Mapping[str, object], key: Key, path: Path
    ) -> Iterator[tuple[Key, Told]]:
        for name, value in said.items():
            here = (*key, name)
            if isinstance(value, dict):
                yield from self._amounts(value, here, (*path, name))
            elif isinstance(value, str) and here != (REFUSED,):
                self._named(here, (*path, name))
                digits = digits_of(here, self.program)
                yield here, self._units(value, digits, (*path, name))
            elif isinstance(value, bool | str):
                self._named(here, (*path, name))
                yield here, value

    def _named(self, key: Key, path: Path) -> None:
        """Note a wallet or a rule that isn't there."""
        if key[0] == RULES:
            self._rule(key[1], path)
        elif len(key) > 1 and key[-2] in OF_POINTS:
            self._wallet(key[-1], path)

    def _rule(self, name: str, path: Path) -> None:
        if name != CARD_RULE and self.program.rule(name) is None:
            self.wrong.append(
                (path, unknown_name("rule", name, [it.id for it in rules_of(self.program)]))
            )

    def _wallet(self, name: str, path: Path) -> None:
        if self.program.wallet(name) is None:
            wallets = [it.id for it in self.program.wallets]
            self.wrong.append((path, unknown_name("wallet", name, wallets)))

    def _reason(self, name: str, path: Path) -> None:
        if name not in set(Reason):
            self.wrong.append((path, unknown_name("reason", name, [str(it) for it in Reason])))

    def _points(self, amounts: Mapping[str, str], path: Path) -> dict[str, int]:
        found = {}
        for name, text in amounts.items():
            self._wallet(name, (*path, name))
            found[name] = self._units(text, digits_of((EARNED, name), self.program), (*path, name))
        return found

    def _money(self, text: str, path: Path) -> int:
        return self._units(text, self.program.digits, path)

    def _perhaps(self, text: str | None, digits: int, path: Path) -> int | None:
        return None if text is None else self._units(text, digits, path)

    def _units(self, text: str, digits: int, path: Path) -> int:
        try:
            return units(text, digits)
        except ValueError as error:
            self.wrong.append((path, str(error)))
            return 0


def _codes(table: CaseTable) -> tuple[str, ...]:
    """Each coupon once; its code stands for it where nothing is recorded."""
    return tuple(dict.fromkeys(coupon_code(it) for it in table.coupons))
