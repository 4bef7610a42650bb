"""What people read, in their language: sentences for reasons, causes and notes, the page's words.

The English text is the key. locale/ru/LC_MESSAGES has the Russian one for each, which
tools/catalogue.py compiles.
"""

import gettext
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from loyaltyd.domain.engine.explain import Cause, Message, Note, Why
from loyaltyd.domain.language.grammar.values import COUNTED_WORD
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.domain.spans import WEEKDAYS

LANGUAGES = ("en", "ru")
DOMAIN = "loyaltyd"
LOCALE = Path(__file__).with_name("locale")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
UNNAMED = "…"  # stands for a name that nobody gave: half a sentence helps more than none

REFUSALS: Mapping[Reason, str] = {
    Reason.REQUEST_INVALID: "The till sent something that can't be read.",
    Reason.AT_OUT_OF_WINDOW: "The receipt's time is too far from now. Check the till's clock.",
    Reason.WALLET_UNKNOWN: "The program has no wallet “{wallet}”.",
    Reason.REWARD_UNKNOWN: "The program has no reward “{reward}”.",
    Reason.LINE_INCOMPLETE: "Line {line} lacks {members}.",
    Reason.AMOUNT_TOO_LARGE: "An amount on this receipt is too large.",
    Reason.CARD_INVALID: "The card's number has a mistake in it. Please scan it again.",
    Reason.CARD_UNKNOWN: "No such card. Please check the number.",
    Reason.RECEIPT_UNKNOWN: "No such receipt. Please check its number.",
    Reason.RESERVATION_UNKNOWN: "No such reservation. Please check its number.",
    Reason.LINE_UNKNOWN: "The receipt has no line {line}.",
    Reason.READ_UNKNOWN: "That scan is too old. Please scan the card again.",
    Reason.NOT_FOUND: "There is nothing at this address.",
    Reason.ID_REUSED: "This number was already used for something else.",
    Reason.CARD_BLOCKED: "This card is blocked. Please offer another one.",
    Reason.CARD_REPLACED: "Another card has taken this card's place. Please ask for the new one.",
    Reason.CARDS_DIFFER: "These two cards don't go together.",
    Reason.PHONE_TAKEN: "This phone number already belongs to another customer.",
    Reason.PHONE_SHARED: "Several customers have this phone number. Please ask for the card.",
    Reason.CARD_EXISTS: "This card already belongs to somebody.",
    Reason.COUPON_AS_CARD: "This is a coupon. Please take it as one, beside the card.",
    Reason.CARD_NOT_ISSUED: "This card was not issued yet. It has to be issued first.",
    Reason.CARD_REPEATED: "One card can't pay twice on a receipt.",
    Reason.CARD_NOT_LOADABLE: "This card can't be loaded with money.",
    Reason.CARD_NOT_PAYING: "This is no card to pay with.",
    Reason.PIN_MISSING: "This card pays with its PIN. Please ask for it.",
    Reason.PIN_WRONG: "The PIN is wrong. Please ask for it again.",
    Reason.PIN_LOCKED: "Too many wrong PINs. Please try again in {minutes} min.",
    Reason.LOAD_SPENT: "The money that was loaded is spent, so this receipt can't be cancelled.",
    Reason.DAY_OPEN: "The business day {date} is still open. Please close it first.",
    Reason.DAY_CLOSED: "The business day {date} is closed.",
    Reason.NO_PROGRAM: "No loyalty program runs here today.",
    Reason.PAYMENTS_MISMATCH: "The payments don't add up to the amount due.",
    Reason.QUOTE_CHANGED: "The amounts have changed. Please look at them again.",
    Reason.QUOTE_EXPIRED: "This offer has run out. Please look at the new one.",
    Reason.QUOTE_INVALID: "This offer was made for another receipt.",
    Reason.RECEIPT_CANCELLED: "This receipt was cancelled.",
    Reason.RECEIPT_RETURNED: "Goods of this receipt came back, so it can't be cancelled.",
    Reason.RETURN_EXCEEDS_SOLD: "More of line {line} would come back than was sold.",
    Reason.RESERVATION_EXPIRED: "What was set aside has run out. Please start again.",
    Reason.RESERVATION_CANCELLED: "What was set aside was given back. Please start again.",
    Reason.RESERVATION_CONFIRMED: "The receipt is recorded already. Please cancel it instead.",
    Reason.TOKEN_MISSING: "The till program has to sign in.",
    Reason.TOKEN_SCOPE: "The till program may not do this.",
    Reason.ORIGIN_REFUSED: "This web page may not use the till.",
    Reason.HOST_REFUSED: "The till doesn't go by this address.",
    Reason.METHOD_REFUSED: "This can't be done at this address.",
    Reason.CONTENT_TYPE: "The till takes JSON only.",
    Reason.BODY_TOO_LARGE: "The till sent more than one request may hold.",
    Reason.TOO_MANY_REQUESTS: "Too many requests at once. Please wait a moment.",
    Reason.NOT_BUILT: "Not available yet: {what}.",
    Reason.LEDGER_FULL: "The disk is full, so nothing can be recorded. Please call store IT.",
    Reason.LEDGER_UNAVAILABLE: "Nothing can be recorded just now. Please call store IT.",
    Reason.FOLDER_UNAVAILABLE: "The nightly file can't be written: its folder is full or away.",
    Reason.READ_GARBLED: "The card could not be read. Please try again.",
    Reason.READ_INCOMPLETE: "The card left too early. Please hold the card longer.",
    Reason.UID_RANDOM: "This card or phone gives no number. Please ask for its barcode.",
    Reason.PAYMENT_CARD: "This is a bank card. Please ask for the loyalty card.",
    Reason.NOT_A_CARD: "This is not one of our cards.",
}

