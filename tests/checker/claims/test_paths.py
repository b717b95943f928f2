"""Paths: the kinds of segments, and what breaks each."""

from fractions import Fraction

import pytest


def point(make, *layers):
    return [{"weights": make.array(w), "biases": None if b is None else make.array(b)} for w, b in layers]


def certificate(make, document, points, *claims):
    return make.seal({**make.HEAD, "points": points, "instance": document, "claims": list(claims)})


def path(*indices):
    return {"kind": "path", "points": list(indices)}


def network(make, land, *, name="relu", top="identity"):
    """relu units (x), then their sum; the second unit has outgoing weight 0 at the start."""
    layers = [land.layer([[1, 1]], [0, 0], name), land.layer([[1], [0]], [0], top)]
    return land.with_targets(make, [[1], [2], [3]], [[1], [0], [5]], layers)


START = ([[1, 1]], [0, 0]), ([[1], [0]], [0])
MOVED = ([[1, 1]], [0, -2]), ([[1], [0]], [0])
LOWER = ([[1, 1]], [0, -2]), ([[Fraction(1, 2)], [2]], [0])


def outcome_of(make, run_bytes, document, points, *indices):
    return run_bytes(certificate(make, document, [point(make, *each) for each in points], path(*indices)))


def test_a_unit_that_is_not_seen_moves_first(make, land, run_bytes):
    document = network(make, land)
    outcome = outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, 0, 1)
    assert outcome.exit_code == 0, outcome.message
    assert outcome.accepted == ("a path of 2 segments from the parameters down to points[1]",)
    assert outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, -1, 0, 0, 1).exit_code == 0
    both_at_once = outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, 1)
    assert both_at_once.exit_code == 1
    assert "segment 0 is of no kind" in both_at_once.message
    backward = outcome_of(make, run_bytes, document, [MOVED, LOWER], 1, 0)
    assert "segment 0 is of no kind" in backward.message
    level = outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, 0)
    assert "not below that of the start" in level.message
    assert outcome_of(make, run_bytes, document, [MOVED, LOWER], -1).exit_code == 2
    assert outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, 2).exit_code == 2


@pytest.mark.parametrize(
    ("moved", "fine"),
    [
        (MOVED, True),
        ((([[1, 1]], [Fraction(1, 9), -2]), START[1]), False),  # a unit that is seen
        ((([[Fraction(9, 8), 1]], [0, -2]), START[1]), False),
        ((([[1, 1]], [0, -2]), ([[1], [Fraction(1, 9)]], [0])), False),  # seen at the other end
    ],
)
def test_invisible(make, land, run_bytes, moved, fine):
    document = network(make, land)
    outcome = outcome_of(make, run_bytes, document, [moved, LOWER], -1, 0)
    assert outcome.exit_code == 1
    assert ("segment 0 is of no kind" not in outcome.message) == fine, outcome.message


def test_invisible_through_shared_filters_and_maxima(make, land, run_bytes):
    """Slot 0 above reads neuron 0 in one patch and neuron 1 in the other: both are seen, or none."""
    first = make.convolution([[0], [1]], 1, "relu", weights=[[1]], biases=[0, 0], bias="neuron")
    targets = [[0], [0]]
    start = [([[1]], [0, 0]), ([[0], [1]], None), ([[1], [1]], None)]
    moved = [([[1]], [1, 0]), *start[1:]]
    for windows, fine in (([[0, 1], [-1, 1]], True), ([[0, 1], [1, 0]], False)):
        second = make.convolution(windows, 1, "identity", weights=[[0], [1]], bias="none")
        third = make.convolution([[0, 1]], 1, "identity", weights=[[1], [1]], bias="none")
        document = land.with_targets(make, [[1, 2], [2, 5]], targets, [first, second, third])
        outcome = outcome_of(make, run_bytes, document, [moved], -1, 0)
        assert ("segment 0 is of no kind" not in outcome.message) == fine, outcome.message
    pooled = [
        make.convolution([[0], [1]], 1, "relu", weights=[[0]], biases=[0, 9], bias="neuron"),
        make.pooling([[0, 1]]),
    ]
    document = land.with_targets(make, [[1, 2]], [[0]], pooled)
    whole = certificate(make, document, [[*point(make, ([[0]], [1, 9])), None]], path(-1, 0))
    assert "segment 0 is of no kind" in run_bytes(whole).message


@pytest.mark.parametrize(("slope", "fine"), [(Fraction(3, 2), True), (Fraction(2), True), (Fraction(41, 20), False)])
def test_last_layer(make, land, run_bytes, slope, fine):
    """1/2 sum (a x - y)^2 with its least value at a = 2: from 1 down to there, and no further."""
    document = land.with_targets(make, [[1], [2]], [[2], [4]], [land.layer([[1]], [0])])
    outcome = outcome_of(make, run_bytes, document, [[([[slope]], [0])]], -1, 0)
    assert (outcome.exit_code == 0) == fine, outcome.message
    curved = land.with_targets(make, [[1], [2]], [[2], [4]], [land.layer([[1]], [0], "softsign")])
    assert "is of no kind" in outcome_of(make, run_bytes, curved, [[([[slope]], [0])]], -1, 0).message


@pytest.mark.parametrize("offset", [Fraction(-3, 2), Fraction(-4, 3)])
def test_compensated(make, land, run_bytes, offset):
    """All samples are (t, 2 t - 1): weights move against each other and the bias, and nothing above changes."""
    layers = [land.layer([[1], [1]], [0], "relu"), land.layer([[1]], [0])]
    document = land.with_targets(make, [[1, 1], [2, 3], [3, 5]], [[1], [2], [3]], layers)
    # (w_1 + 2 c, w_2 - c, b - c): 2 c t - c (2 t - 1) - c = 0
    c = Fraction(3, 2)
    moved = [([[1 + 2 * c], [1 - c]], [offset]), ([[1]], [0])]
    lower = [moved[0], ([[Fraction(1, 2)]], [0])]
    outcome = outcome_of(make, run_bytes, document, [moved, lower], -1, 0, 1)
    if offset == -c:
        assert outcome.exit_code == 0, outcome.message
    else:
        assert "segment 0 is of no kind" in outcome.message


def test_features_in_q(make, land, run_bytes):
    document = network(make, land, name="tanh")
    outcome = outcome_of(make, run_bytes, document, [MOVED, LOWER], -1, 0, 1)
    assert outcome.exit_code == 1
    assert "not rational" in outcome.message
