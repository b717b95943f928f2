"""Floats with bounds: every bound is true, each of its terms is needed, and doubt is never called certainty."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.network.activations import activation

A = Enclosed()
U = Fraction(1, 2**53)
TINY = 2.0**-1074
SMALLEST = Fraction(1, 2**1074)
STRANGE = [0.0, 1.0, -1.0, 0.1, 1 + 2.0**-52, 2.0**-1074, -(2.0**-1060), 2.0**-537, 2.0**500, -(2.0**600), 1e308, 1 / 3]
FLOATS = st.sampled_from(STRANGE) | st.floats(-1e3, 1e3) | st.floats(allow_nan=False, allow_infinity=False)
ERRORS = st.sampled_from([0.0, TINY, 1e-310, 1e-17, 1e-3, 1e300])


def affine(x, errors, weights, biases):
    """Values and bounds of one sample and one patch: inner products with every filter."""
    x, errors = np.array([x], dtype=float), np.array([errors], dtype=float)
    lifted = None if biases is None else A.lift(ExactArray.from_strings(biases))
    values, bounds = A.affine(
        (x, errors), np.arange(x.shape[1])[None], A.lift(ExactArray.from_strings(weights)), lifted
    )
    return values[0], bounds[0]


def gamma(n):
    return n * U / (1 - n * U)


def holds(value, bound, exact):
    return bound == math.inf or abs(Fraction(float(value)) - exact) <= Fraction(float(bound))


# -------------------------------------------------------------------- the a-priori bound of inner products


def test_the_bias_is_one_more_sum():
    """gamma_K (|x||w| + |b|) is exceeded, gamma_(K+1) is not: x = 1 + 2^-26, w = 1 + 2^-27, b = 2^-53, K = 1."""
    x, w, b = 1 + 2.0**-26, 1 + 2.0**-27, 2.0**-53
    [value], [bound] = affine([x], [0], [[w]], [b])
    exact = Fraction(x) * Fraction(w) + Fraction(b)
    error = abs(Fraction(float(value)) - exact)
    assert error == 2 * U
    assert gamma(1) * exact < error <= gamma(2) * exact <= Fraction(float(bound))


def test_gradual_underflow_is_one_more_term():
    """The product 2^-1080 vanishes; without the last term a sign would be certain and wrong."""
    x, w = 2.0**-540, -(2.0**-540)
    [value], [bound] = affine([x, 0], [0, 0], [[w], [1.0]], [0.0])
    assert value == 0
    assert Fraction(float(bound)) >= Fraction(2) ** -1080
    assert A.pieces(activation("relu"), (np.array([[value]]), np.array([[bound]]))).open.all()


@settings(max_examples=200)
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.lists(FLOATS, min_size=n, max_size=n)] * 2)), FLOATS)
def test_bounds_hold_and_contain_the_a_priori_bound(lists, b):
    x, w = lists
    [value], [bound] = affine(x, [0] * len(x), [[v] for v in w], [b])
    exact = sum((Fraction(a) * Fraction(c) for a, c in zip(x, w, strict=True)), Fraction(b))
    assert holds(value, bound, exact)
    large_integers = any(v.is_integer() and abs(v) > 2**53 for v in (*w, b))  # have bounds of their own
    if 0 < bound < math.inf and not large_integers:
        size = sum((abs(Fraction(a) * Fraction(c)) for a, c in zip(x, w, strict=True)), abs(Fraction(b)))
        bound = Fraction(float(bound))
        assert bound >= gamma(len(x) + 1) * size + (len(x) + 1) * SMALLEST
        assert bound <= 4 * gamma(len(x) + 4) * size + 4 * (len(x) + 2) * SMALLEST


@pytest.mark.parametrize("size", [1, 2, 3, 10, 100, 3000])
def test_cancelling_inner_products(size):
    """b = -(computed sum): what is left is nothing but the rounding error, which the bound must cover."""
    rng = np.random.default_rng(size)
    for scale in (1.0, 2.0**-1040, 2.0**900):
        x, w = rng.normal(size=size) * scale, rng.normal(size=size)
        b = -float(x @ w)
        [value], [bound] = affine(x, np.zeros(size), w[:, None].astype(object), [b])
        exact = sum((Fraction(a) * Fraction(c) for a, c in zip(x.tolist(), w.tolist(), strict=True)), Fraction(b))
        assert holds(value, bound, exact)


@settings(max_examples=200)
@given(st.data(), st.integers(1, 4))
def test_inherited_errors(data, size):
    """True features anywhere within their bounds, weights and biases that are no floats."""
    x = data.draw(st.lists(FLOATS, min_size=size, max_size=size))
    e = data.draw(st.lists(ERRORS, min_size=size, max_size=size))
    side = data.draw(st.lists(st.fractions(-1, 1), min_size=size, max_size=size))
    weight = st.sampled_from(["1/3", "-2/7", "1e-330", "-1", "1e200", "1e-400", "0"])
    w = data.draw(st.lists(weight, min_size=size, max_size=size))
    b = data.draw(weight)
    [value], [bound] = affine(x, e, [[v] for v in w], [b])
    true = [Fraction(a) + Fraction(c) * s for a, c, s in zip(x, e, side, strict=True)]
    assert holds(value, bound, sum((a * Fraction(c) for a, c in zip(true, w, strict=True)), Fraction(b)))


def test_sums_on_one_grid_are_exact():
    pixels = ExactArray.from_array(np.arange(0, 272).reshape(1, -1)).scaled(Fraction(1, 16)).floats()[0]
    weights = np.random.default_rng(0).normal(size=(272, 3)).astype(np.float32).round(3).astype(np.float16)
    values, bounds = affine(pixels[0], np.zeros(272), weights.astype(np.float64), ["1/8", "0", "-3"])
    exact = [
        sum(Fraction(a) * Fraction(float(w)) for a, w in zip(pixels[0].tolist(), column, strict=True))
        for column in weights.T
    ]
    assert not bounds.any()
    assert [Fraction(v) for v in values.tolist()] == [
        a + b for a, b in zip(exact, [Fraction(1, 8), 0, -3], strict=True)
    ]


def test_sums_just_off_the_grid_are_not_called_exact():
    """Terms 2^53 and 1 and 1: a partial sum rounds whatever the order; 2^52 and 1 are fine."""
    [value], [bound] = affine([2.0**53, 1.0], [0, 0], [["1"], ["1"]], ["1"])
    assert abs(Fraction(float(value)) - (2**53 + 2)) <= Fraction(float(bound))
    assert bound > 0
    assert affine([2.0**50, 1.0], [0, 0], [["1"], ["1"]], ["1"])[1] == 0


@settings(max_examples=200)
@given(
    st.lists(st.integers(-(2**27), 2**27), min_size=1, max_size=4),
    st.lists(st.integers(-(2**27), 2**27), min_size=4, max_size=4),
    st.integers(-600, 480),
    st.integers(-500, 440),
    st.integers(-(2**53), 2**53),
)
def test_what_is_called_exact_is_exact(x, w, low, lower, b):
    """Integers near the limit of 2^53, scaled to both ends of the range."""
    w = w[: len(x)]
    values = [v * 2.0**low for v in x]
    weights = [[v * 2.0**lower] for v in w]
    bias = math.ldexp(b, low + lower)
    [value], [bound] = affine(values, [0] * len(x), np.array(weights, dtype=object), [bias])
    exact = sum((Fraction(a) * Fraction(c) for a, [c] in zip(values, weights, strict=True)), Fraction(bias))
    assert holds(value, bound, exact)


@pytest.mark.parametrize("x", [[math.inf, 1.0], [1e308, 1e308], [1e308, -1e308], [0.0, math.inf]])
def test_what_is_not_finite_decides_nothing(x):
    values, bounds = affine(x, [math.inf if v == math.inf else 0.0 for v in x], [["2", "1"], ["2", "0"]], ["0", "0"])
    assert np.isfinite(values).all()
    assert bounds[0] == math.inf
    assert not np.isnan(bounds).any()


@pytest.mark.parametrize(("samples", "size"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_add(samples, size):
    """No samples, and inner products of no terms, as gradients over no samples have them."""
    left, right = (np.zeros((samples, size)),) * 2, (np.ones((size, 3)),) * 2
    values, bounds = A.matmul(left, right)
    assert values.shape == bounds.shape == (samples, 3)
    assert not values.any()


# -------------------------------------------------------------------- the other operations


@st.composite
def enclosed_arrays(draw, *shape):
    """Values, bounds, and exact numbers anywhere within them, often at an end."""
    size = math.prod(shape)

    def listed(elements):
        return np.array(draw(st.lists(elements, min_size=size, max_size=size)))

    values, errors = listed(FLOATS).reshape(shape), listed(ERRORS).reshape(shape)
    sides = draw(st.lists(st.sampled_from([-1, 0, 1, Fraction(1, 3)]), min_size=size, max_size=size))
    exact = np.empty(size, dtype=object)
    pairs = zip(values.ravel().tolist(), errors.ravel().tolist(), sides, strict=True)
    exact[:] = [Fraction(v) + Fraction(e) * s for v, e, s in pairs]
    return (values, errors), exact.reshape(shape)


@settings(max_examples=150)
@given(enclosed_arrays(2, 3), enclosed_arrays(2, 3))
def test_sums_and_products(agrees, first, second):
    (x, exact_x), (y, exact_y) = first, second
    assert agrees(A, A.add(x, y), exact_x + exact_y)
    assert agrees(A, A.multiply(x, y), exact_x * exact_y)
    assert agrees(A, A.matmul(x, A.transpose(y)), exact_x @ exact_y.T)


@settings(max_examples=150)
@given(enclosed_arrays(4, 3), st.lists(st.integers(-1, 2), min_size=6, max_size=6))
def test_sums_of_many(agrees, array, slots):
    x, exact = array
    slots = np.array(slots).reshape(2, 3)
    assert agrees(A, A.total(x), exact.sum(axis=0))
    scattered, expected = A.scatter(A.reshape(x, 2, 2, 3), slots, 4), np.zeros((2, 4), dtype=object)
    for i, p, s in np.ndindex(2, 2, 3):
        if slots[p, s] >= 0:
            expected[i, slots[p, s]] += exact.reshape(2, 2, 3)[i, p, s]
    assert agrees(A, scattered, expected)
    winners = np.abs(slots).repeat(2, axis=0)
    expected = np.zeros((4, 3), dtype=object)
    for i, p in np.ndindex(4, 3):
        expected[i, winners[i, p]] += exact[i, p]
    assert agrees(A, A.put(x, Choice(winners), 3), expected)


def test_long_sums_of_one_sign():
    """A hundred thousand tenths: the error of the sum grows, and stays below its bound."""
    tenth = ExactArray.from_strings([["1/10", "1/10"]])
    value, error = (np.repeat(part, 100_000, axis=0) for part in A.lift(tenth))
    values, bounds = A.total((value, error))
    assert holds(values[0], bounds[0], Fraction(10_000))
    assert abs(Fraction(float(values[0])) - 10_000) > 0
    assert bounds[0] < 1e-6


# -------------------------------------------------------------------- values of curves


NAMES = ["relu", "identity", "abs", "leaky-relu(1/3)", "relu6", "clip(-1/3,1/7)", "hard-sigmoid", "hard-tanh", "square"]
NAMES += ["leaky-relu(1e-320)", "leaky-relu(1e-400)", "leaky-relu(1e70)", "leaky-relu(-0.1)", "softsign"]
NAMES += ["clip(0.1,1e320)", "polynomial(1/3,-1/7)", "polynomial(0,1e59)", "polynomial(1e-200,1)", "squared-relu"]
NAMES += ["hard-swish", "leaky-relu(1/2)", "leaky-relu(-1)", "leaky-relu(1)", "polynomial(5)", "clip(-0.1,0.1)"]
JUST_BELOW_ONE = [f"leaky-relu({1 - Fraction(k, 10) / 2**53})" for k in (2, 6, 14)]


@settings(max_examples=400)
@given(
    st.sampled_from(NAMES + JUST_BELOW_ONE),
    st.sampled_from([0.0, 1e-320, -5e-324, 1e308, -1.7e308, 6.0, 0.1, -(1 + 2.0**-52), 1e-17])
    | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, TINY, 2 * TINY, 1e-17, 1.0, 1 + 2.0**-52, 1e300, math.inf]),
    st.sampled_from([-1, 1]) | st.fractions(-1, 1),
)
def test_bounds_survive_curves(name, value, error, side):
    """With the true piece, and with all candidates left open."""
    curve = activation(name)
    z = Fraction(value) + (Fraction(error) if error < math.inf else 10**400) * side
    pair = np.array([[value]]), np.array([[error]])
    certain = None
    if curve.kinks:
        certain = Choice(np.array([[curve.piece(z)]], dtype=np.int8))
    for choice in (certain, A.pieces(curve, pair) if curve.kinks else None):
        values, bounds = A.apply(curve, pair, choice)
        assert np.isfinite(values).all()
        assert holds(values[0, 0], bounds[0, 0], curve.exact(z))


def test_a_slope_just_below_one_rounds_by_more_than_it_shrinks():
    """v = -(1 + 2u), c = 1 - 0.6 u: c v rounds to -1, and c (2 v) lies farther from it than |v|."""
    slope = 1 - Fraction(6, 10) * U
    leaky = Curve((Formula(polynomial(0, slope)), Formula(polynomial(0, 1))), (Fraction(0),))
    v = -(1 + 2.0**-52)
    pair = np.array([[v]]), np.array([[-v]])
    choice = A.pieces(leaky, pair)
    assert choice.open.all()
    values, bounds = A.apply(leaky, pair, choice)
    worst = leaky.exact(Fraction(v) * 2)
    assert abs(Fraction(float(values[0, 0])) - worst) > Fraction(-v)
    assert holds(values[0, 0], bounds[0, 0], worst)


@pytest.mark.parametrize("name", ["relu", "abs", "leaky-relu(-1)", "leaky-relu(1/100)", "leaky-relu(-1/2)"])
def test_an_open_sign_keeps_its_bound(name):
    """No growth over many layers: what is open stays as near as it was."""
    pair = np.array([[1e-17, -1e-17, 0.0]]), np.array([[3e-17, 2e-17, 1e-30]])
    choice = A.pieces(activation(name), pair)
    assert choice.open.all()
    assert A.apply(activation(name), pair, choice)[1].tolist() == pair[1].tolist()


def test_a_constant_beside_the_kink_rounds():
    """1/3 and 1/3 + t: the error of 1/3 as a float is far above the doubt about t."""
    third = Fraction(1, 3)
    curve = Curve((Formula(polynomial(third)), Formula(polynomial(third, 1))), (Fraction(0),))
    pair = np.zeros((1, 1)), np.full((1, 1), 1e-30)
    choice = A.pieces(curve, pair)
    assert choice.open.all()
    values, bounds = A.apply(curve, pair, choice)
    assert holds(values[0, 0], bounds[0, 0], third)
    assert bounds[0, 0] < 1e-15


def test_what_is_not_affine_has_no_bound_where_it_matters():
    """Squared ReLU: 0 exactly on the left; nothing is known on the right, and where the sign is open."""
    pair = np.array([[-1.0, 1.0, 0.0]]), np.array([[0.5, 0.5, 0.5]])
    values, bounds = A.apply(activation("squared-relu"), pair, A.pieces(activation("squared-relu"), pair))
    assert bounds.tolist() == [[0, math.inf, math.inf]]
    assert values.tolist() == [[0, 0, 0]]
    for name in ("sigmoid", "gelu"):
        assert A.apply(activation(name), pair, None)[1].tolist() == [[math.inf] * 3]


# -------------------------------------------------------------------- signs and winners

EXACT = (
    st.sampled_from([Fraction(n, d) for n in (-3, -1, 0, 1, 2) for d in (1, 3, 2**60, 3 * 2**1080)]) | st.fractions()
)


@st.composite
def near(draw, count):
    """Exact numbers, floats near them, and bounds that hold, seldom by much."""
    exact = draw(st.lists(EXACT, min_size=count, max_size=count))
    values, errors = [], []
    for number in exact:
        value = draw(st.sampled_from([float(number), 0.0, math.nextafter(float(number), 9e9), float(number) + 0.25]))
        error = float(abs(Fraction(value) - number))
        while Fraction(error) < abs(Fraction(value) - number):
            error = math.nextafter(error, math.inf)
        values.append(value)
        errors.append(draw(st.sampled_from([error, error + TINY, 2 * error, error + 1.0, math.inf])))
    return exact, np.array(values), np.array(errors)


@settings(max_examples=200)
@given(near(6), st.sampled_from(["relu", "relu6", "hard-sigmoid", "clip(-1/3,1/3)", "leaky-relu"]))
def test_pieces_hold(numbers, name):
    exact, values, errors = numbers
    curve = activation(name)
    choice = A.pieces(curve, (values.reshape(3, 2), errors.reshape(3, 2)))
    last = choice.chosen if choice.last is None else choice.last
    ties = np.zeros((3, 2), dtype=bool) if choice.ties is None else choice.ties
    found = zip(choice.chosen.ravel().tolist(), last.ravel().tolist(), ties.ravel().tolist(), exact, strict=True)
    for first, final, tie, number in found:
        assert first <= curve.piece(number) <= final
        if first == final:
            assert tie == (number in curve.kinks)  # certain, and then a tie is known
        elif tie:
            assert number in curve.kinks


@settings(max_examples=200)
@given(near(8), st.integers(1, 3), st.randoms(use_true_random=False))
def test_winners_are_largest(numbers, size, random):
    exact, values, errors = numbers
    slots = np.array([[random.randrange(4) for _ in range(size)] for _ in range(5)])
    pair = values.reshape(2, 4), errors.reshape(2, 4)
    choice = A.winners(pair, slots)
    assert choice.chosen.shape == (2, 5)
    open_ = np.zeros((2, 5), dtype=bool) if choice.open is None else choice.open
    maxima, bounds = A.take(pair, choice, slots)
    for i, p in np.ndindex(2, 5):
        numbers = {j: exact[4 * i + j] for j in slots[p].tolist()}
        top = max(numbers.values())
        assert choice.chosen[i, p] in slots[p]
        assert holds(maxima[i, p], bounds[i, p], top)
        best = {j for j, number in numbers.items() if number == top}
        if open_[i, p]:
            assert best & set(slots[p][choice.contenders[i, p]].tolist())
        else:
            assert choice.chosen[i, p] in best
            tie = choice.ties is not None and choice.ties[i, p]
            assert tie == (len(best) > 1)  # certain, and then a tie is known


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ([1.7e308, -1e308], [1.2e308, 1.2e308]),  # difference and doubt overflow both
        ([math.inf, 5.0], [math.inf, 0.0]),
        ([math.inf, -math.inf], [math.inf, math.inf]),
        ([0.0, 0.0], [0.0, TINY]),
        ([TINY, 0.0], [TINY, TINY]),
        ([1.0, 1.0 - 2.0**-53], [2.0**-54, 2.0**-54 + 2.0**-100]),
        ([3.0, 0.0], [0.0, math.inf]),
    ],
)
def test_doubt_at_the_ends_of_the_float_range_is_no_certainty(values, errors):
    """The bounds allow that the second number is larger."""
    choice = A.winners((np.array([values]), np.array([errors])), np.array([[0, 1]]))
    assert choice.open.tolist() == [[True]]
    assert choice.contenders.tolist() == [[[True, True]]]


def test_enclosures_that_touch_are_open_and_numbers_that_are_known_are_not():
    """[0, 2] and [-2, 0] in subnormal steps: the maximum is the first one, and a tie at 0 is possible."""
    slots = np.array([[0, 1]])
    assert A.winners((np.array([[TINY, -TINY]]), np.array([[TINY, TINY]])), slots).open.all()
    clear = A.winners((np.array([[2.0, 1.0]]), np.array([[0.25, 0.5]])), slots)
    assert (clear.chosen.tolist(), clear.open, clear.ties) == ([[0]], None, None)
    tie = A.winners((np.array([[1.0, 1.0]]), np.zeros((1, 2))), slots)
    assert (tie.chosen.tolist(), tie.open, tie.ties.tolist()) == ([[0]], None, [[True]])
    same = A.winners((np.array([[1.0, 1.0]]), np.zeros((1, 2))), np.array([[0, 0]]))
    assert (same.open, same.ties) == (None, None)
    smallest = A.winners((np.array([[0.0, TINY]]), np.zeros((1, 2))), slots)
    assert (smallest.chosen.tolist(), smallest.ties) == ([[1]], None)
    zero = A.pieces(activation("relu"), (np.array([[0.0, TINY, -0.0]]), np.zeros((1, 3))))
    assert (zero.chosen.tolist(), zero.open, zero.ties.tolist()) == ([[0, 1, 0]], None, [[True, False, True]])


def test_the_float_passed_on_is_the_largest_with_the_largest_bound():
    """Contenders 5 ± 1 and 4 ± 3 may be as large as 7: neither's own bound around its own float would do."""
    pair = np.array([[5.0, 4.0, 0.0]]), np.array([[1.0, 3.0, 0.5]])
    slots = np.array([[0, 1, 2]])
    choice = A.winners(pair, slots)
    assert choice.contenders.tolist() == [[[True, True, False]]]
    assert [part.tolist() for part in A.take(pair, choice, slots)] == [[[5.0]], [[3.0]]]
    other = Choice(np.array([[1]]), contenders=choice.contenders)  # whichever of them is named
    assert [part.tolist() for part in A.take(pair, other, slots)] == [[[5.0]], [[3.0]]]
    settled = choice.replaced(np.array([0]), Choice(np.array([[1]])))
    assert [part.tolist() for part in A.take(pair, settled, slots)] == [[[4.0]], [[3.0]]]
    assert [part.tolist() for part in A.take(pair, Choice(np.array([[1]])), slots)] == [[[4.0]], [[3.0]]]
