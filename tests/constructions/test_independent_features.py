"""Theorem 3.4 by construction: ranks by FLINT, determinants by balls, certificates by the checker."""

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import check
from exactcnn.constructions.independent_features import construct
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.theorems.by_construction import theorem_3_4_by_construction

RATIONAL = ["relu", "leaky-relu(0)", "squared-relu", "relu6", "clip(0,1/3)", "clip(-2,0)", "hard-sigmoid", "hard-swish"]
EXPONENTIAL = ["sigmoid", "gaussian", "silu", "mish", "swish(3/2)", "swish(-1/2)"]
REFUSED = ["tanh", "exp", "elu", "softplus", "gelu", "identity", "leaky-relu", "softsign", "clip(1,2)", "swish(0)"]


def exact_features(found, samples):
    return FeatureMatrix(found.network, found.parameters, samples, found.layer).exact().fractions()


def flint_rank(table):
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in table.tolist()]).rank()


def is_triangular(found, samples):
    minor = exact_features(found, samples)[np.ix_(found.rows, found.columns)]
    return not np.tril(minor, -1).any() and all(np.diagonal(minor))


def checked(tmp_path, found, samples, verdict):
    """Outcome of the checker on the certificate of a verdict."""
    path = tmp_path / "certificate.json"
    Certificate(Instance(found.network, found.parameters, samples), verdict.claims, found.layer).write(path)
    return check(path)


def random_samples(count, width, seed=0, top=100):
    return ExactArray.from_array(np.random.default_rng(seed).integers(0, top, (count, width)))


# ---------------------------------------------------------------- one layer


def test_random_layers_need_distinct_patches_at_equal_positions_only():
    """The fewest filters that give N units; in some instances patches at different positions are equal."""
    generator, instances, shared = random.Random(11), 0, 0
    while instances < 200:
        count, width = generator.randrange(2, 8), generator.randrange(2, 7)
        size = generator.randrange(1, width + 1)
        places = width - size + 1
        samples = np.array([[generator.randrange(-9, 10) for _ in range(width)] for _ in range(count)])
        patches = [[tuple(row[p : p + size]) for row in samples.tolist()] for p in range(places)]
        if any(len(set(column)) < count for column in patches):
            continue
        instances += 1
        shared += len({patch for column in patches for patch in column}) < count * places
        network = Network((1, width), [Convolution(-(-count // places), size, activation="relu")])
        data = ExactArray.from_array(samples)
        found = construct(network, data, 1, seed=instances)
        assert found.complete, found.reason
        assert is_triangular(found, data)
        assert flint_rank(exact_features(found, data)) == count
    assert shared > 20  # the cross-position version of Assumption 3.1 failed there


@pytest.mark.parametrize("activation", RATIONAL)
@pytest.mark.parametrize("scale", [1, Fraction(1, 7), Fraction(40, 3)])
def test_activations_that_vanish_on_a_half_line(tmp_path, activation, scale):
    network = Network((1, 6), [Convolution(3, 3, activation=activation)])
    samples = random_samples(12, 6)
    found = construct(network, samples, 1, scale=scale)
    assert found.complete
    assert is_triangular(found, samples)
    assert flint_rank(exact_features(found, samples)) == 12
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert verdict.status == "proved"
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


@pytest.mark.parametrize("activation", EXPONENTIAL)
@pytest.mark.parametrize("scale", [1, Fraction(1, 10**4), Fraction(22, 7)])
def test_activations_in_the_limit(tmp_path, activation, scale):
    """At each scale, by three routes: residues, balls, and the checker."""
    network = Network((1, 4), [Convolution(2, 2, activation=activation)])
    samples = random_samples(6, 4, top=10)
    found = construct(network, samples, 1, scale=scale)
    assert found.complete
    F = FeatureMatrix(network, found.parameters, samples, 1)
    assert F.rank().exact == 6
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 100), Fraction(3, 7), Fraction(5)])
def test_a_sigmoid_determinant_in_balls(scale):
    """The minor itself, entry by entry from the definition, with weights of about `scale` for balls to see it."""
    network = Network((2,), [FullyConnected(4, activation="sigmoid")])
    samples = ExactArray.from_array([[0, 0], [1, 0], [0, 1], [1, 1]])
    found = construct(network, samples, 1, scale=scale / 10**9)
    own = found.parameters.layer(1)
    W, b = own.weights.fractions(), own.biases.fractions()
    x = samples.fractions()
    with ctx.workprec(500):

        def entry(i, h):
            z = sum(x[i, j] * W[j, h] for j in range(2)) + b[h]
            return 1 / (1 + (-arb(fmpq(z.numerator, z.denominator))).exp())

        determinant = arb_mat([[entry(i, h) for h in found.columns] for i in found.rows]).det()
        assert not determinant.contains(0)


def test_two_thousand_samples_end_to_end(tmp_path):
    network = Network((1, 12), [Convolution(250, 5, activation="sigmoid")])
    samples = random_samples(2000, 12, top=2**16)
    found = construct(network, samples, 1)
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert (found.count, verdict.status, verdict.scope) == (2000, "proved", "architecture")
    outcome = checked(tmp_path, found, samples, verdict)
    assert outcome.exit_code == 0, outcome.message
    assert "2000 <= rank F_1 <= 2000" in outcome.accepted


def test_padding_and_every_unit_is_needed(tmp_path):
    network = Network((1, 3, 3), [Convolution(2, 3, padding=1, activation="relu")])
    samples = random_samples(18, 9)
    found = construct(network, samples, 1)
    assert sorted(found.columns.tolist()) == list(range(18))
    assert sorted(found.rows.tolist()) == list(range(18))
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "samples",
    [
        ExactArray.from_array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.4], [-1e-3, 5.5, 2.0], [0.0, 0.0, 0.0]]),
        ExactArray.from_array([[1e300, 0.0, 1.0], [1e-300, 0.0, 1.0], [0.0, 1e-300, 2.0], [0.0, 0.0, 3.0]]),
        ExactArray.from_array([[5e-324, 0.0, 0.0], [2.0**-940, 0.0, 0.0], [2.0**-941, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        ExactArray.from_array([[2**62, 1, 2], [2**62 - 1, 1, 2], [-(2**62), 1, 2], [0, 1, 2]]),
        ExactArray.from_array([[10**40, 1, 2], [10**40 + 1, 1, 2], [3, 1, 2], [0, 1, 2]]),
        ExactArray.from_strings([["1/3", "0", "1"], ["1/5", "0", "1"], ["1/7", "1/11", "1"], ["0", "0", "1/13"]]),
        ExactArray(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 0], [1, 2, 4]]), 10**25),
    ],
    ids=["floats", "range of floats", "subnormal floats", "int64", "large integers", "fractions", "denominator"],
)
def test_numbers_of_every_kind(tmp_path, samples):
    network = Network((1, 3), [FullyConnected(4, activation="relu")])
    found = construct(network, samples, 1)
    assert found.complete
    assert is_triangular(found, samples)
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


