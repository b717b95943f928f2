"""Class targets: on networks of one's own, with each hypothesis dropped."""

import numpy as np

from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import exact_array
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.class_features import needed_at_a_critical_point, no_critical_point

DATA = Dataset.from_array([[0, 1], [1, 0], [2, 5], [3, 1]], labels=np.array([0, 1, 1, 0]))


def own(activation="sigmoid", second=((1, 1), (2, -2), (0, 1))):
    network = Network((2,), [FullyConnected(3, activation=activation), FullyConnected(2, activation=activation)])
    arrays = {"W1": [[1, 2, 3], [1, 0, 1]], "b1": [0, 1, 0], "W2": second, "b2": [1, 1]}
    return network, Parameters.from_arrays(network, arrays)


def test_the_digits():
    found = no_critical_point()
    assert (found.status, found.scope, found.checked) == ("proved", "almost all parameters", True)
    assert found.details == {"columns": 11, "samples": 100}


def test_a_network_of_ones_own():
    assert no_critical_point(*own(), DATA).scope == "almost all parameters"
    assert no_critical_point(*own("leaky-relu(1/10)"), DATA).scope == "an instance"  # not analytic
    targets = exact_array([["1/2", "1/2"], [3, -2], [0, 1], [1, 0]], name="targets")
    assert no_critical_point(*own(), DATA, targets).status == "proved"


def test_hypotheses():
    assert no_critical_point(*own(second=[[1, 1], [2, 2], [0, 0]]), DATA).status == "undecided"
    wrong = exact_array([[1, 0], [1, 1], [0, 1], [1, 0]], name="targets")
    assert no_critical_point(*own(), DATA, wrong).what == "a row of the targets does not have the sum 1"
    plain = Dataset.from_array([[0, 1], [1, 0], [2, 5], [3, 1]])
    assert no_critical_point(*own(), plain).what == "no targets, and no labels"
    assert no_critical_point(*own(), DATA.prefix(2)).status == "undecided"  # more columns than samples


def test_no_gradient_is_zero_over_independent_features():
    """The least-squares solution is the only critical one by the last layer, and U_L there does not have full rank."""
    _, parameters = own()
    w1, w2 = (np.array(parameters.layer(k).weights.fractions(), dtype=float) for k in (1, 2))
    b1, b2 = (np.array(parameters.layer(k).biases.fractions(), dtype=float) for k in (1, 2))
    x = np.array([[0, 1], [1, 0], [2, 5], [3, 1]], dtype=float)
    features = 1 / (1 + np.exp(-(1 / (1 + np.exp(-(x @ w1 + b1))) @ w2 + b2)))
    solution = np.linalg.lstsq(np.hstack([features, np.ones((4, 1))]), np.eye(2)[[0, 1, 1, 0]], rcond=None)[0]
    assert np.linalg.svd(solution[:2], compute_uv=False)[1] < 1e-9


def test_the_other_side():
    assert needed_at_a_critical_point().status == "proved"
