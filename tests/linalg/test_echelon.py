"""Panels: echelon forms against FLINT, inverses, and products that are reduced in between."""

import flint
import numpy as np
import pytest

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.echelon import echelon_form, inverse, permute, subtract
from exactcnn.linalg.modular import residues
from tests.linalg.test_modular import KINDS, Watched, planted, rank_modulo


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [37, 227, 509, 1048573])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 90), (200, 240), (200, 120)])
def test_echelon_forms_are_those_of_flint(kind, p, shape):
    field = Modulus(p)
    panel = residues(planted(kind, shape, p), field).astype(field.dtype)
    whole = panel.copy()
    rows, order, rest = echelon_form(panel, field, Watched())
    assert sorted(order.tolist()) == list(range(shape[1]))
    rank = len(rows)
    found = np.hstack([np.eye(rank), rest]).astype(np.int64) % p
    entries = (whole[:, order].astype(np.int64) % p).ravel().tolist()
    reduced, expected = flint.nmod_mat(*shape, entries, p).rref()
    assert rank == expected == rank_modulo(whole[rows], p)
    assert found.tolist() == [[int(x) for x in row] for row in reduced.tolist()[:rank]]


@pytest.mark.parametrize("kind", ["random", "zero columns", "sparse"])
@pytest.mark.parametrize("p", [227, 1048573])
def test_inverses(kind, p):
    field = Modulus(p)
    for size in (1, 2, 15, 16, 17, 33, 128):
        rows = residues(planted(kind, (size, size + 32), p), field).astype(field.dtype)
        found = inverse(rows, field)
        if found is None:
            assert rank_modulo(rows, p) < size
            continue
        columns, square = found
        product = square.astype(np.int64) @ rows[:, columns].astype(np.int64)
        assert ((product - np.eye(size, dtype=np.int64)) % p == 0).all()
        assert np.abs(square).max() <= field.bound
    assert inverse(np.zeros((3, 5), dtype=field.dtype), field) is None
    assert inverse(np.ones((3, 2), dtype=field.dtype), field) is None


def test_permutations_touch_what_moves():
    matrix = np.arange(12).reshape(2, 6)
    order = np.array([0, 5, 2, 1, 4, 3])
    expected = matrix[:, order]
    permute(matrix, order)
    assert (matrix == expected).all()


@pytest.mark.parametrize("p", [227, 509, 8209, 1048573])
@pytest.mark.parametrize("allowed", [1, 7, 130])
def test_products_are_reduced_in_between(p, allowed, monkeypatch):
    monkeypatch.setattr(Modulus, "products", allowed)
    field, rng = Modulus(p), np.random.default_rng(p)
    left, right, target = (
        rng.integers(-field.bound, field.bound + 1, shape).astype(field.dtype) for shape in ((9, 40), (40, 5), (9, 5))
    )
    exact = target.astype(np.int64) - left.astype(np.int64) @ right.astype(np.int64)
    subtract(target, left, right, field, Watched())
    assert ((exact - target.astype(np.int64)) % p == 0).all()
