"""The walk against the definition by loops: values, decisions, images; gradients where they exist, kinks where not."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Choice, Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls, Symbols
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import EvaluationPoint, Modulus
from exactcnn.errors import InputError
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.network.walk import (
    Kink,
    backward,
    chunks,
    forward,
    pre_activations,
    replaced,
    steps,
    without_padding,
)

Q, E, BALLS = Rationals(), Enclosed(), Balls()
FIELDS = (Modulus(8209), Modulus(1048343))
IMAGES = Residues(EvaluationPoint(FIELDS[1].p, 4), FIELDS)


def exactly(network, parameters, samples, end=None, patches=None):
    """Trace of the exact walk."""
    walk = steps(Q, network, parameters, end or len(network.resolved), patches)
    return forward(Q, walk, Q.lift(samples))


def images_agree(network, parameters, samples, exact, agrees, patches=None):
    """Enclosures decide what they can, rightly; images are right where they come out, with exact decisions always."""
    end = len(network.resolved)
    trace = forward(E, steps(E, network, parameters, end, patches), E.lift(samples))
    for value, truth in zip(trace.features, exact.features, strict=True):
        assert agrees(E, value, truth.fractions())
    for found, truth in zip(trace.pattern, exact.pattern, strict=True):
        if found is None:
            assert truth is None
            continue
        certain = np.ones(found.chosen.shape, dtype=bool) if found.open is None else ~found.open
        ties = np.zeros(found.chosen.shape, dtype=bool) if found.ties is None else found.ties
        assert (ties == truth.ties)[certain].all()  # what is certain knows its ties
        assert (found.chosen == truth.chosen)[certain & ~truth.ties].all()
    walk, pattern = steps(IMAGES, network, parameters, end, patches), trace.pattern
    for _ in range(len(samples) + 1):
        try:
            features = forward(IMAGES, walk, IMAGES.lift(samples), pattern).features[-1]
            break
        except Undecided as undecided:
            rows = undecided.samples
            some = exactly(network, parameters, samples[rows], end, patches)
            pattern = replaced(pattern, rows, some.pattern)
    assert agrees(IMAGES, features, exact.features[-1].fractions())
    features = forward(IMAGES, walk, IMAGES.lift(samples), exact.pattern).features[-1]
    assert agrees(IMAGES, features, exact.features[-1].fractions())


@settings(max_examples=150)
@given(data=st.data())
def test_small_networks_by_definition(slow_features, agrees, networks, data):
    """Ties, zeros, thirds, padding and pooling in one to three layers: every sign must be right."""
    network, parameters, samples = data.draw(networks())
    end, rows = len(network.resolved), samples.fractions().tolist()
    exact = exactly(network, parameters, samples)
    pre = slow_features(network, parameters, rows, end, activate=False)
    assert pre_activations(Q, exact.steps, Q.lift(samples)).fractions().tolist() == pre
    assert exact.pre_activations[-1].fractions().tolist() == pre
    for layer in range(1, end + 1):
        assert exact.features[layer].fractions().tolist() == slow_features(network, parameters, rows, layer)
    values = exact.features[-1].fractions()
    assume(all(math.gcd(v.denominator, f.p) == 1 for v in (*values.flat, *np.ravel(pre)) for f in FIELDS))
    images_agree(network, parameters, samples, exact, agrees)


@settings(max_examples=60)
@given(data=st.data())
def test_some_patches_of_the_last_layer(networks, agrees, data):
    """Also where the last layer is max-pooling and the signs below it are in doubt."""
    network, parameters, samples = data.draw(networks())
    layer = network.resolved[-1]
    count = len(layer.patches.slots)
    patches = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True)))
    columns = (patches[:, None] * layer.filters + np.arange(layer.filters)).ravel()
    whole = exactly(network, parameters, samples).features[-1].fractions()
    some = exactly(network, parameters, samples, patches=patches)
    assert (some.features[-1].fractions() == whole[:, columns]).all()
    assume(all(math.gcd(v.denominator, f.p) == 1 for v in whole.flat for f in FIELDS))
    images_agree(network, parameters, samples, some, agrees, patches)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["relu", "leaky-relu", "abs", "hard-tanh", "leaky-relu(-1/3)"])
def test_pre_activations_that_are_nothing_but_rounding_errors(seed, name, slow_features, agrees):
    """Biases are minus the computed sums, so that exact values are of the size of the last bit, of either sign."""
    rng = np.random.default_rng(seed)
    network = Network((1, 4, 4), [Convolution(2, 3, activation=name), FullyConnected(5, activation=name)])
    samples = rng.normal(size=(4, 16))
    arrays = {"W1": rng.normal(size=(9, 2)), "W2": rng.normal(size=(8, 5)), "b1": np.zeros(8), "b2": np.zeros(5)}
    given = ExactArray.from_array(samples)
    for layer in (1, 2):
        trace = exactly(network, Parameters.from_arrays(network, arrays), given, layer)
        arrays[f"b{layer}"] = arrays[f"b{layer}"] - trace.pre_activations[-1].floats()[0][seed % 4]
    parameters = Parameters.from_arrays(network, arrays)
    exact = exactly(network, parameters, given)
    if "leaky" not in name:
        rows = given.fractions().tolist()
        assert exact.features[-1].fractions().tolist() == slow_features(network, parameters, rows, 2)
    images_agree(network, parameters, given, exact, agrees)


@pytest.mark.parametrize("seed", range(4))
def test_ties_under_max_pooling(seed, slow_features, agrees):
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
        exact = exactly(network, parameters, samples)
        expected = slow_features(network, parameters, samples.fractions().tolist(), 3)
        assert exact.features[-1].fractions().tolist() == expected
        assert any(kink.layer == 2 for kink in exact.kinks())
        images_agree(network, parameters, samples, exact, agrees)


def test_numbers_beyond_the_range_of_floats(slow_features, agrees):
    network = Network((2,), [FullyConnected(2, activation="relu"), FullyConnected(2, activation="relu")])
    arrays = {
        "W1": [["1e200", "-1e200"], ["-1e200", "1e200"]],
        "b1": ["1e-400", "0"],
        "W2": [["1", "1e400"], ["-1", "1"]],
        "b2": ["0", "-1"],
    }
    parameters = Parameters.from_arrays(network, arrays)
    samples = ExactArray.from_strings([["1e300", "1e300"], ["1e400", "1e399"], ["0", "1e-400"], ["-1e308", "1e308"]])
    exact = exactly(network, parameters, samples)
    expected = slow_features(network, parameters, samples.fractions().tolist(), 2)
    assert exact.features[-1].fractions().tolist() == expected
    images_agree(network, parameters, samples, exact, agrees)


def test_max_pooling_of_numbers_beyond_the_range_of_floats(slow_features, agrees):
    network = Network((1, 3), [MaxPooling(2, stride=1), FullyConnected(1, bias="none", activation="identity")])
    parameters = Parameters.from_arrays(network, {"W2": [[1], [10]]})
    samples = ExactArray.from_strings(
        [["1e400", "1e500", "5"], ["-1e500", "-1e400", "-1e600"], ["1.7e308", "-1.7e308", "0"]]
    )
    exact = exactly(network, parameters, samples)
    expected = slow_features(network, parameters, samples.fractions().tolist(), 2)
    assert exact.features[-1].fractions().tolist() == expected
    images_agree(network, parameters, samples, exact, agrees)


def test_some_patches_only():
    network = Network((1, 6), [Convolution(2, 3, padding=1, activation="relu")])
    samples = ExactArray.from_array(np.arange(12).reshape(2, 6))
    for bias, count in (("neuron", 12), ("filter", 2)):
        own = Network((1, 6), [Convolution(2, 3, padding=1, bias=bias, activation="relu")])
        parameters = Parameters.from_arrays(own, {"W1": np.arange(6).reshape(3, 2), "b1": np.arange(count)})
        whole = exactly(own, parameters, samples).features[-1].fractions()
        some = exactly(own, parameters, samples, patches=np.array([4, 0])).features[-1].fractions()
        assert (some == whole[:, [8, 9, 0, 1]]).all()
    assert len(network.resolved[0].patches.slots) == 6


def test_padding_repeats_the_first_neuron_of_a_window():
    slots = np.array([[-1, 3, 2], [5, -1, -1], [0, 1, 2]])
    assert without_padding(slots).tolist() == [[3, 3, 2], [5, 5, 5], [0, 1, 2]]
    unordered = np.array([[2, 0, -1], [-1, 1, 0], [0, -1, 2], [1, 0, 0]])  # neuron 0 is none of padding, wherever it is
    assert without_padding(unordered).tolist() == [[2, 0, 2], [1, 1, 0], [0, 0, 2], [1, 0, 0]]


def test_floats_and_balls_enclose_the_same_numbers():
    network = Network(
        (1, 4, 4), [Convolution(2, 2, activation="relu"), MaxPooling(2), FullyConnected(3, activation="sigmoid")]
    )
    parameters = random_parameters(network, seed=3)
    samples = ExactArray.from_array(np.random.default_rng(0).integers(0, 17, (5, 16))).scaled(Fraction(1, 16))
    balls = forward(BALLS, steps(BALLS, network, parameters, 3), BALLS.lift(samples)).features[-1]
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5)):
        floats = Floating(np.dtype(dtype))
        found = forward(floats, steps(floats, network, parameters, 3), floats.lift(samples)).features[-1]
        assert found.dtype == dtype
        for value, enclosure in zip(found.ravel().tolist(), balls.ravel().tolist(), strict=True):
            assert abs(float(enclosure.mid()) - value) < tolerance


def test_chunks_cover_all_samples():
    network = Network((1, 6), [Convolution(2, 3, activation="relu"), FullyConnected(3, activation="relu")])
    walk = steps(Q, network, random_parameters(network, seed=0), 2)
    assert list(chunks(walk, 0, 60)) == []
    slices = list(chunks(walk, 7, 60))
    assert len(slices) > 2
    assert [i for part in slices for i in range(7)[part]] == list(range(7))
    assert all(len(range(7)[part]) * 20 <= 60 for part in slices)  # 4 patches of 3 entries and 8 neurons
    assert len(list(chunks(walk, 7, 1))) == 7
    assert list(chunks((), 3, 5)) == [slice(0, 5)]


def test_no_layers_and_no_samples():
    network = Network((2,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="square")])
    parameters = random_parameters(network)
    samples = ExactArray.from_array([[1, 2]])
    assert pre_activations(Q, (), Q.lift(samples)).fractions().tolist() == [[1, 2]]
    for arithmetic in (Q, IMAGES, E, BALLS, Floating(np.dtype("float32"))):
        none = arithmetic.lift(ExactArray(np.zeros((0, 2))))
        pattern = exactly(network, parameters, ExactArray(np.zeros((0, 2)))).pattern
        trace = forward(arithmetic, steps(arithmetic, network, parameters, 2), none, pattern)
        cotangent = arithmetic.lift(ExactArray(np.zeros((0, 1))))
        gradient = backward(arithmetic, trace, cotangent)
        for own, (rows, columns) in zip(gradient, ((2, 3), (3, 1)), strict=True):
            weights = next(iter(own.weights.values())) if arithmetic is IMAGES else own.weights
            weights = weights[0] if arithmetic is E else weights
            assert weights.shape == (rows, columns)


def test_a_pattern_is_needed_where_there_is_no_order():
    network = Network((1, 2), [MaxPooling(2), FullyConnected(1, activation="relu")])
    parameters = random_parameters(network)
    samples = ExactArray.from_array([[1, 2]])
    for arithmetic in (IMAGES, Symbols()):
        walk = steps(arithmetic, network, parameters, 2)
        with pytest.raises(InputError, match="no order; expected a pattern"):
            forward(arithmetic, walk, arithmetic.lift(samples))
        winners = (Choice(np.array([[1]])), None)
        with pytest.raises(InputError, match="has no sign; expected a pattern"):
            forward(arithmetic, walk, arithmetic.lift(samples), winners)


# -------------------------------------------------------------------- gradients


@settings(max_examples=60)
@given(data=st.data())
def test_gradients_by_filters_are_those_by_the_full_matrix(networks, data):
    """dW[s, t] is the sum over patches p of F' dG at (slot s of p, unit t of p), and biases collect dG."""
    network, parameters, samples = data.draw(networks(activations=("identity", "square"), last=("identity", "square")))
    trace = exactly(network, parameters, samples)
    assume(not trace.kinks())
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    cotangent = rng.integers(-3, 4, (len(samples), network.widths[-1]))
    gradient = backward(Q, trace, Q.lift(ExactArray.from_array(cotangent)))
    if trace.steps[-1].curve is None or trace.steps[-1].curve.name == "identity":
        assert gradient[-1].pre_activations.fractions().tolist() == cotangent.tolist()
    for step, below, own in zip(trace.steps, trace.features, gradient, strict=False):
        by_sums = own.pre_activations.fractions()
        assert by_sums.shape == (len(samples), step.layer.width)
        if step.weights is None:
            assert (own.weights, own.biases) == (None, None)
            continue
        x, filters = below.fractions(), step.layer.filters
        expected = np.zeros(step.layer.weights_shape, dtype=object)
        for p, patch in enumerate(step.slots.tolist()):
            for s, j in enumerate(patch):
                for t in range(filters):
                    if j >= 0:
                        expected[s, t] += (x[:, j] * by_sums[:, p * filters + t]).sum()
        assert own.weights.fractions().tolist() == expected.tolist()
        if step.layer.bias == "none":
            assert own.biases is None
        elif step.layer.bias == "neuron":
            assert own.biases.fractions().tolist() == by_sums.sum(axis=0).tolist()
        else:
            assert own.biases.fractions().tolist() == by_sums.reshape(-1, filters).sum(axis=0).tolist()


