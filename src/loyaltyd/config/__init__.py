"""Settings as frozen values.

Here go: what a setting may be (values), the tables (settings), where they come from (layers).
"""

from loyaltyd.config.layers import load
from loyaltyd.config.link import Link
from loyaltyd.config.settings import Api, Keys, Ledger, Program, Reader, Settings, Shown, Till
from loyaltyd.config.values import Listen

__all__ = [
    "Api",
    "Keys",
    "Ledger",
    "Link",
    "Listen",
    "Program",
    "Reader",
    "Settings",
    "Shown",
    "Till",
    "load",
]
