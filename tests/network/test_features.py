"""Feature matrices: ranks against fractions, against SymPy over QQ(t), against many digits, and known by theory."""

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

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.linalg.evidence import BallMinor, DistinctLines, ModularMinor, Relations
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
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
        (1, 9, 9), [Convolution(1, 2, activation="leaky-relu(1/3)", bias="none"), MaxPooling(2, stride=1)]
    )
    samples = np.random.default_rng(0).integers(0, 2, (4, 81))
    parameters = Parameters.from_arrays(network, {"W1": [["1/3"], ["-1/3"], ["2/3"], ["-2/3"]]})
    features = FeatureMatrix(network, parameters, ExactArray.from_array(samples), 2)
    assert features.shape == (4, 49)
    assert len(features.sample(1, 36)) == 36
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
    assert (bounds.lower, bounds.upper) == (3, 4)
    assert isinstance(bounds.lower_evidence, BallMinor)
    assert "balls" in bounds.reason
    with pytest.raises(InputError, match="features of layer 2 lie in balls; only those in Q are exact fractions"):
        features.exact()


def test_transcendental_layers_count_their_different_lines():
    values = np.array([[1, 5, 0], [1, 5, 0], [2, 3, 0]])
    bounds = elementwise(values, "gelu").rank()
    assert bounds.exact == 2
    assert bounds.upper_evidence in (DistinctLines(0, (0, 2)), DistinctLines(1, (0, 1)))
    assert elementwise(values, "cos").rank().exact == 2
    assert elementwise(np.zeros((2, 2), dtype=np.int64), "erf").rank().exact == 0


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


def test_too_many_balls_are_refused_before_the_first():
    wide = Network((2,), [FullyConnected(2000), FullyConnected(3, activation="relu")], activation="sigmoid")
    parameters = random_parameters(wide)
    rows = ExactArray(np.arange(5000, dtype=np.int64).reshape(2500, 2))
    for k, domain in ((1, "Q(t)"), (2, "Q(t)")):  # signs above the sigmoids are decided by balls
        assert FeatureMatrix(wide, parameters, rows, k).domain == domain
    with pytest.raises(
        InputError, match="features of layer 2 need 5000000 balls in one matrix; expected at most 4000000"
    ):
        FeatureMatrix(wide, parameters, rows, 2).rank()
    exact = Network((2,), [FullyConnected(2000, activation="relu"), FullyConnected(3, activation="gelu")])
    features = FeatureMatrix(exact, random_parameters(exact), rows, 2)
    assert features.ball_count == 7500
    assert FeatureMatrix(exact, random_parameters(exact), rows[:2], 2).ball_count == 6  # U_2 stays rational
    assert FeatureMatrix(wide, parameters, rows[:2], 2).ball_count == 6000  # U_2
    assert FeatureMatrix(exact, random_parameters(exact), rows, 1).ball_count == 0
