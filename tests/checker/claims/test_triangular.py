"""Triangular minors: what is accepted is exactly what the format asks, and it is a minor that does not vanish."""

import json
import random
from fractions import Fraction

import mpmath
import pytest

ACTIVATIONS = [
    *("relu", "leaky-relu(0)", "squared-relu", "relu6", "clip(0,3)", "clip(-2,0)", "hard-sigmoid", "hard-swish"),
    *("sigmoid", "gaussian", "silu", "mish", "swish(1/3)", "swish(-2)"),
]
REFUSED = ["tanh", "exp", "elu(1)", "softplus(1)", "gelu", "identity", "leaky-relu(1/2)", "softsign", "clip(1,2)"]
REFUSED += ["swish(0)", "polynomial(0,1)", "hard-tanh", "abs"]


def evidence(rows, columns, **more):
    return {"kind": "triangular-minor", "rows": rows, "columns": columns, **more}


def off_and_on(activation, z):
    """The two words of the format, for one pre-activation."""
    name = activation.partition("(")[0]
    value = {
        "relu": max(z, 0),
        "leaky-relu": max(z, 0),
        "squared-relu": max(z, 0) ** 2,
        "relu6": min(max(z, 0), 6),
        "clip": min(max(z, 0), 3) if activation == "clip(0,3)" else min(max(z, -2), 0),
        "hard-sigmoid": min(max(z + 3, 0), 6),
        "hard-swish": z * min(max(z + 3, 0), 6),
    }
    if name == "sigmoid":
        return z < 0, z >= 0
    if name == "gaussian":
        return z < 0, z == 0
    if activation == "swish(-2)":
        return z >= 0, z < 0
    if name in ("silu", "mish", "swish"):
        return z <= 0, z > 0
    if activation == "clip(-2,0)":
        return z >= 0, value[name] != 0
    return z <= (-3 if name.startswith("hard") else 0), value[name] != 0


def pre_activation(layer, sample, column):
    """z of one sample at one unit, straight from the definition."""
    p, t = divmod(column, layer["filters"])
    weights = [Fraction(w) for w in layer["weights"]["values"]][t :: layer["filters"]]
    z = sum((w * sample[j] for w, j in zip(weights, layer["patches"][p], strict=True) if j >= 0), Fraction(0))
    if layer["biases"] is not None:
        z += Fraction(layer["biases"]["values"][column if layer["bias"] == "neuron" else t])
    return z


def random_case(make, activation, generator):
    """A small layer whose pre-activations are small integers or halves, and a random order."""
    samples = [[generator.randrange(-3, 4) for _ in range(3)] for _ in range(3)]
    patches, filters = [[0, 1], [2, generator.choice([-1, 0])]], generator.choice([1, 2])
    bias = generator.choice(["neuron", "neuron", "filter", "none"])
    biases = {"neuron": 2 * filters, "filter": filters, "none": 0}[bias]
    weights = [[Fraction(generator.randrange(-2, 3), generator.choice([1, 2]))] * filters for _ in range(2)]
    if generator.random() < 0.3:
        weights[0] = [w + t for t, w in enumerate(weights[0])]
    layer = make.convolution(
        patches,
        filters,
        activation,
        weights=weights,
        biases=[generator.randrange(-5, 4) for _ in range(biases)] or None,
        bias=bias,
    )
    order = generator.randrange(1, 3)
    return samples, layer, generator.sample(range(3), order), generator.sample(range(2 * filters), order)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_accepted_is_what_the_format_asks_and_no_minor_that_vanishes(make, run, activation):
    generator = random.Random(activation)
    accepted = 0
    for _ in range(100):
        samples, layer, rows, columns = random_case(make, activation, generator)
        instance = make.instance(samples, [layer])
        asked = all(
            off_and_on(activation, pre_activation(layer, samples[i], h))[0 if b > a else 1]
            for a, h in enumerate(columns)
            for b, i in enumerate(rows)
            if b >= a
        )
        upper = min(3, 2 * layer["filters"])
        outcome = run(instance, make.rank(1, len(rows), upper, evidence(rows, columns), make.SHAPE))
        assert outcome.exit_code == (0 if asked else 1), outcome.message
        if asked:
            accepted += 1
            features = make.numeric_features(instance, 1)
            assert make.numeric_rank([[features[i][h] for h in columns] for i in rows]) == len(rows)
    assert accepted > 3


@pytest.mark.parametrize("activation", REFUSED)
def test_activations_without_triangular_minors(make, run, activation):
    layer = make.convolution([[0]], 1, activation, weights=[[1]], biases=[0])
    outcome = run(make.instance([[1]], [layer]), make.rank(1, 1, 1, evidence([0], [0]), make.SHAPE))
    assert outcome.exit_code == 1
    assert "triangular" in outcome.message


