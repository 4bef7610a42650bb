"""Till software in the machine: confirms receipts until its input ends, a hundred at least.

Each is a call of its own, by turns at the address and at the Unix socket that are its arguments. It
says at the end, as JSON, how many were answered in which way.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import sys
from collections import Counter

ANSWERS_MIN = 100
PAUSE_S = 0.01  # below the hundred a second that one caller may ask
WAIT_S = 30.0
BODY = {
    "card": "2990000000019",
    "lines": [{"line": 1, "sku": "4600682000013", "quantity": "2", "price": "89.90"}],
}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the socket at a path."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=WAIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(self._path)


def answer(receipt: str, address: str, path: str) -> str:
    """The status of one receipt's answer, or what happened instead."""
    numbered = int(receipt.rpartition("-")[2])
    connection = (
        UnixConnection(path)
        if numbered % 2
        else http.client.HTTPConnection(address, timeout=WAIT_S)
    )
    headers = {"content-type": "application/json", "host": address}
    body = json.dumps({"receipt": receipt, **BODY})
    try:
        connection.request("POST", "/v1/receipts", body, headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        connection.close()


def main() -> None:
    address, path = sys.argv[1:]
    answers: Counter[str] = Counter()
    print("calling", flush=True)  # noqa: T201  # to whoever started it
    while not select.select([sys.stdin], [], [], PAUSE_S)[0] or answers.total() < ANSWERS_MIN:
        answers[answer(f"restart-{answers.total()}", address, path)] += 1
    print(json.dumps(answers))  # noqa: T201  # as above


if __name__ == "__main__":
    main()
