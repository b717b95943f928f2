"""The command `escape`: what it says, what it writes, and one line for everything that cannot be."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest

NETWORK = """
[network]
input = [1]
activation = "relu"
layers = [
  { kind = "fully-connected", units = WIDTH },
  { kind = "fully-connected", units = 1, activation = "identity", bias = "none" },
]
[data]
source = "x.csv"
targets = "y.csv"
[parameters]
values = { W1 = [ROW], b1 = ROW, W2 = COLUMN }
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("1\n2\n")
    (tmp_path / "y.csv").write_text("3\n4\n")

    def write(width):
        text = NETWORK.replace("WIDTH", str(width)).replace("ROW", str([-1] * width))
        (tmp_path / "spec.toml").write_text(text.replace("COLUMN", str([[1]] * width)))
        return "spec.toml"

    return write


def better(path, width, value):
    row = [1] + [0] * (width - 1)
    path.write_text(f"W1 = [{row}]\nb1 = {[1] * width}\nW2 = {[[value]] + [[0]] * (width - 1)}\n")
    return path


def test_to_the_least_loss_and_to_a_point(run, spec, tmp_path):
    code, out, err = run("escape", spec(4), "--json", "--certificate", "c.json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["reaches"], found["before"], found["after"], found["falls"]) == ("outputs", "25/2", "0", True)
    assert found["segments"] == ["constant", "constant", "last-layer"]
    assert found["checked"] is True
    assert run("check", "c.json", "--against", "spec.toml")[0] == 0
    code, out, _ = run("escape", "spec.toml", "--to", better(tmp_path / "to.toml", 4, 1), "--certificate", "c.json")
    assert "ends at     the better point" in out
    assert "from 12.5 to 1" in out
    assert "a path of 5 segments" in run("check", "c.json")[1]


def test_one_line_for_what_cannot_be(run, spec, tmp_path):
    line = "exactcnn: not covered: layer 1 has 1 neuron, for 2 different samples; expected at least 2, 1 more\n"
    assert run("escape", spec(1)) == (2, "", line)
    spec(4)
    line = "exactcnn: the point to go to has the loss 377, the start 12.5; expected a smaller one\n"
    assert run("escape", "spec.toml", "--to", better(tmp_path / "to.toml", 4, 9)) == (2, "", line)
    code, _, err = run("escape", "spec.toml", "--to", "none.toml")
    assert (code, err.count("\n")) == (2, 1)


def test_files_that_are_no_parameters_are_named_once(run, spec, tmp_path):
    spec(2)
    (tmp_path / "broken.toml").write_text("W1 = [[")
    np.savez(tmp_path / "nan.npz", W1=np.array([[np.nan]]))
    said = "spec.toml: a specification; expected parameters alone, such as W1 = [[1, 2]]"
    for option in ("--to", "--along"):
        for name, message in (
            ("spec.toml", said),
            ("broken.toml", "broken.toml: not TOML: "),
            ("nan.npz", "nan.npz[W1][0, 0] is nan; expected a finite number"),
            ("none.npz", "none.npz: no such file"),
            (".", ".: no file of "),
        ):
            code, out, err = run("escape", "spec.toml", option, name)
            assert (code, out) == (2, "")
            assert err.startswith(f"exactcnn: {message}"), err


def test_a_picture_is_svg(run, spec, tmp_path):
    message = "exactcnn: --picture loss.png: pictures are SVG; expected a name that ends with .svg\n"
    assert run("escape", spec(4), "--picture", "loss.png") == (2, "", message)
    assert not (tmp_path / "loss.png").exists()


# -------------------------------------------------------------------- a path of one's own, constraints, pictures


def polyline(path, width, values, *, more=None):
    """One unit that sees both samples, the others dead; its outgoing weight takes these values."""
    count = len(values)
    arrays = {
        "W1": np.full((count, 1, width), -1),
        "b1": np.full((count, width), -1),
        "W2": np.ones((count, width, 1), dtype=int),
    }
    arrays["W2"][:, 0, 0] = values
    arrays["W1"][1:, 0, 0], arrays["b1"][1:, 0] = 1, 1
    np.savez(path, **arrays | (more or {}))
    return path


def test_along_a_path(run, spec, tmp_path):
    """The dead unit is no longer read, then it moves, then it is read again: 3 segments."""
    spec(1)
    path = polyline(tmp_path / "path.npz", 1, [0, 0, 1])
    code, out, err = run(
        "escape", "spec.toml", "--along", path, "--json", "--certificate", "c.json", "--picture", "p.svg"
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["reaches"], found["segments"]) == ("end", ["constant", "constant", "last-layer"])
    assert (found["before"], found["after"], found["losses"]) == ("25/2", "1", ["25/2", "25/2", "25/2", "1"])
    assert "a path of 3 segments" in run("check", "c.json")[1]
    assert "3 segments" in " ".join(ET.parse(tmp_path / "p.svg").getroot().itertext())
    assert "ends at     the last point of the given path" in run("escape", "spec.toml", "--along", path)[1]


def test_one_line_for_a_path_that_is_none(run, spec, tmp_path):
    spec(1)
    path = tmp_path / "path.npz"
    for arguments, more, message in [
        ([0, 0, 1], {"W2": np.ones((2, 1, 1), int)}, "path.npz: W2 has 2 points, W1 has 3; expected as many"),
        ([0, 0, 1], {"b1": np.ones((3, 2), int)}, "path.npz: point 0: b1 has shape (2,); expected (1,)"),
        ([0, 0, 1], {"W1": np.ones((1, 1), int)}, "path.npz: W1 has shape (1, 1); expected (points, 1, 1)"),
        ([0, 0, 1], {"W3": np.ones((3, 1), int)}, "path.npz: point 0: 'W3' is no parameter of the network"),
        ([0, 0, 9], None, "segment 3: the loss grows to 377; expected at most 12.5"),
        ([1, 1, 1], None, "segment 2: outputs may change with layer 1"),
        ([0], None, "the path ends at the loss 12.5; expected less"),
    ]:
        polyline(path, 1, arguments, more=more)
        code, out, err = run("escape", "spec.toml", "--along", path)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert message in err
    np.savez(path, W1=np.ones((3, 1, 1)))
    assert "point 0" in run("escape", "spec.toml", "--along", path)[2]
    for name in ("none.npz", "spec.toml", "x.csv"):
        code, _, err = run("escape", "spec.toml", "--along", name)
        assert (code, err.count("\n")) == (2, 1)
    line = "exactcnn: a better point and a path are given; expected one of them\n"
    to = better(tmp_path / "to.toml", 1, 1)
    polyline(path, 1, [0, 0, 1])
    assert run("escape", "spec.toml", "--along", path, "--to", to) == (2, "", line)


def test_under_a_constraint(run, spec, tmp_path):
    spec(3)
    code, out, err = run("escape", "spec.toml", "--constraint", "l1=3", "--certificate", "c.json", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["reaches"], found["norms"]) == ("lower", [None, "3"])
    assert "with rows of l1 norms at most 3 in layer 2" in run("check", "c.json", "--against", "spec.toml")[1]
    out = run("escape", "spec.toml", "--constraint", "l1=3", "--constraint", "hidden-l1=2")[1]
    assert "of the weights into each unit at most 2 in layer 1, 3 in layer 2" in out
    assert "ends at     a point with a smaller loss" in out


@pytest.mark.parametrize(
    ("width", "constraints", "message"),
    [
        (3, ["l1=2"], "the start: the weights into output 0 have the l1 norm 3; expected at most 2"),
        (3, ["l1=3", "hidden-l1=1"], "the start: the weights into unit 0 of layer 1 have the l1 norm 2;"),
        (3, ["l1=0"], "constraint l1 is 0; expected a positive number"),
        (3, ["l2=1"], "constraint 'l2=1'; expected l1=VALUE or hidden-l1=VALUE"),
        (3, ["hidden-l1=1"], "expected l1=VALUE too"),
    ],
)
def test_one_line_for_constraints(run, spec, width, constraints, message):
    spec(width)
    arguments = [word for text in constraints for word in ("--constraint", text)]
    code, out, err = run("escape", "spec.toml", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert message in err


def test_what_is_missing_or_in_the_way(run, spec, tmp_path):
    spec(2)
    text = (tmp_path / "spec.toml").read_text()
    (tmp_path / "no-targets.toml").write_text(text.replace('targets = "y.csv"\n', ""))
    code, _, err = run("escape", "no-targets.toml")
    assert (code, err.count("\n")) == (2, 1)
    assert "targets" in err
    code, _, err = run("escape", "spec.toml", "--picture", "x.csv")
    assert code == 2
    assert "is an input" in err
    assert (tmp_path / "x.csv").read_text() == "1\n2\n"
    code, _, err = run("escape", "spec.toml", "--picture", "c.json", "--certificate", "c.json")
    assert code == 2
    assert "expected two" in err


def test_at_a_global_minimum(run, spec, tmp_path):
    path = spec(3)
    text = (tmp_path / path).read_text()
    values = "values = { W1 = [[1, 1, 1]], b1 = [2, -9, -9], W2 = [[1], [0], [0]] }"
    (tmp_path / path).write_text(text[: text.index("values = ")] + values)
    code, out, err = run("escape", path, "--certificate", "c.json")
    assert (code, err) == (0, "")
    assert "no escape  no better point exists: the loss is 0, the least possible" in out
    assert "accepted by the independent checker" in out
    assert run("check", "c.json")[0] == 0
    assert json.loads(run("escape", path, "--json")[1])["reason"].startswith("no better point exists")
    code, _, err = run("escape", path, "--picture", "p.svg")
    assert (code, err) == (0, "exactcnn: --picture: there is no path to be drawn\n")
    assert not (tmp_path / "p.svg").exists()
