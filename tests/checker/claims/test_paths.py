"""Paths: the kinds of segments, and what breaks each."""

from fractions import Fraction

import pytest

from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.paths import read_path
from exactcnn.checker.document import ObligationError


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


# -------------------------------------------------------------------- several layers at once, and convex segments


def deep(make, land):
    """x -> relu(x + 0), relu(2 x) -> two units -> their sum; the second unit of layer 2 is not read at the start."""
    layers = [
        land.layer([[1, 2]], [0, 0], "relu"),
        land.layer([[1, 1], [1, 0]], [0, 0], "relu"),
        land.layer([[1], [0]], [0]),
    ]
    return land.with_targets(make, [[1], [2], [3]], [[1], [0], [5]], layers)


DEEP = ([[1, 2]], [0, 0]), ([[1, 1], [1, 0]], [0, 0]), ([[1], [0]], [0])
# 3 u for u + 2 u, so the second unit of layer 1 is read by nobody; the second one of layer 2 moves as well
ONE = DEEP[0], ([[3, 7], [0, 1]], [0, 5]), DEEP[2]
# the second unit of layer 1 changes together with the unit of layer 2 that alone reads it
TWO = ([[1, 9]], [0, -1]), ([[3, 4], [0, 2]], [0, 6]), DEEP[2]
# both units of layer 2 are made equal to 3 u first, then the output reads the other one
SAME = ONE[0], ([[3, 3], [0, 0]], [0, 0]), DEEP[2]
OTHER = SAME[0], SAME[1], ([[0], [1]], [0])


def segment(make, land, run_bytes, first, second):
    outcome = run_bytes(
        certificate(make, deep(make, land), [point(make, *each) for each in (first, second)], path(0, 1))
    )
    assert outcome.exit_code == 1  # no such segment ends lower
    return "segment 0 is of no kind" not in outcome.message


@pytest.mark.parametrize(("first", "second"), [(DEEP, ONE), (ONE, TWO), (ONE, SAME), (SAME, OTHER), (TWO, ONE)])
def test_outputs_stay(make, land, run_bytes, first, second):
    assert segment(make, land, run_bytes, first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DEEP, (ONE[0], ([[3, 7], [Fraction(1, 9), 1]], [0, 5]), ONE[2])),  # a live weight whose change is seen
        (DEEP, (ONE[0], ONE[1], ([[1], [Fraction(1, 9)]], [0]))),  # what changes is read at the other end
        (
            (ONE[0], ONE[1], ([[1], [Fraction(1, 9)]], [0])),
            (ONE[0], ([[3, 8], [0, 1]], [0, 5]), ONE[2]),
        ),  # or at this one
        (ONE, (TWO[0], ([[3, 4], [0, 2]], [Fraction(1, 9), 6]), TWO[2])),  # a live bias
        (DEEP, TWO),  # the unit of layer 1 changes while it is read
        (ONE, (([[Fraction(9, 8), 9]], [0, -1]), TWO[1], TWO[2])),  # a live unit of layer 1
        (ONE, (([[Fraction(1, 2), 2]], [0, 0]), ([[6, 7], [0, 1]], [0, 5]), ONE[2])),  # equal outputs at both ends only
        (ONE, OTHER),  # the output reads the other unit before it is equal
    ],
)
def test_outputs_that_do_not_stay(make, land, run_bytes, first, second):
    assert not segment(make, land, run_bytes, first, second)


def convex(*indices):
    return {"kind": "convex-path", "points": list(indices)}


@pytest.mark.parametrize(
    ("slopes", "message"),
    [
        ([Fraction(3, 2)], None),
        ([Fraction(29, 10)], None),  # falls to 2, then rises, and ends lower than it began
        ([Fraction(3)], "the loss at the end is not below"),
        ([Fraction(31, 10)], "segment 0 ends above the loss of the start"),
        ([Fraction(31, 10), Fraction(2)], "segment 0 ends above the loss of the start"),  # above it on the way
        ([Fraction(2), Fraction(5, 2)], None),  # rises below its start
    ],
)
def test_convex(make, land, run_bytes, slopes, message):
    """1/2 sum (a x - y)^2 with its least value at a = 2, from a = 1: never above the start as long as 1 <= a <= 3."""
    document = land.with_targets(make, [[1], [2]], [[2], [4]], [land.layer([[1]], [0])])
    points = [point(make, ([[slope]], [0])) for slope in slopes]
    outcome = run_bytes(certificate(make, document, points, convex(-1, *range(len(points)))))
    if message is None:
        (text,) = outcome.accepted
        assert text.startswith(f"a path of {len(points)} segments, convex on each and never above its start, from the")
    else:
        assert message in outcome.message


def test_convex_segments_are_of_two_kinds(make, land, run_bytes):
    document = network(make, land)
    points = [point(make, *each) for each in (MOVED, LOWER)]
    assert run_bytes(certificate(make, document, points, convex(-1, 0, 1))).exit_code == 0
    both = run_bytes(certificate(make, document, points, convex(-1, 1)))
    assert "segment 0 is of no kind on which the loss is convex" in both.message
    curved = land.with_targets(make, [[1], [2]], [[2], [4]], [land.layer([[1]], [0], "softsign")])
    outcome = run_bytes(certificate(make, curved, [point(make, ([[2]], [0]))], convex(-1, 0)))
    assert "segment 0 is of no kind on which the loss is convex" in outcome.message
    assert run_bytes(certificate(make, document, points, convex(-1))).exit_code == 2


