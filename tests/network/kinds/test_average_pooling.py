"""Average-pooling layers: means, divisors and gradients against loops over windows, in every arithmetic."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn import Convolution, FullyConnected, Instance, Objective, verify
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.exact_features import size_of_features
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.kinds.average_pooling import Averaged, AveragePooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import backward, forward, steps

Q = Rationals()


def mean_of_windows(image, kernel, stride, pads, ceil_mode, count_padding, dilation=1):
    """The operator's definition on one channel, by loops; pads are (before, after) for each axis."""
    grid = []
    for size, (before, after) in zip(image.shape, pads, strict=True):
        reach, positions = dilation * (kernel - 1) + 1, []
        for start in itertools.count(-before, stride):
            fits = start + reach <= size + after
            if fits or (ceil_mode and start + reach - stride < size + after and start < size):
                positions.append(start)
            if not fits:
                break
        grid.append(positions)
    rows = []
    for starts in itertools.product(*grid):
        total, held, counted = Fraction(0), 0, 0
        for offset in itertools.product(range(kernel), repeat=len(starts)):
            at = [start + dilation * o for start, o in zip(starts, offset, strict=True)]
            counted += all(x < n + after for x, n, (_, after) in zip(at, image.shape, pads, strict=True))
            if all(0 <= x < n for x, n in zip(at, image.shape, strict=True)):
                total, held = total + int(image[tuple(at)]), held + 1
        rows.append(total / (counted if count_padding else held))
    return rows


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_windows_by_definition(data):
    axes = data.draw(st.integers(1, 2))
    kernel, stride, dilation = (data.draw(st.integers(1, high)) for high in (3, 3, 2))
    size = [data.draw(st.integers(3, 6)) for _ in range(axes)]
    reach = dilation * (kernel - 1) + 1
    pads = [(data.draw(st.integers(0, min(1, reach - 1))), data.draw(st.integers(0, min(1, reach - 1)))) for _ in size]
    if any(n + sum(pad) < reach for n, pad in zip(size, pads, strict=True)):
        return
    ceil_mode, count_padding = data.draw(st.booleans()), data.draw(st.booleans())
    padding = (*(before for before, _ in pads), *(after for _, after in pads))
    layer = AveragePooling(
        kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode, count_padding=count_padding
    )
    network = Network((2, *size), [layer])
    image = np.random.default_rng(0).integers(-9, 9, (2, *size))
    expected = [
        value
        for channel in image
        for value in mean_of_windows(channel, kernel, stride, pads, ceil_mode, count_padding, dilation)
    ]
    found = forward(Q, steps(Q, network, Parameters((None,)), 1), Q.lift(ExactArray(image.reshape(1, -1))))
    assert found.features[-1].fractions()[0].tolist() == expected


def test_divisors_of_partial_windows():
    options = {"stride": 2, "padding": 1, "ceil_mode": True}
    counted = Network((1, 4), [AveragePooling(3, count_padding=True, **options)]).layer(1)
    assert isinstance(counted, Averaged)
    assert counted.patches.slots.tolist() == [[-1, 0, 1], [1, 2, 3], [3, -1, -1]]
    assert counted.divisors.tolist() == [3, 3, 2]  # the last slot lies beyond the padding
    assert Network((1, 4), [AveragePooling(3, **options)]).layer(1).divisors.tolist() == [2, 3, 1]


def test_a_window_larger_than_its_input_is_partial():
    assert Network((1, 2), [AveragePooling(3, stride=2, ceil_mode=True)]).layer(1).divisors.tolist() == [2]
    with pytest.raises(InputError, match="kernel = 3 is larger than its input of 2"):
        Network((1, 2), [AveragePooling(3, stride=2)])


def test_listed_patches_have_their_neurons_as_divisors():
    layer = Network((4,), [AveragePooling(patches=((0, 1, -1), (3, 1, 2)), count_padding=True)]).layer(1)
    assert (layer.divisors.tolist(), layer.shape) == ([2, 3], (2,))
    with pytest.raises(InputError, match="leaves a window without neurons"):
        Network((4,), [AveragePooling(patches=((0, 1), (-1, -1)))])


def test_same_padding():
    layer = Network((1, 5), [AveragePooling(2, stride=2, padding="same")]).layer(1)
    assert (layer.patches.slots.tolist(), layer.divisors.tolist()) == ([[0, 1], [2, 3], [4, -1]], [2, 2, 1])


