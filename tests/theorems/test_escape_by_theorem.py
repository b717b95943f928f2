"""Curves to the least loss, by theorem: the ranks decide, and the least loss is that of class means."""

from fractions import Fraction

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.theorems.escape import Escape, escape
from exactcnn.theorems.escape_by_theorem import CurvedEscape, escape_by_theorem

LINE = [[0], [1], [2]]


def instance(widths=(3, 2), *, activation="sigmoid", samples=LINE, targets=((0,), (3,), (0,)), seed=1):
    layers = [*(FullyConnected(units) for units in widths), FullyConnected(1, activation="identity")]
    network = Network((len(samples[0]),), layers, activation=activation)
    return Instance(network, random_parameters(network, seed=seed), samples, list(targets))


def test_a_pyramid_of_sigmoids():
    found = escape(instance())
    assert isinstance(found, CurvedEscape)
    assert (found.hypotheses.layer, found.least, found.reason) == (1, 0, "features are not rational")
    assert found.checked is True
    kinds = [claim.document()["kind"] for claim in found.certificate.claims]
    assert kinds == ["rank", "weights-rank", "conclusion", "loss", "conclusion"]
    document = found.document()
    assert (document["segments"], document["after"], document["layer"]) == (["curve"], "0", 1)
    low, high = map(Fraction, document["before"])
    assert low < high


def rational(widths=(4, 2), **options):
    samples = [[int(i == j) for j in range(4)] for i in range(4)]
    return instance(widths, samples=samples, targets=[[0], [3], [0], [1]], **({"activation": "leaky-relu"} | options))


def test_a_rational_pyramid_that_is_too_narrow_for_straight_segments():
    found = escape(rational())
    assert isinstance(found, CurvedEscape)
    assert found.reason == "layer 2 has 2 neurons, for 4 different samples; expected at least 3, 1 more"
    assert found.document()["before"] == str(found.loss.lower)
    assert isinstance(escape(rational((4, 3))), Escape)


def test_below_convolutions():
    """A convolution above layer 2, fully connected, and the first layer may be anything."""
    layers = [
        Convolution(3, kernel=2, activation="sigmoid"),
        FullyConnected(3, activation="sigmoid"),
        Convolution(1, patches=[[0], [1], [2]], bias="filter", activation="identity"),
    ]
    network = Network((1, 3), layers)
    samples = [[0, 1, 2], [1, 0, 0], [0, 0, 3]]
    given = Instance(network, random_parameters(network, seed=3), samples, [[0, 1, 2], [3, 4, 5], [0, 0, 1]])
    found = escape(given)
    assert isinstance(found, CurvedEscape)
    assert found.checked is True


def test_equal_samples_with_different_targets_end_at_their_means():
    given = instance(samples=[[0], [1], [2], [1]], targets=[[0], [3], [0], [5]])
    found = escape(given)
    assert isinstance(found, CurvedEscape)
    assert (found.least, found.checked) == (1, True)  # ½ (1 + 1), around the mean 4
    assert found.document()["after"] == "1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (instance((2, 2)), "features are not rational; rank F_1 is 2, below the number 3 of different samples"),
        (instance((3, 2), activation="gaussian"), "features are not rational; layer 2: .* not proved to be strictly"),
        (rational(activation="relu"), "layer 2 has 2 neurons, for 4 different samples; expected at least 3, 1 more$"),
    ],
)
def test_not_covered(given, message):
    with pytest.raises(InputError, match=f"^not covered: {message}"):
        escape(given)


def test_a_point_that_is_best_already():
    given = rational()
    outputs = Objective(given).in_rationals().trace.features[-1]
    best = Instance(given.network, given.parameters, given.samples, outputs)
    assert escape_by_theorem(Objective(best), "") == "the loss is the least that outputs have, 0, or near it"


def test_the_picture_is_one_parabola():
    path = escape(instance()).path
    assert path.kinds == ("curve",)
    assert path.loss_on(0, Fraction(1, 2)) == path.before / 4
