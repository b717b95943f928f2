"""Quotients of polynomials in t and E: zeros against SymPy, values against the definition, poles, and text."""

import random
from fractions import Fraction

import mpmath
import pytest
import sympy
from flint import arb, ctx, fmpq, fmpq_poly, nmod

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError
from exactcnn.checker.formulas import Formula, formula_text, has_zero, polynomial_text, product, read_formula
from exactcnn.checker.numbers import Reduction

P, Q, ROOT = 1019, 509, 4  # 1019 = 2 * 509 + 1; 4 is a square, so its order is 509


def terms(*rows):
    """Entry j holds the coefficients of E^j, polynomials in t in ascending order."""
    return tuple(fmpq_poly([fmpq(*Fraction(c).as_integer_ratio()) for c in row]) for row in rows)


# ---------------------------------------------------------------- zeros and poles


def test_zeros_against_sympy():
    generator, t, seen = random.Random(2), sympy.Symbol("t"), set()
    for _ in range(400):
        roots = [generator.randrange(-3, 4) for _ in range(generator.randrange(4))]
        rest = [generator.randrange(-3, 4) for _ in range(generator.randrange(3))] + [1]
        polynomial = fmpq_poly(rest)
        for root in roots:
            polynomial *= fmpq_poly([-root, 1])
        symbolic = sympy.Poly([int(c.p) for c in reversed(polynomial.coeffs())], t)
        low, high = sorted(generator.sample(range(-4, 5), 2))
        for ends in ((low, high), (low, None), (None, high), (None, None)):
            expected = symbolic.count_roots(*ends) > 0
            assert has_zero(polynomial, *(None if end is None else fmpq(end) for end in ends)) == expected
            seen.add((expected, ends.count(None)))
    assert len(seen) == 6


@pytest.mark.parametrize(
    ("denominator", "low", "high", "pole"),
    [
        ([[1]], None, None, False),
        ([[1, 1]], None, None, True),
        ([[1, 1]], 0, None, False),
        ([[1, 1]], -1, None, True),  # at the kink, which belongs to the piece
        ([[1, 1]], None, -2, False),
        ([[1, 0, 1]], None, None, False),
        ([[-2, 0, 1]], 1, 2, True),
        ([[-2, 0, 1]], "3/2", 2, False),
        ([[1], [1]], None, None, False),
        ([[-1], [1]], None, None, True),
        ([[-1], [1]], 5, 6, True),  # E = 1 is not met there, which is not asked
        ([[], [1]], None, None, False),  # E alone
        ([[], [1], [1]], None, None, False),
        ([[], [1], [-1]], None, None, True),
        ([[2], [2], [1]], None, None, False),
        ([[1], [-3], [1]], None, None, True),
        ([[1], [-1], [1]], None, None, False),
        ([[1], [0, 0, 1]], None, None, False),  # 1 + t^2 E
        ([[-1], [0, 0, -1]], None, None, False),
        ([[1], [0, 1]], None, None, True),  # 1 + t E changes its sign, perhaps
        ([[1], [0, 1]], 0, None, False),
        ([[1], [0, 1]], -1, None, True),
        ([[1], [0, 1]], None, 0, True),
        ([[1], [0, -1]], None, 0, False),
        ([[1], [0, -1]], None, 1, True),
        ([[0, 0, 1], [1]], None, None, False),  # t^2 + E
        ([[0, 0, 1], [0, 0, 1]], None, None, True),  # zero at 0
        ([[0, 0, 1], [0, 0, 1]], 1, None, False),
        ([[0, 1], [0, 0, 1]], 1, None, False),
        ([[0, 1], [0, 0, 1]], 0, None, True),
        ([[0, -1], [0, 0, 1]], None, "-1/2", False),
        ([[0, 1], [0, 0, 1]], None, -1, True),
        ([[1, -1], [0, 1]], None, None, True),  # 1 - t + t E >= 1, but the signs differ
    ],
)
def test_poles(denominator, low, high, pole):
    low, high = (None if end is None else fmpq(*Fraction(end).as_integer_ratio()) for end in (low, high))
    assert Formula(terms([1]), terms(*denominator)).has_pole(low, high) == pole


