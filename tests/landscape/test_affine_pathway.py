"""Curves down along affine units: planted points, the loss a little further on the curve, and points without one."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.gallery.registry import select
from exactcnn.landscape.affine_pathway import Pathway, affine_units, crossed, descent, find, pathway
from exactcnn.landscape.classify import classify
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters


def point(widths, arrays, samples, targets, activation="relu", bias="neuron"):
    names = [activation] * (len(widths) - 2) + ["identity"]
    layers = [FullyConnected(n, activation=a, bias=bias) for n, a in zip(widths[1:], names, strict=True)]
    network = Network((widths[0],), layers)
    full = {}
    for k, (below, above) in enumerate(itertools.pairwise(widths), start=1):
        full[f"W{k}"] = arrays.get(f"W{k}", np.zeros((below, above), dtype=int))
        if bias != "none":
            full[f"b{k}"] = arrays.get(f"b{k}", np.ones(above, dtype=int))
    return Objective(Instance(network, Parameters.from_arrays(network, full), samples, targets))


def further(objective, finding, s):
    """The loss at a point of the curve."""
    rows = finding.evidence.directions.fractions()
    theta = objective.theta.fractions() + sum(s ** (i + 1) * row for i, row in enumerate(rows))
    return objective.at(ExactArray.from_fractions(theta.tolist(), theta.shape)).loss()


def goes_down(objective, finding):
    assert isinstance(finding, Finding), finding
    assert finding.type == "not a minimum"
    falls = [further(objective, finding, Fraction(1, 10**k)) < objective.loss() for k in (3, 4, 5)]
    certificate = Certificate(objective.instance, (finding.claim(),), len(objective.instance.network.layers))
    return all(falls) and certificate.outcome.exit_code == 0


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("bias", "activation"), [("none", "identity"), ("neuron", "relu"), ("neuron", "leaky-relu(1/3)")]
)
def test_all_weights_zero(depth, bias, activation):
    """Critical for centred targets, and the first derivative that is not zero has order `depth`."""
    objective = point((1,) * (depth + 1), {f"b{depth}": [0]}, [[-1], [1]], [[-1], [1]], activation, bias)
    assert not objective.gradient().numbers.any()
    finding = descent(objective, pathway(objective))
    assert finding.evidence.directions.shape[0] == depth
    assert goes_down(objective, finding)


@pytest.mark.parametrize("scale", ["1", "-2", "1/3"])
@pytest.mark.parametrize("second", [1, -3])
def test_factors_of_low_rank(scale, second):
    """Linear factors of rank 1 that fit the first output; the second is not fitted at all."""
    factor = [[scale, 0, 0], [0, 0, 0], [0, 0, 0]]
    arrays = {"W1": factor, "W2": factor, "W3": [[str(2 / Fraction(scale) ** 2), 0], [0, 0], [0, 0]]}
    samples = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    objective = point((3, 3, 3, 2), arrays, samples, [[2, 0], [0, second], [0, 0]], "identity", "none")
    assert not objective.gradient().numbers.any()
    assert objective.loss() == Fraction(second**2, 2)
    assert goes_down(objective, descent(objective, pathway(objective)))


def test_slopes_are_absorbed():
    """Units of slope 1/3 and 1 in one layer."""
    arrays = {"b1": [-5, 7], "W2": [[0], [0]], "b2": [0]}
    objective = point((1, 2, 1), arrays, [[-1], [1]], [[-1], [1]], "leaky-relu(1/3)")
    found = pathway(objective)
    assert found == Pathway(0, ((0, 1),), ((Fraction(1, 3), Fraction(1)),))
    assert goes_down(objective, descent(objective, found))


def test_only_isolated_units_are_taken():
    """Unit 0 of layer 1 feeds the unit of layer 2 that is on for one sample only."""
    arrays = {"W1": [[1, 1]], "b1": [3, 4], "W2": [[0, 1], [0, 0]], "b2": [5, -4], "W3": [[1], [1]], "b3": [0]}
    objective = point((1, 2, 2, 1), arrays, [[0], [2]], [[0], [0]])
    assert [sorted(own) for own in affine_units(objective)] == [[0, 1], [0]]
    assert pathway(objective) == Pathway(0, ((1,), (0,)), ((Fraction(1),), (Fraction(1),)))
    arrays |= {"W2": [[0, 1], [0, 1]], "b2": [5, -9]}
    assert pathway(point((1, 2, 2, 1), arrays, [[0], [2]], [[0], [0]])) == Pathway(1, ((0,),), ((Fraction(1),),))


def test_as_many_units_as_outputs():
    arrays = {"W1": [[1, 1]], "b1": [3, -4]}
    assert pathway(point((1, 2, 2), arrays, [[0], [2]], [[0, 0], [0, 0]])) == Pathway(1, (), ())
    assert pathway(point((1, 2, 1), arrays, [[0], [2]], [[0], [0]])).units == ((0,),)


def test_dead_units_and_saturated_ones_have_slope_zero():
    assert affine_units(point((1, 2, 1), {"W1": [[1, 1]], "b1": [-9, 2]}, [[0], [1]], [[0], [0]])) == [{1: Fraction(1)}]
    clipped = point((1, 2, 1), {"W1": [[1, 1]], "b1": [9, 0]}, [["1/4"], ["1/2"]], [[0], [0]], "clip(0,1)")
    assert affine_units(clipped) == [{1: Fraction(1)}]


def test_minima_have_no_curve():
    for name in ("yun-1", "affine-units"):
        objective = select([name])[0].objective()
        assert find(objective) == "no units that are affine on all samples lead down"
        assert not crossed(objective, pathway(objective).start).any()
    assert crossed(select(["affine-units"])[0].objective(), 0).ravel().tolist() == [
        Fraction(28729, 19000),
        -Fraction(28729, 19000),
    ]


def test_points_that_are_not_critical():
    objective = point((1, 1, 1), {"W1": [[1]], "b1": [5], "W2": [[1]]}, [[0], [1]], [[0], [0]])
    assert descent(objective, pathway(objective)) == "the point is not critical"


def test_the_ladder_ends_with_it():
    """No second derivative is negative, no layer a polynomial, and the point no minimum."""
    objective = point((1, 1, 1, 1), {"b3": [0]}, [[-1], [1]], [[-1], [1]])
    found = classify(objective)
    assert (found.status, found.finding.evidence.kind) == ("not a minimum", "curve")
    assert "along a curve the loss is a polynomial" in found.reason


def test_units_at_breakpoints_elsewhere():
    """A unit of layer 1 at its kink on one sample, which nothing moves: the curve is one all the same."""
    arrays = {"W1": [[0, 1]], "b1": [1, 1], "W2": [[0], [0]], "b2": [0]}
    objective = point((1, 2, 1), arrays, [[-1], [1]], [[-1], [1]])
    found = Pathway(0, ((0,),), ((Fraction(1),),))
    assert goes_down(objective, descent(objective, found))


def test_other_networks():
    samples, targets = [[1, 2]], [[0]]

    def at(*layers):
        network = Network((2,), layers)
        shapes = {layer.number: layer.parameter_shapes for layer in network.resolved}
        arrays = {f"{n}{k}": np.ones(s, dtype=int) for k, own in shapes.items() for n, s in own.items()}
        return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))

    last = FullyConnected(1, activation="identity")
    convolved = at(Convolution(1, patches=((0,), (1,)), activation="relu"), last)
    tanh = at(FullyConnected(2, activation="tanh"), last)
    squashed = at(FullyConnected(2, activation="relu"), FullyConnected(1, activation="relu"))
    for objective, message in (
        (convolved, "layer 1 is not fully connected"),
        (tanh, r"lie in Q\(t\)"),
        (squashed, "expected none at the outputs"),
    ):
        with pytest.raises(InputError, match=message):
            affine_units(objective)
        assert isinstance(find(objective), str)
