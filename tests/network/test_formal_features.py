"""Formal features: the span of random members is that of the coefficients of the names."""

from fractions import Fraction

import numpy as np
import pytest
from flint import nmod_mat

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.network.activations import activation
from exactcnn.network.expansions import ONE, expansion
from exactcnn.network.formal_features import FormalFeatures

P = 1048343
VALUES = [["1", "-1", "2", "0"], ["1/2", "-1/2", "1", "1"], ["3", "3", "-3", "1/3"]]
TEXTS = ["sigmoid", "tanh", "exp", "gaussian", "silu", "elu(2/3)", "elu-plus-one", "mish", "swish(-3/2)"]
SPECIAL = ["gelu", "softplus", "log-sigmoid", "erf", "arctan", "sin", "cos"]


def coefficients(curve, values, mixing=None):
    """One matrix over Q for each name, as lists of all entries."""
    expand = expansion(curve)
    table = {}
    rows = values.fractions()
    for i, row in enumerate(rows):
        for h, z in enumerate(row):
            for name, c in expand(z):
                table.setdefault(name, {}).setdefault((i, h), Fraction(0))
                table[name][i, h] += c
    count, width = rows.shape
    matrices = []
    for name, entries in (table if mixing is None else {ONE: {}} | table).items():
        matrix = np.full((count, width + (mixing is not None)), Fraction(0), dtype=object)
        for (i, h), c in entries.items():
            matrix[i, h] = c
        if mixing is not None:
            matrix[:, -1] = Fraction(int(name == ONE))
            matrix = matrix @ mixing.fractions()
        if any(matrix.flat):
            matrices.append(list(matrix.flat))
    return matrices


def residues(matrix):
    return [[int(x) % P for x in row] for row in matrix]


def agree(curve, values, mixing=None):
    exact = coefficients(curve, values, mixing)
    rows = [[x.numerator * pow(x.denominator, -1, P) % P for x in matrix] for matrix in exact]
    space = FormalFeatures.of(curve, values, P, mixing)
    rng = np.random.default_rng(0)
    members = [space.member(rng).ravel().astype(int).tolist() for _ in range(len(exact) + 3)]
    both = residues(rows + members)
    size = len(rows[0])

    def rank(lines):
        return nmod_mat(len(lines), size, [x for line in lines for x in line], P).rank()

    return rank(residues(rows)) == rank(residues(members)) == rank(both)


@pytest.mark.parametrize("text", TEXTS + SPECIAL)
def test_members_span_the_coefficients(text):
    values = ExactArray.from_strings(VALUES)
    assert agree(activation(text), values)
    mixing = ExactArray.from_strings([["1", "2"], ["-1", "0"], ["1/2", "1"], ["0", "3"], ["5", "-1"]])
    assert agree(activation(text), values, mixing)


def test_denominators_and_powers_are_part_of_a_name():
    one = Fraction(1)
    left, right = Formula(polynomial(1), ((0, 0, one), (0, 2, one))), Formula(polynomial(0, 0, 1), ((0, 2, one * 2),))
    values = ExactArray.from_array([[1, -1, 2], [-2, 1, 0]])
    for pieces in ((left, right), (left, left), (Formula(((0, 2, one),)), Formula(((0, 1, one), (1, 3, one))))):
        for exponent in ((Fraction(0), one), (Fraction(0), Fraction(0), one)):
            assert agree(Curve(pieces, (Fraction(0),), exponent), values)


def test_what_has_no_formal_features():
    values = ExactArray.from_strings(VALUES)
    assert FormalFeatures.of(activation("relu"), values, P) is None
    assert FormalFeatures.of(activation("sigmoid"), ExactArray.from_strings([[f"1/{P}"]]), P) is None


def test_shape():
    values = ExactArray.from_strings(VALUES)
    assert FormalFeatures.of(activation("sigmoid"), values, P).shape == (3, 4)
    assert FormalFeatures.of(activation("sigmoid"), values, P, ExactArray.from_array(np.ones((5, 7)))).shape == (3, 7)
