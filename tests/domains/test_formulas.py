"""Formulas in t and E: the same number over fractions, residues and balls; derivatives and transformations."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import ball
from exactcnn.domains.formulas import ONE, Formula, evaluate, modular_inverses, polynomial, rational_residue
from exactcnn.errors import UnluckyModulus

COEFFICIENTS = st.integers(-3, 3).map(Fraction) | st.sampled_from([Fraction(1, 3), Fraction(-2, 5)])


@st.composite
def terms(draw, *, size=4, powers=2):
    table = {}
    for _ in range(draw(st.integers(1, size))):
        table[draw(st.integers(0, 3)), draw(st.integers(0, powers))] = draw(COEFFICIENTS)
    return tuple((i, j, c) for (i, j), c in sorted(table.items()) if c)


@st.composite
def formulas(draw, powers=2):
    below = draw(terms(powers=powers))
    return Formula(draw(terms(powers=powers)), below or ONE)


def slow(side, t, power):
    return sum((c * t**i * power**j for i, j, c in side), Fraction(0))


NUMBERS = st.fractions(-5, 5, max_denominator=7)


@settings(max_examples=100)
@given(formulas(), NUMBERS, NUMBERS.filter(bool))
def test_values_over_fractions_residues_and_balls(formula, t, power):
    below = slow(formula.denominator, t, power)
    assume(below != 0)
    value = slow(formula.numerator, t, power) / below
    assert formula.at(t, power, Fraction) == value
    enclosure = ball(0) + formula.at(ball(t), ball(power), ball)
    assert enclosure.overlaps(ball(value))
    for p in (1048343, 2**31 - 1):
        image = rational_residue(value, p)
        t_p, power_p = (np.array([rational_residue(z, p)] * 2, dtype=np.int64) for z in (t, power))
        found = np.broadcast_to(np.asarray(formula.residues(t_p, power_p, p)), 2)
        assert found.tolist() == [image, image]


def test_largest_residues_do_not_overflow():
    """Every step of Horner's rule is a product of two residues and a residue: below 2^62 + 2^31."""
    p = 2**31 - 1
    top = Fraction(p - 1)
    formula = Formula(tuple((i, j, top) for i, j in product(range(3), range(3))), ((0, 0, top),))
    values = np.array([p - 1, p - 2, 1])
    expected = [
        sum((p - 1) * int(v) ** (i + j) for i, j in product(range(3), range(3))) * pow(p - 1, -1, p) % p for v in values
    ]
    assert np.asarray(formula.residues(values, values, p)).tolist() == expected


@settings(max_examples=100)
@given(formulas(), NUMBERS, NUMBERS.filter(bool), st.lists(COEFFICIENTS, max_size=3))
def test_the_derivative_is_the_limit_of_difference_quotients(formula, t, power, exponent):
    """Along t + ε, E (1 + g'(t) ε) in dual numbers by hand: (n' d - n d') / d^2."""
    rate = sum((m * c * t ** (m - 1) for m, c in enumerate(exponent) if m), Fraction(0)) * power

    def dual(side):
        value = slow(side, t, power)
        by_t = sum((i * c * t ** (i - 1) * power**j for i, j, c in side if i), Fraction(0))
        by_power = sum((j * c * t**i * power ** (j - 1) for i, j, c in side if j), Fraction(0))
        return value, by_t + by_power * rate

    (n, dn), (d, dd) = dual(formula.numerator), dual(formula.denominator)
    assume(d != 0)
    assert formula.derivative(tuple(exponent)).at(t, power, Fraction) == (dn * d - n * dd) / d**2


def test_derivative_of_a_formula_in_both_variables() -> None:
    one, two = Fraction(1), Fraction(2)
    formula = Formula(((1, 2, one),), ((0, 0, one), (0, 1, two)))  # t E^2 / (1 + 2 E), E = e^(t^2)
    slope = formula.derivative((Fraction(0), Fraction(0), one))
    t, power = Fraction(3), Fraction(5)  # E' = 2 t E = 30
    below = 1 + 2 * power
    expected = ((power**2 + t * 2 * power * 30) * below - t * power**2 * 2 * 30) / below**2
    assert slope.at(t, power, Fraction) == expected
    assert Formula(polynomial(4)).derivative(()) == Formula(())


