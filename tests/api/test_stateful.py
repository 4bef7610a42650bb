"""Schemathesis walks the API by its own OpenAPI: link to link, with good bodies and bad ones."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from loyaltyd.api.guard import EVENTS_PATH
from tests.api.tills import LiveTill, live, made_guarded

WALKS, STEPS = 40, 10
REACHED = 6  # of the nine paths that links lead to and from
CENTRAL = {"/v1/receipts", "/v1/receipts/{receipt}", "/v1/cards"}
ROUNDS_MAX = 6  # of walks: where one round gets is chance, one in four misses a central path
REFUSALS = 25  # of each operation
CARDS = ("2990000000019", "2990000000026", "2990000000033")
WALKING = settings(
    max_examples=WALKS,
    stateful_step_count=STEPS,
    derandomize=False,  # Hypothesis would, in CI, and each round would be the first one again
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def known(number: object) -> object:
    """Put a card of the program in place of every other number that could be one."""
    if isinstance(number, str) and PLAIN.fullmatch(number) and len(number) % 2:
        return CARDS[len(number) % len(CARDS)]
    return number


def with_known_card(_context: Any, sent: Any) -> Any:
    if isinstance(sent, dict):
        return {name: known(it) if name in {"card", "number"} else it for name, it in sent.items()}
    return sent


def document_of(till: LiveTill) -> Any:
    """Return the till's own document, without the stream: it has no end to wait for."""
    document = schemathesis.openapi.from_url(f"http://{till.host}/openapi.json")
    return document.exclude(path=EVENTS_PATH)


def test_a_walk_along_the_links_finds_only_what_the_document_says(guarded: LiveTill) -> None:
    schema = document_of(guarded)
    schema.hook("map_body")(with_known_card)
    schema.hook("map_path_parameters")(with_known_card)
    answered: Counter[tuple[str, int]] = Counter()

    load_all_checks()
    # A basket of the right shape may still ask for a wallet that isn't there. And a link puts a
    # good body in place of a bad one, which the walk goes on taking for bad.
    excluded = CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])

    class Walk(schema.as_state_machine()):  # type: ignore[misc]  # a class made at run time
        # A till of its own for each walk: Hypothesis walks some again, and must find the same.
        def setup(self) -> None:
            self.folder = TemporaryDirectory()
            self.alive = ExitStack()
            self.till = self.alive.enter_context(live(made_guarded(Path(self.folder.name))))

        def teardown(self) -> None:
            self.alive.close()
            self.folder.cleanup()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:  # noqa: ARG002  # its name is the API's
            address = f"http://{self.till.host}"
            return {"base_url": address, "headers": {"Authorization": "Bearer boss"}}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            answered[case.operation.path, response.status_code] += 1
            case.validate_response(response, excluded_checks=excluded)

    reached: set[str] = set()
    for _ in range(ROUNDS_MAX):
        Walk.run(settings=WALKING)
        reached = {path for path, status in answered if status in {200, 201}}
        if reached >= CENTRAL and len(reached) >= REACHED:
            break
    assert reached >= CENTRAL
    assert len(reached) >= REACHED
    assert not {path for path, status in answered if status == 500}


def test_what_the_document_does_not_allow_is_refused(guarded: LiveTill) -> None:
    operations = [it.ok() for it in document_of(guarded).get_all_operations()]
    load_all_checks()
    (rejected,) = CHECKS.get_by_names(["negative_data_rejection"])

    for operation in operations:
        if not operation.body:
            continue  # a bare path holds nothing that could be wrong

        @settings(max_examples=REFUSALS, suppress_health_check=list(HealthCheck), deadline=None)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def refused(case: Any) -> None:
            response = case.call(headers={"Authorization": "Bearer boss"})
            if response.status_code != 413:  # too large is refused too; the check knows no 413
                case.validate_response(response, additional_checks=[rejected])

        refused()
