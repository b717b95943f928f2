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
        (3, {"kind": "cover", "neurons": [0, 1, 2], "patches": []}, 1),
        (4, {"kind": "cover", "neurons": [0, 1, 2, 3], "patches": []}, 0),
        (4, {"kind": "cover", "neurons": [], "patches": [3, 2, 1, 0]}, 0),
        (3, {"kind": "cover", "neurons": [], "patches": [3, 2, 1]}, 1),
        (4, {"kind": "cover", "neurons": [0, 1, 2], "patches": [3]}, 1),  # misses one entry, patch 2 at neuron 3
        (4, {"kind": "cover", "neurons": [0, 2, 3], "patches": [0]}, 1),
        (4, {"kind": "cover", "neurons": [0, 1, 2, 3]}, 2),
        (4, {"kind": "cover", "neurons": [0, 1, 2, 3], "patches": None}, 2),
        (4, {"kind": "cover", "neurons": {}, "patches": [0, 1, 2, 3]}, 2),
        (4, {"kind": "cover", "neurons": [0, 1, 2, 4], "patches": []}, 2),
        (4, {"kind": "cover", "neurons": [], "patches": [0, 1, 2, 4]}, 2),
        (4, {"kind": "cover", "neurons": [], "patches": [0, 1, 2, -1]}, 2),
        (4, {"kind": "cover", "neurons": [], "patches": [0, 1, 2, True]}, 2),
        (3, {"kind": "cover", "neurons": [-1, 0, 1], "patches": []}, 2),
        (5, {"kind": "cover", "neurons": [0, 1, 2, 3, 3], "patches": []}, 2),
        (3, SHAPE, 1),
    ],
)
def test_from_above(run, diamond, upper, above, code):
    assert run(diamond, claim(3, upper, DELTA, above)).exit_code == code


def test_neurons_in_no_patch(make, run):
    document = make.instance(None, [make.convolution([[0, 1], [1, 0]], 5, "relu")], width=4)
    below = {"kind": "delta-filters", "slots": [0] * 5}
    assert run(document, claim(2, 2, below, {"kind": "cover", "neurons": [0, 1], "patches": []})).exit_code == 0
    assert run(document, claim(2, 1, below, {"kind": "cover", "neurons": [1], "patches": []})).exit_code == 1


def test_lines_that_contain_all_entries(make, run):
    """Two patches of three filters on five neurons, beside one patch with neurons to spare; and padding."""
    patches = [[1, 8, 3, 0, 2], [5, 4, 6, 3, 7], [7, 4, 3, -1, 6]]
    layer = make.convolution(patches, 3, "relu")
    document = make.instance(None, [layer], width=9)
    below = {"kind": "delta-filters", "slots": [0, 1, 2]}

    def code(upper, neurons, lines):
        return run(document, claim(7, upper, below, {"kind": "cover", "neurons": neurons, "patches": lines})).exit_code

    assert make.generic_rank(layer, 9) == 8
    assert code(8, [3, 4, 5, 6, 7], [0]) == 0
    assert code(6, [3, 4, 5, 6, 7], [0]) == 1  # a patch is as many columns as there are filters
    assert code(5, [3, 4, 5, 6, 7], []) == 1
    for missing in [3, 4, 5, 6, 7]:
        assert code(7, [j for j in [3, 4, 5, 6, 7] if j != missing], [0]) == 1
    assert code(9, [0, 1, 2, 3, 8], [1]) == 1


def test_layers_that_have_no_full_weight_matrix(make, run):
    document = make.instance(None, [make.pooling([[0]]), make.elementwise("relu")], width=1)
    for layer in (0, 1, 2, 3, -1, True):
        assert run(document, claim(0, 1, DELTA, SHAPE, layer)).exit_code == 2


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
