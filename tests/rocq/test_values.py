"""The values by which witnesses are arranged, against the features of the engine."""

from fractions import Fraction

import pytest

from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import NoRocqForm
from exactcnn.rocq.values import is_rational, piece_at, pre_activations, rational_value, values
from tests.rocq.examples import certificates, document

ONE = [[0, 0, "1"]]
RELU = {
    "kinks": ["0"],
    "exponent": [],
    "pieces": [{"numerator": [], "denominator": ONE}, {"numerator": [[1, 0, "1"]], "denominator": ONE}],
}


@pytest.mark.parametrize(
    "check", ["independence.triangular_minor", "gaps_activations.polynomial_units", "gaps_relu.live_units"]
)
def test_features_are_those_of_the_engine(check):
    import exactcnn as ec

    own, instance = RocqInstance(document(check)), certificates(check)[0].instance
    for k in range(1, len(own.layers) + 1):
        matrix = ec.FeatureMatrix(instance.network, instance.parameters, instance.samples, k)
        assert own.features(k) == matrix.exact().fractions().tolist()


def test_every_kind_of_layer_by_hand():
    pooling = {"kind": "max-pooling", "patches": [[0, 1], [-1, 2]]}
    average = {"kind": "average-pooling", "patches": [[0, 1], [-1, 1]], "divisors": [2, 3]}
    assert values([pooling], [1, 4, -2], rational_value) == [4, -2]
    assert values([pooling, average], [1, 4, -2], rational_value) == [1, Fraction(-2, 3)]
    elementwise = {"kind": "elementwise", "activation": RELU}
    assert values([elementwise], [Fraction(-1), Fraction(2)], rational_value) == [0, 2]


def test_padding_reads_zero_and_biases_are_shared_or_not():
    layer = {
        "kind": "convolution",
        "patches": [[0, -1], [1, 0]],
        "filters": 2,
        "bias": "neuron",
        "weights": {"shape": [2, 2], "values": ["1", "2", "10", "20"]},
        "biases": {"shape": [4], "values": ["0", "1", "2", "3"]},
    }
    assert pre_activations(layer, [5, 7], Fraction) == [5, 11, 59, 117]
    shared = layer | {"bias": "filter", "biases": {"shape": [2], "values": ["0", "1"]}}
    assert pre_activations(shared, [5, 7], Fraction) == [5, 11, 57, 115]
    bare = layer | {"bias": "none", "biases": None}
    assert pre_activations(bare, [5, 7], Fraction) == [5, 10, 57, 114]


def test_a_kink_belongs_to_the_piece_below_it():
    assert piece_at(RELU, Fraction(0))["numerator"] == []
    assert piece_at(RELU, Fraction(1))["numerator"] != []


def test_what_is_rational_and_what_is_not_given():
    assert is_rational({"kind": "max-pooling"})
    assert is_rational({"activation": RELU})
    assert not is_rational({"activation": {"special": "gelu", "parameters": []}})
    assert not is_rational({"activation": RELU | {"exponent": ["0", "-1"]}})
    with pytest.raises(NoRocqForm, match="weights of a layer are not given"):
        values([{"kind": "convolution", "weights": None}], [1], rational_value)
