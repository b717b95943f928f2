"""Certificates as they are written: faithful, deterministic, all or nothing; and how the checker meets lies."""

import copy
import hashlib
import json
import os
from fractions import Fraction

import flint
import numpy as np
import pytest

from exactcnn.certificates import write
from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import check
from exactcnn.checker.activations import read_activation
from exactcnn.checker.budget import Budget
from exactcnn.checker.document import read_document
from exactcnn.checker.instance import read_instance
from exactcnn.data.dataset import Dataset
from exactcnn.domains.balls import ball
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.activations import activation, activation_names
from exactcnn.network.assumption_3_2 import assumption_3_2
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.verify import verify


def written(path, network, rows, *, seed=0, parameters=None, layer=None):
    """Verify, write, and return the document."""
    parameters = parameters or random_parameters(network, seed=seed)
    dataset = Dataset.from_array(rows)
    found = verify(network, parameters, dataset, layer=layer, float_ranks=False)
    found.certificate.write(path)
    return json.loads(path.read_text())


def write_rank(path, rows, activation=None):
    """Write the certificate of a matrix's rank, as `exactcnn rank` does."""
    entries = ExactArray.from_strings(rows)
    found = matrix_rank(entries, activation)
    found.certificate.write(path)
    return json.loads(path.read_text())


def seal(document):
    """The bytes of a document with the hashes that belong to it, by the format's words alone."""

    def canonical(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    document = {key: value for key, value in document.items() if key != "sha256"}
    numbers = copy.deepcopy(document["instance"])  # without the places of its arrays
    for table in (numbers, *numbers["layers"]):
        for array in table.values():
            if isinstance(array, dict) and "file" in array:
                del array["file"], array["member"]
    document["instance_sha256"] = hashlib.sha256(canonical(numbers)).hexdigest()
    document["sha256"] = hashlib.sha256(canonical(document)).hexdigest()
    return canonical(document) + b"\n"


ROWS = [[0, 1, 2], [3, 5, 8], [0, 1, 2], [4, 4, 9]]  # samples 0 and 2 are equal
CONSTANT = [[c] * 4 for c in range(3)]
FOUR = ((0, 1), (0, 2), (1, 3), (2, 3))
INSTANCES = {
    "sigmoid": (Network((1, 3), [Convolution(2, 2)], activation="sigmoid"), [ROWS[0], ROWS[1], ROWS[3]]),
    "equal samples": (Network((1, 3), [Convolution(4, 2)], activation="sigmoid"), ROWS),
    "relu": (Network((1, 3), [Convolution(4, 2, activation="relu")]), ROWS),
    "shared bias": (Network((1, 4), [Convolution(1, 1, bias="filter")], activation="sigmoid"), CONSTANT),
    "four neurons": (Network((4,), [Convolution(1, patches=FOUR)], activation="sigmoid"), CONSTANT),
    "padding": (Network((1, 3), [Convolution(2, 2, padding=1, activation="tanh")]), ROWS),
    "softplus": (Network((1, 3), [Convolution(2, 2, activation="softplus")]), ROWS[:2]),
    "pooling": (
        Network((1, 3), [Convolution(1, 2), MaxPooling(2), FullyConnected(3, activation="relu")], activation="sigmoid"),
        ROWS[:2],
    ),
    "identity": (
        Network((3,), [FullyConnected(5, activation="identity", bias="none")]),
        [ROWS[0], ROWS[1], [3, 6, 10]],
    ),
}


@pytest.fixture(params=INSTANCES)
def document(request, tmp_path):
    network, rows = INSTANCES[request.param]
    result = written(tmp_path / "c.json", network, rows, layer=len(network.layers))
    assert check(tmp_path / "c.json").exit_code == 0
    return result


# ---------------------------------------------------------------- what is written


def test_documents_are_sealed_canonical_and_deterministic(document, tmp_path):
    first = (tmp_path / "c.json").read_bytes()
    assert first == seal(document)
    assert first.isascii()
    assert os.listdir(tmp_path) == ["c.json"]  # noqa: PTH208 - hidden files count


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (ExactArray.from_array([[0.5, -0.0, 0.1]]), ["1/2", "0", "3602879701896397/36028797018963968"]),
        (ExactArray.from_array([[3, -4, 2**63 - 1]]), ["3", "-4", "9223372036854775807"]),
        (ExactArray.from_strings([["4/6", "-1e3", f"{10**30}/7"]]), ["2/3", "-1000", f"{10**30}/7"]),
        (ExactArray.from_array([[2, 4, 5]]).scaled(Fraction(1, 4)), ["1/2", "1", "5/4"]),
        (ExactArray.from_array([[5e-324, 1.0, 2.0]]), [f"1/{2**1074}", "1", "2"]),
        (ExactArray.from_fractions([10**5000, 1, 2], (1, 3)), ["1" + "0" * 5000, "1", "2"]),
    ],
)
def test_numbers_are_written_exactly(tmp_path, monkeypatch, values, texts):
    def claims_nothing(path):
        Certificate(Instance(Network((3,), [FullyConnected(1)]), None, values), [], 0).write(path)
        return json.loads(path.read_text())["instance"]["samples"]

    assert claims_nothing(tmp_path / "inline.json") == {"shape": [1, 3], "values": texts}
    monkeypatch.setattr(write, "INLINE", 0)
    stored = claims_nothing(tmp_path / "large.json")
    if "file" in stored:
        assert stored["file"] == "large.json.npz"
        with np.load(tmp_path / "large.json.npz") as archive:
            numbers = archive["samples"].ravel().tolist()
        assert [Fraction(x) * Fraction(stored["scale"]) for x in numbers] == [Fraction(text) for text in texts]
    # the checker reads the same numbers from both
    outcome = check(tmp_path / "inline.json", against=tmp_path / "large.json")
    assert (outcome.exit_code, outcome.message) == (1, "rejected: there are no claims")


