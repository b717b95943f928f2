"""Kernel vectors given by determinants, against elimination at random weights."""

import itertools
import random

import pytest
from flint import nmod_poly

from exactcnn.checker.claims.determinants import determinant

P = 2**31 - 1
DELTA = {"kind": "delta-filters", "slots": [0]}


def claim(lower, upper, below, above, layer=1):
    return {
        "kind": "generic-rank",
        "layer": layer,
        "lower": lower,
        "upper": upper,
        "lower_evidence": below,
        "upper_evidence": above,
    }


def image(channels, size, kernel, filters, make):
    """A stride-1 convolution over a square image, and the data of its determinantal kernel vectors."""
    reach = size - kernel + 1
    patches = [
        [
            c * size * size + (r + i) * size + s + j
            for c in range(channels)
            for i in range(kernel)
            for j in range(kernel)
        ]
        for r in range(reach)
        for s in range(reach)
    ]
    slots = [(c, i, j) for c in range(channels) for i in range(kernel) for j in range(kernel)]
    generator = random.Random(3)
    free = reach - channels * (kernel - 1)
    evidence = {
        "kind": "determinantal",
        "grid": [reach, reach],
        "rows": [c for c, _, _ in slots],
        "offsets": [[i, j] for _, i, j in slots],
        "vectors": [{"filters": list(range(channels + 1)), "shift": [a, b]} for a in range(free) for b in range(free)],
        "modulus": str(P),
        "weights": [str(generator.randrange(1000)) for _ in range(len(slots) * filters)],
    }
    layer = make.convolution(patches, filters, "relu")
    return make.instance(None, [layer], width=channels * size * size), layer, evidence


@pytest.mark.parametrize(
    ("channels", "size", "kernel"), [(1, 3, 2), (1, 4, 2), (1, 5, 3), (2, 4, 2), (3, 5, 2), (2, 6, 2)]
)
def test_determinantal(make, run, channels, size, kernel):
    document, layer, evidence = image(channels, size, kernel, channels + 1, make)
    width = len(layer["patches"]) * layer["filters"]
    upper = width - len(evidence["vectors"])
    assert len(evidence["vectors"]) > 0
    assert make.generic_rank(layer, channels * size * size) == upper
    below = {"kind": "delta-filters", "slots": [0] * layer["filters"]}
    lower = len(layer["patches"])
    assert run(document, claim(lower, upper, below, evidence)).exit_code == 0
    assert run(document, claim(lower, upper - 1, below, evidence)).exit_code == 1


def altered(evidence, **changes):
    return {**evidence, **changes}


def test_altered_determinantal_evidence(make, run):
    document, layer, good = image(1, 4, 2, 3, make)
    below = {"kind": "delta-filters", "slots": [0, 0, 0]}
    vectors = [*good["vectors"]]
    assert len(vectors) == 4

    def code(**changes):
        evidence = altered(good, **changes)
        return run(document, claim(9, 27 - len(evidence["vectors"]), below, evidence)).exit_code

    assert code() == 0
    more = [{"filters": [0, 2], "shift": [a, b]} for a in range(2) for b in range(2)]
    assert code(vectors=vectors + more) == 0
    third = [{"filters": [1, 2], "shift": [a, b]} for a in range(2) for b in range(2)]
    # the three families satisfy relations in higher degrees only
    assert code(vectors=vectors + more + third) == (0 if make.generic_rank(layer, 16) <= 27 - 12 else 1)
    assert code(vectors=[{"filters": [0, 1], "shift": [2, 0]}]) == 1
    assert code(vectors=[vectors[0], vectors[0]]) == 2
    assert code(vectors=[{"filters": [1, 0], "shift": [0, 0]}]) == 2
    assert code(vectors=[{"filters": [0, 0], "shift": [0, 0]}]) == 2
    assert code(vectors=[{"filters": [0, 1, 2], "shift": [0, 0]}]) == 2
    assert code(vectors=[{"filters": [0, 3], "shift": [0, 0]}]) == 2
    assert code(vectors=[{"filters": [0, 1], "shift": [-1, 0]}]) == 2
    assert code(vectors=[{"filters": [0, 1], "shift": [0]}]) == 2
    assert code(vectors=[]) == 0
    assert code(grid=[9]) == 2
    assert code(grid=[9, 1]) == 1
    assert code(grid=[3, 4]) == 2
    assert code(grid=[]) == 2
    assert code(rows=[0, 0, 0, 1]) == 2  # then a vector needs three filters
    assert code(rows=[1, 1, 1, 1]) == 2
    assert code(rows=[0, 0, 0]) == 2
    assert code(rows=[0, 0, 0, -1]) == 2
    assert code(offsets=[[0, 0], [1, 0], [0, 1], [1, 1]]) == 1
    assert code(offsets=[[0, 0], [0, 1], [1, 0], [1, -1]]) == 2
    assert code(offsets=[[0, 0], [0, 1], [1, 0], [1, 10**9]]) == 1
    assert code(weights=["0"] * 12) == 1
    assert code(weights=["1"] * 11) == 2
    assert code(modulus="1") == 2


def test_determinantal_on_a_layer_that_is_not_invariant(make, run):
    document, layer, evidence = image(1, 3, 2, 2, make)
    layer["patches"][3][3], layer["patches"][3][2] = layer["patches"][3][2], layer["patches"][3][3]
    below = {"kind": "delta-filters", "slots": [0, 0]}
    assert make.generic_rank(layer, 9) == 8
    assert run(document, claim(4, 7, below, evidence)).exit_code == 1


def test_padding_that_is_invariant(make, run):
    # a 2x2 image with padding 1 and 2x2 filters, as a window on a 4x4 image whose frame is padding
    document, layer, evidence = image(1, 4, 2, 2, make)
    frame = {(r, c): -1 for r in range(4) for c in range(4)} | {(1, 1): 0, (1, 2): 1, (2, 1): 2, (2, 2): 3}
    layer["patches"][:] = [[frame[divmod(n, 4)] for n in patch] for patch in layer["patches"]]
    document["input_width"] = 4
    assert run(document, claim(4, 14, {"kind": "delta-filters", "slots": [0, 1]}, evidence)).exit_code == 0
    assert make.generic_rank(layer, 4) == 4


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("p", [3, 101])
def test_elimination_against_the_definition(order, p):
    """Polynomials of small degree, with zeros and constants among the pivots."""
    generator = random.Random(order)
    vanished = 0
    for _ in range(60):
        matrix = [
            [nmod_poly([generator.randrange(p) for _ in range(generator.randrange(3))], p) for _ in range(order)]
            for _ in range(order)
        ]
        total = nmod_poly([0], p)
        for permutation in itertools.permutations(range(order)):
            inversions = sum(a > b for a, b in itertools.combinations(permutation, 2))
            term = nmod_poly([(-1) ** inversions % p], p)
            for row, column in enumerate(permutation):
                term *= matrix[row][column]
            total += term
        found = determinant(matrix, nmod_poly([1], p))
        assert found == total
        vanished += total.degree() < 0
    assert 0 < vanished < 60
