"""Feature matrices: ranks against fractions, against SymPy over QQ(t), against many digits, and known by theory."""

from dataclasses import replace
from fractions import Fraction
from itertools import islice

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.polys.matrices import DomainMatrix

from exactcnn import resources
from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import ONE, Formula
from exactcnn.domains.residues import evaluation_points
from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.linalg.ball_rank import rank_by_balls
from exactcnn.linalg.evidence import BallMinor, DistinctLines, Inherited, ModularMinor, Relations, Shape
from exactcnn.linalg.modular import independent_minor
from exactcnn.network.activations import activation, named
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters

POINTS = list(islice(evaluation_points(0), 3))
EXPONENTIAL = ["sigmoid", "tanh", "exp", "silu", "elu", "gaussian", "mish", "swish(2)"]


def elementwise(values, name):
    """activation(values), entry by entry."""
    exact = values if isinstance(values, ExactArray) else ExactArray.from_array(values)
    width = exact.shape[1]
    network = Network(
        (width,), [Convolution(1, patches=tuple((j,) for j in range(width)), bias="none", activation=name)]
    )
    return FeatureMatrix(network, Parameters.from_arrays(network, {"W1": [[1]]}), exact, 1)


def rational_rank(rows):
    return flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in rows]).rank()


# -------------------------------------------------------------------- over Q


@settings(max_examples=60)
@given(data=st.data())
def test_rational_features_by_definition(slow_features, residue_of, networks, data):
    network, parameters, samples = data.draw(networks())
    layer = len(network.resolved)
    features = FeatureMatrix(network, parameters, samples, layer)
    truth = slow_features(network, parameters, samples.fractions().tolist(), layer)
    assert features.domain == "Q"
    assert not features.exponential
    assert features.exact().fractions().tolist() == truth
    bounds = features.rank()
    assert bounds.lower == bounds.upper == rational_rank(truth)
    for point in POINTS:
        try:
            image = features.residues(point)
        except UnluckyModulus:
            continue
        assert image.dtype == np.float64
        p = point.modulus
        assert [[int(v) % p for v in row] for row in image.tolist()] == [
            [residue_of(v, p) for v in row] for row in truth
        ]


@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
@pytest.mark.parametrize("seed", range(3))
def test_relu_networks_with_more_patches_than_samples(bias, seed):
    """Wide layers: the rank is taken from a sample of patches where that suffices."""
    network = Network(
        (1, 9, 9), [Convolution(2, 3, bias=bias), MaxPooling(2), Convolution(3, 2, bias=bias)], activation="relu"
    )
    samples = ExactArray.from_array(np.random.default_rng(seed).integers(0, 17, (5, 81))).scaled(Fraction(1, 16))
    parameters = random_parameters(network, seed=seed)
    for layer in (1, 2, 3):
        features = FeatureMatrix(network, parameters, samples, layer)
        bounds = features.rank(seed=seed)
        assert bounds.lower == bounds.upper == rational_rank(features.exact().fractions().tolist())
        chosen = features.sample(1, 7)
        point = POINTS[seed]
        assert (
            features.residues(point, None, chosen) % point.modulus
            == features.residues(point)[:, chosen] % point.modulus
        ).all()
        rows = np.array([3, 0])
        assert (features.residues(point, rows) % point.modulus == features.residues(point)[rows] % point.modulus).all()


def test_wide_max_pooling_is_sampled_by_its_own_patches():
    """More than N + N/8 + 32 windows, and ties below them that floats cannot break."""
    network = Network(
        (1, 17, 17), [Convolution(1, 2, activation="leaky-relu(1/3)", bias="none"), MaxPooling(5, stride=1)]
    )
    samples = np.random.default_rng(0).integers(0, 2, (4, 289))
    parameters = Parameters.from_arrays(network, {"W1": [["1/3"], ["-1/3"], ["2/3"], ["-2/3"]]})
    features = FeatureMatrix(network, parameters, ExactArray.from_array(samples), 2)
    assert features.shape == (4, 144)
    assert len(features.sample(1, 36)) == 3 * 36
    bounds = features.rank()
    assert bounds.exact == rational_rank(features.exact().fractions().tolist())


def test_dead_units_and_repeated_samples():
    network = Network((2,), [FullyConnected(4, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 2, -1, 0], [1, 2, -1, 0]], "b1": [0, 0, 0, -1]})
    bounds = FeatureMatrix(network, parameters, ExactArray.from_array([[1, 2], [1, 2], [2, 1], [0, 0]]), 1).rank()
    assert bounds.exact == 1
    assert bounds.upper_evidence == DistinctLines(0, (0,))


@pytest.mark.parametrize("name", ["identity", "relu", "tanh", "sigmoid"])
def test_deficient_that_floats_call_full(name):
    """0.1 + 0.2 - 0.3 is zero as decimals and 5.6e-17 in floats: there the float ranks see noise, or saturate on it."""
    network = Network((3,), [FullyConnected(6, bias="none", activation=name)])
    weights = [["0.1", "0.2", "-0.3", "0.1", "-0.3", "0.2"], ["0.2", "-0.3", "0.1", "-0.3", "0.1", "0.1"]]
    weights.append(["-0.3", "0.1", "0.2", "0.2", "0.2", "-0.3"])
    parameters = Parameters.from_arrays(network, {"W1": weights})
    samples = ExactArray.from_array([[k, k, k] for k in (1, 3, 7, 11)])
    features = FeatureMatrix(network, parameters, samples, 1)
    bounds = features.rank()
    assert bounds.lower == bounds.upper == (1 if name == "sigmoid" else 0)
    if name != "sigmoid":
        assert np.linalg.matrix_rank(features.floats()) > 0


# -------------------------------------------------------------------- bounds that are inherited


def accepted(features, bounds):
    instance = Instance(features.network, features.parameters, features.samples)
    return Certificate(instance, [RankClaim(features.layer, bounds)], features.layer).outcome.accepted


