"""A quote as the till is told it: decimal strings, and sentences in the till's language."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from loyaltyd import messages
from loyaltyd.domain.account import Account
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.postings import points_of
from loyaltyd.domain.engine.candidates import left_out
from loyaltyd.domain.engine.explain import Cause, Message, Note, Why
from loyaltyd.domain.engine.explanation import barring
from loyaltyd.domain.engine.gifts import PercentOff, Scale
from loyaltyd.domain.engine.goods import GoodsClass
from loyaltyd.domain.engine.hints import Asked, Hint
from loyaltyd.domain.engine.program import POINTS, Program, Rule, Texts
from loyaltyd.domain.engine.quote import LineResult, Points, Quote, Result, pieces
from loyaltyd.domain.money import decimal, quantity_text
from loyaltyd.till.answers import (
    Amounts,
    CardAnswer,
    EffectAnswer,
    GiftCardAnswer,
    LineAnswer,
    LoadAnswer,
    MessagesAnswer,
    PieceAnswer,
    TotalsAnswer,
    WalletAnswer,
    WhyAnswer,
)
from loyaltyd.till.balances import balance_messages, earned_messages, rewards_waiting
from loyaltyd.till.beside import NO_CARDS, NamedCards
from loyaltyd.till.coupons import Named, coupon_notes
from loyaltyd.till.identify import Presented
from loyaltyd.till.offering import hint_text
from loyaltyd.till.printing import promise_lines, slip_lines
from loyaltyd.till.wallets import balance, wallet_answer, wallet_name

AUDIENCES = ("cashier", "customer", "slip")
# Their amounts are money, whatever the rule gives.
OF_MONEY = frozenset((Cause.MIN_TOTAL, Cause.SPENT, Cause.AMOUNT, Cause.STEP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A quote, whose it is and what it leaves: account before, and after it is confirmed."""

    quote: Quote
    basket: Basket
    program: Program
    card: Presented | None
    before: Account | None
    after: Account | None
    at: dt.datetime
    language: str
    asked: Asked
    coupons: Sequence[Named] = ()
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)  # rule → what it prints
    hint: Hint | None = None  # what a little more would bring: of a quote, never of a receipt
    named: NamedCards = NO_CARDS  # beside the shopper's own
    beside: tuple[Account, ...] = ()  # theirs, after it is confirmed


def card_answer(card: Presented | None) -> CardAnswer | None:
    """The card on a receipt."""
    if card is None:
        return None
    return CardAnswer(
        number=card.number.masked,
        kind=card.number.kind,
        status=card.status,
        holder=card.holder,
        tier=card.account.tier,
    )


def totals_answer(result: Result, program: Program) -> TotalsAnswer:
    """The receipt's sums."""
    lines = result.lines
    answer = TotalsAnswer(
        gross=_money(sum([line.gross for line in lines]), program),
        discount=_money(sum([line.discount for line in lines]), program),
        redeemed=_money(sum([line.redeemed for line in lines]), program),
        tendered=_money(sum([line.tendered for line in lines]), program),
        payable=_money(result.payable, program),
        earned=amounts(result.earned, program),
    )
    if result.loads:
        answer["loads"] = _money(result.loaded, program)
    return answer


def gift_card_answers(telling: Telling) -> list[GiftCardAnswer]:
    """What each gift card pays, and what is left on it."""
    paying = [it for it in telling.quote.redeemable if it.account]
    return [
        GiftCardAnswer(
            card=_masked(it.account, telling),
            wallet=it.wallet,
            paid=_money(it.spent, telling.program),
            after=_held(it.account, it.wallet, telling),
        )
        for it in paying
    ]


def load_answers(telling: Telling) -> list[LoadAnswer]:
    """What is paid onto each card, and what it holds then."""
    return [
        LoadAnswer(
            card=_masked(it.account, telling),
            wallet=it.wallet,
            amount=_money(it.amount, telling.program),
            after=_held(it.account, it.wallet, telling),
        )
        for it in telling.quote.result.loads
    ]


def line_answers(telling: Telling) -> list[LineAnswer]:
    """The lines, each with what every rule took off it."""
    quantities = {line.line: line.quantity for line in telling.basket.lines}
    found = []
    for line in telling.quote.result.lines:
        answer = _line_answer(line, telling.program)
        if telling.basket.split:
            answer["pieces"] = [
                PieceAnswer(quantity=quantity_text(count), price=_money(price, telling.program))
                for count, price in pieces(line, quantities[line.line])
            ]
        found.append(answer)
    return found


