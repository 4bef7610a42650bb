"""The catalogue says everything in each language, and what it says is what the contract shows."""

from __future__ import annotations

import gettext
import re
from decimal import Decimal

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from loyaltyd.domain.engine.explain import Cause, Message, Note, Why
from loyaltyd.domain.refusal import Reason, refused
from loyaltyd.messages import (
    CAUSES,
    DOMAIN,
    LANGUAGES,
    LOCALE,
    NOTES,
    PAGE,
    PLACEHOLDER,
    REFUSALS,
    UNNAMED,
    because,
    every_text,
    filled,
    page_words,
    said,
    sentence,
    spoken,
    told,
)
from tools import catalogue

PO = LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
SAME_IN_RUSSIAN = {"{wallet} {amount}", "on {date}"}  # nothing but names
HALF_E = re.compile(r"\b(еще|счет\w*|расчет|отменен|подключен|ждем)\b", re.IGNORECASE)


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


@pytest.mark.parametrize(
    ("table", "keys"),
    [(REFUSALS, set(Reason)), (CAUSES, set(Cause)), (NOTES, set(Note) - {Note.RULE})],
    ids=["reasons", "causes", "notes"],
)
def test_each_thing_to_say_has_a_sentence(table: dict[str, str], keys: set[str]) -> None:
    assert set(table) == keys


def test_the_po_holds_exactly_the_texts_that_can_be_said() -> None:
    with PO.open("rb") as file:
        held = {entry.id for entry in read_po(file, locale="ru") if entry.id}
    assert held == set(every_text())


def test_the_mo_is_what_the_po_compiles_to_and_both_are_as_the_tool_writes_them() -> None:
    kept = catalogue.updated(PO, "ru")
    assert catalogue.as_po(kept) == PO.read_bytes()
    assert catalogue.as_mo(kept) == PO.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("text", [text for text in every_text() if isinstance(text, str)])
def test_a_text_is_in_russian_with_the_same_placeholders(text: str) -> None:
    russian = gettext.translation(DOMAIN, LOCALE, ["ru"]).gettext(text)
    assert sorted(PLACEHOLDER.findall(russian)) == sorted(PLACEHOLDER.findall(text))
    assert CYRILLIC.search(russian) or text in SAME_IN_RUSSIAN or text == PAGE["key_language"]
    assert not HALF_E.search(russian)  # ё everywhere, or nowhere


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "через {count} день"),
        (2, "через {count} дня"),
        (5, "через {count} дней"),
        (11, "через {count} дней"),
        (21, "через {count} день"),
        (104, "через {count} дня"),
    ],
)
def test_russian_counts_in_its_three_forms(count: int, text: str) -> None:
    russian = gettext.translation(DOMAIN, LOCALE, ["ru"])
    assert russian.ngettext("in {count} day", "…", count) == text


POINTS = {"en": "{amount|point|points}", "ru": "{amount|балл|балла|баллов}"}
CATEGORIES = {"en": "{amount|one|other}", "ru": "{amount|one|few|many}"}


@pytest.mark.parametrize(
    ("amount", "english", "russian"),
    [
        ("0", "points", "баллов"),
        ("1", "point", "балл"),
        ("2", "points", "балла"),
        ("5", "points", "баллов"),
        ("11", "points", "баллов"),
        ("21", "points", "балл"),
        ("104", "points", "балла"),
        ("112", "points", "баллов"),
        ("1.50", "points", "балла"),
        ("5.01", "points", "балла"),
        # a whole number is read as one, whatever zeros stand behind its point
        ("1.00", "point", "балл"),
        ("200.00", "points", "баллов"),
        ("123456789012.000000", "points", "баллов"),
    ],
)
def test_a_programs_word_takes_the_form_of_its_amount(
    amount: str, english: str, russian: str
) -> None:
    assert spoken(POINTS["en"], "en", {"amount": amount}) == english
    assert spoken(POINTS["ru"], "ru", {"amount": amount}) == russian


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forms_are_those_of_cldr(language: str) -> None:
    category = Locale(language).plural_form
    for count in range(1200):
        assert spoken(CATEGORIES[language], language, {"amount": str(count)}) == category(count)
    assert category(Decimal("1.5")) == "other"  # of which Russian has no word of its own here


def test_a_counted_word_stands_in_its_text_and_a_name_is_never_taken_for_one() -> None:
    text = "{holder}: {amount|Начислен|Начислено|Начислено} {amount} балл{amount||а|ов}"
    names = {"holder": "{amount|a|b|c}", "amount": "3.00"}
    assert spoken(text, "ru", names) == "{amount|a|b|c}: Начислено 3.00 балла"


COUNTS = [
    (Cause.PIECES, "1", "нужна 1 штука такого товара, есть 0"),
    (Cause.PIECES, "2", "нужны 2 штуки такого товара, есть 0"),
    (Cause.PIECES, "5", "нужно 5 штук такого товара, есть 0"),
    (Cause.PIECES, "21", "нужна 21 штука такого товара, есть 0"),
    (Cause.POSITIONS, "3", "нужны 3 строки с таким товаром, есть 0"),
    (Cause.DAYS_SINCE_VISIT, "90", "с прошлого визита нужно 90 дней, прошло 0"),
    (Cause.DAYS_SINCE_VISIT, "31", "с прошлого визита нужен 31 день, прошло 0"),
]


@pytest.mark.parametrize(("cause", "needs", "russian"), COUNTS)
def test_what_is_missing_is_counted_in_russian(cause: Cause, needs: str, russian: str) -> None:
    assert because(Why(rule="x", cause=cause, needs=needs, has="0"), "ru", money) == russian