@pytest.mark.parametrize("chunk", [1, 1000])
def test_layers_below(make, run, monkeypatch, chunk):
    """Two layers and max-pooling: positive data pass relu unchanged, and pooling takes the larger entry."""
    monkeypatch.setattr("exactcnn.checker.claims.triangular.CHUNK", chunk)
    first = make.convolution([[0], [1]], 1, "relu", weights=[[1]], biases=[0, 0])
    wide = make.convolution([[0]], 2, "relu", weights=[[1, 1]], biases=[-3, -1])
    below = make.instance([[1, 2], [4, 3]], [first, make.pooling([[0, 1]]), wide])
    claim = make.rank(3, 2, 2, evidence([1, 0], [0, 1]), make.SHAPE)
    assert run(below, claim).exit_code == 0
    assert make.numeric_rank(make.numeric_features(below, 3)) == 2
    assert run(below, make.rank(3, 2, 2, evidence([0, 1], [0, 1]), make.SHAPE)).exit_code == 1
    for activation in ("sigmoid", "softplus(1)"):
        first["activation"] = make.named(activation)
        outcome = run(below, claim)
        assert outcome.exit_code == 1
        assert "not rational" in outcome.message


def test_shapes(make, run):
    layer = make.convolution([[0], [1]], 1, "relu", weights=[[1]], biases=[0, 0])
    instance = make.instance([[1, 0], [0, 1]], [layer, make.pooling([[0, 1]]), make.elementwise("relu")])
    good = evidence([0, 1], [0, 1])
    assert run(instance, make.rank(1, 2, 2, good, make.SHAPE)).exit_code == 0
    for bad in (
        evidence([0, 0], [0, 1]),
        evidence([0, 2], [0, 1]),
        evidence([0, 1], [0, 0]),
        evidence([0, 1], [0, 2]),
        evidence([0, 1], [-1, 1]),
        evidence([0, 1], [0]),
        evidence([], []),
        evidence([0, True], [0, 1]),
        evidence([0, 1], [0, 1], more=1),
    ):
        assert run(instance, make.rank(1, 2, 2, bad, make.SHAPE)).exit_code == 2
    for layer_number in (0, 2, 3):
        assert run(instance, make.rank(layer_number, 1, 1, evidence([0], [0]), make.SHAPE)).exit_code == 2
    for lower in (0, 1, 3):
        outcome = run(instance, make.rank(1, lower, 2, good, make.SHAPE))
        assert outcome.exit_code == 1
        assert "order 2" in outcome.message
    layer["biases"] = None
    assert run(instance, make.rank(1, 2, 2, good, make.SHAPE)).exit_code == 1


def test_which_obligation_fails(make, run):
    layer = make.convolution([[0]], 2, "relu", weights=[[1, 1]], biases=[-1, 0])
    instance = make.instance([[1], [2]], [layer])
    assert run(instance, make.rank(1, 2, 2, evidence([1, 0], [0, 1]), make.SHAPE)).exit_code == 0
    outcome = run(instance, make.rank(1, 2, 2, evidence([0, 1], [0, 1]), make.SHAPE))
    assert (outcome.exit_code, "not on" in outcome.message) == (1, True)
    outcome = run(instance, make.rank(1, 2, 2, evidence([1, 0], [1, 0]), make.SHAPE))
    assert (outcome.exit_code, "not o" in outcome.message) == (1, True)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_changed_digit_with_new_hashes(make, run, activation):
    """Whatever is accepted after a change of one digit is still true."""
    biases = ["-15", "-21/2", "-9/2", "-7/2"]
    wide = make.convolution([[0, 1], [1, 2]], 2, activation, weights=[[1, 1], [3, 3]], biases=biases)
    instance = make.instance([[1, 5, 2], [2, 3, 4], [7, 1, 1], [0, 2, 1]], [wide])
    claim = make.rank(1, 4, 4, evidence([0, 1, 3, 2], [0, 1, 2, 3]), make.SHAPE)
    assert run(instance, claim).exit_code == 0
    data, still_true, rejected = make.canonical([instance, claim]), 0, 0
    for position in (i for i in range(len(data)) if chr(data[i]).isdigit()):
        for digit in b"0123456789":
            try:
                altered = json.loads(data[:position] + bytes([digit]) + data[position + 1 :])
            except ValueError:  # a leading zero
                continue
            if digit == data[position]:
                continue
            if run(*altered).exit_code:
                rejected += 1
            else:
                still_true += 1
                assert make.numeric_rank(make.numeric_features(altered[0], 1)) >= altered[1]["lower"]
    assert still_true > 20
    assert rejected > 100


E, T, ONE = {(0, 1): 1}, {(1, 0): 1}, {(0, 0): 1}


