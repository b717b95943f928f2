"""Polynomials in e^a and 1/d(e^a): values in 60 digits, relations that hold, and what is never taken for 0."""

import random
from fractions import Fraction

import mpmath
import pytest
from flint import fmpq, fmpq_poly

from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.symbols import MOST_DEGREE, Symbols, constant, pair, plus

LOGISTIC = fmpq_poly([1]), fmpq_poly([1, 1])


def numeric(polynomial, symbols):
    """Value of a polynomial in 60 digits."""
    names = {number: key for key, number in symbols.numbers.items()}
    total = mpmath.mpf(0)
    for (exponent, *own), c in polynomial.items():
        term = mpmath.mpf(int(c.p)) / int(c.q) * mpmath.exp(mpmath.mpf(exponent[0]) / exponent[1])
        for number in own:
            coefficients, (p, q) = names[number]
            power = mpmath.exp(mpmath.mpf(p) / q)
            term /= sum(
                mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator * power**j
                for j, x in enumerate(coefficients)
            )
        total += term
    return total


def test_sigmoid_of_both_signs():
    symbols = Symbols(Budget())
    one = symbols.quotient(*LOGISTIC, 1, fmpq(-3))
    other = symbols.quotient(*LOGISTIC, 1, fmpq(3))
    assert plus(one, other) == {((0, 1),): 1}
    assert symbols.quotient(*LOGISTIC, 2, fmpq(0)) == {((0, 1),): fmpq(1, 4)}


def tanh_of(symbols, z):
    """1 - 2/(1 + e^(2 z)), as the checker writes it."""
    return plus(constant(fmpq(1)), symbols.quotient(*LOGISTIC, 1, fmpq(2) * z), -2)


@pytest.mark.parametrize("scale", [fmpq(1), fmpq(1, 7), fmpq(-5, 3)])
def test_a_relation_that_needs_denominators(scale):
    """tanh(x + y) (1 + tanh x tanh y) = tanh x + tanh y: of degree 3 in symbols that do not cancel by themselves."""
    symbols = Symbols(Budget())
    x, y, both = (tanh_of(symbols, scale * n) for n in (2, 3, 5))
    left = symbols.times(both, plus(constant(fmpq(1)), symbols.times(x, y)))
    difference = plus(plus(left, x, -1), y, -1)
    assert difference
    assert symbols.is_zero(difference)
    assert not symbols.is_zero(plus(difference, constant(fmpq(1, 10**30))))
    assert not symbols.is_zero(plus(difference, x, fmpq(1, 10**30)))
    assert symbols.is_zero({})
    assert not symbols.is_zero(constant(fmpq(1)))


def test_exponentials_and_negative_exponents():
    """e^a/(1 + e^a + e^(2 a)) is even in a; d is not 1 + E, so nothing is rewritten."""
    symbols = Symbols(Budget())
    above, below = fmpq_poly([0, 1]), fmpq_poly([1, 1, 1])
    even = plus(symbols.quotient(above, below, 1, fmpq(3)), symbols.quotient(above, below, 1, fmpq(-3)), -1)
    assert even
    assert symbols.is_zero(even)
    assert not symbols.is_zero(plus(even, symbols.quotient(fmpq_poly([0, 1]), fmpq_poly([1]), 1, fmpq(1))))


def test_large_exponents_are_not_cleared():
    symbols = Symbols(Budget())
    x, y, both = (tanh_of(symbols, fmpq(n)) for n in (10**6, 10**6 + 1, 2 * 10**6 + 1))
    left = symbols.times(both, plus(constant(fmpq(1)), symbols.times(x, y)))
    assert not symbols.is_zero(plus(plus(left, x, -1), y, -1))


def real(number):
    return mpmath.mpf(int(number.p)) / int(number.q)


def at(polynomial, power):
    return sum((real(c) * power**j for j, c in enumerate(polynomial.coeffs())), mpmath.mpf(0))


