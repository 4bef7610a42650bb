"""A text becomes a model, or all its faults, each of which a person can find and mend."""

from typing import Annotated, ClassVar, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, Field, model_validator

from loyaltyd.domain.toml import (
    FAULTS_MAX,
    TEXT_BYTES_MAX,
    Fault,
    NotBuilt,
    Table,
    decoded,
    keys_at,
    parsed,
)


def _share(text: str) -> str:
    if not text.endswith("%"):
        raise ValueError('must be a share such as "30%"')
    return text


class Give(Table):
    not_built: ClassVar[frozenset[str]] = frozenset({"buy"})

    percent_off: Annotated[str, AfterValidator(_share)] | None = Field(
        default=None, examples=["30%"]
    )
    max: str | None = None
    scale: tuple[tuple[str, str], ...] = ()


class Card(Table):
    kind: Literal["card"]
    pin: bool = False


class Coupon(Table):
    kind: Literal["coupon"]
    uses: int = Field(default=1, ge=1, le=9)


class Rule(Table):
    id: str
    layer: Literal["item", "receipt"]
    give: Give
    needs: Annotated[Card | Coupon, Field(discriminator="kind")] | None = None
    limit: int | str = 0
    from_: str = Field(default="", alias="from")

    @model_validator(mode="after")
    def _built(self) -> "Rule":
        if self.layer == "receipt" and self.give.scale:
            raise NotBuilt("a scale on the receipt layer")
        return self


class Language(Table):
    id: str
    wallets: dict[str, Give] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


GOOD = """id = "zelenka"
[wallets.bonus]
max = "1.00"
[[rules]]
id = "milk-10"
layer = "item"
from = "x"
give = { percent_off = "10%", scale = [["1", "2"], ["3", "4"]] }
needs = { kind = "coupon", uses = 9 }
"""


def _said(text: str) -> list[str]:
    outcome = parsed(text, Language)
    assert isinstance(outcome, tuple), "expected faults"
    return [fault.said("p.toml") for fault in outcome]


def test_a_good_text_becomes_a_frozen_model_with_arrays_as_tuples() -> None:
    language = parsed(GOOD, Language)
    assert isinstance(language, Language)
    rule = language.rules[0]
    assert (rule.id, rule.from_, rule.give.percent_off) == ("milk-10", "x", "10%")
    assert rule.give.scale == (("1", "2"), ("3", "4"))
    assert rule.needs == Coupon(kind="coupon", uses=9)
    with pytest.raises(ValueError, match="frozen"):
        language.id = "other"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('id = "zelenka"', "", "p.toml: id: is missing"),
        ('id = "zelenka"', "id = 7", "p.toml:1: id: must be a string"),
        (
            'max = "1.00"',
            'mx = "1.00"',
            'p.toml:3: wallets.bonus.mx: unknown key; did you mean "max"?',
        ),
        (
            'max = "1.00"',
            "qqqq = 1",
            "p.toml:3: wallets.bonus.qqqq: unknown key; allowed here: max, percent_off, scale",
        ),
        (
            'max = "1.00"',
            "buy = 3",
            "p.toml:3: wallets.bonus.buy: not built in this version of loyaltyd: buy",
        ),
        (
            '"10%"',
            '"10"',
            'p.toml:8: rules[1] "milk-10".give.percent_off: must be a share such as "30%"',
        ),
        (
            '"10%"',
            "10",
            'p.toml:8: rules[1] "milk-10".give.percent_off: must be a string such as "30%"',
        ),
        ('"4"', "4", 'p.toml:8: rules[1] "milk-10".give.scale[2][2]: must be a string'),
        (', "4"', "", 'p.toml:8: rules[1] "milk-10".give.scale[2][2]: is missing'),
        (
            '"item"',
            '"itm"',
            'p.toml:6: rules[1] "milk-10".layer: must be "item" or "receipt"; did you mean "item"?',
        ),
        (
            '"item"',
            '"receipt"',
            ('p.toml:4: rules[1] "milk-10": '
            "not built in this version of loyaltyd: a scale on the receipt layer"),
        ),
        (
            '"coupon"',
            '"cupon"',
            ('p.toml:9: rules[1] "milk-10".needs.kind: '
            'must be "card" or "coupon"; did you mean "coupon"?'),
        ),
        ('kind = "coupon", ', "", 'p.toml:9: rules[1] "milk-10".needs.kind: is missing'),
        ("uses = 9", "uses = 10", 'p.toml:9: rules[1] "milk-10".needs.uses: must be at most 9'),
        (
            "uses = 9",
            "uses = 9.0",
            'p.toml:9: rules[1] "milk-10".needs.uses: must be a whole number',
        ),
        (
            "uses = 9",
            "pin = true",
            'p.toml:9: rules[1] "milk-10".needs.pin: unknown key; allowed here: kind, uses',
        ),
        (
            'from = "x"',
            "limit = true",
            'p.toml:7: rules[1] "milk-10".limit: must be a whole number or a string',
        ),
        ('from = "x"', 'from_ = "x"', ('p.toml:7: rules[1] "milk-10".from_: unknown key; '
         'did you mean "from"?')),
        ("[[rules]]", "[rules]", "p.toml:4: rules: must be an array: [...]"),
        ("[wallets.bonus]", 'wallets = 1\n["odd key"]', "p.toml:2: wallets: must be a table"),
    ],
)  # fmt: skip
def test_a_fault_says_where_what_and_what_is_allowed(before: str, after: str, said: str) -> None:
    assert before in GOOD
    assert said in _said(GOOD.replace(before, after, 1))


