"""Verify: one object and an accepted certificate, and one line for what is no specification."""

import json
from pathlib import Path

import numpy as np
import pytest

from exactcnn.checker import check
from tests.cli.given import DATA, EXAMPLES, FILE, NETWORK, SEED, spec


def test_verify_prints_one_object_and_writes_an_accepted_certificate(run, folder):
    path = spec(folder, DATA, NETWORK, SEED)
    code, out, err = run("verify", path, "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert out.isascii()
    assert found.keys() == {"samples", "widths", "layer", "checked", "verdicts", "rank", "notes"}
    assert found["checked"] is True
    assert (found["samples"], found["widths"], found["layer"]) == (4, [9, 8, 2, 3], 1)
    assert {*found["rank"]} == {
        *("layer", "rows", "columns", "domain", "lower", "upper", "float64", "float32", "skipped", "seconds")
    }
    for verdict in found["verdicts"]:
        assert verdict.keys() == {"statement", "layer", "status", "scope", "reason", "details", "checked"}
        assert verdict["checked"] is (None if verdict["status"] == "undecided" else True)
        if verdict["statement"] == "NH18.A2.4":
            assert verdict["details"].keys() >= {"rank", "full"}
        if verdict["statement"] == "NH18.A3.1":
            assert verdict["details"].keys() >= {"samples_involved", "first_pair"}
    assert check("c.json").exit_code == 0
    assert run("check", "c.json")[0] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["c.json", "samples.csv", "spec.toml", "weights.npz"]


@pytest.mark.parametrize("arguments", [(), ("--layer", "1"), ("--layer", "3")])
@pytest.mark.parametrize("parameters", ["", SEED])
def test_verify_without_data(run, folder, arguments, parameters):
    code, out, _ = run("verify", spec(folder, NETWORK, parameters), *arguments, "--json", "--certificate", "c.json")
    found = json.loads(out)
    assert (code, found["samples"], found["rank"]) == (0, None, None)
    assert {v["statement"] for v in found["verdicts"]} == {"NH18.D2.1", "NH18.A2.4", "NH18.A3.2"}
    assert max(v["layer"] for v in found["verdicts"]) == (1 if "1" in arguments else 3)
    assert check("c.json").exit_code == 0


def test_verify_without_parameters(run, folder):
    code, out, _ = run("verify", spec(folder, DATA, NETWORK), "--json", "--certificate", "c.json")
    found = json.loads(out)
    assert (code, found["rank"]) == (0, None)
    assert [v["status"] for v in found["verdicts"] if v["statement"] == "NH18.T3.5"] == ["proved"]
    assert check("c.json").exit_code == 0


def test_verify_reads_parameters_of_the_layers_that_it_needs(run, folder):
    assert run("verify", spec(folder, DATA, NETWORK, FILE), "--layer", "1")[0] == 0
    assert run("verify", spec(folder, DATA, NETWORK, FILE), "--layer", "3")[0] == 2


def test_float_ranks_can_be_left_out(run, folder):
    path = spec(folder, DATA, NETWORK, SEED)
    rank = json.loads(run("verify", path, "--json", "--no-float-ranks")[1])["rank"]
    assert (rank["float64"], rank["float32"]) == (None, None)
    assert rank["skipped"] == {"float64": "not asked for", "float32": "not asked for"}
    rank = json.loads(run("verify", path, "--json")[1])["rank"]
    assert rank["float64"] == rank["float32"] == rank["lower"] == 4


def test_the_seed_changes_the_evidence_and_not_the_answer(run, folder):
    path = spec(folder, DATA, NETWORK, SEED)
    answers, certificates = set(), set()
    for seed in (0, 0, 1):
        found = json.loads(run("verify", path, "--json", "--seed", seed, "--certificate", "c.json")[1])
        del found["rank"]["seconds"]
        answers.add(json.dumps(found))
        certificates.add(Path("c.json").read_bytes())
    assert (len(answers), len(certificates)) == (1, 2)


@pytest.mark.parametrize("name", ["four-neurons", "shared-bias", "hidden-relation", "dead-relus"])
def test_examples(run, folder, name):
    assert run("verify", EXAMPLES / f"{name}.toml", "--certificate", "c.json")[0] == 0
    assert run("check", "c.json")[0] == 0


BAD_SPECS = [
    ("units = 3", "unitz = 3", ["unknown key 'unitz'", "'units'"]),
    ('"max-pooling"', '"max-poling"', ["'max-poling'", "did you mean 'max-pooling'"]),
    ('"relu"', '"rellu"', ["'rellu'", "'relu'"]),
    ('activation = "sigmoid"', "activation = 3", ["network.activation = 3", "a string"]),
    ("kernel = 2", "kernel = 4", ["layer 1", "kernel"]),
    ("kernel = 2", "kernel = 2\nbias = 'neurons'", ["'neurons'", "'neuron'"]),
    ("kernel = 2", "patches = [[0, 1], [1]]", ["layer 1", "patch"]),
    ("kernel = 2", "patches = [[0, 9]]", ["layer 1", "9"]),
    ("kernel = 2", "patches = [[0, 0]]", ["layer 1", "0"]),
    ("kernel = 2", "patches = []", ["layer 1"]),
    ("input = [1, 3, 3]", "input = [1, 3, 0]", ["input[2] = 0"]),
    ("input = [1, 3, 3]", "input = []", ["input = []"]),
    ("input = [1, 3, 3]", "input = [1, 100000, 100000]", ["expected"]),
    ("input = [1, 3, 3]", "input = [1, 3, 4]", ["12"]),
    ("units = 3", "units = 1000000000", ["layer 3", "2000000000 weights", "GiB"]),
    ("filters = 2", "filters = 10000000000", ["GiB"]),
    ("filters = 2", "filters = 0", ["filters = 0"]),
    ("filters = 2", "filters = 99999999999999999999", ["layer 1", "GiB"]),
    ("samples.csv", "digit", ["data.source = 'digit'", "'digits'"]),
    ("samples.csv", "/dev/zero", ["cannot be opened"]),
    ("samples.csv", "x" * 300, ["cannot be opened"]),
    ('"relu"', '"leaky-relu(1e-5000)"', ["'1e-5000'", "1000 digits"]),
    ('"relu"', '"clip(1,0)"', ["a < b"]),
    ("[data]", "[data]\nscale = '1e9999999'", ["scale"]),
    ("[data]", "[data]\nsamples = 0", ["data.samples = 0"]),
    ("[data]", "[data]\nsamples = 5", ["samples = 5", "1 to 4"]),
    ("[data]", "[data]\nscale = '1/0'", ["scale"]),
    ("[data]", "[data]\nscale = '-1'", ["scale"]),
    ("[data]", "[data]\nperturbation = 'small'", ["perturbation"]),
    ("[data]", "[dada]", ["'dada'", "'data'"]),
    ("[data]", "[data", ["not TOML", "line 2"]),
    ("[network]", "[netwerk]", ["'netwerk'"]),
    ("seed = 0", "seed = -1", ["seed = -1"]),
    ("seed = 0", "seed = 0.5", ["seed = 0.5"]),
    ("seed = 0", "", ["'seed', 'file' and 'values'"]),
    ("seed = 0", "file = 'none.npz'", ["none.npz", "no such file"]),
    ("seed = 0", "file = 'samples.csv'", [".npz"]),
]


@pytest.mark.parametrize(("old", "new", "says"), BAD_SPECS)
def test_bad_specifications(refused, folder, old, new, says):
    path = spec(folder, DATA, NETWORK, SEED, old=old, new=new)
    refused("verify", path, "--certificate", "c.json", says=says)


@pytest.mark.parametrize("layer", ["-1", "0", "4", "99999999999999999999"])
def test_layers_that_there_are_not(refused, folder, layer):
    for parts in ((NETWORK,), (DATA, NETWORK, SEED)):
        refused("verify", spec(folder, *parts), "--layer", layer, says=["layer " + layer, "from 1 to 3"])
    refused("weights", spec(folder, NETWORK), "--layer", layer, says="from 1 to 3")


def test_pooling_layers(refused, folder):
    refused("weights", spec(folder, NETWORK), "--layer", 2, says="layer 2 is max-pooling")
    only = '[network]\ninput = [1, 2]\n[[network.layers]]\nkind = "max-pooling"\nkernel = 1\n'
    refused("verify", spec(folder, only), says="no convolutional or fully connected layer")


SAMPLES = {
    "nan.npy": (np.array([[1.0, 2, np.nan] * 3]), ["[0, 2] is nan"]),
    "infinite.npy": (np.array([[1.0] * 9, [1.0] * 8 + [-np.inf]]), ["[1, 8] is -inf"]),
    "none.npy": (np.zeros((0, 9)), ["0 samples"]),
    "empty.npy": (np.zeros((3, 0)), ["0"]),
    "objects.npy": (np.array([[{}] * 9]), ["pickled objects are never read"]),
    "complex.npy": (np.ones((2, 9), dtype=complex), ["dtype complex128"]),
    "narrow.npy": (np.ones((2, 8)), ["8 entries", "expected 9"]),
    "flat.npy": (np.ones(9), ["shape (9,)"]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_bad_samples(refused, folder, name):
    array, says = SAMPLES[name]
    np.save(name, array, allow_pickle=True)
    path = spec(folder, DATA, NETWORK, SEED, old="samples.csv", new=name)
    refused("verify", path, "--certificate", "c.json", says=says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"W1": np.ones((2, 4))}, ["W1 has shape (2, 4)", "expected (4, 2)"]),
        ({"b1": np.ones(2)}, ["b1 has shape (2,)", "expected (8,)"]),
        ({"b1": np.full(8, np.nan)}, ["b1][0] is nan"]),
        ({"W1": np.array([[None] * 2] * 4)}, ["object"]),
        ({"W2": np.ones((2, 3))}, ["'W2'", "W1, b1, W3, b3"]),
        ({"b1": None}, ["b1 is missing", "(8,)"]),
    ],
)
def test_weights_that_do_not_fit(refused, folder, changes, says):
    arrays = {"W1": np.ones((4, 2)), "b1": np.ones(8)} | changes
    np.savez("weights.npz", **{name: array for name, array in arrays.items() if array is not None})
    refused("verify", spec(folder, DATA, NETWORK, FILE), "--certificate", "c.json", says=says)


