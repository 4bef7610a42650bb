"""Where the till listens: TCP on loopback, and a Unix socket for its group."""

import contextlib
import os
import pathlib
import socket
import stat
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from loyaltyd.domain.errors import ConfigError, LoyaltyError
from loyaltyd.serving import BACKLOG, tcp_socket

Place: TypeAlias = tuple[str, int] | str  # an address and a port, or a path


def listening(
    address: tuple[str, int], path: pathlib.Path | None, opened: contextlib.ExitStack
) -> list[socket.socket]:
    """Return the listening sockets, TCP first; opened closes them. LoyaltyError: one is taken."""
    sockets = [opened.enter_context(tcp_socket(*address, "[api] listen"))]
    if path is not None:
        sockets.append(opened.enter_context(_unix(path)))
    return sockets


def taken_over(
    address: tuple[str, int],
    path: pathlib.Path | None,
    inherited: Sequence[socket.socket],
    opened: contextlib.ExitStack,
) -> list[socket.socket]:
    """Return the sockets that the service manager listens on, the one at address first.

    They are closed with opened and never unlinked: whoever calls meanwhile waits in them.
    ConfigError when they aren't where the settings say, for there the commands will ask.
    """
    for each in inherited:
        opened.enter_context(each)
    wanted: list[tuple[str, Place]] = [("[api] listen", address)]
    wanted += [] if path is None else [("[api] socket", os.fspath(path))]
    found = [_place(each) for each in inherited]
    for key, place in wanted:
        if place not in found:
            raise ConfigError(
                f"{key} is {_written(place)}, and the .socket unit that started this listens on "
                f"{' and '.join(map(_written, found))}: change one of them"
            )
    return sorted(inherited, key=lambda each: _place(each) != address)


def _place(listening: socket.socket) -> Place:
    name = listening.getsockname()
    return name[:2] if isinstance(name, tuple) else os.fsdecode(name)


def _written(place: Place) -> str:
    return place if isinstance(place, str) else f"{place[0]}:{place[1]}"


@contextlib.contextmanager
def _unix(path: pathlib.Path) -> Iterator[socket.socket]:
    listening = socket.socket(socket.AF_UNIX)
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        _clear(path)
        mask = os.umask(0o117)  # born with mode 0660: its group may call, nobody else, at no moment
        try:
            listening.bind(os.fspath(path))
        finally:
            os.umask(mask)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise LoyaltyError(f"{path}: {error.strerror or error} ([api] socket)") from error
    try:
        yield listening
    finally:
        listening.close()
        path.unlink(missing_ok=True)


def _clear(path: pathlib.Path) -> None:
    """Remove the socket that a killed daemon left; OSError when it is in use, or no socket."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise OSError(f"{path.name} exists and is no socket")
    with socket.socket(socket.AF_UNIX) as knocking:
        knocking.settimeout(1)
        if knocking.connect_ex(os.fspath(path)) == 0:
            raise OSError("another daemon listens there")
    path.unlink()