# A pair is counted by what is needed, or else by what there is.
CAUSES: Mapping[Cause, str | tuple[str, str]] = {
    Cause.APPLIED: "took {has} off",  # an earning rule names its wallet, and EARNED_POINTS instead
    Cause.TIER: "only for {needs}, the card is {has}",
    Cause.WEEKDAY: "only on {needs}, today is {has}",
    Cause.TIME: "only at {needs}, it is {has}",
    Cause.MIN_TOTAL: "needs a total of {needs}, has {has}",
    Cause.WRONG_CARD: "only for cards of the kind {needs}, this is {has}",
    Cause.BIRTHDAY: "only around the birthday",
    Cause.FIRST_PURCHASE: (
        "only for the first purchase, and there was {has} receipt before",
        "only for the first purchase, and there were {has} receipts before",
    ),
    Cause.FIRST_VISIT: "not at the first visit",
    Cause.EVERY_VISIT: "this is visit {has} of {needs}",
    Cause.DAYS_SINCE_VISIT: (
        "needs {needs} day since the last visit, has {has}",
        "needs {needs} days since the last visit, has {has}",
    ),
    Cause.SPENT: "needs {needs} spent before, has {has}",
    Cause.DATES: "only on {needs}, today is {has}",
    Cause.STORE: "only in {needs}, this is {has}",
    Cause.REGION: "only in {needs}, this is {has}",
    Cause.TILL_GROUP: "only at tills of {needs}, this is {has}",
    Cause.TAGS: "only with goods tagged {needs}",
    Cause.POSITIONS: (
        "needs {needs} line of its goods, has {has}",
        "needs {needs} lines of its goods, has {has}",
    ),
    Cause.PIECES: (
        "needs {needs} piece of its goods, has {has}",
        "needs {needs} pieces of its goods, has {has}",
    ),
    Cause.WEIGHT: "needs {needs} kg of its goods, has {has}",
    Cause.AMOUNT: "needs {needs} of its goods, has {has}",
    Cause.NO_PAYMENTS: "only when it is paid by {needs}; how it is paid isn't known yet",
    Cause.TENDER: "only when it is paid by {needs}, this is {has}",
    Cause.EXCEPTED: "an exception of it holds: {needs}",
    Cause.COUPON: "only with the coupon {needs}",
    Cause.COUPON_BLOCKED: "the coupon is blocked",
    Cause.COUPON_NOT_ISSUED: "the coupon was not issued",
    Cause.COUPON_OF_ANOTHER: "the coupon is somebody else's",
    Cause.COUPON_EARLY: "the coupon is good from {needs} on",
    Cause.COUPON_EXPIRED: "the coupon ran out on {needs}",
    Cause.COUPON_USED: "the coupon was used already: {has} of {needs}",
    Cause.NO_CASHIER: "needs to know who the cashier is",
    Cause.CASHIER_LIMIT: "uses by this cashier: {has} of {needs}",
    Cause.BUDGET: "all of its {needs} was given",
    Cause.LIMIT: "its limit is reached: {has} of {needs}",
    Cause.GOODS: "none of its goods are here",
    Cause.NOT_ASKED: "is given when the receipt asks for it",
    Cause.POINTS: "needs {needs}, has {has}",
    Cause.NO_DISCOUNT: "these goods may not be discounted",
    Cause.NO_EARN: "these goods earn nothing",
    Cause.FLOOR: "the lowest allowed price is reached",
    Cause.NOTHING_LEFT: "nothing is left for it",
    Cause.EXCLUDED: "its goods have an offer that it doesn't go with: {needs}",
    Cause.CHEAPER: "its goods cost no more than that already",
    Cause.BETTER_RULE: "another offer counts instead: {needs}",
    Cause.NO_CARD: "needs a card",
    Cause.CARD_KIND: "a discount card earns nothing",
    Cause.REDEEMED: "points were spent on this receipt",
    Cause.TOO_LITTLE: "comes to less than the smallest unit",
    Cause.STEP: "counts each full {needs}, its goods come to {has}",
    Cause.NO_PIECES: "counts pieces that are paid, and there are none",
    Cause.NOT_PAID_WITH: "nothing was paid with {needs}",
    Cause.NOTHING_TO_MULTIPLY: "no rule before it gave points for its goods",
}
EARNED_POINTS = "earned {has}"
PRINTS_COUPON = "prints a coupon of {has}"
WILL_PRINT = "A coupon for next time will be printed"
PRINTED = "Your coupon {coupon}, good from {first}"
PRINTED_UNTIL = "Your coupon {coupon}, good from {first}, before {last}"
TOOK_MOST = "took {has} off, the most that it may"
NO_TIER = "without a tier"

