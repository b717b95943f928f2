"""The loss on a line, a polynomial: its values are those of the loss at the points of the line, by loops."""

import random
from fractions import Fraction

import pytest

from exactcnn.checker.document import ObligationError
from exactcnn.checker.jets import BreakpointError
from exactcnn.checker.loss_on_a_line import MOST_DEGREE, loss_along
from tests.checker.slow import drawn, flint, fraction, loss, moved, parameters, read

CUBE = {(0, 0): 1, (1, 0): -2, (3, 0): 1}


def vector(numbers):
    return list(map(flint, numbers))


def values(document, direction, *, places=(-2, Fraction(-1, 3), 0, 1, Fraction(7, 2))):
    """Whether polynomial and loss agree at some places."""
    polynomial = loss_along(read(document), [vector(direction)])
    for s in places:
        assert fraction(polynomial(flint(s))) == loss(moved(document, direction, Fraction(s)))
    return polynomial


@pytest.mark.parametrize("seed", range(12))
def test_against_loops(make, seed):
    """All kinds of bias, padding and shared filters, an elementwise layer, polynomials of degree 1 to 3."""
    names = (("identity", "square"), ("square", "identity"), (make.formula(CUBE), "identity"))[seed % 3]
    top = make.formula(({(0, 0): 1, (1, 0): 3}, {(0, 0): 2})) if seed % 2 else "identity"
    document = drawn(make, seed, names=names, pooled=False, top=top)
    generator = random.Random(seed)
    direction = [Fraction(generator.randrange(-3, 4), 2) for _ in parameters(document)]
    polynomial = values(document, direction)
    assert polynomial.degree() > 2
    unit = [Fraction(int(e == seed)) for e in range(len(direction))]
    values(document, unit)


def test_directions_that_change_nothing(make):
    document = drawn(make, 1, names=("identity", "square"), pooled=False)
    polynomial = values(document, [Fraction(0)] * len(parameters(document)))
    assert polynomial.degree() <= 0
    assert fraction(polynomial[0]) == loss(document)


def test_a_constant_activation(make):
    """The zero polynomial: its terms are empty."""
    document = drawn(make, 2, names=("identity", make.formula({})), pooled=False)
    values(document, [Fraction(1)] * len(parameters(document)))


def test_curves_and_pieces_near_the_point(make):
    """Of ReLUs, and of powers of s: near s = 0 the loss is the polynomial, by loops at points of the curve."""
    decided = 0
    for seed in range(12):
        document = drawn(make, seed, names=("relu", "relu"), pooled=False)
        generator = random.Random(seed)
        off = [Fraction(generator.randrange(1, 90), 97) for _ in parameters(document)]  # the breakpoints
        document = moved(document, off, Fraction(1))
        curve = [[Fraction(generator.randrange(-3, 4)) for _ in parameters(document)] for _ in range(1 + seed % 3)]
        try:
            polynomial = loss_along(read(document), [vector(row) for row in curve])
        except BreakpointError:
            continue
        decided += 1
        for s in (Fraction(1, 10**9), Fraction(-1, 10**9)):
            there = document
            for power, row in enumerate(curve, start=1):
                there = moved(there, row, s**power)
            assert fraction(polynomial(flint(s))) == loss(there)
    assert decided >= 6


def test_breakpoints_that_are_left(make):
    """A pre-activation at the kink of a ReLU: it must not move."""
    layers = [make.convolution([[0]], 1, name, weights=[[1]], biases=[0]) for name in ("relu", "identity")]
    document = {**make.instance([[0], [2]], layers), "targets": make.array([[1], [1]])}
    with pytest.raises(ObligationError, match="breakpoint"):
        loss_along(read(document), [vector([0, 1, 0, 0])])
    polynomial = loss_along(read(document), [vector([1, 0, 1, 0]), vector([0, 0, 0, 1])])
    for s in (Fraction(1, 9), Fraction(-1, 9)):
        there = moved(moved(document, [1, 0, 1, 0], s), [0, 0, 0, 1], s**2)
        assert fraction(polynomial(flint(s))) == loss(there)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("softsign", "the activation of layer 1 is not a polynomial"),
        ("tanh", "not a polynomial"),
        ("gelu", "not a polynomial"),
        ("quotient", "not a polynomial"),
        ("power", "not a polynomial"),
        ("square", None),
    ],
)
def test_activations_that_are_no_polynomials(make, name, message):
    """A quotient by 1 + t^2, and a power of 2: analytic, and no polynomials."""
    own = {
        "quotient": make.formula(({(1, 0): 1}, {(0, 0): 1, (2, 0): 1})),
        "power": make.formula({(0, 1): 1}, exponent=[0, 1], base="2"),
    }.get(name, name)
    document = drawn(make, 1, names=(own, "identity"), pooled=False)
    direction = vector([1] * len(parameters(document)))
    if message is None:
        assert loss_along(read(document), [direction]).degree() > 0
        return
    with pytest.raises(ObligationError, match=message):
        loss_along(read(document), [direction])


def test_no_maxima(make):
    document = drawn(make, 1, names=("identity", "identity"))
    with pytest.raises(ObligationError, match="layer 2 is max-pooling"):
        loss_along(read(document), [vector([1] * len(parameters(document)))])


def test_samples_and_targets_are_needed(make):
    document = drawn(make, 1, names=("identity", "identity"), pooled=False)
    direction = vector([1] * len(parameters(document)))
    for missing in ("targets", "samples"):
        with pytest.raises(ObligationError, match=f"needs {missing}"):
            loss_along(read({**document, missing: None}), [direction])


def test_the_limit_of_degrees(make):
    """Two powers of a line: what is too long is refused before it is computed; the bound adds 1 for each layer."""

    def powers(*degrees):
        layers = [
            make.convolution([[0]], 1, make.formula({(degree, 0): 1}), weights=[[0]], bias="none") for degree in degrees
        ]
        return read({**make.instance([[1]], layers), "targets": make.array([[0]])})

    most = MOST_DEGREE // 101
    assert loss_along(powers(100, most), [vector([1, 1])]).degree() == 2 * 101 * most
    with pytest.raises(ObligationError, match=f"polynomials of degree {101 * (most + 1)} .* at most {MOST_DEGREE}"):
        loss_along(powers(100, most + 1), [vector([1, 1])])
