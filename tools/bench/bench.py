"""Measures what loyaltyd's performance costs, each figure against a floor of the same run.

    ./tools/bench/run [NAME...] [--json] [--quick]

Times drift on a shared machine by a factor of two or three: ratios are what to compare. Paced is
20 calls a second, as at a till; tight is a loop. Floors and subjects take turns; every figure is
the median over rounds, of the engine of the least of each. Counts are exact, and checkpoints are
counted apart.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict

from tools.bench.backtesting import backtests
from tools.bench.committing import confirm
from tools.bench.draining import drain
from tools.bench.ingesting import ingest
from tools.bench.measure import TINY, Figure, Size
from tools.bench.peopling import accounts
from tools.bench.quoting import quote
from tools.bench.reading import read
from tools.bench.serving import http
from tools.bench.starting import memory, start
from tools.bench.tracing import syncs

BENCHES: dict[str, Callable[[Size], list[Figure]]] = {
    "read": read,
    "quote": quote,
    "confirm": confirm,
    "accounts": accounts,
    "syncs": syncs,
    "http": http,
    "start": start,
    "memory": memory,
    "ingest": ingest,
    "drain": drain,
    "backtest": backtests,
}
ROW = "{:52} {:>12} {:>30} {:>12} {:>8}  {}"


def main(arguments: list[str]) -> None:
    """Run the benches that the command line names, all without names."""
    parser = argparse.ArgumentParser(
        prog="./tools/bench/run", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--quick", action="store_true", help="a few calls: shows that it runs, no more"
    )
    parser.add_argument(
        "--accounts", type=int, default=0, metavar="N", help="so many accounts too: 5000000"
    )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"no bench named {', '.join(sorted(unknown))}")
    size = TINY if chosen.quick else Size(accounts_most=chosen.accounts)
    if not chosen.json:
        print(ROW.format("what", "median", "floor", "median", "ratio", "goal"))
    for name in chosen.names or BENCHES:
        for line in lines(BENCHES[name](size), as_json=chosen.json):
            print(line, flush=True)


def lines(figures: Iterable[Figure], *, as_json: bool) -> Iterable[str]:
    """The figures as lines of a table, or as JSON."""
    for it in figures:
        if as_json:
            yield json.dumps(asdict(it))
            continue
        floor = "" if it.floor_value is None else f"{it.floor_value:.1f} {it.unit}"
        ratio = "" if it.ratio is None else f"{it.ratio:.2f}x"
        verdict = {None: "", True: "  met", False: "  MISSED"}[it.met]
        value = f"{it.value:.1f} {it.unit}".strip()
        yield ROW.format(it.what, value, it.floor, floor, ratio, it.goal + verdict).rstrip()


if __name__ == "__main__":
    main(sys.argv[1:])