def quote_wallets(telling: Telling) -> dict[str, WalletAnswer]:
    """Every wallet as it is now, what it may pay, what it pays, and what that leaves."""
    able = {it.wallet: it.redeemable for it in telling.quote.redeemable if not it.account}
    on = telling.at.date()
    found = {}
    for wallet in telling.program.wallets:
        answer = wallet_answer(balance(telling.before, wallet.id, on), wallet)
        left = balance(telling.after, wallet.id, on)
        spent = points_of(telling.quote.result.spent, wallet.id)
        answer["redeemable"] = decimal(able.get(wallet.id, 0), wallet.scale)
        answer["spent"] = decimal(spent, wallet.scale)
        answer["after"] = decimal(left.available, wallet.scale)
        if wallet.stamps:
            answer["rewards_after"] = str(left.rewards(wallet))
        found[wallet.id] = answer
    return found


def messages_answer(telling: Telling) -> MessagesAnswer:
    """What to tell whom: greetings first, then the rules' own words, then the sums."""
    said: dict[str, list[str]] = {audience: [] for audience in AUDIENCES}
    for message in _messages(telling):
        said[message.audience].append(_told(message, telling))
    said["cashier"] += _coupons_told(telling)
    printed = (telling.quote.result.prints, telling.numbers, telling.language)
    said["customer"] += promise_lines(*printed)
    said["slip"] += slip_lines(*printed)
    if telling.hint is not None:
        text = hint_text(telling.hint, telling.program, telling.language)
        said["customer"].append(text)
    return MessagesAnswer(cashier=said["cashier"], customer=said["customer"], slip=said["slip"])


def explain_answers(telling: Telling) -> list[WhyAnswer]:
    """What became of each rule, in the order in which they worked."""
    program = telling.program
    answers = list(_left_out(program, telling.language))
    card: list[WhyAnswer] = []
    for why in (*_named_in_vain(telling), *telling.quote.trace):
        turn = program.turns.get(why.rule)
        if turn is None:
            card.append(why_answer(why, telling))
        else:
            answers[turn.number] = why_answer(why, telling)
    first = sum(len(group.rules) for group in program.item) if card else 0
    return [*answers[:first], *card, *answers[first:]]


def amounts(points: Sequence[Points], program: Program) -> Amounts:
    """Points of every wallet of the program, zero or not, whoever's they are."""
    return {
        wallet.id: decimal(sum(it.amount for it in points if it.wallet == wallet.id), wallet.scale)
        for wallet in program.wallets
    }


def told(message: Message, program: Program, language: str, holder: str = "") -> str:
    """A message in words."""
    wallet = program.wallet(message.subject)
    scale = wallet.scale if wallet else program.digits
    names = {
        "holder": holder,
        "wallet": wallet_name(wallet, language) if wallet else "",
        "amount": decimal(message.amount, scale),
        "more": decimal(message.more, scale),
    }
    return messages.told(message, language, names)


def _line_answer(line: LineResult, program: Program) -> LineAnswer:
    digits = program.digits
    return LineAnswer(
        line=line.line,
        gross=decimal(line.gross, digits),
        discount=decimal(line.discount, digits),
        redeemed=decimal(line.redeemed, digits),
        net=decimal(line.net, digits),
        earned=amounts(line.earned, program),
        effects=[
            EffectAnswer(rule=it.rule, layer=it.layer, amount=decimal(it.amount, digits))
            for it in line.effects
        ],
    )


def _messages(telling: Telling) -> Iterable[Message]:
    on = telling.at.date()
    if telling.card is not None and telling.card.holder:
        yield Message(audience="cashier", note=Note.GREET)
    yield from telling.quote.messages
    yield from rewards_waiting(telling.before, telling.quote.result, telling.program, on)
    for wallet in telling.program.wallets:
        owed = balance(telling.after, wallet.id, on).debt
        if owed:
            yield Message(audience="cashier", note=Note.DEBT, subject=wallet.id, amount=owed)
    yield from _rule_messages(telling)
    yield from earned_messages(telling.quote.result.earned, telling.after, telling.program, on)
    yield from balance_messages(telling.after, telling.program, on)
    yield from _left_messages(telling)


def _rule_messages(telling: Telling) -> Iterable[Message]:
    """The own words of the rules that were applied."""
    for why in telling.quote.trace:
        rule = telling.program.rule(why.rule)
        if why.applied and rule is not None:
            given = why.has if isinstance(why.has, int) else 0
            for audience in rule.say:
                yield Message(audience=audience, note=Note.RULE, subject=rule.id, amount=given)


def _left_messages(telling: Telling) -> Iterable[Message]:
    """What is left on the cards beside the shopper's own, and nothing else of their accounts.

    A card of the shopper's own account is told with its wallets.
    """
    own = telling.before.id if telling.before else None
    for card, account in zip(telling.asked.seen.beside, telling.beside, strict=True):
        left = balance(account, card.wallet, telling.at.date()).available
        if left and account.id != own:
            yield Message(audience="slip", note=Note.LEFT, subject=card.wallet, amount=left)


