"""Dual numbers: the rules of differentiation as identities of polynomials, over every arithmetic; what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Choice, KinkMet, Undecided
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import EvaluationPoint, Modulus
from exactcnn.network.activations import activation

Q = Rationals()
POINT = EvaluationPoint(1048343, 4)
INNER = [
    Q,
    Residues(POINT, (Modulus(POINT.modulus),)),
    Balls(),
    Enclosed(),
    Floating(np.dtype("float64")),
    Symbols(),
]


@pytest.fixture(params=INNER, ids=lambda a: type(a).__name__)
def inner(request):
    return request.param


def drawn(rng, *shape):
    values = np.empty(shape, dtype=object)
    values.ravel()[:] = [Fraction(int(n), int(d)) for n, d in rng.integers(1, 6, (int(np.prod(shape)), 2))]
    values.ravel()[::2] *= -1
    return values


def lifted(arithmetic, values):
    return arithmetic.lift(ExactArray.from_fractions(values.ravel().tolist(), values.shape))


def pair(arithmetic, value, slope):
    return Pair(lifted(arithmetic, value), None if slope is None else lifted(arithmetic, slope))


def along(function, x, dx):
    """Slope at 0 of s -> function(x + s dx), for a polynomial of degree at most 4: exact central differences."""

    def at(s):
        return function([a if b is None else a + s * b for a, b in zip(x, dx, strict=True)])

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / 12


@pytest.mark.parametrize("varying", [(0,), (1,), (0, 1), ()])
def test_sums_and_products(inner, agrees, varying):
    dual, rng = Dual(inner), np.random.default_rng(len(varying))
    x = [drawn(rng, 2, 3), drawn(rng, 2, 3)]
    dx = [drawn(rng, 2, 3) if i in varying else None for i in range(2)]
    a, b = (pair(inner, value, slope) for value, slope in zip(x, dx, strict=True))
    cases = [
        (dual.add(a, b), lambda v: v[0] + v[1]),
        (dual.multiply(a, b), lambda v: v[0] * v[1]),
        (dual.matmul(a, dual.transpose(b)), lambda v: v[0] @ v[1].T),
        (dual.total(dual.multiply(a, a)), lambda v: (v[0] * v[0]).sum(axis=0)),
        (dual.reshape(dual.add(a, b), 3, 2), lambda v: (v[0] + v[1]).reshape(3, 2)),
    ]
    for found, function in cases:
        assert agrees(inner, found.value, function(x))
        if not varying:
            assert found.slope is None
        elif found.slope is not None:
            assert agrees(inner, found.slope, along(function, x, dx))
        else:
            assert not along(function, x, dx).any()


@pytest.mark.parametrize("with_biases", [True, False])
@pytest.mark.parametrize("varying", [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_affine_maps(inner, agrees, varying, with_biases):
    """Patches, filters and biases vary, alone or together."""
    dual, rng = Dual(inner), np.random.default_rng(0)
    shapes = [(2, 5), (2, 3), (6,)]
    slots = np.array([[0, 4], [3, -1]])
    x = [drawn(rng, *shape) for shape in shapes]
    dx = [drawn(rng, *shape) if i in varying else None for i, shape in enumerate(shapes)]

    def function(v):
        padded = np.concatenate([v[0], np.zeros((2, 1), dtype=object)], axis=1)[:, slots]
        return (padded.reshape(4, 2) @ v[1]).reshape(2, 6) + (v[2] if with_biases else 0)

    patches, weights, biases = (pair(inner, value, slope) for value, slope in zip(x, dx, strict=True))
    found = dual.affine(patches, slots, weights, biases if with_biases else None)
    assert agrees(inner, found.value, function(x))
    relevant = [i for i in varying if i < 2 or with_biases]
    if relevant:
        assert agrees(inner, found.slope, along(function, x, dx))
    else:
        assert found.slope is None


def test_moves(inner, agrees):
    dual, rng = Dual(inner), np.random.default_rng(1)
    value, slope = drawn(rng, 1, 2, 2), drawn(rng, 1, 2, 2)
    slots = np.array([[0, 1], [1, -1]])
    flat = pair(inner, value.reshape(2, 2), slope.reshape(2, 2))
    found = dual.scatter(dual.reshape(flat, 1, 2, 2), slots, 3)
    for part, numbers in ((found.value, value), (found.slope, slope)):
        assert agrees(inner, part, [[numbers[0, 0, 0], numbers[0, 0, 1] + numbers[0, 1, 0], Fraction(0)]])
    choice = Choice(np.array([[1, 1]]))
    row = pair(inner, value[:, 0], slope[:, 0])
    taken, back = dual.take(row, choice, np.zeros((2, 1), dtype=int)), dual.put(row, choice, 3)
    for which, numbers in (("value", value[0, 0]), ("slope", slope[0, 0])):
        assert agrees(inner, getattr(taken, which), [[numbers[1]] * 2])
        assert agrees(inner, getattr(back, which), [[0, numbers.sum(), 0]])


@settings(max_examples=80)
@given(
    st.sampled_from(["square", "softsign", "hard-swish", "leaky-relu(1/3)", "polynomial(1,2,3,4)"]),
    st.fractions(-4, 4, max_denominator=9),
    st.fractions(-4, 4, max_denominator=9),
    st.fractions(-4, 4, max_denominator=9),
)
def test_chain_rule_twice(name, z, first, second):
    """f(z + s a + t b): slopes f' a and f' b, mixed f'' a b, by the pieces' derivatives written once."""
    curve = activation(name)
    if z in curve.kinks:
        return
    nested = Dual(Dual(Q))
    numbers = [np.array([[v]], dtype=object) for v in (z, first, second, Fraction(0))]
    at = Pair(pair(Q, numbers[0], numbers[1]), pair(Q, numbers[2], numbers[3]))
    choice = nested.pieces(curve, at) if curve.kinks else None
    found = nested.apply(curve, at, choice)
    slope, curvature = curve.derivative().exact(z), curve.derivative().derivative().exact(z)
    expected = [[curve.exact(z), slope * first], [slope * second, curvature * first * second]]
    parts = [[found.value.value, found.value.slope], [found.slope.value, found.slope.slope]]
    assert [[part.fractions()[0, 0] for part in row] for row in parts] == expected


