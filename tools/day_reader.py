"""Checks a run of nightly files, written from the page help/nightly.md alone.

    python tools/day_reader.py KEY FILE...

KEY is the till's public key as `loyaltyd identity` prints it, 64 hex digits; FILEs are all files of
one stream in their order, from number 1 on. It uses nothing of the package: take it as a beginning.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric import ed25519

Json = dict[str, Any]
Cards = dict[tuple[str, ...], tuple[str, ...]]  # each row under the strings it is sorted by
Sums = Counter[tuple[str, ...]]
LINES_BYTES_MAX = 32 << 20
UNPACKER = zstandard.ZstdDecompressor()
PUBLIC_KEY = ed25519.Ed25519PublicKey
CLOSING = '{{"signature":"{}","type":"signature","v":1}}\n'
NAMES = ("chain", "store", "till", "epoch")
FOLDED = {"receipt", "cancel", "return", "reserve", "release", "card", "link", "merge"}
FOLDED |= {"adjust", "expire", "right", "day", "clock", "forget"}
SAYING = {"card", "link", "merge"}


def check(key: str, files: Iterable[bytes]) -> int:
    """Return how many records files hold; an error says what is wrong with the first bad one."""
    header, head, seq, known = "", "", 0, ""
    cards, sums = Cards(), Sums()
    for number, data in enumerate(files, 1):
        text = UNPACKER.decompress(data, max_output_size=LINES_BYTES_MAX, allow_extra_data=False)
        *above, signed, closing, end = text.decode().split("\n")
        stream, *facts = map(json.loads, above)
        manifest, header, head = json.loads(signed), header or above[0], head or sha256(above[0])
        count, day = manifest["last"] - manifest["first"] + 1, manifest["day"]
        place = (seq + 1, head, number, known)
        for line, record in zip(above[1:], facts[:count], strict=False):
            head, seq = sha256(bytes.fromhex(head) + line.encode()), seq + 1
            fold(record, cards, sums)
        signature = json.loads(closing)["signature"]
        message = f"loyaltyd batch 1\n{signed}".encode()
        PUBLIC_KEY.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
        said = (manifest["first"], manifest["previous"], day["number"], day.get("previous", ""))
        places = [[*(it[name] for name in NAMES), it["seq"]] for it in facts[:count]]
        due = [[*(stream[name] for name in NAMES), n] for n in range(place[0], seq + 1)]
        holds = {
            "the version": {it["v"] for it in (stream, *facts, manifest)} == {1},
            "the kinds": (stream["type"], manifest["type"]) == ("stream", "manifest"),
            "the stream and its key": above[0] == header and stream["key"] == key,
            "the place after the file before": said == place,
            "the number of lines": len(facts) == count + manifest["people"],
            "the bytes": manifest["sha256"] == sha256("\n".join([*above, ""])),
            "the last line": f"{closing}\n{end}" == CLOSING.format(signature),
            "the records' places": places == due,
            "the chain": (manifest["last"], manifest["head"]) == (seq, head),
            "the totals": told(day.get("totals", {})) == totals(facts[:count]),
            "the state": day.get("state") in {None, state(cards, sums)},
        }
        if wrong := [what for what, right in holds.items() if not right]:
            raise ValueError(f"file {number}: wrong in {', '.join(wrong)}")
        known = sha256(data)
    return seq


def sha256(data: str | bytes) -> str:
    """Return the hash of bytes, or of a text's, in hex."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def totals(records: Iterable[Json]) -> Sums:
    """Add up the control totals."""
    found = Sums()
    for record in records:
        date = (record["business_date"], record["type"])
        found[*date, "count"] += 1
        for line in record.get("result", {}).get("lines", ()):
            found[*date, "gross"] += line["gross"]
            found[*date, "discount"] += sum(it["amount"] for it in line.get("effects", ()))
            found[*date, "redeemed"] += sum(it["money"] for it in line.get("paid", ()))
        for line in record.get("returned", {}).get("lines", ()):
            found[*date, "refund"] += line["refund"]
        for it in record.get("postings", ()):
            way = (*(it[side].partition("/")[0] for side in ("credit", "debit")), it["wallet"])
            found[*way, "count"] += 1
            found[*way, "amount"] += it["amount"]
    return found


def told(given: Json) -> Sums:
    """Return a manifest's totals: each number under the strings of its row, and its name."""
    found = Sums()
    for row in chain(*given.values()):
        names = [value for value in row.values() if isinstance(value, str)]
        found.update({(*names, name): n for name, n in row.items() if isinstance(n, int)})
    return found


def fold(record: Json, cards: Cards, sums: Sums) -> None:
    """Add what a record moves to what the till holds."""
    if record["type"] not in FOLDED:
        return
    for it in record.get("postings", ()):
        for bucket, sign in ((it["debit"], -1), (it["credit"], 1)):
            if bucket == "debt" or bucket.startswith(("lot/", "reserved/")):
                sums["lot", it["account"], it["wallet"], bucket] += sign * it["amount"]
    for it in record.get("counters", ()):
        since = it.get("since", record["business_date"])
        sums["counter", it["account"], it["name"], it["date"], since] += it["amount"]
    for it in (record.get("card"), *record.get("cards", ())):
        if it:
            row = ("card", it["id"], it["account"], it["kind"], it.get("status", "active"))
            cards[row[:2]] = row if record["type"] in SAYING else cards.get(row[:2], row)


def state(cards: Cards, sums: Sums) -> str:
    """Return the hash over all that the till holds."""
    rows = sorted([*cards.items(), *((it, (*it, n)) for it, n in sums.items() if n)])
    compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return sha256("".join(f"{compact(row)}\n" for _, row in rows))


if __name__ == "__main__":
    count = check(sys.argv[1], (Path(name).read_bytes() for name in sys.argv[2:]))
    print(f"OK  {len(sys.argv) - 2} files, {count} records")
