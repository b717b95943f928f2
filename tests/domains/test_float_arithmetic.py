"""Floats as NumPy computes them: their own precision, their own pieces, and silence where they overflow."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.network.activations import activation


@pytest.fixture(params=["float32", "float64"])
def floats(request):
    return Floating(np.dtype(request.param))


def test_every_operation_keeps_the_precision_and_passes_overflow_in_silence(floats):
    top = np.finfo(floats.dtype).max
    x = np.array([[top, -top, 1.0], [top, top, np.inf]], dtype=floats.dtype)
    slots = np.array([[0, 0], [1, 2]])
    with np.errstate(all="raise"):
        results = [
            floats.add(x, x),
            floats.multiply(x, x),
            floats.multiply(x, np.zeros((1, 1), dtype=floats.dtype)),  # inf * 0
            floats.matmul(x, x.T),
            floats.total(x),
            floats.scatter(floats.gather(x, np.array([[0, 1], [0, 2]])), slots, 3),
            floats.put(x, floats.winners(x, np.array([[0], [0], [0]])), 3),
            floats.affine(x, slots, x.T[:2], x.ravel()[:4]),
            floats.apply(activation("square"), x, None),
            floats.lift(ExactArray.from_strings([["1e400", "1e300", "1/3", "1e-400"]])),
        ]
    assert {result.dtype for result in results} == {floats.dtype}
    assert results[0].tolist() == [[np.inf, -np.inf, 2], [np.inf, np.inf, np.inf]]
    assert np.isinf(results[-1][0, 0])


def test_affine_maps_are_those_of_numpy(floats):
    weights = floats.lift(ExactArray.from_strings([["1/3", "1e300"]]))
    biases = floats.lift(ExactArray.from_strings(["1e-300", "-1e300"]))
    values = floats.affine(np.array([[3.0]], dtype=floats.dtype), np.array([[0]]), weights, biases)
    assert values.dtype == floats.dtype
    assert values[0, 0] == floats.dtype.type(3) * floats.dtype.type(1 / 3)


@pytest.mark.parametrize("name", ["relu", "relu6", "clip(0.1,0.3)", "clip(-1e300,1e300)", "clip(0,1e400)", "softsign"])
def test_pieces_are_those_that_the_values_use(floats, name):
    """Kinks are rounded to the precision, those beyond its range to infinity; not a number lies right of all."""
    curve = activation(name)
    kinks = [float(k) if abs(k) < 2**1023 else np.inf for k in curve.kinks]
    with np.errstate(over="ignore"):
        x = np.array([[-np.inf, -1e30, -1.0, 0.0, 0.1, 0.3, 6.0, 1e30, np.nan, *kinks]]).astype(floats.dtype)
    with np.errstate(all="raise"):
        choice = floats.pieces(curve, x)
        marked = Curve(tuple(Formula(polynomial(i)) for i in range(len(curve.pieces))), curve.kinks)
        assert choice.chosen.tolist() == marked.floats(x).astype(int).tolist()
        rounded = x[0, len(x[0]) - len(kinks) :].tolist()
        assert choice.chosen[0].tolist() == [sum(not z <= kink for kink in rounded) for z in x[0].tolist()]
        found = floats.apply(curve, x, choice)
    assert choice.open is None
    assert np.array_equal(found, curve.floats(x), equal_nan=True)


def test_winners_are_the_first_of_the_largest(floats):
    x = np.array([[1, 3, 3, np.nan, -np.inf]], dtype=floats.dtype)
    slots = np.array([[0, 1, 2], [2, 1, 0], [4, 4, 4], [0, 3, 1]])
    choice = floats.winners(x, slots)
    assert choice.chosen.tolist() == [[1, 2, 4, 3]]
    taken = floats.take(x, choice, slots)
    assert np.array_equal(taken, np.array([[3, 3, -np.inf, np.nan]], dtype=floats.dtype), equal_nan=True)


def test_lifting_rounds_to_nearest():
    numbers = [Fraction(1, 3), Fraction(2**53 + 1), -Fraction(1, 10), Fraction(1, 2**1074)]
    exact = ExactArray.from_fractions(numbers, (1, 4))
    assert Floating(np.dtype("float64")).lift(exact).tolist() == [[float(number) for number in numbers]]
    assert Floating(np.dtype("float32")).lift(exact).tolist() == [[float(np.float32(float(n))) for n in numbers]]