def test_denominators_that_are_accepted_have_no_zero():
    generator, accepted = random.Random(3), 0
    for _ in range(600):
        rows = [[generator.randrange(-2, 3) for _ in range(generator.randrange(4))] for _ in range(3)]
        low, high = generator.choice([(None, None), (0, None), (None, 0), (1, 3), (-2, -1), (-1, 1)])
        denominator = terms(*rows)
        while denominator and denominator[-1].degree() < 0:
            denominator = denominator[:-1]
        if not denominator or Formula(terms([1]), denominator).has_pole(
            *(None if end is None else fmpq(end) for end in (low, high))
        ):
            continue
        accepted += 1
        points = [mpmath.mpf(n) / 20 for n in range(-400, 401)]
        points = [t for t in points if (low is None or t >= low) and (high is None or t <= high)]
        for exponent in (lambda t: t, lambda t: -3 * t, lambda t: t * t):
            values = [
                sum(c * t**i * mpmath.exp(j * exponent(t)) for j, row in enumerate(rows) for i, c in enumerate(row))
                for t in points
            ]
            assert min(values) > 0 or max(values) < 0
    assert accepted > 60


# ---------------------------------------------------------------- values


def test_rational_functions_of_t_agree_with_the_definition():
    """The usual ones, 0, t and a + b t, are computed in another way than the others."""
    generator = random.Random(5)
    sides = [[0], [0, 1], [2], [1], [1, 1], [0, 2], [0, -3], [1, 0, 2], [0, 0, 1], [-1, 0, 0, 4]]
    for above in sides:
        for below in [[1], [2], [1, 0, 1], [3, 0, 2]]:
            formula = Formula(terms(above) if any(above) else (), terms(below))
            for _ in range(5):
                t = Fraction(generator.randrange(-9, 10), generator.randrange(1, 4))
                exact = sum(c * t**i for i, c in enumerate(above)) / sum(c * t**i for i, c in enumerate(below))
                assert formula.over_rationals()(fmpq(*t.as_integer_ratio())) == fmpq(*exact.as_integer_ratio())


def test_values_over_every_ring_agree_with_the_definition():
    generator = random.Random(4)
    for _ in range(200):
        rows = [[[generator.randrange(-3, 4) for _ in range(3)] for _ in range(3)] for _ in range(2)]
        for side in rows:
            side[-1][-1] = 1
        above, below = rows
        formula = Formula(terms(*above), terms(*below))
        t, power = (Fraction(generator.randrange(-9, 10), generator.randrange(1, 4)) for _ in range(2))

        def value(side, t=t, power=power):
            return sum(c * t**i * power**j for j, row in enumerate(side) for i, c in enumerate(row))

        if value(below) == 0:
            continue
        exact = value(above) / value(below)
        numbers = [fmpq(x.numerator, x.denominator) for x in (t, power)]
        at = formula.at(numbers[0])
        assert at[0](numbers[1]) / at[1](numbers[1]) == fmpq(exact.numerator, exact.denominator)
        modulo_p = Reduction(P)
        if modulo_p(fmpq(*value(below).as_integer_ratio())):
            found = formula.over_field(modulo_p, P)(*(nmod(modulo_p(x), P) for x in numbers))
            assert int(found) == modulo_p(fmpq(exact.numerator, exact.denominator))
        # balls: E = e^g at a rational g, from both sides of 0
        for exponent in (fmpq(3, 2), fmpq(-3, 2), fmpq(0)):
            for base in "e2":
                real = (mpmath.e if base == "e" else 2) ** (mpmath.mpf(int(exponent.p)) / int(exponent.q))
                point = mpmath.mpf(t.numerator) / t.denominator
                bottom = value(below, point, real)
                if abs(bottom) < 1e-9:
                    continue
                with ctx.workprec(200):
                    ball = formula.over_balls(arb(numbers[0]), arb(exponent), base)
                    assert (
                        abs(mpmath.mpf(ball.mid().str(50, radius=False)) - value(above, point, real) / bottom) < 1e-30
                    )
                    assert float(ball.rad()) < 1e-30


