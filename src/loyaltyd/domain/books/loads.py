"""Money that was paid onto cards, taken back."""

from collections.abc import Sequence
from dataclasses import replace

from loyaltyd.domain.account import Seen, moved
from loyaltyd.domain.ledger import DEBT, LOADED, Posting
from loyaltyd.domain.refusal import Reason, Refusal, refused


def unloaded(sale: Sequence[Posting], now: Seen) -> list[Posting] | Refusal:
    """Take the loads of a sale back from the lots that they opened, or that they were added to.

    Refused when one of them holds less by now. now are the sale's cards as they are.
    """
    postings: list[Posting] = []
    for posting in sale:
        if posting.debit != LOADED:
            continue
        holder = now.account_of(posting.account)
        assert holder is not None  # whoever undoes a sale has gathered each account that it moved
        lot = (posting.wallet, posting.credit)
        lots = moved(holder, postings).lots
        held = sum(it.amount for it in lots if (it.wallet, it.bucket) == lot)
        if posting.credit != DEBT and held < posting.amount:
            return refused(Reason.LOAD_SPENT)
        postings.append(replace(posting, debit=posting.credit, credit=LOADED))
    return postings
