"""Matrices of fractions to FLINT and back: no entry is changed, none changes places."""

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from exactcnn.linalg.fractions import from_flint, to_flint


def table(rows, columns, seed=0):
    generator = random.Random(seed)
    result = np.empty((rows, columns), dtype=object)
    for i in range(rows):
        for j in range(columns):
            result[i, j] = Fraction(generator.randrange(-(10**30), 10**30), generator.randrange(1, 10**9))
    return result


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 4), (4, 3)])
def test_there_and_back(shape):
    given = table(*shape)
    found = to_flint(given)
    assert (found.nrows(), found.ncols()) == shape
    for i in range(shape[0]):
        for j in range(shape[1]):
            assert (int(found[i, j].p), int(found[i, j].q)) == (given[i, j].numerator, given[i, j].denominator)
    back = from_flint(found)
    assert back.shape == shape
    assert back.dtype == object
    assert back.tolist() == given.tolist()
    assert all(type(x) is Fraction for x in back.ravel())


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_without_entries(shape):
    found = to_flint(np.empty(shape, dtype=object))
    assert (found.nrows(), found.ncols()) == shape
    assert from_flint(found).shape == shape


def test_views_and_integers():
    """Transposed and sliced arrays have their own order in memory; integers of Python and of NumPy are numbers."""
    given = table(4, 3, seed=1)
    assert from_flint(to_flint(given.T)).tolist() == given.T.tolist()
    assert from_flint(to_flint(given[::2, ::-1])).tolist() == given[::2, ::-1].tolist()
    assert to_flint(np.array([[2**70, -3]], dtype=object)) == fmpq_mat(1, 2, [2**70, -3])
    assert to_flint(np.array([[1, -2], [3, 4]])) == fmpq_mat(2, 2, [1, -2, 3, 4])


def test_copies():
    """Neither side sees later changes of the other."""
    given = np.array([[Fraction(1, 2)]], dtype=object)
    found = to_flint(given)
    given[0, 0] = Fraction(7)
    assert found[0, 0] == fmpq(1, 2)
    back = from_flint(found)
    found[0, 0] = 5
    assert back[0, 0] == Fraction(1, 2)


def test_products_are_products():
    """The oracle: products by loops on fractions."""
    a, b = table(3, 4, seed=2), table(4, 2, seed=3)
    loops = [[sum((a[i, k] * b[k, j] for k in range(4)), Fraction(0)) for j in range(2)] for i in range(3)]
    assert from_flint(to_flint(a) * to_flint(b)).tolist() == loops
