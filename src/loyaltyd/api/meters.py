"""What the API counts, as plain integers; Prometheus's library comes with the first scrape."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

# Seconds. A quote takes under one millisecond, a slow eMMC's commit fifty.
BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(slots=True)
class Latency:
    """How long one operation took, so far: counts per bound, the last for what was longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one answer."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds


@dataclass(slots=True)
class Meters:
    """Counts since the daemon's start. Keys are from fixed lists: no path, id or number ever."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)  # (operation, status)
    refusals: Counter[str] = field(default_factory=Counter)  # reason
    replays: Counter[str] = field(default_factory=Counter)  # operation
    writes: int = 0  # calls that may have reached the log
    latencies: dict[str, Latency] = field(default_factory=dict)  # operation

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count an operation's answer."""
        self.answers[operation, status] += 1
        self.latencies.setdefault(operation, Latency()).add(seconds)
