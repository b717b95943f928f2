"""Matrix Market: SciPy as the oracle, exact decimals, and every way in which a file is broken."""

import io
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import io as scipy_io
from scipy import sparse

from exactcnn.data.matrix_market import matrix_market
from exactcnn.errors import InputError


def read(text):
    return matrix_market(text, "m.mtx").fractions().tolist()


SMALL = st.integers(-3, 3)


@given(st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=3, max_size=3), st.booleans())
@pytest.mark.parametrize("symmetry", ["general", "symmetric", "skew-symmetric"])
def test_as_scipy_writes_them(symmetry, rows, coordinate):
    matrix = np.array(rows)
    matrix = {"general": matrix, "symmetric": matrix + matrix.T, "skew-symmetric": matrix - matrix.T}[symmetry]
    stream = io.BytesIO()
    scipy_io.mmwrite(stream, sparse.coo_array(matrix) if coordinate else matrix, symmetry=symmetry, comment="a\nb")
    assert read(stream.getvalue().decode()) == matrix.tolist()


def test_decimals_are_exact():
    text = "%%MatrixMarket matrix array real general\n% a comment\n2 1\n\n0.1\n-2.5D+01\n"
    assert read(text) == [[Fraction(1, 10)], [-25]]


def test_patterns_and_capitals():
    assert read("%%MATRIXMARKET MATRIX COORDINATE PATTERN SYMMETRIC\n2 2 2\n1 1\n2 1\n") == [[1, 1], [1, 0]]


COORDINATE, ARRAY = "%%MatrixMarket matrix coordinate", "%%MatrixMarket matrix array"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%MatrixMarket vector array real general\n1\n1", "line 1: '%%MatrixMarket vector"),
        ("%%MatrixMarket matrix array real\n1 1\n1", "line 1: "),
        (f"{ARRAY} complex general\n1 1\n1 0", "line 1: a matrix of complex numbers"),
        (f"{COORDINATE} real hermitian\n1 1 1\n1 1 1", "line 1: a matrix of complex numbers"),
        (
            f"{COORDINATE} reel general\n1 1 1\n1 1 1",
            "'reel'; expected real, double, integer, pattern; did you mean 'real'",
        ),
        (f"{COORDINATE} pattern skew-symmetric\n1 1 0\n", "a pattern that is coordinate, skew-symmetric"),
        (f"{ARRAY} pattern general\n1 1\n1", "a pattern that is array, general"),
        (f"{ARRAY} real general\n", "no line of sizes"),
        (f"{ARRAY} real general\n2\n1\n1", "line 2: sizes '2'; expected rows and columns"),
        (f"{COORDINATE} real general\n2 2\n", "line 2: sizes '2 2'; expected rows, columns and the number"),
        (f"{ARRAY} real general\n-1 1\n1", "line 2: sizes '-1 1'"),
        (
            f"{ARRAY} real general\n0 1\n",
            "line 2: a general matrix of shape (0, 1); expected at least one row and column",
        ),
        (
            f"{ARRAY} real symmetric\n1 2\n1\n1",
            "line 2: a symmetric matrix of shape (1, 2); expected at least one row and column and as many of both",
        ),
        (f"{ARRAY} real general\n1 2\n1\n", "1 entry; expected 2"),
        (f"{COORDINATE} real general\n1 2 1\n1 1 1\n1 2 1\n", "2 entries; expected 1"),
        (f"{ARRAY} real general\n1 1\n1 2\n", "line 3: 2 numbers; expected 1"),
        (f"{COORDINATE} real general\n1 1 1\n1 1\n", "line 3: 2 numbers; expected 3"),
        (f"{COORDINATE} real general\n1 1 1\n% c\n1 2 1\n", "line 4: the entry (1, 2) is outside the shape (1, 1)"),
        (f"{COORDINATE} real general\n1 1 1\n0 1 1\n", "line 3: the entry (0, 1) is outside"),
        (f"{COORDINATE} real general\n1 1 1\n1.0 1 1\n", "line 3: place '1.0 1'; expected row and column"),
        (f"{COORDINATE} real general\n1 1 2\n1 1 1\n1 1 2\n", "line 4: the entry (1, 1) for the second time"),
        (f"{COORDINATE} real symmetric\n2 2 2\n1 2 1\n2 1 1\n", "line 4: the entry (2, 1) for the second time"),
        (f"{COORDINATE} real skew-symmetric\n1 1 1\n1 1 1\n", "line 3: 1 on the diagonal of a skew-symmetric"),
        (f"{COORDINATE} integer general\n1 1 1\n1 1 1.5\n", "line 3: 1.5 in a matrix of integers"),
        (f"{ARRAY} real general\n1 1\nnan\n", "line 3: 'nan' is not a number"),
        (f"{COORDINATE} real general\n1000000000 1000000000 0\n", "of memory; expected at most"),
    ],
)
def test_broken_files(text, message):
    with pytest.raises(InputError) as raised:
        read(text)
    assert message in str(raised.value)
    assert str(raised.value).startswith("m.mtx")
    assert "\n" not in str(raised.value)
