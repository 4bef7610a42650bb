"""What a look at the spool changed is said once, on the event stream and in the log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from loyaltyd.api.ears import say_link
from loyaltyd.api.events import Events
from loyaltyd.till.sync import LinkState

UP = LinkState(up=True, acked=3)
DOWN = LinkState(up=False, acked=3, waiting=2)


def said(before: LinkState, now: LinkState) -> tuple[list[tuple[str, str | int]], list[str]]:
    """The events with what waits, and the lines of the log."""
    events = Events(boot="5e0c1a77", monotonic=lambda: 0.0)
    with capture_logs() as logs:
        say_link(events, before, now)
    told = [(str(it.kind), it.facts["waiting"]) for it in events.after(0)]
    return told, [f"{it['log_level']} {it['event']}" for it in logs]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (UP, DOWN, ([("link_down", 2)], ["warning link_down"])),
        (DOWN, UP, ([("link_up", 0)], ["info link_up"])),
        (UP, replace(UP, acked=4), ([], [])),
        (DOWN, replace(DOWN, waiting=9), ([], [])),
        (UP, replace(UP, trouble="fork: so"), ([], ["warning link"])),
        (replace(UP, trouble="fork: so"), UP, ([], ["info link"])),
        (replace(UP, trouble="a"), replace(UP, trouble="b"), ([], ["warning link"])),
        (UP, replace(UP, strange=1), ([], ["warning link_strange"])),
    ],
)
def test_what_changed_is_said_once(
    before: LinkState, now: LinkState, told: tuple[list[tuple[str, str | int]], list[str]]
) -> None:
    assert said(before, now) == told
    assert said(now, now) == ([], [])
