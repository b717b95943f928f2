"""Parameters as one list, the instance at a point, and what a loss needs: each refusal beside what is accepted."""

import copy
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from flint import fmpq

from exactcnn.checker.document import FormatError, ObligationError
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import RATIONALS
from exactcnn.checker.points import at_point, coordinates, known_targets, read_by_slot, read_point, theta
from tests.checker.slow import drawn, flint, parameters, read


def biases_of(seed):
    kinds = list(product(["neuron", "filter", "none"], repeat=3))
    return kinds[seed % len(kinds)]


@pytest.mark.parametrize("seed", range(0, 27, 4))
@pytest.mark.parametrize("pooled", [True, False])
def test_the_list_of_all_parameters(make, seed, pooled):
    """Every parameter gets a number of its own as its value; coordinates are where these numbers are found again."""
    document = drawn(make, seed, pooled=pooled, biases=biases_of(seed))
    number = 0
    places = {}
    for k, layer in enumerate(document["layers"], start=1):
        if layer["kind"] != "convolution":
            continue
        for name in ("weights", "biases"):
            if layer[name]:
                size = len(layer[name]["values"])
                layer[name]["values"] = [str(number + i) for i in range(size)]
                for i in range(size):
                    places[k, name, i] = number + i
                number += size
    instance = read(document)
    found = coordinates(instance.layers)
    assert found.count == number
    assert theta(instance) == list(range(number)) == list(map(flint, parameters(document)))
    for k, layer in enumerate(document["layers"], start=1):
        if layer["kind"] != "convolution":
            assert all(found.bias(k, h) is None for h in range(instance.layers[k].width))
            continue
        filters, count = layer["filters"], len(layer["patches"])
        for s in range(len(layer["patches"][0])):
            for t in range(filters):
                assert found.weight(k, s, t) == places[k, "weights", s * filters + t]
        for h in range(count * filters):
            index = {"neuron": h, "filter": h % filters}.get(layer["bias"])
            own = None if index is None else places[k, "biases", index]
            assert found.bias(k, h) == own
            alone = sum(found.bias(k, other) == own for other in range(count * filters)) == 1
            assert found.own_bias(k, h) == (own if own is not None and alone else None)
        for t in range(filters):
            weights, biases = found.incoming(k, t)
            assert weights == [places[k, "weights", s * filters + t] for s in range(len(layer["patches"][0]))]
            neurons = [p * filters + t for p in range(count)]
            assert biases == sorted({found.bias(k, h) for h in neurons} - {None})


def test_layers_without_parameters_begin_where_the_next_does(make):
    document = drawn(make, 1, biases=("neuron", "none", "filter"))
    found = coordinates(read(document).layers)
    assert found.weights == [0, 0, 12, 12, 16]
    assert found.biases == [0, 6, 12, 16, 24]
    assert found.count == 26


def test_no_layers(make, run):
    """The loss of a network without layers is not asked for, whatever the claim."""
    bare = {**make.instance([[1]], []), "targets": make.array([[1]])}
    instance = read(bare)
    assert coordinates(instance.layers).count == 0
    assert theta(instance) == []
    with pytest.raises(ObligationError, match="there are no layers"):
        known_targets(instance)
    loss = {"kind": "loss", "point": -1, "lower": "0", "upper": "1", "precision": None}
    one = {**bare, "layers": [make.elementwise("identity")]}
    for precision in (None, 53):
        outcome = run(bare, {**loss, "precision": precision})
        assert outcome.exit_code == 1
        assert "there are no layers" in outcome.message
        assert run(one, {**loss, "precision": precision}).exit_code == 0
    claim = {"kind": "critical-point", "point": -1, "type": "global minimum", "strict": False, "index": None}
    zero = {**claim, "loss": ["0", "0"], "evidence": {"kind": "zero"}}
    assert "there are no layers" in run(bare, zero).message
    assert run(one, zero).exit_code == 0
    minimum = {"kind": "hessian", "by": "rational", "slice": [], "precision": 53, "kernel": None}
    strict = {**zero, "type": "minimum", "evidence": {**minimum, "congruence": make.array([[1]])}}
    assert run(bare, strict).exit_code == 1