DENOMINATORS = [[1, 1], [3, 3], [2, 1], [1, 0, 1], [2, 3, "1/2"], [5]]


@pytest.mark.parametrize("below", DENOMINATORS, ids=str)
@pytest.mark.parametrize("a", [fmpq(1), fmpq(-2, 3), fmpq(5, 2), fmpq(0)], ids=str)
def test_quotients_have_their_values(below, a):
    """n(E)/d(E)^power, n of a degree below, at and above that of the denominator, straight from the definition."""
    own = fmpq_poly([fmpq(*Fraction(c).as_integer_ratio()) for c in below])
    generator = random.Random(str(below) + str(a))
    for power in (1, 2, 3):
        for degree in (0, 1, power * own.degree(), power * own.degree() + 2):
            above = fmpq_poly([fmpq(generator.randrange(-9, 10), 4) for _ in range(degree)] + [fmpq(7, 3)])
            symbols = Symbols(Budget())
            found = numeric(symbols.quotient(above, own, power, a), symbols)
            E = mpmath.exp(real(a))
            assert abs(found - at(above, E) / at(own, E) ** power) < mpmath.mpf(10) ** -45


def test_equal_quotients_are_equal_polynomials():
    """What is reduced is a canonical form for one denominator, however the fraction was written."""
    symbols = Symbols(Budget())
    n, d = fmpq_poly([2, -1, 4]), fmpq_poly([1, 3, 2])
    a = fmpq(2, 7)
    assert symbols.quotient(n * d, d, 2, a) == symbols.quotient(n, d, 1, a)
    assert symbols.quotient(3 * n, 3 * d, 1, a) == symbols.quotient(n, d, 1, a)
    assert symbols.quotient(n * d, d, 1, a) == symbols.quotient(n, fmpq_poly([1]), 1, a)
    assert len(symbols.kinds) == 1
    assert symbols.quotient(n, d, 1, -a) != symbols.quotient(n, d, 1, a)
    assert len(symbols.kinds) == 2


def test_products_and_sums():
    symbols = Symbols(Budget())
    x = symbols.quotient(fmpq_poly([1, 2]), fmpq_poly([1, 1]), 2, fmpq(1, 3))
    y = plus(symbols.quotient(fmpq_poly([0, 1]), fmpq_poly([2, 1]), 1, fmpq(-1, 2)), constant(fmpq(3)))
    z = symbols.quotient(fmpq_poly([0, 0, 1]), fmpq_poly([1]), 1, fmpq(-5, 6))
    before = dict(x)
    assert symbols.times(x, y) == symbols.times(y, x)
    assert symbols.times(x, symbols.times(y, z)) == symbols.times(symbols.times(x, y), z)
    assert symbols.times(x, plus(y, z, fmpq(2, 3))) == plus(symbols.times(x, y), symbols.times(x, z), fmpq(2, 3))
    assert x == before
    assert symbols.times(x, {}) == {}
    assert constant(fmpq(0)) == {}
    assert plus(x, x, -1) == {}
    assert plus(x, y, 0) == x
    # e^(1/3) to the third is e, and e^(1/2) e^(-1/2) is 1
    third = symbols.quotient(fmpq_poly([0, 1]), fmpq_poly([1]), 1, fmpq(1, 3))
    assert symbols.times(third, symbols.times(third, third)) == {(pair(fmpq(1)),): 1}
    assert symbols.times({((1, 2),): fmpq(2)}, {((-1, 2),): fmpq(3)}) == constant(fmpq(6))


