"""The composition root of headquarters: a socket for couriers, one for people, one thread beside.

Couriers come from other machines, by TLS; the pages are for this machine alone.
"""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import structlog
from starlette.types import ASGIApp

from loyaltyd.domain.errors import ConfigError, StoreDamaged, StoreError
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.pages import Shown, pages
from loyaltyd.hq.receiving import Receiver, receiving
from loyaltyd.notify import BY_HAND, Service
from loyaltyd.serving import Connection, Server, server_config, tcp_socket

CONNECTIONS_MAX = 64  # couriers at a time; each is done in a second, and comes again if turned away
# Between a courier's batches: each comes every half minute, and hundreds share the connections.
KEEP_ALIVE_S = 2
TAKING_THREADS = 2  # reading and checking batches, up to 100 MB each; one at a time is written
REEVALUATION_S = 2.0  # between looks for receipts that came
MEND_S = 10.0  # until a store that said no is asked again

log = structlog.stdlib.get_logger("loyaltyd.hq")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate chain and key as PEM files; clients: the CA of the couriers' own, None: any."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what the server speaks with; ConfigError when a file can't be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # Without a password here OpenSSL would ask for one on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except OSError as error:
            raise ConfigError(f"{self.certificate}, {self.key}: {_why(error)}") from error
        if self.clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            try:
                context.load_verify_locations(self.clients)
            except OSError as error:
                raise ConfigError(f"{self.clients}: {_why(error)}") from error
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where headquarters listens."""

    couriers: Address
    people: Address
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Headquarters that answers; stop ends it, from its own thread."""

    couriers: Address
    people: Address
    stop: Callable[[], None]


Clock = Callable[[], dt.datetime]


def tls(certificate: Path | None, certificate_key: Path | None, clients: Path | None) -> Tls | None:
    """Return what these options mean; ConfigError unless both of the certificate are there."""
    if certificate is not None and certificate_key is not None:
        return Tls(certificate=certificate, key=certificate_key, clients=clients)
    if certificate is None is certificate_key is clients:
        return None
    raise ConfigError("--certificate and --certificate-key: neither goes without the other")


def run(folder: Path, places: Places, clock: Clock, service: Service = BY_HAND) -> None:
    """Serve until SIGTERM or SIGINT; LoyaltyError when it can't run, or can't go on."""

    def stopped(running: Running) -> None:
        service.tell("STOPPING=1")
        running.stop()

    def until_told(running: Running) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stopped, running)
        service.tell("READY=1", f"STATUS=answers on {running.couriers[0]}:{running.couriers[1]}")

    asyncio.run(serve(folder, places, clock, ready=until_told))


async def serve(
    folder: Path, places: Places, clock: Clock, *, ready: Callable[[Running], None]
) -> None:
    """Open the folder, serve until stopped, take all down in reverse; LoyaltyError as in run.

    ready is called once, on this thread, when both sockets are answered.
    """
    with contextlib.ExitStack() as built:
        # First: a taken port is known before anything is touched.
        sockets = _sockets(places, built)
        secrecy = places.tls.context() if places.tls is not None else None
        hq = open_hq(folder, clock)
        built.callback(hq.close)
        stop = _Stop()
        reevaluation = _Reevaluation(hq, stop.for_damage)
        built.callback(reevaluation.stop)
        taking = built.enter_context(ThreadPoolExecutor(TAKING_THREADS, "hq-taking"))
        showing = built.enter_context(ThreadPoolExecutor(1, "hq-showing"))
        receiver = Receiver(taken=hq.taken, threads=taking, damaged=stop.for_damage)
        address = sockets[1].getsockname()[:2]
        shown = Shown(overview=hq.overview, clock=clock, threads=showing, address=address)
        stop.servers += [_server(receiving(receiver), secrecy), _server(pages(shown))]
        await _served(stop.servers, sockets, lambda: ready(_running(sockets, stop)))
    log.info("stopped")
    if stop.damage is not None:
        raise stop.damage


class _Caller(Connection):
    connections_max: ClassVar[int] = CONNECTIONS_MAX


def _server(app: ASGIApp, secrecy: ssl.SSLContext | None = None) -> Server:
    config = server_config(app, _Caller, KEEP_ALIVE_S)
    config.load()
    config.ssl = secrecy  # made before: a wrong file is a sentence then, and no traceback here
    return Server(config)


@dataclass(slots=True)
class _Stop:
    """What ends headquarters: a signal, or a store that is damaged."""

    servers: list[Server] = field(default_factory=list)
    damage: StoreDamaged | None = field(default=None)

    def __call__(self) -> None:
        for each in self.servers:
            each.should_exit = True

    def for_damage(self, error: StoreDamaged) -> None:
        log.critical("store_damaged", detail=str(error))
        self.damage = error
        self()


class _Reevaluation:
    """Runs receipts again on a thread of its own, after they were taken."""

    def __init__(self, hq: Headquarters, damaged: Callable[[StoreDamaged], None]) -> None:
        self._hq, self._damaged = hq, damaged
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hq-reevaluation")
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s = 0.0
        while not self._over.wait(wait_s):
            try:
                wait_s = 0.0 if self._hq.reevaluated() else REEVALUATION_S
            except StoreDamaged as error:
                self._damaged(error)
                return
            except StoreError as error:
                log.warning("reevaluation_waits", detail=str(error))
                wait_s = MEND_S
            except Exception:  # what is told here is a fault of ours: the next step may have none
                log.exception("reevaluation_failed")
                wait_s = MEND_S


async def _served(
    servers: list[Server], sockets: list[socket.socket], ready: Callable[[], None]
) -> None:
    starting = list(servers)

    def one_more() -> None:
        starting.pop()
        if not starting:
            couriers, people = (each.getsockname()[:2] for each in sockets)
            log.info("serving", couriers=couriers, people=people)
            ready()

    async with asyncio.TaskGroup() as tasks:
        for server, listening in zip(servers, sockets, strict=True):
            server.ready = one_more
            tasks.create_task(server.serve([listening]))


def _sockets(places: Places, built: contextlib.ExitStack) -> list[socket.socket]:
    if not _is_loopback(places.people):
        raise ConfigError("--pages: must be on loopback: whoever reaches the pages may read them")
    if places.tls is None and not _is_loopback(places.couriers):
        raise ConfigError(
            "--listen: beyond loopback it needs --certificate and --certificate-key: "
            "names and numbers travel beside the records"
        )
    named = (("--listen", places.couriers), ("--pages", places.people))
    return [built.enter_context(tcp_socket(*address, option)) for option, address in named]


def _running(sockets: list[socket.socket], stop: _Stop) -> Running:
    couriers, people = (each.getsockname()[:2] for each in sockets)
    return Running(couriers=couriers, people=people, stop=stop)


def _is_loopback(address: Address) -> bool:
    return ipaddress.ip_address(address[0]).is_loopback


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"no PEM files that belong together: {error.reason or error}"
    return (error.strerror or str(error)).lower()