def test_verify_beside_a_tolerance(run, folder):
    Path("n.toml").write_text(NETWORK + DATA + FILE)
    code, out, _ = run("verify", "n.toml", "--layer", "1", "--tolerance", "1/1000", "--json", "--certificate", "c.json")
    assert code == 0
    rank = json.loads(out)["rank"]
    assert (rank["tolerance"], rank["above"] + rank["below"]) == ("1/1000", 4)
    assert check("c.json").exit_code == 0
    assert "proved above" in run("verify", "n.toml", "--layer", "1", "--tolerance", "1e-3", "--singular-values")[1]


def test_a_tolerance_needs_features(refused, folder):
    Path("n.toml").write_text(NETWORK)
    refused("verify", "n.toml", "--tolerance", "1", says="expected data and the parameters")


def test_verify_all_layers(given, run):
    model, data = given
    code, out, _ = run("verify", model, "--data", data, "--layer", "all", "--json")
    found = json.loads(out)
    assert (code, found["layer"], found["checked"]) == (0, "all", True)
    assert [(each["layer"], each["lower"]) for each in found["rank"]] == [(1, 8), (2, 2)]
    code, out, _ = run("verify", model, "--data", data, "--layer", "all")
    assert "rank F_1" in out
    assert "rank F_2" in out
