"""One-sided derivatives against difference quotients in exact fractions; signs and ties, in Q and in balls."""

import random
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker.directional import _largest, _piece, directional_derivative
from exactcnn.checker.document import ObligationError
from tests.checker.slow import (
    PADDED,
    all_features,
    drawn,
    flint,
    fraction,
    loss,
    moved,
    parameters,
    pre_activations,
    read,
)
from tests.checker.test_derivatives import network, numeric_loss, shifted

STEP = Fraction(1, 10**12)


def quotient(document, direction, step=STEP):
    """(loss(theta + s d) - loss(theta))/s: the one-sided derivative up to a multiple of s."""
    return (loss(moved(document, direction, step)) - loss(document)) / step


def met(document):
    """How many pre-activations are at a kink, and how many maxima are tied."""
    kinks = ties = 0
    for layer, table in zip(document["layers"], all_features(document), strict=False):
        for row in table:
            for z in pre_activations(layer, row):
                if layer["kind"] == "max-pooling":
                    ties += z.count(max(z)) > 1
                else:
                    kinks += str(z) in layer["activation"]["kinks"]
    return kinks, ties


def derivative(document, direction, *, exact=True, precision=100):
    with ctx.workprec(precision):
        return directional_derivative(read(document), list(map(flint, direction)), exact=exact)


@pytest.mark.parametrize("names", [("relu", "softsign"), ("abs", "relu"), ("clip(-1,1)", "leaky-relu(1/2)")])
@pytest.mark.parametrize("pooled", [True, False])
def test_against_quotients(make, names, pooled):
    kinks = ties = 0
    for seed in range(8):
        document = drawn(make, seed, names=names, pooled=pooled)
        generator = random.Random(seed)
        here = met(document)
        kinks, ties = kinks + here[0], ties + here[1]
        for _ in range(4):
            direction = [Fraction(generator.randrange(-2, 3)) for _ in parameters(document)]
            found = derivative(document, direction)
            assert abs(fraction(found) - quotient(document, direction)) < Fraction(1, 10**6)
            ball = derivative(document, direction, exact=False)  # rational layers stay in Q
            assert ball == found
    assert kinks > 20
    assert ties > 5 or not pooled


def test_it_is_homogeneous_and_one_sided(make):
    """At |w|: 1 in either direction, so it is no linear function; twice the direction gives twice the derivative."""
    layers = [make.convolution([[0]], 1, "abs", weights=[[0]], bias="none")]
    document = {**make.instance([[1]], layers), "targets": make.array([[-1]])}
    assert [derivative(document, [d]) for d in (1, -1, 2, -3, 0)] == [1, 1, 2, 3, 0]


@pytest.mark.parametrize("name", ["relu", "squared-relu", "clip(-1,1)"])
def test_at_a_breakpoint_and_staying_there(make, name):
    """Both the value and its derivative are 0 there: whatever second order does, the derivative is 0."""
    layers = [
        make.convolution([[0]], 1, name, weights=[[0]], bias="none"),
        make.convolution([[0]], 1, "identity", weights=[[1]], bias="neuron", biases=[5]),
    ]
    document = {**make.instance([[1]], layers), "targets": make.array([[0]])}
    assert derivative(document, [0, 1, 0]) == 0
    assert derivative(document, [0, 0, 1]) == 5
    deep = [make.convolution([[0]], 1, "identity", weights=[[0]], bias="none"), *layers]  # z = s^2 in the next layer
    other = {**document, "layers": deep}
    assert derivative(other, [1, 1, 0, 0]) == 0
    assert abs(quotient(other, [1, 1, 0, 0])) < Fraction(1, 10**6)


def test_breakpoints_above_maxima_that_are_tied(make):
    """The maximum of (w, -w) is |w|, at the kink of the unit above."""
    layers = [
        make.convolution([[0]], 2, "identity", weights=[[0, 0]], bias="none"),
        make.pooling([[0, 1]]),
        make.convolution([[0]], 1, "relu", weights=[[-1]], bias="none"),
        make.convolution([[0]], 1, "identity", weights=[[1]], bias="neuron", biases=[1]),
    ]
    document = {**make.instance([[1]], layers), "targets": make.array([[0]])}
    assert derivative(document, [-1, 1, 0, 0, 0]) == 0  # -|w|
    layers[2] = make.convolution([[0]], 1, "relu", weights=[[1]], bias="none")
    assert derivative({**document, "layers": layers}, [-1, 1, 0, 0, 0]) == 1


