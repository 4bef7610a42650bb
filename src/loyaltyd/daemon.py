"""The composition root of a till: builds its parts, owns threads and clock, stops in reverse."""

import asyncio
import contextlib
import ctypes
import datetime as dt
import gc
import os
import pathlib
import resource
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import structlog

from loyaltyd import logs
from loyaltyd.api.app import app
from loyaltyd.api.door import Door
from loyaltyd.api.ears import Ears, say_link
from loyaltyd.api.events import Events
from loyaltyd.api.guard import Access, access
from loyaltyd.api.meters import Meters
from loyaltyd.api.sockets import listening, taken_over
from loyaltyd.api.status import Status
from loyaltyd.api.tokens import Tokens, tokens_in
from loyaltyd.config import Api, Reader, Settings
from loyaltyd.domain.errors import ConfigError, LoyaltyError, StoreDamaged
from loyaltyd.link.signatures import (
    chain_key,
    derived,
    hq_public,
    public_hex,
    signature,
    till_key,
)
from loyaltyd.link.spool import Box, Spool
from loyaltyd.link.wire import Sign
from loyaltyd.notify import BY_HAND, Service, service_in
from loyaltyd.readers.chips.classic import Sector
from loyaltyd.readers.chips.files import CardFile
from loyaltyd.readers.drivers import DRIVERS, SLOT_DRIVERS
from loyaltyd.readers.guard import Own
from loyaltyd.readers.hearing import Hearing, stream
from loyaltyd.readers.key_file import classic_key
from loyaltyd.readers.profiles import PROFILES
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.supervisor import ReaderState, Source, Supervisor
from loyaltyd.readers.taps import taps
from loyaltyd.serving import Server, server_config
from loyaltyd.store.ledger import Ledger, open_ledger
from loyaltyd.till.expiry import release_expired
from loyaltyd.till.export import Exporter
from loyaltyd.till.open_reservations import Reservations
from loyaltyd.till.program_file import program_text
from loyaltyd.till.programs import keep_programs
from loyaltyd.till.sync import Sync
from loyaltyd.till.till import SYNCED, Till, holdover

TIMESYNCED = pathlib.Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd makes it
TIMEX_BYTES, TIME_ERROR = 256, 5  # struct timex has 208; linux/timex.h: "clock not synchronized"
PULSES = 4  # in the time that systemd gives: one that a slow disk holds up is not the last
LOOK_S = 2.0  # between looks at the ledger: its damage, and whether the till is idle; at the spool
BUSY_S = 0.1  # between two files of a long drain, for those who sell meanwhile

log = structlog.stdlib.get_logger("loyaltyd.daemon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A daemon that answers; stop ends it, from its own thread."""

    door: Door
    address: tuple[str, int]
    stop: Callable[[], None]


Ready = Callable[[Running], None]


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; LoyaltyError when the till can't run, or can't go on."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold card numbers and keys
    logs.configure(os.environ)

    def until_told(running: Running) -> None:
        gc.freeze()  # all that is there stays: no collection need walk through it in a quote
        gc.enable()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, running.stop)

    service = service_in(os.environ, os.getpid())
    asyncio.run(serve(settings, ready=until_told, service=service))


async def serve(settings: Settings, *, ready: Ready, service: Service = BY_HAND) -> None:
    """Build the till, serve it until its stop, take it down in reverse; LoyaltyError as in run.

    ready is called once, on this thread, when the sockets are answered; then service hears of it.
    """
    with contextlib.ExitStack() as built:
        door, supervisor, sync, sockets = _built(settings, built, service)
        server = Server(server_config(app(door)))
        stop = _Stop(server, door.events, service)
        host, port = sockets[0].getsockname()[:2]
        running = Running(door=door, address=(host, port), stop=stop)
        server.ready = lambda: _say_ready(running, ready, service)
        built.callback(supervisor.stop)
        supervisor.start()
        async with asyncio.TaskGroup() as tasks:
            watching = (
                *(_watch(door, stop), _pulse(service, door.till.ledger)),
                *(_look_after(supervisor), _sync(sync, door.events), _release(door.till)),
            )
            watches = [tasks.create_task(each) for each in watching]
            log.info("serving", host=host, port=port, readers=len(settings.readers))
            await server.serve(sockets)
            for watch in watches:
                watch.cancel()
    log.info("stopped")
    if stop.damage is not None:
        raise stop.damage


