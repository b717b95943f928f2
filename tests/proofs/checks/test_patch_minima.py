"""Patches that allow a bad minimum: the checks on one structure, on all, and on structures that allow none."""

import pytest

from exactcnn.proofs.checks import patch_minima as module
from exactcnn.proofs.checks.patch_minima import certified, expanded, sums_of_squares


def test_all_structures():
    found = certified()
    assert found.what.startswith("16 structures of patches")
    assert found.checked is True
    assert expanded().status == sums_of_squares().status == "proved"


def test_one_structure():
    patches = ((0, 1), (0, 2))
    assert certified(patches).what == "a local minimum in S_1 with Φ = 1; another point has Φ = 0"
    assert expanded(patches).status == sums_of_squares(patches).status == "proved"


@pytest.mark.parametrize("patches", [((0, 1), (1, 2), (2, 0)), ((0,), (1,), (2,)), ((0, 1, 2),)])
def test_structures_without_one(patches):
    assert certified(patches).status == "undecided"


def test_what_would_be_seen_if_it_were_wrong(monkeypatch):
    """Other products in the polynomial, a smaller κμ: the checks refute."""
    monkeypatch.setattr(module, "OTHER", (2, -1, -2))
    assert expanded(((0, 1), (0, 2))).status == "refuted"
    monkeypatch.setattr(module, "OTHER", (2, -2, -2))
    assert sums_of_squares(((0, 1), (0, 2))).status == "refuted"
