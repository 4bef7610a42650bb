"""What is missing to a promise, in words."""

from loyaltyd import messages
from loyaltyd.domain.engine.gifts import (
    AmountOff,
    Bundle,
    Earn,
    FixedPrice,
    Gift,
    PercentOff,
    PointsEarned,
    PrintedCoupon,
    ShareEarned,
    StepsEarned,
)
from loyaltyd.domain.engine.hints import Hint
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import decimal, share_text
from loyaltyd.till.wallets import wallet_name

_Named = tuple[str, dict[str, str]]  # a key of messages.GIFTS, and what its sentence names


def hint_text(hint: Hint, program: Program, language: str) -> str:
    """What a shopper is told: "47.30 more gives 5%"."""
    gift, names = _gift(hint.gives, program, language)
    kind = "pieces" if hint.counts_pieces else "money"
    names["goods"] = hint.like
    names["missing"] = (
        str(hint.missing) if hint.counts_pieces else decimal(hint.missing, program.digits)
    )
    return messages.offered(f"{kind}_like" if hint.like else kind, gift, language, names)


def _gift(gives: Gift, program: Program, language: str) -> _Named:
    digits = program.digits
    if isinstance(gives, Earn):
        return _points(gives, program, language)
    if isinstance(gives, AmountOff):
        return "amount", {"amount": decimal(gives.amount, digits)}
    if isinstance(gives, FixedPrice):
        return "price", {"amount": decimal(gives.price, digits)}
    if isinstance(gives, Bundle):
        return "bundle", {"count": str(gives.count), "amount": decimal(gives.price, digits)}
    if isinstance(gives, PrintedCoupon):
        return "coupon", {}
    assert isinstance(gives, PercentOff)  # a hint names the step of a scale
    if gives.few is not None and gives.frees:
        return "free", {"count": str(gives.few.count)}
    return "percent", {"share": share_text(gives.share)}


def _points(gives: Earn, program: Program, language: str) -> _Named:
    wallet = program.wallet(gives.wallet)
    assert wallet is not None  # the program's text was checked
    names = {"wallet": wallet_name(wallet, language)}
    if isinstance(gives.by, ShareEarned):
        return "earn_percent", {**names, "share": share_text(gives.by.share)}
    if isinstance(gives.by, PointsEarned | StepsEarned):
        return "earn_points", {**names, "amount": decimal(gives.by.points, wallet.scale)}
    return "earn_more", names
