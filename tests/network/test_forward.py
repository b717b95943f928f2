"""Forward passes against the definition by loops: exact values, residues, and the signs between them."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.modular import Modulus
from exactcnn.network.activations import activation
from exactcnn.network.forward import Pass, _values, exact_maxima, exact_values
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import Parameters, random_parameters

FIELDS = (Modulus(8209), Modulus(1048343))


def images_agree(walk, samples, expected, residue_of):
    """Residues of G_k modulo two primes, with the signs taken from floats; pieces at the end."""
    images, choice = walk.residues(samples, FIELDS, True)
    for field in FIELDS:
        found = [[int(v) % field.p for v in row] for row in images[field].tolist()]
        assert found == [[residue_of(value, field.p) for value in row] for row in expected]
    last = walk.network.resolved[walk.end - 1]
    if isinstance(last, Convolved) and last.activation.kinks:
        ends = [-math.inf, *last.activation.kinks, math.inf]
        for piece, value in zip(choice.ravel().tolist(), itertools.chain(*expected), strict=True):
            assert ends[piece] <= value <= ends[piece + 1]
    else:
        assert choice is None


@settings(max_examples=150)
@given(data=st.data())
def test_small_networks_by_definition(slow_features, residue_of, networks, data):
    """Ties, zeros, thirds, padding and pooling in one to three layers: every sign must be right."""
    network, parameters, samples = data.draw(networks())
    end = len(network.resolved)
    walk = Pass(network, parameters, end)
    rows = samples.fractions().tolist()
    pre = slow_features(network, parameters, rows, end, activate=False)
    assert walk.exact(samples).fractions().tolist() == pre
    assert walk.exact_features(samples).fractions().tolist() == slow_features(network, parameters, rows, end)
    assume(all(math.gcd(v.denominator, f.p) == 1 for row in pre for v in row for f in FIELDS))
    images_agree(walk, samples, pre, residue_of)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["relu", "leaky-relu", "abs", "hard-tanh", "leaky-relu(-1/3)"])
def test_pre_activations_that_are_nothing_but_rounding_errors(seed, name, slow_features, residue_of):
    """Biases are minus the computed sums, so that exact values are of the size of the last bit, of either sign."""
    rng = np.random.default_rng(seed)
    network = Network((1, 4, 4), [Convolution(2, 3, activation=name), FullyConnected(5, activation=name)])
    samples = rng.normal(size=(4, 16))
    arrays = {"W1": rng.normal(size=(9, 2)), "W2": rng.normal(size=(8, 5)), "b1": np.zeros(8), "b2": np.zeros(5)}
    for layer in (1, 2):
        pre = Pass(network, Parameters.from_arrays(network, arrays), layer).exact(ExactArray.from_array(samples))
        arrays[f"b{layer}"] = arrays[f"b{layer}"] - pre.floats()[0][seed % 4]
    parameters, exact = Parameters.from_arrays(network, arrays), ExactArray.from_array(samples)
    pre = (
        slow_features(network, parameters, exact.fractions().tolist(), 2, activate=False)
        if "leaky" not in name
        else None
    )
    walk = Pass(network, parameters, 2)
    truth = walk.exact(exact).fractions().tolist()
    assert pre in (None, truth)
    images_agree(walk, exact, truth, residue_of)


@pytest.mark.parametrize("seed", range(4))
def test_ties_under_max_pooling(seed, slow_features, residue_of):
    """Equal patches tie exactly; values one last bit apart do not; thirds are never exact in floats."""
    rng = np.random.default_rng(seed)
    network = Network(
        (1, 5, 5),
        [Convolution(2, 2, bias="filter", activation="relu"), MaxPooling(2, padding=1, stride=1), FullyConnected(3)],
        activation="identity",
    )
    base = rng.integers(0, 2, (3, 25)) * (1 + 2.0**-52) + rng.integers(0, 2, (3, 25)) * 2.0**-52
    samples = ExactArray.from_array(base)
    for weights in (np.array([["1/3", "-1/3"]] * 4, dtype=object), rng.choice([1.0, -1.0, 0.5], (4, 2))):
        arrays = {"W1": weights, "b1": ["0", "1/7"], "W3": rng.integers(-2, 3, (50, 3)), "b3": [0, 0, 0]}
        parameters = Parameters.from_arrays(network, arrays)
        expected = slow_features(network, parameters, samples.fractions().tolist(), 3, activate=False)
        images_agree(Pass(network, parameters, 3), samples, expected, residue_of)


@settings(max_examples=60)
@given(data=st.data())
def test_some_patches_of_the_last_layer(networks, residue_of, data):
    """Also where the last layer is max-pooling and the signs below it are in doubt."""
    network, parameters, samples = data.draw(networks())
    end = len(network.resolved)
    layer = network.resolved[-1]
    count = len(layer.patches.slots)
    patches = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True)))
    columns = (patches[:, None] * layer.filters + np.arange(layer.filters)).ravel()
    whole = Pass(network, parameters, end).exact(samples).fractions()
    some = Pass(network, parameters, end, patches)
    assert (some.exact(samples).fractions() == whole[:, columns]).all()
    assume(all(math.gcd(v.denominator, f.p) == 1 for v in whole.flat for f in FIELDS))
    images_agree(some, samples, whole[:, columns].tolist(), residue_of)


def test_numbers_beyond_the_range_of_floats(slow_features, residue_of):
    network = Network((2,), [FullyConnected(2, activation="relu"), FullyConnected(2, activation="relu")])
    arrays = {
        "W1": [["1e200", "-1e200"], ["-1e200", "1e200"]],
        "b1": ["1e-400", "0"],
        "W2": [["1", "1e400"], ["-1", "1"]],
        "b2": ["0", "-1"],
    }
    parameters = Parameters.from_arrays(network, arrays)
    samples = ExactArray.from_strings([["1e300", "1e300"], ["1e400", "1e399"], ["0", "1e-400"], ["-1e308", "1e308"]])
    expected = slow_features(network, parameters, samples.fractions().tolist(), 2, activate=False)
    images_agree(Pass(network, parameters, 2), samples, expected, residue_of)


def test_max_pooling_of_numbers_beyond_the_range_of_floats(slow_features, residue_of):
    network = Network((1, 3), [MaxPooling(2, stride=1), FullyConnected(1, bias="none", activation="identity")])
    parameters = Parameters.from_arrays(network, {"W2": [[1], [10]]})
    samples = ExactArray.from_strings(
        [["1e400", "1e500", "5"], ["-1e500", "-1e400", "-1e600"], ["1.7e308", "-1.7e308", "0"]]
    )
    expected = slow_features(network, parameters, samples.fractions().tolist(), 2, activate=False)
    images_agree(Pass(network, parameters, 2), samples, expected, residue_of)


# -------------------------------------------------------------------- error bounds through activations


NAMES = ["relu", "identity", "abs", "leaky-relu(1/3)", "relu6", "clip(-1/3,1/7)", "hard-sigmoid", "hard-tanh", "square"]
NAMES += [
    "leaky-relu(1e-320)",
    "leaky-relu(1e-400)",
    "leaky-relu(1e70)",
    "leaky-relu(-0.1)",
    "softsign",
    "clip(0.1,1e320)",
]
NAMES += ["polynomial(1/3,-1/7)", "polynomial(0,1e59)", "polynomial(1e-200,1)", "squared-relu", "hard-swish"]


@settings(max_examples=300)
@given(
    st.sampled_from(NAMES),
    st.sampled_from([0.0, 1e-320, -5e-324, 1e308, -1.7e308, 6.0, 0.1])
    | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, 5e-324, 1e-17, 1.0, 1e300, math.inf]),
    st.fractions(-1, 1),
)
def test_bounds_survive_activations(name, value, error, side):
    function = activation(name)
    z = Fraction(value) + (Fraction(error) if error < math.inf else 10**400) * side
    choice = np.array([[function.piece(z)]], dtype=np.int8) if function.kinks else None
    values, bounds = _values(function, np.array([[value]]), np.array([[error]]), choice)
    assert np.isfinite(values).all()
    if bounds[0, 0] < math.inf:
        assert abs(function.exact(z) - Fraction(float(values[0, 0]))) <= Fraction(float(bounds[0, 0]))


@given(st.sampled_from(NAMES), st.lists(st.fractions(), min_size=4, max_size=4))
def test_exact_values(name, numbers):
    function = activation(name)
    found = exact_values(function, ExactArray.from_fractions(numbers, (2, 2))).fractions().ravel().tolist()
    assert found == [function.exact(z) for z in numbers]


def test_exact_maxima_of_integers_beyond_int64():
    features = ExactArray(np.array([[2**80, 2**80 + 1, -1]], dtype=object), 3)
    assert exact_maxima(features, np.array([[0, 1], [2, 2]])).fractions().tolist() == [
        [Fraction(2**80 + 1, 3), Fraction(-1, 3)]
    ]


# -------------------------------------------------------------------- floats, balls, chunks


def test_floats_and_balls_enclose_the_same_numbers():
    network = Network(
        (1, 4, 4), [Convolution(2, 2, activation="relu"), MaxPooling(2), FullyConnected(3, activation="sigmoid")]
    )
    parameters = random_parameters(network, seed=3)
    samples = ExactArray.from_array(np.random.default_rng(0).integers(0, 17, (5, 16))).scaled(Fraction(1, 16))
    walk = Pass(network, parameters, 3)
    floats = walk.floats(samples.floats()[0])
    balls = walk.balls(samples)
    for row, enclosures in zip(floats.tolist(), balls, strict=True):
        for value, enclosure in zip(row, enclosures, strict=True):
            assert abs(float(enclosure.mid()) - value) < 1e-12
    assert walk.floats(samples.floats()[0].astype(np.float32)).dtype == np.float32


def test_chunks_cover_all_samples_and_change_nothing(monkeypatch):
    network = Network((1, 6), [Convolution(2, 3, activation="relu"), FullyConnected(3, activation="relu")])
    walk = Pass(network, random_parameters(network, seed=0), 2)
    assert list(walk.chunks(0)) == []
    monkeypatch.setattr("exactcnn.network.forward.CHUNK", 60)
    slices = list(walk.chunks(7))
    assert len(slices) > 2
    assert [i for part in slices for i in range(7)[part]] == list(range(7))
