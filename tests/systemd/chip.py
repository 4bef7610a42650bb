"""A virtual card in the machine: the real pcscd's vpcd driver asks it, as a reader would.

It lies in the reader while standard input gives lines, each a card laid anew; it ends with it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time

from tests.readers.cards import NUMBER, Tag, text_record

VPCD = ("127.0.0.1", 35963)  # /etc/reader.conf.d/vpcd of Debian's vsmartcard-vpcd
TELL_ATR = 4  # the other requests of one byte are power on, off and reset: nothing to say
WAIT_S = 30.0


def main() -> None:
    for _ in sys.stdin:
        with _reader() as reader:
            thread = threading.Thread(target=_answer, args=(reader,))
            thread.start()
            sys.stdin.readline()  # and taken away
            with contextlib.suppress(OSError):
                reader.shutdown(socket.SHUT_RDWR)
            thread.join()


def _reader() -> socket.socket:
    """Connect to the driver; pcscd opens its port when it has a client."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return socket.create_connection(VPCD, WAIT_S)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _answer(reader: socket.socket) -> None:
    card = Tag(text_record(NUMBER))
    reader.settimeout(None)
    with contextlib.suppress(OSError):
        while header := reader.recv(2, socket.MSG_WAITALL):
            asked = reader.recv(struct.unpack(">H", header)[0], socket.MSG_WAITALL)
            if len(asked) > 1:
                _send(reader, card.answer(asked))
            elif asked[0] == TELL_ATR:
                _send(reader, card.atr)


def _send(reader: socket.socket, data: bytes) -> None:
    reader.sendall(struct.pack(">H", len(data)) + data)


if __name__ == "__main__":
    main()