@pytest.mark.parametrize("bias", ["neuron", "filter", "none"])
@pytest.mark.parametrize("above", ["identity", "affine", "pooling", "both"])
@pytest.mark.parametrize("first", ["identity", "relu"])
def test_affine_layers_inherit_the_relations_below(bias, above, first):
    """Samples beyond the ninth are combinations of others, with factors that add up to 1: rank [X, 1] = 9."""
    rng = np.random.default_rng(5)
    base = rng.integers(0, 9, (9, 16))
    values = np.concatenate([base, base[:2] + base[2:4] - base[4:6], 2 * base[7:8] - base[8:9]])
    layers = [Convolution(6, 2, activation=first, bias=bias)]
    if first == "relu":
        values = np.abs(values)
    if above == "affine":
        layers.append(FullyConnected(40, activation="polynomial(1/2, 3)", bias=bias))
    if above in ("pooling", "both"):
        layers.append(AveragePooling(2))
    if above in ("identity", "both"):
        layers.append(FullyConnected(40, activation="identity", bias=bias))
    network = Network((1, 4, 4), layers)
    samples = ExactArray.from_array(values)
    features = FeatureMatrix(network, random_parameters(network, seed=1), samples, len(layers))
    bounds = features.rank()
    assert bounds.exact == rational_rank(features.exact().fractions().tolist())
    assert accepted(features, bounds)
    if first == "identity" and above in ("identity", "affine"):
        evidence = bounds.upper_evidence
        assert isinstance(evidence, Inherited)
        assert (evidence.layer, evidence.ones) == (0, bias != "none" or above == "affine")
        assert isinstance(evidence.evidence, Relations)
        assert bounds.exact == 9


def test_the_features_themselves_are_not_needed(monkeypatch):
    """The bound of a wide layer comes without a single exact feature of it."""
    network = Network((3,), [FullyConnected(2, activation="relu"), FullyConnected(500, activation="identity")])
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-9, 9, (40, 3)))
    features = FeatureMatrix(network, random_parameters(network), samples, 2)
    exact = FeatureMatrix.exact
    asked = []
    monkeypatch.setattr(FeatureMatrix, "exact", lambda self: asked.append(self.layer) or exact(self))
    bounds = features.rank()
    assert bounds.exact == 3
    assert asked == [1]
    assert bounds.upper_evidence == Inherited(1, True, Shape())
    assert accepted(features, bounds)


@pytest.mark.parametrize("between", [Convolution(9, 2, activation="relu"), MaxPooling(2)])
def test_nothing_is_inherited_through_other_layers(between):
    network = Network((1, 3, 3), [between, FullyConnected(4, activation="identity")])
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-9, 9, (6, 9)))
    parameters = random_parameters(network)
    found = FeatureMatrix(network, parameters, samples, 2).inherited()
    assert found is None or found[1].layer == 1
    assert FeatureMatrix(network, parameters, samples, 1).inherited() is None
    deep = Network((2,), [FullyConnected(3, activation="sigmoid"), FullyConnected(4, activation="identity")])
    assert FeatureMatrix(deep, random_parameters(deep), samples[:, :2], 2).inherited() is None


def test_a_pooled_bottleneck():
    """Of all affine layers the narrowest counts, also one without parameters; padding adds no constants."""
    layers = [AveragePooling(2), Convolution(9, 2, activation="identity", bias="none")]
    network = Network((1, 6, 6), layers)
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-9, 9, (20, 36)))
    features = FeatureMatrix(network, random_parameters(network), samples, 2)
    bounds = features.rank()
    assert (bounds.exact, bounds.upper_evidence) == (9, Inherited(1, False, Shape()))
    assert accepted(features, bounds)


def test_exact_features_that_do_not_fit_in_memory_are_refused(monkeypatch):
    network = Network((300,), [FullyConnected(300, activation="relu")])
    features = FeatureMatrix(network, random_parameters(network), ExactArray(np.eye(300)), 1)
    monkeypatch.setattr(resources, "physical_memory", lambda: 2**20)
    with pytest.raises(InputError, match="the exact features of layer 1 would take"):
        features.exact()


# -------------------------------------------------------------------- over Q(t)


def over_rational_functions(rows, name):
    """Rank of activation(rows) for integers, by SymPy over QQ(t)."""
    t = sympy.Symbol("t")

    def value(z):
        e = t**z
        return {
            "sigmoid": lambda: e / (1 + e),
            "tanh": lambda: (e**2 - 1) / (e**2 + 1),
            "exp": lambda: e,
            "silu": lambda: z * e / (1 + e),
            "elu": lambda: sympy.Integer(z) if z > 0 else e - 1,
            "gaussian": lambda: t ** (-z * z),
            "mish": lambda: z * ((1 + e) ** 2 - 1) / ((1 + e) ** 2 + 1),
            "swish(2)": lambda: z * e**2 / (1 + e**2),
        }[name]()

    field = sympy.QQ.frac_field(t)
    entries = [[field.from_sympy(sympy.together(value(int(z)))) for z in row] for row in rows]
    return DomainMatrix(entries, np.shape(rows), field).rank()