def test_the_hash_of_the_instance_is_one_of_its_numbers(tmp_path, monkeypatch):
    """Two files of the same numbers agree on it, whatever their names are; other numbers do not."""
    monkeypatch.setattr(write, "INLINE", 0)
    network, rows = INSTANCES["relu"]
    hashes = [
        written(tmp_path / f"{name}.json", network, rows, seed=int(s))["instance_sha256"]
        for name, s in ("a0", "b0", "c1")
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    assert check(tmp_path / "a.json", against=tmp_path / "b.json").exit_code == 0
    outcome = check(tmp_path / "a.json", against=tmp_path / "c.json")
    assert (outcome.exit_code, "layer 1: weights[0, 0] is" in outcome.message) == (1, True)


@pytest.mark.parametrize("inline", [0, 10**6])
def test_targets_and_further_points(tmp_path, monkeypatch, inline):
    monkeypatch.setattr(write, "INLINE", inline)
    network, rows = INSTANCES["pooling"]
    dataset = Dataset.from_array(rows)
    found = verify(network, random_parameters(network, seed=0), dataset, layer=3, float_ranks=False)
    points = [random_parameters(network, seed=1), random_parameters(network, seed=2, upto=1)]
    targets = ExactArray.from_array([[0.5, 1.0], [2.0, -3.0]])
    for name, given in (("a", points), ("b", points[::-1])):
        instance = Instance(network, found.instance.parameters, dataset.samples, targets)
        Certificate(instance, found.claims, 3, given).write(tmp_path / f"{name}.json")
        assert check(tmp_path / f"{name}.json").exit_code == 0
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in "ab")
    assert [[each is not None for each in point] for point in first["points"]] == [
        [True, False, True],
        [True, False, False],
    ]
    assert first["instance_sha256"] == second["instance_sha256"]
    assert first["sha256"] != second["sha256"]
    read = read_instance(read_document(tmp_path / "a.json"), tmp_path)
    assert [[str(x) for x in row] for row in read.targets] == [["1/2", "1"], ["2", "-3"]]
    for point, parameters in zip(read.points, points, strict=True):
        for own, expected in zip(point, (*parameters.layers, None, None), strict=False):
            assert (own is None) == (expected is None)
            if own is not None:
                assert [str(x) for x in own[0]] == [str(x) for x in expected.weights.fractions().ravel()]


