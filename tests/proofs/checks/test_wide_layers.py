"""Basins and wide layers: the path of the proof by a second implementation, users' instances, and what is refused."""

import random
from fractions import Fraction

import pytest

from exactcnn.domains.exact import exact_array
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.points import piece_of
from exactcnn.proofs.checks.wide_layers import (
    a_barrier,
    a_strict_minimum,
    any_layers_below_and_above,
    equal_losses_far_away,
    equal_samples_count_once,
    line_samples,
    no_basins_at_width_n,
    one_hidden_layer,
    one_unit_fewer_with_output_biases,
    width_two,
    without_parameters_below,
)


def drawn(seed, width, samples, *, bias="none"):
    draw = random.Random(seed)
    network = one_hidden_layer(width, bias=bias)
    arrays = {"W1": [draw.sample([-3, -2, -1, 1, 2, 3], width)], "W2": [[draw.randint(-5, 5)] for _ in range(width)]}
    if bias != "none":
        arrays["b2"] = [draw.randint(-3, 3)]
    targets = [[draw.randint(-9, 9)] for _ in samples]
    return Instance(network, Parameters.from_arrays(network, arrays), [[x] for x in samples], targets)


def test_a_strict_minimum():
    found = a_strict_minimum()
    assert (found.status, found.checked) == ("proved", True)
    assert a_strict_minimum(width_two()).status == "undecided"


def test_a_barrier():
    found = a_barrier()
    assert (found.status, found.checked) == ("proved", True)
    piece = piece_of("li-ding-sun-2")
    assert a_barrier(piece.instance()).what == "a point with a smaller loss is needed"
    own = piece.parameters(piece.arrays)
    assert a_barrier(piece.instance(), own).status == "undecided"  # it is not below the box
    assert a_barrier(piece.instance(), piece.parameters(piece.better), radii=["1/4", "1/20"]).checked is True
    assert a_barrier(piece.instance(), piece.parameters(piece.better), radii=[9, 9]).status == "undecided"


@pytest.mark.parametrize("seed", range(8))
def test_outputs_at_the_points_far_away(seed):
    """Second implementation: outputs of the sigmoid to the base 2 in plain fractions, at the certificate's points."""
    width, samples, bias = [(2, [1, 3], "none"), (3, [1, 3], "none"), (1, [1, 3], "neuron"), (2, [1, 3, 1], "none")][
        seed % 4
    ]
    instance = drawn(seed, width, samples, bias=bias)
    found = equal_losses_far_away(instance)
    if found.status == "undecided":
        assert "singular" in found.what
        return
    assert (found.status, found.checked) == ("proved", True)

    def outputs(parameters):
        (row,), top = parameters.layer(1).weights.fractions().tolist(), parameters.layer(2)
        c = 0 if top.biases is None else top.biases.fractions()[0]
        columns = top.weights.fractions()[:, 0].tolist()
        return [
            sum((v / (1 + Fraction(2) ** int(-w * x)) for w, v in zip(row, columns, strict=True)), c) for x in samples
        ]

    points = found.certificates[0].points
    assert len(points) == 3
    assert all(outputs(point) == outputs(instance.parameters) for point in points)
    sizes = [max(abs(x) for x in Objective(instance).coordinates.flat(point).fractions().tolist()) for point in points]
    assert sizes[-1] > 50


def test_what_is_not_wide_is_refused():
    assert equal_losses_far_away(drawn(0, 1, [1, 3])).status == "undecided"
    assert no_basins_at_width_n(one_hidden_layer(2), line_samples(3)).status == "undecided"
    irrational = Instance(
        one_hidden_layer(2, activation="sigmoid"), width_two().parameters, width_two().data, width_two().targets
    )
    assert equal_losses_far_away(irrational).what == "the loss is not rational"


def test_singular_on_the_way():
    """The weights 1 + s and 2 are equal at s = 1: there the proof goes on along a line, and the check says so."""
    instance = drawn(0, 2, [1, 3])
    arrays = {"W1": [[1, 2]], "W2": [[1], [1]]}
    moved = Instance(
        instance.network, Parameters.from_arrays(instance.network, arrays), instance.data, instance.targets
    )
    assert "singular at 1" in equal_losses_far_away(moved, distances=(1,)).what
    assert equal_losses_far_away(moved, distances=(2, 5)).status == "proved"


@pytest.mark.parametrize(
    "check",
    [no_basins_at_width_n, one_unit_fewer_with_output_biases, equal_samples_count_once, any_layers_below_and_above],
)
def test_architectures(check):
    found = check()
    assert (found.status, found.scope, found.checked) == ("proved", "architecture", True)


def test_user_networks():
    network = Network((1, 6), [Convolution(3, 2), FullyConnected(2)], activation="tanh")
    samples = exact_array([[i + j * j for j in range(6)] for i in range(16)], name="samples")
    assert no_basins_at_width_n(network, samples).status == "proved"  # 15 units and a bias
    assert no_basins_at_width_n(network, exact_array([[i] * 6 for i in range(17)], name="x")).status == "undecided"


def test_the_theorem_needs_parameters_below():
    found = without_parameters_below()
    assert (found.status, found.checked) == ("proved", True)
