"""PINs for whoever makes the cards."""

from __future__ import annotations

from pathlib import Path

from loyaltyd.domain.card import card_pin
from tests.cli.commands import told
from tests.domain.mechanics.test_gift_cards import MONEY
from tests.domain.receipts import CARDS, HEAD
from tests.till.test_beside import GIFT, OTHER, PURSE

KEY = b"chain" * 6 + b"xx"


def config_in(folder: Path) -> Path:
    (folder / "program.toml").write_text(HEAD + MONEY + CARDS)
    (folder / "chain.key").write_bytes(KEY)
    (folder / "chain.key").chmod(0o600)
    path = folder / "till.toml"
    path.write_text(
        '[till]\nchain = "zelenka"\nstore = "msk-017"\ntill = "3"\ntimezone = "Europe/Moscow"\n'
        f'[ledger]\npath = "{folder}/ledger.db"\n[program]\npath = "{folder}/program.toml"\n'
    )
    return path


def test_each_number_is_printed_with_the_pin_that_the_till_wants(tmp_path: Path) -> None:
    result = told("card", "pins", "--config", config_in(tmp_path), typed=f"{GIFT}\n{OTHER}\n")
    assert result.output.splitlines() == [
        f"{it} {card_pin(KEY, 'gift', it)}" for it in (GIFT, OTHER)
    ]


def test_a_number_without_a_pin_is_told_by_its_line_alone(tmp_path: Path) -> None:
    result = told("card", "pins", "--config", config_in(tmp_path), typed=f"{GIFT}\n{PURSE}\n")
    assert result.exit_code == 1
    assert result.stderr == "Error: line 2: no number of a range with pin = true\n"
