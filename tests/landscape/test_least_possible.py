"""Global minima by their outputs: against the least loss that outputs have, and the checker accepts them."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.classify import classify
from exactcnn.landscape.least_possible import least_possible
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network

SAMPLES = [[1, 0], [0, 1], [1, 0], [1, 0]]


def affine(targets, biases=(0, 0), samples=SAMPLES, activation="identity"):
    """Outputs are the rows of samples, and biases."""
    network = Network((2,), [FullyConnected(2, activation=activation)])
    return Objective(Instance(network, {"W1": np.eye(2, dtype=int), "b1": list(biases)}, samples, targets))


def least(objective):
    """The least of the loss, by the mean of each group of equal samples, found by comparing all pairs."""
    rows = objective.instance.samples.fractions().tolist()
    targets, total = objective.instance.targets.fractions(), Fraction(0)
    for i, row in enumerate(rows):
        if rows.index(row) == i:
            own = targets[[j for j, other in enumerate(rows) if other == row]]
            total += ((own - own.sum(axis=0) / len(own)) ** 2).sum()
    return total / 2


def test_planted_means():
    found = least_possible(affine([[2, 1], [0, 1], [0, 0], [1, -1]]))
    assert (found.type, found.evidence.kind, found.loss) == ("global minimum", "mean-targets", (Fraction(2),) * 2)
    assert least_possible(affine([[2, 1], [0, 1], [0, 0], [1, "-1.000000001"]])) == ""


@pytest.mark.parametrize("seed", range(30))
def test_it_is_so_exactly_where_the_loss_is_the_least_of_outputs(seed):
    generator = np.random.default_rng(seed)
    samples = generator.integers(0, 2, (5, 2)).tolist()
    targets = generator.integers(-1, 2, (5, 2)).tolist()
    given = affine(targets, generator.integers(-1, 1, 2).tolist(), samples)
    if seed % 2:  # at the mean, if outputs can be there: here they can
        rows = np.array(samples)
        means = np.array([np.array(targets)[(rows == row).all(axis=1)].sum(axis=0) for row in rows])
        given = affine((np.array(targets) * 0 + means).tolist(), (0, 0), samples)
    found = least_possible(given)
    assert bool(found) == (given.loss() == least(given))


def test_zero_loss_is_said_as_such():
    found = least_possible(affine([[1, 0], [0, 1], [1, 0], [1, 0]]))
    assert (found.evidence.kind, found.loss) == ("zero", (0, 0))


def test_features_that_are_not_rational():
    assert least_possible(affine([[0, 0]] * 4, activation="tanh")) == ""


@pytest.mark.parametrize("activation", ["relu", "logistic(2)", "leaky-relu"])
def test_the_checker_accepts_it_and_classify_says_so(activation):
    network = Network((2,), [FullyConnected(1, activation=activation), FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1], [2]], "b1": [0], "W2": [[1]], "b2": [0]}
    outputs = Objective(Instance(network, arrays, [[1, 0], [0, 1]], [[0], [0]])).outputs().fractions().ravel().tolist()
    targets = [[outputs[0] + 1], [outputs[1]], [outputs[0] - 1]]
    point = classify(Objective(Instance(network, arrays, [[1, 0], [0, 1], [1, 0]], targets)))
    assert (point.status, point.loss, point.suboptimal) == ("global minimum", (Fraction(1),) * 2, False)
    instance = point.objective.instance
    assert Certificate(instance, point.claims, 2).outcome.exit_code == 0