class Dropout(Layer):
    """A kind that points know nothing of."""

    kind, linear, has_activation = "dropout", True, False

    @classmethod
    def read(cls, value, where, folder, below, budget):
        raise NotImplementedError

    def pre_activations(self, below, numbers=RATIONALS):
        yield 0, below


def test_kinds_that_are_not_known(make):
    """A loss is decided for the three kinds that all of the checker's derivatives know, and for no other."""
    instance = read(drawn(make, 0))
    assert at_point(instance, -1).layers == instance.layers
    other = replace(instance, layers=[*instance.layers, Dropout(2, 2)])
    with pytest.raises(ObligationError, match="layer 5 is dropout; losses are not decided there"):
        at_point(other, -1)


def test_the_parameters_of_a_point(make):
    document = drawn(make, 5, biases=("neuron", "none", "filter"))
    layers = document["layers"]

    def own(layer, value):
        if layer["kind"] != "convolution":
            return None
        return {
            name: layer[name] and {**layer[name], "values": [str(value)] * len(layer[name]["values"])}
            for name in ("weights", "biases")
        }

    points = [[own(layer, value) for layer in layers] for value in (7, Fraction(-1, 3))]
    before = copy.deepcopy(document)
    for index, value in enumerate((fmpq(7), fmpq(-1, 3))):
        assert set(theta(read(document, points, point=index))) == {value}
    assert theta(read(document, points)) == list(map(flint, parameters(before)))
    assert read(document, points, point=1).layers[2] == read(document).layers[2]  # maxima have none
    # the instance's own parameters are not needed at another point, and stand for nothing there
    bare = {
        **document,
        "layers": [{**layer, "weights": None, "biases": None} if own(layer, 0) else layer for layer in layers],
    }
    assert set(theta(read(bare, points, point=0))) == {fmpq(7)}
    with pytest.raises(ObligationError, match="needs weights"):
        read(bare, points)
    missing = [[None, *points[0][1:]]]
    with pytest.raises(ObligationError, match=r"points\[0\] has no parameters of layer 1"):
        read(document, missing, point=0)
    half = [[{**points[0][0], "biases": None}, *points[0][1:]]]
    with pytest.raises(ObligationError, match="needs weights and biases"):
        read(document, half, point=0)


def test_which_points_there_are(make):
    instance = read(drawn(make, 2, biases=("none", "none", "none")))
    assert read_point(instance, -1) == -1
    for wrong in (0, -2, None, "0", True, 0.0):
        with pytest.raises(FormatError, match="point"):
            read_point(instance, wrong)
    two = replace(instance, points=[[], []])
    assert [read_point(two, index) for index in (-1, 0, 1)] == [-1, 0, 1]
    with pytest.raises(FormatError, match="point"):
        read_point(two, 2)


def test_targets(make):
    document = drawn(make, 3)
    aims = known_targets(read(document))
    assert [x for row in aims for x in row] == list(map(flint, document["targets"]["values"]))
    for targets, message in (
        (None, "needs targets"),
        (make.array([[1]] * 3), "the targets have width 1, the last layer has width 2"),
        (make.array([[1, 2, 3]] * 3), "the targets have width 3, the last layer has width 2"),
    ):
        with pytest.raises(ObligationError, match=message):
            known_targets(read({**document, "targets": targets}))


def test_what_a_slot_reads(make):
    layer = make.convolution([[-1, 0, 2], [1, 0, -1], [2, -1, 1]], 1, "relu", weights=[[1], [1], [1]], bias="none")
    own = read(make.instance([[1, 2, 3]], [layer])).layers[1]
    assert [read_by_slot(own, slot) for slot in range(3)] == [[1, 2], [0, 0], [2, 1]]


def test_a_point_is_paid_for(make):
    instance = read(drawn(make, 0))
    before = instance.budget.spent
    at_point(instance, -1)
    assert instance.budget.spent - before > 1000 * len(instance.layers)
