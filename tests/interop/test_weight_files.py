"""Which tensors of a file are those of a network: by names, in order, or the only way that sizes leave."""

from pathlib import Path

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.interop.weight_files import Weights, chosen, default_layout, read_weights
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.spec import load_parameters, read_spec

DATA = Path(__file__).parent / "data"
TINY = [Convolution(2, 2, bias="filter", activation="relu"), FullyConnected(2, activation="identity")]


def tiny():
    return Network((1, 3, 3), TINY)


@pytest.mark.parametrize("name", ["tiny.pth", "tiny-legacy.pt", "checkpoint.pth", "tiny.safetensors"])
def test_the_same_parameters_from_every_file(name):
    arrays = chosen(read_weights(DATA / name), tiny(), default_layout(name))
    own = Parameters.from_arrays(tiny(), arrays, layout="torch")
    generator = np.random.default_rng(0)
    kernel = generator.integers(-8, 9, (2, 1, 2, 2)) / 8
    dense = generator.integers(-8, 9, (2, 8)) / 8
    assert (own.layer(1).weights.fractions() == kernel.reshape(2, 4).T).all()
    maps = dense.reshape(2, 2, 4).transpose(2, 1, 0).reshape(8, 2)  # the paper numbers channels last
    assert (own.layer(2).weights.fractions() == maps).all()
    assert own.layer(2).biases.fractions().tolist() == [0.5, -0.25]


def weights(ordered, **tensors):
    return Weights({name.replace("_", "."): np.zeros(shape) for name, shape in tensors.items()}, ordered)


def square():
    """Two dense layers of one shape: sizes cannot tell them apart."""
    return Network((3,), [FullyConnected(3, activation="relu"), FullyConnected(3, activation="identity")])


def test_order_decides_where_there_is_one():
    own = weights(True, b_weight=(3, 3), b_bias=3, a_weight=(3, 3), a_bias=3)
    assert set(chosen(own, square(), "torch")) == {"W1", "b1", "W2", "b2"}
    unordered = Weights(own.tensors, False)
    with pytest.raises(InputError, match=r"b and a with the shapes of layer 1 .*; expected one, or a table"):
        chosen(unordered, square(), "torch")
    names = {"W1": "b.weight", "b1": "b.bias", "W2": "a.weight", "b2": "a.bias"}
    assert len(chosen(unordered, square(), "torch", names)) == 4


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (weights(True, a_weight=(3, 3), a_bias=3), r"2 tensors \(a.weight, a.bias\), but the network has 4"),
        (
            weights(True, a_weight=(3, 3), b_weight=(3, 3), a_bias=3, b_bias=3),
            "b.weight of shape .* in the place of b1",
        ),
        (weights(True, a_weight=(3, 3), a_bias=3, n_running_mean=3, b_bias=3), "BatchNormalization"),
        (weights(False, a_weight=(3, 4), a_bias=3, b_weight=(3, 3), b_bias=2), "no module with the shapes of layer 1"),
    ],
)
def test_what_fits_no_network(own, message):
    if "running" in message or "Batch" in message:
        own = Weights({name.replace("n.running.mean", "n.running_mean"): x for name, x in own.tensors.items()}, True)
    with pytest.raises(InputError, match=message):
        chosen(own, square(), "torch")


def test_names_that_are_not_there():
    with pytest.raises(
        InputError, match=r"names.W1 = 'con.weight' is no tensor of the file; did you mean 'conv.weight'"
    ):
        chosen(read_weights(DATA / "tiny.pth"), tiny(), "torch", {"W1": "con.weight"})


def test_nan_is_named():
    own = Weights({"a.weight": np.array([[1.0, np.nan]]), "a.bias": np.zeros(1)}, True)
    with pytest.raises(InputError, match=r"a.weight\[0, 1\] is nan"):
        chosen(own, Network((2,), [FullyConnected(1, activation="relu")]), "torch")


SPEC = """
[network]
input = [1, 3, 3]

[[network.layers]]
kind = "convolution"
filters = 2
kernel = 2
bias = "filter"
activation = "relu"

[[network.layers]]
kind = "fully-connected"
units = 2
activation = "identity"

[parameters]
file = "FILE"
"""


@pytest.mark.parametrize("name", ["tiny.pth", "tiny-legacy.pt", "tiny.safetensors", "checkpoint.pth"])
def test_specifications(tmp_path, name):
    (tmp_path / name).write_bytes((DATA / name).read_bytes())
    (tmp_path / "spec.toml").write_text(SPEC.replace("FILE", name))
    own = load_parameters(read_spec(tmp_path / "spec.toml"), layer=2)
    assert own.layer(2).biases.fractions().tolist() == [0.5, -0.25]
    assert load_parameters(read_spec(tmp_path / "spec.toml"), layer=1).layers[1:] == ()
    names = '[parameters.names]\nW1 = "conv.weight"\nb1 = "conv.bias"\nW2 = "fc.weight"\nb2 = "conv.bias"\n'
    (tmp_path / "spec.toml").write_text(SPEC.replace("FILE", name) + names)
    assert load_parameters(read_spec(tmp_path / "spec.toml"), layer=2).layer(2).biases.fractions()[0] == np.float32(0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + 'layout = "keras"\n', r"tiny.pth: W1 has shape \(2, 1, 2, 2\), that of layout = 'torch'"),
        (
            lambda text: text.replace("filters = 2", "filters = 3"),
            r"W1 has shape \(2, 1, 2, 2\); expected \(3, 1, 2, 2\)",
        ),
        (
            lambda text: text.replace('bias = "filter"', 'bias = "neuron"'),
            "one bias for each filter is bias = 'filter'",
        ),
        (lambda text: text + '[parameters.names]\nW3 = "conv.weight"\n', "'W3' is no parameter of the network"),
        (lambda text: text + '[parameters.names]\nW1 = "conv.weight"\n', "b1 is missing"),
        (
            lambda text: text.replace("tiny.pth", "w.npz") + '[parameters.names]\nW1 = "a"\n',
            "parameters.names: expected",
        ),
    ],
)
def test_specifications_that_do_not_fit(tmp_path, change, message):
    (tmp_path / "tiny.pth").write_bytes((DATA / "tiny.pth").read_bytes())
    (tmp_path / "spec.toml").write_text(change(SPEC.replace("FILE", "tiny.pth")))
    with pytest.raises(InputError, match=message):
        load_parameters(read_spec(tmp_path / "spec.toml"), layer=2)


def test_pooling_has_no_tensors():
    network = Network((1, 6, 6), [Convolution(2, 3, bias="none", activation="relu"), MaxPooling(2), *TINY[1:]])
    own = weights(True, conv_weight=(2, 1, 3, 3), fc_weight=(2, 8), fc_bias=2)
    assert set(chosen(own, network, "torch")) == {"W1", "W3", "b3"}


def test_batch_normalization_is_refused_beside_names_too():
    """With it left out the network would be another one, silently."""
    network = Network((3,), [FullyConnected(3, activation="relu"), FullyConnected(3, activation="identity")])
    names = {"W1": "a.weight", "b1": "a.bias", "W2": "b.weight", "b2": "b.bias"}
    plain = weights(True, a_weight=(3, 3), a_bias=3, b_weight=(3, 3), b_bias=3)
    assert chosen(plain, network, "torch", names).keys() == names.keys()  # the control
    for statistic in ("running_mean", "running_var", "moving_mean", "moving_variance"):
        given = Weights({**plain.tensors, f"n.{statistic}": np.zeros(3)}, True)
        with pytest.raises(InputError, match="belongs to a BatchNormalization"):
            chosen(given, network, "torch", names)