@pytest.mark.parametrize("activation", ["relu", "hard-sigmoid", "hard-swish"])
@pytest.mark.parametrize("divisor", [2**61, 3 * 10**18, 10**30])
def test_scales_with_large_denominators(tmp_path, activation, divisor):
    """Biases -3 * divisor + 1 - s: either term may fit int64 where the sum does not."""
    network = Network((1,), [FullyConnected(3, activation=activation)])
    samples = ExactArray.from_array([[2**30], [2**31 - 1], [-(2**31)]])
    found = construct(network, samples, 1, scale=Fraction(1, divisor))
    assert is_triangular(found, samples)
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


def test_a_scale_beyond_int64_where_all_levels_are_zero():
    network = Network((1,), [FullyConnected(1, activation="sigmoid")])
    found = construct(network, ExactArray.from_array([[0]]), 1, scale=2**70)
    assert found.parameters.layer(1).biases.fractions().tolist() == [0]


def test_a_slope_beyond_int64_below_equal_sums(tmp_path):
    network = Network((1,), [FullyConnected(1, activation="polynomial(1,1e30)"), FullyConnected(1, activation="relu")])
    samples = ExactArray.from_array([[1]])
    found = construct(network, samples, 2)
    assert is_triangular(found, samples)
    verdict = theorem_3_4_by_construction(network, samples, 2, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


def test_a_seed_gives_one_construction():
    network, samples = Network((1, 5), [Convolution(4, 2, activation="relu")]), random_samples(9, 5)
    first, again, other = (construct(network, samples, 1, seed=seed) for seed in (3, 3, 4))
    weights = [c.parameters.layer(1).weights.numbers for c in (first, again, other)]
    assert (weights[0] == weights[1]).all()
    assert (first.columns == again.columns).all()
    assert (weights[0] != weights[2]).any()


# ---------------------------------------------------------------- layers below

BELOW = ["relu", "leaky-relu(1/3)", "identity", "abs", "polynomial(1/2,3)", "hard-swish"]
BELOW += ["relu6", "clip(-1,2)", "hard-sigmoid", "hard-tanh"]


@pytest.mark.parametrize("activation", BELOW)
@pytest.mark.parametrize("bias", ["neuron", "filter"])
def test_convolution_pooling_convolution(tmp_path, activation, bias):
    layers = [
        Convolution(2, 3, padding=1, activation=activation, bias=bias),
        MaxPooling(2, stride=1),
        Convolution(3, 3, padding=1, activation="relu"),
    ]
    network, samples = Network((1, 6), layers, activation="sigmoid"), random_samples(15, 6)
    found = construct(network, samples, 3)
    assert found.complete, found.reason
    assert is_triangular(found, samples)
    assert flint_rank(exact_features(found, samples)) == 15
    verdict = theorem_3_4_by_construction(network, samples, 3, construction=found)
    assert verdict.status == "proved"
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


def test_four_layers_with_sigmoid_on_top(tmp_path):
    """Enough layers to leave int64, pooling first and in between."""
    layers = [
        MaxPooling(2, stride=1),
        Convolution(2, 3, activation="relu"),
        Convolution(3, 2, activation="hard-sigmoid"),
        MaxPooling(2, stride=1),
        Convolution(2, 2, activation="relu"),
        FullyConnected(20, activation="sigmoid"),
    ]
    network, samples = Network((1, 10), layers, activation="sigmoid"), random_samples(20, 10)
    found = construct(network, samples, 6)
    assert found.complete
    assert FeatureMatrix(network, found.parameters, samples, 6).rank().exact == 20
    verdict = theorem_3_4_by_construction(network, samples, 6, construction=found)
    assert checked(tmp_path, found, samples, verdict).exit_code == 0


def test_below_the_wide_layer():
    samples = random_samples(3, 4)
    for layer, problem in [
        (Convolution(1, 2, activation="sigmoid"), "no increasing affine piece"),
        (Convolution(1, 2, activation="square"), "no increasing affine piece"),
        (Convolution(1, 2, activation="polynomial(0,-1)"), "no increasing affine piece"),
        (Convolution(1, 2, activation="relu", bias="none"), "expected biases"),
    ]:
        network = Network((1, 4), [layer, FullyConnected(3, activation="relu")], activation="sigmoid")
        with pytest.raises(InputError, match=problem):
            construct(network, samples, 2)


# ---------------------------------------------------------------- what cannot be


def test_equal_samples_cannot(tmp_path):
    """The others are placed, and the reason names the pair; the lower bound is certified."""
    table = np.random.default_rng(5).integers(0, 50, (30, 6))
    table[17], table[29] = table[4], table[4]
    samples = ExactArray.from_array(table)
    network = Network((1, 6), [Convolution(20, 3, activation="relu")])
    found = construct(network, samples, 1)
    assert found.count == 28 == flint_rank(exact_features(found, samples))
    assert "samples 4 and 17 are equal, and 1 more" in found.reason
    assert 4 in found.rows
    assert not {17, 29} & set(found.rows.tolist())
    verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
    assert (verdict.status, verdict.scope, verdict.details["lower"]) == ("refuted", "all parameters", 28)
    outcome = checked(tmp_path, found, samples, verdict)
    assert outcome.exit_code == 0
    assert outcome.accepted[0] == "28 <= rank F_1 <= 30"


def test_patches_that_tie_cost_units(tmp_path):
    """Half of the samples agree in the first patch: spare units elsewhere make up for it, or the count says so."""
    table = np.random.default_rng(6).integers(0, 1000, (20, 4))
    table[10:, :2] = 7
    samples = ExactArray.from_array(table)
    patches = ((0, 1), (2, 3))
    for filters, complete in ((10, None), (20, True)):
        network = Network((4,), [Convolution(filters, patches=patches, activation="relu")])
        found = construct(network, samples, 1)
        assert found.complete is complete or complete is None
        assert found.count >= 11
        assert is_triangular(found, samples)
        if not found.complete:
            assert "tie with others" in found.reason
            verdict = theorem_3_4_by_construction(network, samples, 1, construction=found)
            assert (verdict.status, verdict.reason) == ("undecided", found.reason)
            assert checked(tmp_path, found, samples, verdict).accepted == (f"{found.count} <= rank F_1 <= 20",)
    same = ExactArray.from_array(np.full((3, 4), 2))
    found = construct(Network((4,), [Convolution(2, patches=patches, activation="relu")]), same, 1)
    assert found.count == 1


@pytest.mark.parametrize("activation", REFUSED)
def test_activations_that_are_not_reached(activation):
    network, samples = Network((2,), [FullyConnected(3, activation=activation)]), random_samples(3, 2)
    with pytest.raises(InputError, match="layer 1"):
        construct(network, samples, 1)


def test_input_that_cannot_be():
    samples = random_samples(3, 4)
    network = Network((1, 4), [MaxPooling(2), Convolution(3, 1, activation="hard-swish")])
    for build, problem in [
        (lambda: construct(network, samples, 1), "layer 1 is max-pooling"),
        (lambda: construct(network, samples, 3), "expected a layer from 1 to 2"),
        (lambda: construct(network, samples, 2, scale=0), "expected a positive"),
        (lambda: construct(network, samples, 2, scale=3), "at a zero"),
        (lambda: construct(network, random_samples(3, 5), 2), r"expected \(N, 4\)"),
        (lambda: construct(network, ExactArray.from_array(np.zeros((0, 4))), 2), "N >= 1"),
        (
            lambda: construct(Network((1, 4), [Convolution(3, 2, bias="filter")], activation="sigmoid"), samples, 1),
            "one bias per neuron",
        ),
    ]:
        with pytest.raises(InputError, match=problem):
            build()