@settings(max_examples=60)
@given(
    st.sampled_from(EXPONENTIAL),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_tiny_exponential_matrices_over_rational_functions(name, m, n, size, random):
    rows = [[random.randint(-size, size) for _ in range(n)] for _ in range(m)]
    truth = over_rational_functions(rows, name)
    features = elementwise(rows, name)
    assert features.domain == "Q(t)"
    bounds = features.rank()
    assert bounds.lower <= truth <= bounds.upper
    assert bounds.lower == truth  # nothing this small is unlucky at sixteen points


def high_precision_rank(rows, function):
    """Elimination with full pivoting at 300 digits; what is below 10^-150 counts as zero."""
    with mpmath.workdps(300):
        matrix = [[function(mpmath.mpf(z.numerator) / z.denominator) for z in row] for row in rows]
        for rank in range(min(len(rows), len(rows[0]))):
            size, i, j = max(
                (abs(matrix[i][j]), i, j) for i in range(rank, len(rows)) for j in range(rank, len(rows[0]))
            )
            if size < mpmath.mpf(10) ** -150:
                return rank
            matrix[rank], matrix[i] = matrix[i], matrix[rank]
            for row in matrix:
                row[rank], row[j] = row[j], row[rank]
            for row in matrix[rank + 1 :]:
                factor = row[rank] / matrix[rank][rank]
                for k in range(rank, len(row)):
                    row[k] -= factor * matrix[rank][k]
        return min(len(rows), len(rows[0]))


FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "exp": mpmath.exp,
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "elu": lambda z: z if z > 0 else mpmath.exp(z) - 1,
    "gaussian": lambda z: mpmath.exp(-z * z),
    "mish": lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z))),
    "swish(2)": lambda z: z / (1 + mpmath.exp(-2 * z)),
}


@pytest.mark.parametrize("name", EXPONENTIAL)
@pytest.mark.parametrize("seed", range(3))
def test_small_exponential_networks_at_many_digits(name, seed, slow_features):
    """A ReLU layer, then exponentials of rationals with odd and even denominators."""
    rng = np.random.default_rng(seed)
    network = Network((1, 5), [Convolution(2, 2, bias="filter", activation="relu"), FullyConnected(6, activation=name)])
    arrays = {
        "W1": rng.choice(["1/3", "-1", "1/2"], (2, 2)).astype(object),
        "b1": ["0", "1/5"],
        "W2": rng.choice(["1/7", "-1/4", "0", "1"], (8, 6)).astype(object),
        "b2": ["0", "1/11", "-1/3", "0", "1/8", "-1"],
    }
    samples = ExactArray.from_array(rng.integers(-2, 3, (5, 5)))
    parameters = Parameters.from_arrays(network, arrays)
    pre = slow_features(network, parameters, samples.fractions().tolist(), 2, activate=False)
    features = FeatureMatrix(network, parameters, samples, 2)
    bounds = features.rank()
    truth = high_precision_rank(pre, FUNCTIONS[name])
    assert bounds.lower == truth <= bounds.upper
    floats = features.floats()
    assert (
        np.abs(
            floats - [[float(FUNCTIONS[name](mpmath.mpf(z.numerator) / z.denominator)) for z in row] for row in pre]
        ).max()
        < 1e-12
    )


@pytest.mark.parametrize("width", [2, 3, 10, 60])
def test_sigmoid_without_bias_has_a_relation_at_every_width(width):
    """sigma(-wx) - 2 sigma(0) + sigma(wx) = 0: samples -x, 0, x give rank 2 however wide the layer."""
    network = Network((3,), [FullyConnected(width, bias="none", activation="sigmoid")])
    samples = ExactArray.from_array([[-1, 1, 0], [0, 0, 0], [1, -1, 0]])
    features = FeatureMatrix(network, random_parameters(network, seed=width), samples, 1)
    bounds = features.rank()
    assert bounds.exact == 2
    if width > 2:
        assert isinstance(bounds.upper_evidence, Relations)
        [found] = bounds.upper_evidence.relations
        assert sorted(abs(c) for _, c in found.coefficients) == [1, 1, 2]


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_odd_symmetry_of_whole_data_sets(name):
    """Samples x and -x: tanh has rank N/2; sigmoid N/2 + 1, as sigma(z) + sigma(-z) = 1."""
    half = np.random.default_rng(0).integers(-9, 10, (6, 4))
    network = Network((4,), [FullyConnected(40, bias="none", activation=name)])
    features = FeatureMatrix(
        network, random_parameters(network), ExactArray.from_array(np.concatenate([half, -half])), 1
    )
    bounds = features.rank()
    assert bounds.lower == bounds.upper == (6 if name == "tanh" else 7)


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_equal_and_zero_pre_activations(name):
    """Equal rows and columns; zero columns vanish under tanh, SiLU, ELU and the like, and only there."""
    values = np.array([[1, 5, 0, 5, 0], [1, 5, 0, 5, 0], [2, 3, 0, 3, 0], [-4, 1, 0, 1, 0], [0, 0, 0, 0, 0]])
    bounds = elementwise(values, name).rank()
    vanishing = name in ("tanh", "silu", "elu", "mish", "swish(2)")
    truth = high_precision_rank([[Fraction(int(v)) for v in row] for row in values], FUNCTIONS[name])
    assert bounds.lower == truth
    assert len(elementwise(values, name).distinct_lines(1)) == (2 if vanishing else 3)
    assert len(elementwise(values, name).distinct_lines(0)) == (3 if vanishing else 4)
    assert bounds.upper == truth


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "exp", "silu", "gaussian"])
def test_exponents_divisible_by_the_first_orders(seed, name):
    """Modulo the first points every e^z is 1: only a later point shows the rank."""
    product = 1
    for point in islice(evaluation_points(seed), 3):
        product *= point.order * (point.modulus if name == "silu" else 1)
    values = np.array([[product * k * (i + 1) for k in (1, 2, 4)] for i in range(3)], dtype=object)
    bounds = elementwise(ExactArray(values), name).rank(seed=seed)
    assert bounds.lower == bounds.upper == 3
    first = {str(point.modulus) for point in islice(evaluation_points(seed), 3)}
    assert bounds.lower_evidence.modulus not in first


def test_denominators_divisible_by_a_prime_or_an_order():
    p, q = POINTS[0].modulus, POINTS[1].order
    network = Network((1,), [FullyConnected(3, activation="silu")])
    parameters = Parameters.from_arrays(network, {"W1": [[f"1/{p}", "1", f"1/{q}"]], "b1": ["0", "1/3", "1"]})
    features = FeatureMatrix(network, parameters, ExactArray.from_array([[0], [1], [2]]), 1)
    for point in POINTS[:2]:
        with pytest.raises(UnluckyModulus):
            features.residues(point)
    bounds = features.rank()
    assert bounds.exact == 3
    assert isinstance(bounds.lower_evidence, ModularMinor)
    assert (bounds.lower_evidence.modulus, bounds.lower_evidence.root) == (str(POINTS[2].modulus), str(POINTS[2].root))


