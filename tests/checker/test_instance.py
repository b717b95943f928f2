"""Samples, targets, layers and further points: strictly read, and what they are in one line."""

import hashlib
import json

import numpy as np
import pytest

from exactcnn.checker.document import FormatError, read_document
from exactcnn.checker.instance import read_instance

SAID = {"kind": "width", "layer": 1, "holds": True}


@pytest.fixture
def document(make):
    layer = make.convolution([[0, 1], [1, 2]], 2, "relu", weights=[[1, 2], [3, 4]], biases=[1, 2, 3, 4])
    instance = make.instance([[1, 2, 3], [0, 5, 1]], [layer, make.pooling([[0, 1], [2, 3]])])
    return {**make.HEAD, "instance": instance, "claims": [SAID]}


def changed(document, **changes):
    return {**document, "instance": {**document["instance"], **changes}}


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        (None, 0),
        ([[1], [2]], 0),
        ([[1, "1/2", 0], [2, 5, -1]], 0),
        ([[1]], 2),
        ([[1], [2], [3]], 2),
        ([1, 2], 2),
    ],
)
def test_targets(make, run_bytes, document, targets, code):
    given = None if targets is None else make.array(targets)
    assert run_bytes(make.seal(changed(document, targets=given))).exit_code == code
    without = changed(document, targets=given, samples=None)
    assert run_bytes(make.seal(without)).exit_code == code
    unknown = changed(document, targets=given, samples=None, sample_count=None)
    assert run_bytes(make.seal(unknown)).exit_code == (1 if targets is None else 2)  # the width claim needs N


def test_misshapen_targets(make, run_bytes, document):
    for targets in ([], {}, "1", {"shape": [2, 1], "values": ["1"]}, {"shape": [2], "values": ["1", "2"]}):
        assert run_bytes(make.seal(changed(document, targets=targets))).exit_code == 2


def test_points(make, run_bytes, document):
    weights, biases = make.array([[5, 6], [7, 8]]), make.array([1, 1, 1, 1])
    good = {"weights": weights, "biases": biases}
    for points, code in [
        ([], 0),
        ([[good, None]], 0),
        ([[good, None], [None, None], [{**good, "biases": None}, None]], 0),
        ([[good]], 2),
        ([[good, None, None]], 2),
        ([[good, good]], 2),
        ([good], 2),
        ([None], 2),
        (None, 2),
        ({}, 2),
        ([[{**good, "weights": None}, None]], 2),
        ([[{"weights": weights}, None]], 2),
        ([[{**good, "more": 1}, None]], 2),
        ([[{**good, "weights": biases}, None]], 2),
        ([[{**good, "weights": make.array([[5, 6]])}, None]], 2),
        ([[{**good, "biases": make.array([1, 1])}, None]], 2),
        ([[{**good, "biases": []}, None]], 2),
    ]:
        assert run_bytes(make.seal({**document, "points": points})).exit_code == code, points
    free = json.loads(json.dumps(document))
    free["instance"]["layers"][0] |= {"bias": "none", "biases": None}
    assert run_bytes(make.seal({**free, "points": [[{**good, "biases": None}, None]]})).exit_code == 0
    assert run_bytes(make.seal({**free, "points": [[good, None]]})).exit_code == 2


def test_layers_of_earlier_points(make, run_bytes, tmp_path, document):
    """A number stands for a layer as it is at an earlier point, or, -1, in the instance."""
    weights, biases = make.array([[5, 6], [7, 8]]), make.array([1, 1, 1, 1])
    good = {"weights": weights, "biases": biases}
    for points, code in [
        ([[good, None], [0, None]], 0),
        ([[-1, None], [0, None], [1, None]], 0),
        ([[good, None], [1, None]], 2),  # itself
        ([[0, None], [good, None]], 2),  # a later one
        ([[-2, None]], 2),
        ([[good, None], [True, None]], 2),
        ([[good, None], [0.0, None]], 2),
        ([[good, None], ["0", None]], 2),
        ([[good, -1]], 2),  # of max-pooling
        ([[good, None], [0, 0]], 2),
        ([[None, None], [0, None]], 2),  # nothing is given there
    ]:
        assert run_bytes(make.seal({**document, "points": points})).exit_code == code, points
    bare = json.loads(json.dumps(document))
    bare["instance"]["layers"][0] |= {"weights": None, "biases": None}
    assert run_bytes(make.seal({**bare, "points": [[-1, None]]})).exit_code == 2
    run_bytes(make.seal({**document, "points": [[good, None], [-1, None], [0, None]]}))
    instance = read_instance(read_document(tmp_path / "certificate.json"), tmp_path)
    first, own, again = (point[0] for point in instance.points)
    assert again is first
    assert [str(x) for x in first[0]] == ["5", "6", "7", "8"]
    assert own == (instance.layers[1].weights, instance.layers[1].biases)


def test_points_are_part_of_the_hash_of_the_document_and_not_of_the_instance(make, run_bytes, document):
    other = json.loads(make.seal({**document, "points": [[None, None]]}))
    first = json.loads(make.seal(document))
    assert first["instance_sha256"] == other["instance_sha256"]
    assert first["sha256"] != other["sha256"]
    assert run_bytes(make.canonical({**other, "sha256": first["sha256"]}) + b"\n").exit_code == 2