@pytest.mark.parametrize("activation", ["square", "relu", "leaky-relu(1/3)", "squared-relu", "abs", "hard-tanh"])
def test_exact_difference_quotients(activation, slow_features):
    """Along a line every feature is a polynomial of degree at most 4 in s, near 0: its slope by interpolation."""
    network = Network(
        (1, 4),
        [
            Convolution(2, 2, bias="filter", activation=activation),
            FullyConnected(3, activation="identity"),
            MaxPooling(patches=((0, 1), (1, 2))),
            FullyConnected(1, activation="identity"),
        ],
    )
    samples = ExactArray.from_strings([["1", "-2", "1/2", "3"], ["1/3", "2", "-1", "1/5"]])
    rng = np.random.default_rng(10)
    shapes = {"W1": (2, 2), "b1": (2,), "W2": (6, 3), "b2": (3,), "W4": (2, 1), "b4": (1,)}
    base, move = (
        {name: rng.integers(-5, 6, shape).astype(object) * Fraction(1, 7) for name, shape in shapes.items()}
        for _ in range(2)
    )

    def at(s):
        arrays = {name: base[name] + s * move[name] for name in shapes}
        exact = {n: ExactArray.from_fractions(map(Fraction, a.ravel().tolist()), a.shape) for n, a in arrays.items()}
        return Parameters.from_arrays(network, exact)

    near = [Fraction(k, 10**9) for k in range(-2, 3)]
    functions = {"squared-relu": lambda z: max(z, Fraction(0)) ** 2}
    rows = samples.fractions().tolist()
    values = [sum(sum(row) for row in slow_features(network, at(s), rows, 4, functions=functions)) for s in near]
    slope = (8 * (values[3] - values[1]) - (values[4] - values[0])) / (12 * near[3])  # exact up to degree 4
    trace = exactly(network, at(Fraction(0)), samples)
    assert trace.kinks() == ()
    gradient = backward(Q, trace, Q.lift(ExactArray.from_array([[1], [1]])))
    parts = {"W": "weights", "b": "biases"}
    found = [(getattr(gradient[int(name[1]) - 1], parts[name[0]]).fractions() * move[name]).sum() for name in shapes]
    assert sum(found) == slope
    assert all(found)


