"""Gradients, Hessians and Jacobians against dual numbers, differences of exact losses, SymPy and mpmath."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import fmpq

from exactcnn.domains.balls import working_precision
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape import evaluation
from exactcnn.landscape.evaluation import evaluate
from exactcnn.landscape.objective import Objective

Q = Rationals()


def columns_by_duals(loss):
    """The Hessian, a column at a time, by the gradient over dual numbers."""
    dual, count = Dual(Q), loss.coordinates.count
    samples, targets = (dual.lift(array) for array in (loss.instance.samples, loss.instance.targets))
    for unit in np.eye(count, dtype=np.int64):
        theta = Pair(Q.lift(loss.theta), Q.lift(ExactArray(unit)))
        yield evaluate(dual, loss.coordinates, theta, samples, targets).gradient.slope.fractions()


def test_the_hessian_by_duals(network, drawn):
    loss = drawn(network, 3)
    assert (loss.hessian().fractions() == np.array(list(columns_by_duals(loss)))).all()


@pytest.mark.parametrize("entries", [1, 500])
def test_directions_in_several_passes(network, drawn, monkeypatch, entries):
    loss = drawn(network, 2, seed=1)
    whole = loss.hessian().fractions()
    monkeypatch.setattr(evaluation, "MOST_ENTRIES", entries)
    assert (drawn(network, 2, seed=1).hessian().fractions() == whole).all()


def test_some_coordinates_only(network, drawn):
    loss = drawn(network, 2, seed=2)
    whole, rng = loss.hessian().fractions(), np.random.default_rng(0)
    for size in (0, 1, loss.coordinates.count // 2):
        free = np.sort(rng.choice(loss.coordinates.count, size, replace=False))
        assert (loss.hessian(free).fractions() == whole[np.ix_(free, free)]).all()


def test_the_gradient_by_differences(network, drawn):
    """Along a line the loss is smooth near the point: symmetric differences of exact losses tend to the derivative."""
    loss, step = drawn(network, 2, seed=3), Fraction(1, 2**40)
    gradient = loss.gradient().fractions()
    theta = loss.theta.fractions()
    for i in range(loss.coordinates.count):
        ends = []
        for sign in (1, -1):
            moved = theta.copy()
            moved[i] += sign * step
            ends.append(loss.at(ExactArray.from_fractions(moved)).loss())
        assert abs((ends[0] - ends[1]) / (2 * step) - gradient[i]) < 2.0**-30


def test_the_jacobian_gives_the_gradient_and_the_outputs(network, drawn):
    loss = drawn(network, 3, seed=4)
    jacobian = loss.jacobian()
    residual = Q.reshape(loss.residual(), -1, 1)
    pulled = Q.matmul(Q.transpose(jacobian), residual).fractions().ravel()
    assert (pulled == loss.gradient().fractions()).all()
    theta, step = loss.theta.fractions(), Fraction(1, 2**40)
    moved = theta + step
    difference = (loss.at(ExactArray.from_fractions(moved)).outputs().fractions() - loss.outputs().fractions()) / step
    along = jacobian.fractions().sum(axis=1).reshape(difference.shape)
    assert (np.abs((difference - along).astype(float)) < 2.0**-30 * (1 + np.abs(along.astype(float)))).all()


@pytest.mark.parametrize("name", ["relu", "softsign", "square", "leaky-relu(1/3)"])
def test_balls_contain_rationals(dense, drawn, name):
    loss = drawn(dense((2, 3, 2), name), 4, seed=5)
    with working_precision(80):
        here = loss.in_balls()
        pairs = [(here.gradient, loss.gradient()), (here.hessian(range(17)), loss.hessian())]
        pairs.append((here.jacobian(), loss.jacobian()))
    for balls, exact in pairs:
        for enclosure, value in zip(balls.ravel().tolist(), exact.fractions().ravel().tolist(), strict=True):
            assert (enclosure - fmpq(*value.as_integer_ratio())).contains(0)


def test_floats_are_near(network, drawn):
    loss = drawn(network, 3, seed=6)
    exact = loss.hessian().fractions().astype(float)
    assert np.abs(loss.in_floats().hessian(range(len(exact))) - exact).max() <= 1e-10 * np.abs(exact).max()


def test_sympy_agrees(dense, drawn):
    """The loss written as one expression, differentiated by SymPy."""
    loss = drawn(dense((1, 2, 1), "softsign"), 3)
    field, symbols = Symbols(), sympy.symbols("t0:7")
    theta = np.array(symbols, dtype=object)
    samples, targets = (field.lift(array) for array in (loss.instance.samples, loss.instance.targets))
    expression = evaluate(field, loss.coordinates, theta, samples, targets, loss.pattern).twice_the_loss / 2
    point = dict(zip(symbols, field.lift(loss.theta).tolist(), strict=True))
    hessian = sympy.hessian(expression, symbols).xreplace(point)
    own = loss.hessian().fractions()
    assert all(sympy.Rational(*own[i, j].as_integer_ratio()) == hessian[i, j] for i in range(7) for j in range(7))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus(1)", "gelu", "elu(1)", "silu", "arctan"])
def test_mpmath_agrees(dense, drawn, name, oracles, sixty_digits):
    """Second differences of a loss computed with 60 digits by loops."""
    loss, function, mp = drawn(dense((2, 2, 1), name), 3, seed=8), oracles[name], sixty_digits
    samples, targets = (
        [[mp.mpf(v.numerator) / v.denominator for v in row] for row in array.fractions().tolist()]
        for array in (loss.instance.samples, loss.instance.targets)
    )

    def value(*theta):
        total = mp.mpf(0)
        for x, y in zip(samples, targets, strict=True):
            hidden = [function(x[0] * theta[t] + x[1] * theta[2 + t] + theta[4 + t]) for t in range(2)]
            total += (hidden[0] * theta[6] + hidden[1] * theta[7] + theta[8] - y[0]) ** 2
        return total / 2

    point = [mp.mpf(v.numerator) / v.denominator for v in loss.theta.fractions().tolist()]
    with working_precision(160):
        here = loss.in_balls()
        gradient, hessian = here.gradient.tolist(), here.hessian(range(9)).tolist()
    for i in range(9):
        order = tuple(int(i == a) for a in range(9))
        assert abs(mp.diff(value, tuple(point), order) - mp.mpf(gradient[i].mid().str(40, radius=False))) < 1e-15
    for i, j in ((0, 0), (0, 3), (1, 5), (2, 6), (4, 8), (8, 8), (0, 7)):
        order = tuple(int(i == a) + int(j == a) for a in range(9))
        found = mp.mpf(hessian[i][j].mid().str(40, radius=False))
        assert abs(mp.diff(value, tuple(point), order) - found) < 1e-10


def test_a_kink_has_no_derivatives(kink):
    with pytest.raises(InputError, match="layer 1: neuron 0 is at a kink on sample 2"):
        kink.gradient()
    with pytest.raises(InputError, match="kink"):
        kink.hessian()


def test_a_tie_has_no_derivatives(objective):
    from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
    from exactcnn.network.network import Network

    network = Network((1, 3), [Convolution(1, 2, bias="none"), MaxPooling(2), FullyConnected(1)], activation="identity")
    tied = objective(network, [[1, 1, 1]], [[0]], [1, 1, 1, 0])
    with pytest.raises(InputError, match="layer 2"):
        tied.gradient()
    apart = objective(network, [[1, 1, 2]], [[0]], [1, 1, 1, 0])
    assert apart.gradient().fractions().tolist() == [3, 6, 9, 3]


def test_balls_that_touch_a_kink(dense, drawn):
    from exactcnn.domains.arithmetic import Undecided

    loss = drawn(dense((1, 1, 1), "relu"), 1)
    with working_precision(64):
        wide = Balls().lift(loss.theta)
        wide[:] = [value + type(value)(0, 100) for value in wide]
        with pytest.raises(Undecided):
            loss.in_balls(wide).hessian(range(4))


def test_second_derivatives_say_how_far_they_are(network, drawn, monkeypatch):
    seen = []
    loss = Objective(drawn(network, 2).instance, lambda *report: seen.append(report))
    monkeypatch.setattr(evaluation, "MOST_ENTRIES", 1)
    loss.hessian()
    count = loss.coordinates.count
    assert seen == [("second derivatives", done, count) for done in range(count)]
    assert loss.at(loss.theta).progress is loss.progress
