"""When points become usable and when they are gone: the lots that a day's receipts open."""

import datetime as dt
from collections.abc import Iterable
from typing import TypeAlias

from loyaltyd.domain.engine.gifts import Earn
from loyaltyd.domain.engine.program import Wallet
from loyaltyd.domain.ledger import Lot, spending_order
from loyaltyd.domain.spans import Span

Dates: TypeAlias = tuple[dt.date, dt.date | None]  # usable from, gone at


def opened_lot(wallet: Wallet, on: dt.date, amount: int) -> Lot:
    """The lot of all that wallet receives on that local day: waiting, then usable, then gone."""
    active_from, expires_at = _dates(wallet.activates, wallet.expires, on)
    return Lot(wallet=wallet.id, active_from=active_from, expires_at=expires_at, amount=amount)


def own_dates(give: Earn, wallet: Wallet, on: dt.date) -> Dates | None:
    """The dates of a rule that has its own; None when they are the wallet's."""
    if give.activates is None and give.expires is None:
        return None
    own = _dates(give.activates or wallet.activates, give.expires or wallet.expires, on)
    return None if own == _dates(wallet.activates, wallet.expires, on) else own


def earned_lots(wallet: Wallet, amount: int, dated: Iterable[Lot], on: dt.date) -> list[Lot]:
    """The lots that amount opens, in spending order: those of rules' own dates, and the rest."""
    own = [lot for lot in dated if lot.wallet == wallet.id]
    rest = amount - sum(lot.amount for lot in own)
    lots = [*own, opened_lot(wallet, on, rest)] if rest else own
    return sorted(lots, key=spending_order)


def _dates(activates: Span | None, expires: Span | None, on: dt.date) -> Dates:
    return (
        activates.after(on) if activates else on,
        expires.after(on) if expires else None,
    )
