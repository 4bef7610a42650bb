"""A busy till that says on its standard output what it has answered: run under strace.

    python -m tests.powercut.workload LEDGER RECEIPTS SYNCHRONOUS

Each answer is one line of JSON: the call, its body, and what it was answered.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from loyaltyd.store import database
from tests.till.shop import PLAIN, Shop, back, bought, line, no, numbered, shop_at

CHECKPOINT_EVERY = 12  # receipts
LIVES = 2  # the daemon stops and starts: its log is copied and begun anew


def main(path: Path, receipts: int, synchronous: int) -> None:
    """Trade, life by life."""
    database.WRITER_PRAGMAS = {**database.WRITER_PRAGMAS, "synchronous": synchronous}
    for life in range(LIVES):
        with shop_at(path, PLAIN) as shop:
            for number in range(receipts * life // LIVES, receipts * (life + 1) // LIVES):
                trade(shop, number)


def trade(shop: Shop, number: int) -> None:
    """A receipt; every fifth spends, every seventh comes back in part, every ninth never was."""
    body = bought(
        f"r{number}",
        *(line(at, f"{10 + number}.90") for at in range(1, 4)),
        card=numbered(number % 5),
        redeem={"bonus": "max"} if number % 5 == 4 else {},
    )
    said("confirm", body, shop.confirm(body))
    if number % 7 == 6:
        returned = back(f"b{number}", (1, "1"))
        said("return", {"of": f"r{number}", **returned}, shop.give_back(f"r{number}", returned))
    elif number % 9 == 8:
        said("cancel", {"of": f"r{number}"}, shop.cancel(f"r{number}"))
    if number % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
        shop.till.ledger.checkpoint().result()
    shop.clock.move(minutes=7)


def said(call: str, body: Any, answer: Any) -> None:
    """Let the answer leave the process in one write, as a socket would."""
    assert no(answer) is None, answer
    os.write(1, json.dumps({"call": call, "body": body, "answer": answer}).encode() + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
