"""Weights: U_k in symbols."""

from tests.cli.given import spec


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