@given(st.sampled_from(EXPONENTIAL), st.integers(-50, 50), st.sampled_from([1, 2, 3, 1024]))
@settings(max_examples=60)
def test_images_are_those_of_the_formula(name, numerator, denominator):
    """e^z goes to root^(z mod q), rationals to their residues; written out once more by Python integers."""
    point = POINTS[0]
    p, q = point.modulus, point.order
    z = Fraction(numerator, denominator)
    e = pow(point.root, z.numerator * pow(z.denominator, -1, q) % q, p)
    z_p = z.numerator * pow(z.denominator, -1, p) % p

    def over(a, b):
        return a * pow(b, -1, p) % p

    square = z * z
    expected = {
        "sigmoid": lambda: over(e, 1 + e),
        "tanh": lambda: over(e * e - 1, e * e + 1),
        "exp": lambda: e,
        "silu": lambda: over(z_p * e, 1 + e),
        "elu": lambda: z_p if z > 0 else e - 1,
        "gaussian": lambda: pow(point.root, -square.numerator * pow(square.denominator, -1, q) % q, p),
        "mish": lambda: over(z_p * ((1 + e) ** 2 - 1), (1 + e) ** 2 + 1),
        "swish(2)": lambda: over(z_p * e * e, 1 + e * e),
    }[name]() % p
    assert int(elementwise(ExactArray.from_fractions([z], (1, 1)), name).residues(point)[0, 0]) % p == expected


# -------------------------------------------------------------------- balls


def test_sigmoid_on_sigmoid_is_bounded_by_balls():
    network = Network((2,), [FullyConnected(5), FullyConnected(6)], activation="sigmoid")
    samples = ExactArray.from_array([[0, 1], [1, 0], [2, 2], [0, 1]])
    features = FeatureMatrix(network, random_parameters(network, seed=1), samples, 2)
    assert features.domain == "balls"
    bounds = features.rank()
    assert bounds.exact == 3
    assert isinstance(bounds.lower_evidence, BallMinor)
    assert bounds.upper_evidence == DistinctLines(0, (0, 1, 2))
    with pytest.raises(InputError, match="features of layer 2 lie in balls; only those in Q are exact fractions"):
        features.exact()


def test_a_relation_in_balls_stays_open():
    """gelu(z) - gelu(-z) = z, so these columns of F_2 have rank 2; behind sigmoids nothing knows it."""
    layers = [FullyConnected(1, activation="sigmoid"), FullyConnected(3, activation="gelu"),
              FullyConnected(3, activation="identity")]  # fmt: skip
    network = Network((1,), layers)
    arrays = {"W1": [["1"]], "b1": ["0"], "W2": [["1", "-1", "2"]], "b2": ["0", "0", "0"], "b3": ["0", "0", "0"]}
    arrays["W3"] = [["1", "0", "1"], ["0", "1", "1"], ["0", "0", "0"]]
    features = FeatureMatrix(
        network, Parameters.from_arrays(network, arrays), ExactArray.from_array([[1], [2], [3]]), 3
    )
    bounds = features.rank()
    assert (bounds.lower, bounds.upper) == (2, 3)
    assert "balls" in bounds.reason


@pytest.mark.parametrize("upper", ["sigmoid", "relu", "gelu"])
def test_equal_units_repeat_in_all_layers_above(upper):
    network = Network((2,), [FullyConnected(4, activation="sigmoid"), FullyConnected(4, activation=upper)])
    weights = [["1", "2", "1", "3"], ["1/2", "1", "1/2", "5"]], [["1", "1", "2", "0"]] * 4
    arrays = {"W1": weights[0], "b1": ["0"] * 4, "W2": weights[1], "b2": ["1", "1", "2", "0"]}
    samples = ExactArray.from_array([[0, 1], [1, 0], [2, 2], [3, 1]])
    features = FeatureMatrix(network, Parameters.from_arrays(network, arrays), samples, 2)
    assert len(features.distinct_lines(1)) == (3 if upper == "sigmoid" else 2)  # the unit without weights is f(0)
    assert len(features.distinct_lines(0)) == 4


def test_enclosures_are_those_of_the_balls_whatever_the_chunks(monkeypatch):
    network = Network((1, 4, 4), [Convolution(filters=2, kernel=2, activation="tanh"), MaxPooling(kernel=2, stride=1),
                                  FullyConnected(5, activation="elu(1)")])  # fmt: skip
    samples = ExactArray.from_array(np.random.default_rng(0).integers(-3, 4, (9, 16)))
    features = FeatureMatrix(network, random_parameters(network, seed=3), samples, 3)
    values, errors = features.enclosures()
    assert errors.max() < 1e-13
    for row, found, around in zip(features.balls(200), values, errors, strict=True):
        for number, value, error in zip(row, found, around, strict=True):
            assert abs(number - value) < error
    monkeypatch.setattr("exactcnn.network.features.CHUNK", 100)
    assert np.abs(features.enclosures()[0] - values).max() < 1e-13


def test_transcendental_layers_count_their_different_lines():
    values = np.array([[1, 5, 0], [1, 5, 0], [2, 3, 0]])
    bounds = elementwise(values, "gelu").rank()
    assert bounds.exact == 2
    assert bounds.upper_evidence in (DistinctLines(0, (0, 2)), DistinctLines(1, (0, 1)))
    assert elementwise(values, "cos").rank().exact == 2
    assert elementwise(np.zeros((2, 2), dtype=np.int64), "erf").rank().exact == 0


# -------------------------------------------------------------------- the joined domain