def test_balls_far_out_are_narrow():
    """E is never formed where it overflows, nor 1 - 1 where the result is tiny."""
    logistic = Formula(terms([1]), terms([1], [1]))
    mish = Formula(terms([], [0, 2], [0, 1]), terms([2], [2], [1]))
    with ctx.workprec(60):
        for size in (10**3, 10**6, 10**9):
            assert abs(logistic.over_balls(arb(1), arb(-size), "e") - 1) < 1e-15
            tiny = logistic.over_balls(arb(1), arb(size), "e")
            assert tiny > 0
            assert tiny.rel_accuracy_bits() > 20
            assert abs(mish.over_balls(arb(size), arb(size), "e") - size) < 1e-6
        huge = logistic.over_balls(arb(1), arb(10) ** 40, "e")
        assert huge.is_finite()
        assert huge < 1e-300
        assert abs(logistic.over_balls(arb(1), -(arb(10) ** 40), "2") - 1) < 1e-15


@pytest.mark.parametrize("base", ["e", "2"])
@pytest.mark.parametrize("middle", [-30, -3, -1, 0, 1, 3, 30])
@pytest.mark.parametrize("radius", ["1/1000", "1/2", "2"])
def test_wide_balls_of_a_monotone_function_are_nearly_its_range(base, middle, radius):
    """1/(1 + E) and E/(1 + E): each is tight in one of the two forms, and loose in the other."""
    radius, size = Fraction(radius), float(base) if base == "2" else mpmath.e

    def inside(z):
        return 1 / (1 + size ** mpmath.mpf(z))

    for formula, falls in (
        (Formula(terms([1]), terms([1], [1])), True),
        (Formula(terms([], [1]), terms([1], [1])), False),
    ):
        exponent = arb(middle, float(radius))
        found = formula.over_balls(exponent, exponent, base)
        ends = sorted(
            inside(sign * (middle + side * float(radius))) for side in (-1, 1) for sign in [1 if falls else -1]
        )
        assert float(found.lower()) <= ends[0] * (1 + 1e-12)
        assert float(found.upper()) >= ends[1] * (1 - 1e-12)
        assert float(2 * found.rad()) <= 1.001 * (ends[1] - ends[0]) + 1e-12


def test_constants_are_found_as_polynomials():
    assert Formula(()).constant
    assert Formula(terms([3])).constant
    assert Formula(terms([2, 4], [6]), terms([1, 2], [3])).constant
    assert Formula(terms([], [2]), terms([], [1])).constant
    assert not Formula(terms([2, 4], [6]), terms([1, 2], [4])).constant
    assert not Formula(terms([1, 1])).constant
    assert not Formula(terms([1]), terms([1], [1])).constant
    assert not Formula(terms([], [1])).constant


