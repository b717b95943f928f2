"""Claims about patches, activations, widths, and ranks for all parameters."""

import random

import pytest


def structure(layer, holds, violation=None):
    return {"kind": "patch-structure", "layer": layer, "holds": holds, "violation": violation}


GOOD, UNCOVERED, TWINS, PADDED = [[0, 1], [1, 2]], [[0, 1], [1, 0]], [[0, 1], [1, 0], [1, 2]], [[-1, 0], [1, 2]]


@pytest.mark.parametrize(
    ("patches", "holds", "violation", "code"),
    [
        (GOOD, True, None, 0),
        (UNCOVERED, True, None, 1),
        (TWINS, True, None, 1),
        (PADDED, True, None, 1),
        (GOOD, False, {"kind": "uncovered", "neurons": [0]}, 1),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": [2]}, 0),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": [1, 2]}, 1),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": []}, 2),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": [3]}, 2),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": [-1]}, 2),
        (UNCOVERED, False, {"kind": "uncovered", "neurons": [2, 2]}, 2),
        (UNCOVERED, False, None, 2),
        (UNCOVERED, True, {"kind": "uncovered", "neurons": [2]}, 2),
        (UNCOVERED, 0, {"kind": "uncovered", "neurons": [2]}, 2),
        (TWINS, False, {"kind": "identical", "patches": [0, 1]}, 0),
        (TWINS, False, {"kind": "identical", "patches": [0, 2]}, 1),
        (TWINS, False, {"kind": "identical", "patches": [0, 0]}, 2),
        (TWINS, False, {"kind": "identical", "patches": [0]}, 2),
        (PADDED, False, {"kind": "padding", "patches": [0]}, 0),
        (PADDED, False, {"kind": "padding", "patches": [0, 1]}, 1),
        (PADDED, False, {"kind": "padding", "patches": []}, 2),
        (PADDED, False, {"kind": "ugly", "patches": [0]}, 2),
    ],
)
def test_patch_structure(make, run, patches, holds, violation, code):
    for layer in (make.convolution(patches, 2, "relu"), make.pooling(patches)):
        document = make.instance(None, [layer], count=2, width=3)
        assert run(document, structure(1, holds, violation)).exit_code == code


def test_structure_of_a_layer_without_patches(make, run):
    document = make.instance(None, [make.elementwise("relu")], width=3)
    assert run(document, structure(1, True)).exit_code == 2
    assert run(document, structure(0, True)).exit_code == 2
    assert run(document, structure(2, True)).exit_code == 2


@pytest.mark.parametrize(
    "patches",
    [
        [],
        [[]],
        [[0, 0]],
        [[0, 3]],
        [[0, -2]],
        [[0, 1], [2]],
        [[0, True]],
        [[0, 1.0]],
        [0],
        [["0"]],
        None,
        [[0, 10**20]],
    ],
)
def test_misshapen_patches(make, run, patches):
    for layer in (make.convolution(patches, 2, "relu"), make.pooling(patches)):
        assert run(make.instance(None, [layer], count=2, width=3)).exit_code == 2


def test_pooling_of_padding_only(make, run):
    assert run(make.instance(None, [make.pooling([[0, -1], [-1, -1]])], width=3)).exit_code == 2
    assert run(make.instance(None, [make.pooling([[0, -1], [1, -1]])], width=3)).exit_code == 0


# ---------------------------------------------------------------- Assumption 3.1


def different(cross, holds, pair=None):
    return {"kind": "distinct-patches", "layer": 1, "cross_position": cross, "holds": holds, "pair": pair}


@pytest.mark.parametrize(
    ("cross", "holds", "pair", "code"),
    [
        (False, True, None, 0),
        (True, True, None, 1),
        (True, False, [0, 1, 1, 0], 0),
        (True, False, [0, 0, 1, 1], 1),
        (False, False, [0, 1, 1, 0], 1),
        (True, False, [0, 1, 0, 1], 1),
        (True, False, [0, 1, 2, 0], 2),
        (True, False, [0, 2, 1, 0], 2),
        (True, False, [-2, 1, 1, 0], 2),
        (True, False, [False, 1, True, 0], 2),
        (True, False, [0, 1, 1], 2),
        (True, False, None, 2),
        (False, True, [0, 1, 1, 0], 2),
        (1, True, None, 2),
    ],
)
def test_distinct_patches(make, run, cross, holds, pair, code):
    document = make.instance([["1/2", "1", "0"], ["1", "0", "3"]], [make.convolution([[0, 1], [1, 2]], 1, "relu")])
    assert run(document, different(cross, holds, pair)).exit_code == code


def test_equal_numbers_in_different_writings_and_zero_padding(make, run):
    document = make.instance([["0", "1"], ["1", "0"]], [make.convolution([[0, -1], [-1, 1]], 1, "relu")])
    document["samples"]["values"] = ["0", "2/4", "1/2", "0"]
    # patches (0, 0), (0, 1/2) and (1/2, 0), (0, 0)
    assert run(document, different(False, True)).exit_code == 0
    assert run(document, different(True, True)).exit_code == 1
    assert run(document, different(True, False, [0, 0, 1, 1])).exit_code == 0


