"""Lines of equal outputs: relations, what they violate, against plain sums and Hessians; minima that must stand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.certificates.certificate import Certificate
from exactcnn.gallery.registry import select
from exactcnn.landscape.classify import classify
from exactcnn.landscape.equal_outputs import find, known_relations
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

PIECES = {piece.id: piece for piece in select([]) if piece.samples is not None}


def objective(layers, arrays, samples, targets, shape=None):
    network = Network(shape or (len(samples[0]),), layers)
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def accepted(found: Finding, own: Objective) -> bool | None:
    return Certificate(own.instance, (found.claim(),), len(own.instance.network.layers)).checked(True)


def constant_units(activation, count=2, **changes):
    layers = [FullyConnected(count, activation=activation), FullyConnected(1, activation="identity")]
    arrays = {"W1": [[0] * count], "b1": list(range(1, count + 1)), "W2": [[0]] * count, "b2": [1]}
    return objective(layers, arrays | changes, [[0], [1]], [[0], [2]])


@pytest.mark.parametrize("name", [name for name, piece in PIECES.items() if "minimum" in piece.status])
def test_minima_of_the_literature_stand(name):
    assert isinstance(find(PIECES[name].objective()), str)


def test_the_saddle_below_a_convolution():
    own = PIECES["convolutional-saddle"].objective()
    found = find(own)
    assert (found.type, found.evidence.kind, found.evidence.by) == ("not a minimum", "equal-outputs", "equal-values")
    assert accepted(found, own)
    assert classify(own).status == "saddle"


@pytest.mark.parametrize("activation", ["softsign", "tanh", "gelu", "sin"])
def test_where_the_gradient_is_not_proved_to_be_zero_it_still_decides(activation):
    own = constant_units(activation)
    found = find(own)
    assert found.evidence.by == ("rational" if activation == "softsign" else "equal-values")
    assert accepted(found, own)
    point = classify(own)
    assert point.status == ("saddle" if activation in ("softsign", "tanh") else "not a minimum")
    assert ("line of equal outputs" in point.reason) == (activation in ("gelu", "sin"))


def test_more_parameters_than_a_hessian_takes():
    own = constant_units("softsign", 700)
    assert own.coordinates.count > 2000
    point = classify(own, search=False)
    assert (point.status, point.finding.evidence.kind) == ("not a minimum", "equal-outputs")
    assert accepted(point.finding, own)


def below_a_convolution(seed: int):
    """A network 3 - conv - 1 with relations: few samples, small integers; not critical as a rule."""
    rng = np.random.default_rng(seed)
    layers = [Convolution(1, 2, activation="softsign"), FullyConnected(2, activation="identity")]
    arrays = {"W1": rng.integers(-1, 2, (2, 1)), "b1": rng.integers(-2, 3, 3) + 0.5}
    arrays |= {"W2": rng.integers(-1, 2, (3, 2)), "b2": rng.integers(-1, 2, 2)}
    samples, targets = rng.integers(-1, 2, (2, 4)), rng.integers(-1, 2, (2, 2))
    return objective(layers, {k: v.tolist() for k, v in arrays.items()}, samples.tolist(), targets.tolist(), (1, 4))


def equations(own: Objective, u, output: int) -> list[Fraction]:
    """The sums of the page: by the filter, then by the biases; softsign' = 1 / (1 + |z|)^2."""
    parameters, rows = own.instance.parameters, own.instance.samples.fractions().tolist()
    filters = [w for (w,) in parameters.layer(1).weights.fractions().tolist()]
    biases = parameters.layer(1).biases.fractions().tolist()
    residual = own.residual().fractions()
    by_filter, by_bias = [Fraction(0)] * 2, [Fraction(0)] * 3
    for i, row in enumerate(rows):
        for p in range(3):
            patch = row[p : p + 2]
            z = sum((w * x for w, x in zip(filters, patch, strict=True)), biases[p])
            factor = u[p] * residual[i, output] / (1 + abs(z)) ** 2
            by_bias[p] += factor
            by_filter = [total + factor * x for total, x in zip(by_filter, patch, strict=True)]
    return [*by_filter, *by_bias]


@given(st.integers(0, 2000))
def test_what_is_violated_are_the_sums_of_the_page(seed):
    own = below_a_convolution(seed)
    _, basis = known_relations(own, own.coordinates.blocks[-1])
    features = own.in_rationals().trace.features[1].fractions()
    assert all((features[0] @ u == features[1] @ u) for u in basis)
    assert len(basis) >= 2
    found = find(own)
    gradient = own.gradient().fractions()
    sums = [equations(own, u, output) for u in basis for output in range(2)]
    derivatives = [[a + g for a, g in zip(each, gradient, strict=False)] for each in sums]
    last = gradient[5:].tolist()
    assert isinstance(found, Finding) == any(any(each) for each in [*derivatives, last])
    if isinstance(found, Finding):
        assert accepted(found, own)
        place = found.evidence.coordinate
        if place < 5:
            value = equations(own, found.evidence.combination.fractions(), found.evidence.output)[place]
            assert value + gradient[place] != 0


@given(st.integers(0, 2000))
def test_relations_of_equal_values_hold_for_other_functions_too(seed):
    rng = np.random.default_rng(seed)
    count, width = int(rng.integers(2, 4)), int(rng.integers(1, 5))
    arrays = {"W1": rng.integers(-1, 2, (1, width)).tolist(), "b1": rng.integers(-1, 2, width).tolist()}
    arrays |= {"W2": [[1]] * width, "b2": [0]}
    layers = [FullyConnected(width, activation="erf"), FullyConnected(1, activation="identity")]
    own = objective(layers, arrays, rng.integers(-1, 2, (count, 1)).tolist(), [[0]] * count)
    by, basis = known_relations(own, own.coordinates.blocks[-1])
    z = own.instance.samples.fractions() @ np.array(arrays["W1"]) + np.array(arrays["b1"])
    values = np.array([[Fraction(hash((int(x), "any")) % 997) for x in row] for row in z], dtype=object)
    assert by == "equal-values"
    assert all(len(set((values @ u).tolist())) == 1 for u in basis)
    constant = sum(len(set(column)) == 1 for column in z.T.tolist())
    assert len(basis) >= constant


def test_reasons():
    assert "fully connected" in find(objective([FullyConnected(1)], {"W1": [[1]], "b1": [0]}, [[1]], [[1]]))
    layers = [Convolution(1, 1, activation="tanh"), MaxPooling(2), FullyConnected(1, activation="identity")]
    arrays = {"W1": [[1]], "b1": [0, 0], "W3": [[1]], "b3": [0]}
    assert "not the first one" in find(objective(layers, arrays, [[1, 2]], [[1]], (1, 2)))
    own = constant_units("softsign", W1=[[1, 2]])
    assert isinstance(find(own), Finding)  # two units and two samples: a relation
    own = constant_units("softsign", 1, W1=[[1]])
    assert find(own) == "no combination of the features of layer 1 is known to be constant"
    kink = constant_units("relu", b1=[0, 1])
    assert "lines of equal outputs" in find(kink)