def instance(last="identity"):
    layers = [
        Convolution(2, 2, padding=(0, 1), activation="relu"),
        AveragePooling(2, stride=1, padding=1, ceil_mode=True),
        FullyConnected(3, activation=last),
    ]
    network = Network((1, 5), layers)
    samples = np.random.default_rng(1).integers(-8, 9, (6, 5))
    return network, random_parameters(network, seed=3), ExactArray(samples)


def test_the_gradient_is_the_adjoint():
    """<c, F(x + e) - F(x)> = <backward(c), e> for the linear layer alone."""
    network = Network((1, 6), [AveragePooling(3, stride=2, padding=1, ceil_mode=True, count_padding=True)])
    layer = network.layer(1)
    step = layer.step(Q, None, np.arange(layer.width))
    generator = np.random.default_rng(2)
    x = Q.lift(ExactArray(generator.integers(-9, 9, (4, 6))))
    c = Q.lift(ExactArray(generator.integers(-9, 9, (4, layer.width))))
    value = layer.forward(Q, step, x, None)[0].fractions()
    gradient, down = layer.backward(Q, step, x, None, c)
    assert (gradient.weights, gradient.biases) == (None, None)
    assert (value * c.fractions()).sum() == (down.fractions() * x.fractions()).sum()


def test_gradients_through_it_are_difference_quotients():
    network, parameters, samples = instance()
    walk = steps(Q, network, parameters, 3)
    trace = forward(Q, walk, Q.lift(samples))
    ones = Q.lift(ExactArray(np.ones((6, 3), dtype=np.int64)))
    gradient = backward(Q, trace, ones)[0].weights.fractions()
    h = Fraction(1, 10**9)
    weights = parameters.layer(1).weights.fractions()

    def total(matrix):
        arrays = {"W1": matrix, "b1": parameters.layer(1).biases.fractions()}
        arrays |= {"W3": parameters.layer(3).weights.fractions(), "b3": parameters.layer(3).biases.fractions()}
        moved = Parameters.from_arrays(network, arrays)
        return forward(Q, steps(Q, network, moved, 3), Q.lift(samples)).features[-1].fractions().sum()

    for index in np.ndindex(weights.shape):
        moved = weights.copy()
        moved[index] += h  # away from kinks the network is affine in one weight of layer 1
        assert (total(moved) - total(weights)) / h == gradient[index]


@pytest.mark.parametrize(("last", "rank"), [("identity", 3), ("relu", 2), ("sigmoid", 3), ("softplus", 3)])
def test_ranks_are_proved_and_checked(last, rank):
    network, parameters, samples = instance(last)
    found = verify(network, parameters, samples, layer=3, check=True)
    assert (found.checked, found.rank.exact) == (True, rank)  # one ReLU is off on all samples
    exponential = Network((1, 5), [Convolution(2, 2, activation="sigmoid"), *network.layers[1:]])
    found = verify(exponential, random_parameters(exponential), samples, layer=3, check=True)
    assert (found.checked, found.rank.exact) == (True, 3)


def test_conclusions_by_witness_use_it_and_those_by_theorem_do_not():
    layers = [
        Convolution(4, 2, activation="sigmoid"),
        AveragePooling(2, stride=1),
        Convolution(3, 2, activation="sigmoid"),
    ]
    network = Network((1, 5), layers)
    samples = np.random.default_rng(1).integers(-8, 9, (4, 5))
    by_witness = verify(network, random_parameters(network), samples, layer=3, check=True)
    verdicts = {each.statement: each for each in by_witness.verdicts}
    assert [verdicts[name].status for name in ("NH18.T3.4", "NH18.T3.5")] == ["proved", "proved"]
    without = verify(network, None, samples, layer=3, check=True)
    verdicts = {each.statement: each for each in without.verdicts}
    assert [verdicts[name].status for name in ("NH18.T3.4", "NH18.T3.5")] == ["undecided", "undecided"]
    assert "layer 2 is average-pooling" in verdicts["NH18.T3.4"].reason


def test_exact_features_by_images():
    network, parameters, samples = instance()
    denominator, bound = size_of_features(network, parameters, samples, 3)
    exact = FeatureMatrix(network, parameters, samples, 3).exact().fractions()
    assert all(abs(x) <= bound and (x * denominator).denominator == 1 for x in exact.flat)
    direct = forward(Q, steps(Q, network, parameters, 3), Q.lift(samples)).features[-1].fractions()
    assert (exact == direct).all()


def test_losses_are_refused():
    network, parameters, samples = instance()
    with pytest.raises(InputError, match="layer 2 is average-pooling; losses are not decided there"):
        Objective(Instance(network, parameters, samples, np.zeros((6, 3), dtype=int)))
