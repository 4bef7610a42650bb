"""GET /metrics for Prometheus, made from the meters, the readers and the ledger at each scrape."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from loyaltyd.api.door import Door
from loyaltyd.api.meters import BOUNDS_S, Latency, Meters
from loyaltyd.domain.record import Head
from loyaltyd.readers.supervisor import ReaderState
from loyaltyd.till.sync import LinkState

MEDIA_TYPE = CONTENT_TYPE_LATEST
RECORDED = {"confirmReceipt": "receipt", "returnGoods": "return", "cancelReceipt": "cancel"}


def exposition(door: Door, head: Head | None) -> bytes:
    """Return all metrics; labels come from fixed lists or the settings, never from callers."""
    registry = CollectorRegistry(auto_describe=False)
    link = None if door.link is None else door.link()
    registry.register(_Till(door.meters, door.readers(), head, link))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, eq=False)  # the registry keeps it in a dict
class _Till(Collector):
    meters: Meters
    readers: Sequence[ReaderState]
    head: Head | None
    link: LinkState | None

    def collect(self) -> Iterator[Metric]:
        yield from _calls(self.meters)
        yield from _readers(self.readers)
        if self.head is not None:
            yield GaugeMetricFamily(
                "loyaltyd_ledger_head", "Sequence number of the last record", value=self.head.seq
            )
        if self.link is not None:
            yield from _link(self.link)


def _calls(meters: Meters) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "loyaltyd_answers", "Answers by operation and status", labels=("operation", "status")
    )
    quotes, recorded = 0, dict.fromkeys(RECORDED.values(), 0)
    for (operation, status), count in sorted(meters.answers.items()):
        answers.add_metric((operation, str(status)), count)
        if operation == "quoteReceipt" and status == 200:
            quotes += count
        elif operation in RECORDED and status in {200, 201}:
            recorded[RECORDED[operation]] += count - meters.replays[operation]
    yield answers
    yield CounterMetricFamily("loyaltyd_quotes", "Quotes given", value=quotes)
    yield _counter(
        "loyaltyd_records", "Receipts, returns and cancels recorded", "type", recorded.items()
    )
    yield _counter(
        "loyaltyd_refusals", "Refusals by reason", "reason", sorted(meters.refusals.items())
    )
    yield _latencies(meters)


def _latencies(meters: Meters) -> Metric:
    family = HistogramMetricFamily(
        "loyaltyd_answer_seconds", "Time to an answer by operation", labels=("operation",)
    )
    for operation, latency in sorted(meters.latencies.items()):
        family.add_metric((operation,), _buckets(latency), latency.total_s)
    return family


def _buckets(latency: Latency) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), latency.counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def _readers(readers: Sequence[ReaderState]) -> Iterator[Metric]:
    up = GaugeMetricFamily("loyaltyd_reader_up", "1 while the reader is open", labels=("reader",))
    for reader in readers:
        up.add_metric((reader.name,), int(reader.up))
    yield up
    for name, what in (
        ("bytes", "Bytes that came from the reader"),
        ("reads", "Cards and other texts read"),
        ("garbled", "Reads that gave no number"),
        ("payment", "Bank cards seen and dropped"),
    ):
        counts = [(reader.name, getattr(reader, name)) for reader in readers]
        yield _counter(f"loyaltyd_reader_{name}", what, "reader", counts)


def _link(link: LinkState) -> Iterator[Metric]:
    last = 0 if link.last_answer_at is None else int(link.last_answer_at.timestamp())
    for name, what, value in (
        ("up", "1 while nothing waits, or headquarters answers", int(link.up)),
        ("acked", "Sequence number that headquarters has acknowledged", link.acked),
        ("waiting", "Records that headquarters hasn't acknowledged", link.waiting),
        ("files", "Files that wait in the spool", link.files),
        ("trouble", "1 while something stands in the way", int(bool(link.trouble))),
        ("last_answer_timestamp_seconds", "When headquarters last said something new", last),
    ):
        yield GaugeMetricFamily(f"loyaltyd_link_{name}", what, value=value)
    yield CounterMetricFamily(
        "loyaltyd_link_strange",
        "Files among the answers that nobody had signed",
        value=link.strange,
    )


def _counter(name: str, what: str, label: str, counts: Iterable[tuple[str, int]]) -> Metric:
    family = CounterMetricFamily(name, what, labels=(label,))
    for value, count in counts:
        family.add_metric((value,), count)
    return family