def test_gradients_on_some_patches_of_the_last_layer():
    network = Network((1, 4), [Convolution(2, 2, activation="square"), Convolution(1, 2, activation="square")])
    parameters = random_parameters(network, seed=1)
    samples = ExactArray.from_array([[1, 2, 3, 4], [0, 1, -1, 2]])
    whole, some = exactly(network, parameters, samples), exactly(network, parameters, samples, patches=np.array([1]))
    cotangent = np.array([[0, 2], [0, 3]])
    expected = backward(Q, whole, Q.lift(ExactArray.from_array(cotangent)))
    found = backward(Q, some, Q.lift(ExactArray.from_array(cotangent[:, 1:])))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.weights.fractions().tolist() == theirs.weights.fractions().tolist()
    assert found[1].biases.fractions().tolist() == expected[1].biases.fractions().tolist()[1:]


# -------------------------------------------------------------------- kinks


def at_kink(activation, value=0, *, above="identity"):
    """Two samples, two neurons; neuron 1 of sample 1 has this pre-activation."""
    network = Network((1,), [FullyConnected(2, activation=activation), FullyConnected(1, activation=above)])
    arrays = {"W1": [[1, 1]], "b1": [5, value], "W2": [[1], [1]], "b2": [0]}
    samples = ExactArray.from_strings([["10"], ["0"]])
    return network, Parameters.from_arrays(network, arrays), samples