@pytest.mark.parametrize(
    ("piece", "exponent", "side", "zero"),
    [
        ((E, ONE | E), [0, 1], 1, "on"),  # the logistic function from the other end
        ((ONE, ONE | {(0, 2): 3}), [0, -1], 1, "on"),
        ((ONE, ONE | E), [0, 2], -1, "on"),
        ((ONE, ONE | E), [0, 0, 0, -1], 1, "on"),
        ((T, ONE | E), [0, 0, 0, 1], -1, "off"),
        (({(0, 1): 1, (0, 2): -1}, {(0, 0): 1, (0, 2): 1}), [0, 1], 1, "off"),  # 0 at 0, -1 far right
        ((E, ONE), [0, 0, 0, 0, "-1/3"], 1, "on"),
        ((E, ONE | E), [0, 0, -1], 1, "on"),  # E goes to 0 on both sides
        (({(1, 1): 1}, ONE), [0, 0, -1], 1, "off"),  # on nowhere
        ((E, ONE | {(0, 2): 1}), [0, 1], 1, "on"),  # off on both sides: left is meant
    ],
)
def test_rules_derived_from_formulas(make, run, piece, exponent, side, zero):
    """One unit with two biases: the two words for z = -1, 0, 1, as the limits say."""
    activation = make.formula(piece, exponent=exponent)
    for own in (-1, 0, 1):
        for later in (-1, 0, 1):
            layer = make.convolution([[0]], 2, activation, weights=[[1, 1]], biases=[0, 50 * side])
            document = make.instance([[own], [later]], [layer])
            outcome = run(document, make.rank(1, 2, 2, evidence([0, 1], [0, 1]), make.SHAPE))
            z = mpmath.mpf(60)  # tau = e^(1/D) replaced by e^60

            def value(t, z=z):
                power = mpmath.exp(z * sum(make.real(str(c)) * t**i for i, c in enumerate(exponent)))
                above, below = (sum(c * t**i * power**j for (i, j), c in part.items()) for part in piece)
                return above / below

            on, off = abs(value(own)) > 1e-9, later * side < 0 or (later == 0 and zero == "off")
            last_on = abs(value(later + 50 * side)) > 1e-9
            assert (outcome.exit_code == 0) == (on and off and last_on), (own, later, outcome.message)
            if outcome.exit_code == 0:
                assert make.numeric_rank(make.numeric_features(document, 1)) == 2


@pytest.mark.parametrize(
    ("piece", "exponent", "base"),
    [
        ((ONE, ONE | E), [1, -1], "e"),  # g(0) = 1
        ((ONE, ONE | E), [0, -1, 1], "e"),
        ((E, ONE | E), [0, 1, -1], "e"),  # even and falling, but no monomial
        ((ONE, ONE | E), [0, 0, 1], "e"),  # even and rising: E does not stay bounded ... and neither side is off
        ((ONE, ONE | E), [0, -1], "2"),  # 2^(1/D) is algebraic
        ((ONE, ONE | {(2, 1): 1}), [0, -1], "e"),  # t in the denominator
        (({(0, 2): 1}, ONE | E), [0, 1], "e"),  # unbounded
        ((E, {(0, 1): 1, (0, 2): 1}), [0, 1], "e"),  # d(0) = 0
        ((ONE, {(0, 0): 1, (2, 0): 1}), [], "e"),
    ],
)
def test_formulas_without_a_rule(make, run, piece, exponent, base):
    good = make.formula((ONE, ONE | E), exponent=[0, -1])
    for activation, code in ((good, 0), (make.formula(piece, exponent=exponent, base=base), 1)):
        layer = make.convolution([[0]], 2, activation, weights=[[1, 1]], biases=[0, 3])
        document = make.instance([[1], [-2]], [layer])
        outcome = run(document, make.rank(1, 2, 2, evidence([0, 1], [0, 1]), make.SHAPE))
        assert outcome.exit_code == code
        assert code == 0 or "has no triangular minors" in outcome.message


def test_zero_above_the_last_kink(make, run):
    """s = 1 - t up to 1, and 0 from there on: off is z >= 1, not z >= -1."""
    fall = make.formula({(0, 0): 1, (1, 0): -1}, {}, kinks=[1])
    for later, code in (("1", 0), ("2", 0), ("1/2", 1), ("0", 1), ("-1", 1), ("-2", 1)):
        layer = make.convolution([[0]], 2, fall, weights=[["1", "1"]], biases=["0", "-3"])
        evidence = {"kind": "triangular-minor", "rows": [0, 1], "columns": [0, 1]}
        document = make.instance([["0"], [later]], [layer])
        assert run(document, make.rank(1, 2, 2, evidence, make.SHAPE)).exit_code == code


@pytest.mark.parametrize("name", ["sigmoid", "silu", "mish", "swish(-1)", "gaussian"])
@pytest.mark.parametrize("own", ["-1", "0", "1"])
@pytest.mark.parametrize("later", ["-1", "0", "1"])
def test_on_and_off_in_the_limit(make, run, name, own, later):
    """Where E = e^(c z), or e^(-z^2), tends to 0, to 1 or to infinity with c or with the square."""
    side = -1 if name == "swish(-1)" else 1
    on = {"sigmoid": int(own) >= 0, "gaussian": own == "0"}.get(name, side * int(own) > 0)
    off = {"sigmoid": int(later) < 0, "gaussian": later == "-1"}.get(name, side * int(later) <= 0)
    second = -int(later) if name == "gaussian" else 3 * side  # so that the later sample is on at its own unit
    layer = make.convolution([[0]], 2, name, weights=[["1", "1"]], biases=["0", str(second)])
    evidence = {"kind": "triangular-minor", "rows": [0, 1], "columns": [0, 1]}
    document = make.instance([[own], [later]], [layer])
    assert run(document, make.rank(1, 2, 2, evidence, make.SHAPE)).exit_code == (0 if on and off else 1)