# ---------------------------------------------------------------- in balls


@pytest.mark.parametrize(("first", "second"), [("tanh", "gelu"), ("leaky-relu(1/3)", "silu"), ("elu(2)", "softsign")])
def test_against_differences_in_sixty_digits(make, first, second):
    document = network(make, first, second, bias="neuron", seed=2)
    generator = random.Random(first)
    count = len(parameters(document))
    for _ in range(3):
        direction = [Fraction(generator.randrange(-3, 4), 2) for _ in range(count)]
        found = derivative(document, direction, exact=False, precision=150)
        ends = [
            numeric_loss(make, shifted(document, {e: s * STEP * d for e, d in enumerate(direction) if d}))
            for s in (1, -1)
        ]
        expected = (ends[0] - ends[1]) / (2 * make.real(str(STEP)))
        assert abs(mpmath.mpf(found.mid().str(50, radius=False)) - expected) < mpmath.mpf(10) ** -15
        assert found.rad() < arb(10) ** -30
    with pytest.raises(ObligationError, match=r"derivatives of layer \d are not rational"):
        derivative(document, direction, exact=True)


def test_kinks_in_q_below_balls(make):
    """The first layer is at a kink, in Q; the second one is in balls: the side that is entered is known."""
    layers = [
        make.convolution([[0]], 1, "relu", weights=[[0]], bias="none"),
        make.convolution([[0]], 1, "tanh", weights=[[1]], bias="none"),
        make.convolution([[0]], 1, "identity", weights=[[1]], bias="neuron", biases=[1]),
    ]
    document = {**make.instance([[1]], layers), "targets": make.array([[0]])}
    assert derivative(document, [1, 0, 0, 0], exact=False).contains(1)
    assert derivative(document, [-1, 0, 0, 0], exact=False) == 0
    assert derivative(document, [-1, 0, 0, 1], exact=False).contains(1)


def test_the_piece_that_is_entered():
    kinks = (fmpq(0), fmpq(2))
    for z, dz, piece in (
        (fmpq(-1), fmpq(5), 0),
        (fmpq(1), fmpq(-5), 1),
        (fmpq(3), fmpq(0), 2),
        (fmpq(0), fmpq(1, 10**30), 1),
        (fmpq(0), fmpq(-1, 10**30), 0),
        (fmpq(2), fmpq(1), 2),
        (fmpq(2), fmpq(-1), 1),
        (fmpq(0), fmpq(0), None),
        (fmpq(2), fmpq(0), None),
        (fmpq(2), arb(1), 2),
        (fmpq(2), arb(-1), 1),
    ):
        assert _piece(kinks, z, dz) == piece
    assert _piece((), fmpq(0), fmpq(0)) == 0
    # a sign that a ball does not have
    for ball in (arb(0, 1), arb(1, 1), arb("nan"), arb(0, "inf")):
        with pytest.raises(ObligationError, match="sign of a derivative at a breakpoint is not decided"):
            _piece(kinks, fmpq(0), ball)
    assert _piece(kinks, fmpq(1), arb("nan")) == 1  # off the breakpoints it does not matter
    # values in balls: certainly off, or refused, whatever the derivative
    for ball, piece in ((arb(-1, 0.5), 0), (arb(1, 0.5), 1), (arb(5, 2), 2)):
        assert _piece(kinks, ball, arb(0, 1)) == piece
    for ball in (arb(0), arb(0, 0.1), arb(2, 1e-9), arb(1, 1), arb(1, 5), arb("nan")):
        with pytest.raises(ObligationError, match="not certainly off the breakpoints"):
            _piece(kinks, ball, arb(1))


