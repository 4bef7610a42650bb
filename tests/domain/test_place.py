"""The stores of a region, by name or by how their names begin."""

from __future__ import annotations

import pytest

from loyaltyd.domain.place import stores


@pytest.mark.parametrize(
    ("store", "among"),
    [("msk-017", True), ("msk-", True), ("spb-1", True), ("spb-10", False), ("msk", False)],
)
def test_a_store_is_meant_by_its_name_or_by_how_it_begins(store: str, among: bool) -> None:
    assert stores(["msk-*", "spb-1"]).has(store) is among


def test_no_pattern_means_no_store() -> None:
    assert not stores([]).has("msk-017")