def test_all_faults_come_at_once_in_the_order_of_their_lines() -> None:
    text = GOOD.replace("zelenka", "z").replace("max", "mx").replace("item", "x")
    text = text.replace("id = ", "idd = ")
    assert [said.split(": ")[0] for said in _said(text)] == [
        *("p.toml", "p.toml:1", "p.toml:3", "p.toml:4", "p.toml:5", "p.toml:6"),
    ]


def test_no_more_faults_than_a_person_reads() -> None:
    said = _said("id = ''\n" + "".join(f"zz{number} = 1\n" for number in range(FAULTS_MAX + 5)))
    assert len(said) == FAULTS_MAX + 1
    assert said[-1] == "p.toml: and 5 more faults"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "p.toml:1: is not TOML: Invalid value"),
        ("id = 1\n\nid = 2", "p.toml:3: is not TOML: Cannot overwrite a value"),
        ("\nid = '''", "p.toml:2: is not TOML: Expected \"'''\""),
        ("id = " + "[" * 5000, "p.toml: arrays or tables are nested too deeply"),
        ("id = " + "[" * 40 + "]" * 40, "p.toml: arrays or tables are nested too deeply"),
        ("id = " + "[" * 30 + "]" * 30, "p.toml:1: id: must be a string"),
        ("\nid = " + "9" * 5000, "p.toml:2: a number is too large"),
        ("\n" + "a." * 90_000 + "a = 1", "p.toml:2: a key has too many dots"),
        ('\nid = "\0"', "p.toml:2: is not TOML: Illegal character '\\x00'"),
        ("\nid = '\ud800'", "p.toml:2: is not UTF-8 text"),
        ("id = '\\ud800'\n\"a\\nb\" = 1", ('p.toml:2: "a\\nb": unknown key; allowed here: id, '
         "rules, wallets")),
    ],
)  # fmt: skip
def test_hostile_text_is_a_fault_too(text: str, said: str) -> None:
    assert said in _said(text)


def test_an_odd_key_is_shown_on_one_line_and_cut() -> None:
    (said,) = _said(f"id = 'z'\n\"{'x' * 100}\\n\" = 1\n")
    assert said.startswith(f'p.toml:2: "{"x" * 38}…: unknown key')


def test_bytes_are_utf_8_of_a_bounded_size_with_or_without_the_windows_mark() -> None:
    assert decoded(b"\xef\xbb\xbfid = 1") == "id = 1"
    assert decoded("id = 'é'".encode()) == "id = 'é'"
    assert decoded(b"#" * TEXT_BYTES_MAX) == "#" * TEXT_BYTES_MAX
    large, latin = decoded(b"#" * (TEXT_BYTES_MAX + 1)), decoded(b"a = 1\nb = '\xe9'")
    assert isinstance(large, Fault)
    assert isinstance(latin, Fault)
    assert large.said("p.toml") == "p.toml: is larger than 4096 KiB"
    assert latin.said("p.toml") == "p.toml:2: is not UTF-8 text"


def test_the_keys_of_a_place_are_those_of_its_tables() -> None:
    assert keys_at(Language, ("rules", 0, "needs")) == ["kind", "pin", "kind", "uses"]
    assert keys_at(Language, ("wallets", "bonus")) == ["percent_off", "max", "scale"]
    assert keys_at(Language, ("id",)) == []


def _changed(text: str, cuts: list[tuple[int, int, str]]) -> str:
    for start, length, put in cuts:
        at = start % (len(text) + 1)
        text = text[:at] + put + text[at + length :]
    return text


cuts = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 30),
        st.sampled_from(["", "\n", "[", "]", '"', "'''", "=", "{", "1", ".", "\0", "[[rules]]\n"])
        | st.text(max_size=5),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=1000, deadline=None)
@given(cuts.map(lambda each: _changed(GOOD, each)) | st.text())
@example("rules = [1]")
@example("rules = [[], [[]], {}]\nwallets = [{}]")
def test_any_text_is_a_model_or_faults_on_lines_of_it(text: str) -> None:
    outcome = parsed(text, Language)
    if isinstance(outcome, tuple):
        assert outcome
        for fault in outcome:
            said = fault.said("p.toml")
            assert said.isprintable()
            assert "Input should" not in said
            assert fault.line is None or 1 <= fault.line <= text.count("\n") + 1
