"""What pcscd answers (winscard.h, pcsclite.h), by what it means for a reader and its card.

Written out, so that they can be spoken of where pyscard is not installed.
"""

STATE_UNAWARE = 0x00
STATE_CHANGED = 0x02
STATE_UNKNOWN = 0x04
STATE_UNAVAILABLE = 0x08
STATE_PRESENT = 0x20

TIMEOUT = 0x8010000A
SHARING_VIOLATION = 0x8010000B
NO_SMARTCARD = 0x8010000C
INVALID_HANDLE = 0x80100003
UNKNOWN_READER = 0x80100009
F_COMM_ERROR = 0x80100013
NOT_TRANSACTED = 0x80100016
READER_UNAVAILABLE = 0x80100017
NO_SERVICE = 0x8010001D
SERVICE_STOPPED = 0x8010001E
NO_READERS = 0x8010002E
COMM_DATA_LOST = 0x8010002F
UNRESPONSIVE_CARD = 0x80100066
UNPOWERED_CARD = 0x80100067
RESET_CARD = 0x80100068
REMOVED_CARD = 0x80100069
SECURITY_VIOLATION = 0x8010006A

READER_GONE = {UNKNOWN_READER, READER_UNAVAILABLE, NO_READERS}
BROKEN = {INVALID_HANDLE, F_COMM_ERROR, NO_SERVICE, SERVICE_STOPPED}
AGAIN = {RESET_CARD, NOT_TRANSACTED, COMM_DATA_LOST}  # worth one more try from the beginning
LEFT = {NO_SMARTCARD, REMOVED_CARD} | AGAIN | READER_GONE | BROKEN

_AWAY = "pcscd does not answer: apt install pcscd; systemctl enable --now pcscd.socket"
NOTES: dict[int, str] = {
    INVALID_HANDLE: "pcscd was restarted",
    F_COMM_ERROR: "pcscd has ended",
    NO_SERVICE: _AWAY,
    SERVICE_STOPPED: _AWAY,
    SECURITY_VIOLATION: "pcscd refuses us: polkit needs a rule for the daemon's user, for the "
    "actions org.debian.pcsc-lite.access_pcsc and org.debian.pcsc-lite.access_card",
    SHARING_VIOLATION: "another program keeps the card to itself: gpg's scdaemon, or a browser",
    UNRESPONSIVE_CARD: "the card does not answer: is it the right way round?",
    UNPOWERED_CARD: "the card has no power: is it the right way round?",
}
