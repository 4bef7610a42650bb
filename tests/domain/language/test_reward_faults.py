"""What is wrong with a reward's price or with stamps: its line, its key, and what is allowed."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from tests.domain.receipts import EARN, HEAD, rule, wallet

GIVE = 'rules[1] "r".give'
STAMPS = '[wallets.coffee]\nscale = {}\nstamps = {{ every = {}, reward = "{}" }}\n'


def stamps(every: str = "10", reward: str = "r", scale: int = 0) -> str:
    return STAMPS.format(scale, every, reward)


def faults(text: str) -> list[tuple[str, str]]:
    found = program_from(HEAD + text)
    assert not isinstance(found, Program), "the program was read"
    assert all(fault.line is not None for fault in found)
    return [(fault.key, fault.message) for fault in found]


@pytest.mark.parametrize(
    ("give", "key", "said"),
    [
        ('percent_off = "5%", cost = { bonus = "1" }', "", "cost goes with free or units"),
        (
            'earn = "bonus", percent = "5%", cost = { bonus = "1" }',
            "",
            "cost goes with free or units",
        ),
        ("free = 1, cost = {}", ".cost", "at least 1 items"),
        ('free = 1, cost = { bonus = "0.00" }', ".cost.bonus", "must be above zero"),
        ('free = 1, cost = { bonus = "1.001" }', ".cost.bonus", "more than 2 decimals"),
        ("free = 1, cost = { bonus = 1 }", ".cost.bonus", 'such as "100.00"'),
        ('free = 1, cost = "1"', ".cost", "must be a table"),
        (
            'free = 1, cost = { bonos = "1" }',
            ".cost.bonos",
            'there is no wallet "bonos"; did you mean "bonus"?',
        ),
        ('percent_off = "5%", units = 1, cost = { coffee = "10" }', ".cost.coffee", "already"),
    ],
)
def test_a_price_is_points_of_wallets_that_are_there(give: str, key: str, said: str) -> None:
    text = wallet() + stamps() + rule("r", "item", give)
    found = [message for where, message in faults(text) if where == GIVE + key]
    assert any(said in message for message in found), faults(text)


def test_a_reward_stands_in_the_layer_item() -> None:
    text = wallet() + rule("r", "receipt", 'percent_off = "5%", units = 1, cost = { bonus = "1" }')
    said = "means single goods: such a rule stands in the layer item"
    assert (f"{GIVE}.cost", said) in faults(text)


FREE = rule("r", "item", "free = 1")


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (stamps(scale=2) + FREE, "every", "stamps are whole: they need scale = 0"),
        (stamps("0") + FREE, "every", "must be at least 1"),
        (stamps("10001") + FREE, "every", "must be at most 10000"),
        (stamps('"10"') + FREE, "every", "must be a whole number"),
        (stamps(reward="f") + FREE, "reward", 'there is no rule "f"; allowed here: r'),
        (
            stamps() + rule("r", "item", 'percent_off = "5%"'),
            "reward",
            "must be a rule that gives free, or has units",
        ),
        (
            stamps(reward="base-earn") + wallet() + EARN,
            "reward",
            "must be a rule that gives free, or has units",
        ),
        ("[wallets.coffee]\nscale = 0\nstamps = { every = 10 }\n", "reward", "is missing"),
    ],
)
def test_stamps_are_whole_and_for_a_rule_that_gives_pieces(text: str, key: str, said: str) -> None:
    assert faults(text) == [(f"wallets.coffee.stamps.{key}", said)]


def test_one_reward_is_for_the_stamps_of_one_wallet() -> None:
    text = stamps() + stamps().replace("coffee", "tea") + FREE
    assert faults(text) == [
        ("wallets.tea.stamps.reward", "the stamps of coffee are for it already")
    ]
