"""Kernels and points of rational affine spaces, against plain elimination by SymPy."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.stratum import differentials, fractions, kernel, onto
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from tests.landscape.examples import assert_progress


def matrix_of(rng, rows, columns, rank):
    left = np.array([[Fraction(rng.randint(-3, 3)) for _ in range(rank)] for _ in range(rows)], dtype=object)
    right = np.array([[Fraction(rng.randint(-3, 3)) for _ in range(columns)] for _ in range(rank)], dtype=object)
    return left.reshape(rows, rank) @ right.reshape(rank, columns) if rank else np.full((rows, columns), Fraction(0))


@pytest.mark.parametrize("seed", range(12))
def test_kernel(seed):
    rng = random.Random(seed)
    rows, columns = rng.randint(1, 4), rng.randint(1, 5)
    matrix = matrix_of(rng, rows, columns, rng.randint(0, min(rows, columns)))
    order = rng.sample(range(columns), columns)
    found = kernel(matrix, order)
    oracle = sympy.Matrix(rows, columns, [sympy.Rational(x.numerator, x.denominator) for x in matrix.ravel()])
    rank = oracle.rank()
    assert found.dimension == columns - rank
    basis = fractions(found.basis)
    assert not (matrix @ basis).any()
    assert sympy.Matrix(*basis.shape, [sympy.Rational(str(x)) for x in basis.ravel()]).rank() == columns - rank
    assert list(found.rows) == list(oracle.T.rref()[1])  # the first independent ones
    minor = oracle.extract(list(found.rows), list(found.columns))
    assert rank == 0 or minor.det() != 0
    assert list(found.columns) == [order[c] for c in oracle.extract(list(range(rows)), order).rref()[1]]


@pytest.mark.parametrize("seed", range(6))
def test_kernel_of_blocks_that_are_interleaved(seed):
    rng = random.Random(seed)
    blocks = [matrix_of(rng, 4, 3, rng.randint(1, 3)) for _ in range(4)]
    matrix = np.full((17, 13), Fraction(0), dtype=object)  # a row and a column of zeros beside the blocks
    for k, block in enumerate(blocks):
        matrix[4 * k : 4 * k + 4, 3 * k : 3 * k + 3] = block
    matrix = matrix[rng.sample(range(17), 17)][:, rng.sample(range(13), 13)]
    order, reports = rng.sample(range(13), 13), []
    found = kernel(matrix, order, progress=lambda *report: reports.append(report))
    oracle = sympy.Matrix(17, 13, [sympy.Rational(x.numerator, x.denominator) for x in matrix.ravel()])
    assert list(found.rows) == list(oracle.T.rref()[1])
    assert list(found.columns) == [order[c] for c in oracle.extract(list(range(17)), order).rref()[1]]
    assert oracle.extract(list(found.rows), list(found.columns)).det() != 0
    basis = fractions(found.basis)
    assert not (matrix @ basis).any()
    others = [c for c in order if c not in found.columns]
    assert (basis[others] == np.eye(len(others), dtype=int)).all()
    assert_progress(reports, "relations between kinks")


@pytest.mark.parametrize("seed", range(8))
def test_onto(seed):
    rng = random.Random(seed)
    matrix = matrix_of(rng, 3, 5, rng.randint(1, 3))
    theta = np.array([Fraction(rng.randint(-9, 9), 7) for _ in range(5)], dtype=object)
    right = matrix @ (theta + Fraction(1, 1000))
    moved = onto(theta, matrix, right.tolist(), range(5))
    assert (matrix @ moved == right).all()
    assert abs(moved - theta).max() < Fraction(1, 100)
    if len(kernel(matrix).rows) < 3:
        bad = right.copy()
        bad[min({0, 1, 2} - set(kernel(matrix).rows))] += 1
        assert onto(theta, matrix, bad.tolist(), range(5)) is None


def test_differentials_of_a_filter_with_padding():
    network = Network((1, 2), [Convolution(2, 3, padding=1, bias="filter", activation="relu")])
    samples = ExactArray.from_array([[5, 7]])
    found = differentials(Coordinates(network), samples, [(0, 1), (0, 2)], range(8))
    assert found.tolist() == [[0, 0, 0, 5, 0, 7, 0, 1], [5, 0, 7, 0, 0, 0, 1, 0]]
