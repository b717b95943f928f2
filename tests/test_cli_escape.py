"""The command `escape`: what it says, what it writes, and one line for everything that cannot be."""

import json

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
    line = "exactcnn: not covered: layer 1 has 1 neurons, for 2 different samples; expected at least 2, 1 more\n"
    assert run("escape", spec(1)) == (2, "", line)
    spec(4)
    line = "exactcnn: better: its loss is 377, that of the start 12.5; expected a smaller one\n"
    assert run("escape", "spec.toml", "--to", better(tmp_path / "to.toml", 4, 9)) == (2, "", line)
    code, _, err = run("escape", "spec.toml", "--to", "none.toml")
    assert (code, err.count("\n")) == (2, 1)
