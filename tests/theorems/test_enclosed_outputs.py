"""Enclosures of outputs, and decimals outward: against mpmath, and against each other at several precisions."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.interop.properties import Comparison, Property
from exactcnn.network.as_given import AsGiven, Normalization
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems import enclosed_outputs
from exactcnn.theorems.enclosed_outputs import Outputs, bounds_of, ends_of, headed, rounded, sign, tight

SAMPLES = ExactArray.from_array(np.random.default_rng(0).integers(-8, 9, (3, 16)) / 8)
NORMAL = Normalization(
    1, *(ExactArray.from_strings(each) for each in (["1/2", "-3"], ["0", "1"], ["1", "1/3"], ["2", "1/5"]))
)


def given(activation="sigmoid", head=None, normal=()):
    layers = [
        Convolution(2, 3, bias="filter", activation=activation),
        MaxPooling(2),
        FullyConnected(3, activation="identity"),
    ]
    network = Network((1, 4, 4), layers)
    return AsGiven(network, random_parameters(network, seed=3), normal, head)


def slow(own, sample, oracle):
    """The outputs in 60 digits, loop by loop."""
    real = lambda f: mpmath.mpf(f.numerator) / f.denominator  # noqa: E731
    first, last = own.parameters.layer(1), own.parameters.layer(3)
    x = [real(value) for value in SAMPLES[sample].fractions().tolist()]
    weights = first.weights.fractions()
    maps = {}
    for t in range(2):
        for i in range(2):
            for j in range(2):
                z = real(first.biases.fractions()[t])
                for a in range(3):
                    for b in range(3):
                        z += real(weights[3 * a + b, t]) * x[4 * (i + a) + j + b]
                if own.normalizations:
                    scale, shift, mean, variance = (real(v.fractions()[t]) for v in NORMAL.arrays.values())
                    z = (z - mean) / mpmath.sqrt(variance) * scale + shift
                maps[t, i, j] = oracle(z)
    pooled = [max(maps[t, i, j] for i in range(2) for j in range(2)) for t in range(2)]
    w, b = last.weights.fractions(), last.biases.fractions()
    logits = [real(b[k]) + sum(real(w[t, k]) * pooled[t] for t in range(2)) for k in range(3)]
    if own.head is None:
        return logits
    total = sum(mpmath.exp(z) for z in logits)
    return [mpmath.exp(z) / total if own.head == "softmax" else z - mpmath.log(total) for z in logits]


@pytest.mark.parametrize("normal", [(), (NORMAL,)], ids=["plain", "normalized"])
@pytest.mark.parametrize("head", [None, "softmax", "log-softmax"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softplus(1)", "gelu"])
def test_enclosures_contain_the_outputs(activation, head, normal, oracles):
    own = given(activation, head, normal)
    outputs = Outputs(own, SAMPLES, None, 20)
    with mpmath.workdps(60):
        for sample in range(3):
            values = slow(own, sample, oracles[activation])
            with working_precision(160):
                found = outputs.decide(sample, 160, symbolic=False)
            assert tight(found.bounds, 20)
            for value, (lower, upper) in zip(values, found.bounds, strict=True):
                number = Fraction(mpmath.nstr(value, 50))
                assert lower - Fraction(1, 10**45) <= number <= upper + Fraction(1, 10**45)
            best = max(range(3), key=values.__getitem__)
            assert found.largest == found.contenders == (best,)
            gap = Fraction(mpmath.nstr(values[best] - max(values[j] for j in range(3) if j != best), 50))
            assert -Fraction(1, 10**45) <= gap - found.margin <= gap / 10**15
            singles = outputs.floats("float32")[sample]
            doubles = outputs.floats("float64")[sample]
            assert np.allclose(singles, [float(v) for v in values], rtol=1e-4, atol=1e-5)
            assert np.allclose(doubles, [float(v) for v in values], rtol=1e-12, atol=1e-13)


def test_rational_outputs_are_exact():
    outputs = Outputs(given("relu"), SAMPLES, None, 17)
    assert outputs.rational
    found = outputs.decide(0, None, symbolic=False)
    assert [lower for lower, _ in found.bounds] == outputs.exact[0].tolist()
    assert all(lower == upper for lower, upper in found.bounds)
    assert found.precision is None
    assert not Outputs(given("relu", "softmax"), SAMPLES, None, 17).rational
    assert Outputs(given("relu", None, (NORMAL,)), SAMPLES, None, 17).exact is None
    assert Outputs(given("sigmoid"), SAMPLES, None, 17).exact is None


def planted(logits, head=None, activation="sigmoid"):
    """Two inputs 1 and the logits a sigmoid(w x): equal columns give equal outputs."""
    network = Network((1,), [FullyConnected(len(logits), bias="none", activation=activation)])
    return Outputs(
        AsGiven(network, Parameters.from_arrays(network, {"W1": [logits]}), (), head),
        ExactArray.from_array([[1]]),
        None,
        17,
    )


def test_ties_are_named_only_where_they_are_decided():
    with working_precision(128):
        same = planted([1, 0, 1])
        assert same.decide(0, 128, symbolic=False).largest == ()
        assert same.decide(0, 128, symbolic=False).contenders == (0, 2)
        found = same.decide(0, 128, symbolic=True)
        assert (found.largest, found.equal) == ((0, 2), ((0, 2),))
        assert found.margin > Fraction(1, 5)
        near = planted([1, 0, f"1.{'0' * 60}1"])
        assert near.decide(0, 128, symbolic=True).largest == ()
    with working_precision(512):
        assert near.decide(0, 512, symbolic=True).largest == (2,)
    exact = planted([1, 2, 2], activation="relu").decide(0, None, symbolic=False)
    assert (exact.largest, exact.margin, exact.equal) == ((1, 2), 1, ())
    with working_precision(128):  # ties of rational features are ties of their Softmax
        soft = planted([1, 2, 2], "softmax", "relu").decide(0, 128, symbolic=False)
    assert (soft.largest, soft.equal) == ((1, 2), ((1, 2),))
    alone = planted([1, 1], activation="relu").decide(0, None, symbolic=False)
    assert (alone.largest, alone.margin) == ((0, 1), None)


def test_softmax_of_far_features():
    """Features that differ by a million: logits decide the largest, probabilities are tiny and positive."""
    outputs = planted([10**6, 0, -(10**9)], "softmax", "identity")
    with working_precision(128):
        found = outputs.decide(0, 128, symbolic=False)
    assert found.largest == (0,)
    tiny = Fraction(1, 2**1000)
    assert all(-tiny < lower < upper < tiny for lower, upper in found.bounds[1:])
    assert all(upper > 0 for _, upper in found.bounds)
    assert found.margin > Fraction(9, 10)


def test_properties_by_values_and_groups():
    weights = [1, 0, 1]
    own = planted(weights)
    equal = Comparison((), ((0, Fraction(1)), (2, Fraction(-1))), "<=", Fraction(0))
    wanted = Property(1, 3, (Comparison(((0, Fraction(1)),), (), "<=", Fraction(1)), equal))
    outputs = Outputs(own.given, own.samples, wanted, 17)
    with working_precision(128):
        open_, known = (outputs.decide(0, 128, symbolic=symbolic) for symbolic in (False, True))
    assert (open_.in_region, open_.holds) == (True, None)
    assert (known.in_region, known.holds) == (True, True)


def test_signs():
    c = Comparison(((0, Fraction(1, 3)),), ((0, Fraction(2)), (1, Fraction(-1))), "<=", Fraction(1))
    x = [Fraction(3)]
    assert sign(c, x, [Fraction(1), Fraction(2)], {}) == 0
    assert sign(c, x, [Fraction(1), Fraction(1)], {}) == 1
    assert sign(c, x, [arb(1), Fraction(3)], {}) == -1
    assert sign(c, x, [arb(1, 0.5), arb(2)], {}) is None
    difference = Comparison((), ((0, Fraction(1)), (1, Fraction(-1))), "<", Fraction(0))
    assert sign(difference, [], [arb(1, 0.5), arb(1, 0.5)], {0: 0, 1: 0}) == 0


def test_a_layer_with_too_many_balls_is_refused(monkeypatch):
    monkeypatch.setattr(enclosed_outputs, "MOST_BALLS", 10)
    with pytest.raises(InputError, match="gathers 44 balls"), working_precision(64):
        Outputs(given(), SAMPLES, None, 17).decide(0, 64, symbolic=False)


@pytest.mark.parametrize("digits", [1, 2, 17, 60])
@pytest.mark.parametrize(
    "value", ["1", "10", "2/3", "-2/3", "999999/1000000", "1e-40", "-123456789/7", "5e80", "1/1024"]
)
def test_rounding_is_outward_and_short(value, digits):
    value = Fraction(value)
    low, high = (rounded(value, digits, up=up) for up in (False, True))
    assert low <= value <= high
    step = Fraction(10) ** (1 - digits) * abs(value)
    assert high - low <= step
    assert low == high or high - low > step / 1000
    for end in (low, high):
        whole = end * 10**200  # all of these are decimals of less than 200 places
        assert whole.denominator == 1
        assert len(str(abs(whole.numerator)).rstrip("0")) <= digits + 1
    assert rounded(Fraction(0), digits, up=True) == 0


def test_ends_of_balls():
    with working_precision(64):
        low, high = ends_of(arb(3, 0.5))
        assert (Fraction("2.499"), Fraction("3.501")) < (low, high) < (Fraction("2.501"), Fraction("3.502"))
        assert low <= Fraction(5, 2) < Fraction(7, 2) <= high
        assert ends_of(arb(3)) == (3, 3)
        assert ends_of(arb("nan")) is None
        assert ends_of(arb(1) / arb(0)) is None
        assert ends_of(arb(10**9).exp()) is None  # finite, and too long to be written
        low, high = ends_of((-arb(10**9)).exp())
        assert (low, high) == (0, Fraction(1, 2**2**16))
        low, high = ends_of(-((-arb(10**9)).exp()))
        assert (low, high) == (-Fraction(1, 2**2**16), 0)
        assert bounds_of([arb(1), arb("inf")], 5) is None
        ((low, high),) = bounds_of([arb(1) / 3], 30)
        assert low < Fraction(1, 3) < high


def test_tight_bounds():
    assert tight([(Fraction(1), Fraction("1.00001"))], 5)
    assert not tight([(Fraction(1), Fraction("1.001"))], 5)
    assert tight([(Fraction(1), Fraction(1)), (-Fraction(1, 10**12), Fraction(1, 10**12))], 5)  # near zero
    assert not tight([(Fraction(1), Fraction(1)), (-Fraction(1, 10**7), Fraction(1, 10**7))], 5)


def test_heads_sum_to_one():
    with working_precision(128):
        total = sum(headed([Fraction(1), Fraction(-3), Fraction(7, 2)], "softmax"), arb(0))
        assert total.contains(1)
        assert total.rad() < 1e-30
