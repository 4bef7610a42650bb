"""What is counted, and that no label is anything a caller sent."""

from __future__ import annotations

import re

from loyaltyd.api.operations import OPERATIONS
from loyaltyd.domain.refusal import Reason
from tests.api.tills import CARD, LiveTill, basket


def samples(till: LiveTill) -> dict[str, float]:
    """Return every sample by its name and labels."""
    found = {}
    for line in till.read("/metrics").body.decode().splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_quotes_receipts_and_refusals_are_counted(till: LiveTill) -> None:
    before = samples(till)
    till.post("/v1/quotes", basket("m"))
    till.post("/v1/receipts", basket("m"))
    till.post("/v1/receipts", basket("m"))
    till.post("/v1/receipts/m/cancel", {})
    till.post("/v1/quotes", {})
    after = samples(till)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("loyaltyd_quotes_total") == 1
    assert grown('loyaltyd_records_total{type="receipt"}') == 1  # the replay recorded nothing
    assert grown('loyaltyd_records_total{type="cancel"}') == 1
    assert grown('loyaltyd_refusals_total{reason="request_invalid"}') == 1
    assert grown('loyaltyd_answers_total{operation="confirmReceipt",status="201"}') == 2
    assert grown('loyaltyd_answer_seconds_count{operation="quoteReceipt"}') == 2
    assert grown("loyaltyd_ledger_head") > 0


def test_no_label_holds_what_a_caller_sent(till: LiveTill) -> None:
    till.read(f"/v1/cards/{CARD}")
    till.read("/v1/receipts/secret-receipt")
    till.post("/v1/quotes", basket("secret-receipt", card="4111111111111111"))
    till.read("/nothing/4111111111111111")
    text = till.read("/metrics").body.decode()
    assert "secret" not in text
    assert not re.search(r"\d{8,}", re.sub(r"[\d.e+-]+$", "", text, flags=re.MULTILINE))
    labels = set(re.findall(r'(\w+)="([^"]*)"', text))
    allowed = {
        "operation": {each.name for each in OPERATIONS},
        "reason": set(map(str, Reason)),
        "type": {"receipt", "return", "cancel"},
    }
    for name, value in labels:
        assert name in {"le", "status"} or value in allowed[name], (name, value)


def test_metrics_are_for_callers_with_a_token_and_for_the_sockets_group(
    guarded: LiveTill,
) -> None:
    assert guarded.read("/metrics").status == 401
    assert guarded.read("/metrics", {"authorization": "Bearer asker"}).status == 200
    assert guarded.call_socket("/metrics", "localhost").status == 200
