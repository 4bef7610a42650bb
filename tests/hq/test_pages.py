"""What people's side answers: itself alone, to this machine alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from loyaltyd.hq.answers import SCHEMA, TillsAnswer
from tests.hq.batch_files import OURS, file, trusting
from tests.hq.served import ServedHq, served


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[ServedHq]:
    with served(trusting(tmp_path / "hq")) as hq:
        yield hq


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
@pytest.mark.parametrize("path", ["/", "/v1/tills", "/healthz", "/static/hq.css"])
def test_a_host_that_is_not_ours_is_misdirected(hq: ServedHq, host: str, path: str) -> None:
    assert hq.read(path, {"host": host}).status == 421


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/v1/tills", "application/json"),
        ("/healthz", "application/json"),
        ("/static/hq.css", "text/css; charset=utf-8"),
        ("/static/hq.js", "text/javascript; charset=utf-8"),
        ("/nothing", "application/problem+json"),
        ("/static/../server.py", "application/problem+json"),
        ("/v1/batches", "application/problem+json"),
    ],
)
def test_every_answer_carries_the_security_headers(hq: ServedHq, path: str, kind: str) -> None:
    said = hq.read(path)
    assert said.status == (404 if "problem" in kind else 200)
    assert said.headers["content-type"] == kind
    assert "default-src 'self'" in said.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in said.headers["content-security-policy"]
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["cache-control"] == "no-store"
    assert "server" not in said.headers


def test_the_overview_is_json_for_programs(hq: ServedHq) -> None:
    for data in (file(1, 4), file(8, 9), b"noise"):
        hq.sent(data)
    answer = TypeAdapter(TillsAnswer).validate_json(hq.read("/v1/tills").body, strict=True)
    assert answer["schema"] == SCHEMA
    (till,) = answer["tills"]
    place = {"chain": "zelenka", "store": "msk-017", "till": "3", "epoch": OURS.epoch}
    assert {name: till[name] for name in place} == place  # type: ignore[literal-required]  # ours
    assert (till["seq"], till["missing"], till["trouble"]) == (4, 7, "gap")
    assert dt.datetime.fromisoformat(str(till["contact_at"])).utcoffset() == dt.timedelta()
    (wallet,) = answer["wallets"]
    assert (wallet["wallet"], wallet["scale"], wallet["issued"]) == ("bonus", None, "4000")
    assert [(it["reason"], it["till"] is None) for it in answer["refused"]] == [
        ("unreadable", True),
        ("gap", False),
    ]
    assert answer["refused_count"] == 2