NOTES: Mapping[Note, str | tuple[str, str]] = {
    Note.GREET: "Greet {holder}",
    Note.EARNED: "You earn {amount}",
    Note.BALANCE: "{wallet} {amount}, and {more} more soon",
    Note.WISH_CUT: "{wallet}: {amount} can be spent, not {more}",
    Note.WISH_REFUSED: "{wallet}: nothing can be spent on this receipt",
    Note.REWARD_CUT: "{reward}: {amount} of {more} given ({because})",
    Note.STAMPS: "{wallet}: {amount} of {more}",
    Note.REWARDS: (
        "{wallet}: {amount} reward is waiting",
        "{wallet}: {amount} rewards are waiting",
    ),
    Note.DEBT: "{wallet}: {amount} owed, taken from the next points",
    Note.LEFT: "{wallet}: {amount} left on the card",
    Note.DEAD: "{wallet}: {amount} came back, but they have expired",
    Note.COUPON: "Coupon {coupon}: {because}",
    Note.COUPON_SPARE: "Coupon {coupon} is not needed: another one counts",
    Note.COUPON_UNKNOWN: "Coupon {coupon}: no such coupon",
}
BALANCE_ALONE = "{wallet} {amount}"

# What is missing to a promise: money or pieces, of any goods or of some.
HINTS: Mapping[str, str | tuple[str, str]] = {
    "money": "{missing} more gives {gift}",
    "money_like": "{missing} more of goods like “{goods}” gives {gift}",
    "pieces": ("{missing} more piece gives {gift}", "{missing} more pieces give {gift}"),
    "pieces_like": (
        "{missing} more piece of goods like “{goods}” gives {gift}",
        "{missing} more pieces of goods like “{goods}” give {gift}",
    ),
}
GIFTS: Mapping[str, str] = {
    "percent": "{share}",
    "free": "{count} free",
    "amount": "{amount} off",
    "price": "a price of {amount}",
    "bundle": "{count} for {amount}",
    "earn_percent": "{share} in {wallet}",
    "earn_points": "{amount} in {wallet}",
    "earn_more": "more in {wallet}",
    "coupon": "a coupon for next time",
}

