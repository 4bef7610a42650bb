"""Exit codes: what the shell and systemd learn. Numbers above 63 are those of sysexits.h."""

from loyaltyd.domain.errors import ConfigError, LoyaltyError, StoreDamaged

NO = 1  # the answer is no: findings, a refusal, a degraded till
NOT_RUNNING = 3  # as `systemctl status` says it

# The nearest class in an error's ancestry decides. After 78 systemd doesn't start a till again.
EXITS: dict[type[LoyaltyError], int] = {
    ConfigError: 78,  # EX_CONFIG
    StoreDamaged: 74,  # EX_IOERR
    LoyaltyError: 69,  # EX_UNAVAILABLE
}


def exit_code(error: LoyaltyError) -> int:
    """Return the code with which a command ends that error stopped."""
    return next(EXITS[kind] for kind in type(error).__mro__ if kind in EXITS)
