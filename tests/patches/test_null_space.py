import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.patches.null_space import LIFT, _reconstruct, null_space


def solve(matrix, **options):
    rows, columns = np.nonzero(matrix)
    vectors = np.zeros((0, matrix.shape[1]), dtype=object)
    for sparse in null_space(rows, columns, matrix.shape[1], **options):
        vector = np.zeros(matrix.shape[1], dtype=object)
        vector[[j for j, _ in sparse]] = [value for _, value in sparse]
        vectors = np.vstack([vectors, vector])
    return vectors


def rank(matrix):
    return flint.fmpz_mat(*matrix.shape, [int(x) for x in matrix.ravel()]).rank() if matrix.size else 0


@given(st.integers(1, 8), st.integers(1, 8), st.floats(0, 1), st.integers(0, 2**32))
def test_a_basis_of_the_null_space(height, width, density, seed):
    matrix = (np.random.default_rng(seed).random((height, width)) < density).astype(int)
    vectors = solve(matrix, largest=100)
    assert not (matrix.astype(object) @ vectors.T).any()
    assert len(vectors) == rank(vectors) == width - rank(matrix)


def test_components_are_solved_one_by_one():
    block = np.array([[1, 1, 0], [0, 1, 1]])
    matrix = np.kron(np.eye(50, dtype=int), block)[:, np.random.default_rng(0).permutation(150)]
    vectors = solve(matrix, largest=3)
    assert len(vectors) == rank(vectors) == 50
    assert all((vector != 0).sum() == 3 for vector in vectors)
    assert not len(solve(matrix, largest=2))


def test_columns_without_an_equation_are_free():
    assert solve(np.zeros((2, 3), dtype=int), largest=5).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_a_chain_of_forced_zeros():
    assert not len(solve(np.tri(40, dtype=int), largest=100))


def test_null_vectors_that_need_large_integers():
    """Rows x_i + x_{i+1} + x_{i+2} + y_i: products of many entries; whatever does not lift is left out."""
    draw = np.random.default_rng(3)
    matrix = (draw.random((40, 41)) < 0.5).astype(int)
    vectors = solve(matrix, largest=100)
    assert not (matrix.astype(object) @ vectors.T).any()
    assert len(vectors) <= 41 - rank(matrix)


@pytest.mark.parametrize("fraction", [(0, 1), (1, 1), (-1, 1), (-7, 3), (2**29, 2**29 - 1), (1 - 2**29, 5)])
def test_fractions_are_recovered(fraction):
    n, d = fraction
    assert _reconstruct(n * pow(d, -1, LIFT) % LIFT) == fraction