def _built(
    settings: Settings, built: contextlib.ExitStack, service: Service
) -> tuple[Door, Supervisor, Sync | None, list[socket.socket]]:
    """Build all that runs; whatever must be let go of again is on the stack."""
    # First: a taken port is known before anything is touched.
    sockets = _sockets(settings.api, built, service)
    key = till_key(settings.till_key)
    ledger = _ledger(settings, public_hex(key))
    built.callback(ledger.close)
    till = _till(settings, ledger, derived(key, "quote token"))
    events = Events(boot=secrets.token_hex(4), monotonic=time.monotonic)
    supervisor = _supervisor(settings.readers, Ears(till, events))
    sign = partial(signature, key)
    sync = _link(settings, ledger, sign)
    tokens = _tokens(settings.api, derived(key, "page cookie"))
    door = Door(
        till=till,
        events=events,
        tokens=tokens,
        access=_access(settings.api, sockets[0].getsockname()[:2]),
        meters=Meters(),
        readers=supervisor.states,
        link=None if sync is None else sync.told,
        status=_status(till, events, supervisor.states, tokens, sync),
        exports=Exporter(till, sign, _spool(settings)),
        clock=_now,
        monotonic=time.monotonic,
    )
    return door, supervisor, sync, sockets


def _sockets(api: Api, built: contextlib.ExitStack, service: Service) -> list[socket.socket]:
    address = (api.listen.host, api.listen.port)
    if service.sockets:
        return taken_over(address, api.socket, service.sockets, built)
    return listening(address, api.socket, built)


def _say_ready(running: Running, ready: Ready, service: Service) -> None:
    ready(running)
    host, port = running.address
    service.tell("READY=1", f"STATUS=answers on {host}:{port}")


def _tokens(api: Api, key: bytes) -> Tokens:
    callers = None if api.tokens is None else tokens_in(api.tokens)
    return Tokens(key=key, now_s=lambda: int(time.time()), callers=callers)


def _access(api: Api, address: tuple[str, int]) -> Access:
    return access(listen=address, hosts=api.hosts, origins=api.origins, rate=api.rate)


def _status(
    till: Till,
    events: Events,
    readers: Callable[[], list[ReaderState]],
    tokens: Tokens,
    sync: Sync | None,
) -> Status:
    return Status(
        till=till,
        readers=readers,
        link=None if sync is None else sync.told,
        boot=events.boot,
        tokens=tokens.configured,
        began=_now(),
    )


def _spool(settings: Settings) -> Box | None:
    """Where till-days go that a courier takes away."""
    # Not made here: a spool that can't be is a trouble of the link, and the till sells on.
    return None if settings.link is None else Spool(settings.link.folder, make=False).out


