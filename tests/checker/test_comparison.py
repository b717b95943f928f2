"""Two certificates of one instance, and the first difference of two instances."""

import copy
import hashlib

import numpy as np
import pytest

from exactcnn.checker import check

SAID = {"kind": "width", "layer": 1, "holds": True}


@pytest.fixture
def instance(make):
    first = make.convolution([[0, 1], [1, 2]], 2, "sigmoid", weights=[[1, 2], [3, "1/2"]], biases=[1, 2, 3, 4])
    document = make.instance([[1, 2, 3], [0, 5, 1]], [first, make.pooling([[0, 1], [2, 3]]), make.elementwise("relu")])
    return {**document, "targets": make.array([[1], [2]])}


@pytest.fixture
def compare(make, tmp_path):
    def compare(own, other, claims=(SAID,), points=()):
        for name, document in (("own.json", own), ("other.json", other)):
            given = list(claims) if name == "own.json" else []  # the other's claims do not matter, nor that it has none
            data = {**make.HEAD, "instance": document, "claims": given, "points": list(points)}
            (tmp_path / name).write_bytes(make.seal(data))
        return check(tmp_path / "own.json", against=tmp_path / "other.json")

    return compare


def test_the_same_instance(compare, instance):
    outcome = compare(instance, instance)
    assert (outcome.exit_code, outcome.accepted) == (0, ("n_1 >= N",))


def test_encodings_do_not_matter(make, compare, tmp_path, instance):
    other = copy.deepcopy(instance)
    other["samples"]["values"][1] = "4/2"
    array = np.array([[2.0, 4.0], [6.0, 1.0]])
    np.savez(tmp_path / "w.npz", W=array)
    entries = hashlib.sha256(array.tobytes()).hexdigest()
    weights = {"shape": [2, 2], "file": "w.npz", "member": "W", "type": "<f8", "sha256": entries, "scale": "1/2"}
    other["layers"][0]["weights"] = weights
    other["layers"][0]["activation"] = make.formula(({(0, 0): 3}, {(0, 0): 3, (0, 1): 3}), exponent=[0, -1])
    assert compare(instance, other).exit_code == compare(other, instance).exit_code == 0
    other["layers"][0]["weights"] = {**weights, "scale": "1"}
    assert "layer 1: weights[0, 0] is 1, expected 2" in compare(instance, other).message


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("samples", "values", 5), "1/3", "samples[1, 2] is 1, expected 1/3"),
        (("samples",), None, "samples: given, expected none"),
        (("sample_count",), 3, "sample_count is 2, expected 3"),
        (("targets", "values", 1), "5", "targets[1, 0] is 2, expected 5"),
        (("targets",), None, "targets: given, expected none"),
        (("targets",), {"shape": [2, 2], "values": ["1", "0", "2", "0"]}, "length of targets[0] is 1, expected 2"),
        (("layers", 2), "gone", "number of layers is 3, expected 2"),
        (("layers", 0, "patches", 1), [2, 1], "layer 1: patches[1, 0] is 1, expected 2"),
        (("layers", 0, "weights", "values", 3), "-1/2", "layer 1: weights[1, 1] is 1/2, expected -1/2"),
        (("layers", 0, "weights"), None, "layer 1: weights: given, expected none"),
        (("layers", 0, "biases", "values", 2), "0", "layer 1: biases[2] is 3, expected 0"),
        (("layers", 0, "biases"), None, "layer 1: biases: given, expected none"),
        (("layers", 0, "activation", "exponent"), ["0", "-2"], "layer 1: activation is 1/(1 + exp(-t)), expected 1/(1"),
        (("layers", 0, "activation", "base"), "2", "layer 1: activation is 1/(1 + exp(-t)), expected 1/(1 + 2^(-t))"),
        (("layers", 1, "patches"), [[1, 0], [2, 3]], "layer 2: patches[0, 0] is 0, expected 1"),
        (("layers", 1, "patches"), [[0], [2]], "layer 2: size of patch 0 is 2, expected 1"),
        (("layers", 1, "patches"), [[0, 1]], "layer 2: number of patches is 2, expected 1"),
        (("layers", 2, "activation", "kinks"), ["0", "6"], "layer 3: activation is 0 | t (kink 0), expected 0 | t | 6"),
        (("layers", 2, "kind"), "pooling", "layer 3: kind is elementwise, expected max-pooling"),
    ],
)
def test_every_difference_is_found_and_named(make, compare, instance, place, value, words):
    other = copy.deepcopy(instance)
    inner = other
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    if place == ("sample_count",):
        other |= {"samples": None, "targets": None}
    if value == "gone":
        del other["layers"][2]
    if value == "pooling":
        other["layers"][2] = make.pooling([[0], [1]])
    if value == ["0", "6"]:
        other["layers"][2] = make.elementwise("relu6")
    outcome = compare(instance, other)
    assert outcome.exit_code == 1
    assert outcome.message.startswith(f"rejected: the instance is not that of 'other.json': {words}"), outcome.message
    assert outcome.accepted == ()
    assert outcome.instance
    assert compare(other, instance).exit_code == 1


@pytest.mark.parametrize("bias", ["filter", "none"])
def test_the_kind_of_bias_counts(make, compare, bias):
    documents = []
    for kind in ("neuron", bias):
        layer = make.convolution([[0, 1]], 2, "sin", weights=[[1, 2], [3, 4]], bias=kind)
        documents.append(make.instance([[1, 2]], [layer]))
    assert compare(documents[0], documents[0]).exit_code == 0
    outcome = compare(*documents)
    assert f"layer 1: bias is neuron, expected {bias}" in outcome.message
    special = copy.deepcopy(documents[0])
    special["layers"][0]["activation"] = make.activation("softplus(2)")
    assert "layer 1: activation is sin, expected softplus(2)" in compare(documents[0], special).message
    outcome = compare(make.instance([[1, 2, 3]], []), make.instance([[1, 2]], []), claims=())
    assert "input_width is 3, expected 2" in outcome.message


def test_the_other_must_be_readable(make, compare, tmp_path, instance):
    assert compare(instance, instance).exit_code == 0
    data = (tmp_path / "other.json").read_bytes()
    (tmp_path / "other.json").write_bytes(data.replace(b'"values":["1"', b'"values":["2"', 1))
    outcome = check(tmp_path / "own.json", against=tmp_path / "other.json")
    assert outcome.exit_code == 2
    assert outcome.message.startswith("unreadable: --against: ")
    assert check(tmp_path / "own.json", against=tmp_path / "none.json").exit_code == 2
    assert check(tmp_path / "none.json", against=tmp_path / "own.json").exit_code == 2


def test_a_certificate_of_the_same_instance_must_still_prove_its_claims(compare, instance):
    outcome = compare(instance, instance, claims=({**SAID, "holds": False},))
    assert outcome.exit_code == 1
    assert "n_1 < N" in outcome.message


@pytest.mark.parametrize("digits", [59, 60, 61])
def test_long_numbers_are_cut_off(compare, instance, digits):
    other = copy.deepcopy(instance)
    other["samples"]["values"][1] = "7" * digits
    ending = "7" * digits if digits <= 60 else "7" * 57 + "..."
    assert compare(instance, other).message.endswith(f"samples[0, 1] is 2, expected {ending}")
