"""Assumption 4.1: every part alone decides, and a user's refuted conclusion names the hypothesis that fails."""

import pytest

from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.theorems.assumption_4_1 import assumption_4_1
from exactcnn.theorems.landscape import critical


def network(*layers, shape=(1, 6)):
    """With an output of two units that has no activation."""
    return Network(shape, [*layers, FullyConnected(2, activation="identity")], activation="sigmoid")


WIDE = Convolution(2, 3)  # 8 neurons


def test_it_holds():
    found = assumption_4_1(network(WIDE, FullyConnected(3, activation="softplus")), 8, 1)
    assert (found.status, found.details["slopes"]) == ("proved", True)
    assert {claim.document()["kind"] for claim in found.claims} == {"width", "activation"}


@pytest.mark.parametrize(
    ("layers", "count", "reason"),
    [
        ([WIDE], 9, "n_1 = 8 < N = 9"),
        ([WIDE, MaxPooling(2)], 4, "layer 2 is max-pooling"),
        ([WIDE, FullyConnected(3, activation="relu")], 4, "layer 2: relu is not strictly monotone"),
        ([WIDE, FullyConnected(3, activation="leaky-relu")], 4, "layer 2: leaky-relu(1/100): "),
        ([WIDE, FullyConnected(3), FullyConnected(4)], 4, "n_3 = 4 > n_2 = 3"),
        ([Convolution(2, 3, activation="tanh"), FullyConnected(3)], 4, "layer 1: tanh: "),
    ],
)
def test_each_part_can_fail(layers, count, reason):
    found = assumption_4_1(network(*layers), count, 1)
    assert found.status == "refuted"
    assert found.reason.startswith(reason)


def test_layers_up_to_k_need_no_slopes():
    """ReLU in layer k itself, and a width that grows up to layer k + 1, are allowed."""
    layers = [Convolution(2, 3, activation="relu"), FullyConnected(20), FullyConnected(3)]
    assert assumption_4_1(network(*layers), 8, 1).status == "proved"
    assert assumption_4_1(network(*layers), 8, 2).status == "proved"


PAIRS = Convolution(1, patches=((0, 1), (2, 3)), activation="identity")


@pytest.mark.parametrize("output", [FullyConnected(2, activation="sigmoid"), PAIRS])
def test_the_output_layer(output):
    found = assumption_4_1(Network((1, 6), [WIDE, FullyConnected(4), output], activation="sigmoid"), 4, 1)
    assert found.status == "refuted"
    assert found.reason.startswith("the output layer ")


def test_what_is_not_proved_is_undecided():
    found = assumption_4_1(network(WIDE, FullyConnected(3, activation="polynomial(0,1)")), 4, 1)
    assert found.status == "refuted"  # t itself: strictly monotone, but no limits


@pytest.mark.parametrize("layer", [0, 3, -1])
def test_layer_out_of_range(layer):
    with pytest.raises(InputError, match="expected a hidden layer k, from 1 to 2"):
        assumption_4_1(network(WIDE, FullyConnected(3)), 4, layer)


def test_a_refuted_conclusion_names_the_failing_hypothesis():
    """Dead units in layer 2: the gradient by U_2 is zero, and ReLU is why."""
    layers = [FullyConnected(n, activation=a) for n, a in ((2, "relu"), (1, "relu"), (1, "identity"))]
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[0], [0]], "b2": [-1], "W3": [[1]], "b3": [0]}
    net = Network((1,), layers)
    found = critical(Instance(net, Parameters.from_arrays(net, arrays), [[1], [2]], [[1], [-1]]), layer=1)
    verdict = next(each for each in found.verdicts if each.statement == "NH18.T4.4")
    assert (verdict.status, found.checked) == ("refuted", True)
    assert verdict.reason.endswith("Assumption 4.1 does not hold (layer 2: relu is not strictly monotone)")