def test_constants_stay_constants(inner):
    dual = Dual(inner)
    constant = dual.lift(ExactArray.from_array([[1, 2]]))
    assert constant.slope is None
    assert dual.multiply(constant, constant).slope is None
    assert dual.gather(constant, np.array([[0, -1]])).slope is None


# -------------------------------------------------------------------- kinks


def at_zero(slope=1):
    value = np.array([[Fraction(2), Fraction(0)]], dtype=object)
    return pair(Q, value, None if slope is None else np.array([[Fraction(0), Fraction(slope)]], dtype=object))


@pytest.mark.parametrize("name", ["relu", "abs", "leaky-relu", "hard-tanh"])
def test_a_kink_is_refused(name):
    curve, dual = activation(name), Dual(Q)
    z = at_zero() if name != "hard-tanh" else pair(Q, *(np.array([[Fraction(2), Fraction(v)]]) for v in (1, 1)))
    with pytest.raises(KinkMet, match="neuron 1 is at a kink on sample 0"):
        dual.apply(curve, z, dual.pieces(curve, z))
    constant = Pair(z.value, None)  # what does not vary has no slope to refuse
    assert dual.apply(curve, constant, dual.pieces(curve, constant)).slope is None


@pytest.mark.parametrize(("name", "order"), [("squared-relu", 1), ("softsign", 1), ("leaky-relu(1)", 9)])
def test_equal_slopes_are_no_kink_until_a_derivative_has_one(name, order):
    curve = activation(name)
    z, arithmetic = at_zero(), Dual(Q)
    arithmetic.apply(curve, z, arithmetic.pieces(curve, z))
    nested = Dual(arithmetic)
    twice = Pair(z, at_zero())
    if order > 1:
        nested.apply(curve, twice, nested.pieces(curve, twice))
    else:
        with pytest.raises(KinkMet):
            nested.apply(curve, twice, nested.pieces(curve, twice))


def test_elu_at_zero():
    """Slopes a and 1: smooth for a = 1 and not for a = 2; the exponential is 1 there, whatever the prime."""
    both = Residues(POINT, (Modulus(POINT.order), Modulus(POINT.modulus)))
    dual = Dual(both)
    z = Pair(*(both.inputs(ExactArray.from_array([[v]])) for v in (0, 1)))
    choice = Q.pieces(activation("elu(1)"), Q.lift(ExactArray.from_array([[0]])))
    assert dual.apply(activation("elu(1)"), z, choice).slope[Modulus(POINT.modulus)].tolist() == [[1.0]]
    with pytest.raises(KinkMet):
        dual.apply(activation("elu(2)"), z, choice)
    with pytest.raises(KinkMet):
        Dual(dual).apply(activation("elu(1)"), Pair(z, z), choice)


def test_what_is_open_is_refused_even_where_it_does_not_matter_for_the_value():
    open_ = Choice(np.zeros((1, 2), dtype=np.int8), last=np.array([[0, 1]], dtype=np.int8))
    field = Modulus(POINT.modulus)
    arithmetic = Residues(POINT, (field,))
    z = {field: np.array([[-3.0, 0.0]])}
    assert arithmetic.apply(activation("relu"), z, open_)[field].tolist() == [[0, 0]]
    with pytest.raises(Undecided, match="a sign on sample 0 is not decided"):
        Dual(arithmetic).apply(activation("relu"), Pair(z, z), open_)
    contenders = Choice(np.array([[0]]), contenders=np.ones((1, 1, 2), dtype=bool))
    same = {field: np.array([[4.0, 4.0]])}
    assert arithmetic.take(same, contenders, np.array([[0, 1]]))[field].tolist() == [[4]]
    with pytest.raises(Undecided, match="a winner on sample 0"):
        Dual(arithmetic).take(Pair(same, same), contenders, np.array([[0, 1]]))
    assert Dual(arithmetic).take(Pair(same, None), contenders, np.array([[0, 1]])).slope is None


@pytest.mark.parametrize("arithmetic", [Q, Enclosed(), Balls()], ids=["Q", "enclosures", "balls"])
def test_no_arithmetic_gives_a_kink_or_a_tie_a_side(arithmetic):
    """Zero and equal numbers that are known exactly: refused by all, as met or as undecided."""
    dual = Dual(arithmetic)
    zero = Pair(*(arithmetic.lift(ExactArray.from_array([[v, 5]])) for v in (0, 1)))
    with pytest.raises((KinkMet, Undecided)):
        dual.apply(activation("relu"), zero, dual.pieces(activation("relu"), zero))
    equal = Pair(*(arithmetic.lift(ExactArray.from_array([v])) for v in ([3, 3], [1, 2])))
    slots = np.array([[0, 1]])
    with pytest.raises((KinkMet, Undecided)):
        dual.take(equal, dual.winners(equal, slots), slots)
    constant = Pair(equal.value, None)
    assert dual.take(constant, dual.winners(constant, slots), slots).slope is None
