"""crosscheck: a model, a matrix, a page; what does not fit is one line."""

import json


def test_crosscheck(given, run, refused, folder):
    model, data = given
    page, certificate = model.with_name("page.html"), model.with_name("x.json")
    code, out, err = run(
        *("crosscheck", model, "--data", data, "--json", "--html", page, "--certificate", certificate, "--check")
    )
    found = json.loads(out)
    assert (code, err, found["checked"], len(found["layers"])) == (0, "", True, 3)
    assert {*found["layers"][0]} == {
        *("layer", "name", "shape", "domain", "lower", "upper", "sigma_max", "sigma_min", "sigma_rank", "floats"),
        *("reason", "sentence", "checked"),
    }
    assert "<svg" in page.read_text()
    assert run("check", certificate)[0] == 0
    code, out, _ = run("crosscheck", model, "--data", data)
    assert code == 0
    assert "every float rank agrees" in out
    (folder / "m.csv").write_text("1,1/3\n3,1\n")
    code, out, _ = run("crosscheck", folder / "m.csv")
    assert code == 0
    assert "the matrix: rank exactly 1" in out
    refused("crosscheck", folder / "m.csv", "--data", data, says="beside a matrix")
    refused("crosscheck", model, says="expected data (for a model --data FILE)")
    refused("crosscheck", model, "--data", data, "--html", "no/where.html", says="no such folder")
    refused("crosscheck", model, "--data", data, "--html", data, says=f"page {data}: {data} is an input")
    refused("crosscheck", model, "--data", data, "--html", ".", says="page '.' is a folder")
    both = folder / "both"
    refused("crosscheck", model, "--data", data, "--html", both, "--certificate", both, says="are the same file")
    assert not both.exists()
    (folder / "tiny.pth").write_bytes(b"")
    refused("crosscheck", folder / "tiny.pth", says="tiny.pth: weights without layers; expected a specification")
