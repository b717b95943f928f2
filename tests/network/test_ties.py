"""Ties and signs that are decided without exact arithmetic: each condition of the rule has an instance that needs it.

Floats leave a sign or a winner open; the image modulo p is right all the same if all candidates have equal residues.
That is asked of every modulus that is carried, at every prime, and is no decision for anything else.
"""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import Modulus, evaluation_points
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.images import Images
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import backward, forward, steps

Q, E = Rationals(), Enclosed()
FIRST, SECOND = islice(evaluation_points(0), 2)
SMALL = Fraction(1, 2**200)  # far below the rounding errors of the numbers beside it


@pytest.fixture
def fallbacks(monkeypatch):
    """Samples that were decided exactly, walk by walk."""
    seen, settle = [], Images._settled

    def counted(self, pattern, walk, samples, rows):
        seen.append(rows.tolist())
        return settle(self, pattern, walk, samples, rows)

    monkeypatch.setattr(Images, "_settled", counted)
    return seen


def patterns(features):
    """Decisions that are kept, chunk by chunk."""
    return [decisions.pattern for decisions in features._images._kept.values()]


def residue(value, p):
    return value.numerator * pow(value.denominator, -1, p) % p


def image(features, point):
    return [[int(v) % point.modulus for v in row] for row in features.residues(point).tolist()]


def exponential(z, point):
    """1 / (1 + e^-z) at the point, and z / (1 + e^-z)."""
    power = pow(point.root, residue(z, point.order), point.modulus)
    logistic = power * pow(1 + power, -1, point.modulus) % point.modulus
    return logistic, residue(z, point.modulus) * logistic % point.modulus


def pooled(values, activation=None):
    """The maximum of some numbers, perhaps below a unit."""
    layers = [MaxPooling(len(values))]
    if activation is not None:
        layers.append(FullyConnected(1, bias="none", activation=activation))
    network = Network((1, len(values)), layers)
    parameters = Parameters.from_arrays(network, {} if activation is None else {"W2": [[1]]}, upto=len(layers))
    return FeatureMatrix(network, parameters, ExactArray.from_fractions(values, (1, len(values))), len(layers))


def doubtful(z, activation, above=None):
    """activation(1/3 + (z - 1/3)): floats know z up to their rounding errors only."""
    layers = [FullyConnected(1, activation=activation)]
    arrays = {"W1": [["1/3"]], "b1": ExactArray.from_fractions([z - Fraction(1, 3)])}
    if above is not None:
        layers.append(FullyConnected(1, bias="none", activation=above))
        arrays["W2"] = [[1]]
    network = Network((1,), layers)
    return FeatureMatrix(network, Parameters.from_arrays(network, arrays), ExactArray.from_array([[1]]), len(layers))


# -------------------------------------------------------------------- asked again at every prime


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_winners_that_agree_modulo_one_prime_only(order, fallbacks):
    """1 and 1 + p/2^200 are equal to floats and modulo p; another prime tells them apart, and the second is larger."""
    numbers = [Fraction(1), 1 + FIRST.modulus * SMALL]
    features = pooled(numbers)
    for point in order:
        assert image(features, point) == [[residue(numbers[1], point.modulus)]]
    assert fallbacks == [[0]]
    if order[0] is SECOND:  # settled exactly, and kept so
        [pattern] = patterns(features)
        assert not pattern[0].open.any()


def test_what_was_left_open_at_one_prime_is_open_at_the_next(fallbacks):
    features = pooled([Fraction(1), 1 + FIRST.modulus * SMALL])
    features.residues(FIRST)
    [pattern] = patterns(features)
    assert (fallbacks, pattern[0].open.tolist()) == ([], [[True]])
    features.residues(SECOND)
    [pattern] = patterns(features)
    assert (fallbacks, pattern[0].open.tolist(), pattern[0].chosen.tolist()) == ([[0]], [[False]], [[1]])
    features.residues(FIRST)
    assert fallbacks == [[0]]


@pytest.mark.parametrize("activation", ["relu", "leaky-relu(1/3)", "abs"])
@pytest.mark.parametrize("sign", [1, -1])
def test_signs_that_do_not_matter_modulo_one_prime_only(activation, sign, fallbacks):
    features = doubtful(sign * FIRST.modulus * SMALL, activation)
    exact = features.exact().fractions().item()
    assert image(features, FIRST) == [[0]]
    assert fallbacks == []
    assert image(features, SECOND) == [[residue(exact, SECOND.modulus)]]
    assert fallbacks == [[0]]
    assert image(features, FIRST) == [[0]]