DAYS: Mapping[str, str] = dict(
    zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)

PAGE: Mapping[str, str] = {
    "title": "Loyalty cards",
    "waiting": "Waiting for a card",
    "waiting_hint": "Scan it, swipe it or tap it",
    "loading": "One moment…",
    "no_name": "No name",
    "new_card": "New card",
    "status_new": "Opens with its first receipt",
    "status_blocked": "Blocked",
    "status_replaced": "Replaced by another card",
    "kind_bonus": "Bonus card",
    "kind_discount": "Discount card",
    "kind_gift": "Gift card",
    "kind_stored-value": "Purse card",
    "kind_coupon": "Coupon",
    "kind_other": "Card",
    "next_tier": "{amount} to {tier}",
    "top_tier": "highest tier",
    "pending": "{amount} soon",
    "reserved": "{amount} set aside",
    "debt": "owes {amount}",
    "expiring": "{amount} to expire {when}",
    "today": "today",
    "tomorrow": "tomorrow",
    "on_date": "on {date}",
    "no_details": "The card was read, but its details could not be loaded",
    "last_refusal": "Last refusal",
    "no_refusal": "No refusals yet",
    "readers": "Readers",
    "reader_up": "ready",
    "reader_down": "not connected",
    "reader_garbled": "misread",
    "no_readers": "no readers set up",
    "connecting": "connecting…",
    "online": "connected",
    "offline": "No connection to loyaltyd, trying again…",
    "sign_in": "This page has to sign in. Ask store IT for a new address.",
    "no_script": "This page needs JavaScript.",
    "key_clear": "Clear",
    "key_language": "Русский",
    "key_text": "Text size",
}
COUNTED: Mapping[str, tuple[str, str]] = {
    "in_days": ("in {count} day", "in {count} days"),
    "rewards": ("{count} reward waiting", "{count} rewards waiting"),
}
FORM = ("1", "2")  # which form of a program's own word a whole number takes; the catalogue answers
FRACTION_FORM = 2  # "1.5 points" as "2 points", and in Russian the genitive: «1,5 балла»


def sentence(refusal: Refusal, language: str) -> str:
    """What a cashier reads about refusal; a name that it lacks shows as an ellipsis."""
    return said(language, REFUSALS[refusal.reason], **refusal.names)


def because(why: Why, language: str, amount: Callable[[int], str], *, most: bool = False) -> str:
    """Why a rule was applied or not; amount writes the units that why counts in.

    most: it took off the most that it may.
    """
    text = CAUSES[why.cause]
    if why.applied and isinstance(why.has, str):
        text = PRINTS_COUPON
    elif why.applied and why.needs:
        text = EARNED_POINTS
    elif most:
        text = TOOK_MOST
    text = _counted(text, why.needs or why.has, language)
    if "{" not in text:  # of fifty rules most were not applied, for a reason without amounts
        return text
    needs, has = (_value(value, why.cause, language, amount) for value in (why.needs, why.has))
    return filled(text, {"needs": needs, "has": has})


