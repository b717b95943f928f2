"""Claims about ranks for all parameters."""

import pytest

SAID = {"kind": "activation", "layer": 1, "holds": False}  # of the sine; a bound may follow from the sizes alone


def for_all(upper, classes, **changes):
    evidence = {"kind": "equal-patches", "classes": classes}
    return {"kind": "rank-for-all-parameters", "layer": 1, "upper": upper, "evidence": evidence} | changes


@pytest.mark.parametrize(
    ("upper", "classes", "code"),
    [
        (4, [[0, 1], [2]], 0),
        (6, [[0], [1], [2]], 0),
        (2, [[0, 1, 2]], 1),
        (4, [[0, 2], [1]], 1),
        (3, [[0, 1], [2]], 1),
        (2, [[0, 1]], 1),
        (0, [], 1),
        (4, [[0, 1], [2, 2]], 2),
        (4, [[0, 1], [1, 2]], 2),
        (4, [[0, 1], [3]], 2),
        (4, [[0, 1], [2], []], 2),
    ],
)
def test_equal_patches(make, run, upper, classes, code):
    samples = [["1", "1", "0"], ["2/3", "4/6", "5"]]
    patches = [[0, -1], [1, -1], [2, 0]]
    for bias in ("filter", "none"):
        document = make.instance(samples, [make.convolution(patches, 2, "sin", bias=bias)])
        assert run(document, for_all(upper, classes), SAID).exit_code == code
    per_neuron = make.instance(samples, [make.convolution(patches, 2, "sin", bias="neuron")])
    assert run(per_neuron, for_all(upper, classes)).exit_code != 0
    assert run(document, for_all(4, [[0, 1], [2]], layer=2)).exit_code == 2


@pytest.mark.parametrize(
    ("upper", "classes", "code"),
    [
        (2, [[0, 2], [1]], 0),
        (3, [[0], [1], [2]], 0),
        (1, [[0, 2], [1]], 1),
        (3, [[0, 2], [1]], 1),
        (2, [[0, 1], [2]], 1),
        (1, [[0, 2]], 1),
        (0, [], 1),
        (2, [[0, 2], [1, 1]], 2),
        (2, [[0, 2], [1, 2]], 2),
        (2, [[0, 2], [3]], 2),
    ],
)
def test_equal_samples(make, run, upper, classes, code):
    samples = [["1/2", "0"], ["1", "0"], ["2/4", "0"]]
    pool = make.pooling([[0, 1]])
    for layers, k in (([make.convolution([[0, 1]], 2, "sin")], 1), ([pool, make.convolution([[0]], 9, "relu")], 2)):
        claim = for_all(upper, classes, layer=k) | {"evidence": {"kind": "equal-samples", "classes": classes}}
        width = {"kind": "width", "layer": k, "holds": k == 2}
        assert run(make.instance(samples, layers), claim, width).exit_code == code
        assert run(make.instance(None, layers, count=3, width=2), claim).exit_code != 0


def test_equal_patches_are_of_a_convolution_in_layer_one(make, run):
    """Above layer 1 equal patches of the samples say nothing, and only filters are shared."""
    samples, convolution = [["1", "1"], ["2", "2"]], make.convolution([[0], [1]], 1, "relu", bias="filter")
    evidence = {"kind": "equal-patches", "classes": [[0, 1]]}

    def claim(k):
        return {"kind": "rank-for-all-parameters", "layer": k, "upper": 1, "evidence": evidence}

    assert run(make.instance(samples, [convolution]), claim(1)).exit_code == 0
    assert run(make.instance(samples, [make.pooling([[0], [1]])]), claim(1)).exit_code == 2
    assert run(make.instance(samples, [make.elementwise("relu"), convolution]), claim(2)).exit_code == 2
    assert run(make.instance(samples, [convolution]), claim(0)).exit_code == 2
