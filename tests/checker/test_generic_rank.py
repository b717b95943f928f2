"""Claims about the generic rank of U: every kind of evidence, against elimination at random weights."""

import random

import pytest

P = 2**31 - 1
DIAMOND = [[0, 1], [0, 2], [1, 3], [2, 3]]  # 4 neurons, one filter of two slots: rank 3


def claim(lower, upper, below, above, layer=1):
    return {
        "kind": "generic-rank",
        "layer": layer,
        "lower": lower,
        "upper": upper,
        "lower_evidence": below,
        "upper_evidence": above,
    }


def witness(weights, rows, columns, modulus=P):
    return {
        "kind": "modular-witness",
        "modulus": str(modulus),
        "weights": [str(w) for w in weights],
        "rows": rows,
        "columns": columns,
    }


def syzygies(vectors, weights, modulus=P):
    vectors = [[[h, [[e, str(c)] for e, c in terms]] for h, terms in vector] for vector in vectors]
    return {"kind": "syzygies", "vectors": vectors, "modulus": str(modulus), "weights": [str(w) for w in weights]}


SHAPE = {"kind": "shape"}
DELTA = {"kind": "delta-filters", "slots": [0]}
# columns c_p of U with weights a, b: a (c_0 - c_1) = b (c_3 - c_2), with signs as below
RELATION = [(0, [([0], 1)]), (1, [([0], -1)]), (2, [([1], -1)]), (3, [([1], 1)])]


@pytest.fixture
def diamond(make):
    return make.instance(None, [make.convolution(DIAMOND, 1, "relu")], width=4)


@pytest.mark.parametrize(
    ("lower", "below", "code"),
    [
        (3, witness([2, 3], [0, 1, 2], [0, 1, 2]), 0),
        (3, witness(["1/2", "-3"], [3, 1, 2], [3, 1, 2]), 0),
        (3, witness(["1/7", "3"], [0, 1, 2], [0, 1, 2], 7), 1),
        (3, witness([0, 0], [0, 1, 2], [0, 1, 2]), 1),
        (4, witness([2, 3], [0, 1, 2, 3], [0, 1, 2, 3]), 1),
        (2, witness([2, 3], [0, 1, 2], [0, 1, 2]), 1),
        (3, witness([2], [0, 1, 2], [0, 1, 2]), 2),
        (3, witness([2, 3], [0, 1, 1], [0, 1, 2]), 2),
        (3, witness([2, 3], [0, 1, 4], [0, 1, 2]), 2),
        (3, witness([2, 3], [0, 1, 2], [0, 1, 4]), 2),
        (3, witness([2, 3], [0, 1, 2], [0, 1]), 2),
        (3, witness([2, 3], [0, 1, 2], [0, 1, 2], 15), 2),
        (0, witness([2, 3], [], []), 2),
        (2, DELTA, 1),
        (3, DELTA, 0),
        (3, {"kind": "delta-filters", "slots": [1]}, 0),
        (3, {"kind": "delta-filters", "slots": [2]}, 2),
        (3, {"kind": "delta-filters", "slots": [0, 1]}, 2),
        (3, {"kind": "delta-filters", "slots": [-1]}, 2),
        (0, {"kind": "none"}, 2),
    ],
)
def test_from_below(run, diamond, lower, below, code):
    assert run(diamond, claim(lower, 4, below, SHAPE)).exit_code == code


@pytest.mark.parametrize(
    ("upper", "above", "code"),
    [
        (3, syzygies([RELATION], [2, 3]), 0),
        (3, syzygies([[(h, [(e, f"{c}/3") for e, c in terms]) for h, terms in RELATION]], [2, 3]), 0),
        (3, syzygies([RELATION], [0, 0]), 1),  # zero at these weights: independence is not shown
        (3, syzygies([RELATION[:3]], [2, 3]), 1),
        (2, syzygies([RELATION, RELATION], [2, 3]), 1),
        (2, syzygies([RELATION, [(h, [([*e, 1], c) for e, c in terms]) for h, terms in RELATION]], [2, 3]), 1),
        (3, syzygies([[]], [2, 3]), 2),
        (3, syzygies([[(0, [])]], [2, 3]), 1),
        (4, syzygies([], [2, 3]), 0),
        (3, syzygies([[*RELATION, RELATION[0]]], [2, 3]), 2),
        (3, syzygies([[(4, [([0], 1)])]], [2, 3]), 2),
        (3, syzygies([[(0, [([2], 1)])]], [2, 3]), 2),
        (3, syzygies([[(0, [([1, 0], 1)])]], [2, 3]), 2),
        (3, syzygies([[(0, [([0], 1), ([0], 0)])]], [2, 3]), 2),
        (3, syzygies([RELATION], [2, 3], 4), 2),
        (3, {"kind": "uncovered", "neurons": [0]}, 1),
        (3, SHAPE, 1),
    ],
)
def test_from_above(run, diamond, upper, above, code):
    assert run(diamond, claim(3, upper, DELTA, above)).exit_code == code


def test_uncovered_neurons(make, run):
    document = make.instance(None, [make.convolution([[0, 1], [1, 0]], 5, "relu")], width=4)
    below = {"kind": "delta-filters", "slots": [0] * 5}
    assert run(document, claim(2, 2, below, {"kind": "uncovered", "neurons": [2, 3]})).exit_code == 0
    assert run(document, claim(2, 1, below, {"kind": "uncovered", "neurons": [1, 2, 3]})).exit_code == 1
    assert run(document, claim(2, 2, below, {"kind": "uncovered", "neurons": [2, 2]})).exit_code == 2
    assert run(document, claim(2, 2, below, {"kind": "uncovered", "neurons": [2, 4]})).exit_code == 2


def test_layers_that_have_no_full_weight_matrix(make, run):
    document = make.instance(None, [make.pooling([[0]]), make.elementwise("relu")], width=1)
    for layer in (0, 1, 2, 3, -1, True):
        assert run(document, claim(0, 1, DELTA, SHAPE, layer)).exit_code == 2


# ---------------------------------------------------------------- determinantal


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


def test_random_structures_are_never_given_a_wrong_bound(make, run):
    """Whatever vectors are written down: what is accepted is true."""
    generator = random.Random(5)
    accepted = 0
    for _ in range(300):
        n = generator.randrange(2, 5)
        patches = [generator.sample(range(n), 2) for _ in range(generator.randrange(2, 5))]
        layer = make.convolution(patches, 1, "relu")
        document = make.instance(None, [layer], width=n)
        truth = make.generic_rank(layer, n)
        vector = [(p, [([generator.randrange(2)], generator.choice([1, -1]))]) for p in range(len(patches))]
        outcome = run(document, claim(truth, len(patches) - 1, DELTA, syzygies([vector], [2, 3])))
        if outcome.exit_code == 0:
            accepted += 1
            assert truth <= len(patches) - 1
    assert accepted > 0
