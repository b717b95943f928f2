"""Reachable outputs: published minima that are not global, and what makes an output reachable."""

import copy
from fractions import Fraction

import pytest

REACHABLE = {"kind": "reachable"}


def network(make, land, data, *layers):
    own = [land.layer(w, b, name) for w, b, name in layers]
    return land.with_targets(make, [[x] for x, _ in data], [[y] for _, y in data], own)


def swirszcz(make, land):
    one = [(5, 2), (4, 1), (3, 0), (1, -3), (-1, 3)]
    two = [(-1, 5), (0, 0), (1, -1), (10, -3), (11, -4), (12, -5)]
    three = [(-1, 3), (0, 0), (1, -1), (10, -3), (11, -4), (12, -6)]
    top = [[1], [-1]], [-3], "identity"
    yield network(make, land, one, ([[1]], [-3], "relu"), ([[1]], [0], "identity")), 9
    yield network(make, land, two, ([[-3, 1]], [Fraction(13, 3), -10], "relu"), top), Fraction(4, 3)
    smooth = [[1], [-1]], [Fraction(-5, 2)], "identity"
    yield network(make, land, two, ([[-3, 1]], [Fraction(23, 6), Fraction(-19, 2)], "relu"), smooth), Fraction(4, 3)
    top = [[1], [-1], [-1]], [-3], "identity"
    yield network(make, land, three, ([[-2, 1, 1]], [Fraction(11, 3), -10, -11], "relu"), top), Fraction(1, 3)


def test_published_minima(make, land, run):
    for document, loss in swirszcz(make, land):
        good = land.critical("minimum", REACHABLE, loss)
        outcome = run(document, good)
        assert outcome.exit_code == 0, outcome.message
        for wrong in ({**good, "strict": True}, {**good, "index": [1, 0, 0]}, {**good, "loss": ["0", "1/4"]}):
            assert run(document, wrong).exit_code == 1
        moved = copy.deepcopy(document)
        values = moved["targets"]["values"]
        values[-1] = str(Fraction(values[-1]) + Fraction(1, 10**9))
        assert run(moved, {**good, "loss": ["0", "100"]}).exit_code == 1


def test_other_types_and_layers(make, land, run):
    document, loss = next(swirszcz(make, land))
    assert run(document, land.critical("global minimum", REACHABLE, loss)).exit_code == 2
    smooth = copy.deepcopy(document)
    smooth["layers"][1]["activation"] = make.activation("tanh")
    outcome = run(smooth, land.critical("minimum", REACHABLE, (0, 100)))
    assert outcome.exit_code == 1
    assert "not rational" in outcome.message
    soft = copy.deepcopy(document)
    soft["layers"][1]["activation"] = make.activation("softsign")
    outcome = run(soft, land.critical("minimum", REACHABLE, (0, 100)))
    assert outcome.exit_code == 1
    assert "not piecewise affine" in outcome.message


def test_a_dead_layer(make, land, run):
    """Any net with a layer that is off on all samples: the mean of the targets is the best constant."""
    data = [(0, 0), (1, 0), (2, 1)]
    layers = [
        ([[1, -1]], [-5, -1], "relu"),
        ([[1, 2], [3, 4]], [1, -1], "relu"),
        ([[1], [1]], [Fraction(-2, 3)], "identity"),
    ]
    document = network(make, land, data, *layers)
    good = land.critical("minimum", REACHABLE, Fraction(1, 3))
    outcome = run(document, good)
    assert outcome.exit_code == 0, outcome.message
    # a sample at the kink of the dead layer is reachable
    layers[0] = [[1, -1]], [-2, -1], "relu"
    document = network(make, land, data, *layers)
    outcome = run(document, good)
    assert outcome.exit_code == 1
    assert "not orthogonal" in outcome.message


@pytest.mark.parametrize(
    ("biases", "values", "orthogonal"),
    [
        ([1], (1, -2, 1), True),  # second differences: orthogonal to 1 and x
        ([1], (1, -1, 0), False),
        (None, (1, 1, -1), True),  # without biases only x = (1, 2, 3) is reachable
        (None, (1, -2, 1), True),
        ([1], (1, 1, -1), False),
    ],
)
def test_ones_come_with_a_bias(make, land, run, biases, values, orthogonal):
    """A linear layer at least squares: what the residual must be orthogonal to."""
    x = (1, 2, 3)
    offset = biases[0] if biases else 0
    targets = [[2 * a + offset - r] for a, r in zip(x, values, strict=True)]
    document = land.with_targets(make, [[a] for a in x], targets, [land.layer([[2]], biases)])
    outcome = run(document, land.critical("minimum", REACHABLE, (0, 100)))
    assert (outcome.exit_code == 0) == orthogonal, outcome.message


@pytest.mark.parametrize(("third", "orthogonal"), [(2, True), (1, False)])
def test_maxima(make, land, run, third, orthogonal):
    """Maxima of (w x_1, w x_2): a tie makes its sample free; elsewhere the winner's column counts."""
    first = make.convolution([[0], [1]], 1, "identity", weights=[[1]], bias="none")
    samples = [[2, 1], [0, 1], [1, third]]
    outputs = [2, 1, max(1, third)]
    residual = {2: (1, 0, -1), 1: (1, -1, -1)}[third]  # orthogonal to the outputs, the only column that is reachable
    targets = [[a - r] for a, r in zip(outputs, residual, strict=True)]
    document = land.with_targets(make, samples, targets, [first, make.pooling([[0, 1]])])
    claim = land.critical("minimum", REACHABLE, (0, 100))
    outcome = run(document, claim)
    if orthogonal:
        # V = columns of each neuron where it wins: (2, 0, 0) and (0, 1, 2): the residual is orthogonal to neither
        assert outcome.exit_code == 1
        targets = [[a - r] for a, r in zip(outputs, (0, 2, -1), strict=True)]
        outcome = run({**document, "targets": make.array(targets)}, claim)
        assert outcome.exit_code == 0, outcome.message
    else:
        assert outcome.exit_code == 1
        targets = [[a - r] for a, r in zip(outputs, (0, 1, -1), strict=True)]
        assert run({**document, "targets": make.array(targets)}, claim).exit_code == 1
        targets = [[a - r] for a, r in zip(outputs, (0, 0, 0), strict=True)]
        assert run({**document, "targets": make.array(targets)}, claim).exit_code == 0


def test_offsets_of_pieces(make, land, run):
    """clip(-1, 5/2): samples on different pieces have an offset that moves with no bias, and is part of V."""
    layers = [land.layer([[1]], None, "clip(-1,5/2)"), land.layer([[1]], None)]
    x = [1, 2, 3]
    claim = land.critical("minimum", REACHABLE, (0, 100))
    for residual, fine in (((2, -1, 0), True), ((1, 1, "-6/5"), False)):
        # features (1, 2, 5/2); (x_1, x_2, 0) and (0, 0, 5/2) span V
        targets = [[min(Fraction(a), Fraction(5, 2)) - Fraction(r)] for a, r in zip(x, residual, strict=True)]
        document = land.with_targets(make, [[a] for a in x], targets, layers)
        assert (run(document, claim).exit_code == 0) == fine