def moving(arithmetic, network, parameters):
    """Steps in dual numbers, perhaps of dual numbers, in which every weight and bias moves."""
    inner, depth = arithmetic, 0
    while isinstance(inner, Dual):
        inner, depth = inner.inner, depth + 1
    walk = steps(inner, network, parameters, len(network.resolved))

    def paired(value):
        return None if value is None else Pair(value, value)

    for _ in range(depth):
        walk = tuple(replace(step, weights=paired(step.weights), biases=paired(step.biases)) for step in walk)
    return walk


MESSAGE = "^layer 1: neuron 1 is at a kink on sample 1; expected a point where derivatives exist$"


@pytest.mark.parametrize(
    ("activation", "value", "slopes"),
    [
        ("relu", 0, (0, 1)),
        ("abs", 0, (-1, 1)),
        ("leaky-relu(1/3)", 0, (Fraction(1, 3), 1)),
        ("relu6", 6, (1, 0)),
        ("relu6", 0, (0, 1)),
        ("hard-sigmoid", -3, (0, Fraction(1, 6))),
        ("hard-swish", 3, (Fraction(3, 2), 1)),
        ("clip(-1,1/2)", Fraction(1, 2), (1, 0)),
    ],
)
def test_a_kink_that_is_met_is_data(activation, value, slopes):
    network, parameters, samples = at_kink(activation, value)
    trace = exactly(network, parameters, samples)
    met = Kink(1, 1, 1, tuple(map(Fraction, slopes)))
    assert [kink for kink in trace.kinks() if kink.sample == 1 and kink.neuron == 1] == [met]
    one = Q.lift(ExactArray.from_array([[1], [1]]))
    with pytest.raises(InputError, match=MESSAGE):
        backward(Q, trace, one)
    with pytest.raises(InputError, match=MESSAGE):
        forward(Dual(Q), moving(Dual(Q), network, parameters), Dual(Q).lift(samples))
    # the value exists all the same, in dual numbers whose parameters stand still, too
    walk = steps(Dual(Q), network, parameters, 2)
    assert forward(Dual(Q), walk, Dual(Q).lift(samples)).features[-1].slope is None
    # with these decisions, images and balls refuse as well
    for arithmetic in (IMAGES, BALLS, E):
        walk = steps(arithmetic, network, parameters, 2)
        found = forward(arithmetic, walk, arithmetic.lift(samples), trace.pattern)
        assert met in found.kinks()
        with pytest.raises(InputError, match=MESSAGE):
            backward(arithmetic, found, arithmetic.lift(ExactArray.from_array([[1], [1]])))


