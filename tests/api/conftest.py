"""Tills that tests of the API share: one without tokens, one with."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.api.tills import LiveTill, live, made, made_guarded


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTill]:
    """A till without tokens, which listens to one web origin."""
    folder = tmp_path_factory.mktemp("till")
    settings = made(folder, origins=json.dumps(["https://pos.example"]), rate="100000")
    with live(settings) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTill]:
    """A till whose callers need tokens: each name is its own token."""
    with live(made_guarded(tmp_path_factory.mktemp("guarded"))) as running:
        yield running
