"""T7: constant units, against closed forms and sampling."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.constant_units import constant_units
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from tests.landscape.examples import CONJECTURE, ONE_HOT, shallow


def test_counterexample_of_the_conjecture():
    finding = constant_units(shallow(CONJECTURE, [[-1], [0], [1]], ONE_HOT))
    assert (finding.type, finding.strict, finding.index) == ("minimum", False, None)
    assert finding.loss == (Fraction(2, 3), Fraction(2, 3))
    assert len(finding.evidence.congruences) == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"W1": [[0, 0, 1]]}, "not all hidden weights are zero"),
        ({"b2": ["-4/3", "1/2"]}, "not orthogonal"),
        ({"b2": ["-5/3", "1/3"]}, "not orthogonal"),
        ({"W2": [[1, 0], [1, 0], [0, 0]], "b2": ["-2/3", "1/3"]}, "unit 2 is not positive definite"),
        ({"W2": [[1, 0], [1, 0], [-1, 0]], "b2": ["0", "1/3"]}, "unit 2 is not positive definite"),
        ({"b1": [1, 1, -1], "b2": ["-1", "1/3"]}, "unit 2 is not positive definite"),
        ({"b1": [1, 1, 0], "b2": ["-7/6", "1/3"]}, "unit 2 is not positive definite"),
    ],
)
def test_each_condition_of_constant_units(changes, reason):
    assert reason in constant_units(shallow(CONJECTURE | changes, [[-1], [0], [1]], ONE_HOT))


def test_data_that_correlate_with_the_residual():
    assert "not orthogonal" in constant_units(shallow(CONJECTURE, [[-1], [0], [2]], ONE_HOT))


def test_evidence_has_no_empty_matrices():
    arrays, targets = {"W1": [[0]], "b1": [1], "W2": [[3]], "b2": [-2]}, [[1], [-2], [1]]
    assert constant_units(shallow(arrays, [[-1], [0], [1]], targets)).type == "minimum"
    assert constant_units(shallow(arrays, [[0], [0], [0]], targets)) == "all samples are zero"


def test_constant_inputs_do_not_matter():
    """The third input is always 1 and the second twice the first: definite on the span of the inputs only."""
    arrays = CONJECTURE | {"W1": [[0] * 3] * 3}
    finding = constant_units(shallow(arrays, [[-1, -2, 0], [0, 0, 0], [1, 2, 0]], ONE_HOT))
    assert finding.type == "minimum"
    assert finding.evidence.congruences[0].shape == (3, 1)


def test_other_networks():
    samples = [[-1], [0], [1]]
    assert "not rational" in constant_units(shallow(CONJECTURE, samples, ONE_HOT, activation="sigmoid"))
    assert "one hidden layer" in constant_units(shallow(CONJECTURE, samples, ONE_HOT, output="relu"))
    kink = CONJECTURE | {"b1": [1, 1, 0], "b2": ["-1/3", "1/3"]}
    assert "unit 2 is a breakpoint" in constant_units(shallow(kink, samples, ONE_HOT, activation="softsign"))
    layers = [Convolution(1, 1, activation="square"), FullyConnected(1, activation="identity")]
    network = Network((1, 1), layers)
    parameters = Parameters.from_arrays(network, {"W1": [[0]], "b1": [1], "W2": [[1]], "b2": [0]})
    assert "fully connected" in constant_units(Objective(Instance(network, parameters, [[1]], [[0]])))


def test_no_neighbour_is_lower():
    """A rational activation, so that neighbours are compared exactly."""
    b, sigma = Fraction(1), Fraction(1, 2)  # softsign, concave for t > 0
    arrays = {"W1": [[0, 0]], "b1": [b, b], "W2": [[3], [1]], "b2": [-4 * sigma]}
    objective = shallow(arrays, [[-1], [0], [1]], [[1], [-2], [1]], activation="softsign")
    assert constant_units(objective).loss == (3, 3)
    assert least_change(objective, tries=300) >= 0
    # the other sign is a descent, and is refused
    mirrored = shallow(arrays, [[-1], [0], [1]], [[-1], [2], [-1]], activation="softsign")
    assert "positive definite" in constant_units(mirrored)
    assert least_change(mirrored, tries=300) < 0


def least_change(objective, *, tries, size=Fraction(1, 2**12), seed=0):
    rng = np.random.default_rng(seed)
    theta, here = objective.theta.fractions(), objective.loss()
    changes = []
    for _ in range(tries):
        step = rng.integers(-8, 9, len(theta)) * (rng.random(len(theta)) < 0.5)
        moved = theta + np.array([Fraction(int(k)) * size for k in step], dtype=object)
        changes.append(objective.at(ExactArray.from_fractions(moved)).loss() - here)
    return min(changes)
