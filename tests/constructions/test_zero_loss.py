"""Theorem 4.5 (2): exact zero loss for any targets, substituted; activations, layers and what is refused."""

from fractions import Fraction
from random import Random

import pytest

from exactcnn.constructions.zero_loss import zero_loss
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.definitions import define_activation
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

HALF = define_activation("half-softsign", ["1/2 + t/(2*(1 - t))", "1/2 + t/(2*(1 + t))"], [0])  # range (0, 1)


def outputs(network, parameters, samples):
    """The slow twin: neuron by neuron, on fractions."""
    values = [[Fraction(v) for v in row] for row in samples]
    for layer in network.resolved:
        own = parameters.layer(layer.number)
        W, b = own.weights.fractions(), None if own.biases is None else own.biases.fractions()
        above = []
        for row in values:
            new = []
            for p, slots in enumerate(layer.patches.slots.tolist()):
                for t in range(layer.filters):
                    z = sum((W[s, t] * row[j] for s, j in enumerate(slots) if j >= 0), Fraction(0))
                    if b is not None:
                        z += b[p * layer.filters + t] if layer.bias == "neuron" else b[t]
                    new.append(layer.activation.exact(z))
            above.append(new)
        values = above
    return values


def check(network, samples, targets, **options):
    found = zero_loss(network, samples, targets, **options)
    assert outputs(network, found.parameters, samples) == [[Fraction(v) for v in row] for row in targets]
    assert found.in_s
    assert found.features_rank.exact == len(samples)
    widths = network.widths
    assert {number: bounds.exact for number, bounds in found.weights_ranks.items()} == {
        number: widths[number] for number in range(found.layer + 2, len(network.layers) + 1)
    }
    return found


def fully(*layers, inputs=2, bias="filter"):
    return Network(
        (inputs,), [FullyConnected(n, activation=a, bias=bias if k else "filter") for k, (n, a) in enumerate(layers)]
    )


SAMPLES = [[0, 1], [1, 0], [3, 3]]


@pytest.mark.parametrize(
    "name", ["softsign", "leaky-relu", "hard-tanh", "identity", "abs", "relu", "hard-sigmoid", HALF]
)
def test_generic_targets_through_one_or_two_layers(name):
    random = Random(str(name))
    for sizes in ((3, 2), (4, 3, 2), (2, 2, 2)):
        layers = [(3, "relu"), *((n, name) for n in sizes), (1, "identity")]
        targets = [[Fraction(random.randrange(-99, 99), 7)] for _ in SAMPLES]
        check(fully(*layers), SAMPLES, targets)


def test_the_output_layer_next():
    check(fully((3, "relu"), (2, "identity")), SAMPLES, [[1, 2], [3, -4], [0, 0]])


def test_many_points():
    network = fully((3, "relu"), (2, HALF), (2, "identity"))
    targets = [[1, 0], [0, 1], [1, 0]]
    points = [check(network, SAMPLES, targets, scale=scale).parameters for scale in (1, 2, 3)]
    assert len({str(point.layer(3).weights.fractions().tolist()) for point in points}) == 3


@pytest.mark.parametrize("depth", [1, 2])
def test_classes_below_the_logistic_to_the_base_2(depth):
    network = fully((3, "relu"), *[(4 - i, "logistic(2)") for i in range(depth)], (2, "identity"))
    for scale in (1, 3):
        check(network, SAMPLES, [[1, 0], [0, 1], [1, 0]], scale=scale)
    check(network, SAMPLES, [[5, "-1/3"], [5, 7], [5, "-1/3"]])  # a constant output, and other levels


def test_generic_targets_below_the_logistic_by_interpolation():
    network = fully((3, "relu"), (2, "logistic(2)"), (2, "identity"))
    check(network, SAMPLES, [[2, -1], [0, 5], [1, 1]])
    wider = fully((4, "relu"), (2, "logistic(2)"), (2, "identity"))
    with pytest.raises(InputError, match=r"layer 2: activation logistic\(2\) takes few rational values"):
        zero_loss(wider, [*SAMPLES, [5, 1]], [[2, -1], [0, 5], [1, 1], [3, 4]], parameters=ramp(4))


def ramp(count):
    """ReLU features of the first coordinate plus 10 times the second, at `count` thresholds."""
    network = Network((2,), [FullyConnected(count, activation="relu")])
    return Parameters.from_arrays(network, {"W1": [[1] * count, [10] * count], "b1": [0, -2, -11, -14][:count]})


