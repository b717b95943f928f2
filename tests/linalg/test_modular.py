"""Elimination over GF(p), in float32 and float64: every rank against FLINT, every float within its bound."""

from itertools import islice
from typing import ClassVar

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.residues import Modulus, evaluation_points
from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.echelon import BASE, LEAF
from exactcnn.linalg.modular import independent_minor, residues

SINGLE = [37, 101, 227, 251, 257, 359, 509]
PRIMES = [
    *SINGLE,
    8209,
    9227,
    65537,
    524287,
    1048343,
    1048573,
    *(point.modulus for point in islice(evaluation_points(0), 5)),
]


def rank_modulo(matrix, p):
    rows = [int(x) % p for x in np.asarray(matrix).ravel().tolist()]
    return flint.nmod_mat(*np.shape(matrix), rows, p).rank()


def checked_rank(matrix, p, **options):
    """Order of the minor found, after the check that it is one and non-zero."""
    rows, columns = independent_minor(matrix, p, **options)
    assert len(rows) == len(set(rows.tolist())) == len(columns) == len(set(columns.tolist()))
    assert rank_modulo(np.asarray(matrix)[np.ix_(rows, columns)], p) == len(rows)
    return len(rows)


# -------------------------------------------------------------------- elimination


@settings(max_examples=60)
@given(st.data(), st.sampled_from(PRIMES), st.integers(1, 9), st.integers(1, 9))
def test_small_matrices(data, p, m, n):
    """Few different entries: many accidental ranks."""
    entries = st.sampled_from([0, 0, 0, 1, 1, -1, 2, p, p - 1, p // 2, p // 2 + 1, 3 * p + 1, 2**52, -(2**52)])
    matrix = np.array(data.draw(st.lists(entries, min_size=m * n, max_size=m * n)), dtype=np.int64).reshape(m, n)
    expected = rank_modulo(matrix, p)
    assert checked_rank(matrix, p) == expected
    assert checked_rank(matrix.astype(np.float64), p) == expected


class Watched(OnNumpy):
    """NumPy, with every bound that exactness rests on looked at."""

    def multiply(self, left, right, out):
        field = self.fields[left.dtype]
        assert left.dtype == right.dtype == out.dtype
        assert left.shape[1] <= field.products
        assert max(np.abs(left).max(initial=0), np.abs(right).max(initial=0)) <= field.bound
        return super().multiply(left, right, out)

    def reduce(self, values, field):
        assert np.abs(values).max(initial=0) <= (2**24 if values.dtype == np.float32 else 2**53) - field.bound
        super().reduce(values, field)

    def empty(self, shape, field):
        self.fields[np.dtype(field.dtype)] = field
        return super().empty(shape, field)

    fields: ClassVar[dict] = {}


KINDS = ["random", "half", "sparse", "blocks", "repeated", "zero columns", "one", "worst", "nearly"]


def planted(kind, shape, p):
    (m, n), rng = shape, np.random.default_rng(shape[0] * shape[1] + p)
    matrix = rng.integers(0, p, shape)
    if kind == "half":
        inner = max(1, min(shape) // 2)
        matrix = (rng.integers(0, p, (m, inner)) @ rng.integers(0, p, (inner, n))) % p
    elif kind == "sparse":
        matrix = matrix * (rng.random(shape) < 1.5 / n)
    elif kind == "blocks":  # leading squares of every panel are singular
        matrix[: m // 2, : n // 2] = 0
    elif kind == "repeated":
        matrix = matrix[rng.integers(0, max(1, m // 3), m)]
    elif kind == "zero columns":
        matrix[:, rng.random(n) < 0.6] = 0
    elif kind == "one":
        matrix = np.ones(shape, dtype=np.int64) * rng.integers(0, p, (m, 1))
    elif kind == "worst":  # residues as large as can be
        matrix = rng.choice([p // 2, -(p // 2), p // 2 - 1], shape)
        matrix[:, n // 2 :] = matrix[:, : n - n // 2]
    elif kind == "nearly":  # a few lines are combinations of all others
        matrix[-1] = matrix[:-1].sum(axis=0)
        matrix[:, 0] = 3 * matrix[:, 1:].sum(axis=1)
    return matrix


@pytest.mark.parametrize(
    "shape", [(1, 1), (16, 16), (17, 15), (128, 128), (129, 130), (300, 140), (140, 300), (400, 260)]
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [101, 227, 509, 8209, 1048573])
def test_planted_ranks_across_panels(shape, kind, p):
    """Sizes around the leaf (128) and the base case (16), regular and as irregular as can be."""
    assert (LEAF, BASE) == (128, 16)
    matrix = planted(kind, shape, p)
    for panel, strip in ((512, 512), (130, 100), (64, 7)):
        assert checked_rank(matrix, p, backend=Watched(panel, strip)) == rank_modulo(matrix, p)


@pytest.mark.parametrize("p", [227, 509, 8209, 1048573])
def test_so_few_products_that_reductions_must_come_in_between(p, monkeypatch):
    matrix = planted("worst", (420, 400), p)
    expected = rank_modulo(matrix, p)
    assert checked_rank(matrix, p, backend=Watched()) == expected
    monkeypatch.setattr(Modulus, "products", 128)
    assert checked_rank(matrix, p, backend=Watched(64, 50)) == expected


def test_more_products_than_are_exact_would_be_wrong():
    """Twice as many as are allowed, of the largest residues: float32 loses the last bits."""
    field = Modulus(227)
    left = np.full((1, 2 * field.products + 1), field.bound, dtype=np.float32)
    assert int((left @ left.T)[0, 0]) != left.size * field.bound**2


@pytest.mark.parametrize("p", [37, 227])
def test_a_small_prime_is_unlucky_and_a_large_one_is_not(p):
    values = np.diag([p, 1, 2 * p, 5])
    assert checked_rank(values, p) == 2
    assert checked_rank(values, 1048343) == 4


@pytest.mark.parametrize("p", [227, 509, 1048573])
@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64, np.float64, np.uint8])
def test_residues_of_any_type(p, dtype):
    field, rng = Modulus(p), np.random.default_rng(p)
    top = 2**52 if np.dtype(dtype).itemsize == 8 else np.iinfo(dtype).max
    low = 0 if np.dtype(dtype).kind == "u" else -top
    matrix = rng.integers(low, top, (70, 30), endpoint=True).astype(dtype)
    for view in (matrix, matrix.T, matrix[::2]):
        found, before = residues(view, field), view.copy()
        assert found.dtype == field.stored
        assert found.flags.c_contiguous
        assert np.abs(found.astype(np.int64)).max() <= field.bound
        assert ((found.astype(np.int64) - view.astype(np.int64)) % p == 0).all()
        assert (view == before).all()
        assert not np.shares_memory(found, view)


@pytest.mark.parametrize("p", [227, 509, 1048573])
def test_what_may_be_overwritten_is_taken_as_it_is_if_it_is_centred(p):
    field = Modulus(p)
    for size, own in ((field.bound, True), (field.bound + 1, True), (field.bound, False), (field.bound + 1, False)):
        for entry in (size, -size):
            matrix = np.array([[0, entry], [1, -1]]).astype(field.stored)
            given = matrix if own else matrix.T
            before = given.astype(np.int64)
            found = residues(given, field, overwrite=True)
            assert np.shares_memory(found, matrix) == own
            assert np.abs(found.astype(np.int64)).max() <= field.bound
            assert ((found.astype(np.int64) - before) % p == 0).all()
            assert (found.astype(np.int64) == before).all() == (own and size == field.bound)


def test_input_is_kept_unless_overwriting_is_allowed():
    p = 1048343
    matrix = np.random.default_rng(0).integers(0, p, (50, 50)).astype(np.float64)
    for view in (matrix, matrix.T, matrix[:, :20], matrix[:1], matrix[:, :1]):
        before = view.copy()
        checked_rank(view, p)
        assert (view == before).all()
    independent_minor(matrix, p, overwrite=True)
    assert not (matrix == before[0, 0]).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (3, 4)])
def test_nothing_to_find(shape):
    rows, columns = independent_minor(np.zeros(shape), 1048343)
    assert len(rows) == len(columns) == 0
    assert rows.dtype == columns.dtype == np.intp


def test_progress_ends_with_all_lines():
    seen = []
    independent_minor(np.eye(600), 1048343, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(512, 600), (600, 600)]
