"""Basins: the instances of the theory, a slow twin on the same pieces, and points that have none."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.barrier import basin, loss_on
from exactcnn.landscape.evidence import BasinClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def objective(layers, arrays, samples, targets, inputs=1):
    network = Network((inputs,), [FullyConnected(n, activation=a, bias=b) for n, a, b in layers])
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def narrow():
    """Li, Ding and Sun at width N - 1: a strict minimum of loss 49/50, while 4/5 is attained."""
    layers = [(1, "logistic(2)", "none"), (1, "identity", "none")]
    return objective(layers, {"W1": [[1]], "W2": [["9/50"]]}, [[1], [3]], [[-1], [1]])


def axis(u):
    """Auer, Herbster and Warmuth: one unit, two samples, two minima."""
    return objective([(1, "logistic(2)", "none")], {"W1": [[u]]}, [[1], [4]], [["8/9"], ["1/3"]])


def loss(v, u):
    s = [1 / (1 + mpmath.mpf(2) ** (-a * u)) for a in (1, 3)]
    return ((v * s[0] + 1) ** 2 + (v * s[1] - 1) ** 2) / 2


def recheck(objective, claim):
    """The obligations of a reader, on the uniform subdivision that the claim states."""
    low, high = (side.fractions().tolist() for side in (claim.lower, claim.upper))
    here = loss_on(objective, [(value, value) for value in objective.theta.fractions().tolist()])

    def cut(j, depth):
        width = (high[j] - low[j]) / 2**depth
        return [(low[j] + k * width, low[j] + (k + 1) * width) for k in range(2**depth)]

    for i, end in itertools.product(range(len(low)), (low, high)):
        lists = [[(end[i], end[i])] if j == i else cut(j, claim.depth[j]) for j in range(len(low))]
        for cell in itertools.product(*lists):
            assert loss_on(objective, cell).lower() > here.upper()
    if not claim.floor:  # no loss is negative
        return
    for cell in itertools.product(*(cut(j, claim.inside[j]) for j in range(len(low)))):
        assert loss_on(objective, cell).lower() >= claim.floor.numerator / claim.floor.denominator


def test_the_narrow_network():
    claim = basin(narrow(), radii=["1/4", "1/20"])
    assert isinstance(claim, BasinClaim)
    assert claim.lower.fractions().tolist() == [Fraction(3, 4), Fraction(13, 100)]
    assert Fraction(4, 5) < claim.floor <= Fraction(49, 50)
    recheck(narrow(), claim)
    # the loss on the boundary, by another arithmetic
    grid = np.linspace(0, 1, 201)
    faces = [loss(0.13 + 0.1 * a, u) for a in grid for u in (0.75, 1.25)]
    faces += [loss(v, 0.75 + 0.5 * a) for a in grid for v in (0.13, 0.23)]
    assert 0.98091 <= float(min(faces)) < 0.9812


@pytest.mark.parametrize("u", [0, 3])
def test_an_axis_with_two_minima(u):
    claim = basin(axis(u), radii=[1])
    assert claim.depth == (0,)
    recheck(axis(u), claim)
    found = basin(axis(u))
    assert found.floor > 0
    recheck(axis(u), found)


def test_boxes_are_found_without_radii():
    claim = basin(narrow())
    assert claim.floor > Fraction(4, 5)
    low, high = claim.lower.fractions(), claim.upper.fractions()
    assert all(a < b < c for a, b, c in zip(low, narrow().theta.fractions(), high, strict=True))


def test_three_parameters_and_a_kink():
    layers = [(1, "abs", "neuron"), (1, "identity", "none")]
    point = objective(layers, {"W1": [[1]], "b1": [0], "W2": [[1]]}, [[1], [-1], [2]], [[1], [1], [2]])
    assert isinstance(basin(point), str)  # (w, v) -> (sw, v/s) keeps all outputs: a flat valley leaves every box
    bumped = objective([(1, "abs", "neuron")], {"W1": [[1]], "b1": [0]}, [[1], [-1], [2]], [[1], [1], [2]])
    found = basin(bumped)
    assert isinstance(found, BasinClaim)
    assert found.floor == 0
    recheck(bumped, found)
    deep = [(1, "abs", "neuron"), (1, "square", "none")]
    three = objective(deep, {"W1": [[1]], "b1": [0], "W2": [[1]]}, [[1], [-1], [2]], [[1], [1], [4]])
    assert isinstance(basin(three), str)  # the same valley


def test_a_basin_in_three_dimensions():
    layers, samples, targets = [(1, "identity", "neuron")], [[0, 0], [1, 0], [0, 1]], [[3], [5], [5]]
    least = objective(layers, {"W1": [[2], [2]], "b1": [3]}, samples, targets, 2)  # the minimum of a convex loss
    claim = basin(least)
    assert isinstance(claim, BasinClaim)
    assert len(claim.depth) == 3
    recheck(least, claim)
    other = objective(layers, {"W1": [[1], [2]], "b1": [3]}, samples, targets, 2)
    assert isinstance(basin(other, radii=["1/2", "1/2", "1/4"]), str)


def test_a_saddle_has_no_box():
    point = objective([(1, "identity", "none"), (1, "identity", "none")], {"W1": [[0]], "W2": [[0]]}, [[1]], [[1]])
    assert isinstance(basin(point), str)
    assert isinstance(basin(point, radii=["1/2", "1/2"]), str)


def test_a_box_whose_face_touches_the_level_is_refused():
    # Φ = (w² - 1)²/2 has its minima at ±1: the box [-1, 3] around 1 has a face at the other one
    square = objective([(1, "square", "none")], {"W1": [[1]]}, [[1]], [[1]])
    assert isinstance(basin(square, radii=[2]), str)
    assert isinstance(basin(square, radii=["199/100"]), BasinClaim)


def test_ties_of_a_maximum_may_be_met():
    network = Network((2,), [MaxPooling(patches=[[0, 1]]), FullyConnected(1, activation="identity", bias="none")])
    parameters = Parameters.from_arrays(network, {"W2": [[1]]})
    assert isinstance(basin(Objective(Instance(network, parameters, [[1, 1]], [[1]]))), BasinClaim)


def test_what_is_refused():
    wide = objective([(2, "relu", "neuron")], {"W1": [[1, 1]], "b1": [0, 0]}, [[1]], [[1, 1]])
    with pytest.raises(InputError, match="4 parameters; expected 1 to 3"):
        basin(wide)
    for radii in ([1, 2], [0], [-1]):
        with pytest.raises(InputError, match="positive numbers"):
            basin(axis(0), radii=radii)