def test_layers_that_points_share_are_written_once(tmp_path):
    """The very same layer is the number of the point that has it first, -1 for the instance; an equal one is not."""
    network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    own, moved, equal = (random_parameters(network, seed=seed) for seed in (1, 2, 1))
    points = [
        Parameters((own.layers[0], moved.layers[1])),
        Parameters((moved.layers[0], moved.layers[1])),
        Parameters((moved.layers[0], own.layers[1])),
        Parameters((equal.layers[0], own.layers[1])),
    ]
    instance = Instance(network, own, Dataset.from_array([[1], [2]]).samples)
    write.write(tmp_path / "c.json", instance, [], 2, points)
    document = json.loads((tmp_path / "c.json").read_text())
    places = [[each if isinstance(each, int) else "written" for each in point] for point in document["points"]]
    assert places == [[-1, "written"], ["written", 0], [1, -1], ["written", -1]]
    read = read_instance(read_document(tmp_path / "c.json"), tmp_path)
    for point, given in zip(read.points, points, strict=True):
        for (weights, biases), layer in zip(point, given.layers, strict=True):
            assert [str(x) for x in weights] == [str(x) for x in layer.weights.fractions().ravel()]
            assert [str(x) for x in biases] == [str(x) for x in layer.biases.fractions().ravel()]


def test_layers_above_are_left_out(tmp_path):
    network = Network((1, 3), [Convolution(2, 2), FullyConnected(2)], activation="sigmoid")
    document = written(tmp_path / "c.json", network, ROWS[:2], layer=1)
    first, second = document["instance"]["layers"]  # of the second one the shape, for what is said of basins
    assert (first["weights"] is None, second["weights"], second["biases"]) == (False, None, None)
    narrow = Network((1, 3), [Convolution(1, 3), FullyConnected(2)], activation="sigmoid")
    document = written(tmp_path / "d.json", narrow, [[1, 2, 3], [4, 5, 6], [7, 8, 10]], layer=1)
    assert len(document["instance"]["layers"]) == 1


def test_layers_without_parameters_have_their_shape(tmp_path):
    network = Network((1, 3), [Convolution(2, 2), FullyConnected(2)], activation="sigmoid")
    below = Parameters(random_parameters(network).layers[:1])
    write.write(tmp_path / "c.json", Instance(network, below, ROWS[:2]), [], 2)
    first, second = json.loads((tmp_path / "c.json").read_text())["instance"]["layers"]
    assert (first["weights"] is None, second["weights"], second["biases"]) == (False, None, None)
    wrong = Network((1, 3), [Convolution(3, 2), FullyConnected(2)], activation="sigmoid")
    with pytest.raises(InputError, match="W1 has shape"):
        write.write(tmp_path / "c.json", Instance(wrong, below, ROWS[:2]), [], 2)


def test_new_files_have_the_rights_of_new_files(tmp_path):
    (tmp_path / "plain").touch()
    write_rank(tmp_path / "c.json", [["1"]])
    assert (tmp_path / "c.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    "text",
    [
        *(name for name in activation_names() if name not in ("clip", "polynomial", "logistic")),
        *("clip(-1,0)", "clip(-1/2,3)", "polynomial(0)", "polynomial(3)", "polynomial(1,0,-2/7)", "leaky-relu(0)"),
        *("leaky-relu(1)", "leaky-relu(-1)", "swish(0)", "swish(-1/2)", "elu(1/3)", "softplus(2)", "logistic(2)"),
    ],
)
def test_the_checker_reads_the_same_function(text):
    """The formulas of a certificate, and all that the checker derives from them."""
    built = activation(text)
    derived = read_activation(built.document(), text)
    assert derived.zero_on_a_half_line == built.zero_on_a_half_line
    assert derived.analytic == (built.analytic or text == "leaky-relu(1)")
    assert derived.assumption_3_2 == assumption_3_2(built).holds
    assert (derived.domain, built.domain) in {
        ("rational", "rational"),
        ("exponential", "exponential"),
        ("dyadic", "binary"),
        ("special", "transcendental"),
    }
    for z in (Fraction(0), Fraction(-7, 3), Fraction(5), Fraction(1, 9)):
        t = ball(z)
        assert derived.ball(t).overlaps(built.ball(t))
        if built.domain == "rational":
            value = built.exact(z)
            found = derived.values(Budget())(flint.fmpq(z.numerator, z.denominator))
            assert found == flint.fmpq(value.numerator, value.denominator)


# ---------------------------------------------------------------- all or nothing


