"""The command `critical`: what it says, what it writes, and one line for everything that cannot be."""

import json
from fractions import Fraction

import numpy as np
import pytest

NETWORK = """
[network]
input = [1]
activation = "logistic(2)"
layers = [
  { kind = "fully-connected", units = 1, bias = "none" },
  { kind = "fully-connected", units = 1, bias = "none", activation = "identity" },
]
"""
DATA = '[data]\nsource = "x.csv"\ntargets = "y.csv"\n'
VALUES = '[parameters]\nvalues = { W1 = [[1]], W2 = [["9/50"]] }\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("1\n3\n")
    (tmp_path / "y.csv").write_text("-1\n1\n")
    return tmp_path


@pytest.fixture
def spec(folder):
    def write(*tables, old="", new=""):
        text = "".join(tables or (NETWORK, DATA, VALUES))
        assert old in text
        path = folder / "spec.toml"
        path.write_text(text.replace(old, new) if old else text)
        return path

    return write


def test_a_strict_bad_minimum(run, spec):
    code, out, err = run("critical", spec(), "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    keys = "status loss suboptimal better index radius frozen kinks membership gradient_norm evidence reason"
    assert set(found) == {*keys.split(), "checked", "verdicts", "notes"}
    assert found["status"] == "strict minimum"
    assert found["loss"] == {"exact": "49/50", "lower": "0.98000000000000000000", "upper": "0.98000000000000000000"}
    assert (found["index"], found["suboptimal"], found["checked"]) == ([2, 0, 0], True, True)
    assert Fraction(found["better"]["loss"]["upper"]) < Fraction(4, 5)
    code, out, _ = run("critical", spec())
    assert code == 0
    assert "strict minimum" in out
    assert "accepted by the independent checker" in out


def test_a_certificate(run, spec, folder):
    code, _, _ = run("critical", spec(), "--certificate", folder / "c.json")
    assert code == 0
    code, out, _ = run("check", folder / "c.json", "--against", folder / "spec.toml")
    assert code == 0
    assert "strict minimum" in out
    document = json.loads((folder / "c.json").read_bytes())
    assert [claim["kind"] for claim in document["claims"]][:1] == ["critical-point"]


def test_refine_from_a_perturbed_point(run, spec, folder):
    moved = str(Fraction(9, 50) + Fraction(1, 2**20))
    path = spec(old="9/50", new=moved)
    found = json.loads(run("critical", path, "--json")[1])
    assert (found["status"], found["suboptimal"]) == ("not critical", True)
    code, out, _ = run("critical", path, "--refine", "--json", "--certificate", folder / "c.json")
    found = json.loads(out)
    assert (code, found["status"]) == (0, "strict minimum")
    low, high = (Fraction(found["loss"][end]) for end in ("lower", "upper"))
    assert low < Fraction(49, 50) < high
    assert high - low < Fraction(1, 10**15)
    assert run("check", folder / "c.json", "--against", path)[0] == 0


def test_better_points_from_files(run, spec, folder):
    (folder / "better.toml").write_text('W1 = [[-1]]\nW2 = [["-9/5"]]\n')
    found = json.loads(run("critical", spec(), "--better", folder / "better.toml", "--json")[1])
    assert found["better"]["loss"]["exact"] == "4/5"
    np.savez(folder / "better.npz", W1=np.array([[-1.0]]), W2=np.array([[-1.75]]))
    found = json.loads(run("critical", spec(), "--better", folder / "better.npz", "--json")[1])
    assert Fraction(found["better"]["loss"]["exact"]) < Fraction(49, 50)


def test_labels(run, spec, folder):
    network = '[network]\ninput = [1]\nlayers = [{ kind = "fully-connected", units = 2, activation = "identity" }]\n'
    values = '[parameters]\nvalues = { W1 = [[0, 0]], b1 = ["1/2", "1/2"] }\n'
    (folder / "labels.csv").write_text("1\n0\n")
    path = spec(network, '[data]\nsource = "x.csv"\nlabels = "labels.csv"\n', values)
    found = json.loads(run("critical", path, "--json")[1])
    assert found["loss"]["exact"] == "1/2"
    (folder / "Z.csv").write_text("1/2,1/2\n1/2,1/2\n")
    path = spec(network, '[data]\nsource = "x.csv"\nlabels = "labels.csv"\nclasses = "Z.csv"\n', values)
    found = json.loads(run("critical", path, "--json")[1])
    assert (found["status"], found["suboptimal"]) == ("global minimum", False)
    np.save(folder / "labels.npy", np.array([1, 0]))
    path = spec(network, '[data]\nsource = "x.csv"\nlabels = "labels.npy"\n', values)
    assert json.loads(run("critical", path, "--json")[1])["loss"]["exact"] == "1/2"


def test_kinks_are_listed(run, spec, folder):
    network = NETWORK.replace("logistic(2)", "relu")
    (folder / "x.csv").write_text("0\n3\n")
    found = json.loads(run("critical", spec(network, DATA, VALUES), "--json")[1])
    assert found["kinks"] == [{"layer": 1, "neuron": 0, "sample": 0}]
    assert found["gradient_norm"] is None


BAD = [
    ('targets = "y.csv"', "", (), "targets: missing"),
    ('targets = "y.csv"', 'targets = "z.csv"', (), "z.csv: no such file"),
    ('targets = "y.csv"', 'targets = "y.csv"\nlabels = "x.csv"', (), "both 'targets' and 'labels'"),
    ('targets = "y.csv"', 'classes = "y.csv"', (), "without 'labels'"),
    ('targets = "y.csv"', 'labels = "y.csv"', (), "labels[0] = -1; expected a class from 0 to 0"),
    ('targets = "y.csv"', 'labels = "two.csv"', (), "has shape (2, 2); expected one class for each sample"),
    ('targets = "y.csv"', 'labels = "source"', (), "has no labels; expected a file"),
    (VALUES, "", (), "parameters: missing"),
    ('W2 = [["9/50"]]', "W3 = [[1]]", (), "'W3' is no parameter of the network"),
    (', W2 = [["9/50"]]', "", (), "W2 is missing"),
    ('"9/50"', "0.18", (), 'write "0.18" or "9/50"'),
    ('"9/50"', "nan", (), "W2 holds nan"),
    ('"9/50"', "true", (), "W2 holds True"),
    ('"9/50"', '"x"', (), "W2"),
    ('"9/50"', "1, 2", (), "W2 has shape (1, 2)"),
    ("", "", ("--layer", "2"), "layer 2; expected a layer k below the output, from 1 to 1"),
    ("", "", ("--precision", "10"), "--precision is 10; expected 32 to 4096 bits"),
    ("", "", ("--precision", "100000"), "--precision is 100000"),
    ("", "", ("--freeze", "W9[0,0]"), "layer 9 has no parameters"),
    ("", "", ("--freeze", "W1"), "coordinate 'W1'; expected a name such as 'W1[0,2]'"),
    ("", "", ("--freeze", "W1[0,0]"), "no symmetry of the loss freezes W1[0,0]; here none"),
    ("", "", ("--better", "worse.toml"), "better[0]: its loss is larger by"),
    ("", "", ("--better", "none.npz"), "no such file"),
    ("", "", ("--certificate", "x.csv"), "is an input"),
]


@pytest.mark.parametrize(("old", "new", "options", "says"), BAD)
def test_one_line(run, spec, folder, old, new, options, says):
    (folder / "two.csv").write_text("1,2\n0,0\n")
    (folder / "worse.toml").write_text("W1 = [[5]]\nW2 = [[5]]\n")
    path = spec(old=old, new=new)
    before = sorted(folder.iterdir())
    code, out, err = run("critical", path, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert says in err
    assert sorted(folder.iterdir()) == before


def test_targets_of_another_shape(run, spec, folder):
    (folder / "y.csv").write_text("1,2\n3,4\n")
    code, _, err = run("critical", spec())
    assert code == 2
    assert "targets have shape (2, 2); expected (2, 1)" in err
    (folder / "y.csv").write_text("1\n2\n3\n")
    code, _, err = run("critical", spec())
    assert code == 2
    assert "targets have shape (3, 1); expected (2, m)" in err


def test_a_lying_engine_is_a_defect(run, spec, monkeypatch):
    from exactcnn.landscape.evidence import CriticalPointClaim

    honest = CriticalPointClaim.document
    monkeypatch.setattr(CriticalPointClaim, "document", lambda self: honest(self) | {"index": [0, 2, 0]})
    code, out, err = run("critical", spec(), "--json")
    assert code == 3
    assert json.loads(out)["status"] == "undecided"
    assert json.loads(out)["checked"] is False
    assert "a defect" in err


def test_terms(run, spec, folder):
    code, out, err = run("critical", spec(), "--terms", "unit")
    assert (code, err) == (0, "")
    lines = [line.split("  ", 1) for line in out.splitlines()]
    shown = {name.strip(): text.strip() for name, text in (line for line in lines if len(line) == 2)}
    assert shown["½ ‖Y‖²"] == "1"
    assert shown["less unit 0 of layer 1"] == "1/50"
    assert shown["less unit 0 of layer 2"] == "0"
    assert shown["leaves"] == "49/50: the loss, for the point is critical"
    code, out, _ = run("critical", spec(), "--terms", "layer", "--json", "--certificate", folder / "c.json")
    found = json.loads(out)["terms"]
    assert [(block["name"], block["term"]["exact"]) for block in found["blocks"]] == [
        ("layer 1", "1/50"),
        ("layer 2", "0"),
    ]
    assert (found["identity"], found["checked"], found["left"]["exact"]) == (True, True, "49/50")
    code, out, _ = run("check", folder / "c.json")
    assert code == 0
    assert "2 blocks leave 49/50 of 1, which is the loss; the parameters are critical" in out


def test_terms_that_cannot_be(run, spec):
    code, out, err = run("critical", spec(), "--terms", "neuron")
    assert (code, out) == (2, "")
    assert "'neuron' is not one of 'layer', 'unit'" in err
    code, out, err = run("critical", spec(old="logistic(2)", new="softplus"), "--terms", "layer")
    assert (code, out) == (2, "")
    assert err == "exactcnn: terms: the derivatives lie in balls; expected Q or Q(t), where projections are exact\n"


def test_terms_that_are_too_large_say_what_would_do(run, spec, folder):
    (folder / "x.csv").write_text(f"1\n{3 + Fraction(1, 2**40)}\n")
    code, out, err = run("critical", spec(old="logistic(2)", new="sigmoid"), "--terms", "layer")
    assert (code, out) == (2, "")
    assert err.startswith("exactcnn: terms: polynomials of degree ")
    assert err.endswith(": too large; expected parameters with small denominators, such as 3/8\n")


def test_terms_of_a_start_are_those_of_the_start(run, spec):
    """With --refine the point that is decided is another one; terms are about the given parameters."""
    moved = str(Fraction(9, 50) + Fraction(1, 2**20))
    code, out, _ = run("critical", spec(old="9/50", new=moved), "--refine", "--terms", "layer", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["status"] == "strict minimum"
    assert (found["terms"]["critical"], found["terms"]["identity"], found["checked"]) == (False, False, True)


def test_a_model(given, run):
    model, data = given
    for option, file in (("--labels", "labels.npy"), ("--targets", "targets.npy")):
        code, out, _ = run("critical", model, "--data", data, option, model.with_name(file), "--json")
        found = json.loads(out)
        assert (code, found["status"], found["checked"]) == (0, "not critical", True)
        assert found["notes"]
