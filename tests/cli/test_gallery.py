"""The command `gallery`: exit codes, one line for bad input, JSON, pictures and certificates."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from exactcnn.checker import check
from exactcnn.cli import app
from exactcnn.gallery import linear_networks, registry


def gallery(*arguments):
    return CliRunner().invoke(app, ["gallery", *map(str, arguments)])


def test_pieces_are_shown():
    found = gallery("linear-cnn-3", "kawaguchi-3")
    assert found.exit_code == 0
    assert "9/8" in found.stdout
    assert "not a minimum" in found.stdout
    assert "2 of 2 pieces as promised" in found.stdout


def test_json_is_one_object():
    found = gallery("li-ding-sun-2", "--json")
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    (only,) = document["pieces"]
    assert document["checked"] is True
    assert (only["id"], only["status"], only["loss"]["exact"]) == ("li-ding-sun-2", "strict minimum", "49/50")
    assert (only["better"]["exact"], only["evidence"], only["basins"]) == ("4/5", ["hessian", "basin"], 1)
    assert only["failures"] == []


def test_unknown_piece_is_one_line_and_exit_code_2():
    command = [sys.executable, "-c", "from exactcnn.cli import main; main()", "gallery", "swirszcz-5"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "exactcnn: piece 'swirszcz-5' is not known; the nearest is 'swirszcz-4'\n"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_broken_promise_is_exit_code_1(monkeypatch, form):
    (piece,) = registry.select(["linear-cnn-3"])
    monkeypatch.setattr(linear_networks, "PIECES", (replace(piece, loss="1"),))
    found = gallery("linear-cnn-3", *form)
    assert found.exit_code == 1
    assert "loss is 9/8; expected 1" in " ".join(found.stdout.split())


def test_pictures_and_certificates(tmp_path):
    pictures, certificates = tmp_path / "deep" / "pictures", tmp_path / "certificates"
    found = gallery("kawaguchi-2", "auer-1", "xor-stuck", "--picture", pictures, "--certificate", certificates)
    assert found.exit_code == 0
    assert sorted(file.name for file in pictures.iterdir()) == ["auer-1.svg", "kawaguchi-2.svg", "xor-stuck.svg"]
    svg = (pictures / "auer-1.svg").read_text(encoding="utf-8")
    assert "auer-1" in svg
    assert "W1[0,0] from -2.625 to 5.375" in svg
    assert sorted(file.stem for file in certificates.iterdir()) == ["auer-1", "kawaguchi-2", "xor-stuck"]
    for file in certificates.iterdir():
        assert check(file).exit_code == 0


def test_a_file_in_place_of_a_folder(tmp_path):
    file = tmp_path / "taken"
    file.write_text("", encoding="utf-8")
    for option in ("--picture", "--certificate"):
        command = [sys.executable, "-c", "from exactcnn.cli import main; main()", "gallery", "kink", option, str(file)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.startswith(f"exactcnn: {option}: ")
        assert found.stderr.count("\n") == 1