def test_ranks_at_several_primes():
    """The image modulo the first prime is singular; the second one must see the true maxima, and does."""
    p = FIRST.modulus
    tie = [Fraction(1), 1 + p * SMALL]
    samples = [tie + [Fraction(0)] * 2, [Fraction(-p)] * 2 + [Fraction(p)] * 2]
    network = Network((1, 4), [MaxPooling(2)])
    features = FeatureMatrix(
        network,
        Parameters.from_arrays(network, {}, upto=1),
        ExactArray.from_fractions([v for row in samples for v in row], (2, 4)),
        1,
    )
    bounds = features.rank()
    assert bounds.exact == 2
    assert bounds.lower_evidence.modulus != str(p)


@pytest.mark.parametrize("last", ["relu", "max-pooling"])
def test_some_columns_are_decided_as_all_of_them(last, fallbacks):
    """Signs and winners of some patches of the last layer alone, in doubt and settled exactly."""
    p = FIRST.modulus
    shifts = [Fraction(-1), p * SMALL, -p * SMALL, Fraction(0), 2 * p * SMALL, Fraction(1)]
    if last == "relu":
        network = Network((1, 6), [Convolution(1, 1, activation="relu")])
        biases = ExactArray.from_fractions([z - Fraction(1, 3) for z in shifts])
        parameters = Parameters.from_arrays(network, {"W1": [["1/3"]], "b1": biases})
        samples = ExactArray.from_array([[1] * 6, [2] * 6])
    else:
        network = Network((1, 6), [MaxPooling(2, stride=1)])
        parameters = Parameters.from_arrays(network, {}, upto=1)
        samples = ExactArray.from_fractions([1 + z for z in (*shifts, *reversed(shifts))], (2, 6))
    features = FeatureMatrix(samples=samples, network=network, parameters=parameters, layer=1)
    truth = features.exact().fractions()
    for columns in (np.array([1, 4]), np.array([2]), np.arange(features.shape[1])):
        for rows in (None, np.array([1]), np.array([1, 0])):
            fallbacks.clear()
            found = features.residues(SECOND, rows, columns) % SECOND.modulus
            expected = truth[:, columns] if rows is None else truth[rows][:, columns]
            assert found.tolist() == [[residue(v, SECOND.modulus) for v in row] for row in expected.tolist()]
            assert fallbacks or (rows is not None and last == "relu")


# -------------------------------------------------------------------- asked in every modulus


def test_winners_below_an_exponential_layer_are_asked_modulo_q(fallbacks):
    """Sigmoid uses its argument modulo q alone: equal modulo p is not enough, equal modulo q is."""
    for modulus, settled in ((FIRST.modulus, [[0]]), (FIRST.order, [])):
        numbers = [Fraction(1), 1 + modulus * SMALL]
        features = pooled(numbers, "sigmoid")
        assert image(features, FIRST) == [[exponential(numbers[1], FIRST)[0]]]
        assert fallbacks == settled
        fallbacks.clear()


@pytest.mark.parametrize("modulus", [FIRST.modulus, FIRST.order, FIRST.modulus * FIRST.order])
def test_winners_below_a_layer_that_uses_both(modulus, fallbacks):
    """SiLU uses z modulo p and e^z by z modulo q: the contenders must agree in both."""
    numbers = [Fraction(1), 1 + modulus * SMALL]
    features = pooled(numbers, "silu")
    assert image(features, FIRST) == [[exponential(numbers[1], FIRST)[1]]]
    assert fallbacks == ([] if modulus == FIRST.modulus * FIRST.order else [[0]])


@pytest.mark.parametrize("above", ["sigmoid", "silu"])
@pytest.mark.parametrize("modulus", [FIRST.modulus, FIRST.order, FIRST.modulus * FIRST.order])
def test_signs_below_an_exponential_layer(above, modulus, fallbacks):
    z = modulus * SMALL  # positive, and left open
    features = doubtful(z, "relu", above)
    assert image(features, FIRST) == [[exponential(z, FIRST)[above == "silu"]]]
    matters = {"sigmoid": FIRST.order, "silu": FIRST.modulus * FIRST.order}[above]
    assert fallbacks == ([] if modulus % matters == 0 else [[0]])


# -------------------------------------------------------------------- pieces that are equal


@pytest.mark.parametrize(
    ("activation", "settled"),
    [
        ("relu", []),
        ("leaky-relu(1/3)", []),
        ("abs", []),
        ("squared-relu", []),
        ("softsign", []),
        ("relu6", []),  # the kink at 6 is far
        ("elu(1)", []),
        ("elu(2)", []),  # 2 (e^0 - 1) = 0
    ],
)
def test_exact_zeros_need_no_exact_arithmetic(activation, settled, fallbacks):
    features = doubtful(Fraction(0), activation)
    assert image(features, FIRST) == image(features, SECOND) == [[0]]
    assert fallbacks == settled


