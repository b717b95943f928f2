"""No basins above a wide layer: where the width suffices, and hostile certificates of basins where it does."""

import random
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.barrier import basin
from exactcnn.landscape.classify import classify
from exactcnn.landscape.evidence import OWN, BasinClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.basins import no_basins
from exactcnn.theorems.verify import verify


def hidden(width, *, bias="none", inputs=1, activation="sigmoid"):
    layers = [FullyConnected(width, activation=activation), FullyConnected(1, activation="identity", bias=bias)]
    return Network((inputs,), layers)


def rows(values):
    return exact_array([[x] for x in values], name="samples")


@pytest.mark.parametrize(("bias", "extra"), [("none", 0), ("neuron", 1)])
def test_the_width_and_the_checker(bias, extra):
    """One unit decides; equal samples count once; the checker agrees at once."""
    for count in (1, 2, 3, 5):
        for width in range(1, 6):
            network, samples = hidden(width, bias=bias), rows([*range(count), 0])
            found = no_basins(network, samples)
            assert found.details["different_samples"] == count
            assert found.status == ("proved" if width + extra >= count else "undecided")
            if found.claims:
                assert Certificate(Instance(network, None, samples), found.claims, 2).outcome.exit_code == 0


def test_reasons():
    assert no_basins(hidden(2), rows([1, 2, 3])).reason == (
        "n_1 = 2 < N = 3: the theorem says nothing about this network"
    )
    assert no_basins(hidden(2, bias="neuron"), rows([1, 2, 3, 1])).reason.startswith(
        "n_1 + 1 = 3 ≥ N' = 3, N' the number of different samples: no strict local minimum and no basin"
    )
    alone = Network((3,), [FullyConnected(1)], activation="identity")
    assert no_basins(alone, ExactArray.from_array(np.eye(3, dtype=int))).layer is None
    pooled = Network((1, 2), [MaxPooling(1), FullyConnected(1)], activation="identity")
    assert no_basins(pooled, ExactArray.from_array([[1, 2]])).layer is None  # no parameters below


def test_the_lowest_layer_that_suffices():
    same = MaxPooling(patches=tuple((i,) for i in range(5)))
    layers = [FullyConnected(2), FullyConnected(5), same, FullyConnected(4), FullyConnected(1)]
    network = Network((1,), layers, activation="relu")
    assert no_basins(network, rows(range(3))).layer == 1
    assert no_basins(network, rows(range(6))).layer == 3  # below layer 4 stands the pooling of five units
    assert no_basins(network, rows(range(5))).layer == 3
    assert no_basins(network, rows(range(9))).layer == 3  # none suffices: it lacks least
    assert no_basins(network, rows(range(9))).status == "undecided"


@pytest.mark.parametrize(("bias", "ones"), [("none", 0), ("filter", 1), ("neuron", 3)])
def test_a_convolution_above(bias, ones):
    """Three patches of two neurons on one sample: three rows, two columns and the biases' ones."""
    layers = [Convolution(1, 1), Convolution(2, 2, bias=bias)]
    network = Network((1, 4), layers, activation="relu")
    found = no_basins(network, ExactArray.from_array([[1, 2, 3, 4]]))
    assert (found.details["columns"], found.details["rows"]) == (2 + ones, 3)
    assert found.status == ("proved" if 2 + ones >= 3 else "undecided")
    if found.claims:
        instance = Instance(network, None, ExactArray.from_array([[1, 2, 3, 4]]))
        assert Certificate(instance, found.claims, 2).outcome.exit_code == 0


def slow_directions(network, samples, theta, layer):
    """Second implementation: does some direction of layer k + 1 leave all outputs as they are, in floats?"""
    objective = Objective(Instance(network, theta, samples, [[0]] * len(samples)))
    features = objective.in_floats(np.array([float(x) for x in objective.theta.fractions()])).trace.features[layer]
    bias = network.convolved(layer + 1).bias != "none"
    table = np.hstack([features, np.ones((len(features), 1))]) if bias else features
    return np.linalg.matrix_rank(table) < table.shape[1]


@pytest.mark.parametrize("seed", range(20))
def test_a_line_on_which_outputs_are_constant(seed):
    """With more columns than rows there is one at every point: it leaves every bounded set."""
    draw = random.Random(seed)
    width, count, bias = draw.randint(1, 4), draw.randint(1, 4), draw.choice(["none", "neuron"])
    network, samples = hidden(width, bias=bias), rows(range(count))
    found = no_basins(network, samples)
    lines = slow_directions(network, samples, random_parameters(network, seed=seed), 1)
    columns = width + (bias == "neuron")
    if columns > count:
        assert lines
        assert found.status == "proved"
    if found.status == "undecided":
        assert columns < count


# ---------------------------------------------------------------- it must be impossible to have a basin accepted


def one_unit(samples, targets, theta, *, name="logistic(2)", bias="none"):
    network = hidden(1, bias=bias, activation=name)
    network = Network((1,), [FullyConnected(1, activation=name, bias="none"), network.layers[1]])
    arrays = {"W1": [[theta[0]]], "W2": [[theta[1]]]} | ({"b2": [theta[2]]} if bias != "none" else {})
    return Instance(network, Parameters.from_arrays(network, arrays), rows(samples), rows(targets))