def test_an_old_certificate_survives_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "INLINE", 0)
    write_rank(tmp_path / "c.json", [["1", "2"], ["3", "4"]])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["c.json", "c.json.npz"]

    certificate = matrix_rank(ExactArray.from_strings([["5", "6"], ["7", "8"]])).certificate

    def fail(*_):
        raise OSError(28, "No space left on device")

    def fail_after(written):
        return lambda *arguments: written.pop()(*arguments) if written else fail()

    for first in (0, 1):  # the file of the arrays, or the document after it
        with monkeypatch.context() as patch:
            patch.setattr(write, "_written", fail_after([write._written] * first))
            with pytest.raises(InputError, match=r"c\.json: cannot be written \(No space left on device\)"):
                certificate.write(tmp_path / "c.json")
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_places_without_a_file_name(tmp_path):
    for place in ("", ".", "..", tmp_path, tmp_path / "none" / "c.json", "a\0b", tmp_path / ("x" * 252)):
        with pytest.raises(InputError, match="certificate"):
            write.check_destination(place)
    assert write.check_destination(str(tmp_path / "c.json")) == tmp_path / "c.json"


# ---------------------------------------------------------------- changes are not accepted


def refuses(path, data, *, code=None):
    path.write_bytes(data)
    outcome = check(path)
    assert outcome.exit_code != 0
    assert code is None or outcome.exit_code == code, outcome.message


@pytest.mark.parametrize("name", ["sigmoid", "four neurons", "relu"])
def test_every_digit_counts(tmp_path, name):
    network, rows = INSTANCES[name]
    parameters = Parameters.from_arrays(
        network,
        {
            "W1": np.arange(network.layer(1).patches.patch_size * network.layer(1).filters).reshape(
                network.layer(1).weights_shape
            ),
            "b1": np.arange(network.widths[1]),
        },
    )
    path = tmp_path / "c.json"
    written(path, network, rows, parameters=parameters)
    data = path.read_bytes()
    digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
    assert len(digits) > 140
    for i in digits:
        refuses(path, data[:i] + b"%d" % ((data[i] - 47) % 10) + data[i + 1 :], code=2)


def activations(document):
    """The activations of the layers; max-pooling counts as one with a kink."""
    return [x.get("activation", {"pieces": [], "kinks": [0]}) for x in document["instance"]["layers"]]


def lies(document):
    """Changed copies of a document, each with a false claim, or with evidence that no longer proves it."""
    count = document["instance"]["sample_count"]
    for number, claim in enumerate(document["claims"]):
        kind, changes = claim["kind"], []
        if kind in ("rank", "generic-rank"):
            changes += [{"lower": claim["lower"] + 1}, {"upper": claim["upper"] - 1}]
            if claim["lower"] and kind == "rank":
                changes.append({"lower_evidence": {"kind": "none"}})
            if claim["upper_evidence"]["kind"] != "shape":
                changes.append({"upper_evidence": {"kind": "shape"}})
        elif kind in ("activation", "width"):
            changes.append({"holds": not claim["holds"]})
        elif kind == "patch-structure":
            false = {"kind": "identical", "patches": [0, 1]}
            if claim["holds"] and len(document["instance"]["layers"][claim["layer"] - 1]["patches"]) > 1:
                changes.append({"holds": False, "violation": false})
            elif not claim["holds"]:
                changes.append({"holds": True, "violation": None})
        elif kind == "distinct-patches":
            changes.append({"holds": not claim["holds"], "pair": [0, 0, 1, 0] if claim["holds"] else None})
            if not claim["holds"]:
                changes.append({"pair": [0, 0, 1, 0]})
        elif kind == "rank-for-all-parameters":
            changes.append({"upper": claim["upper"] - 1})
        elif kind == "conclusion":
            other = "refuted" if claim["status"] == "proved" else "proved"
            changes += [{"status": other}, {"scope": "this point"}]
            if claim["statement"] == "NH18.T3.4" and claim["by"] in ("witness", "theorem"):
                analytic = all("pieces" not in x or not x["kinks"] for x in activations(document))
                if not analytic:
                    changes.append({"statement": "NH18.T3.5", "scope": "almost all parameters"})
        for change in changes:
            changed = copy.deepcopy(document)
            changed["claims"][number] |= change
            yield changed
        if kind == "rank" and claim["lower"] == count:  # a conclusion that leans on it falls
            changed = copy.deepcopy(document)
            changed["instance"]["sample_count"] = count
            del changed["claims"][number]
            if any(c.get("by") == "witness" for c in changed["claims"]):
                yield changed