@pytest.mark.parametrize(
    ("before", "english", "russian"),
    [
        ("1", "there was 1 receipt before", "до неё был 1 чек"),
        ("2", "there were 2 receipts before", "до неё было 2 чека"),
        ("11", "there were 11 receipts before", "до неё было 11 чеков"),
    ],
)
def test_the_receipts_before_the_first_are_counted(before: str, english: str, russian: str) -> None:
    why = Why(rule="x", cause=Cause.FIRST_PURCHASE, has=before)
    assert because(why, "en", money).endswith(english)
    assert because(why, "ru", money).endswith(russian)


def test_the_page_finds_its_plural_by_category() -> None:
    assert page_words("ru")["in_days"] == {
        "one": "через {count} день",
        "few": "через {count} дня",
        "many": "через {count} дней",
        "other": "через {count} дней",
    }
    english = page_words("en")["in_days"]
    assert isinstance(english, dict)
    assert english["one"] == "in {count} day"
    assert english["other"] == "in {count} days"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_a_sentence_whether_or_not_its_names_are_given(
    reason: Reason, language: str
) -> None:
    bare = sentence(refused(reason), language)
    names = dict.fromkeys(PLACEHOLDER.findall(REFUSALS[reason]), "7")
    named = sentence(refused(reason, **names), language)
    assert bare[0].isupper()
    assert bare.endswith(".")
    assert not PLACEHOLDER.search(bare + named)
    assert named == bare.replace(UNNAMED, "7")


def test_a_name_is_never_taken_for_a_placeholder() -> None:
    assert filled("{holder} {amount}", {"holder": "{amount}", "amount": "1"}) == "{amount} 1"


def test_no_text_says_nothing() -> None:
    assert [said(language, "") for language in LANGUAGES] == ["", ""]


def test_a_language_without_a_catalogue_reads_english() -> None:
    assert said("de", PAGE["waiting"]) == PAGE["waiting"]


@pytest.mark.parametrize(
    ("why", "english", "russian"),
    [
        (
            Why(rule="step-scale", cause=Cause.MIN_TOTAL, needs=100000, has=29715),
            "needs a total of 1000.00, has 297.15",
            "нужна сумма 1000.00, сейчас 297.15",
        ),
        (Why(rule="m", cause=Cause.APPLIED, has=1798), "took 17.98 off", "скидка 17.98"),
        (
            Why(rule="b", cause=Cause.APPLIED, needs="bonus", has=1040),
            "earned 10.40",
            "начислено 10.40",
        ),
        (
            Why(rule="m", cause=Cause.WEEKDAY, needs="sat, sun", has="fri"),
            "only on Sat, Sun, today is Fri",
            "только сб, вс, сегодня пт",
        ),
        (
            Why(rule="m", cause=Cause.TIER, needs="silver, gold", has=""),
            "only for silver, gold, the card is without a tier",
            "нужен уровень silver, gold, сейчас никакого",
        ),
        (
            Why(rule="m", cause=Cause.TIME, needs="09:00-12:00", has="12:00"),
            "only at 09:00-12:00, it is 12:00",
            "только в 09:00-12:00, сейчас 12:00",
        ),
    ],
)
def test_a_rule_says_why(why: Why, english: str, russian: str) -> None:
    assert because(why, "en", money) == english
    assert because(why, "ru", money) == russian


def test_each_cause_says_something_even_without_its_facts() -> None:
    for cause in Cause:
        for language in LANGUAGES:
            assert because(Why(rule="x", cause=cause), language, money)


NAMES = {"holder": "Anna", "wallet": "Bonuses", "amount": "160.86", "more": "22.40"}


@pytest.mark.parametrize(
    ("note", "more", "english", "russian"),
    [
        (Note.GREET, 0, "Greet Anna", "Поздоровайтесь: Anna"),
        (Note.EARNED, 0, "You earn 160.86", "Вам начислят 160.86"),
        (
            Note.BALANCE,
            2240,
            "Bonuses 160.86, and 22.40 more soon",
            "Bonuses: 160.86, скоро ещё 22.40",
        ),
        (Note.BALANCE, 0, "Bonuses 160.86", "Bonuses: 160.86"),
        (
            Note.WISH_CUT,
            2240,
            "Bonuses: 160.86 can be spent, not 22.40",
            "Bonuses: можно списать 160.86, а не 22.40",
        ),
        (
            Note.WISH_REFUSED,
            2240,
            "Bonuses: nothing can be spent on this receipt",
            "Bonuses: в этом чеке списать нельзя",
        ),
        (
            Note.DEBT,
            0,
            "Bonuses: 160.86 owed, taken from the next points",
            "Bonuses: долг 160.86, удержим из следующих баллов",
        ),
    ],
)
def test_people_are_told(note: Note, more: int, english: str, russian: str) -> None:
    message = Message(audience="slip", note=note, amount=16086, more=more)
    assert told(message, "en", NAMES) == english
    assert told(message, "ru", NAMES) == russian


def test_the_page_says_each_of_its_words() -> None:
    api = LOCALE.with_name("api")
    text = "".join(
        (api / place).read_text("utf-8")
        for place in ("static/till.js", "templates/till.html", "templates/till_sign_in.html")
    )
    # Of a card's kind and state and a reader's state the script makes the key.
    made = ("kind_", "reader_", "status_")
    assert all(f"word(`{start}${{" in text for start in made)
    assert [key for key in PAGE if not key.startswith(made) and key not in text] == []
