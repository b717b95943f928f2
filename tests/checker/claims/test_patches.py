"""Claims about patches: the conditions of Section 2, and Assumption 3.1."""

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
        ([[0]], True, None, 1),  # of three neurons
        ([[0, -1], [1, 2]], True, None, 1),
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


@pytest.mark.parametrize("patches", [[[0]], [[0, -1]], [[-1, 0]], [[0], [0]], [[0, -1], [-1, 0]]])
def test_a_neuron_in_no_patch_is_a_violation(make, run, patches):
    """On two neurons: padding is none of them, and does not make up for the one that is left out."""
    for layer in (make.convolution(patches, 1, "relu"), make.pooling(patches)):
        assert run(make.instance(None, [layer], width=2), structure(1, True)).exit_code == 1
        violation = {"kind": "uncovered", "neurons": [1]}
        assert run(make.instance(None, [layer], width=2), structure(1, False, violation)).exit_code == 0
    whole = [[0], [1]]
    assert run(make.instance(None, [make.convolution(whole, 1, "relu")], width=2), structure(1, True)).exit_code == 0


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
    padded = structure(1, False, {"kind": "padding", "patches": [0]})
    assert run(make.instance(None, [make.pooling([[0, -1], [-1, -1]])], width=3), padded).exit_code == 2
    assert run(make.instance(None, [make.pooling([[0, -1], [1, -1]])], width=3), padded).exit_code == 0


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


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("index", [-1, 2, True, "0", None])
def test_indices_of_a_pair(make, run, place, index):
    """The same patch of the last sample, or the last patch of the same sample, is what -1 would mean in Python."""
    document = make.instance([["1", "1"], ["1", "1"]], [make.convolution([[0], [1]], 1, "relu")])
    pair = [0, 0, 1, 1]
    assert run(document, different(True, False, pair)).exit_code == 0
    pair[place] = index
    assert run(document, different(True, False, pair)).exit_code == 2