def on_top_of(name, above):
    """A layer of `name` and one above it; five samples in general position."""
    pooling = isinstance(above, MaxPooling)
    network = Network((2,), [FullyConnected(3 if pooling else 2, activation=name), above])
    arrays = {"W1": [[1, 1, -1], ["1/3", "-1", "2"]], "b1": ["0", "1/2", "-1/4"]}
    if not pooling:
        arrays = {"W1": [row[:2] for row in arrays["W1"]], "b1": arrays["b1"][:2]}
        arrays |= {"W2": [[1, 2, -1, "1/5"], [3, -1, 1, "1/7"]], "b2": ["0", "1", "-1/7", "1/2"]}
    samples = ExactArray.from_array([[1, 2], [3, 4], [0, 5], [-3, 1], [7, 7]])
    return FeatureMatrix(network, Parameters.from_arrays(network, arrays), samples, 2)


def many_digits(features, functions):
    """F_k by loops in 300 digits."""
    network, own = features.network, features.parameters.layers

    def real(z):
        return mpmath.mpf(z.numerator) / z.denominator

    rows = [[real(v) for v in row] for row in features.samples.fractions().tolist()]
    for layer, parameters in zip(network.resolved[: features.layer], own, strict=False):
        patches = layer.patches.slots.tolist()
        if parameters is None:
            rows = [[max(x[j] for j in patch if j >= 0) for patch in patches] for x in rows]
            continue
        weights = [[real(v) for v in row] for row in parameters.weights.fractions().tolist()]
        biases = [real(v) for v in parameters.biases.fractions().tolist()]
        function = functions[layer.activation.name]
        rows = [
            [
                function(biases[t] + sum(x[j] * weights[s][t] for s, j in enumerate(patch)))
                for patch in patches
                for t in range(layer.filters)
            ]
            for x in rows
        ]
    return rows


def rank_of_digits(rows):
    """Singular values above 10^-100 of the largest."""
    values = list(mpmath.svd_r(mpmath.matrix(rows), compute_uv=False))
    return sum(value > max(values) * mpmath.mpf(10) ** -100 for value in values)


ABOVE = {
    name: FullyConnected(4, activation=name)
    for name in ("identity", "polynomial(1,-2)", "square", "relu", "leaky-relu(1/3)", "softsign")
} | {"max-pooling": MaxPooling(patches=((0, 1), (1, 2), (0, 2)))}
OTHERS = {
    "identity": lambda z: z,
    "polynomial": lambda z: 1 - 2 * z,
    "square": lambda z: z * z,
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "leaky-relu": lambda z: max(z, z / 3),
    "softsign": lambda z: z / (1 + abs(z)),
}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "exp", "silu", "elu", "gaussian"])
def test_rational_layers_above_an_exponential_one(name, above):
    """The domain stays Q(t): the lower end is the rank that 300 digits show, and affine layers have both ends."""
    features = on_top_of(name, ABOVE[above])
    assert (features.domain, features.first_irrational) == ("Q(t)", 1)
    bounds = features.rank()
    with mpmath.workdps(300):
        rows = many_digits(features, FUNCTIONS | OTHERS)
        truth = rank_of_digits(rows)
    assert np.abs(features.floats() - np.array(rows, dtype=float)).max() < 1e-9 * (1 + np.abs(features.floats()).max())
    assert bounds.lower == truth <= bounds.upper
    assert isinstance(bounds.lower_evidence, ModularMinor)
    assert bounds.lower_evidence.root is not None
    assert (bounds.lower_evidence.precision is None) == (above in ("identity", "polynomial(1,-2)", "square"))
    if above in ("identity", "polynomial(1,-2)"):
        assert bounds.exact == truth == 3  # two units and the constants


@settings(max_examples=25)
@given(st.data(), st.sampled_from(["sigmoid", "exp", "tanh", "elu"]), st.sampled_from(["identity", "square", "relu"]))
def test_tiny_networks_over_rational_functions(by_loops, data, name, above):
    """The whole matrix in QQ(t), t = e, by loops; signs there from 60 digits."""
    t = sympy.Symbol("t")
    field = sympy.QQ.frac_field(t)

    def below(z):
        e = t ** int(z)
        value = {"sigmoid": e / (1 + e), "exp": e, "tanh": (e**2 - 1) / (e**2 + 1), "elu": z if z > 0 else e - 1}[name]
        return field.from_sympy(sympy.together(sympy.sympify(value)))

    def on_top(value):
        if above == "square":
            return value * value
        size = field.to_sympy(value).subs(t, sympy.E).evalf(60) if above == "relu" and value else 1
        return value if size > 0 else field.zero

    def drawn(*shape):
        return np.array(
            data.draw(st.lists(st.integers(-1, 2), min_size=shape[0] * shape[-1], max_size=shape[0] * shape[-1]))
        )

    layers = [FullyConnected(2, bias="none", activation=name), FullyConnected(3, bias="none", activation=above)]
    network = Network((2,), layers)
    weights = {1: drawn(2, 2).reshape(2, 2), 2: drawn(2, 3).reshape(2, 3)}
    samples = drawn(4, 2).reshape(4, 2)
    parameters = Parameters.from_arrays(network, {f"W{k}": array for k, array in weights.items()})
    mixed = {1: weights[1].tolist(), 2: [[field(int(v)) for v in row] for row in weights[2]]}
    rows = by_loops(network, mixed, {}, samples.tolist(), [below, lambda z: on_top(field.zero + z)])[-1]
    truth = DomainMatrix(rows, (4, 3), field).rank()
    bounds = FeatureMatrix(network, parameters, ExactArray.from_array(samples), 2).rank()
    assert bounds.lower == truth <= bounds.upper
    if above == "identity":
        assert bounds.exact == truth


