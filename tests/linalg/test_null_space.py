"""Null spaces: as many vectors as there should be, each multiplied back; sizes bounded before the work."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg import null_space as module
from exactcnn.linalg.null_space import null_space
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix

SMALL = st.integers(-3, 3)


def basis(rows):
    matrix = RationalMatrix(ExactArray.from_strings(rows))
    lines, columns = (np.array(each, dtype=np.intp) for each in certified_rank(matrix).minor)
    return null_space(matrix, lines, columns)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(SMALL, min_size=n, max_size=n), min_size=1, max_size=5)))
def test_it_is_that_of_sympy(rows):
    """As many vectors, in the kernel, independent: each has a column of its own."""
    found = basis([[f"{x}/{1 + j}" for j, x in enumerate(row)] for row in rows])
    matrix = sympy.Matrix([[sympy.Rational(x, 1 + j) for j, x in enumerate(row)] for row in rows])
    assert len(found) == matrix.shape[1] - matrix.rank()
    leading = [each.leading for each in found]
    assert leading == sorted(set(leading))
    for each in found:
        vector = [dict(each.coefficients).get(j, 0) for j in range(matrix.shape[1])]
        assert matrix * sympy.Matrix(vector) == sympy.zeros(matrix.shape[0], 1)
        assert [bool(vector[j]) for j in leading].count(True) == 1
        assert sympy.igcd(0, *vector) == 1


def test_planted_vectors_of_long_numbers():
    """The last column is a combination with factors that no float holds."""
    rng = np.random.default_rng(0)
    left = rng.integers(-9, 10, (30, 20)).astype(object)
    factors = [Fraction(int(a), int(b)) for a, b in rng.integers(1, 10**18, (20, 2))]
    last = [sum(x * f for x, f in zip(row, factors, strict=True)) for row in left.tolist()]
    (found,) = basis([[str(x) for x in (*row, end)] for row, end in zip(left.tolist(), last, strict=True)])
    values = dict(found.coefficients)
    assert found.leading == 20
    assert [Fraction(values[j], -values[20]) for j in range(20)] == factors


def test_none_of_a_regular_matrix_and_all_of_zero():
    assert basis([["1", "2"], ["3", "4"]]) == ()
    assert [each.coefficients for each in basis([["0", "0"]])] == [((0, -1),), ((1, -1),)]


def test_sizes_are_bounded_before_the_work(monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 5)
    with pytest.raises(InputError, match="2 vectors of 3 entries; expected at most 5"):
        basis([["1", "2", "3"]])
    monkeypatch.undo()
    monkeypatch.setattr(module, "EFFORT", 0.0)
    with pytest.raises(InputError, match="2 vectors by 1 columns with numbers of up to"):
        basis([["1", "2", "3"]])
    monkeypatch.undo()
    monkeypatch.setattr(module, "LARGEST_EVIDENCE", 8)
    with pytest.raises(InputError, match="numbers of more than 4 bits"):
        basis([["1000003", "999983"]])
