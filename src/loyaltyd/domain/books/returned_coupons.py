"""Printed coupons of a receipt that is undone."""

from collections.abc import Iterable
from dataclasses import replace

from loyaltyd.domain.books.sale import Sale
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.ledger import ISSUED, REDEEMED, Posting


def prints_taken_back(sale: Sale, now: Iterable[Coupon]) -> list[Posting]:
    """The coupons that the sale printed, as far as they weren't used or taken back yet.

    now: these coupons as they are.
    """
    held = {(it.id, lot.wallet, lot.bucket) for it in now for lot in it.lots}
    return [
        replace(it, debit=it.credit, credit=ISSUED)
        for it in sale.postings
        if (it.account, it.wallet, it.credit) in held
    ]


def coupons_given_back(sale: Sale) -> list[Posting]:
    """The printed coupons that the sale used up: it never happened."""
    brought = {it.id for it in sale.seen.coupons}
    return [
        replace(it, debit=REDEEMED, credit=it.debit)
        for it in sale.postings
        if it.account in brought  # which moves only when it is used up
    ]
