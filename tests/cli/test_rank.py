"""Rank: one object and an accepted certificate, and one line for what is no matrix."""

import json
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from exactcnn.checker import check
from tests.cli.given import DATA, FILE, NETWORK, SEED, spec


def test_rank_prints_one_object_and_writes_an_accepted_certificate(run, folder):
    Path("m.csv").write_text("1/3, 0.5\n2/3, 1\n100000000000000000000000000000, 1\n")
    code, out, err = run("rank", "m.csv", "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    keys = ["rows", "columns", "domain", "lower", "upper", "float64", "float32", "skipped", "seconds", "checked"]
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


def test_an_elimination_goes_on_from_its_checkpoint(run, refused, folder):
    rng = np.random.default_rng(0)
    np.save("m.npy", rng.integers(-9, 9, (300, 300)))
    asked = "rank", "m.npy", "--no-float-ranks", "--json"
    first, again = (json.loads(run(*asked, "--checkpoint", "kept", "--minor")[1]) for _ in range(2))
    assert first["minor"] == again["minor"] == json.loads(run(*asked, "--minor")[1])["minor"]
    [path] = Path("kept").iterdir()
    assert path.name == "300x300-modulo-227.elimination"
    np.save("m.npy", rng.integers(-9, 9, (300, 300)))
    refused(*asked, "--checkpoint", "kept", says="a checkpoint of another matrix: its hash is not that of this one")
    refused(*asked, "--checkpoint", "m.npy", says="m.npy: File exists; expected a folder for checkpoints")


def test_a_device_that_is_not_there(refused, monkeypatch):
    for command in (("rank", "m.npy"), ("verify", "spec.toml"), ("summary", "spec.toml")):
        refused(*command, "--device", "tpu", says="device 'tpu'; expected cpu or cuda")
    monkeypatch.setitem(sys.modules, "torch", None)
    refused("rank", "m.npy", "--device", "cuda", says="device 'cuda' needs PyTorch, which is not installed")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False)))
    refused("rank", "m.npy", "--device", "cuda", says="device 'cuda': PyTorch finds no such device; expected cpu")


def test_a_cluster_shares_the_work(run, refused, folder, tmp_path):
    pytest.importorskip("distributed")
    from tests.searches.clusters import a_cluster

    np.save("m.npy", np.random.default_rng(0).integers(-9, 9, (700, 690)))
    spec(folder, NETWORK, DATA, SEED)
    asked = "rank", "m.npy", "--no-float-ranks", "--json", "--minor"
    with a_cluster(tmp_path / "cluster") as cluster:
        place = "--scheduler", cluster.address
        there = json.loads(run(*asked, *place, "--certificate", "c.json")[1])
        assert there["minor"] == json.loads(run(*asked)[1])["minor"]
        assert check("c.json").exit_code == 0
        found = json.loads(run("verify", "spec.toml", "--layer", "all", "--json", *place)[1])
        assert [each["lower"] for each in found["rank"]] == [
            each["lower"] for each in json.loads(run("verify", "spec.toml", "--layer", "all", "--json")[1])["rank"]
        ]
        refused(*asked, *place, "--checkpoint", "kept", says="beside a device or a checkpoint; expected it alone")
    refused(*asked, "--scheduler", "tcp://127.0.0.1:1", says="cannot be reached")
