"""The command: bad input is one line and exit code 2 with nothing written; good input is what the issue promises."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import exactcnn
from exactcnn.checker import check

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
NETWORK = """
[network]
input = [1, 3, 3]
activation = "sigmoid"
[[network.layers]]
kind = "convolution"
filters = 2
kernel = 2
[[network.layers]]
kind = "max-pooling"
kernel = 2
[[network.layers]]
kind = "fully-connected"
units = 3
activation = "relu"
"""
DATA = '\n[data]\nsource = "samples.csv"\n'
SEED = "\n[parameters]\nseed = 0\n"
FILE = '\n[parameters]\nfile = "weights.npz"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with samples and weights that fit NETWORK."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    np.savetxt("samples.csv", generator.integers(0, 9, (4, 9)), fmt="%d", delimiter=",")
    arrays = {"W1": generator.normal(size=(4, 2)), "b1": generator.normal(size=8)}
    np.savez("weights.npz", **arrays)
    return tmp_path


@pytest.fixture
def refused(run, folder):
    """Run what must be refused in one line that holds all the given words, writing nothing."""

    def refused(*arguments, says=()):
        def contents():
            small = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 10**6]
            return {path: path.read_bytes() for path in small}

        before = contents()
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), err
        assert err.count("\n") == 1
        assert err.startswith("exactcnn: ")
        for words in (says,) if isinstance(says, str) else says:
            assert words in err
        assert contents() == before
        return err

    return refused


def spec(folder, *parts, old="", new=""):
    path = folder / "spec.toml"
    path.write_text("".join(parts).replace(old, new, 1) if old else "".join(parts))
    return path


# ---------------------------------------------------------------- verify


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
        *["layer", "rows", "columns", "domain", "lower", "upper", "float64", "float32", "seconds"]
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


# ---------------------------------------------------------------- rank


def test_rank_prints_one_object_and_writes_an_accepted_certificate(run, folder):
    Path("m.csv").write_text("1/3, 0.5\n2/3, 1\n100000000000000000000000000000, 1\n")
    code, out, err = run("rank", "m.csv", "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    keys = ["rows", "columns", "domain", "lower", "upper", "float64", "float32", "seconds", "checked"]
    assert (list(found), found["checked"]) == (keys, True)
    assert [found[key] for key in ("rows", "columns", "domain", "lower", "upper")] == [3, 2, "Q", 2, 2]
    assert check("c.json").exit_code == 0
    found = json.loads(run("rank", "m.csv", "--activation", "sigmoid", "--json", "--certificate", "c.json")[1])
    assert (found["domain"], found["lower"]) == ("Q(t)", 2)
    assert check("c.json").exit_code == 0
    assert "exactly 2" in run("rank", "m.csv")[1]


def test_rank_with_minor_null_space_and_prime(run, refused, folder):
    Path("m.csv").write_text("1, 2, 3/2\n2, 4, 3\n0, 0, 1\n")
    asked = ("--minor", "--null-space", "--modulo", "3")
    code, out, err = run("rank", "m.csv", *asked, "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["checked"], found["null_space"], found["modulo"]) == (
        True,
        [["-2", "1", "0"]],
        {"prime": 3, "rank": 2},
    )
    assert {name: len(lines) for name, lines in found["minor"].items()} == {"rows": 2, "columns": 2}
    assert 2 in found["minor"]["rows"]
    assert check("c.json").exit_code == 0
    out = run("rank", "m.csv", *asked)[1]
    assert "v_1            (-2, 1, 0)" in out
    assert "modulo 3       2  (computed by FLINT; not certified)" in out
    assert "0, 2  (independent)" in out
    refused(
        "rank", "m.csv", "--modulo", "2", "--certificate", "c2.json", says="entry (0, 2) is 3/2, which has no residue"
    )
    refused("rank", "none.csv", "--modulo", "9", says="--modulo is 9 = 3 · 3; expected a prime below 2^64")
    refused("rank", "m.csv", "--activation", "exp", "--null-space", says="not rational")


def test_rank_beside_a_tolerance(run, folder):
    Path("m.csv").write_text("3, 0\n4, 5\n0, 0\n")
    code, out, err = run("rank", "m.csv", "--tolerance", "5", "--singular-values", "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    keys = ["rows", "columns", "domain", "lower", "upper", "tolerance", "above", "below", "singular_values"]
    assert list(found)[:9] == keys
    chosen = ("lower", "upper", "tolerance", "above", "below", "checked")
    assert [found[key] for key in chosen] == [2, 2, "5", 1, 1, True]
    ((low, high), (least, _)) = found["singular_values"]
    assert float(low) <= 45**0.5 <= float(high) < float(low) + 1e-12
    assert float(least) > 2.236
    assert check("c.json").exit_code == 0
    out = run("rank", "m.csv", "--tolerance", "1e-3", "--singular-values")[1]
    assert "beside 0.001: 2 proved above, 0 proved below" in out
    assert "σ_1" in out
    Path("m.csv").write_text("1, 0\n0, 2\n")
    out = run("rank", "m.csv", "--tolerance", "1")[1]
    assert "1 proved above, 0 proved below; 1 undecided (equal to the tolerance" in out


def test_verify_beside_a_tolerance(run, folder):
    Path("n.toml").write_text(NETWORK + DATA + FILE)
    code, out, _ = run("verify", "n.toml", "--layer", "1", "--tolerance", "1/1000", "--json", "--certificate", "c.json")
    assert code == 0
    rank = json.loads(out)["rank"]
    assert (rank["tolerance"], rank["above"] + rank["below"]) == ("1/1000", 4)
    assert check("c.json").exit_code == 0
    assert "proved above" in run("verify", "n.toml", "--layer", "1", "--tolerance", "1e-3", "--singular-values")[1]


@pytest.mark.parametrize(
    ("tolerance", "says"),
    [
        ("0", ["--tolerance is 0", "exact rank"]),
        ("0.0", ["exact rank"]),
        ("-1", ["--tolerance is -1", "positive"]),
        ("nan", ["--tolerance", "nan"]),
        ("inf", ["--tolerance", "inf"]),
        ("1/0", ["--tolerance", "1/0"]),
        ("", ["--tolerance", "empty"]),
        ("1e999999", ["--tolerance", "exponent"]),
    ],
)
def test_bad_tolerances(refused, folder, tolerance, says):
    Path("m.csv").write_text("1 2\n3 4\n")
    refused("rank", "m.csv", "--tolerance", tolerance, "--certificate", "c.json", says=says)
    Path("n.toml").write_text(NETWORK + DATA + FILE)
    refused("verify", "n.toml", "--layer", "1", "--tolerance", tolerance, says=says)


def test_a_tolerance_needs_features(refused, folder):
    Path("n.toml").write_text(NETWORK)
    refused("verify", "n.toml", "--tolerance", "1", says="expected data and the parameters")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("1 2\n3\n", ["line 2", "1 entry;", "expected 2"]),
        ("", ["no numbers"]),
        ("1 nan\n", ["column 2", "nan"]),
        ("1 inf\n", ["column 2", "inf"]),
        ("1 1/0\n", ["column 2", "1/0"]),
        ("1 1e999999999\n", ["column 2"]),
        ("one two\n", ["line 1, column 1", "one"]),
        ("1 \0\n", ["binary"]),
    ],
)
def test_bad_text(refused, folder, content, says):
    Path("m.csv").write_text(content)
    refused("rank", "m.csv", "--certificate", "c.json", says=says)


def test_bad_files(refused, folder):
    refused("rank", "none.npy", says="no such file")
    refused("rank", folder, says="directory")
    refused("rank", "/dev/zero", says="not a regular file")
    refused("verify", "/dev/zero", says="not a regular file")
    refused("rank", "x" * 300, says="File name too long")
    np.save("m.npy", np.ones((4, 4)))
    whole = Path("m.npy").read_bytes()
    for end in (0, 5, 60, len(whole) - 1):
        Path("m.npy").write_bytes(whole[:end])
        refused("rank", "m.npy", "--certificate", "c.json", says="m.npy")
    np.savez("m.npz", A=np.ones((4, 4)))
    refused("rank", "m.npz:A", "--certificate", "m.npz", says="m.npz")
    refused("rank", "m.npz:B", says="expected an array named 'B'")
    np.save("o.npy", np.array([[{}]]), allow_pickle=True)
    refused("rank", "o.npy", says="pickled objects are never read")
    for array in (np.ones(3), np.ones((2, 0)), np.ones((2, 2, 2)), np.array([[np.inf]]), np.array([["x"]])):
        np.save("m.npy", array)
        refused("rank", "m.npy", "--certificate", "c.json", says="m.npy")


def test_sizes_are_refused_before_allocation(refused, folder, monkeypatch):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }".ljust(117) + "\n"
    Path("m.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    refused("rank", "m.npy", says=["(1000000, 1000000)", "GiB"])
    with zipfile.ZipFile("weights.npz", "w") as archive:
        archive.write("m.npy", "W1.npy")
    refused("verify", spec(folder, DATA, NETWORK, FILE), says="GiB")
    with Path("huge.csv").open("wb") as file:
        file.truncate(2**43)  # sparse: takes no space
    refused("rank", "huge.csv", says=["huge.csv", "GiB"])
    Path("huge.csv").unlink()
    monkeypatch.setattr("exactcnn.resources.physical_memory", lambda: 10**8)
    np.save("large.npy", np.arange(600 * 600, dtype=np.int32).reshape(600, 600))
    refused("rank", "large.npy", "--activation", "gelu", says="float enclosures of 600 x 600")


def test_unknown_activations(run, refused, folder):
    for name, near in (("sigmoyd", "sigmoid"), ("clip", "clip(a,b)"), ("softplus(0)", "a > 0"), ("", "")):
        refused("rank", "samples.csv", "--activation", name, "--certificate", "c.json", says=["--activation", near])
        assert "layer" not in run("rank", "samples.csv", "--activation", name)[2]


@pytest.mark.parametrize("name", ["[red]m.csv", "[]m.csv", "[/]m.csv", "[bold]\u2265.csv", "m\udcff.csv"])
def test_file_names_are_not_markup(run, folder, name):
    name = name.replace("/", "\u2215")
    Path(name).write_text("1 2\n")
    code, out, _ = run("rank", name)
    assert code == 0
    assert name.encode("utf-8", "replace").decode().removesuffix(".csv")[:5] in out.replace("\\udcff", "?")


# ---------------------------------------------------------------- where certificates go


def test_certificates_that_cannot_be_written(refused, folder):
    path = spec(folder, DATA, NETWORK, SEED)
    Path("c").mkdir()
    for place in ("missing/c.json", ".", "", "c", "samples.csv/c.json", "a:b.json", "a\\b.json", "x" * 300):
        refused("verify", path, "--certificate", place)
        refused("rank", "samples.csv", "--certificate", place)
    os.mkfifo("pipe")
    refused("rank", "samples.csv", "--certificate", "pipe", says="is no file")
    refused("rank", "samples.csv", "--certificate", "/dev/null", says="is no file")
    assert Path("/dev/null").is_char_device()


def test_inputs_are_not_overwritten(refused, folder):
    os.link("samples.csv", "same.csv")
    Path("link.npz").symlink_to("weights.npz")
    refused("rank", "samples.csv", "--certificate", "samples.csv", says="is an input")
    refused("rank", "samples.csv", "--certificate", "same.csv", says="is an input")
    path = spec(folder, DATA, NETWORK, FILE)
    for place in ("spec.toml", "samples.csv", "./weights.npz", "same.csv", "link.npz"):
        refused("verify", path, "--certificate", place, says="is an input")
    Path("c.json.npz").write_bytes(Path("weights.npz").read_bytes())
    path = spec(folder, DATA, NETWORK, FILE, old="weights.npz", new="c.json.npz")
    refused("verify", path, "--certificate", "c.json", says=["c.json.npz", "is an input"])


# ---------------------------------------------------------------- check


def test_check_exit_codes(run, folder):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json")
    assert (code, err) == (0, "")
    instance_hash = json.loads(Path("c.json").read_text())["instance_sha256"]
    assert out.splitlines() == [f"instance {instance_hash}: N = 4, widths 9", "4 <= rank F_0 <= 4", "accepted: 1 claim"]
    text = Path("c.json").read_text()
    Path("c.json").write_text(text.replace('"version":2', '"version":1'))
    code, out, err = run("check", "c.json")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert run("check", "none.json") == (2, "", "unreadable: 'none.json': No such file or directory\n")
    assert run("check", folder)[0] == 2


def test_check_json(run, folder):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found.pop("instance").endswith(": N = 4, widths 9")
    assert found == {"accepted": True, "message": "accepted: 1 claim", "claims": ["4 <= rank F_0 <= 4"]}
    # another instance, a file that is none
    Path("m.csv").write_text("1 2\n")
    run("rank", "m.csv", "--certificate", "other.json")
    code, out, err = run("check", "c.json", "--against", "other.json", "--json")
    found = json.loads(out)
    assert (code, found["accepted"], found["claims"]) == (1, False, [])
    assert found["instance"].startswith("instance ")
    assert err == found["message"] + "\n"
    assert err.startswith("rejected: ")
    code, out, err = run("check", "none.json", "--json")
    assert (code, json.loads(out)["instance"], err.startswith("unreadable: ")) == (2, None, True)


def test_check_twice(run, folder, monkeypatch):
    run("rank", "samples.csv", "--certificate", "c.json")
    code, out, err = run("check", "c.json", "--twice")
    assert (code, err) == (0, "")
    assert out.splitlines()[2:] == [
        "accepted: 1 claim",
        "second checker: claim 0 (rank): accepted",
        "accepted by both: 1 of 1 claims",
    ]
    found = json.loads(run("check", "c.json", "--twice", "--json")[1])
    assert found["second"] == {"lines": ["claim 0 (rank): accepted"], "agreed": 1, "disagreements": []}
    Path("m.csv").write_text("1 2\n")
    run("rank", "m.csv", "--certificate", "other.json")
    code, out, err = run("check", "c.json", "--twice", "--against", "other.json")  # a difference, no disagreement
    assert (code, out.splitlines()[-1]) == (1, "accepted by both: 1 of 1 claims")
    assert run("check", "none.json", "--twice")[0] == 2
    said = subprocess.CompletedProcess([], 1, "claim 0 (rank): rejected: why\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    code, out, _ = run("check", "c.json", "--twice")
    assert (code, out.splitlines()[-2]) == (3, "accepted by both: 0 of 1 claims")
    assert out.splitlines()[-1].startswith("the checkers disagree: first checker: claim accepted; second: claim 0")
    assert run("check", "c.json", "--twice", "--json")[0] == 3


def test_check_against(run, folder):
    """Against a specification and another certificate: the same instance, or the first difference."""
    path = spec(folder, DATA, NETWORK, FILE)
    assert run("verify", path, "--layer", "1", "--certificate", "c.json")[0] == 0
    assert run("verify", path, "--layer", "1", "--certificate", "same.json", "--seed", "5")[0] == 0
    for other in ("spec.toml", "same.json", "c.json"):
        code, out, err = run("check", "c.json", "--against", other)
        assert (code, err) == (0, "")
        assert out.splitlines()[-1].startswith("accepted: ")
    samples = np.loadtxt("samples.csv", dtype=int, delimiter=",")
    samples[2, 3] += 1
    np.savetxt("samples.csv", samples, fmt="%d", delimiter=",")
    code, out, err = run("check", "c.json", "--against", "spec.toml")
    assert code == 1
    assert out.startswith("instance ")
    assert err == (
        "rejected: the instance is not that of 'spec.toml': "
        f"samples[2, 3] is {samples[2, 3] - 1}, expected {samples[2, 3]}\n"
    )
    # a drawn one, of more layers, of a file that is none
    drawn = spec(folder, DATA, NETWORK, SEED)
    assert run("verify", drawn, "--layer", "3", "--certificate", "drawn.json")[0] == 0
    assert run("check", "drawn.json", "--against", drawn)[0] == 0
    assert run("verify", drawn, "--layer", "1", "--certificate", "one.json")[0] == 0
    assert "number of layers is 3, expected 1" in run("check", "drawn.json", "--against", "one.json")[2]
    spec(folder, DATA, NETWORK, SEED, old="seed = 0", new="seed = 1")
    assert "layer 1: weights[0, 0] is" in run("check", "drawn.json", "--against", "spec.toml")[2]
    assert run("check", "none.json", "--against", "spec.toml")[0] == 2
    assert run("check", "c.json", "--against", "none.toml")[0] == 2
    assert run("check", "c.json", "--against", "none.json")[0] == 2
    Path("text.json").write_text("[]\n")
    assert run("check", "text.json", "--against", "spec.toml")[0] == 2


def test_check_against_a_specification_without_weights(run, folder):
    """Claims about all parameters are no claims about other ones, whether or not the specification draws some."""
    for parts in ((DATA, NETWORK), (NETWORK,)):
        path = spec(folder, *parts)
        assert run("verify", path, "--certificate", "c.json")[0] == 0
        assert run("check", "c.json", "--against", path)[0] == 0
        assert run("check", "c.json", "--against", spec(folder, *parts, SEED))[0] == 0
        other = spec(folder, *parts, old="filters = 2", new="filters = 3")
        code, _, err = run("check", "c.json", "--against", other)
        assert (code, "layer 1: filters is 2, expected 3" in err) == (1, True)


# ---------------------------------------------------------------- weights


def test_weights(run, refused, folder):
    path = spec(
        folder, '[network]\ninput = [1, 3]\n[[network.layers]]\nkind = "convolution"\nfilters = 1\nkernel = 2\n'
    )
    assert run("weights", path, "--layer", 1)[1] == "U_1, 3 x 2\n⎡a  0⎤\n⎢b  a⎥\n⎣0  b⎦\n"
    assert run("weights", path)[1] == run("weights", path, "--layer", 1)[1]
    refused("weights", path, "--layer", 2, says="layer 2")
    assert r"\begin{pmatrix}" in run("weights", path, "--layer", 1, "--latex")[1]
    large = spec(folder, '[network]\ninput = [1000]\n[[network.layers]]\nkind = "fully-connected"\nunits = 1000\n')
    lines = run("weights", large)[1].splitlines()
    assert (lines[0], len(lines)) == ("U_1, 1000 x 1000", 22)
    assert len(set(map(len, lines[1:]))) == 1
    assert run("weights", large, "--latex")[0] == 0


# ---------------------------------------------------------------- how it looks

TABLES = [
    ("verify", "hidden-relation.toml"),
    ("summary", "dead-relus.toml"),
    ("crosscheck", "hidden-relation.toml"),
    ("critical", "bad-minimum.toml"),
    ("evaluate", "hidden-relation.toml"),
    ("rank", "hidden-relation-samples.csv", "--minor", "--null-space"),
    ("prove", "L2.5", "NH18.G.polynomials"),
    ("prove", "L2.5", "--steps"),
    ("prove", "L2.5", "C3.6", "--spec", "four-neurons.toml"),
    ("gallery", "kawaguchi-3", "swirszcz-2-smooth"),
    ("widths",),
    ("activations",),
    ("activations", "softplus"),
    ("search", "--neurons", "4"),
]


@pytest.mark.parametrize("arguments", TABLES, ids=" ".join)
def test_sixty_columns_are_enough_and_piped_lines_end_without_blanks(run, monkeypatch, arguments):
    monkeypatch.chdir(EXAMPLES)
    code, wide, _ = run(*arguments)
    assert code == 0
    assert [line for line in wide.splitlines() if line != line.rstrip()] == []
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "60")):
        monkeypatch.setenv(name, value)
    narrow = re.sub(r"\x1b\[[0-9;]*m", "", run(*arguments)[1])
    assert max(map(len, narrow.splitlines())) <= 60
    # no word is broken; headers of columns that are left out, or empty, may be missing
    words = {word for word in re.findall(r"[^\W\d_]+", wide) if len(word) > 3}
    assert {word for word in words if word not in narrow} <= {"parameters", "tolerance", "scope", "samples"}


# ---------------------------------------------------------------- the command as a process


def process(*arguments, **options):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | options.pop("environment", {})
    command = [sys.executable, "-m", "exactcnn", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command, env=environment, **pipes)


def test_usage_errors_exit_with_2(run, folder):
    for arguments in ((), ("verify",), ("nonsense",), ("verify", "a", "b"), ("rank", "m", "--seed", "-1")):
        code, out, err = run(*arguments)
        assert code == 2
        assert "Traceback" not in out + err
        assert not arguments or err.count("\n") == 1
    assert run("--help")[0] == 0


def test_hints_name_the_help_of_the_command(run, folder):
    assert run("rank", "--nothing")[2].endswith("see `exactcnn rank --help`\n")
    assert run("verify")[2].endswith("see `exactcnn verify --help`\n")
    assert run("--nothing")[2].endswith("see `exactcnn --help`\n")


def test_names_of_activations_in_any_case(run, folder):
    path = spec(folder, DATA, NETWORK, SEED, old='"sigmoid"', new='"Sigmoid"')
    assert "sigmoid: the limits are 0 and 1" in " ".join(run("verify", path)[1].split())
    assert json.loads(run("rank", "samples.csv", "--activation", "ReLU", "--json")[1])["domain"] == "Q"


def test_activations_are_listed(run, folder):
    code, out, err = run("activations")
    assert (code, err) == (0, "")
    assert "1/(1 + exp(-t))" in out
    (found,) = json.loads(run("activations", "ReLU", "--json")[1])["activations"]
    assert (found["name"], found["formula"]) == ("relu", "0 for t < 0; t for t ≥ 0")
    code, _, err = run("activations", "rellu")
    assert (code, err) == (
        2,
        "exactcnn: activation 'rellu' is not known; the nearest name is 'relu'; `exactcnn activations` lists all\n",
    )


def test_version(run):
    assert run("--version") == (0, f"exactcnn {exactcnn.__version__}\n", "")


def test_output_in_an_encoding_without_the_signs(folder):
    path = spec(folder, DATA, NETWORK, SEED)
    ascii_only = process("verify", path, environment={"PYTHONIOENCODING": "ascii"})
    out, err = ascii_only.communicate(timeout=60)
    assert (ascii_only.returncode, err) == (0, b"")
    assert b"n_1 = 8 \\u2265 N = 4" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_an_interrupt_leaves_nothing_behind(folder, tmp_path_factory, number, check):
    """While the certificate is written: for the checker at first, in the temporary folder, else at its place."""
    temporary = tmp_path_factory.mktemp("temporary")
    code = (
        "import signal, sys, time; from exactcnn import cli; from exactcnn.certificates import write;"
        # the certificate is half-written when the signal comes
        "plain = write.canonical\n"
        "def slow(value):\n"
        "    if 'claims' in value and 'sha256' in value:\n"
        "        print('writing', flush=True); time.sleep(30)\n"
        "    return plain(value)\n"
        "write.canonical, write.INLINE = slow, 0\n"
        "sys.argv[:] = ['exactcnn', 'rank', 'samples.csv', '--certificate', 'c.json', *sys.argv[1:]]\n"
        "cli.main()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, check],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert child.stdout.readline() == b"writing\n"
    half = len(list(folder.glob(".exactcnn.*"))), len(list(temporary.glob("*/.exactcnn.*")))
    assert half == ((0, 2) if check == "--check" else (2, 0))
    time.sleep(0.05)
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (128 + number, b"", b"exactcnn: interrupted\n")
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["samples.csv", "weights.npz"]