def _link(settings: Settings, ledger: Ledger, sign: Sign) -> Sync | None:
    link = settings.link
    if link is None:
        return None
    return Sync(
        ledger=ledger,
        folder=link.folder,
        hq_key=hq_public(link.hq_key),
        sign=sign,
        every=link.every,
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _clock_state() -> str:
    """Whether the kernel's clock is disciplined, by whichever daemon: adjtimex(2) tells.

    A unit with ProtectClock= may not even ask: there timesyncd's word must do.
    """
    asked = ctypes.create_string_buffer(TIMEX_BYTES)  # all zero: nothing is set
    told = ctypes.CDLL(None).adjtimex(asked)
    synced = 0 <= told < TIME_ERROR or (told < 0 and TIMESYNCED.exists())
    return SYNCED if synced else holdover()


def _ledger(settings: Settings, key: str) -> Ledger:
    place = settings.till
    if not settings.ledger.path.exists():
        # The first start of a till, or a lost ledger: nothing else would tell them apart.
        log.warning("ledger_begun", path=str(settings.ledger.path), detail="every balance is zero")
    return open_ledger(
        settings.ledger.path, chain=place.chain, store=place.store, till=place.till, key=key
    )


def _till(settings: Settings, ledger: Ledger, token_key: bytes) -> Till:
    path = settings.program.path
    programs = keep_programs(ledger, program_text(path), str(path))
    timezone = settings.till.timezone or programs[-1].timezone
    if not timezone:
        raise ConfigError(
            f"{settings.program.path}: timezone: is missing, and [till] timezone is too"
        )
    return Till(
        ledger=ledger,
        group=settings.till.group or "",
        timezone=timezone,
        language=settings.till.language,
        chain_key=chain_key(settings.chain_key, make=settings.keys.chain is None),
        token_key=token_key,
        at_window=settings.api.at_window,
        clock=_now,
        clock_state=_clock_state,
        programs=programs,
        reservations=Reservations(time.monotonic, settings.api.reservation_ttl),
    )


def _supervisor(readers: Iterable[Reader], ears: Ears) -> Supervisor:
    sources = [
        Source(
            name=reader.name,
            open=_opening(reader, ears.owns),
            repeat_window_s=reader.repeat_window.total_seconds(),
        )
        for reader in readers
    ]
    return Supervisor(sources, on_read=ears.heard, on_state=ears.changed)


def _opening(reader: Reader, own: Own) -> Callable[[], Hearing]:
    if reader.profile in PROFILES:
        driver = DRIVERS[reader.driver](reader.device, reader.baud)
        return stream(driver, PROFILES[reader.profile](own))
    sector = file = None
    if reader.classic_sector is not None and reader.classic_key is not None:
        key = classic_key(reader.classic_key)
        sector = Sector(number=reader.classic_sector, key=key, key_type=reader.classic_key_type)
    if reader.aid is not None and reader.file is not None:
        file = CardFile(aid=bytes.fromhex(reader.aid), file=bytes.fromhex(reader.file))
    cards = Contactless(own=own, sector=sector, file=file)
    return taps(SLOT_DRIVERS[reader.driver](reader.device or reader.match), cards.dialogue)


@dataclass(slots=True)
class _Stop:
    """What ends the daemon: a signal, or a ledger that is damaged."""

    server: Server
    events: Events
    service: Service
    damage: StoreDamaged | None = field(default=None)

    def __call__(self) -> None:
        self.service.tell("STOPPING=1")
        self.events.close()  # streams would hold the server up
        self.server.should_exit = True


async def _watch(door: Door, stop: _Stop) -> None:
    """Stop when the ledger is damaged; checkpoint it when the till has gone idle."""
    seen = checkpointed = 0
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            ledger = door.till.ledger
            if ledger.damage is not None:
                log.critical("ledger_damaged", detail=str(ledger.damage))
                stop.damage = ledger.damage
                stop()
                return
            before, seen = seen, door.meters.writes
            if seen == before != checkpointed:
                await asyncio.wrap_future(ledger.checkpoint())
                checkpointed = seen
        except Exception:
            log.exception("watching failed")


async def _look_after(supervisor: Supervisor) -> None:
    """Say which readers hang; LOOK_S is well within a cashier's patience."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            supervisor.look()
        except Exception:
            log.exception("looking after the readers failed")


async def _sync(sync: Sync | None, events: Events) -> None:
    """Keep up the link by what lies in the spool; say when headquarters is lost, or is back."""
    while sync is not None:
        before = sync.state
        try:
            now, monotonic_s = _now(), time.monotonic()
            say_link(events, before, await asyncio.to_thread(sync.tick, now, monotonic_s))
        except Exception:
            log.exception("the link failed")
        await asyncio.sleep(BUSY_S if sync.busy else LOOK_S)


async def _release(till: Till) -> None:
    """Release reservations whose time is over, though nobody asks; mostly there are none."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await asyncio.wrap_future(till.ledger.write(partial(release_expired, till)))
        except Exception:
            log.exception("releasing reservations failed")


async def _pulse(service: Service, ledger: Ledger) -> None:
    """Tell systemd that the loop and the ledger's writer live; when either hangs, it shoots us."""
    while service.watchdog_s is not None:
        with contextlib.suppress(LoyaltyError):  # a ledger that says no is alive
            await asyncio.wrap_future(ledger.write(lambda _: None))
        service.tell("WATCHDOG=1")
        await asyncio.sleep(service.watchdog_s / PULSES)
