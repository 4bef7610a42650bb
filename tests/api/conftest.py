"""Tills that tests of the API share: one without tokens, one with."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from loyaltyd.api.tokens import token_hash
from tests.api.tills import LiveTill, live, made

TOKENS = {
    "pos": "events,quote,commit",
    "eyes": "events",
    "asker": "quote",
    "boss": "events,quote,commit,manager",
}


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
    folder = tmp_path_factory.mktemp("guarded")
    tokens = folder / "tokens"
    lines = [f"{name} {scopes} {token_hash(name)}\n" for name, scopes in TOKENS.items()]
    tokens.write_text("".join(lines))
    tokens.chmod(0o600)
    with live(made(folder, tokens='"tokens"', rate="100000")) as running:
        yield running
