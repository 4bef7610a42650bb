"""Which rules bar each other, and what is wrong with an exclusion: its line and its key."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import CARD_RULE, Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Fault
from tests.domain.receipts import EARN, HEAD, program, rule, wallet


def faults(text: str) -> list[Fault]:
    found = program_from(HEAD + text)
    assert not isinstance(found, Program), "the program was read"
    return list(found)


def ten(name: str, more: str = "") -> str:
    return rule(name, "item", 'percent_off = "10%"', more)


def test_rules_bar_each_other_whichever_names_the_other_and_groups_all_of_theirs() -> None:
    text = (
        '[groups.week]\n[groups.rest]\nexclude = ["week"]\n'
        + ten("milk", 'group = "week"')
        + ten("bread", 'group = "week"\nexclude = ["card"]')
        + ten("all", 'group = "rest"\nexclude = ["milk", "lone"]')
        + ten("lone")
        + ten("free")
    )
    assert program(text).exclusions == {
        "milk": {"all"},
        "bread": {"all", CARD_RULE},
        "all": {"milk", "bread", "lone"},
        "lone": {"all"},
        CARD_RULE: {"bread"},
    }


def test_rules_of_one_group_share_one_set() -> None:
    # thousands of rules may each bar thousands
    text = '[groups.week]\n[groups.rest]\nexclude = ["week"]\n' + ten("all", 'group = "rest"')
    text += ten("milk", 'group = "week"') + ten("bread", 'group = "week"')
    found = program(text).exclusions
    assert found["milk"] is found["bread"]


BOTH = rule("a", "item", 'percent_off = "1%"') + rule("b", "item", 'percent_off = "2%"')


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (
            rule("a", "item", 'percent_off = "1%"', 'exclude = ["a"]'),
            'rules[1] "a".exclude[1]',
            "is the rule itself",
        ),
        (
            BOTH + rule("c", "item", 'percent_off = "1%"', 'exclude = ["a", "carb"]'),
            'rules[3] "c".exclude[2]',
            'there is no rule "carb"; did you mean "card"?',
        ),
        (
            wallet()
            + EARN
            + rule("more", "points", 'earn = "bonus", percent = "1%"', 'exclude = ["base-earn"]'),
            'rules[2] "more".exclude[1]',
            "is a rule that earns: it lowers no line",
        ),
        ('[groups.g]\nexclude = ["g"]\n', "groups.g.exclude[1]", "is the group itself"),
        (
            '[groups.week]\n[groups.g]\nexclude = ["weak"]\n',
            "groups.g.exclude[1]",
            'there is no group "weak"; did you mean "week"?',
        ),
    ],
)
def test_exclude_names_another_rule_or_group_that_is_there(text: str, key: str, said: str) -> None:
    found = faults(text)
    assert [(it.key, it.message) for it in found] == [(key, said)]
    lines = (HEAD + text).splitlines()
    assert "exclude" in lines[(found[0].line or 0) - 1]