def test_lies_with_right_hashes_are_rejected(document, tmp_path):
    told = 0
    for changed in lies(document):
        refuses(tmp_path / "lie.json", seal(changed), code=1)
        told += 1
    assert told >= 8


def test_dependent_rows_are_rejected(tmp_path):
    network, rows = INSTANCES["equal samples"]
    document = written(tmp_path / "c.json", network, rows)
    (claim,) = (claim for claim in document["claims"] if claim["kind"] == "rank")
    assert (claim["lower"], claim["upper"]) == (3, 3)
    assert not {0, 2} <= set(claim["lower_evidence"]["rows"])
    for rows_ in ([0, 1, 2], [0, 2, 3]):
        claim["lower_evidence"]["rows"] = rows_
        refuses(tmp_path / "lie.json", seal(document), code=1)
    claim["lower_evidence"]["rows"] = [1, 2, 3]  # the other one of the equal samples does as well
    (tmp_path / "c.json").write_bytes(seal(document))
    assert check(tmp_path / "c.json").exit_code == 0


@pytest.mark.parametrize("name", ["sigmoid", "relu", "softplus", "padding"])
def test_weights_at_which_the_claim_is_false_are_rejected(tmp_path, name):
    network, rows = INSTANCES[name]
    document = written(tmp_path / "c.json", network, rows)
    weights = document["instance"]["layers"][0]["weights"]
    weights["values"] = ["0"] * len(weights["values"])  # all rows of F_1 are then equal
    refuses(tmp_path / "lie.json", seal(document), code=1)


def test_another_sample_is_rejected(tmp_path):
    document = write_rank(tmp_path / "c.json", [["1", "2"], ["3", "4"]], "tanh")
    document["instance"]["samples"]["values"] = ["1", "2", "-1", "-2"]
    refuses(tmp_path / "lie.json", seal(document), code=1)


def test_every_byte_of_the_companion_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "INLINE", 0)
    path = tmp_path / "c.json"
    network, rows = INSTANCES["relu"]
    document = written(path, network, rows)
    assert document["instance"]["samples"]["member"] == "samples"
    assert check(path).exit_code == 0
    companion = tmp_path / "c.json.npz"
    data = companion.read_bytes()
    with np.load(companion) as archive:
        entries = [archive[name].tobytes() for name in archive.files]
    numbers = {i for stored in entries for i in range(data.index(stored), data.index(stored) + len(stored))}
    assert len(numbers) > 100
    for i in range(0, len(data), 3):
        companion.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        # what is no number may change as long as the numbers can be read
        assert check(path).exit_code == 2 or i not in numbers
    companion.write_bytes(data[:-1])
    assert check(path).exit_code == 2
    companion.unlink()
    assert check(path).exit_code == 2


def test_a_companion_written_anew_with_its_hash_must_still_prove_the_claim(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "INLINE", 0)
    document = write_rank(tmp_path / "c.json", [["1", "2"], ["3", "4"]])
    companion = tmp_path / "c.json.npz"
    np.savez(companion, samples=np.array([[1, 2], [2, 4]]))
    document["instance"]["samples"]["sha256"] = hashlib.sha256(np.array([[1, 2], [2, 4]]).tobytes()).hexdigest()
    refuses(tmp_path / "c.json", seal(document), code=1)


@pytest.mark.parametrize("inline", [True, False])
def test_claims_may_hold_arrays(tmp_path, monkeypatch, inline):
    if not inline:
        monkeypatch.setattr(write, "INLINE", 8)  # more than the samples have: arrays of claims are counted too
    found = matrix_rank([[1, 2], [3, 4]], singular_values=True)
    found.certificate.write(tmp_path / "c.json")
    document = json.loads((tmp_path / "c.json").read_text())
    left = document["claims"][1]["evidence"]["left"]
    assert left["shape"] == [2, 2]
    assert ("values" in left) == inline
    if not inline:
        assert left["member"] == "claim1_evidence_left"
        assert left["scale"] == f"1/{2**50}"
    assert check(tmp_path / "c.json").exit_code == 0