# -------------------------------------------------------------------- bounds of norms


def bounded(norms, *indices):
    return {"kind": "bounded-path", "points": list(indices), "norms": norms}


@pytest.mark.parametrize(
    ("norms", "message"),
    [
        (["3", "5/2"], None),
        ([None, "5/2"], None),
        (["3", None], None),
        (["2999/1000", "5/2"], "points[0]: unit 1 of layer 1 has the l1 norm 3"),  # with the bias: 1 + |-2|
        (["3", "2499/1000"], "points[1]: unit 0 of layer 2 has the l1 norm 5/2"),
        (["0", None], "the parameters: unit 0 of layer 1 has the l1 norm 1"),
    ],
)
def test_norms_at_every_point(make, land, run_bytes, norms, message):
    document = network(make, land)
    points = [point(make, *each) for each in (MOVED, LOWER)]
    outcome = run_bytes(certificate(make, document, points, bounded(norms, -1, 0, 1)))
    if message is None:
        words = ", ".join(f"{norm} in layer {k}" for k, norm in enumerate(norms, start=1) if norm is not None)
        expected = f"a path of 2 segments from the parameters down to points[1], with rows of l1 norms at most {words}"
        assert outcome.accepted == (expected,), outcome.message
    else:
        assert outcome.exit_code == 1
        assert message in outcome.message


def test_a_norm_in_the_middle_counts_and_so_do_the_segments(make, land, run_bytes):
    """From slope 1 to 3/2 by way of 2: the point between has the largest norm; the loss must not grow either."""
    document = land.with_targets(make, [[1], [2]], [[4], [8]], [land.layer([[1]], [0])])
    points = [point(make, ([[slope]], [0])) for slope in (Fraction(2), Fraction(3, 2))]
    for norms, message in ((["1"], "points[0]: unit 0 of layer 1"), (["2"], "segment 1 is of no kind")):
        outcome = run_bytes(certificate(make, document, points, bounded(norms, -1, 0, 1)))
        assert outcome.exit_code == 1
        assert message in outcome.message
    level = run_bytes(certificate(make, document, points, bounded(["9"], -1, -1)))
    assert "not below that of the start" in level.message


def test_neurons_of_a_filter_have_one_row_each(make, land, run_bytes):
    """Weights 1 and the biases 0 and -2 of one filter: the second neuron has the norm 3."""
    first = make.convolution([[0], [1]], 1, "relu", weights=[[1]], biases=[0, -2], bias="neuron")
    second = make.convolution([[0, 1]], 1, "identity", weights=[[1], [1]], bias="none")
    document = land.with_targets(make, [[1, 2]], [[5]], [first, second])
    lower = point(make, ([[1]], [0, -2]), ([[2], [1]], None))
    for norm, fine in (("3", True), ("299/100", False)):
        outcome = run_bytes(certificate(make, document, [lower], bounded([norm, None], -1, 0)))
        assert (outcome.exit_code == 0) == fine, outcome.message
    pooled = land.with_targets(make, [[1, 2]], [[5]], [first, make.pooling([[0, 1]])])
    there = [[*point(make, ([[1]], [0, -2])), None]]
    assert run_bytes(certificate(make, pooled, there, bounded([None, "1"], -1, 0))).exit_code == 2


@pytest.mark.parametrize("norms", [None, [], ["1"], ["1", "1", "1"], ["1", 1], ["1", "x"], [True, "1"]])
def test_norms_that_cannot_be_read(make, land, run_bytes, norms):
    document = network(make, land)
    points = [point(make, *each) for each in (MOVED, LOWER)]
    assert run_bytes(certificate(make, document, points, bounded(norms, -1, 0, 1))).exit_code == 2


def test_long_norms_are_paid_for(make, land, run_bytes):
    """300 denominators of 3000 bits in one row: its norm has 300 times as many."""
    odd = [[Fraction(1, 3**1900 + 2**i)] for i in range(300)]
    document = land.with_targets(make, [[1] * 300], [[1]], [land.layer(odd)])
    whole = certificate(make, document, [], {**path(*[-1] * 9), "kind": "bounded-path", "norms": ["1"]})
    outcome = run_bytes(whole)
    assert outcome.message.startswith("refused"), outcome.message
    assert ": norms of layer 1: about" in outcome.message


def test_the_slope_of_a_segment_is_paid_for(make, land, run_bytes):
    """Samples over 400 denominators of 3000 bits: the product of two residuals is a long sum."""
    odd = [[Fraction(1, 3**1900 + 2**i)] for i in range(400)]
    document = land.with_targets(make, odd, [[1]] * 400, [land.layer([[0]])])
    whole = certificate(make, document, [point(make, ([[1]], None))], path(-1, 0))
    outcome = run_bytes(whole)
    assert outcome.message.startswith("refused"), outcome.message
    assert ": a slope: about" in outcome.message


def test_layers_without_parameters_are_paid_for(make, land):
    """All that such a layer reads is looked at once for each segment."""
    spent = []
    for width in (1, 3000):
        top = make.convolution([[0]], 1, "identity", weights=[[1]], bias="none")
        document = land.with_targets(make, [[0] * width], [[1]], [make.elementwise("identity"), top])
        instance = land.read(document)
        verify = read_path(instance, path(*[-1] * 101), Accepted([], 0)).verify
        with pytest.raises(ObligationError, match="not below"):
            verify()
        spent.append(instance.budget.spent)
    assert spent[1] - spent[0] > 100 * 3000 * 20
