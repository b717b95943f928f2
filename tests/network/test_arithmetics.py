"""Networks by arithmetics: values, gradients and Hessian-vector products of every activation in every domain agree.

The oracles share nothing with the walk: Definition 2.1 by loops, in fractions, in numbers of 60 digits with their
difference quotients, and in residues with slopes.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import flint
import numpy as np
import pytest
import sympy

from exactcnn.domains.balls import working_precision
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import EvaluationPoint, Modulus
from exactcnn.network.activations import activation
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.walk import backward, forward, steps

Q, BALLS = Rationals(), Balls()
FLOAT64, FLOAT32 = Floating(np.dtype("float64")), Floating(np.dtype("float32"))
POINT = EvaluationPoint(1048343, 4)
P, FIELD_Q = Modulus(POINT.modulus), Modulus(POINT.order)
BITS = 200
RATIONAL = [
    *("identity", "relu", "leaky-relu(1/100)", "leaky-relu(-3/7)", "leaky-relu(1)", "abs", "relu6", "clip(-1/3,5/2)"),
    *("hard-sigmoid", "hard-tanh", "hard-swish", "softsign", "square", "squared-relu", "polynomial(1/3,0,-2,1/7)"),
    *("polynomial(5)", "swish(0)"),
]
EXPONENTIAL = ["sigmoid", "tanh", "exp", "silu", "swish(3/2)", "swish(-2)", "elu(1)", "elu(2/3)", "gaussian", "mish"]
EXPONENTIAL += ["elu-plus-one"]

STRUCTURES = {
    "dense": lambda a: ((3,), [FullyConnected(3, activation=a), FullyConnected(2, activation="identity")]),
    "one layer": lambda a: ((1, 4), [Convolution(2, 3, activation=a)]),
    "padding, strides, shared biases": lambda a: (
        (1, 5),
        [Convolution(2, 3, padding=1, stride=2, bias="filter", activation=a), FullyConnected(2, activation="identity")],
    ),
    "pooling above, no biases": lambda a: (
        (1, 4),
        [
            Convolution(2, 2, bias="none", activation=a),
            Convolution(1, 2, activation="identity"),
            MaxPooling(2, stride=1, padding=1),
            FullyConnected(2, activation="identity"),
        ],
    ),
    "pooling and a square below": lambda a: (
        (1, 3, 3),
        [Convolution(1, 2, activation="square"), MaxPooling(2, stride=1, padding=1), FullyConnected(2, activation=a)],
    ),
    "pooled inputs, dilation": lambda a: (
        (2, 6),
        [MaxPooling(2, stride=1), Convolution(1, 2, dilation=2, bias="filter", activation=a)],
    ),
    "patches that overlap": lambda a: (
        (4,),
        [
            Convolution(2, patches=((0, 1), (1, 2), (1, 3)), activation=a),
            FullyConnected(1, bias="none", activation="square"),
        ],
    ),
}


@dataclass(frozen=True)
class Instance:
    """A network at generic parameters, two samples, targets, and two directions for all parameters."""

    network: Network
    parameters: Parameters
    directions: tuple[Parameters, Parameters]
    samples: ExactArray
    targets: ExactArray


@cache
def instance(structure, text):
    """Numbers that are the same for every activation, in thirds, fifths and sevenths: no kink is met."""
    network = Network(*STRUCTURES[structure](text))
    rng = np.random.default_rng(list(STRUCTURES).index(structure))

    def drawn(*shape):
        size = int(np.prod(shape))
        tops, bottoms = rng.integers(-6, 7, size), rng.choice([3, 5, 7, 11], size)
        return ExactArray.from_fractions([Fraction(int(a), int(b)) for a, b in zip(tops, bottoms, strict=True)], shape)

    def parameters():
        arrays = {}
        for layer in network.resolved:
            if isinstance(layer, Convolved):
                arrays[f"W{layer.number}"] = drawn(*layer.weights_shape)
                if layer.bias != "none":
                    arrays[f"b{layer.number}"] = drawn(layer.biases_count)
        return Parameters.from_arrays(network, arrays)

    point, first, second = parameters(), parameters(), parameters()
    samples, targets = drawn(2, network.widths[0]), drawn(2, network.widths[-1])
    return Instance(network, point, (first, second), samples, targets)


# -------------------------------------------------------------------- the walk


def walk_of(arithmetic, given, directions):
    """Steps in dual numbers of dual numbers, as many as there are directions, the first one innermost."""
    inner, last = arithmetic, len(given.network.resolved)
    for _ in directions:
        inner = inner.inner
    result = steps(inner, given.network, given.parameters, last)
    for depth, direction in enumerate(directions):

        def paired(value, slope, depth=depth):
            return None if value is None else Pair(value, slope if depth == 0 else Pair(slope, None))

        result = tuple(
            replace(a, weights=paired(a.weights, b.weights), biases=paired(a.biases, b.biases))
            for a, b in zip(result, steps(inner, given.network, direction, last), strict=True)
        )
    return result


def run(arithmetic, given, directions=(), pattern=None):
    """Trace, loss and gradient of half the squared distance from the targets."""
    trace = forward(arithmetic, walk_of(arithmetic, given, directions), arithmetic.lift(given.samples), pattern)
    minus = ExactArray(-given.targets.integers()[0], given.targets.integers()[1])
    residual = arithmetic.add(trace.features[-1], arithmetic.lift(minus))
    half = arithmetic.lift(ExactArray(np.array([[1]]), 2))
    squares = arithmetic.multiply(arithmetic.multiply(residual, residual), half)
    loss = arithmetic.total(arithmetic.reshape(squares, -1))
    return SimpleNamespace(trace=trace, loss=loss, gradient=backward(arithmetic, trace, residual))


def along(arithmetic, gradient, direction):
    """<gradient, direction> over all weights and biases."""
    total = None
    for own, given in zip(gradient, direction.layers, strict=True):
        for slope, numbers in () if given is None else ((own.weights, given.weights), (own.biases, given.biases)):
            if numbers is not None:
                product = arithmetic.multiply(slope, arithmetic.lift(numbers))
                part = arithmetic.total(arithmetic.reshape(product, -1))
                total = part if total is None else arithmetic.add(total, part)
    return total


def hessian_along(arithmetic, gradient, direction):
    """The slopes of a gradient in dual numbers, a product with the Hessian, in another direction."""
    slopes = [
        SimpleNamespace(weights=g.weights and g.weights.slope, biases=g.biases and g.biases.slope) for g in gradient
    ]
    return along(arithmetic, slopes, direction)


# -------------------------------------------------------------------- the oracle in 60 digits


class Digits:
    """Features and loss by loops, in numbers of 60 digits, at shifted parameters."""

    def __init__(self, given, by_loops, oracles, mp):
        self.given, self.by_loops, self.mp = given, by_loops, mp
        self.functions = [
            oracles[layer.activation.text] if isinstance(layer, Convolved) else None for layer in given.network.resolved
        ]

    def real(self, value):
        return self.mp.mpf(value.numerator) / value.denominator

    def features(self, *shifts):
        """F_L at the point plus shifts times the directions."""
        tables = {"weights": {}, "biases": {}}
        for number, own in enumerate(self.given.parameters.layers, 1):
            for name, table in tables.items():
                array = None if own is None else getattr(own, name)
                if array is None:
                    continue
                values = np.vectorize(self.real, otypes=[object])(array.fractions())
                for shift, direction in zip(shifts, self.given.directions, strict=False):
                    moved = getattr(direction.layers[number - 1], name).fractions()
                    values = values + shift * np.vectorize(self.real, otypes=[object])(moved)
                table[number] = values.tolist()
        samples = [[self.real(v) for v in row] for row in self.given.samples.fractions().tolist()]
        return self.by_loops(self.given.network, tables["weights"], tables["biases"], samples, self.functions)[-1]

    def loss(self, *shifts):
        targets = self.given.targets.fractions().tolist()
        pairs = zip(self.features(*shifts), targets, strict=True)
        return sum((f - self.real(y)) ** 2 for row, wanted in pairs for f, y in zip(row, wanted, strict=True)) / 2

    def slope(self):
        """Along the first direction, by a central difference."""
        h = self.mp.mpf(10) ** -15
        return (self.loss(h) - self.loss(-h)) / (2 * h)

    def curvature(self):
        """Along both directions, by a mixed difference."""
        h = self.mp.mpf(10) ** -12
        corners = self.loss(h, h) - self.loss(h, -h) - self.loss(-h, h) + self.loss(-h, -h)
        return corners / (4 * h * h)

    def close(self, enclosure, value, tolerance):
        """Whether a ball, narrow, lies around a number that is itself known to some digits."""
        with self.mp.workdps(70):
            middle = self.mp.mpf(flint.arb(enclosure).mid().str(60, radius=False))
        scale = 1 + abs(value)
        return abs(middle - value) <= tolerance * scale and float(flint.arb(enclosure).rad()) <= 1e-30 * float(scale)


@pytest.fixture(params=STRUCTURES)
def given(request, text):
    return instance(request.param, text)


@pytest.fixture
def in_balls(request, given, text):
    return derivatives_in_balls(request.node.callspec.params["given"], text)


@cache
def derivatives_in_balls(structure, text):
    """Loss and derivatives in balls, and the pattern of all pieces and winners, none of which is in doubt."""
    given = instance(structure, text)
    first, second = given.directions
    with working_precision(BITS):
        found = run(BALLS, given)
        found.pattern = found.trace.pattern
        assert all(choice is None or choice.open is None for choice in found.pattern)
        found.slope = along(BALLS, found.gradient, first)
        found.curvature = hessian_along(BALLS, run(Dual(BALLS), given, (first,), found.pattern).gradient, second)
        found.nested = run(Dual(Dual(BALLS)), given, (first, second), found.pattern).loss
    return found


def test_no_activation_is_left_out(oracles):
    for domain, texts in (("rational", RATIONAL), ("exponential", EXPONENTIAL)):
        assert set(texts) == {text for text in oracles if activation(text).domain == domain}


def test_balls_against_difference_quotients(given, in_balls, by_loops, oracles, sixty_digits):
    digits = Digits(given, by_loops, oracles, sixty_digits)
    for row, expected in zip(in_balls.trace.features[-1].tolist(), digits.features(), strict=True):
        assert all(digits.close(value, f, 1e-50) for value, f in zip(row, expected, strict=True))
    assert digits.close(in_balls.loss.item(), digits.loss(), 1e-50)
    assert digits.close(in_balls.slope.item(), digits.slope(), 1e-20)
    assert digits.close(in_balls.curvature.item(), digits.curvature(), 1e-15)
    for nested, found in (
        (in_balls.nested.value.value, in_balls.loss),
        (in_balls.nested.value.slope, in_balls.slope),
        (in_balls.nested.slope.slope, in_balls.curvature),
    ):
        assert flint.arb(nested.item()).overlaps(flint.arb(found.item()))


def test_floats_are_near_the_balls(given, in_balls):
    first, _ = given.directions
    for floats, tolerance in ((FLOAT64, 1e-11), (FLOAT32, 1e-3)):
        found = run(floats, given)
        for value, enclosure in ((found.loss, in_balls.loss), (along(floats, found.gradient, first), in_balls.slope)):
            expected = float(flint.arb(enclosure.item()).mid())
            assert value.dtype == floats.dtype
            assert abs(float(value) - expected) <= tolerance * (1 + abs(expected))


@pytest.mark.parametrize("text", RATIONAL)
def test_rational_networks(given, text, in_balls, by_loops, oracles, agrees):
    """Q against loops in fractions; every other arithmetic against Q, entry by entry."""
    first, second = given.directions
    exact = run(Q, given)
    own = {k: layer for k, layer in enumerate(given.parameters.layers, 1) if layer is not None}
    weights = {k: layer.weights.fractions().tolist() for k, layer in own.items()}
    biases = {k: layer.biases.fractions().tolist() for k, layer in own.items() if layer.biases is not None}
    functions = [oracles[e.activation.text] if isinstance(e, Convolved) else None for e in given.network.resolved]
    expected = by_loops(given.network, weights, biases, given.samples.fractions().tolist(), functions)
    assert [f.fractions().tolist() for f in exact.trace.features[1:]] == expected
    assert exact.trace.kinks() == ()
    for ours, theirs in zip(exact.trace.pattern, in_balls.pattern, strict=True):
        assert (ours and ours.chosen.tolist()) == (theirs and theirs.chosen.tolist())

    slope = number(along(Q, exact.gradient, first))
    twice, nested = run(Dual(Q), given, (first,)), run(Dual(Dual(Q)), given, (first, second))
    curvature = number(nested.loss.slope.slope)
    assert number(twice.loss.slope) == slope == number(nested.loss.value.slope)
    assert number(hessian_along(Q, twice.gradient, second)) == curvature
    assert agrees(BALLS, in_balls.slope, slope)
    assert agrees(BALLS, in_balls.curvature, curvature)
    for arithmetic in (Residues(POINT, (FIELD_Q, P)), Residues(POINT, (P,)), BALLS, Enclosed()):
        found = run(arithmetic, given, (), exact.trace.pattern)
        assert agrees(arithmetic, found.trace.features[-1], exact.trace.features[-1].fractions())
        for ours, theirs in zip(exact.gradient, found.gradient, strict=True):
            for name in ("pre_activations", "weights", "biases"):
                truth, value = getattr(ours, name), getattr(theirs, name)
                assert (truth is None) == (value is None)
                assert truth is None or agrees(arithmetic, value, truth.fractions())
        double = run(Dual(arithmetic), given, (first,), exact.trace.pattern)
        assert agrees(arithmetic, double.loss.slope, slope)
        assert agrees(arithmetic, hessian_along(arithmetic, double.gradient, second), curvature)


def number(value):
    """The fraction of a value of Q without axes."""
    return Fraction(value.fractions().item())


# -------------------------------------------------------------------- exponentials modulo p


def residue(value):
    return value.numerator * pow(value.denominator, -1, P.p) % P.p


@dataclass(frozen=True)
class Image:
    """A number with a slope: fractions below the exponential layer, residues modulo p from there on."""

    value: Fraction | int
    slope: Fraction | int
    exact: bool = True

    def __add__(self, other):
        a, b = alike(self, other)
        return reduced(a.value + b.value, a.slope + b.slope, a.exact)

    __radd__ = __add__

    def __mul__(self, other):
        a, b = alike(self, other)
        return reduced(a.value * b.value, a.value * b.slope + a.slope * b.value, a.exact)


def alike(a, b):
    b = b if isinstance(b, Image) else Image(Fraction(b), Fraction(0))
    if a.exact == b.exact:
        return a, b
    return tuple(x if not x.exact else Image(residue(x.value), residue(x.slope), False) for x in (a, b))


def reduced(value, slope, exact):
    return Image(value, slope, True) if exact else Image(value % P.p, slope % P.p, False)


def exponential_of(z):
    """s -> the image of e^(s z): root^(s z mod q)."""

    def image(s):
        exponent = s * z
        return pow(POINT.root, exponent.numerator * pow(exponent.denominator, -1, FIELD_Q.p) % FIELD_Q.p, P.p)

    return image


@pytest.mark.parametrize("text", EXPONENTIAL)
def test_exponential_networks_modulo_a_prime(given, text, in_balls, by_loops, exponential_images):
    """Values and slopes at the evaluation point, by scalar rules of differentiation from the textbooks."""
    first, second = given.directions
    value, slope = exponential_images[text]

    def function(z):
        e, t = exponential_of(z.value), residue(z.value)
        return reduced(value(z.value, t, e, P.p), slope(z.value, t, e, P.p) * residue(z.slope), False)

    own = {k: (a, b) for k, (a, b) in enumerate(zip(given.parameters.layers, first.layers, strict=True), 1) if a}

    def paired(a, b):
        return np.vectorize(Image, otypes=[object])(a.fractions(), b.fractions()).tolist()

    weights = {k: paired(a.weights, b.weights) for k, (a, b) in own.items()}
    biases = {k: paired(a.biases, b.biases) for k, (a, b) in own.items() if a.biases is not None}
    samples = [[Image(x, Fraction(0)) for x in row] for row in given.samples.fractions().tolist()]
    other = {"identity": lambda z: z, "square": lambda z: z * z}
    functions = [
        other.get(e.activation.text, function) if isinstance(e, Convolved) else None for e in given.network.resolved
    ]

    def winners(layer, sample, patch):
        return in_balls.pattern[layer - 1].chosen[sample, patch]

    outputs = by_loops(given.network, weights, biases, samples, functions, winners=winners)[-1]
    loss = Image(Fraction(0), Fraction(0))
    for row, wanted in zip(outputs, given.targets.fractions().tolist(), strict=True):
        for f, y in zip(row, wanted, strict=True):
            loss = loss + (f + -y) * (f + -y) * Fraction(1, 2)

    arithmetic = Residues(POINT, (FIELD_Q, P))
    found = run(arithmetic, given, (), in_balls.pattern)
    assert tuple(found.loss) == (P,)
    assert found.trace.features[-1][P].astype(int).__mod__(P.p).tolist() == [[f.value for f in row] for row in outputs]
    assert found.loss[P] % P.p == loss.value
    assert along(arithmetic, found.gradient, first)[P] % P.p == loss.slope
    double = run(Dual(arithmetic), given, (first,), in_balls.pattern)
    nested = run(Dual(Dual(arithmetic)), given, (first, second), in_balls.pattern)
    assert double.loss.slope[P] % P.p == loss.slope
    curvature = hessian_along(arithmetic, double.gradient, second)[P]
    assert (nested.loss.slope.slope[P] - curvature) % P.p == 0
    only_values = Residues.of(POINT, tuple(step.curve for step in found.trace.steps))
    walk = steps(only_values, given.network, given.parameters, len(given.network.resolved))
    features = forward(only_values, walk, only_values.inputs(given.samples), in_balls.pattern).features[-1]
    assert ((features[P] - found.trace.features[-1][P]) % P.p == 0).all()


# -------------------------------------------------------------------- symbols


def test_symbolic_gradients_are_those_of_sympy(text):
    """A convolution with padding, then one unit: all parameters are symbols, and so is the gradient."""
    network = Network(
        (1, 2),
        [
            Convolution(1, 2, padding=1, bias="filter", activation=text),
            Convolution(1, 1, activation="identity"),
            MaxPooling(2, stride=1),
            FullyConnected(1, activation="square"),
        ],
    )
    samples = ExactArray.from_strings([["3/7", "-2/3"]])
    numbers = {
        "W1": [["1/2"], ["-4/5"]],
        "b1": ["1/7"],
        "W2": [["3/4"]],
        "b2": ["1/9", "1/3", "-2/7"],
        "W4": [["2/3"], ["-1/2"]],
        "b4": ["1/5"],
    }
    parameters = Parameters.from_arrays(network, numbers)
    with working_precision(BITS):
        pattern = forward(BALLS, steps(BALLS, network, parameters, 4), BALLS.lift(samples)).pattern
    arithmetic, values = Symbols(), {}

    def symbols(name, shape):
        result = np.empty(shape, dtype=object)
        flat = np.array(numbers[name], dtype=object).ravel().tolist()
        result.ravel()[:] = [sympy.Symbol(f"{name}_{i}", real=True) for i in range(len(flat))]
        values.update(zip(result.ravel().tolist(), map(sympy.Rational, flat), strict=True))
        return result

    shared = symbols("b1", (1,))
    own = {1: (symbols("W1", (2, 1)), shared.repeat(3))}
    own |= {k: (symbols(f"W{k}", (n, 1)), symbols(f"b{k}", (m,))) for k, n, m in ((2, 1, 3), (4, 2, 1))}
    walk = tuple(
        replace(step, weights=own[step.layer.number][0], biases=own[step.layer.number][1])
        if step.layer.number in own
        else step
        for step in steps(arithmetic, network, parameters, 4)
    )
    trace = forward(arithmetic, walk, arithmetic.lift(samples), pattern)
    loss = trace.features[-1][0, 0]
    gradient = backward(arithmetic, trace, np.array([[sympy.Integer(1)]], dtype=object))
    pairs = [(own[1][0], gradient[0].weights), (shared, gradient[0].biases)]
    for k in (2, 4):
        pairs += [(own[k][0], gradient[k - 1].weights), (own[k][1], gradient[k - 1].biases)]
    sizes = []
    for unknowns, slopes in pairs:
        assert unknowns.shape == slopes.shape
        for unknown, slope in zip(unknowns.ravel().tolist(), slopes.ravel().tolist(), strict=True):
            expected = sympy.diff(loss, unknown).subs(values)
            assert abs(sympy.N(expected - slope.subs(values), 30)) < 1e-25
            sizes.append(abs(sympy.N(expected)))
    assert max(sizes) > 0.01