def test_relations_through_affine_layers():
    """Sigmoid of one unit, then four affine ones: rank 2 by relations between columns, above any kind of minor."""
    network = Network(
        (2,), [FullyConnected(1, bias="none", activation="sigmoid"), FullyConnected(4, activation="identity")]
    )
    arrays = {"W1": [[1], ["1/3"]], "W2": [[1, 2, -1, "1/5"]], "b2": ["0", "1", "-1/7", "1/2"]}
    samples = ExactArray.from_array([[1, 2], [3, 4], [0, 5], [-3, 1], [7, 7]])
    features = FeatureMatrix(network, Parameters.from_arrays(network, arrays), samples, 2)
    bounds = features.rank()
    assert str(bounds) == "2"
    assert isinstance(bounds.upper_evidence, Relations)
    assert str(rank_by_balls(features)) == "2"


@pytest.mark.parametrize("axis", [0, 1])
def test_relations_that_need_the_constants_above(axis):
    """sigma(z) + sigma(-z) = 1, so that columns c + b are constants, beside one that is none."""
    network = Network((1,), [FullyConnected(2, activation="sigmoid"), FullyConnected(4, activation="polynomial(1,2)")])
    arrays = {"W1": [[1, -1]], "b1": [0, 0], "W2": [[1, 2, 3, 1], [1, 2, 3, 2]], "b2": ["0", "3", "-3", "1/2"]}
    parameters = Parameters.from_arrays(network, arrays)
    samples = ExactArray.from_array([[0], [1], [5]] if axis == 1 else [[0], [1], [-1]])
    features = FeatureMatrix(samples=samples, network=network, parameters=parameters, layer=2)
    bounds = features.rank()
    assert bounds.exact == 2
    found = features.relations(axis, *modular_minor(features, POINTS[0]), POINTS[0])
    assert len(found) == (4 if axis else len(samples)) - 2
    rows = deep_digits(features, [DIGITS[activation("sigmoid")], lambda z: 1 + 2 * z])
    for relation in found:
        for line in zip(*rows, strict=True) if axis == 0 else rows:
            assert abs(sum(c * line[i] for i, c in relation.coefficients)) < 1e-9


def modular_minor(features, point):
    return independent_minor(features.residues(point), point.modulus)


def test_signs_that_balls_leave_open_and_that_matter():
    """sigmoid(0) - 1/2 + 2^-400: too small for the balls that decide signs, not zero modulo p; the rank is a ball's."""
    network = Network((1,), [FullyConnected(1, activation="sigmoid"), FullyConnected(1, activation="relu")])
    bias = ExactArray.from_fractions([Fraction(1, 2**400) - Fraction(1, 2)])
    parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": bias})
    samples = ExactArray.from_array([[0], [0]])
    features = FeatureMatrix(samples=samples, network=network, parameters=parameters, layer=2)
    assert features.domain == "Q(t)"
    with pytest.raises(Undecided):
        features.residues(POINTS[0])
    bounds = features.rank()
    assert isinstance(bounds.lower_evidence, BallMinor)
    assert bounds.lower == 1


def test_a_pole_modulo_p_above_an_exponential_is_the_point_s():
    """Softsign of sigmoid(x) + c, with c so that 1 + t is 0 modulo the first prime: the next point is taken."""
    first = next(evaluation_points(0))
    half = Fraction(1, 2)  # sigmoid(0)
    c = first.modulus - 1 - half  # positive, and 1 + (half + c) = p
    network = Network((1,), [FullyConnected(1, activation="sigmoid"), FullyConnected(1, activation="softsign")])
    arrays = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": ExactArray.from_fractions([c])}
    features = FeatureMatrix(network, Parameters.from_arrays(network, arrays), ExactArray.from_array([[0]]), 2)
    with pytest.raises(UnluckyModulus):
        features.residues(first)
    bounds = features.rank()
    assert bounds.exact == 1
    assert bounds.lower_evidence.modulus == str(list(islice(evaluation_points(0), 2))[1].modulus)


def test_a_second_exponential_or_a_special_function_leaves_balls():
    for above in ("sigmoid", "gelu", "elu"):
        features = on_top_of("sigmoid", FullyConnected(4, activation=above))
        assert features.domain == "balls"
        assert isinstance(features.rank().lower_evidence, BallMinor)
    assert on_top_of("gelu", FullyConnected(4, activation="identity")).domain == "balls"
    assert on_top_of("relu", FullyConnected(4, activation="sigmoid")).domain == "Q(t)"


def test_signs_above_an_exponential_layer_that_no_ball_decides():
    """sigmoid(x) + sigmoid(-x) - 1 is zero: no ball tells, and the residue is zero on both sides."""
    network = Network((1,), [FullyConnected(2, activation="sigmoid"), FullyConnected(2, activation="relu")])
    arrays = {"W1": [[1, -1]], "b1": [0, 0], "W2": [[1, 1], [1, 1]], "b2": ["-1", "-1/2"]}
    parameters = Parameters.from_arrays(network, arrays)
    features = FeatureMatrix(network, parameters, ExactArray.from_array([[0], [1], [5]]), 2)
    image = features.residues(POINTS[0])
    assert image[:, 0].tolist() == [0, 0, 0]
    assert features.rank().lower == 1
    # with a slope of another value on the left the zero is the same on both sides, and abs is fine as well
    for name in ("abs", "leaky-relu(1/3)", "softsign"):
        other = Network((1,), [FullyConnected(2, activation="sigmoid"), FullyConnected(2, activation=name)])
        assert FeatureMatrix(other, parameters, features.samples, 2).rank().lower == 1


# -------------------------------------------------------------------- powers of two


def with_curve(shape, layers, curves):
    """A network whose layers have these curves."""
    network = Network(shape, layers, activation="identity")
    resolved = tuple(
        layer if curve is None else replace(layer, nonlinearity=named("mine", curve))
        for layer, curve in zip(network.resolved, curves, strict=True)
    )
    object.__setattr__(network, "resolved", resolved)
    return network


POWER_TERM = ((0, 1, Fraction(1)),)
POWER = Curve((Formula(POWER_TERM),), (), (Fraction(0), Fraction(1)), "2")
LOGISTIC = Curve((Formula(ONE, ONE + POWER_TERM),), (), (Fraction(0), Fraction(-1)), "2")