def test_what_is_read(make, run_bytes, tmp_path, document):
    weights = make.array([[5, 6], [7, "8/3"]])
    document = changed(document, targets=make.array([[1, 2], [3, 4]]))
    run_bytes(make.seal({**document, "points": [[{"weights": weights, "biases": None}, None]]}))
    instance = read_instance(read_document(tmp_path / "certificate.json"), tmp_path)
    assert [[str(x) for x in row] for row in instance.targets] == [["1", "2"], ["3", "4"]]
    ((point, none),) = instance.points
    assert none is None
    assert ([str(x) for x in point[0]], point[1]) == (["5", "6", "7", "8/3"], None)
    assert instance.text() == "N = 2, widths 3, 4, 2, activations 0 | t (kink 0), maxima"
    # arrays of a claim are read like those of the instance, files included
    assert instance.array(weights, "weights", (2, 2)) == instance.array(weights, "weights", (None, 2))
    with pytest.raises(FormatError, match=r"weights has shape \[2, 2\]; expected \[2, 3\]"):
        instance.array(weights, "weights", (2, 3))
    np.save(tmp_path / "a.npy", np.array([1, 2]))
    entry = {"shape": [2], "file": "a.npy", "member": None, "type": "<i8", "scale": "1/2"}
    entry["sha256"] = hashlib.sha256(np.array([1, 2]).tobytes()).hexdigest()
    assert [str(x) for x in instance.array(entry, "a", (None,))] == ["1/2", "1"]


def test_the_hash_of_the_instance_does_not_depend_on_the_names_of_files(make, run_bytes, tmp_path, document):
    array, seen = np.array([[1, 2, 3], [0, 5, 1]]), set()
    for name, member in (("a.npy", None), ("b.npz", "x"), ("c.npz", "y")):
        np.save(tmp_path / name, array) if member is None else np.savez(tmp_path / name, **{member: array})
        samples = {"shape": [2, 3], "file": name, "member": member, "type": "<i8", "scale": "1"}
        samples["sha256"] = hashlib.sha256(array.tobytes()).hexdigest()
        sealed = make.seal(changed(document, samples=samples))
        outcome = run_bytes(sealed)
        assert outcome.exit_code == 0
        seen.add(outcome.instance)
        data = json.loads(sealed)
        assert outcome.instance.startswith(f"instance {data['instance_sha256']}: ")
        wrong = {**data, "instance_sha256": hashlib.sha256(make.canonical(data["instance"])).hexdigest()}
        del wrong["sha256"]
        wrong["sha256"] = hashlib.sha256(make.canonical(wrong)).hexdigest()
        assert run_bytes(make.canonical(wrong) + b"\n").exit_code == 2
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"samples": None}, "N = 2, widths 3, 4, 2, activations 0 | t (kink 0), maxima, no samples"),
        ({"layers": []}, "N = 2, widths 3"),
        (
            {"samples": None, "sample_count": None, "layers": "bare"},
            "N = unknown, widths 3, 2, 1, activations 1/(1 + exp(-t)), t, no weights of layers 1, 2, no samples",
        ),
    ],
)
def test_the_line(make, tmp_path, run_bytes, document, changes, text):
    if changes.get("layers") == "bare":
        first = make.convolution([[0, 1], [1, 2]], 1, "sigmoid")
        changes = {**changes, "layers": [first, make.convolution([[0, 1]], 1, "identity")]}
    run_bytes(make.seal(changed(document, **changes)))
    assert read_instance(read_document(tmp_path / "certificate.json"), tmp_path).text() == text


def test_every_accepted_line_names_its_layer(make, run):
    layers = [make.convolution([[0, 1], [1, 2]], 1, "relu"), make.convolution([[0, 1]], 2, "sigmoid")]
    claims = [
        {"kind": "width", "layer": 2, "holds": True},
        {"kind": "activation", "layer": 2, "holds": True},
        {"kind": "patch-structure", "layer": 2, "holds": True, "violation": None},
        {"kind": "distinct-patches", "layer": 1, "cross_position": True, "holds": True, "pair": None},
    ]
    outcome = run(make.instance([[1, 2, 3], [0, 5, 1]], layers), *claims)
    assert outcome.accepted == (
        "n_2 >= N",
        "Assumption 3.2 for layer 2, 1/(1 + exp(-t)): holds",
        "patches of layer 2 satisfy the conditions of Section 2",
        "Assumption 3.1 for layer 1, patches at all positions: holds",
    )


@pytest.mark.parametrize("k", [1, 2, 3])
def test_layers_are_named_by_their_numbers_from_one(make, run, k):
    layers = [make.elementwise("relu") for _ in range(3)]
    layers[k - 1] = {"kind": "hope"}
    assert run(make.instance([["1"]], layers)).message == f"unreadable: layer {k}: unknown kind 'hope'"


def test_biases_that_the_layer_does_not_have(make, run):
    layer = make.convolution([[0]], 1, "relu", weights=[[1]], bias="none")
    claim = make.rank(1, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)
    assert run(make.instance([["1"]], [layer]), claim).exit_code == 0
    layer["biases"] = make.array([1])
    assert "biases are given, bias is 'none'" in run(make.instance([["1"]], [layer]), claim).message
    layer["bias"] = "filter"
    assert run(make.instance([["1"]], [layer]), claim).exit_code == 0


@pytest.mark.parametrize(("layer", "code"), [(-1, 2), (0, 2), (1, 0), (2, 0), (3, 2), (True, 2), ("1", 2)])
def test_layers_of_a_claim(make, run, layer, code):
    document = make.instance([["1"]], [make.elementwise("relu")] * 2)
    assert run(document, {"kind": "width", "layer": layer, "holds": True}).exit_code == code