def test_kinks_of_all_layers_are_listed():
    network = Network((1, 2), [Convolution(2, 1, activation="relu"), MaxPooling(patches=((0, 1), (2, 3), (0, 3)))])
    parameters = Parameters.from_arrays(network, {"W1": [[1, -1]], "b1": [0, 0, 0, 0]})
    trace = exactly(network, parameters, ExactArray.from_array([[0, 3], [2, -2]]))
    # (0, 0, 3, 0) and (2, 0, 0, 2)
    relu = (Fraction(0), Fraction(1))
    assert trace.kinks() == (
        Kink(1, 0, 0, relu),
        Kink(1, 1, 0, relu),
        Kink(2, 0, 0, None),
        Kink(2, 2, 0, None),
        Kink(2, 2, 1, None),
    )


@pytest.mark.parametrize("activation", ["squared-relu", "leaky-relu(1)", "softsign"])
def test_equal_slopes_are_no_kink(activation):
    network, parameters, samples = at_kink(activation)
    trace = exactly(network, parameters, samples)
    assert trace.pattern[0].ties.tolist() == [[False, False], [False, True]]
    assert trace.kinks() == ()
    gradient = backward(Q, trace, Q.lift(ExactArray.from_array([[1], [1]])))
    slope = trace.steps[0].curve.slopes(0)[0]
    assert gradient[0].pre_activations.fractions()[1, 1] == slope
    moved = forward(Dual(Q), moving(Dual(Q), network, parameters), Dual(Q).lift(samples)).features[-1]
    assert moved.slope.fractions().shape == (2, 1)
    if activation != "leaky-relu(1)":  # the second derivative jumps
        twice = Dual(Dual(Q))
        with pytest.raises(InputError, match=MESSAGE):
            forward(twice, moving(twice, network, parameters), twice.lift(samples))


