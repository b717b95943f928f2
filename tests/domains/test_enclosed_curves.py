"""Enclosures through activations: never wrong beside balls of 300 bits, and close where functions are tame."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed_curves import DEGREE, FARTHEST, MOST_CELLS, WIDTH, EnclosedCurves, _cells
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.network.activations import activation

A = EnclosedCurves()
SMOOTH = ["sigmoid", "tanh", "softplus(1)", "gelu", "erf", "arctan", "sin", "cos", "log-sigmoid", "silu", "mish"]
KINKED = ["elu(1)", "elu(1/2)", "softsign", "hard-swish", "squared-relu"]


def applied(curve, values, errors):
    z = np.array([values], dtype=float), np.array([errors], dtype=float)
    [values], [bounds] = A.apply(curve, z, A.pieces(curve, z) if curve.kinks else None)
    return values, bounds


def surely_outside(curve, x, value, bound):
    """Whether f(x) is certainly farther from the value than the bound says."""
    with working_precision(300):
        return bool(abs(curve.ball(ball(x)) - ball(float(value))) > ball(float(bound)))


@pytest.mark.parametrize("name", [*SMOOTH, *KINKED, "softplus(100)", "swish(-2)", "square"])
def test_all_of_an_interval_lands_within_the_bound(name):
    curve, generator = activation(name), np.random.default_rng(0)
    values = np.concatenate([generator.normal(size=60) * 10.0**k for k in (-20, -3, 0, 1, 2, 3)])
    edges = [0.0, -0.0, 5e-324, WIDTH / 2, -WIDTH / 2, 3 * WIDTH / 2, 3.0, -3.0, 709.9, -745.2]
    values = np.concatenate([values, edges])
    errors = np.where(generator.random(len(values)) < 0.3, 0.0, 10.0 ** generator.uniform(-18, -1.9, len(values)))
    errors[-3:] = WIDTH / 4
    found, bounds = applied(curve, values, errors)
    assert np.isfinite(bounds).sum() > len(values) / 2
    for t, e, value, bound in zip(values, errors, found, bounds, strict=True):
        if np.isfinite(bound):
            for part in (-1, 0, 1, Fraction(float(generator.uniform(-1, 1)))):
                assert not surely_outside(curve, Fraction(t) + part * Fraction(e), value, bound)


@pytest.mark.parametrize("name", SMOOTH)
def test_bounds_are_a_few_roundings_and_slopes(name):
    curve, values = activation(name), np.linspace(-30, 30, 401)
    for e in (0.0, 1e-12):
        found, bounds = applied(curve, values, np.full(401, e))
        assert (bounds <= 1e-14 * np.maximum(np.abs(found), 0.1) + 4 * e).all()
        assert (bounds >= e * 2.0**-60 * np.abs(found)).all()
    left = applied(activation("sigmoid"), [-700.0, -40.0], [0.0, 0.0])
    assert (left[1] < 1e-13 * left[0]).all()  # small values keep their digits


@pytest.mark.parametrize("e", [0.0, 2.0**-30, 2.0**-7])
def test_beside_a_kink_all_pieces_count(e):
    """|t| with another slope on either side, and both ends of the interval."""
    pieces = [Formula(polynomial(0, -3, 1)), Formula(polynomial(0, 5))]
    curve = Curve(tuple(pieces), (Fraction(0),))
    for t in (0.0, e, -e, e / 2, -e / 2, e / 3):
        [value], [bound] = applied(curve, [t], [e])
        assert np.isfinite(bound)
        for x in (Fraction(t) - Fraction(e), Fraction(t), Fraction(t) + Fraction(e)):
            assert abs(curve.exact(x) - Fraction(value)) <= Fraction(bound)


def test_a_kink_that_is_no_float():
    """Its neighbours are told from it with a rounding, which the bound has to cover."""
    third = Fraction(1, 3)
    pieces = Formula(polynomial(third**2, -2 * third, 1)), Formula(polynomial(-third, 1))  # (t - 1/3)^2 and t - 1/3
    curve = Curve(pieces, (third,))
    for t in (float(third), np.nextafter(float(third), 1), np.nextafter(float(third), 0)):
        for e in (0.0, 2.0**-54, 2.0**-20):
            [value], [bound] = applied(curve, [t], [e])
            for x in (Fraction(t) - Fraction(e), Fraction(t) + Fraction(e)):
                assert abs(curve.exact(x) - Fraction(value)) <= Fraction(bound)


def test_what_is_far_or_vague_has_no_bound():
    values = [1e300, -1e300, FARTHEST, 1.0, 1.0, 0.0]
    found, bounds = applied(activation("sigmoid"), values, [0, 0, 0, WIDTH / 2, np.inf, 0])
    assert found.tolist() == [0, 0, 0, 0, 0, 0.5]
    assert np.isinf(bounds[:5]).all()
    assert bounds[5] < 2e-15
    far, bound = applied(activation("exp"), [709.0, 710.0, 800.0, -800.0], [0.0] * 4)
    assert np.isfinite(bound).tolist() == [True, False, False, True]
    assert far[0] > 8e307


def test_too_many_cells_have_no_bound():
    values = np.arange(MOST_CELLS + 1) * WIDTH
    assert np.isinf(applied(activation("sin"), values, np.zeros(len(values)))[1]).all()


def test_a_pole_outside_the_piece_does_no_harm():
    curve = activation("softsign")  # t / (1 - t) and t / (1 + t): each has a pole on the other side
    found, bounds = applied(curve, [-1.0, 1.0, 0.001], [0.0, 0.0, 0.01])
    assert np.isfinite(bounds).all()
    assert found.round(3).tolist()[:2] == [-0.5, 0.5]


def test_the_length_of_series_is_restored_and_not_relied_on():
    former = flint.ctx.cap
    try:
        flint.ctx.cap = 3
        short = _cells(activation("gelu"), 0, np.array([5.0]))
        assert flint.ctx.cap == 3
    finally:
        flint.ctx.cap = former
    long = _cells(activation("gelu"), 0, np.array([5.0]))
    assert (short.coefficients == long.coefficients).all()
    assert short.errors == long.errors
    assert short.coefficients[DEGREE] != 0


def test_affine_pieces_keep_their_own_bounds():
    z = (np.array([[-1.0, 0.5, 2.0]]), np.array([[0.0, 0.75, 0.5]]))
    found = A.apply(activation("relu"), z, A.pieces(activation("relu"), z))
    assert [part.tolist() for part in found] == [[[0.0, 0.5, 2.0]], [[0.0, 0.75, 0.5]]]


# -------------------------------------------------------------------- inner products


def test_a_piece_on_too_many_cells_leaves_no_bound_where_another_piece_is_met_too():
    steep = Curve((Formula(()), Formula(((1, 0, Fraction(5)), (2, 0, Fraction(1))))), (Fraction(0),))
    many = np.arange(1.0, MOST_CELLS + 9.0)
    values, bounds = applied(steep, np.concatenate([[-0.001, -3.0], many]), np.concatenate([[0.01, 0.01], 0 * many]))
    assert np.isinf(bounds[0])  # the sign is open, and the second piece, of slope 5, is not looked at
    assert (values[1], bounds[1] < 1e-300) == (0.0, True)


def exactly(values):
    return np.array([Fraction(v) for v in values.ravel()], dtype=object).reshape(values.shape)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_inner_products_within_errors_are_enclosed(data, size, seed):
    generator = np.random.default_rng(seed)
    scales = data.draw(st.sampled_from([(0, 0), (900, -900), (-900, 40), (-500, -560), (500, 500), (1000, 1000)]))
    x, w = generator.normal(size=(3, size)) * 2.0 ** scales[0], generator.normal(size=(size, 2)) * 2.0 ** scales[1]
    if data.draw(st.booleans()):  # entries of very different sizes
        x *= 2.0 ** generator.integers(-60, 1, x.shape)
    b = generator.normal(size=2) * 2.0 ** min(sum(scales), 1000)
    errors = [np.abs(a) * data.draw(st.sampled_from([0.0, 2.0**-53, 2.0**-10])) for a in (x, w, b)]
    values, bounds = A.affine((x, errors[0]), np.arange(size)[None], (w, errors[1]), (b, errors[2]))
    signs = [generator.integers(-1, 2, a.shape) for a in (x, w, b)]
    parts = zip((x, w, b), signs, errors, strict=True)
    moved = [exactly(a) + sign * exactly(error) for a, sign, error in parts]
    exact = moved[0] @ moved[1] + moved[2]
    for value, bound, number in zip(values.ravel(), bounds.ravel(), exact.ravel(), strict=True):
        assert np.isinf(bound) or abs(Fraction(value) - number) <= Fraction(bound)
    if sum(scales) < 900:
        assert np.isfinite(bounds).all()


def test_long_inner_products_are_rounded_a_few_times_only():
    generator = np.random.default_rng(3)
    x, w = generator.normal(size=(4, 3000)), generator.normal(size=(3000, 5))
    values, bounds = A.matmul((x, np.zeros_like(x)), (w, np.zeros_like(w)))
    assert bounds.max() < 2e-13
    assert bounds.max() < super(EnclosedCurves, A).affine(
        (x, np.zeros_like(x)), np.arange(3000)[None], (w, np.zeros_like(w)), None
    )[1].min() / 30  # fmt: skip
    exact = exactly(x) @ exactly(w)
    assert (np.abs(exactly(values) - exact) <= exactly(bounds)).all()


def test_padding_reads_zero_and_filters_serve_all_patches():
    x = A.lift(ExactArray.from_strings([["1/3", "2", "5"]]))
    weights = A.lift(ExactArray.from_strings([["3", "1/7"], ["1", "0"]]))
    values, bounds = A.affine(x, np.array([[0, 1], [2, -1]]), weights, None)
    exact = [Fraction(3), Fraction(1, 21), Fraction(15), Fraction(5, 7)]
    assert all(abs(Fraction(v) - n) <= Fraction(b) < 1e-13 for v, n, b in zip(values[0], exact, bounds[0], strict=True))


@pytest.mark.parametrize("wild", [np.inf, np.nan])
def test_what_is_not_finite_stays_with_its_sample(wild):
    x = np.array([[1.0, 2.0], [wild, 1.0], [0.0, 1.0]]), np.array([[0.0, 0.0], [0.0, 0.0], [np.inf, 0.0]])
    _, bounds = A.affine(x, np.array([[0, 1]]), (np.ones((2, 2)), np.zeros((2, 2))), None)
    assert np.isinf(bounds).tolist() == [[False] * 2, [True] * 2, [True] * 2]


@pytest.mark.parametrize(("samples", "size"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_add(samples, size):
    left, right = (np.zeros((samples, size)),) * 2, (np.ones((size, 3)),) * 2
    values, bounds = A.matmul(left, right)
    assert values.shape == bounds.shape == (samples, 3)
    assert not values.any()