@settings(max_examples=100)
@given(formulas(), NUMBERS, NUMBERS.filter(bool), COEFFICIENTS)
def test_transformations(formula, t, power, factor):
    assume(slow(formula.denominator, t, power) and slow(formula.denominator, -t, power))
    assume(slow(formula.denominator, t, 1 / power))
    value = formula.at(t, power, Fraction)
    assert formula.scaled(factor).at(t, power, Fraction) == factor * value
    assert formula.mirrored().at(t, power, Fraction) == formula.at(-t, power, Fraction)
    assert formula.reciprocal().at(t, power, Fraction) == formula.at(t, 1 / power, Fraction)
    flipped, degree = formula.flipped()
    assert flipped.at(t, 1 / power, Fraction) * power**degree == value
    assert formula.equals(formula.reciprocal().reciprocal())


@given(formulas(), formulas())
@settings(max_examples=100)
def test_equality_is_that_of_functions(first, second):
    """Two quotients of degree at most 3 in t and 2 in E agree on a grid of 7 x 5 only if they are equal."""
    same = all(
        slow(first.numerator, t, e) * slow(second.denominator, t, e)
        == slow(second.numerator, t, e) * slow(first.denominator, t, e)
        for t, e in product(map(Fraction, range(-3, 4)), map(Fraction, range(1, 6)))
    )
    assert first.equals(second) == same
    assert first.equals(
        Formula(
            tuple((i + 1, j, 2 * c) for i, j, c in first.numerator),
            tuple((i + 1, j, 2 * c) for i, j, c in first.denominator),
        )
    )


def test_constants_and_affine_functions():
    one_plus = ((0, 0, Fraction(1)), (0, 1, Fraction(1)))
    assert Formula(()).constant == 0
    assert Formula(polynomial(5)).constant == 5
    assert Formula(tuple((i, j, 3 * c) for i, j, c in one_plus), one_plus).constant == 3
    assert Formula(one_plus).constant is None
    assert Formula(polynomial(2, 3)).affine == (2, 3)
    assert Formula(()).affine == (0, 0)
    assert Formula(polynomial(0, 0, 1)).affine is None
    assert Formula(polynomial(0, 1), polynomial(2)).affine is None
    assert Formula(one_plus).affine is None


def test_evaluation_calls_the_reduction_after_every_product():
    seen = []

    def reduce(value):
        seen.append(value)
        return value % 7

    terms = ((0, 0, Fraction(6)), (2, 0, Fraction(5)), (2, 3, Fraction(4)))
    value = evaluate(terms, 6, 6, int, reduce)
    assert value % 7 == (6 + 5 * 36 + 4 * 36 * 216) % 7
    assert max(seen) <= 6 * 6 + 6


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(2, 2**31 - 1))
def test_inverses_or_unlucky(values: list[int], modulus: int) -> None:
    array = np.array(values, dtype=np.int64) % modulus
    try:
        expected = [pow(int(v), -1, modulus) for v in array]
    except ValueError:
        with pytest.raises(UnluckyModulus):
            modular_inverses(array, modulus)
    else:
        assert modular_inverses(array, modulus).tolist() == expected


@pytest.mark.parametrize("shape", [(), (0,), (1, 1), (3, 5), (2, 2, 2)])
def test_inverses_of_the_largest_residues(shape):
    p = 2**31 - 1
    values = np.full(shape, p - 1, dtype=np.int64)
    assert modular_inverses(values, p).shape == shape
    assert (modular_inverses(values, p) == p - 1).all()


def test_residues_of_rationals():
    assert rational_residue(Fraction(-3, 7), 11) == -3 * pow(7, -1, 11) % 11
    with pytest.raises(UnluckyModulus, match="denominator 6 is not a unit modulo 9"):
        rational_residue(Fraction(1, 6), 9)
