"""Bank cards by their directory: whoever has one holds payment applications, and is asked no more.

EMV book 1, section 12.2, and EMV contactless book B, section 3.3.
"""

from collections.abc import Generator

from loyaltyd.readers.chips.apdu import Response, selection

DIRECTORIES = (b"2PAY.SYS.DDF01", b"1PAY.SYS.DDF01")  # without contacts, and with them
FOUND = {0x90, 0x61, 0x62, 0x6C}  # first status bytes: there it is, maybe blocked or longer


def has_directory() -> Generator[bytes, bytes, bool | None]:
    """Ask for each directory of payment applications, and read nothing of it.

    None: the card did not get to answer; it may be a bank card, and is asked no more either.
    """
    for name in DIRECTORIES:
        status = (yield selection(name))[-2:]
        if len(status) < 2 or Response(b"", int.from_bytes(status, "big")).is_lost:
            return None
        if status[0] in FOUND:
            return True
    return False