def test_the_largest_and_ties():
    one, two = (fmpq(1), fmpq(5)), (fmpq(2), fmpq(-7))
    assert _largest([one]) == one
    assert _largest([one, two]) == two  # its derivative, however small
    assert _largest([(fmpq(2), fmpq(-9)), two, one]) == two  # of those that are tied the largest derivative
    assert _largest([two, (fmpq(2), fmpq(3))]) == (2, 3)
    # tied in Q, with derivatives in balls: the maximum of the balls, of those that are tied only
    top, slope = _largest([(fmpq(2), arb(1, 0.25)), (fmpq(2), fmpq(-3)), (fmpq(1), fmpq(100))])
    assert top == 2
    assert slope.contains(arb(1, 0.2))
    assert 0 < slope < 2
    top, slope = _largest([(fmpq(2), arb(0, 1)), (fmpq(2), arb(0.5, 1))])
    assert slope.contains(arb(1.4))
    assert slope.contains(0)
    assert slope > -1
    # in balls: certainly the largest, or refused
    certain = (arb(3, 0.5), arb(8))
    assert _largest([one, certain, (arb(2, 0.4), arb(9))]) is certain
    assert _largest([certain, one]) is certain
    for pairs in ([(arb(3), arb(8)), (fmpq(3), fmpq(0))], [(fmpq(3), fmpq(0)), (arb(3), arb(8))]):  # tied, exactly
        with pytest.raises(ObligationError, match="not certainly attained once"):
            _largest(pairs)
    for other in ((arb(3.9, 0.5), arb(0)), (arb(3, 0.5), arb(8)), (fmpq(3), fmpq(0)), (arb("nan"), arb(0))):
        for pairs in ([certain, other], [other, certain], [one, other, certain]):
            with pytest.raises(ObligationError, match="not certainly attained once"):
                _largest(pairs)


def test_a_tie_in_balls_is_not_decided(make):
    """max(tanh w, tanh w): equal numbers, which no ball tells; with a gap it is decided."""
    for second, fails in ((1, True), (2, False)):
        layers = [
            make.convolution([[0]], 2, "tanh", weights=[[1, second]], bias="none"),
            make.pooling([[0, 1]]),
            make.convolution([[0]], 1, "identity", weights=[[1]], bias="none"),
        ]
        document = {**make.instance([[1]], layers), "targets": make.array([[0]])}
        if fails:
            with pytest.raises(ObligationError, match="not certainly attained once"):
                derivative(document, [0, 0, 1], exact=False)
        else:
            assert derivative(document, [0, 0, 1], exact=False) > 0


def test_a_padded_patch_is_in_q_among_balls(make):
    """A neuron that reads padding only has its bias, a rational number, beside neighbours in balls."""
    first = make.convolution([[0]], 1, "tanh", weights=[[1]], bias="none")
    second = make.convolution([[0], [-1]], 1, "relu", weights=[[2]], bias="neuron", biases=[0, 0])
    top = make.convolution([[0, 1]], 1, "identity", weights=[[1], [1]], bias="none")
    document = {**make.instance([[1]], [first, second, top]), "targets": make.array([[0]])}
    value = 2 * mpmath.tanh(1)  # the output; the unit on padding is at its kink, and moves up or down alone
    for step, expected in ((1, value), (-1, 0)):
        found = derivative(document, [0, 0, 0, step, 0, 0], exact=False)
        assert abs(mpmath.mpf(found.mid().str(40, radius=False)) - expected) < 1e-25


def test_what_is_needed(make):
    document = drawn(make, 1)
    direction = [1] * len(parameters(document))
    derivative(document, direction)
    for missing in ("samples", "targets"):
        with pytest.raises(ObligationError, match=f"needs {missing}"):
            derivative({**document, missing: None}, direction)


def test_padding_has_no_derivative(make):
    """Weights of slots on padding do not matter there, and do where the same slot reads a neuron."""
    layers = [make.convolution(PADDED, 1, "relu", weights=[[1], [1], [1]], bias="none")]
    document = {**make.instance([[1, 2, 3]], layers), "targets": make.array([[3, 6, 4]])}
    # outputs 3, 6, 5: only the last has a residual, 1, and its slots read neurons 1, 2 and padding
    assert [derivative(document, [int(e == s) for e in range(3)]) for s in range(3)] == [2, 3, 0]