@pytest.mark.parametrize(("activation", "smooth"), [("elu(1)", True), ("elu(2)", False), ("elu(1/2)", False)])
def test_elu_at_zero(activation, smooth):
    """e^0 = 1 is exact: slopes a and 1, known to agree for a = 1 only."""
    network, parameters, samples = at_kink(activation)
    z = pre_activations(Q, steps(Q, network, parameters, 1), Q.lift(samples))
    pattern = (Q.pieces(network.resolved[0].activation, z), None)
    point = EvaluationPoint(1048343, 4)
    for arithmetic in (BALLS, Residues(point, (Modulus(point.order), Modulus(point.modulus)))):
        walk = steps(arithmetic, network, parameters, 2)
        trace = forward(arithmetic, walk, arithmetic.lift(samples), pattern)
        assert trace.kinks() == (() if smooth else (Kink(1, 1, 1, None),))
        one = arithmetic.lift(ExactArray.from_array([[1], [1]]))
        if smooth:
            backward(arithmetic, trace, one)
            forward(
                Dual(arithmetic),
                moving(Dual(arithmetic), network, parameters),
                Pair(arithmetic.lift(samples), None),
                pattern,
            )
        else:
            with pytest.raises(InputError, match=MESSAGE):
                backward(arithmetic, trace, one)
            with pytest.raises(InputError, match=MESSAGE):
                forward(
                    Dual(arithmetic),
                    moving(Dual(arithmetic), network, parameters),
                    Pair(arithmetic.lift(samples), None),
                    pattern,
                )