@pytest.mark.parametrize("z", [SMALL, -SMALL])
@pytest.mark.parametrize("activation", ["relu", "leaky-relu(1/3)", "abs", "elu(1)", "softsign"])
def test_numbers_that_only_look_like_zero(activation, z, fallbacks):
    features = doubtful(z, activation)
    found = image(features, FIRST)
    assert fallbacks == [[0]]
    if activation == "elu(1)":
        power = pow(FIRST.root, residue(z, FIRST.order), FIRST.modulus)
        assert found == [[residue(z, FIRST.modulus) if z > 0 else power - 1]]
    else:
        assert found == [[residue(features.exact().fractions().item(), FIRST.modulus)]]


# -------------------------------------------------------------------- what is passed on


@settings(max_examples=100)
@given(data=st.data())
def test_enclosures_hold_in_every_layer(networks, agrees, data):
    """Whatever was left open below, the exact features lie within the bounds."""
    network, parameters, samples = data.draw(networks())
    end = len(network.resolved)
    exact = forward(Q, steps(Q, network, parameters, end), Q.lift(samples))
    found = forward(E, steps(E, network, parameters, end), E.lift(samples))
    for value, truth in zip(
        found.features + found.pre_activations, exact.features + exact.pre_activations, strict=True
    ):
        assert agrees(E, value, truth.fractions())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bias", ["filter", "none"])
def test_deep_networks_on_a_background(seed, bias, agrees):
    """Thirds and sevenths throughout: ties in every layer, all open, and bounds that stay finite and true."""
    network, parameters, samples = background(seed, bias)
    end = len(network.resolved)
    exact = forward(Q, steps(Q, network, parameters, end), Q.lift(samples))
    found = forward(E, steps(E, network, parameters, end), E.lift(samples))
    opened = 0
    for value, truth, choice in zip(found.features[1:], exact.features[1:], found.pattern, strict=True):
        assert agrees(E, value, truth.fractions())
        assert value[1].max() < 1e-10
        opened += 0 if choice is None or choice.open is None else int(choice.open.sum())
    assert opened > 20


def background(seed, bias, size=12, count=4):
    """Images of a few random pixels on a constant ground, through two convolutions, pooling, and two more."""
    network = Network(
        (1, size, size),
        [
            Convolution(3, 3, bias=bias, activation="relu"),
            MaxPooling(2),
            Convolution(4, 2, bias=bias, activation="leaky-relu(1/7)"),
            MaxPooling(2, stride=1),
            Convolution(3, 2, bias=bias, activation="abs"),
        ],
    )
    rng = np.random.default_rng(seed)
    images = np.zeros((count, size, size), dtype=np.int64)
    images[:, 3:6, 4:7] = rng.integers(0, 17, (count, 3, 3))
    arrays = {}
    for layer in network.resolved[::2]:
        numbers = rng.integers(-9, 10, layer.weights_shape)
        below = rng.choice([3, 7, 21], layer.weights_shape)
        arrays[f"W{layer.number}"] = ExactArray(numbers, below)
        if bias != "none":
            arrays[f"b{layer.number}"] = ExactArray(rng.integers(-9, 10, layer.biases_count), 3)
    samples = ExactArray.from_array(images.reshape(count, -1)).scaled(Fraction(1, 3))
    return network, Parameters.from_arrays(network, arrays), samples


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bias", ["filter", "none"])
def test_constant_backgrounds_need_no_exact_arithmetic(seed, bias, fallbacks, residue_of):
    network, parameters, samples = background(seed, bias)
    for layer in (1, 2, 3, 4, 5):
        features = FeatureMatrix(network, parameters, samples, layer)
        truth = features.exact().fractions().tolist()
        for point in (FIRST, SECOND):
            assert image(features, point) == [[residue_of(v, point.modulus) for v in row] for row in truth]
    assert fallbacks == []


def test_without_the_rule_every_image_would_be_decided_exactly(fallbacks, monkeypatch):
    """The positive control: residues that never agree send all samples to exact arithmetic, and nothing is wrong."""
    network, parameters, samples = background(0, "filter")
    take = Residues.take

    def strict(self, x, choice, slots):
        if choice.open is not None and choice.open.any():
            raise Undecided(np.flatnonzero(choice.open.any(axis=1)), "a winner")
        return take(self, x, choice, slots)

    monkeypatch.setattr(Residues, "take", strict)
    features = FeatureMatrix(network, parameters, samples, 5)
    found = image(features, FIRST)
    assert fallbacks == [[0, 1, 2, 3]]
    assert found == [[residue(v, FIRST.modulus) for v in row] for row in features.exact().fractions().tolist()]


