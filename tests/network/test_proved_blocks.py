"""Upper bounds that names prove: against ranks over Q(t) by SymPy and to a hundred digits, and the checker."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.residues import evaluation_points
from exactcnn.linalg.evidence import Relation, Relations, ZeroBlock
from exactcnn.network import proved_blocks
from exactcnn.network.activations import activation
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.proved_blocks import NamedFeatures
from exactcnn.network.second_opinions import high_precision_rank, symbolic_rank
from exactcnn.theorems.matrix import elementwise

EXPONENTIAL = ["sigmoid", "tanh", "silu", "elu", "mish", "swish(2)", "gaussian"]
BALLS = ["gelu", "softplus", "softplus(2)", "log-sigmoid", "erf", "arctan", "sin", "cos"]


def bounds_of(rows, text):
    """Rank of curve(rows), its certificate accepted."""
    features = elementwise(ExactArray.from_strings([list(map(str, row)) for row in rows]), text)
    return accepted(features)


def accepted(features):
    bounds = features.rank()
    instance = Instance(features.network, features.parameters, features.samples)
    outcome = Certificate(instance, (RankClaim(features.layer, bounds),), features.layer).outcome
    assert outcome.exit_code == 0, outcome.message
    return features, bounds


def constant_columns(rng, rows, columns):
    """Samples 0, 1, ... of which the first columns do not depend on the sample."""
    values = rng.integers(-3, 4, (rows, columns))
    values[:, : columns // 2] = values[0, : columns // 2]
    return values


def constant_rows(rng, rows, columns):
    """Half of the rows are constant, up to one of two numbers for odd and even columns."""
    values = rng.integers(-3, 4, (rows, columns))
    values[: rows // 2] = np.where(np.arange(columns) % 2, values[: rows // 2, :1], values[: rows // 2, 1:2])
    return values


def signs(rng, rows, columns):
    values = rng.integers(-3, 4, (rows, columns))
    values[:, columns // 2 : 2 * (columns // 2)] = -values[:, : columns // 2]
    return values


def repeating(rng, rows, columns):
    """Two groups of columns; in each a sample shows one of two patterns, chosen independently."""
    patterns, half = rng.integers(-3, 4, (2, columns)), columns // 2
    return np.concatenate(
        [patterns[rng.integers(0, 2, rows)][:, :half], patterns[rng.integers(0, 2, rows)][:, half:]], axis=1
    )


@pytest.mark.parametrize("planted", [constant_columns, constant_rows, signs, repeating])
@pytest.mark.parametrize("text", EXPONENTIAL)
def test_ranks_over_rational_functions(planted, text):
    for seed, shape in enumerate([(5, 4), (4, 6), (6, 6)]):
        features, bounds = bounds_of(planted(np.random.default_rng(seed), *shape), text)
        assert bounds.lower <= symbolic_rank(features) <= bounds.upper
        if text != "gaussian":
            assert bounds.exact is not None, bounds


@pytest.mark.parametrize("planted", [constant_columns, constant_rows, signs, repeating])
@pytest.mark.parametrize("text", BALLS)
def test_ranks_in_balls(planted, text):
    for seed, shape in enumerate([(7, 6), (6, 10)]):
        features, bounds = bounds_of(planted(np.random.default_rng(seed), *shape), text)
        assert bounds.lower <= high_precision_rank(features) <= bounds.upper
        if text not in ("sin", "cos", "arctan"):  # these have identities that names do not show
            assert bounds.exact is not None, bounds


def test_constant_columns_are_a_block():
    """sigmoid(1), sigmoid(2): two constant columns have rank 1, and no relation with rational coefficients."""
    _, bounds = bounds_of([[1, 2], [1, 2], [1, 2]], "sigmoid")
    assert bounds.exact == 1  # equal rows
    rows = [[1, 2, 5, 0], [1, 2, -7, 3], [1, 2, 3, 1], [1, 2, 4, 4]]
    _, bounds = bounds_of(rows, "sigmoid")
    assert bounds.exact == 3
    evidence = bounds.upper_evidence
    assert isinstance(evidence, ZeroBlock)
    assert sorted(r.leading for r in evidence.columns) == [0, 1]
    assert len(evidence.rows) == 3
    assert all(sum(c for _, c in r.coefficients) == 0 for r in evidence.rows)


def test_the_issue():
    """silu(a), silu(-a), silu(2a), silu(-2a): rank 3, for silu(x) - silu(-x) = x; likewise for other functions."""
    rows = [[f * a for f in (1, -1, 2, -2)] for a in (1, 2, 5, 7, 11)]
    for text in ("silu", "swish(3)", "gelu", "softplus", "log-sigmoid"):
        features, bounds = bounds_of(rows, text)
        assert bounds.exact == 3 == high_precision_rank(features)
        [relation] = bounds.upper_evidence.relations
        assert sorted(abs(c) for _, c in relation.coefficients) == [1, 1, 2, 2]


@pytest.mark.parametrize("text", ["silu", "gelu", "elu", "elu-plus-one"])
def test_relations_with_large_coefficients(text):
    """Differences silu(z) - silu(-z), and ELU of positive numbers, depend linearly on three numbers: w has 40 bits."""
    rng = np.random.default_rng(3)
    inputs, weights = rng.integers(1, 9, (14, 3)), rng.integers(1, 2**40, (3, 5))
    z = inputs.astype(object) @ weights.astype(object)
    mirrored = text in ("silu", "gelu")
    features, bounds = bounds_of([[Fraction(int(x), 2**43) for x in row] for row in z], text)
    if not mirrored:
        assert bounds.exact == 3 + (text == "elu-plus-one") == high_precision_rank(features)
        return
    signed = [[Fraction(int(x), 2**43) * s for s in (1, -1) for x in row] for row in z]
    features, bounds = bounds_of(signed, text)
    assert bounds.exact == 5 + 3 == high_precision_rank(features)
    assert max(abs(c) for r in bounds.upper_evidence.relations for _, c in r.coefficients) > 2**40


def network_of(activation_, above=()):
    network = Network((3,), [FullyConnected(4, activation=activation_, bias="none"), *above])
    weights = [["1", "-1", "2", "-2"], ["1/3", "-1/3", "2/3", "-2/3"], ["-1", "1", "-2", "2"]]
    return network, weights


@pytest.mark.parametrize("text", ["silu", "tanh", "gelu", "erf"])
def test_through_affine_layers(text):
    """Five units over four, with biases and slopes of many digits: relations have them too."""
    network, weights = network_of(text, [FullyConnected(5, activation="polynomial(1/7,3)")])
    above = np.random.default_rng(0).integers(-(10**9), 10**9, (4, 5))
    arrays = {"W1": weights, "W2": above, "b2": ["1", "1/3", "-5", "0", "7"]}
    samples = ExactArray.from_array([[1, 2, 0], [3, 4, 1], [0, 5, 5], [-3, 1, 2], [7, 7, 1], [2, 0, 0]])
    features = FeatureMatrix(network, Parameters.from_arrays(network, arrays, layout="paper"), samples, 2)
    features, bounds = accepted(features)
    # of the columns: silu has rank 3, an odd function 2; the number 1 adds one
    assert bounds.exact == {"silu": 4, "gelu": 4, "tanh": 3, "erf": 3}[text] == high_precision_rank(features)


@pytest.mark.parametrize("text", ["sigmoid", "elu", "softplus"])
def test_constant_images_under_shared_biases(text):
    """Images 1, ..., 4 are constant: their rows depend on two filters only."""
    network = Network((1, 4, 4), [Convolution(2, 2, activation=text, bias="filter")])
    rng = np.random.default_rng(1)
    images = rng.integers(0, 9, (7, 16))
    images[:4] = np.arange(1, 5)[:, None]
    arrays = {"W1": rng.standard_normal((4, 2)).astype(np.float32), "b1": np.array([0.25, -1.5])}
    parameters = Parameters.from_arrays(network, arrays, layout="paper")
    features, bounds = accepted(FeatureMatrix(network, parameters, ExactArray.from_array(images), 1))
    assert bounds.exact == 2 + 3 == high_precision_rank(features)
    assert isinstance(bounds.upper_evidence, ZeroBlock)


def test_other_dependencies_stay_open():
    """exp(z + 1) = e exp(z): the coefficient is in Q(t), so rational combinations prove nothing."""
    _, bounds = bounds_of([[1, 2], [3, 4], [-1, 0]], "exp")
    assert str(bounds) == "[1, 2]"
    assert bounds.reason
    named = NamedFeatures(activation("exp"), ExactArray.from_array([[1, 2], [3, 4], [-1, 0]]))
    assert named.upper_bound() is None or named.upper_bound()[0] == 2


def test_only_what_holds_is_returned(monkeypatch):
    """Whatever the search modulo a prime proposes: here rows 0 and 1 as one, and column 1 as zero."""
    values = ExactArray.from_array([[1, 2], [1, 2], [3, 4]])
    lying = np.array([[1, next(evaluation_points(0)).modulus - 1, 0]]), np.eye(2, dtype=int)
    named = NamedFeatures(activation("sigmoid"), values)
    monkeypatch.setattr(proved_blocks, "zero_block", lambda *_: lying)
    assert named.upper_bound() == (2, Relations(0, (Relation(0, ((1, 1), (0, -1))),)))
    monkeypatch.setattr(proved_blocks, "zero_block", lambda *_: (np.eye(3, dtype=int), np.array([[0, 1]])))
    assert named.upper_bound() is None


def test_proof_is_name_by_name():
    named = NamedFeatures(activation("tanh"), ExactArray.from_strings([["1", "-1"], ["1/2", "-1/2"], ["1", "1"]]))
    rows = tuple(Relation(i, ((i, 1),)) for i in range(2))
    sum_of_columns = (Relation(0, ((0, 1), (1, 1))),)
    assert named.holds(rows, sum_of_columns)
    assert not named.holds((*rows, Relation(2, ((2, 1),))), sum_of_columns)
    assert not named.holds(rows, (Relation(0, ((0, 1), (1, -1))),))


def test_kernels_of_nothing_and_of_everything():
    none, all_of_two = np.arange(0), np.arange(2)
    zero = proved_blocks._solved(np.zeros((0, 2), dtype=object), none)
    assert [(r.leading, dict(r.coefficients)) for r in zero] == [(0, {0: -1}), (1, {1: -1})]
    assert proved_blocks._solved(np.array([[2, 1], [1, 1]], dtype=object), all_of_two) == ()
    [one] = proved_blocks._solved(np.array([[2, 1, 2**90], [1, 1, 0]], dtype=object), all_of_two)
    assert dict(one.coefficients) == {0: 2**90, 1: -(2**90), 2: -1}


def test_work_is_limited(monkeypatch):
    named = NamedFeatures(activation("tanh"), ExactArray.from_array([[1, -1], [2, -2], [3, -3]]))
    assert named.upper_bound()[0] == 1
    monkeypatch.setattr(proved_blocks, "LARGEST_CHECK", 5)
    assert named.upper_bound() is None
    monkeypatch.undo()
    monkeypatch.setattr(proved_blocks, "LARGEST_SEARCH", 5)
    assert named.upper_bound() is None
    monkeypatch.undo()
    positive = NamedFeatures(activation("elu"), ExactArray.from_strings([["101/7", "29", "43"], ["58", "72", "86"]]))
    assert positive.upper_bound() is not None
    monkeypatch.setattr(proved_blocks, "LARGEST_EVIDENCE", 5)
    assert positive.upper_bound() is None