def _masked(account: str, telling: Telling) -> str:
    number = telling.named.of_account(account)
    assert number is not None  # an account that the request named by a card
    return number.masked


def _held(account: str, wallet: str, telling: Telling) -> str:
    """What the account holds after the receipt, usable that day."""
    after = next(it for it in telling.beside if it.id == account)
    return _money(balance(after, wallet, telling.at.date()).available, telling.program)


def _told(message: Message, telling: Telling) -> str:
    holder = telling.card.holder if telling.card else ""
    if message.note is Note.REWARD_CUT and message.why is not None:
        names = {
            "reward": message.subject,
            "amount": str(message.amount),
            "more": str(message.more),
            "because": why_answer(message.why, telling)["because"],
        }
        return messages.told(message, telling.language, names)
    if message.note is not Note.RULE:
        return told(message, telling.program, telling.language, holder)
    rule = telling.program.rule(message.subject)
    assert rule is not None
    texts = rule.say[message.audience]
    language = _language(texts, telling.language)
    amount = decimal(message.amount, _digits_of(rule, telling.program))
    return messages.spoken(texts[language], language, {"amount": amount, "holder": holder})


def _coupons_told(telling: Telling) -> list[str]:
    """What the cashier hears of each coupon that gave nothing."""
    shown = {it.coupon.id: it.shown for it in telling.coupons}
    notes = coupon_notes([it.coupon for it in telling.coupons], telling.quote, telling.program)
    return [
        messages.told(
            Message(audience="cashier", note=note),
            telling.language,
            {
                "coupon": shown[coupon.id],
                "because": why_answer(why, telling)["because"] if why else "",
            },
        )
        for note, coupon, why in notes
    ]


def _language(texts: Texts, wanted: str) -> str:
    return wanted if wanted in texts else next(iter(texts))


def _digits_of(rule: Rule, program: Program) -> int:
    """The decimals of what a rule gives: points have their wallet's."""
    if rule.layer != POINTS:
        return program.digits
    wallet = program.wallet(rule.wallet)
    return wallet.scale if wallet else program.digits


@lru_cache(maxsize=8)  # the till's programs, today's and those it still takes returns of
def _left_out(program: Program, language: str) -> tuple[WhyAnswer, ...]:
    """What is told of each rule when neither goods nor coupon of it are here: of most of many."""
    return tuple(_plain_answer(left_out(it, (), program), language) for it in program.turns)


def _named_in_vain(telling: Telling) -> Iterator[Why]:
    """Of rules whose coupon is here, why they were left out all the same."""
    coupons = [it.coupon for it in telling.coupons]
    for coupon in coupons:
        for rule in telling.program.coupons.asking.get(coupon.name, ()):
            yield left_out(rule, coupons, telling.program)


def _plain_answer(why: Why, language: str) -> WhyAnswer:
    answer = WhyAnswer(
        rule=why.rule,
        applied=False,
        because=messages.because(why, language, str),
        cause=str(why.cause),
    )
    if isinstance(why.needs, str) and why.needs:
        answer["needs"] = why.needs
    return answer


def why_answer(why: Why, telling: Telling) -> WhyAnswer:
    """What became of one rule."""
    rule, digits = telling.program.rule(why.rule), telling.program.digits
    if rule is not None and why.cause not in OF_MONEY:
        digits = _digits_of(rule, telling.program)

    def amount(value: int) -> str:
        return decimal(value, digits)

    give = rule.give if rule is not None else None
    most = give.cap if isinstance(give, (PercentOff, Scale)) else None
    reached = why.applied and most == why.has
    answer = WhyAnswer(
        rule=why.rule,
        applied=why.applied,
        because=messages.because(why, telling.language, amount, most=reached),
        cause=str(why.cause),
    )
    if why.needs != "":
        answer["needs"] = amount(why.needs) if isinstance(why.needs, int) else why.needs
    if why.has != "":
        answer["has"] = amount(why.has) if isinstance(why.has, int) else why.has
    if reached and most is not None:
        answer["max"] = amount(most)
    _add_law(answer, barring(why, telling.asked))
    return answer


def _add_law(answer: WhyAnswer, classes: Sequence[GoodsClass]) -> None:
    """Say which classes keep the rule off its goods, and by which law."""
    if classes:
        answer["needs"] = ", ".join(goods.id for goods in classes)
    law = "; ".join(dict.fromkeys(goods.because for goods in classes if goods.because))
    if law:
        answer["law"] = law
        answer["because"] += f": {law}"


def _money(amount: int, program: Program) -> str:
    return decimal(amount, program.digits)