def test_floats_passed_on_are_not_those_of_a_contender():
    """Numbers 1 - 2^-60 and 1 + 2^-60 look alike; above, a difference of 2^-59 from 1 + 2^-60 must stay possible."""
    tiny = Fraction(1, 2**60)
    network = Network((1, 2), [MaxPooling(2), FullyConnected(1, activation="relu")])
    for top in ([1 - tiny, 1 + tiny], [1 + tiny, 1 - tiny]):
        for shift in (-(1 + tiny), -1, -(1 - tiny), -(1 + 2 * tiny)):
            arrays = {"W2": [[1]], "b2": ExactArray.from_fractions([Fraction(shift)])}
            parameters = Parameters.from_arrays(network, arrays)
            features = FeatureMatrix(network, parameters, ExactArray.from_fractions(top, (1, 2)), 2)
            exact = max(1 + tiny + shift, Fraction(0))
            assert features.exact().fractions().item() == exact
            assert image(features, FIRST) == [[residue(exact, FIRST.modulus)]]


# -------------------------------------------------------------------- no decision for anything else


def test_derivatives_refuse_what_is_left_open():
    features = doubtful(Fraction(0), "relu")
    features.residues(FIRST)
    [pattern] = patterns(features)
    assert pattern[0].open.tolist() == [[True]]
    arithmetic = Residues(FIRST, (Modulus(FIRST.modulus),))
    walk = steps(arithmetic, features.network, features.parameters, 1)
    trace = forward(arithmetic, walk, arithmetic.lift(features.samples), pattern)
    with pytest.raises(Undecided, match="a sign on sample 0 is not decided; expected exact values"):
        backward(arithmetic, trace, arithmetic.lift(ExactArray.from_array([[1]])))

    network = Network((1, 2), [Convolution(1, 1, bias="filter", activation="identity"), MaxPooling(2)])
    parameters = Parameters.from_arrays(network, {"W1": [["1/3"]], "b1": ["1/7"]})
    tied = FeatureMatrix(network, parameters, ExactArray.from_array([[1, 1]]), 2)
    tied.residues(FIRST)
    [pattern] = patterns(tied)
    assert pattern[1].open.tolist() == [[True]]
    walk = steps(arithmetic, network, parameters, 2)
    trace = forward(arithmetic, walk, arithmetic.lift(tied.samples), pattern)
    with pytest.raises(Undecided, match="a winner on sample 0 is not decided; expected exact values"):
        backward(arithmetic, trace, arithmetic.lift(ExactArray.from_array([[1]])))


@settings(max_examples=60)
@given(data=st.data())
def test_kept_patterns_hold_only_what_is_certain(networks, data):
    """After images at two primes: what is not marked as open is what exact arithmetic says."""
    network, parameters, samples = data.draw(networks())
    end = len(network.resolved)
    features = FeatureMatrix(network, parameters, samples, end)
    for point in (FIRST, SECOND):
        features.residues(point)
        exact = forward(Q, steps(Q, network, parameters, end), Q.lift(samples)).pattern
        for pattern in patterns(features):
            for kept, truth in zip(pattern, exact, strict=True):
                if kept is None:
                    continue
                certain = np.ones(kept.chosen.shape, dtype=bool) if kept.open is None else ~kept.open
                ties = np.zeros(kept.chosen.shape, dtype=bool) if kept.ties is None else kept.ties
                assert (kept.chosen == truth.chosen)[certain & ~truth.ties].all()
                assert (ties == truth.ties)[certain].all()
                if kept.last is not None:
                    assert ((kept.chosen <= truth.chosen) & (truth.chosen <= kept.last)).all()


def test_patterns_are_kept_up_to_a_limit(monkeypatch):
    network = Network((1, 6), [Convolution(2, 3, activation="relu"), MaxPooling(2)])
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-3, 4, (9, 6)))
    monkeypatch.setattr("exactcnn.network.images.CHUNK", 60)
    features = FeatureMatrix(network, random_parameters(network), samples, 2)
    whole = image(features, FIRST)
    assert len(features._images._kept) > 2
    monkeypatch.setattr("exactcnn.network.images.KEPT", 0)
    again = FeatureMatrix(network, features.parameters, samples, 2)
    assert image(again, FIRST) == image(again, FIRST) == whole
    assert not again._images._kept
    some = np.array([4, 1])
    again.residues(FIRST, some)
    features.residues(FIRST, some)
    assert all(key is not None for key in features._images._kept)  # of chunks of all samples alone
