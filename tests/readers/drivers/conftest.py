"""A card reader that is heard, for each test of its driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyaltyd.readers.supervisor import Supervisor
from tests.readers.devices import Ears
from tests.readers.pcscd import Pcscd
from tests.readers.tapping import ACS, Clock, supervised


@pytest.fixture
def reader(service: Pcscd, ears: Ears, clock: Clock) -> Iterator[Supervisor]:
    """One reader, up and empty, and who listens to it."""
    service.plug(ACS)
    supervisor = supervised(ears, clock)
    supervisor.start()
    ears.wait_state(up=True)
    yield supervisor
    supervisor.stop()