def test_ties_of_maxima():
    """Neurons 0 and 2 win patch 1 of sample 0 together; their gradients differ."""
    network = Network((3,), [FullyConnected(3, activation="identity"), MaxPooling(patches=((0, 1), (0, 2)))])
    parameters = Parameters.from_arrays(network, {"W1": np.eye(3, dtype=int), "b1": [0, 0, 0]})
    samples = ExactArray.from_array([[4, 5, 4], [1, 2, 3]])
    trace = exactly(network, parameters, samples)
    assert trace.kinks() == (Kink(2, 1, 0, None),)
    message = "^layer 2: neuron 1 is at a kink on sample 0; expected a point where derivatives exist$"
    with pytest.raises(InputError, match=message):
        backward(Q, trace, Q.lift(ExactArray.from_array([[1, 1], [1, 1]])))
    with pytest.raises(InputError, match=message):
        forward(Dual(Q), moving(Dual(Q), network, parameters), Dual(Q).lift(samples))
    second = exactly(network, parameters, samples[np.array([1])])
    gradient = backward(Q, second, Q.lift(ExactArray.from_array([[10, 1]])))
    assert gradient[1].pre_activations.fractions().tolist() == [[10, 1]]
    assert gradient[0].pre_activations.fractions().tolist() == [[0, 10, 1]]


def test_a_tie_of_inputs_is_no_kink_of_the_parameters():
    """Equal pixels under max-pooling: no parameter moves them, so derivatives by parameters exist."""
    network = Network((1, 3), [MaxPooling(2, stride=1), FullyConnected(1, activation="square")])
    parameters = Parameters.from_arrays(network, {"W2": [[1], [2]], "b2": [1]})
    samples = ExactArray.from_array([[7, 7, 0]])
    trace = exactly(network, parameters, samples)
    assert trace.pattern[0].ties.tolist() == [[True, False]]
    gradient = backward(Q, trace, Q.lift(ExactArray.from_array([[1]])))
    assert gradient[1].weights.fractions().tolist() == [[308], [308]]  # 2 (7 + 14 + 1) 7
    moved = forward(Dual(Q), moving(Dual(Q), network, parameters), Dual(Q).lift(samples)).features[-1]
    assert moved.slope.fractions().tolist() == [[2 * 22 * 22]]
    varying = Pair(Q.lift(samples), Q.lift(ExactArray.from_array([[1, 2, 3]])))  # and those by the inputs do not
    with pytest.raises(InputError, match=r"^layer 1: neuron 0 is at a kink on sample 0;"):
        forward(Dual(Q), steps(Dual(Q), network, parameters, 2), varying)


def test_doubt_is_refused_by_derivatives_and_not_by_values():
    """1/3 - 1/3 is zero, which neither floats nor balls can tell: values agree on both sides, slopes do not."""
    network = Network((1,), [FullyConnected(1, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [["1/3"]], "b1": ["-1/3"]})
    samples = ExactArray.from_array([[1]])
    one, dual = ExactArray.from_array([[1]]), Dual(IMAGES)
    for arithmetic in (E, BALLS):
        with working_precision(64):
            trace = forward(arithmetic, steps(arithmetic, network, parameters, 1), arithmetic.lift(samples))
            assert trace.pattern[0].open.tolist() == [[True]]
            with pytest.raises(Undecided, match="a sign on sample 0 is not decided; expected exact values"):
                backward(arithmetic, trace, arithmetic.lift(one))
            found = forward(IMAGES, steps(IMAGES, network, parameters, 1), IMAGES.lift(samples), trace.pattern)
            assert [v.tolist() for v in found.features[-1].values()] == [[[0.0]]] * 2
            with pytest.raises(Undecided):
                backward(IMAGES, found, IMAGES.lift(one))
            with pytest.raises(Undecided):
                forward(dual, moving(dual, network, parameters), dual.lift(samples), trace.pattern)
