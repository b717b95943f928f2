"""Claims about ranks for all parameters."""

import pytest

RELATION = [{"leading": 1, "coefficients": [[0, "2"], [1, "-1"]]}]  # column 1 of the samples is twice column 0
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


def affine(upper, own=None, **changes):
    """Of layer 2: samples with a column of ones have rank 2, in place of 3."""
    own = {"kind": "relations", "axis": 1, "relations": RELATION} if own is None else own
    evidence = {"kind": "inherited", "layer": 0, "ones": True, "evidence": own} | changes
    return {"kind": "rank-for-all-parameters", "layer": 2, "upper": upper, "evidence": evidence}


SHAPE = {"kind": "shape"}


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (affine(2), 0),
        (affine(1), 1),
        (affine(3), 1),
        (affine(3, SHAPE), 0),
        (affine(2, SHAPE), 1),
        (affine(2, SHAPE, ones=False), 1),
        (affine(1, ones=False), 1),
        (affine(2, {"kind": "relations", "axis": 1, "relations": [RELATION[0] | {"leading": 2}]}), 2),
        (affine(2, {"kind": "distinct-lines", "axis": 1, "representatives": [0, 2]}), 1),
        (affine(3, SHAPE, layer=1), 0),
        (affine(2, SHAPE, layer=1), 1),
        (affine(2, SHAPE, layer=1, ones=False), 1),
        (affine(2, layer=1), 2),
        (affine(3, SHAPE, layer=2), 2),
        (affine(3, SHAPE, layer=-1), 2),
    ],
)
def test_affine_layers(make, run, claim, code):
    """Whatever the parameters, which are not given: two layers of width 4 and 5, the first one of 2 units."""
    samples = [["1", "2"], ["2", "4"], ["-1/3", "-2/3"], ["5", "10"]]
    layers = [
        make.convolution([[0, 1]], 2, "polynomial(1,3)", bias="none"),
        make.convolution([[0, 1]], 5, "identity", bias="neuron"),
    ]
    assert run(make.instance(samples, layers), claim, SAID | {"holds": False}).exit_code == code


@pytest.mark.parametrize(
    ("activations", "biases", "ones", "code"),
    [
        (["identity", "identity"], ["none", "none"], False, 0),
        (["identity", "identity"], ["none", "none"], True, 0),
        (["identity", "identity"], ["filter", "none"], True, 0),
        (["identity", "identity"], ["filter", "none"], False, 1),
        (["identity", "identity"], ["none", "neuron"], False, 1),
        (["polynomial(1,3)", "identity"], ["none", "none"], False, 1),
        (["identity", "polynomial(0,3)"], ["none", "none"], False, 0),
        (["relu", "identity"], ["none", "none"], True, 1),
        (["identity", "square"], ["none", "none"], True, 1),
        (["identity", "sigmoid"], ["none", "none"], True, 1),
    ],
)
def test_constants_and_curves(make, run, activations, biases, ones, code):
    """Zero samples but one: rank 1, or 2 with a column of ones."""
    samples = [["1"], ["0"], ["0"], ["0"]]
    layers = [
        make.convolution([[0]], 1, activations[0], bias=biases[0]),
        make.convolution([[0]], 5, activations[1], bias=biases[1]),
    ]
    own = {"kind": "distinct-lines", "axis": 1, "representatives": [0, 1] if ones else [0]}
    claim = affine(1 + ones, own, ones=ones)
    assert run(make.instance(samples, layers), claim).exit_code == code
    assert run(make.instance(None, layers, count=4, width=1), claim).exit_code == 1
    by_width = affine(1 + ones, SHAPE, layer=1, ones=ones)
    expected = 0 if activations[1] in ("identity", "polynomial(0,3)") and (ones or biases[1] == "none") else 1
    assert run(make.instance(None, layers, count=4, width=1), by_width).exit_code == expected
    assert run(make.instance(None, layers, count=None, width=1), by_width).exit_code == 1


def test_a_maximum_is_not_affine(make, run):
    layers = [make.pooling([[0, 1]]), make.convolution([[0]], 5, "identity", bias="none")]
    samples = [["1", "2"], ["2", "4"], ["3", "6"]]
    assert run(make.instance(samples, layers), affine(2)).exit_code == 1
    assert run(make.instance(samples, layers), affine(1, SHAPE, layer=1, ones=False)).exit_code == 0