@pytest.mark.parametrize("seed", range(8))
def test_zero_is_zero_in_sixty_digits(seed):
    """Random sums of products, then less what makes them 0: by another way to write the same function."""
    generator = random.Random(seed)
    symbols = Symbols(Budget())

    def number():
        return fmpq(generator.randrange(-6, 7), generator.choice([1, 2, 3]))

    def factor():
        below = fmpq_poly([generator.randrange(1, 4), generator.randrange(1, 4)])
        return symbols.quotient(fmpq_poly([number(), number()]), below, 1, number())

    total = {}
    for _ in range(3):
        total = plus(total, symbols.times(factor(), factor()), number())
    value = numeric(total, symbols)
    assert symbols.is_zero(total) == (abs(value) < mpmath.mpf(10) ** -45)
    # times (1 + e^2)/(1 + e^2): the polynomial is another one, the number is not
    one = symbols.times(plus(constant(fmpq(1)), {((2, 1),): fmpq(1)}), symbols.quotient(*LOGISTIC, 1, fmpq(2)))
    difference = plus(symbols.times(total, one), total, -1)
    assert symbols.is_zero(difference)
    assert not symbols.is_zero(plus(difference, {((1, 97),): fmpq(1, 10**40)}))


def test_one_denominator_at_both_signs():
    """1/(2 + E) at a and -a: other numbers, though both are numbers of the same field."""
    symbols = Symbols(Budget())
    one, other = (symbols.quotient(fmpq_poly([1]), fmpq_poly([2, 1]), 1, fmpq(sign * 3, 2)) for sign in (1, -1))
    # (2 + E)(2 + 1/E) = 5 + 2 E + 2/E
    product = symbols.times(one, other)
    both = {((0, 1),): fmpq(5), ((3, 2),): fmpq(2), ((-3, 2),): fmpq(2)}
    assert symbols.is_zero(plus(symbols.times(product, both), constant(fmpq(1)), -1))
    assert not symbols.is_zero(plus(one, other, -1))
    assert not symbols.is_zero(plus(one, other))


def test_the_limit_of_degrees():
    """e^n (1/(1 + e)) (1 + e) - e^n, written as a polynomial in t that is just short enough, and just too long."""
    for degree, found in ((MOST_DEGREE - 1, True), (MOST_DEGREE, False)):
        symbols = Symbols(Budget(100))
        u = symbols.quotient(*LOGISTIC, 1, fmpq(1))
        own = {((degree, 1),): fmpq(1)}
        low = plus(own, {((degree - 1, 1),): fmpq(1)})
        # e^(n - 1) (1 + e) u - e^(n - 1), and 0 = 1 - (1 + e) u to span all degrees
        rest = plus(symbols.times(low, u), {((degree - 1, 1),): fmpq(1)}, -1)
        zero = plus(constant(fmpq(1)), symbols.times(plus(constant(fmpq(1)), {((1, 1),): fmpq(1)}), u), -1)
        assert symbols.is_zero(plus(rest, zero)) == found


def test_work_is_paid_for():
    symbols = Symbols(Budget(0))
    many = {((j, 1),): fmpq(1) for j in range(1000)}
    with pytest.raises(BudgetError, match="formal derivatives"):
        symbols.times(many, many)


def test_long_coefficients_are_paid_for():
    long = {((0, 1),): fmpq(1, 3**20_000)}
    for work in (lambda own, c: own.times(c, c), lambda own, c: own.add(dict(c), c), lambda own, c: own.add({}, c, 7)):
        spent = []
        for c in (constant(fmpq(1, 3)), long):
            symbols = Symbols(Budget())
            work(symbols, c)
            spent.append(symbols.budget.spent)
        assert spent[1] > 20 * spent[0] > 0


def test_sums_in_place():
    symbols, total = Symbols(Budget()), {((1, 1),): fmpq(2)}
    term = {((1, 1),): fmpq(1), ((2, 1),): fmpq(3)}
    symbols.add(total, term, fmpq(1, 2))
    assert total == {((1, 1),): fmpq(5, 2), ((2, 1),): fmpq(3, 2)}
    symbols.add(total, term, 0)
    symbols.add(total, {((1, 1),): fmpq(5)}, fmpq(-1, 2))
    assert total == {((2, 1),): fmpq(3, 2)}
    assert term == {((1, 1),): fmpq(1), ((2, 1),): fmpq(3)}
