"""Elimination over GF(p): every rank against FLINT; the bounds of its arithmetic are those of `domains.residues`."""

from itertools import islice

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.residues import Modulus, evaluation_points
from exactcnn.linalg import modular
from exactcnn.linalg.modular import independent_minor

PRIMES = [8209, 9227, 65537, 524287, 1048343, 1048573, *(point.modulus for point in islice(evaluation_points(0), 5))]


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


@pytest.mark.parametrize(
    "shape", [(1, 1), (16, 16), (17, 15), (128, 128), (129, 130), (300, 140), (140, 300), (400, 260)]
)
@pytest.mark.parametrize("kind", ["random", "half", "sparse", "blocks", "repeated", "zero columns", "one"])
def test_planted_ranks_across_panels(shape, kind):
    """Sizes around the panel (128) and the base case (16), regular and as irregular as can be."""
    p, (m, n) = 1048343, shape
    rng = np.random.default_rng(m * n)
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
    assert checked_rank(matrix, p) == rank_modulo(matrix, p)


@pytest.mark.parametrize("p", [8209, 1048573])
def test_worst_accumulation(p, monkeypatch):
    """Extreme residues throughout, with so few delayed products that the full reduction must come in time."""
    rng = np.random.default_rng(p)
    matrix = rng.choice([p // 2, -(p // 2), p // 2 - 1], (420, 400))
    matrix[:, 350:] = matrix[:, :50]
    matrix[400:] = matrix[:20]
    expected = rank_modulo(matrix, p)
    assert checked_rank(matrix, p) == expected
    monkeypatch.setattr(Modulus, "products", 130)
    assert checked_rank(matrix, p) == expected


@pytest.mark.parametrize("allowed", [128, 129, 255, 256, 257, 300, 383, 384])
def test_products_are_counted_before_they_are_added(allowed, monkeypatch):
    """Between two reductions of what lies below, as many panels as are allowed are accumulated, and no more."""
    pending, runs = [0], []
    subtract, reduce = modular._subtract_product, Modulus.reduce

    def counted(target, left, right):
        pending[0] += len(right)
        subtract(target, left, right)

    def noticed(field, values):
        if values.ndim == 2 and values.base is not None and min(values.shape) > modular.PANEL and pending[0]:
            runs.append(pending[0])
            pending[0] = 0
        reduce(field, values)

    monkeypatch.setattr(Modulus, "products", allowed)
    monkeypatch.setattr(Modulus, "reduce", noticed)
    monkeypatch.setattr(modular, "_subtract_product", counted)
    matrix = np.random.default_rng(0).integers(0, 8209, (900, 900))
    matrix[:, 640:] = 0  # stop while the part below is still wider than a panel
    independent_minor(matrix, 8209)
    most = allowed // 128 * 128
    assert runs
    assert set(runs) == {most}
    assert 0 < pending[0] <= most


def test_tiles_have_a_height_at_every_width():
    assert min(modular._tile_rows(width) for width in (0, 1, 2, 127, 128, 129, 2**20, 2**40)) >= 1


@pytest.mark.parametrize("height", [1, 2, 3, 5, 9, 10, 11, 40])
def test_tiles_of_any_height_give_the_difference(height, monkeypatch):
    monkeypatch.setattr(modular, "_tile_rows", lambda _: height)
    rng = np.random.default_rng(height)
    for rows, inner, columns in ((10, 4, 7), (10, 1, 1), (0, 3, 2), (3, 0, 2), (3, 2, 0)):
        target, left, right = (
            rng.integers(-99, 99, s).astype(float) for s in ((rows, columns), (rows, inner), (inner, columns))
        )
        expected = target - left @ right
        modular._subtract_product(target, left, right)
        assert (target == expected).all()


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
    independent_minor(np.eye(300), 1048343, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(128, 300), (256, 300), (300, 300)]
    assert modular.PANEL == 128
