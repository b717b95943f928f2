"""The straight line of outputs from a point of S_k: exact at every t, one layer above k or several, near t = 0 too."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.constructions.path_to_targets import towards_targets
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.proofs.checks.teaching import samples, smooth_ramp

TARGETS = ExactArray.from_array([[5, -3], [0, 100], [1, 1], [-7, 2]])


def network(*above, below="relu"):
    layers = [Convolution(2, 2, activation=below), *above, FullyConnected(2, activation="identity")]
    return Network((1, 4), layers)


NETWORKS = {
    "no layer between": network(),
    "one layer": network(FullyConnected(3, activation="softsign")),
    "several layers": network(
        FullyConnected(5, activation="leaky-relu"),
        FullyConnected(4, activation=smooth_ramp()),
        FullyConnected(3, activation="softsign"),
    ),
    "a convolution above": network(
        FullyConnected(4, activation="leaky-relu"),
        Convolution(1, patches=((0, 1), (1, 2), (2, 3)), activation="softsign"),
    ),
}


def outputs(net, parameters, data):
    return Objective(Instance(net, parameters, data, TARGETS)).outputs().fractions()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("t", [Fraction(0), Fraction(1, 1000), Fraction(1, 3), Fraction(1)])
def test_outputs_move_on_a_straight_line(name, t):
    net, data = NETWORKS[name], samples(4, 4)
    start = random_parameters(net, seed=0)
    point = towards_targets(net, start, data, TARGETS, t)
    before = outputs(net, start, data)
    assert (outputs(net, point, data) == (1 - t) * before + t * TARGETS.fractions()).all()
    for number in range(1, len(net.layers) + 1):
        own, other = start.layer(number), point.layer(number)
        if number == 1:
            assert other is own
        elif number > 2:  # weights above layer k + 1 are multiplied, by one factor: the rank stays
            ratios = {b / a for a, b in zip(own.weights.fractions().flat, other.weights.fractions().flat, strict=True)}
            assert len(ratios) == 1
            assert min(ratios) >= 1
    if t == 0:
        assert all((point.layer(n).weights.fractions() == start.layer(n).weights.fractions()).all() for n in (1, 2))


def test_near_the_start_parameters_hardly_move():
    """The path starts at the point itself: its distance goes to 0 with t."""
    net, data = NETWORKS["one layer"], samples(4, 4)
    start = random_parameters(net, seed=0)
    distances = []
    for t in (Fraction(1, 10**6), Fraction(1, 10**9)):
        point = towards_targets(net, start, data, TARGETS, t)
        change = point.layer(2).weights.fractions() - start.layer(2).weights.fractions()
        distances.append(float(np.abs(change).max()))
    assert distances[1] < distances[0] / 500


def test_what_is_refused():
    data = samples(4, 4)
    net = NETWORKS["one layer"]
    drawn = random_parameters(net, seed=0)
    equal = Parameters.from_arrays(
        Network((3,), [FullyConnected(2)], activation="relu"), {"W1": [[1, 1]] * 3, "b1": [0, 0]}
    )
    with pytest.raises(InputError, match="U_3 has dependent columns"):
        towards_targets(net, Parameters((*drawn.layers[:2], equal.layer(1))), data, TARGETS, 1)
    with pytest.raises(InputError, match="expected independent rows"):
        towards_targets(net, random_parameters(net, seed=2), data, TARGETS, 1)
    unfit = network(FullyConnected(3, activation="square"))
    with pytest.raises(InputError, match=r"layer 2: activation square has no rational preimages"):
        towards_targets(unfit, random_parameters(unfit, seed=0), data, TARGETS, 1)
    bare = network(FullyConnected(3, activation="softsign"))
    without = Network((1, 4), [*bare.layers[:2], FullyConnected(2, activation="identity", bias="none")])
    with pytest.raises(InputError, match="layer 3 has no bias per neuron"):
        towards_targets(without, random_parameters(without, seed=0), data, TARGETS, 1)
