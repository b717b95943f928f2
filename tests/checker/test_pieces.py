"""What is said of a neighbourhood, against networks at many points of it, by loops on fractions."""

import collections
import random
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.activations import read_activation
from exactcnn.checker.derivatives import ENCLOSED, EXACT, Objective
from exactcnn.checker.document import ObligationError
from exactcnn.checker.pieces import UNKNOWN, line, pieces_of
from exactcnn.checker.points import theta
from tests.checker.slow import all_features, flint, fraction, parameters, pre_activations, read, with_parameters
from tests.checker.test_slices import documents


def known(document, kinks=()):
    instance = read(document)
    return pieces_of(Objective(instance, theta(instance), EXACT), kinks)


def nearby(document, seed, times=4):
    """Features at points nearby, those at the point first."""
    generator = random.Random(seed)
    centre = parameters(document)
    yield all_features(document)
    for _ in range(times):
        moved = [x + Fraction(generator.randrange(-999, 1000), 10**12) for x in centre]
        yield all_features(with_parameters(document, moved))


def test_constants_and_levels_hold_nearby(make):
    seen = collections.Counter()
    for number, (document, _) in enumerate(documents(make, 40, seed=7)):
        found, points = known(document), list(nearby(document, number))
        for k in range(1, len(points[0])):
            for h in range(len(points[0][k][0])):
                columns = [[row[h] for row in features[k]] for features in points]
                level = all(len(set(column)) == 1 for column in columns)
                assert level or not found.level[k][h]
                seen["level", found.level[k][h], level] += 1
                for i in range(len(columns[0])):
                    values = {column[i] for column in columns}
                    stated = found.constants[k][i][h]
                    if stated == UNKNOWN:
                        assert len(values) == 1
                    elif stated is not None:
                        assert values == {fraction(stated)}
                    seen["constant", stated is None, len(values) == 1] += 1
    assert seen["constant", False, True] > 30
    assert seen["constant", True, False] > 30  # what may vary does, nearly always: the oracle would notice
    assert seen["constant", True, True] < seen["constant", True, False] / 10
    assert seen["level", True, True] > 5
    assert seen["level", False, False] > 30


def test_the_pieces_that_are_met(make):
    for document, _ in documents(make, 15, seed=8):
        found = known(document)
        features = all_features(document)
        for k, layer in enumerate(document["layers"], start=1):
            for i, row in enumerate(features[k - 1]):
                if layer["kind"] == "max-pooling":
                    continue
                kinks = [Fraction(kink) for kink in layer["activation"]["kinks"]]
                for h, z in enumerate(pre_activations(layer, row)):
                    assert found.numbers[k][i][h] == (sum(kink < z for kink in kinks),)


def test_an_elementwise_layer_above_constants(make):
    """tanh(relu(z)) where the unit is off: constant, with a value that is not looked for."""
    first = make.convolution([[0]], 2, "relu", weights=[[1, 1]], bias="neuron", biases=[-9, 9])
    for name, value in (("tanh", UNKNOWN), ("gelu", UNKNOWN), ("clip(1,2)", fmpq(1))):
        document = {**make.instance([[1], [2]], [first, make.elementwise(name)]), "targets": make.array([[0, 0]] * 2)}
        instance = read(document)
        with ctx.workprec(64):
            found = pieces_of(Objective(instance, list(map(arb, theta(instance))), ENCLOSED))
        assert found.constants[1] == [[0, None]] * 2
        assert [row[0] for row in found.constants[2]] == [value] * 2
        assert found.constants[2][0][1] == (fmpq(2) if name == "clip(1,2)" else None)
        assert found.level[1] == [True, False]
        assert found.level[2] == [True, name == "clip(1,2)"]  # over a column of that kind, whatever the function is


def test_levels_of_inputs_and_padding(make):
    """A column of equal entries stays one under every function of it; a patch of padding reads nothing."""
    layer = make.convolution([[0], [1], [-1]], 1, "softsign", weights=[[2]], bias="neuron", biases=[1, 1, 1])
    document = {**make.instance([[3, 1], [3, 2]], [layer]), "targets": make.array([[0] * 3] * 2)}
    found = known(document)
    assert found.level == [[True, False], [True, False, True]]
    assert found.constants[1] == [[None] * 3] * 2  # it is the same for all samples, and moves with the parameters


def test_maxima(make):
    """The constant of the winner; level if all that is read is level, or the constant is the same."""
    first = make.convolution([[0]], 3, "clip(-1,1)", weights=[[1, 1, 0]], bias="neuron", biases=[-99, 99, "1/2"])
    document = {
        **make.instance([[1], [2]], [first, make.pooling([[0, 1], [0, 2], [-1, 0]])]),
        "targets": make.array([[0] * 3] * 2),
    }
    found = known(document)
    assert found.constants[1] == [[-1, 1, None]] * 2
    assert found.constants[2] == [[1, None, -1]] * 2
    assert found.level[2] == [True, False, True]
    tied = {**document, "layers": [first, make.pooling([[0, 1], [0, 2], [2, -1]]), make.pooling([[1, 2, -1]])]}
    with pytest.raises(ObligationError, match="not certainly attained once"):
        known({**tied, "targets": make.array([[0]] * 2)})