def told(message: Message, language: str, names: Mapping[str, str]) -> str:
    """What message tells people; names has what it names, written out.

    A rule's own words (Note.RULE) are the program's, and not in the catalogue.
    """
    text = NOTES[message.note]  # a pair is counted by the amount, which is a whole number then
    if message.note is Note.BALANCE and not message.more:
        text = BALANCE_ALONE
    return filled(_counted(text, message.amount, language), names)


def offered(hint: str, gift: str, language: str, names: Mapping[str, str]) -> str:
    """What is missing to a promise, and what it gives: keys of HINTS and GIFTS."""
    given = said(language, GIFTS[gift], **names)
    count = names["missing"] if hint.startswith("pieces") else 0
    return filled(_counted(HINTS[hint], count, language), {**names, "gift": given})


def page_words(language: str) -> dict[str, str | dict[str, str]]:
    """The words of the cashier page by key; a counted one by its plural category (CLDR)."""
    words: dict[str, str | dict[str, str]] = {
        key: _catalogue(language).gettext(text) for key, text in PAGE.items()
    }
    for key, (one, many) in COUNTED.items():
        forms = {"one": 1, "few": 2, "many": 5, "other": 5}
        words[key] = {
            form: _catalogue(language).ngettext(one, many, count) for form, count in forms.items()
        }
    for reason in Reason:
        words[f"refused_{reason}"] = said(language, REFUSALS[reason])
    return words


def said(language: str, text: str, /, **names: str) -> str:
    """The catalogue's text in language, English where it has none, with names in their places."""
    return filled(_catalogue(language).gettext(text) if text else "", names)


def filled(text: str, names: Mapping[str, str]) -> str:
    """Text with each {name} replaced; nothing in a name is taken for a placeholder."""
    return PLACEHOLDER.sub(lambda place: names.get(place[1]) or UNNAMED, text)


def spoken(text: str, language: str, names: Mapping[str, str]) -> str:
    """A program's own text in its language; {amount|point|points} is the word that amount takes.

    >>> spoken("{amount} {amount|point|points}", "en", {"amount": "1"})
    '1 point'
    """

    def word(counted: re.Match[str]) -> str:
        forms = counted[2].split("|")
        return forms[_form(names.get(counted[1], ""), language) - 1]

    return filled(COUNTED_WORD.sub(word, text), names)


def every_text() -> list[str | tuple[str, str]]:
    """Each text that can be said: what a catalogue must translate, counted ones as a pair."""
    tables = (REFUSALS, CAUSES, NOTES, HINTS, GIFTS, DAYS, PAGE)
    texts: list[str | tuple[str, str]] = [text for table in tables for text in table.values()]
    texts += [
        EARNED_POINTS,
        PRINTS_COUPON,
        WILL_PRINT,
        PRINTED,
        PRINTED_UNTIL,
        TOOK_MOST,
        NO_TIER,
        BALANCE_ALONE,
        *COUNTED.values(),
        FORM,
    ]
    return list(dict.fromkeys(texts))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, languages=[language], fallback=True)


def _counted(text: str | tuple[str, str], count: int | str, language: str) -> str:
    catalogue = _catalogue(language)
    if isinstance(text, str):
        return catalogue.gettext(text)
    return catalogue.ngettext(*text, int(count or 0))


def _form(amount: str, language: str) -> int:
    """Which form a word takes beside amount; "200.00" is a whole number, as it is read."""
    whole, _, part = amount.partition(".")
    if part.strip("0"):
        return FRACTION_FORM
    return int(_catalogue(language).ngettext(*FORM, int(whole or "0")))


def _value(value: int | str, cause: Cause, language: str, amount: Callable[[int], str]) -> str:
    if isinstance(value, int):
        return amount(value)
    if cause is Cause.WEEKDAY:
        return ", ".join(said(language, DAYS.get(day, day)) for day in value.split(", "))
    if cause is Cause.TIER and not value:
        return said(language, NO_TIER)
    return value