def powers(values, curve=POWER):
    """curve(values), entry by entry."""
    width = len(values[0])
    patches = tuple((j,) for j in range(width))
    network = with_curve((width,), [Convolution(1, patches=patches, bias="none")], [curve])
    return FeatureMatrix(network, Parameters.from_arrays(network, {"W1": [[1]]}), ExactArray.from_strings(values), 1)


def test_powers_of_two_are_never_formal():
    """2^(1/2) is algebraic: [[2^(1/2), 2], [1, 2^(1/2)]] is singular, though t = 2^(1/2) as a variable would not be."""
    features = powers([["1/2", "1"], ["0", "1/2"]])
    assert features.domain == "balls"
    bounds = features.rank()
    assert (bounds.lower, bounds.upper) == (1, 2)
    with pytest.raises(InputError, match="balls"):
        features.exact()


@pytest.mark.parametrize("curve", [POWER, LOGISTIC])
@pytest.mark.parametrize("seed", range(3))
def test_powers_of_two_at_integers_are_rational(curve, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-5, 6, (4, 3))
    features = powers(values.tolist(), curve)
    assert (features.domain, features.exponential) == ("Q", False)
    truth = [[curve.exact(int(z)) for z in row] for row in values]
    assert features.exact().fractions().tolist() == truth
    bounds = features.rank()
    assert bounds.lower == bounds.upper == rational_rank(truth)
    assert bounds.lower_evidence.root is None
    for point in POINTS:
        found = features.residues(point, np.array([2, 0]), np.array([1]))
        expected = [truth[i][1] for i in (2, 0)]
        assert [int(v) % point.modulus for v in found[:, 0]] == [
            v.numerator * pow(v.denominator, -1, point.modulus) % point.modulus for v in expected
        ]
    assert np.abs(features.floats() - np.array(truth, dtype=float)).max() < 1e-12 * float(max(map(max, truth)))


def test_layers_above_powers_of_two():
    """Rational ones stay in Q where exponents are integers; beside exponentials, or at fractions, balls are left."""
    layers = [FullyConnected(2), FullyConnected(3), FullyConnected(2)]
    arrays = {"W1": [[1, 2], [0, 1]], "b1": [0, 1], "W2": [[1, 2, 1], [0, 1, 1]], "b2": [0, 1, 2]}
    arrays |= {"W3": [[1, 2], [0, 1], [1, 1]], "b3": [0, 0]}
    samples = ExactArray.from_array([[1, 2], [3, 4], [0, 5]])
    relu, sigmoid = activation("relu"), activation("sigmoid")
    for curves, domains in (
        ([LOGISTIC, relu, None], ("Q", "Q", "Q")),
        ([LOGISTIC, sigmoid, None], ("Q", "balls", "balls")),
        ([relu, LOGISTIC, relu], ("Q", "Q", "Q")),
        ([relu, LOGISTIC, LOGISTIC], ("Q", "Q", "balls")),
        ([sigmoid, LOGISTIC, None], ("Q(t)", "balls", "balls")),
    ):
        network = with_curve((2,), layers, curves)
        parameters = Parameters.from_arrays(network, arrays)
        functions = [DIGITS[curve] for curve in curves]
        for number, domain in enumerate(domains, 1):
            features = FeatureMatrix(network, parameters, samples, number)
            assert features.domain == domain
            bounds = features.rank()
            with mpmath.workdps(300):
                assert bounds.lower == rank_of_digits(deep_digits(features, functions[:number])) <= bounds.upper


DIGITS = {
    None: lambda z: z,
    LOGISTIC: lambda z: 1 / (1 + mpmath.power(2, -z)),
    activation("relu"): lambda z: max(z, mpmath.mpf(0)),
    activation("sigmoid"): lambda z: 1 / (1 + mpmath.exp(-z)),
}


def deep_digits(features, functions):
    """Fully connected layers in 300 digits."""
    rows = [[mpmath.mpf(int(v)) for v in row] for row in features.samples.numbers.tolist()]

    def real(z):
        return mpmath.mpf(z.numerator) / z.denominator

    for function, own in zip(functions, features.parameters.layers, strict=False):
        weights, biases = own.weights.fractions().tolist(), own.biases.fractions().tolist()
        rows = [
            [function(real(b) + sum(x[s] * real(weights[s][t]) for s in range(len(x)))) for t, b in enumerate(biases)]
            for x in rows
        ]
    return rows


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 2, 1)])
def test_samples_of_another_shape(shape):
    network = Network((2,), [FullyConnected(1)], activation="sigmoid")
    with pytest.raises(InputError, match=r"samples has shape .*; expected \(N, 2\)"):
        FeatureMatrix(network, random_parameters(network), ExactArray(np.zeros(shape)), 1)


def test_layers_out_of_range():
    network = Network((2,), [FullyConnected(1)], activation="sigmoid")
    for layer in (0, 2):
        with pytest.raises(InputError, match=f"layer {layer}; expected a layer from 1 to 1"):
            FeatureMatrix(network, random_parameters(network), ExactArray(np.zeros((1, 2))), layer)


def test_no_samples():
    network = Network((2,), [FullyConnected(3)], activation="sigmoid")
    features = FeatureMatrix(network, random_parameters(network), ExactArray(np.zeros((0, 2))), 1)
    assert features.rank().exact == 0
    assert features.floats().shape == (0, 3)