def test_equal_functions_in_different_forms():
    logistic = Formula(terms([1]), terms([1], [1]))
    assert logistic.equals(Formula(terms([2]), terms([2], [2])))
    assert logistic.equals(Formula(terms([1], [1]), terms([1], [2], [1])))
    assert not logistic.equals(Formula(terms([], [1]), terms([1], [1])))
    assert Formula(()).equals(Formula((), terms([5])))
    assert product((), terms([1])) == ()


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("above", "below", "exponent", "base", "text"),
    [
        ([[1]], [[1], [1]], [0, -1], "e", "1/(1 + exp(-t))"),
        ([[], [0, 1]], [[1], [1]], [0, 1], "2", "t*2^(t)/(1 + 2^(t))"),
        ([[-1], [1]], [[1], [1]], [0, 2], "e", "(-1 + exp(2*t))/(1 + exp(2*t))"),
        ([[], [1]], [[1]], [0, 0, -1], "e", "exp(-t^2)"),
        ([[], [0, 2], [0, 1]], [[2], [2], [1]], [0, 1], "e", "(2*t*exp(t) + t*exp(2*t))/(2 + 2*exp(t) + exp(2*t))"),
        ([[0, "1/2", "1/6"]], [[1]], [], "e", "1/2*t + 1/6*t^2"),
        ([["-1/2", 0, -3]], [[1]], [], "e", "-1/2 - 3*t^2"),
        ([[0, 1]], [[2]], [], "e", "t/2"),
        ([[0, 1]], [["1/2"]], [], "e", "t/(1/2)"),
        ([[1]], [[0, -1]], [], "e", "1/(-t)"),
        ([], [[1]], [], "e", "0"),
    ],
)
def test_text(above, below, exponent, base, text):
    assert formula_text(Formula(terms(*above), terms(*below)), fmpq_poly(exponent), base) == text


def test_text_of_a_polynomial():
    assert polynomial_text(fmpq_poly([fmpq(1, 2), 0, -1, 3])) == "1/2 - t^2 + 3*t^3"
    assert polynomial_text(fmpq_poly()) == "0"


# ---------------------------------------------------------------- the document


GOOD = {"numerator": [[0, 0, "1"], [0, 1, "-1/2"], [2, 0, "3"]], "denominator": [[0, 0, "1"]]}


def test_reading():
    assert read_formula(GOOD, "test", Budget()) == Formula(terms([1, 0, 3], ["-1/2"]))
    assert read_formula({**GOOD, "numerator": []}, "test", Budget()) == Formula(())
    assert read_formula({**GOOD, "numerator": [[0, 2, "1"]]}, "test", Budget()) == Formula(terms([], [], [1]))


@pytest.mark.parametrize(
    "change",
    [
        {"numerator": [[0, 1, "1"], [0, 0, "1"]]},  # not sorted
        {"numerator": [[0, 0, "1"], [0, 0, "1"]]},
        {"numerator": [[2, 0, "1"], [0, 1, "1"]]},
        {"numerator": [[0, 0, "0"]]},
        {"numerator": [[0, 0, 1]]},
        {"numerator": [[0, 0, "x"]]},
        {"numerator": [[0, "1"]]},
        {"numerator": [[0, 0, "1", 0]]},
        {"numerator": [[-1, 0, "1"]]},
        {"numerator": [[0, True, "1"]]},
        {"numerator": [[1001, 0, "1"]]},
        {"numerator": [[0, 10**30, "1"]]},
        {"numerator": None},
        {"denominator": []},
        {"denominator": [[0, 0, "0"]]},
        {"denominator": "1"},
        {"more": []},
    ],
)
def test_misshapen_formulas(change):
    with pytest.raises(FormatError):
        read_formula(GOOD | change, "test", Budget())


def test_what_occurs_in_a_formula():
    for above, below, degree_in_t, degree in [
        ([[1]], [[1]], 0, 0),
        ([[0, 1]], [[1]], 1, 0),
        ([[1], [1]], [[1]], 0, 1),
        ([[1]], [[1, 0, 1]], 2, 0),
        ([[1]], [[1], [2], [1]], 0, 2),
        ([[1], [0, 0, 3]], [[1, 1], [2], [1]], 2, 2),
    ]:
        formula = Formula(terms(*above), terms(*below))
        assert (formula.degree_in_t, formula.uses_t, formula.degree) == (degree_in_t, degree_in_t > 0, degree)
    assert (Formula(()).degree_in_t, Formula(()).uses_t, Formula(()).degree) == (0, False, 0)