def test_both_pieces_at_a_listed_kink(make):
    """At the kink of relu on sample 1 the unit is no constant; without the list there is no objective at all."""
    first = make.convolution([[0]], 1, "relu", weights=[[1]], bias="none")
    layers = [first, {**first, "activation": make.activation("identity")}]
    document = {**make.instance([[-1], [0]], layers), "targets": make.array([[0]] * 2)}
    instance = read(document)
    with pytest.raises(ObligationError, match="at a breakpoint"):
        Objective(instance, theta(instance), EXACT)
    found = pieces_of(Objective(instance, theta(instance), EXACT, {(1, 0): 0}), [(1, 0)])
    assert found.numbers[1] == [[(0,)], [(0, 1)]]
    assert found.constants[1] == [[0], [None]]
    assert found.numbers[2] == [[(0,)], [(0,)]]  # the pairs are of layer 1 only
    assert found.lines(1, 0) == [(0, 0), (1, 0)]
    assert found.neuron_lines(1, 0) == [(0, 0), (1, 0)]
    assert found.lines_of_sample(1, 0, [0]) == [(0, 0)]
    only = pieces_of(Objective(instance, theta(instance), EXACT, {(1, 0): 0}))
    assert only.constants[1] == [[0], [0]]
    # two flat pieces that meet: constant all the same, for they are continuous
    step = make.formula({(0, 0): 2}, {(0, 0): 2}, {(1, 0): 1}, kinks=[0, 2])
    flat = {**document, "layers": [{**layers[0], "activation": step}, layers[1]]}
    instance = read(flat)
    found = pieces_of(Objective(instance, theta(instance), EXACT, {(1, 0): 0}), [(1, 0)])
    assert found.constants[1] == [[2], [2]]


def test_lines_of_a_filter_and_of_a_neuron(make):
    """All neurons of a filter, on all samples; and each neuron alone."""
    first = make.convolution([[0], [1]], 2, "clip(-1,1)", weights=[[1, 2]], bias="none")
    document = {**make.instance([["2/3", 5], ["-1/3", -7]], [first]), "targets": make.array([[0] * 4] * 2)}
    found = known(document)
    low, middle, high = (fmpq(0), fmpq(-1)), (fmpq(1), fmpq(0)), (fmpq(0), fmpq(1))
    assert found.lines(1, 0) == [low, middle, high]
    assert [found.neuron_lines(1, h) for h in range(4)] == [[middle], [middle, high], [low, high], [low, high]]
    assert found.lines_of_sample(1, 0, [0, 2, 3]) == [middle, high, high]
    assert found.lines_of_sample(1, 1, [0, 2, 3]) == [middle, low, low]
    soft = {**document, "layers": [{**first, "activation": make.activation("gelu")}]}
    instance = read(soft)
    with ctx.workprec(64):
        smooth = pieces_of(Objective(instance, list(map(arb, theta(instance))), ENCLOSED))
    assert smooth.lines(1, 0) == smooth.neuron_lines(1, 3) == [None]
    assert smooth.lines_of_sample(1, 0, [0, 1]) == [None, None]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ({}, (0, 0)),
        ({(0, 0): 3}, (0, 3)),
        ({(1, 0): 2}, (2, 0)),
        ({(0, 0): 1, (1, 0): "-1/2"}, ("-1/2", 1)),
        (({(0, 0): 1, (1, 0): 3}, {(0, 0): 2}), ("3/2", "1/2")),
        (({(0, 0): 2, (2, 0): 2}, {(0, 0): 1, (2, 0): 1}), (0, 2)),  # a constant that is written as a quotient
        ({(2, 0): 1}, None),
        (({(1, 0): 1}, {(0, 0): 1, (2, 0): 1}), None),
        (({(0, 0): 1}, {(0, 0): 1, (2, 0): 1}), None),
        ({(0, 1): 1}, None),
        ({(0, 0): 1, (0, 1): 1}, None),
    ],
)
def test_lines(make, piece, expected):
    uses_power = any(j for side in (piece if isinstance(piece, tuple) else (piece,)) for _, j in side)
    document = make.formula(piece, exponent=[0, 1] if uses_power else [])
    (own,) = read_activation(document, "here").pieces
    found = line(own)
    assert found == (None if expected is None else tuple(map(flint, expected)))
    if found is not None:
        for t in (Fraction(-3), Fraction(0), Fraction(5, 7)):
            value = fraction(found[0]) * t + fraction(found[1])
            assert abs(make.numeric_value(document, make.real(str(t))) - make.real(str(value))) < 1e-40
