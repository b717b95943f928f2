"""Export: the file for Rocq, and one line where it cannot be written."""

from exactcnn.rocq.export import RocqFile
from tests.rocq.examples import certificates, file, needs_coqc


def test_the_command(run, tmp_path):
    path, target = tmp_path / "c.json", tmp_path / "c.v"
    certificates("gaps_patches.deficient_image")[0].write(path)
    code, out, err = run("export", path, "--rocq", target)
    assert (code, err) == (0, "")
    assert out == "2 theorems, 1 of 1 claims in full; `coqc c.v` proves them\n"
    assert target.read_text() == file("gaps_patches.deficient_image").text()
    code, out, err = run("export", path, "--rocq", path)
    assert code == 2
    assert err.count("\n") == 1


@needs_coqc
def test_what_rocq_says_is_said_of_so_many_claims(run, tmp_path, monkeypatch):
    path, command = tmp_path / "c.json", ("--rocq", tmp_path / "c.v", "--replay")
    certificates("gaps_patches.deficient_image")[0].write(path)
    said = "Rocq accepts 2 theorems, without axioms: 1 of 1 claims in full\n"
    assert run("export", path, *command) == (0, said, "")
    text = RocqFile.text
    monkeypatch.setattr(RocqFile, "text", lambda *given, **options: text(*given, **options) + "Qed.\n")
    code, out, err = run("export", path, *command)
    assert (code, out) == (1, "")
    assert "Error" in err
