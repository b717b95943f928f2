"""Saddles of exact index and zero loss by Krawczyk's operator; the checker agrees."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.finding import Finding, Slice
from exactcnn.landscape.isolated import independent_columns, maps_into_itself, saddle_in_box, zero_in_box
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network


def nothing_frozen(loss):
    return Slice((), frozenset(), loss.coordinates.count)


def outcome(loss, finding):
    points = (loss.coordinates.parameters(finding.centre),)
    return Certificate(loss.instance, (finding.claim(0),), len(loss.instance.network.layers), points).outcome


@pytest.fixture(scope="module")
def linear(objective, dense):
    """½ (w v − 1)²: a saddle at 0, zero loss on a hyperbola."""
    return objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], [0, 0])


def test_a_saddle_near_a_start(linear):
    start = ExactArray.from_array([1e-5, -2e-5])
    found = saddle_in_box(linear, start, nothing_frozen(linear), 128)
    assert (found.type, found.index) == ("saddle", (1, 1, 0))
    assert found.loss[0] < Fraction(1, 2) < found.loss[1]
    assert outcome(linear, found).exit_code == 0


def test_a_minimum_is_no_saddle(li_ding_sun):
    found = saddle_in_box(li_ding_sun, li_ding_sun.theta, nothing_frozen(li_ding_sun), 128)
    assert found == "no saddle: all curvatures have the same sign"


def test_zero_loss_near_a_start(linear):
    found = zero_in_box(linear, ExactArray.from_array([0.7, 1.4]), 128)
    assert (found.type, found.loss, found.strict) == ("global minimum", (0, 0), False)
    assert len(found.evidence.columns) == 1
    assert outcome(linear, found).exit_code == 0


def test_xor(objective, dense):
    """Two sigmoids compute it; weights near those that training finds."""
    network = dense((2, 2, 1), "sigmoid")
    samples, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [["1/8"], ["7/8"], ["7/8"], ["1/8"]]
    loss = objective(network, samples, targets, [0] * 9)
    from scipy.optimize import minimize

    def value(theta):
        here = loss.in_floats(theta)
        return float(here.twice_the_loss) / 2, here.gradient

    proved = 0
    for seed in range(4):
        start = np.random.default_rng(seed).standard_normal(9) * 1.5
        result = minimize(value, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000})
        found = zero_in_box(loss, ExactArray.from_array(result.x), 128)
        if isinstance(found, Finding):
            proved += 1
            assert outcome(loss, found).exit_code == 0
        else:
            assert result.fun > 1e-8
    assert proved >= 2


def test_more_equations_than_parameters(objective, dense):
    loss = objective(dense((1, 1), "identity"), [[0], [1], [2]], [[0], [1], [2]], [1, 0])
    assert zero_in_box(loss, loss.theta, 128) == "3 equations for 2 parameters"


def test_outputs_that_cannot_be_reached(objective, dense):
    loss = objective(dense((1, 2, 1), "square", bias="none"), [[1]], [[-1]], [1, 1, -1, "-1/2"])
    shut = objective(dense((1, 1, 1), "square", bias="none"), [[1]], [[1]], [0, 0])
    assert isinstance(zero_in_box(loss, loss.theta, 128), Finding)
    assert "full rank" in zero_in_box(shut, shut.theta, 128)


@pytest.mark.parametrize(("sample", "tied"), [([2, 1], False), ([2, 2], True)])
def test_ties_of_inputs(objective, sample, tied):
    """Evidence on a box excludes all ties, also where nothing depends on the winner."""
    network = Network((2,), [MaxPooling(patches=((0, 1),)), FullyConnected(1, activation="identity", bias="none")])
    loss = objective(network, [sample], [[3]], [1])
    found = zero_in_box(loss, loss.theta, 128)
    if tied:
        assert found == "a maximum of inputs is tied"
    else:
        assert outcome(loss, found).exit_code == 0


def test_krawczyk_by_hand():
    """g(x) = 2x − 1 on boxes around c: inside where the zero ½ is well inside."""
    from flint import arb

    inverse = np.array([[0.5]])
    jacobian = np.array([[arb(2)]], dtype=object)
    for centre, radius, inside in ((0.4, 0.2, True), (0.4, 0.05, False), (0.5, 0.1, True)):
        defect = np.array([arb(centre) - arb(1) / 2], dtype=object)
        assert maps_into_itself(inverse, jacobian, defect, np.array([radius])) is inside
    wide = np.array([[arb(2, 2)]], dtype=object)  # the slope may be 0: never
    assert not maps_into_itself(inverse, wide, np.array([arb(0)], dtype=object), np.array([1.0]))


def test_columns_are_independent():
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((4, 9))
    matrix[:, 3] = matrix[:, 2]
    columns = independent_columns(matrix, 4)
    assert columns.tolist() == sorted(set(columns.tolist()))
    assert np.linalg.cond(matrix[:, columns]) < 1e3
    assert independent_columns(np.ones((2, 5)), 2) is None
    assert independent_columns(np.full((2, 5), np.nan), 1) is None