@pytest.mark.parametrize("seed", range(12))
def test_no_certificate_of_a_basin_in_a_wide_network(seed):
    """Boxes of many shapes around points of networks of two or three parameters: the checker accepts none."""
    draw = random.Random(seed)
    bias = draw.choice(["none", "neuron"])
    samples = [draw.randint(1, 3)] if bias == "none" else draw.sample([1, 2, 3], 2)
    targets = [Fraction(draw.randint(-4, 4), 3) for _ in samples]
    best = [1, Fraction(9, 50)] if seed % 2 else [draw.randint(-2, 2), Fraction(draw.randint(-5, 5), 4)]
    instance = one_unit(samples, targets, [*best, Fraction(draw.randint(-3, 3), 2)], bias=bias)
    assert no_basins(instance.network, instance.samples).status == "proved"
    objective = Objective(instance)
    assert isinstance(basin(objective), str)
    assert classify(objective).status != "strict minimum"
    centre = objective.theta.fractions().tolist()
    for scale in (Fraction(1, 64), Fraction(1, 2), Fraction(5)):
        radii = [scale * draw.randint(1, 4) for _ in centre]
        lower, upper = ([c + s * r for c, r in zip(centre, radii, strict=True)] for s in (-1, 1))
        arrays = (ExactArray.from_fractions(side, (len(centre),)) for side in (lower, upper))
        depth = (4,) * len(centre)
        claim = BasinClaim(OWN, *arrays, depth, (0,) * len(centre), 128, Fraction(0))
        outcome = Certificate(instance, (claim,), 2).outcome
        assert outcome.exit_code == 1
        assert "is not certainly above the point" in outcome.message


def test_the_basin_that_exists_at_width_one_is_lost_with_one_sample_or_one_bias():
    """The same box that is accepted for two samples, without biases, is refused in both wide neighbours."""
    point, radii = [1, Fraction(9, 50)], ["1/4", "1/20"]
    narrow = one_unit([1, 3], [-1, 1], point)
    assert no_basins(narrow.network, narrow.samples).status == "undecided"
    claim = basin(Objective(narrow), radii=radii)
    assert Certificate(narrow, (claim,), 2).outcome.exit_code == 0
    for samples, targets in (([1], [-1]), ([3], [1]), ([1, 1], [-1, 1]), ([3, 3], [-1, 1])):
        wide = one_unit(samples, targets, point)
        assert no_basins(wide.network, wide.samples).status == "proved"
        assert isinstance(basin(Objective(wide), radii=radii), str)
        assert Certificate(wide, (claim,), 2).outcome.exit_code == 1
    biased = one_unit([1, 3], [-1, 1], [*point, 0], bias="neuron")
    assert isinstance(basin(Objective(biased), radii=[*radii, "1/20"]), str)


@pytest.mark.parametrize("seed", range(15))
def test_no_strict_minimum_in_a_wide_network(seed):
    """Points with an exact fit, points of zero weights, drawn points: none is a strict minimum."""
    draw = random.Random(seed)
    count, bias = draw.choice([(2, "none"), (3, "neuron"), (3, "none")])
    width = count - (bias != "none")
    network = hidden(width, bias=bias, activation=draw.choice(["softsign", "logistic(2)", "relu", "sigmoid"]))
    samples = rows(draw.sample(range(-4, 5), count))
    parameters = random_parameters(network, seed=seed)
    if seed % 3 == 0:
        zeros = {"W1": [[0] * width], "b1": [0] * width, "W2": [[0]] * width} | ({"b2": [0]} if bias != "none" else {})
        parameters = Parameters.from_arrays(network, zeros)
    blank = Instance(network, parameters, samples, [[0]] * count)
    objective = Objective(blank)
    targets = objective.outputs() if objective.domain == "Q" and seed % 3 == 1 else rows(draw.sample(range(9), count))
    found = classify(Objective(Instance(network, parameters, samples, targets)))
    assert found.status != "strict minimum"


# ---------------------------------------------------------------- within verify


def test_verify_states_it_with_shapes_only():
    layers = [Convolution(2, 2), AveragePooling(1), FullyConnected(4), FullyConnected(2, activation="identity")]
    network = Network((1, 3), layers, activation="sigmoid")
    samples = [[1, 2, 3], [2, 3, 1], [5, 5, 7], [8, 8, 9], [1, 9, 1]]
    found = verify(network, random_parameters(network), samples, layer=1)
    verdict = found.verdicts[-1]
    assert (verdict.statement, verdict.status, verdict.layer, verdict.checked) == ("LDS18.wide", "proved", 2, True)
    assert found.certificate.layers == 3
    assert len(found.certificate.instance.parameters.layers) == 1
    below = Parameters(random_parameters(network).layers[:1])
    assert verify(network, below, samples, layer=1).checked is True
    assert verify(network, None, samples).verdicts[-1].status == "proved"
    assert verify(network, random_parameters(network), samples, layer="all").verdicts[-1].checked is True
    assert "LDS18.wide" not in {each.statement for each in verify(network).verdicts}


def test_verify_leaves_out_what_is_too_long(monkeypatch):
    monkeypatch.setattr("exactcnn.theorems.verify.MOST_SLOTS", 3)
    layers = [FullyConnected(2), FullyConnected(6), FullyConnected(1)]
    network, samples = Network((1,), layers, activation="relu"), [[x] for x in range(7)]
    found = verify(network, random_parameters(network), samples, layer=1).verdicts[-1]
    assert (found.status, found.claims) == ("undecided", ())
    assert found.reason == "7 columns suffice; verify layer 2 itself for the proof"
    monkeypatch.undo()
    assert verify(network, random_parameters(network), samples, layer=2).verdicts[-1].status == "proved"
