"""Why a call may be refused, by what it is about; an operation adds its own."""

from loyaltyd.domain.refusal import Reason

# What any operation may be refused for, and what any that takes a body may.
ALWAYS = (
    Reason.HOST_REFUSED,
    Reason.ORIGIN_REFUSED,
    Reason.TOKEN_MISSING,
    Reason.TOKEN_SCOPE,
    Reason.TOO_MANY_REQUESTS,
    Reason.LEDGER_FULL,
    Reason.LEDGER_UNAVAILABLE,
)
WITH_BODY = (Reason.CONTENT_TYPE, Reason.BODY_TOO_LARGE, Reason.REQUEST_INVALID)
OF_A_CARD = (
    Reason.CARD_INVALID,
    Reason.CARD_UNKNOWN,
    Reason.READ_UNKNOWN,
    Reason.NOT_A_CARD,
    Reason.PHONE_SHARED,
    Reason.NO_PROGRAM,
)
OF_TWO_CARDS = (
    *OF_A_CARD,
    Reason.AT_OUT_OF_WINDOW,
    Reason.COUPON_AS_CARD,
    Reason.CARDS_DIFFER,
)
OF_A_BASKET = (
    *OF_A_CARD,
    Reason.AT_OUT_OF_WINDOW,
    Reason.WALLET_UNKNOWN,
    Reason.LINE_INCOMPLETE,
    Reason.AMOUNT_TOO_LARGE,
    Reason.CARD_BLOCKED,
    Reason.CARD_REPLACED,
    Reason.CARD_NOT_ISSUED,
    Reason.COUPON_AS_CARD,
    Reason.CARD_REPEATED,
    Reason.CARD_NOT_LOADABLE,
    Reason.CARD_NOT_PAYING,
    Reason.PIN_MISSING,
    Reason.PIN_WRONG,
    Reason.PIN_LOCKED,
    Reason.NOT_BUILT,
)
OF_A_DAY = (
    Reason.AT_OUT_OF_WINDOW,
    Reason.NO_PROGRAM,
    Reason.DAY_OPEN,
    Reason.DAY_CLOSED,
)
OF_A_RECEIPT = (Reason.RECEIPT_UNKNOWN, Reason.AT_OUT_OF_WINDOW, Reason.RECEIPT_CANCELLED)
OF_A_RESERVATION = (
    Reason.RESERVATION_UNKNOWN,
    Reason.RESERVATION_EXPIRED,
    Reason.RESERVATION_CANCELLED,
    Reason.NO_PROGRAM,
)
