"""A till that was cut off for 30 days gets its line back: daemon, courier and headquarters."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import zstandard

from loyaltyd.domain.record import Stream
from loyaltyd.domain.refusal import Refusal
from loyaltyd.link.signatures import chain_key, public_hex, till_key
from loyaltyd.link.spool import OUT, Box
from loyaltyd.link.wire import FILE_BYTES_MAX, public_line
from loyaltyd.till.checkout import QuoteChanged, confirm_receipt
from loyaltyd.till.requests import ReceiptRequest
from loyaltyd.till.till import Till
from tests.daemon.daemon_process import (
    PROGRAM,
    ROOT,
    STARTS,
    Caller,
    Daemon,
    Lane,
    basket,
    free_port,
    made_lane,
)
from tools.bench.measure import Figure, Limit, Size, against, alone, exactly, taken_us
from tools.bench.workload import till_at

DAYS, LINES, SKUS = 30, 5, 3000
HOLDERS, WITHOUT = 6000, 0.3  # who come to one till in a month; receipts that show no card
OPEN_S = 14 * 3600  # of a day of a shop
ROUND = 20  # quotes; each round is a second of a till's pace, and one median
BYTES = Limit(most=130.0, source="goal")
WAIT_S = 1800.0  # a hang's way out, no verdict on speed
BEGAN = "starts = 2020-01-01"


def drain(size: Size) -> list[Figure]:
    """Fill a ledger, start its daemon, then its line: time, bytes, and who waits for it."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        lane = _linked(Path(name), hq_port := free_port())
        receipts = DAYS * size.records
        _fill(lane, size.records)
        daemon = running.enter_context(Daemon(lane)).answering()
        till = running.enter_context(Caller(daemon.lane.port))
        quotes = Quotes(till, size)
        files = Box(lane.folder / "spool" / OUT)
        filing_s = quotes.until(lambda: _filed(files) >= receipts)
        sizes = [len(data) for data in _read(files)]
        signed = [zstandard.decompress(data).count(b'"type":"signature"') for data in _read(files)]
        filing = quotes.taken()
        running.enter_context(_hq(lane, hq_port))
        running.enter_context(_process("courier", "--config", str(lane.config)))
        draining_s = quotes.until(lambda: till.ask("/v1/status")[1]["link"]["waiting"] == 0)
        draining = quotes.taken()
        for _ in range(max(len(filing), len(draining))):
            quotes.round()
        idle = quotes.taken()
    return [
        alone(f"{receipts} receipts into files, with quotes", filing_s, "s"),
        alone(f"{receipts} receipts to HQ and back, with quotes", draining_s, "s"),
        alone(f"bytes of a receipt of {LINES} lines", sum(sizes) / receipts, "B", BYTES),
        exactly("signatures of a batch", max(signed), 1),
        against("HTTP quote while files are made", filing, ("idle", idle[: len(filing)])),
        against("HTTP quote while HQ is told", draining, ("idle", idle[: len(draining)])),
    ]


@dataclass(slots=True)
class Quotes:
    """A cashier who goes on asking, at a till's pace."""

    till: Caller
    size: Size
    _medians: list[float] = field(default_factory=list)

    def until(self, fact: Callable[[], bool]) -> float:
        """Ask until something is so; how many seconds that took."""
        began = time.monotonic()
        while True:
            self.round()
            taken_s = time.monotonic() - began
            if fact():
                return taken_s
            assert taken_s < WAIT_S

    def round(self) -> None:
        """Ask for a second; keep the median."""
        asked = []
        for _ in range(min(ROUND, self.size.calls)):
            time.sleep(self.size.pause_s)
            asked.append(taken_us(self._ask))
        self._medians.append(median(asked))

    def taken(self) -> list[float]:
        """The medians since this was last asked."""
        found, self._medians = self._medians, []
        return found

    def _ask(self) -> None:
        status, answer = self.till.tell("/v1/quotes", basket("q"))
        assert status == http.client.OK, answer


