from __future__ import annotations

from loyaltyd.cli.help import page, topics
from tests.cli.commands import told


def test_each_topic_is_listed_with_its_title_and_printed() -> None:
    listed = told("help").output
    for name, title in topics().items():
        assert f"{name} " in listed
        assert title in listed
        assert told("help", name).output == page(name)


def test_an_unknown_topic_is_told_which_there_are() -> None:
    result = told("help", "no")
    assert result.exit_code == 2
    assert ", ".join(topics()) in result.stderr
