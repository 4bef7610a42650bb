"""What goes on at a till all day, drawn by chance, and what its till software was promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.domain.receipts import CARDS, HEAD
from tests.domain.sales import RULES, TIERS, WALLETS
from tests.till.shop import Shop, back, bought, line, no, numbered

TEXT = HEAD + WALLETS.replace("14d", "1d") + TIERS + RULES + CARDS
NEXT = TEXT.replace("version = 1", "version = 2").replace('percent = "5%"', 'percent = "8%"')
SHOPPERS = (*(numbered(count) for count in range(1, 5)), numbered(1, "2991"), None)
NAMES = ("Anna", "Boris", "Vera", "Gleb")


@dataclass(slots=True)
class Trade:
    """The till software of one till; two tills give their receipts the same names, as shops do."""

    chance: Random
    promised: set[tuple[str, str]] = field(default_factory=set)  # type and id of a record
    sold: list[str] = field(default_factory=list)
    reserved: list[tuple[str, str]] = field(default_factory=list)  # reservations, and receipts

    def goes_on(self, shop: Shop) -> None:
        """One thing happens at the till."""
        deeds = (self._sale, self._sale, self._sale, self._return, self._cancel)
        held = (self._reservation, self._reservation, self._end_of_reservation)
        self.chance.choice((*deeds, *held, self._enrolment, self._enrolment, self._lost_card))(shop)

    def sells(self, shop: Shop) -> None:
        """Somebody without a card buys something: no till refuses that."""
        self._sale(shop, (None,))

    def _sale(self, shop: Shop, shoppers: Sequence[str | None] = SHOPPERS) -> None:
        receipt = f"r-{len(self.sold) + 1}"
        if self._recorded(shop.confirm(self._basket(receipt, shoppers)), "receipt", receipt):
            self.sold.append(receipt)

    def _basket(self, receipt: str, shoppers: Sequence[str | None] = SHOPPERS) -> dict[str, Any]:
        lines = [
            line(number, f"{self.chance.randrange(1, 400)}.90", category="dairy/milk")
            for number in range(1, self.chance.randrange(2, 4))
        ]
        redeem = self.chance.choice(({}, {}, {"bonus": "max"}, {"stars": "max"}))
        return bought(receipt, *lines, card=self.chance.choice(shoppers), redeem=redeem)

    def _reservation(self, shop: Shop) -> None:
        number = len(self.reserved) + 1
        ident, receipt = f"h-{number}", f"held-{number}"
        if self._recorded(shop.reserve(ident, self._basket(receipt)), "reserve", ident):
            self.reserved.append((ident, receipt))

    def _end_of_reservation(self, shop: Shop) -> None:
        """One is confirmed or cancelled, unless it has run out by now; others are left to."""
        if not self.reserved:
            return
        ident, receipt = self.chance.choice(self.reserved)
        if self.chance.random() < 0.3:
            self._recorded(shop.cancel_reserved(ident), "release", ident)
        elif self._recorded(shop.confirm_reserved(ident), "receipt", receipt):
            self.sold.append(receipt)

    def _return(self, shop: Shop) -> None:
        if self.sold:  # often under the receipt's own name, which is another record's then
            receipt = self.chance.choice(self.sold)
            body = back(receipt, (1, self.chance.choice(("1", "0.5"))))
            self._recorded(shop.give_back(receipt, body), "return", receipt)

    def _cancel(self, shop: Shop) -> None:
        if self.sold:
            receipt = self.chance.choice(self.sold)
            self._recorded(shop.cancel(receipt), "cancel", receipt)

    def _enrolment(self, shop: Shop) -> None:
        """A card is issued to somebody, or one that was used already gets its holder."""
        holder = {"name": self.chance.choice(NAMES), "birthday": "1990-05-17"}
        shop.issue({"card": self.chance.choice(SHOPPERS[:4]), "holder": holder})

    def _lost_card(self, shop: Shop) -> None:
        switch = self.chance.choice((shop.block, shop.unblock, shop.unblock))
        switch(self.chance.choice(SHOPPERS[:4]) or "")

    def _recorded(self, answer: Any, kind: str, ident: str) -> bool:
        if no(answer) is not None:
            return False
        self.promised.add((kind, ident))
        return True
