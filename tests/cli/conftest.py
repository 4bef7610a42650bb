"""One real daemon for all tests that only ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.demo import DemoTill


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo till has its files."""
    return tmp_path_factory.mktemp("demo") / "till"


@pytest.fixture(scope="session")
def demo(folder: Path) -> Iterator[DemoTill]:
    """The demo till with its year of shoppers, serving."""
    with DemoTill(folder) as till:
        yield till


@pytest.fixture(scope="session")
def config(demo: DemoTill, folder: Path) -> Path:
    """The settings of the demo till, which serves."""
    return config_in(folder)


def config_in(folder: Path) -> Path:
    """The settings that a demo till writes into its folder."""
    return folder / "config" / "demo.toml"
