"""Exit codes: what the shell and systemd learn. Numbers above 63 are those of sysexits.h."""

from loyaltyd.domain.errors import (
    ConfigError,
    LoyaltyError,
    ReaderError,
    StoreDamaged,
    StoreError,
    StoreFull,
)

NO = 1  # the answer is no: findings, a refusal, a degraded till
NOT_RUNNING = 3  # as `systemctl status` says it
CONFIG = 78  # EX_CONFIG: systemd's RestartPreventExitStatus keeps the daemon down

# The nearest class in an error's ancestry decides.
EXITS: dict[type[LoyaltyError], int] = {
    ConfigError: CONFIG,
    ReaderError: 69,  # EX_UNAVAILABLE
    StoreError: 73,  # EX_CANTCREAT: this file can't be this till's ledger
    StoreDamaged: 74,  # EX_IOERR
    StoreFull: 75,  # EX_TEMPFAIL: heals by itself
    LoyaltyError: NO,
}


def exit_code(error: LoyaltyError) -> int:
    """Return the code with which a command ends that error stopped."""
    return next(EXITS[kind] for kind in type(error).__mro__ if kind in EXITS)
