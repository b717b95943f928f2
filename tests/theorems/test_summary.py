"""What is true at every layer: ranks as `verify` has them, dead and equal units against comparing entry by entry."""

import json

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.summary import summary
from exactcnn.theorems.verify import verify

LAYERS = [
    Convolution(3, 2, bias="filter", activation="relu", name="conv"),
    MaxPooling(2, name="pool"),
    FullyConnected(6, activation="relu", name="hidden"),
    FullyConnected(2, activation="identity", name="out"),
]
NETWORK = Network((1, 4, 4), LAYERS)
ROWS = np.random.default_rng(0).integers(0, 3, (9, 16))
ROWS[5] = ROWS[2]
ROWS[:, 3] = 0


def parameters():
    """Random ones; filter 1 is dead, hidden unit 2 as well, and unit 4 equals unit 0."""
    drawn = random_parameters(NETWORK, seed=3)
    arrays = {}
    for k in (1, 3, 4):
        arrays[f"W{k}"], arrays[f"b{k}"] = drawn.layer(k).weights.floats()[0], drawn.layer(k).biases.floats()[0]
    arrays["W1"][:, 1] = -np.abs(arrays["W1"][:, 1])
    arrays["b1"][1] = 0
    arrays["W3"][:, 2], arrays["b3"][2] = 0, -1
    arrays["b3"][0] = 9
    arrays["W3"][:, 4], arrays["b3"][4] = arrays["W3"][:, 0], arrays["b3"][0]
    return Parameters.from_arrays(NETWORK, arrays)


def test_every_layer_against_comparing():
    own = parameters()
    found = summary(NETWORK, own, ROWS, check=True)
    assert (found.checked, [layer.name for layer in found.layers]) == (True, ["input", "conv", "pool", "hidden", "out"])
    assert [layer.kind for layer in found.layers[:3]] == ["input", "convolution", "max-pooling"]
    samples = ExactArray.from_array(ROWS)
    for layer in found.layers:
        k = layer.layer
        exact = (samples if k == 0 else FeatureMatrix(NETWORK, own, samples, k).exact()).fractions()
        columns = [tuple(column) for column in exact.T]
        zero = [not any(column) for column in columns]
        alive = {column for column in columns if any(column)}
        assert layer.zero_units == sum(zero)
        assert layer.equal_units == len(columns) - sum(zero) - len(alive)
        assert layer.constant_units == sum(len(set(c)) == 1 and any(c) for c in columns)
        rows = [tuple(row) for row in exact]
        assert layer.repeated == [(rows.index(row), i) for i, row in enumerate(rows) if rows.index(row) < i]
        assert (2, 5) in layer.repeated
        if k:
            assert layer.found.rank == verify(NETWORK, own, ROWS, layer=k).rank
    assert [layer.zero_filters for layer in found.layers] == [[], [1], [1], [2], []]
    hidden = found.layers[3]
    assert "1 of 6 units are zero on all samples (2)" in hidden.reason
    assert "1 unit equals another one" in hidden.reason
    assert "1 sample repeats: 2 = 5" in hidden.reason
    assert "(all of filter 1)" in found.layers[1].reason or found.layers[1].reason == ""


def test_channels_of_channels_first_layers():
    """Pooling on the input keeps its numbering; a dead channel of it is named."""
    network = Network((2, 2, 2), [AveragePooling(1), Convolution(2, 1, activation="relu")])
    own = Parameters.from_arrays(network, {"W2": [[1, -1], [1, -1]], "b2": np.zeros(8, dtype=int)})
    rows = np.hstack([np.random.default_rng(1).integers(1, 9, (4, 4)), np.zeros((4, 4), dtype=int)])
    found = summary(network, own, rows)
    assert [layer.zero_filters for layer in found.layers] == [[1], [1], [1]]


