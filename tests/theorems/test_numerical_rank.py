"""Certified numerical ranks from entries to accepted certificates: floats, fractions, features in every domain."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.checker import check
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.decomposition import enclosed_singular_values
from exactcnn.linalg.entries import Entries
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.theorems import numerical_rank as module
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.numerical_rank import decimal_text, numerical_rank, positive_tolerance
from exactcnn.theorems.verify import verify


def planted(order, values, seed=0):
    generator = np.random.default_rng(seed)
    left, right = (np.linalg.qr(generator.normal(size=(order, order)))[0] for _ in range(2))
    return (left * np.asarray(values)) @ right


def test_full_rank_of_floats_and_their_numerical_rank():
    values = planted(60, [1.0] * 5 + [1e-17] * 55)
    found = matrix_rank(values, tolerance="1e-10", singular_values=True)
    assert found.rank.exact == 60  # true and useless
    assert (found.numerical.above, found.numerical.below, found.numerical.undecided) == (5, 55, 0)
    assert found.checked
    document = found.document()
    assert document["tolerance"] == "1/10000000000"
    assert (document["above"], document["below"]) == (5, 55)
    bounds = [tuple(map(Fraction, pair)) for pair in document["singular_values"]]
    assert len(bounds) == 60
    assert bounds == sorted(bounds, reverse=True)
    computed = np.linalg.svd(values, compute_uv=False)
    for value, (lower, upper) in zip(computed, bounds, strict=True):
        assert float(lower) - 1e-14 <= value <= float(upper) + 1e-14
        assert upper - lower <= Fraction(1, 10**10)


def test_keys_are_those_that_were_asked_for():
    plain = matrix_rank([[1, 2], [3, 4]]).document()
    assert not {"tolerance", "above", "below", "singular_values"} & set(plain)
    counted = matrix_rank([[1, 2], [3, 4]], tolerance=1).document()
    assert "singular_values" not in counted
    assert (counted["tolerance"], counted["above"], counted["below"]) == ("1", 1, 1)
    enclosed = matrix_rank([[1, 2], [3, 4]], singular_values=True).document()
    assert "tolerance" not in enclosed
    assert len(enclosed["singular_values"]) == 2


def test_evidence_is_by_bounds_where_they_decide_and_by_inertia_where_not():
    wide = matrix_rank(np.diag([2.0, 1e-3]), tolerance="0.01")
    kinds = [claim.document()["evidence"]["kind"] for claim in wide.certificate.claims[1:]]
    assert kinds == ["decomposition", "enclosures"]
    close = matrix_rank(np.diag([2.0, 1e-30]), tolerance="1.1e-30")
    assert [claim.document()["evidence"]["kind"] for claim in close.certificate.claims[1:]] == ["inertia"]
    assert (close.numerical.above, close.numerical.below) == (1, 1)
    assert close.checked
    both = matrix_rank(np.diag([2.0, 1e-30]), tolerance="1.1e-30", singular_values=True)
    assert [claim.document()["kind"] for claim in both.certificate.claims[1:]] == [
        "singular-values",
        "singular-value-counts",
    ]
    assert both.checked


def test_certificates_with_arrays_in_files(tmp_path):
    found = matrix_rank(planted(260, np.linspace(1, 2, 260)), tolerance="3/2", check=False)
    path = tmp_path / "c.json"
    found.certificate.write(path)
    assert path.stat().st_size < 10**6
    assert (tmp_path / "c.json.npz").is_file()
    outcome = check(path)
    assert outcome.exit_code == 0, outcome.message
    assert found.numerical.above == 130


@pytest.mark.parametrize("activation", ["identity", "relu", "sigmoid", "tanh", "softplus", "softsign"])
def test_activations(activation):
    entries = np.random.default_rng(0).integers(-3, 4, (7, 5))
    found = matrix_rank(entries, activation, tolerance="1/2", singular_values=True)
    assert found.checked
    features = {
        "identity": lambda x: x,
        "relu": lambda x: np.maximum(x, 0),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "tanh": np.tanh,
        "softplus": lambda x: np.log1p(np.exp(x)),
        "softsign": lambda x: x / (1 + abs(x)),
    }[activation](entries)
    values = np.linalg.svd(features, compute_uv=False)
    assert (found.numerical.above, found.numerical.below) == ((values > 0.5).sum(), (values < 0.5).sum())
    assert float(found.numerical.bounds[0][0]) == pytest.approx(values[0], abs=1e-12)


@pytest.mark.parametrize("layer", [1, 3])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softplus"])
def test_layers_of_networks(layer, activation):
    layers = [Convolution(3, 2, activation=activation), MaxPooling(2), FullyConnected(4, activation=activation)]
    network = Network((1, 4, 4), layers)
    samples = np.random.default_rng(1).integers(0, 9, (6, 16))
    parameters = random_parameters(network, seed=0)
    found = verify(network, parameters, samples, layer=layer, tolerance="1/100", singular_values=True)
    assert found.checked
    assert found.numerical.undecided == 0
    values = np.linalg.svd(_floats(network, parameters, samples, layer), compute_uv=False)
    assert found.numerical.above == (values > 0.01).sum()
    rank = found.document()["rank"]
    assert (rank["tolerance"], rank["above"]) == ("1/100", found.numerical.above)
    assert len(rank["singular_values"]) == min(6, network.widths[layer])


def _floats(network, parameters, samples, layer):
    from exactcnn.network.features import FeatureMatrix

    return FeatureMatrix(network, parameters, ExactArray.from_array(samples), layer).floats()


def test_what_the_checker_rejects_is_not_claimed(monkeypatch):
    def too_tight(entries):
        found = enclosed_singular_values(entries)
        tight = tuple((upper, upper) for _, upper in found.bounds)
        return type(found)(tight, found.decomposition, found.precision)

    monkeypatch.setattr(module, "enclosed_singular_values", too_tight)
    found = matrix_rank([[1, 2], [3, 4]], tolerance=1, singular_values=True)
    assert found.checked is False
    document = found.document()
    assert (document["above"], document["below"]) == (0, 0)
    assert "singular_values" not in document
    network = Network((2,), [FullyConnected(3, activation="relu")])
    found = verify(network, random_parameters(network), [[1, 2], [3, 5]], tolerance=1, singular_values=True)
    assert (found.checked, found.ranks, found.numerical) == (False, (), None)


def test_entries_without_bounds_prove_nothing(monkeypatch):
    monkeypatch.setattr(module, "enclosed_singular_values", lambda _: None)
    found = numerical_rank(Entries.rational(ExactArray.from_array(np.eye(2))), 0, singular_values=True)
    assert (found.claims, found.bounds) == ((), None)
    assert found.reason.startswith("the entries have no finite bounds")


def test_memory_is_estimated_first(monkeypatch):
    def refuse(needed, *, what):
        raise InputError(f"{what}: {needed}")

    monkeypatch.setattr(module, "check_memory", refuse)
    with pytest.raises(InputError, match="the singular values of a matrix of 2 x 3: 960"):
        numerical_rank(Entries.rational(ExactArray.from_array(np.ones((2, 3)))), 0)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "exact rank"),
        (0, "exact rank"),
        ("-1", "positive"),
        ("nan", "number"),
        ("1/0", "number"),
        (float("inf"), "finite"),
    ],
)
def test_bad_tolerances(value, says):
    with pytest.raises(InputError, match=says):
        positive_tolerance(value)
    with pytest.raises(InputError, match=says):
        matrix_rank([[1]], tolerance=value)
    network = Network((2,), [FullyConnected(3, activation="relu")])
    with pytest.raises(InputError, match=says):
        verify(network, tolerance=value)


def test_tolerances_are_exact():
    assert positive_tolerance("1e-30") == Fraction(1, 10**30)
    assert positive_tolerance(" 1/1000") == Fraction(1, 1000)
    assert positive_tolerance(0.1) == Fraction(0.1) != Fraction(1, 10)
    assert matrix_rank([[0.1]], tolerance="0.1").numerical.above == 1  # the float is larger
    equal = matrix_rank([[0.1]], tolerance=0.1).numerical
    assert (equal.above, equal.below, equal.undecided) == (0, 0, 1)
    assert "equal" in equal.reason


def test_a_tolerance_without_features_is_refused():
    network = Network((2,), [FullyConnected(3, activation="relu")])
    with pytest.raises(InputError, match="expected data and the parameters"):
        verify(network, tolerance=1)
    with pytest.raises(InputError, match="expected data and the parameters"):
        verify(network, None, [[1, 2]], singular_values=True)


@pytest.mark.parametrize("text", ["0", "1", "1250", "0.03", "-0.5", "1.5e-30", "1.2e41", "12345678901234567", "1e17"])
def test_decimals_are_written_as_they_are(text):
    assert decimal_text(Fraction(text)) == text


def test_decimal_texts_are_exact():
    generator = np.random.default_rng(0)
    for _ in range(200):
        value = Fraction(int(generator.integers(-(10**12), 10**12))) * Fraction(10) ** int(generator.integers(-40, 40))
        assert Fraction(decimal_text(value)) == value
    with pytest.raises(ValueError, match="no decimal"):
        decimal_text(Fraction(1, 3))
