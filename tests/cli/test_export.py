"""Export: the file for Rocq, and one line where it cannot be written."""

from tests.rocq.examples import certificates, file


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
