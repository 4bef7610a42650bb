from __future__ import annotations

import pytest

from loyaltyd.cli.tables import print_table, printable


def test_rows_in_a_pipe_are_one_line_each_numbers_to_the_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(("rule", "amount"), [("milk-10", "17.98"), ("x" * 120, "1.00")])
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split() == ["rule", "amount"]
    assert second == f"{'milk-10':120}   17.98"
    assert third == f"{'x' * 120}    1.00"


def test_a_name_moves_no_cursor_and_sets_no_style(capsys: pytest.CaptureFixture[str]) -> None:
    assert printable("Anna\x1b[2J\r\u202e") == "Anna\ufffd[2J\ufffd\ufffd"
    print_table(("holder",), [("[red]Anna[/red] \x1b[31m",)])
    assert capsys.readouterr().out.splitlines()[1] == "[red]Anna[/red] \ufffd[31m"
