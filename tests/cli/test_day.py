"""The trading day from a shell."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands import told


def test_a_day_is_opened_and_closed_with_its_totals(config: Path) -> None:
    to = ("--config", config)
    opened = told("day", "open", *to).output
    date = opened.split()[0]
    assert opened == f"{date}  opened\n"
    assert told("day", "open", "--date", date, *to).output == f"{date}  opened  (was so already)\n"
    first, totals, _, heads, *wallets = told("day", "close", *to).output.splitlines()
    assert first == f"{date}  closed"
    assert totals.startswith("receipts 0  returns 0  cancels 0  gross 0.00")
    assert heads.split() == ["wallet", "earned", "spent", "restored", "clawed_back", "loaded"]
    assert any(row.startswith("bonus") for row in wallets)
    refused = told("day", "open", "--date", date, *to)
    assert (refused.exit_code, "(day_closed)" in refused.stderr) == (1, True)
