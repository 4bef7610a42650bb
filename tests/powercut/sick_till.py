"""A till that confirms receipts as their ids come in, and says of each what became of it.

python -m tests.powercut.sick_till LEDGER
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from loyaltyd.domain.errors import LoyaltyError
from tests.till.shop import PLAIN, bought, line, no, shop_at


def main(path: Path) -> None:
    """Answer a line for each line."""
    with shop_at(path, PLAIN) as shop:
        say({"ready": os.getpid()})
        for ident in map(str.strip, sys.stdin):
            try:
                answer = shop.confirm(bought(ident, *(line(at, "10.00") for at in range(1, 4))))
                assert no(answer) is None, answer
                say({"id": ident, "seq": answer["seq"], "replayed": "replayed" in answer})
            except LoyaltyError as error:
                say({"id": ident, "error": type(error).__name__})


def say(facts: object) -> None:
    os.write(1, json.dumps(facts).encode() + b"\n")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except LoyaltyError as error:  # closing copies the log into the file, which may fail too
        sys.exit(type(error).__name__)
