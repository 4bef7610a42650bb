"""Bank cards by their directory: whoever has one holds payment applications, and is asked no more.

EMV book 1, section 12.2, and EMV contactless book B, section 3.3.
"""

from collections.abc import Generator

from loyaltyd.readers.chips.apdu import selection

DIRECTORIES = (b"2PAY.SYS.DDF01", b"1PAY.SYS.DDF01")  # without contacts, and with them
FOUND = {0x90, 0x61, 0x62, 0x63, 0x6C}  # first status bytes: there it is, maybe blocked or longer


def has_directory() -> Generator[bytes, bytes, bool]:
    """Ask for each directory of payment applications, and read nothing of it."""
    for name in DIRECTORIES:
        response = yield selection(name)
        if len(response) > 1 and response[-2] in FOUND:
            return True
    return False