def test_distinct_patches_against_the_definition(make, run):
    generator = random.Random(1)
    seen = set()
    for _ in range(150):
        n, count = generator.randrange(1, 5), generator.randrange(1, 4)
        size = generator.randrange(1, n + 1)
        samples = [[generator.randrange(2) for _ in range(n)] for _ in range(count)]
        patches = [generator.sample(range(n), size) for _ in range(generator.randrange(1, 4))]
        for patch in patches:
            if generator.random() < 0.2:
                patch[0] = -1
        document = make.instance(samples, [make.convolution(patches, 1, "relu")])
        for cross in (False, True):
            pairs = [
                [i, p, j, q]
                for i in range(count)
                for j in range(count)
                for p in range(len(patches))
                for q in range(len(patches))
                if i != j
                and (cross or p == q)
                and all(
                    (samples[i][a] if a >= 0 else 0) == (samples[j][b] if b >= 0 else 0)
                    for a, b in zip(patches[p], patches[q], strict=True)
                )
            ]
            seen.add(bool(pairs))
            assert run(document, different(cross, True)).exit_code == bool(pairs)
            if pairs:
                assert run(document, different(cross, False, pairs[0])).exit_code == 0
    assert seen == {False, True}


def test_distinct_patches_are_of_layer_one_with_patches_and_samples(make, run):
    layers = [make.convolution([[0, 1]], 2, "relu"), make.convolution([[0]], 1, "relu")]
    with_samples = make.instance([["1", "2"], ["3", "4"]], layers)
    assert run(with_samples, different(True, True)).exit_code == 0
    assert run(with_samples, {**different(True, True), "layer": 2}).exit_code == 2
    assert run(make.instance(None, layers, count=2, width=2), different(True, True)).exit_code == 1
    pool = make.instance([["1", "2"], ["3", "4"]], [make.pooling([[0, 1]])])
    assert run(pool, different(True, True)).exit_code == 0
    plain = make.instance([["1", "2"], ["3", "4"]], [make.elementwise("relu")])
    assert run(plain, different(True, True)).exit_code == 2


# ---------------------------------------------------------------- Assumption 3.2

SATISFY = [
    "relu",
    "sigmoid",
    "softplus(1)",
    "softplus(1/2)",
    "silu",
    "swish(1/10)",
    "gelu",
    "mish",
    "hard-swish",
    "relu6",
    "hard-sigmoid",
    "gaussian",
    "clip(0,1)",
    "clip(-1,0)",
    "leaky-relu(0)",
]
VIOLATE = [
    "tanh",
    "erf",
    "arctan",
    "softsign",
    "hard-tanh",
    "elu(1)",
    "leaky-relu(1/100)",
    "leaky-relu(1)",
    "leaky-relu(-1)",
    "identity",
    "abs",
    "square",
    "polynomial(0)",
    "polynomial(1)",
    "polynomial(0,1)",
    "sin",
    "cos",
    "exp",
    "squared-relu",
    "log-sigmoid",
    "swish(0)",
    "swish(-1)",
    "clip(0,0)",
    "clip(-1,1)",
    "clip(1,2)",
]


@pytest.mark.parametrize("name", SATISFY + VIOLATE)
def test_assumption_3_2(make, run, name):
    document = make.instance(None, [make.elementwise(name)], width=1)
    for holds in (True, False):
        outcome = run(document, {"kind": "activation", "layer": 1, "holds": holds})
        assert outcome.exit_code == (holds != (name in SATISFY))


@pytest.mark.parametrize(
    "name",
    [
        "Relu",
        "prelu",
        "relu()",
        "relu(1)",
        "leaky-relu",
        "leaky-relu(1,2)",
        "leaky-relu(0.1)",
        "softplus",
        "softplus(0)",
        "softplus(-1)",
        "elu(-1)",
        "elu(0)",
        "clip(1,0)",
        "clip(1)",
        "polynomial",
        "polynomial()",
        "swish",
        "gelu(1)",
        "sigmoid(1/0)",
        "relu;",
        "polynomial(1,,2)",
        "",
        " relu",
        "leaky-relu( 1)",
        None,
        3,
        ["relu"],
        "leaky-relu(١)",
    ],
)
def test_unknown_activations_and_parameters(make, run, name):
    assert run(make.instance(None, [make.elementwise(name)], width=1)).exit_code == 2


def test_max_pooling_has_no_activation(make, run):
    document = make.instance(None, [make.pooling([[0]])], width=1)
    assert run(document, {"kind": "activation", "layer": 1, "holds": False}).exit_code == 2


# ---------------------------------------------------------------- width


def test_width(make, run):
    layers = [make.convolution([[0, 1], [1, 2]], 10**30, "relu"), make.pooling([[0, 5], [1, -1], [2, 3]])]
    for count, layer, holds, code in [
        (2 * 10**30, 1, True, 0),
        (2 * 10**30 + 1, 1, True, 1),
        (2 * 10**30 + 1, 1, False, 0),
        (3, 2, True, 0),
        (3, 2, False, 1),
        (4, 2, False, 0),
        (4, 3, False, 2),
        (4, 0, False, 2),
        (None, 2, True, 1),
    ]:
        document = make.instance(None, layers, count=count, width=3)
        assert run(document, {"kind": "width", "layer": layer, "holds": holds}).exit_code == code


# ---------------------------------------------------------------- rank for all parameters


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
        assert run(document, for_all(upper, classes)).exit_code == code
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
        assert run(make.instance(samples, layers), claim).exit_code == code
        assert run(make.instance(None, layers, count=3, width=2), claim).exit_code != 0
