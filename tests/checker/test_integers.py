"""Integers over one denominator a row, against the fractions that they stand for."""

import random
from fractions import Fraction

import pytest
from flint import fmpq, fmpz

from exactcnn.checker.activations import read_activation
from exactcnn.checker.budget import Budget
from exactcnn.checker.costs import affine_bits
from exactcnn.checker.integers import Integers, integers, is_affine_on_pieces, over_one_denominator, values_on_integers
from tests.checker.slow import fraction, image


def test_there_and_back():
    generator = random.Random(0)
    for bits in (1, 5, 64, 700):
        size = 2**bits
        table = [
            [fmpq(generator.randrange(-size, size), generator.randrange(1, size)) for _ in range(4)] for _ in range(3)
        ]
        found = integers(table)
        assert found.fractions() == table
        assert all(isinstance(n, fmpz) for row in found.rows for n in row)
        longest = max(abs(n) for row in [*found.rows, found.denominators] for n in row)
        assert found.bits == int(longest).bit_length()
    assert integers([[fmpq(1, 2), fmpq(-1, 3)], [fmpq(0), fmpq(4)]]) == Integers([[3, -2], [0, 4]], [6, 1])


def test_tables_without_entries():
    assert over_one_denominator([]) == ([], 1)
    assert integers([[], []]).bits == 1
    assert integers([]).bits == 0
    assert integers([]).fractions() == []


AFFINE = {
    "identity": [],
    "twice": [],
    "half-line": [0],
    "relu": [0],
    "leaky-relu": [0],
    "abs": [0],
    "hard-sigmoid": [-3, 3],
    "hard-tanh": [-1, 1],
    "many": ["-7/3", "1/2", "5/7"],
}


def activation_of(make, name):
    if name == "many":  # |t + 7/3| and two further kinks
        pieces = [
            {(0, 0): "-7/3", (1, 0): -1},
            {(0, 0): "7/3", (1, 0): 1},
            {(0, 0): "17/6"},
            {(0, 0): "179/42", (1, 0): -2},
        ]
        return make.formula(*pieces, kinks=AFFINE["many"])
    if name in ("twice", "half-line"):  # 2 t, everywhere or for t > 0
        return make.formula(*[{}] * len(AFFINE[name]), {(1, 0): 2}, kinks=AFFINE[name])
    return make.activation("leaky-relu(1/100)" if name == "leaky-relu" else name)


@pytest.mark.parametrize("name", AFFINE)
def test_values_of_affine_pieces_are_those_of_the_formulas(make, name):
    """At kinks, beside them, and far away; over small and huge denominators."""
    document = activation_of(make, name)
    activation = read_activation(document, name)
    assert is_affine_on_pieces(activation)
    values, factor = values_on_integers(activation, Budget())
    kinks = [Fraction(kink) for kink in AFFINE[name]]
    for d in (1, 2, 3, 42, 2**61 - 1, 10**300 + 7):
        numbers = {0, 1, -1, 5 * d, -9 * d, 10**400, -(10**400)}
        numbers |= {n + step for kink in kinks for n in (kink * d // 1,) for step in (-1, 0, 1, 2)}
        entries = [fmpz(n) for n in sorted(numbers)]
        found = values(entries, fmpz(d))
        for n, value in zip(sorted(numbers), found, strict=True):
            assert Fraction(int(value), factor * d) == image(document, Fraction(n, d))
            limit = affine_bits(activation, max(n.bit_length(), d.bit_length()))
            assert max(int(value).bit_length(), (factor * d).bit_length()) <= limit
    assert values([], fmpz(1)) == []


@pytest.mark.parametrize("name", ["square", "softsign", "polynomial(1,1,1)"])
def test_other_values_are_fractions(make, name):
    document = make.activation(name)
    activation = read_activation(document, name)
    assert not is_affine_on_pieces(activation)
    values, factor = values_on_integers(activation, Budget())
    assert factor is None
    found = values([fmpz(n) for n in (-7, 0, 3)], fmpz(5))
    assert [fraction(x) for x in found] == [image(document, Fraction(n, 5)) for n in (-7, 0, 3)]


def test_exponentials_are_not_affine(make):
    assert not is_affine_on_pieces(read_activation(make.activation("sigmoid"), "sigmoid"))
    assert not is_affine_on_pieces(read_activation(make.activation("gelu"), "gelu"))