def _linked(folder: Path, port: int) -> Lane:
    lane = made_lane(folder / "lane")
    (folder / "lane" / "hq.pub").write_text(_told("hq", "pub", "--folder", str(folder / "hq")))
    with lane.config.open("a", encoding="utf-8") as config:
        config.write(
            f'[link]\nfolder = "spool"\nhq_key = "hq.pub"\nurl = "http://127.0.0.1:{port}"\n'
            'every = "1s"\n'
        )
    return lane


def _fill(lane: Lane, receipts_of_a_day: int) -> None:
    """Confirm a month of receipts, of random shoppers, as they would have come."""
    keys, chance = lane.ledger.parent, random.Random(1)  # noqa: S311 - the same month each time
    key = public_hex(till_key(keys / "till.key"))
    now = dt.datetime.now(dt.UTC) - dt.timedelta(days=DAYS)
    with till_at(keys, PROGRAM.replace(STARTS, BEGAN), key) as standing:

        async def month() -> None:
            at = now
            chain = chain_key(keys / "chain.key", make=True)
            till = replace(standing, chain_key=chain, clock=lambda: at)
            for number in range(DAYS * receipts_of_a_day):
                day, place = divmod(number, receipts_of_a_day)
                open_s = place * OPEN_S / receipts_of_a_day + chance.random()
                at = now + dt.timedelta(days=day, seconds=open_s)
                await _confirmed(till, number, chance)

        asyncio.run(month())
        stream = standing.ledger.stream
    _trust(lane, stream)


async def _confirmed(till: Till, number: int, chance: random.Random) -> None:
    lines = [_line(place, chance) for place in range(1, LINES + 1)]
    body: dict[str, object] = {"receipt": f"msk017-3-{number:09}", "lines": lines}
    if chance.random() >= WITHOUT:
        body["card"] = _card(chance)
        body["redeem"] = {"bonus": "max"} if chance.random() < WITHOUT else {}
    outcome = await confirm_receipt(till, ReceiptRequest.model_validate_json(json.dumps(body)))
    assert not isinstance(outcome, Refusal | QuoteChanged), outcome


def _line(place: int, chance: random.Random) -> dict[str, object]:
    goods = int(chance.paretovariate(0.7) * 3) % SKUS  # a few sell every minute, most once a week
    weighed = goods % 7 == 0
    return {
        "line": place,
        "sku": f"46{goods * 7919 % 10**10:010}",
        "category": ("dairy/milk", "fruit/apples", "bread", "alcohol/beer", "sweets")[goods % 5],
        "quantity": f"{chance.randrange(50, 3000) / 1000:.3f}"
        if weighed
        else chance.choice("1112"),
        "unit": "kg" if weighed else "pc",
        "price": f"{20 + goods * 31 % 700}.{goods % 10}9",
    }


def _card(chance: random.Random) -> str:
    digits = f"2990{chance.randrange(HOLDERS):08}"
    weighted = sum(int(it) * (3 if place % 2 else 1) for place, it in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _trust(lane: Lane, stream: Stream) -> None:
    public = lane.folder / "till.pub"
    public.write_text(public_line(stream, stream.key))
    hq = str(lane.folder.parent / "hq")
    _told("hq", "trust", "--folder", hq, str(public))
    _told("hq", "program", "--folder", hq, str(lane.folder / "program.toml"))


def _filed(files: Box) -> int:
    """How many records lie in files."""
    return max(
        (int(name.rpartition("-")[2].partition(".")[0]) for name in files.names()), default=0
    )


def _read(files: Box) -> Iterator[bytes]:
    for name in files.names():
        data = files.read(name, FILE_BYTES_MAX)
        assert data is not None
        yield data


def _told(*words: str) -> str:
    command = [sys.executable, "-m", "loyaltyd", *words]
    return subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def _hq(lane: Lane, port: int) -> Iterator[None]:
    places = ("--listen", f"127.0.0.1:{port}", "--pages", f"127.0.0.1:{free_port()}")
    with _process("hq", "serve", "--folder", str(lane.folder.parent / "hq"), *places):
        deadline = time.monotonic() + WAIT_S
        while not _answers(port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)) as asked:
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == http.client.OK
        except ConnectionRefusedError:
            return False


@contextmanager
def _process(*words: str) -> Iterator[None]:
    command = [sys.executable, "-m", "loyaltyd", *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