def test_other_matrices():
    own = parameters()
    before = summary(NETWORK, own, ROWS, pre_activations=True, check=True)
    assert (before.matrix, before.checked) == ("G_k", True)
    assert before.layers[3].zero_units == 0
    ones = summary(NETWORK, own, ROWS, ones=True, check=True)
    assert (ones.matrix, ones.checked) == ("[F_k, 1]", True)
    plain = summary(NETWORK, own, ROWS)
    for layer, beside in zip(plain.layers, ones.layers, strict=True):
        exact = layer.found.rank.exact
        assert beside.found.rank.exact in (exact, exact + 1)
        assert beside.found.shape[1] == layer.width + 1
    both = summary(NETWORK, own, ROWS, pre_activations=True, ones=True)
    assert both.matrix == "[G_k, 1]"
    with pytest.raises(InputError, match=r"a certificate of ranks of \[F_k, 1\]"):
        _ = ones.certificate


def test_a_certificate_of_all_layers(tmp_path):
    from exactcnn.checker import check

    found = summary(NETWORK, parameters(), ROWS)
    found.certificate.write(tmp_path / "c.json")
    outcome = check(tmp_path / "c.json")
    assert (outcome.exit_code, len(outcome.accepted)) == (0, 5)


def test_documents_without_data_and_with(tmp_path):
    shapes = json.loads(json.dumps(summary(Instance(NETWORK)).document()))
    assert (shapes["samples"], shapes["checked"], shapes["layers"][1]["lower"]) == (None, None, None)
    assert [each["parameters"] for each in shapes["layers"]] == [0, 15, 0, 24, 14]
    own = Model(NETWORK, parameters(), ("a note",))
    found = json.loads(json.dumps(summary(own, ROWS).document()))
    assert (found["samples"], found["notes"], found["matrix"]) == (9, ["a note"], "F_k")
    first = found["layers"][1]
    assert (first["shape"], first["width"], first["wide"], first["domain"]) == ([3, 3, 3], 27, True, "Q")
    only_input = summary(NETWORK, None, ROWS)
    assert [layer.found is not None for layer in only_input.layers] == [True, False, False, False, False]


def test_above_the_exponentials_units_are_equal_for_a_reason():
    network = Network((2,), [FullyConnected(3, activation="sigmoid"), FullyConnected(2, activation="relu")])
    found = summary(network, random_parameters(network), [[1, 2], [1, 2], [3, 1]], check=True)
    first, second = found.layers[1:]
    assert (first.zero_units, first.repeated, second.zero_units, second.repeated) == (0, [(0, 1)], 0, [(0, 1)])
    assert first.reason == "1 sample repeats: 0 = 1"
    assert found.checked is True


def test_activations_of_a_library():
    own = parameters()
    exact = FeatureMatrix(NETWORK, own, ExactArray.from_array(ROWS), 3).exact().floats()[0]
    found = summary(NETWORK, own, ROWS, activations={"hidden": exact[:4].astype(np.float32)})
    assert [layer.deviation is None for layer in found.layers] == [True, True, True, False, True]
    assert found.layers[3].deviation.within is True
    with pytest.raises(InputError, match="activations were given; expected data"):
        summary(Instance(NETWORK), activations={"hidden": exact})


def test_nothing_is_claimed_that_the_checker_rejects(monkeypatch):
    from exactcnn.network.features import RankClaim

    honest = RankClaim.document

    def lie(self):
        found = honest(self)
        return found | {"lower": found["lower"] + 1, "upper": found["upper"] + 1} if self.layer == 3 else found

    monkeypatch.setattr(RankClaim, "document", lie)
    found = summary(NETWORK, parameters(), ROWS, check=True)
    assert (found.checked, [layer.checked for layer in found.layers]) == (False, [True, True, True, False, True])
    assert (found.layers[3].found.rank.lower, found.layers[3].found.rank.upper) == (0, 6)
    assert found.rejection
    assert "does not accept" in found.layers[3].reason


def test_at_the_prompt_a_result_is_short():
    found = summary(NETWORK, parameters(), ROWS)
    assert repr(found.instance.samples) == "ExactArray(shape=(9, 16))"
    assert len(repr(found)) < 300 * len(found.layers)
    assert repr(found) == f"Summary(layers=<{len(found.layers)} entries>, matrix='F_k')"
    assert "name='conv'" in repr(found.layers[1])