def test_the_example_of_the_theory():
    """N = 3, x = 0, 1, 3: features of the base-2 logistic with determinant -161/4455."""
    network = Network(
        (1,), [FullyConnected(n, activation=a) for n, a in ((3, "logistic(2)"), (2, "logistic(2)"), (2, "identity"))]
    )
    lower = Parameters.from_arrays(network, {"W1": [[1, 2, -1]], "b1": [0, -1, 1]}, upto=1)
    found = check(network, [[0], [1], [3]], [[1, 0], [0, 1], [1, 0]], parameters=lower)
    assert found.parameters.layer(3).weights.fractions().tolist() == [[3, 0], [0, 3]]
    assert found.parameters.layer(2).weights.fractions()[0].tolist() == [Fraction(1539, 46), Fraction(-1539, 46)]


def test_patches_above_layer_k_plus_1():
    for bias in ("neuron", "filter"):
        layers = [
            FullyConnected(3, activation="relu"),
            FullyConnected(6, activation="softsign"),
            Convolution(1, patches=[[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]], activation=HALF, bias=bias),
            FullyConnected(2, activation="identity"),
        ]
        check(Network((2,), layers), SAMPLES, [[1, 2], [3, 4], [5, 6]])


def test_no_biases_need_zero_inside_the_range():
    layers = [(3, "relu"), (3, "softsign"), (2, "identity")]
    check(fully(*layers, bias="none"), SAMPLES, [[1, 2], [3, 4], [5, 6]])
    with pytest.raises(InputError, match="layer 3 cannot be solved for"):
        zero_loss(fully((3, "relu"), (3, HALF), (2, "identity"), bias="none"), SAMPLES, [[1, 2], [3, 4], [5, 6]])


def test_features_come_from_any_layer():
    network = fully((4, "leaky-relu"), (3, "relu"), (3, "softsign"), (1, "identity"))
    found = check(network, SAMPLES, [[1], [2], [4]], layer=2)
    F = FeatureMatrix(network, found.parameters, ExactArray.from_array(SAMPLES), 2)
    assert F.rank().exact == 3


def test_what_is_refused():
    network = fully((3, "relu"), (2, "softsign"), (1, "identity"))
    targets = [[1], [2], [3]]
    for options, message in (
        ({"layer": 3}, "layer = 3; expected a hidden layer"),
        ({"scale": 0}, "scale = 0"),
        ({"scale": 10**9}, "expected an integer from 1 to 1000"),
        ({"parameters": Parameters.from_arrays(network, {"W1": [[1, 1, 1]] * 2, "b1": [0] * 3}, upto=1)}, "rank F_1"),
    ):
        with pytest.raises(InputError, match=message):
            zero_loss(network, SAMPLES, targets, **options)
    with pytest.raises(InputError, match=r"W1 has shape \(2, 4\); expected \(2, 3\)"):
        zero_loss(network, SAMPLES, targets, parameters=ramp(4))
    with pytest.raises(InputError, match=r"targets have shape \(2, 1\)"):
        zero_loss(network, SAMPLES, targets[:2])
    with pytest.raises(InputError, match="expected none in the last layer"):
        zero_loss(fully((3, "relu"), (2, "softsign"), (1, "relu")), SAMPLES, targets)
    with pytest.raises(InputError, match="3 neurons on 2; expected widths"):
        zero_loss(fully((3, "relu"), (2, "softsign"), (3, "softsign"), (1, "identity")), SAMPLES, targets)
    with pytest.raises(InputError, match="cannot be solved for"):
        zero_loss(fully((3, "relu"), (2, "sigmoid"), (1, "identity")), SAMPLES, targets)
    layers = [FullyConnected(4, activation="relu"), Convolution(1, patches=[[0, 1], [2, 3]]), FullyConnected(1)]
    convolutional = Network((2,), layers, activation="identity")
    with pytest.raises(InputError, match="layer 2 is convolutional"):
        zero_loss(convolutional, SAMPLES, targets)
    pooled = Network(
        (2,), [layers[0], FullyConnected(4), MaxPooling(patches=[[0, 1], [2, 3]]), layers[2]], activation="identity"
    )
    with pytest.raises(InputError, match="layer 3"):
        zero_loss(pooled, SAMPLES, targets)
