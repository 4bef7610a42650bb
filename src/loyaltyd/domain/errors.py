"""Everything loyaltyd raises on purpose.

LoyaltyError
├── ConfigError        a setting or a program that can't be used; faults say where
├── ReaderError        the daemon closes the reader, backs off, opens it again
├── StoreError         the ledger can't be used as it is
│   ├── StoreFull      the disk is full or read-only: answered with 503, heals by itself
│   └── StoreDamaged   an I/O error, a torn file, a broken chain: the daemon stops
└── LinkError          headquarters or the spool is out of reach: the batch stays where it is
"""


class LoyaltyError(Exception):
    """Any failure of the world that loyaltyd knows about."""


class ConfigError(LoyaltyError):
    """A configuration or program that can't be used: file, line, key and what is allowed."""


class ReaderError(LoyaltyError):
    """A reader that can't be opened, or that went away while it was read."""


class StoreError(LoyaltyError):
    """The ledger file can't be used as it is."""


class StoreFull(StoreError):  # noqa: N818 - says which store error
    """Nothing was recorded: the disk is full or read-only."""


class StoreDamaged(StoreError):  # noqa: N818 - says which store error
    """The ledger failed a check, or the disk under it: look up again what was answered."""


class LinkError(LoyaltyError):
    """Headquarters can't be reached, or the spool can't be used: the cursor does not move."""