def test_too_many_balls_are_refused_before_the_first(monkeypatch):
    monkeypatch.setattr("exactcnn.resources.physical_memory", lambda: 2 * 10**9)
    wide = Network((2,), [FullyConnected(2000), FullyConnected(3, activation="relu")], activation="sigmoid")
    parameters = random_parameters(wide)
    rows = ExactArray((np.arange(5000, dtype=np.int64) % 97 - 40).reshape(2500, 2))
    for k, domain in ((1, "Q(t)"), (2, "Q(t)")):  # signs above the sigmoids are decided by balls
        assert FeatureMatrix(wide, parameters, rows, k).domain == domain
    assert FeatureMatrix(wide, parameters, rows, 2).rank().exact == 3  # by floats
    with pytest.raises(InputError, match=r"5000000 balls would take 3\.5 GiB of memory"):
        _ = FeatureMatrix(wide, parameters, rows, 2).entries
    exact = Network((2,), [FullyConnected(2000, activation="relu"), FullyConnected(3, activation="gelu")])
    features = FeatureMatrix(exact, random_parameters(exact), rows, 2)
    assert features.ball_count == 7500
    assert FeatureMatrix(exact, random_parameters(exact), rows[:2], 2).ball_count == 6  # U_2 stays rational
    assert FeatureMatrix(wide, parameters, rows[:2], 2).ball_count == 6000  # U_2
    assert FeatureMatrix(exact, random_parameters(exact), rows, 1).ball_count == 0


# -------------------------------------------------------------------- in a notebook


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (6, 8), (7, 9)])
def test_a_notebook_shows_six_rows_of_eight_columns(rows, columns):
    shown = elementwise(np.arange(1, rows * columns + 1).reshape(rows, columns), "identity")._repr_html_()
    assert shown.count("<th ") == 1 + min(columns, 8)
    assert shown.count("<tr>") == 1 + min(rows, 6)
    assert shown.index("<thead>") < shown.index("<tbody>")
    assert "<td>1</td>" in shown[shown.index("<tbody>") :]
    assert f"<td>{min(columns, 8)}</td>" in shown


@pytest.mark.parametrize(("activation", "domain"), [("relu", "Q"), ("sigmoid", "Q(t)"), ("softplus", "balls")])
def test_entries_for_certified_numerics(activation, domain):
    network = Network((3,), [FullyConnected(4, activation=activation)])
    features = FeatureMatrix(network, random_parameters(network), ExactArray.from_array([[1, 2, 3], [-1, 0, 5]]), 1)
    found = features.entries
    assert (features.domain, found.shape) == (domain, (2, 4))
    assert (found.exact is not None) == (domain == "Q")
    scaled = found.scaled()
    assert np.allclose(np.ldexp(scaled.values, scaled.exponent), features.floats(), rtol=1e-12)
    assert np.allclose([[float(x.mid()) for x in row] for row in found.balls(64)], features.floats(), rtol=1e-12)


def test_zero_units_are_known_from_decisions():
    """Dead units, in a dense layer and below pooling; a unit that is zero by cancellation is not known to be."""
    layers = [Convolution(3, 2, activation="relu"), MaxPooling(2), FullyConnected(4, activation="relu")]
    network = Network((1, 9), layers)
    weights = {"W1": [[1, -1, 1], [1, -1, -1]], "b1": np.zeros(24, dtype=int)}
    weights |= {"W3": np.tile([[1, -1, 0, 2]], (12, 1)), "b3": [0, -1, 0, 1]}
    parameters = Parameters.from_arrays(network, weights)
    samples = ExactArray.from_array(np.random.default_rng(0).integers(1, 50, (30, 9)))
    for layer in (1, 2, 3):
        features = FeatureMatrix(network, parameters, samples, layer)
        assert len(features.nonzero_lines(1)) == features.shape[1]  # nothing is decided yet
        bounds = features.rank()
        exact = features.exact().fractions()
        zero = {int(j) for j in np.flatnonzero((exact == 0).all(axis=0))}
        known = set(range(features.shape[1])) - set(features.nonzero_lines(1).tolist())
        assert known <= zero
        assert len(known) == {1: 8, 2: 4, 3: 2}[layer], layer
        assert bounds.exact is not None


def test_what_is_zero_beyond_doubt_only(monkeypatch):
    """Samples in several chunks, and a unit that is off on all samples but one."""
    from exactcnn.network import features as module

    monkeypatch.setattr("exactcnn.network.images.CHUNK", 8)
    network = Network((1,), [FullyConnected(3, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [[1, -1, -1]], "b1": [0, 0, 11]})
    features = module.FeatureMatrix(network, parameters, ExactArray.from_array([[i] for i in range(1, 30)]), 1)
    features.rank()
    assert features.nonzero_lines(1).tolist() == [0, 2]


def test_parts_that_save_nothing_are_not_taken():
    """Samples are sampled where there are many, units where the last layer has most of the work."""
    layers = [Convolution(8, 3, activation="relu"), Convolution(1, 1, activation="identity")]
    network = Network((1, 12, 12), layers)
    samples = ExactArray.from_array(np.random.default_rng(1).integers(0, 9, (50, 144)))
    narrow = FeatureMatrix(network, random_parameters(network), samples, 2)
    assert len(narrow.sample(1, 10)) == narrow.shape[1]
    assert (len(narrow.sample(0, 6)), len(narrow.sample(0, 7))) == (6, 50)
    first = FeatureMatrix(network, random_parameters(network), samples, 1)
    assert len(first.sample(1, 80)) == 240
    assert narrow.rank().exact == rational_rank(narrow.exact().fractions().tolist())


def test_equal_lines_need_memory(monkeypatch):
    """Without it no line is known to be equal, and the rank is what other evidence gives."""
    network = Network((2,), [FullyConnected(3, activation="relu")])
    parameters = Parameters.from_arrays(network, {"W1": [[1, 1, -1], [1, 1, -1]], "b1": [0, 0, 0]})
    samples = ExactArray.from_array([[1, 2], [3, 4], [1, 2]])
    monkeypatch.setattr("exactcnn.network.features.fits_memory", lambda needed: needed < 32 * 9)
    features = FeatureMatrix(network, parameters, samples, 1)
    assert (features.line_classes, features.distinct_lines(0).tolist()) == (None, [0, 1, 2])
    assert features.rank().exact == 1
