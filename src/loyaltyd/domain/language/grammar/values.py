"""The values of keys: text as people write it becomes what the engine counts in."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from loyaltyd.domain.money import share
from loyaltyd.domain.spans import Span, span
from loyaltyd.domain.toml import NotBuilt

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
NAME_SAID = "1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"
AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,6})?"
# What editors are told of text that a function reads: no stricter than the function.
SHARE = r"[0-9]{1,15}(\.[0-9]{1,4})?%"
RATE = r"[0-9]{1,15}(\.[0-9]{1,9})?"
DAYS = r"[1-9][0-9]{0,4}(d|mo|y)"
SPAN = DAYS + "( after month-end)?"
STORES = r"[^*]+\*?"
CATEGORY = r"[^*]*[^*/](/+\*)?"
HOURS = r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
SAYING = r"[\s\S]*\S[\s\S]*"
PLACEHOLDERS = frozenset(("amount", "holder"))
COUNTED_WORD = re.compile(r"\{(\w+)\|([^{}]*)\}")  # a word in the form that its amount asks for
EXAMPLES = {  # of such a word, with as many forms as the language has
    "en": "{amount|point|points}",
    "ru": "{amount|балл|балла|баллов}",
}
PLACE_LENGTH_MAX = 64  # of a store's or a group's name
TEXT_LENGTH_MAX = 200  # a line on the cashier's page, two on a slip


@dataclass(frozen=True, slots=True)
class Shaped:
    """Takes text that has a shape, as it is."""

    shape: str
    said: str

    def __call__(self, text: str) -> str:
        if not re.fullmatch(self.shape, text):
            raise ValueError(f"must be {self.said}")
        return text


def text(read: Callable[[str], Any], example: str, shape: str = "") -> BeforeValidator:
    """What read makes of a string; editors are told its shape, that of Shaped by itself."""

    def checked(value: object) -> Any:
        if not isinstance(value, str):
            said = f'must be a string such as "{example}"'
            raise ValueError(said)  # noqa: TRY004 - pydantic takes ValueError alone
        return read(value)

    known = read.shape if isinstance(read, Shaped) else shape
    schema: dict[str, Any] = {"type": "string", "examples": [example]}
    if known:
        schema["pattern"] = f"^({known})$"
    return BeforeValidator(checked, json_schema_input_type=Annotated[str, WithJsonSchema(schema)])


def shaped(shape: str, said: str) -> Shaped:
    return Shaped(shape, said)


def choice(*, later: tuple[str, ...]) -> BeforeValidator:
    def checked(value: object) -> object:
        if value in later:
            raise NotBuilt(f'"{value}"')
        return value

    return BeforeValidator(checked)


def _pattern(text: str) -> str:
    if "*" in text.removesuffix("/*") or text.endswith("/") or not text.strip("/*"):
        raise ValueError('must be a category such as "dairy/milk", or "dairy/*" for all below it')
    return text


def _stores(text: str) -> str:
    if "*" in text[:-1] or not text.strip("*") or len(text) > PLACE_LENGTH_MAX:
        raise ValueError('must be a store such as "msk-017", or "msk-*" for all that begin so')
    return text


def _some(values: tuple[object, ...]) -> tuple[object, ...]:
    # min_length would also count the values that are wrong by themselves as missing
    if not values:
        raise ValueError("must have at least 1 items")
    return values


def _window(text: str) -> tuple[dt.time, dt.time]:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", text, re.ASCII)
    if match is None or (match[3] == "24" and match[4] != "00"):
        raise ValueError('must be a time of day such as "09:00-12:00"')
    start, end = dt.time(int(match[1]), int(match[2])), dt.time(int(match[3]) % 24, int(match[4]))
    if start == end and match[3] != "24":
        raise ValueError(f'"{text}" is empty: it ends where it starts')
    return start, end


def forms_fault(text: str, language: str) -> str:
    """What is wrong with the counted words of a text in that language, or nothing."""
    example = EXAMPLES[language]
    wanted = example.count("|")
    for name, forms in COUNTED_WORD.findall(text):
        if name != "amount":
            return f"only {{amount}} is counted, not {{{name}}}"
        if forms.count("|") + 1 != wanted:
            return f'a word that is counted has {wanted} forms in "{language}": {example}'
    return ""


def _said(text: str) -> str:
    text_alone = COUNTED_WORD.sub(r"{\1}", text)
    names = re.findall(r"\{([^{}]*)\}", text_alone)
    unknown = [name for name in names if name not in PLACEHOLDERS]
    if unknown or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text_alone)):
        raise ValueError("may name {amount} and {holder} only")
    if not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise ValueError(f"must have 1 to {TEXT_LENGTH_MAX} characters")
    return text


Name = Annotated[str, text(shaped(NAME, NAME_SAID), "milk-10")]
Amount = Annotated[str, text(shaped(AMOUNT, 'an amount such as "100.00"'), "100.00")]
Share = Annotated[int, text(share, "30%", SHARE)]
Length = Annotated[Span, text(span, "14d", SPAN)]
Category = Annotated[str, text(_pattern, "dairy/*", CATEGORY)]
StorePattern = Annotated[str, text(_stores, "msk-*", STORES)]
PlaceName = Annotated[str, Field(min_length=1, max_length=PLACE_LENGTH_MAX)]
NAMING = AfterValidator(_some)
Hours = Annotated[tuple[dt.time, dt.time], text(_window, "09:00-12:00", HOURS)]
Saying = Annotated[str, text(_said, "{amount} off", SAYING)]
