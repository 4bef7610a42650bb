"""This process as a service of systemd: what it was handed, and what it says.

sd_listen_fds(3) and sd_notify(3), by hand: the protocols are two variables and a datagram.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

LISTEN_FDS_START = 3  # sd_listen_fds(3): the first descriptor that is handed over
SOCKETS_MAX = 16  # a .socket unit of a till has two
SEND_S = 1.0  # systemd reads at once, or is in no state to be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What systemd asked of this process; one that was started by hand has none of it.

    watchdog_s: within what time it wants to hear of us again, before it shoots us.
    """

    address: str = field(default="", repr=False)
    watchdog_s: float | None = None
    sockets: tuple[socket.socket, ...] = ()

    def tell(self, *facts: str) -> None:
        """Send facts such as READY=1 or STATUS=…, in one message."""
        if not self.address:
            return
        # A leading @ stands for the NUL of the abstract namespace, unix(7).
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
            sending.settimeout(SEND_S)
            # Whoever isn't told acts on that by itself: it waits, then starts us anew.
            with contextlib.suppress(OSError):
                sending.sendto("\n".join(facts).encode(), address)


BY_HAND = Service()


def service_in(environment: Mapping[str, str], pid: int) -> Service:
    """Return what systemd wrote into the environment for the process pid, not for its parent."""
    watchdog_us = _number(environment, "WATCHDOG_USEC")
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid):
        watchdog_us = 0
    count = _number(environment, "LISTEN_FDS")
    if environment.get("LISTEN_PID") != str(pid):
        count = 0
    return Service(
        address=environment.get("NOTIFY_SOCKET", ""),
        watchdog_s=watchdog_us / 1_000_000 if watchdog_us else None,
        sockets=tuple(_handed_over(LISTEN_FDS_START + n) for n in range(min(count, SOCKETS_MAX))),
    )


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    return int(text) if text.isdecimal() else 0


def _handed_over(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    # It tells its own family and protocol: LISTEN_FDNAMES has nothing to add.
    return socket.socket(fileno=descriptor)
