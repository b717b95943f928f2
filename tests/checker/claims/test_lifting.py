"""Kernel vectors that lift, against elimination at random weights."""

import random

import pytest

P = 2**31 - 1
DELTA = {"kind": "delta-filters", "slots": [0]}
SAID = {"kind": "activation", "layer": 1, "holds": True}  # of relu; a bound may follow from the sizes alone


def claim(lower, upper, below, above, layer=1):
    return {
        "kind": "generic-rank",
        "layer": layer,
        "lower": lower,
        "upper": upper,
        "lower_evidence": below,
        "upper_evidence": above,
    }


def padded_image(channels, size, kernel, make, filters=1):
    """A convolution with stride 1 in which every neuron is seen through all slots of its channel."""
    reach, pad = size + kernel - 1, kernel - 1
    slots = [(c, i, j) for c in range(channels) for i in range(kernel) for j in range(kernel)]

    def neuron(c, i, j):
        return c * size**2 + i * size + j if 0 <= i < size and 0 <= j < size else -1

    patches = [[neuron(c, a + i - pad, b + j - pad) for c, i, j in slots] for a in range(reach) for b in range(reach)]
    layer = make.convolution(patches, filters, "relu")
    shape = {"grid": [reach, reach], "rows": [c for c, _, _ in slots], "offsets": [[i, j] for _, i, j in slots]}
    return make.instance(None, [layer], width=channels * size**2), layer, shape


def planted(make, modulus=101, size=3):
    """Two channels, kernel 2 x 2, one filter: f_0 = z1 z2 - 7 z1 + 4, f_1 = -2 z1 + z2 - 1; zeros (1, 3) and (2, 5).

    In GF(p)[y]/(y - 1)(y - 2) these are one zero, z1 = y and z2 = 2 y + 1.
    """
    document, layer, shape = padded_image(2, size, 2, make)
    evidence = {
        "kind": "lifting",
        **shape,
        "polynomial": ["2", str(modulus - 3), "1"],
        "shifts": [["0", "1"], ["1", "2"]],
        "filters": [["1", "0"]],
        "modulus": str(modulus),
        "weights": ["1", "-7", "0", "4", "0", "-2", "1", "-1"],
    }
    return document, layer, evidence


@pytest.mark.parametrize("modulus", [3, 7, 101, 2**61 - 1])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_lifting(make, run, modulus, size):
    document, layer, evidence = planted(make, modulus, size)
    width = (size + 1) ** 2
    assert make.generic_rank(layer, 2 * size**2) == min(2 * size**2, width - 2)
    # the Jacobian has the determinants -2 and 2 at the two zeros
    assert run(document, claim(size**2, width - 2, DELTA, evidence)).exit_code == 0
    for upper in (width - 3, width - 1):
        assert run(document, claim(size**2, upper, DELTA, evidence)).exit_code == 1


def test_altered_lifting_evidence(make, run):
    document, _, good = planted(make)

    def code(upper=14, **changes):
        return run(document, claim(9, upper, DELTA, {**good, **changes})).exit_code

    assert code() == 0
    # still true: one zero alone, another generator of the algebra, v_0 another unit, weights with these residues
    assert code(15, polynomial=["100", "1"], shifts=[["1"], ["3"]], filters=[["1"]]) == 0
    assert code(15, polynomial=["0", "1"], shifts=[["2"], ["5"]], filters=[["7"]]) == 0
    assert code(polynomial=["15", "93", "1"], shifts=[["50", "51"], ["0", "1"]]) == 0
    assert code(filters=[["5", "1"]]) == 0
    assert code(weights=["1", "94", "0", "105/1", "0", "-2", "1", "-1"]) == 0
    assert code(weights=["1", "-7", "101/2", "4", "0", "-2", "1", "-1"]) == 0
    # equations
    assert code(15, polynomial=["100", "1"], shifts=[["1"], ["4"]], filters=[["1"]]) == 1
    assert code(shifts=[["0", "1"], ["1", "3"]]) == 1
    assert code(shifts=[["1", "2"], ["0", "1"]]) == 1
    assert code(polynomial=["3", "98", "1"]) == 1
    assert code(weights=["1", "-7", "0", "5", "0", "-2", "1", "-1"]) == 1
    # independence: v_0 no unit, or both coordinates from one zero
    assert code(filters=[["0", "0"]]) == 1
    assert code(filters=[["100", "1"]]) == 1
    assert code(shifts=[["1", "0"], ["3", "0"]]) == 1
    # Jacobian: equal rows, zero weights
    assert code(weights=["0", "-2", "1", "-1", "0", "-2", "1", "-1"]) == 1
    assert code(weights=["0"] * 8) == 1
    # geometry
    assert code(rows=[0, 0, 0, 0, 1, 1, 1, 0]) == 1
    assert code(rows=[1, 1, 1, 1, 0, 0, 0, 0]) == 0
    assert code(rows=[0] * 8) == 1
    assert code(rows=[0, 1, 2, 3, 4, 5, 6, 7]) == 1
    assert code(grid=[16], offsets=[[4 * i + j] for i, j in good["offsets"]], shifts=[["0", "1"]]) == 1
    assert code(offsets=[[j, i] for i, j in good["offsets"]]) == 1
    assert code(offsets=[[i + 10**30, j] for i, j in good["offsets"]]) == 0
    assert code(offsets=[[10**30, 0], *good["offsets"][1:]]) == 1
    assert code(modulus="103", polynomial=["2", "100", "1"]) == 0
    assert code(weights=["1/101", "-7", "0", "4", "0", "-2", "1", "-1"]) == 1
    # shapes
    assert code(14, polynomial=["2", "98", "2"]) == 2
    assert code(14, polynomial=["2", "98", "102"]) == 2
    assert code(16, polynomial=["1"], shifts=[[], []], filters=[[]]) == 2
    assert code(16, polynomial=[], shifts=[[], []], filters=[[]]) == 2
    assert code(polynomial=["2", "-3", "1"]) == 2
    assert code(polynomial=["2", "98", 1]) == 2
    assert code(polynomial=["4/2", "98", "1"]) == 2
    assert code(polynomial=None) == 2
    assert code(shifts=[["0", "1"]]) == 2
    assert code(shifts=[["0", "1"], ["1", "2"], ["1", "2"]]) == 2
    assert code(shifts=[["0", "1"], ["1"]]) == 2
    assert code(shifts=[["0", "1"], ["1", "101"]]) == 2
    assert code(filters=[["1", "0"], ["1", "0"]]) == 2
    assert code(filters=[["1"]]) == 2
    assert code(filters=["10"]) == 2
    assert code(weights=["1"] * 7) == 2
    assert code(modulus="15", polynomial=["2", "12", "1"]) == 2
    assert code(modulus="2", polynomial=["0", "1", "1"]) == 2
    assert code(grid=[4, 3]) == 2
    assert code(offsets=[[0]] * 8) == 2
    assert code(more=[]) == 2
    for key in good:
        document_without = {name: value for name, value in good.items() if name != key}
        assert run(document, claim(9, 14, DELTA, document_without)).exit_code == 2


def test_a_multiple_zero_does_not_lift(make, run):
    """f_0 = z1 z2 - 1, f_1 = z1 + z2 - 2 at (1, 1): in GF(p)[y]/(y - 1)^2 all holds but for the Jacobian."""
    document, _, good = planted(make)
    evidence = {
        **good,
        "polynomial": ["1", "99", "1"],
        "shifts": [["0", "1"], ["2", "100"]],
        "weights": ["1", "0", "0", "-1", "0", "1", "1", "-2"],
    }
    assert run(document, claim(9, 14, DELTA, evidence)).exit_code == 1


@pytest.mark.parametrize(
    ("quadratic", "zero", "code"),
    [
        ((1, -3, 2), 1, 0),
        ((1, -3, 2), 2, 0),
        ((1, -2, 1), 1, 1),  # the derivative 2 z - 2 is 0 at the double zero; z - 2 is not
        ((1, -5, 0), 5, 0),  # the derivative 2 z - 5 is not 0; z - 5 is
        ((1, -3, 2), 3, 1),
    ],
)
def test_the_derivative_of_a_square(make, run, quadratic, zero, code):
    """One axis, three slots, f = a z^2 + b z + c: it lifts from its simple zeros."""
    patches = [[p + s - 2 if 0 <= p + s - 2 < 4 else -1 for s in range(3)] for p in range(6)]
    evidence = {
        "kind": "lifting",
        "grid": [6],
        "rows": [0, 0, 0],
        "offsets": [[0], [1], [2]],
        "polynomial": ["0", "1"],
        "shifts": [[str(zero)]],
        "filters": [["1"]],
        "modulus": "101",
        "weights": list(map(str, quadratic)),
    }
    document = make.instance(None, [make.convolution(patches, 1, "relu")], width=4)
    assert run(document, claim(4, 5, DELTA, evidence)).exit_code == code


def test_the_derivative_of_a_cube(make, run):
    """f = z^3 - 3 z + 2 = (z - 1)^2 (z + 2): the derivative 3 z^2 - 3 is 0 at 1, and 9 at -2."""
    patches = [[p + s - 3 if 0 <= p + s - 3 < 4 else -1 for s in range(4)] for p in range(7)]
    document = make.instance(None, [make.convolution(patches, 1, "relu")], width=4)
    for zero, code in (("1", 1), ("99", 0)):
        evidence = {
            "kind": "lifting",
            "grid": [7],
            "rows": [0] * 4,
            "offsets": [[0], [1], [2], [3]],
            "polynomial": ["0", "1"],
            "shifts": [[zero]],
            "filters": [["1"]],
            "modulus": "101",
            "weights": ["1", "0", "-3", "2"],
        }
        assert run(document, claim(4, 6, DELTA, evidence), SAID).exit_code == code


def test_incomplete_layers_do_not_lift(make, run):
    """Without padding the grid functions are no kernel vectors at the border: rank 9 of 9 columns."""
    _, _, good = planted(make)
    slots = [(c, i, j) for c in range(2) for i in range(2) for j in range(2)]
    patches = [[16 * c + 4 * (a + i) + b + j for c, i, j in slots] for a in range(3) for b in range(3)]
    layer = make.convolution(patches, 1, "relu")
    document = make.instance(None, [layer], width=32)
    evidence = {**good, "grid": [3, 3]}
    assert make.generic_rank(layer, 32) == 9
    assert run(document, claim(9, 7, DELTA, evidence)).exit_code == 1


def test_a_layer_of_padding_only_lifts(make, run):
    """No row is read: nothing is asked of the zero."""
    document = make.instance(None, [make.convolution([[-1], [-1]], 1, "relu")], width=3)
    evidence = {
        "kind": "lifting",
        "grid": [2],
        "rows": [0],
        "offsets": [[10**40]],
        "polynomial": ["1", "0", "1"],
        "shifts": [["0", "1"]],
        "filters": [["1", "0"]],
        "modulus": "7",
        "weights": ["1"],
    }
    assert run(document, claim(0, 0, DELTA, evidence)).exit_code == 0


def test_large_claims_are_refused_before_they_are_formed(make, run):
    document, _, good = planted(make)
    for k in (2**14, 10**5):
        one = ["1"] + ["0"] * (k - 1)
        evidence = {**good, "polynomial": ["0"] * k + ["1"], "shifts": [one, one], "filters": [one]}
        assert run(document, claim(9, 14, DELTA, evidence)).exit_code == 2


def test_random_zeros_are_never_given_a_wrong_bound(make, run):
    """Weights with a planted zero on random layers: what is accepted is true."""
    generator, modulus = random.Random(8), 11
    accepted = rejected = 0
    for _ in range(400):
        n, grid = generator.randrange(1, 4), generator.choice([[2], [3], [2, 2]])
        count, filters = 2 if grid == [2] else 3 if grid == [3] else 4, generator.randrange(1, 3)
        size = generator.randrange(1, 4)
        table, rows = {}, sorted(generator.randrange(size) for _ in range(size))
        rows = [sorted(set(rows)).index(r) for r in rows]
        offsets = [[generator.randrange(2) for _ in grid] for _ in rows]
        patches = []
        for p in range(count):
            position = [p] if len(grid) == 1 else [p // 2, p % 2]
            keys = [(r, *(a + b for a, b in zip(position, o, strict=True))) for r, o in zip(rows, offsets, strict=True)]
            patches.append([table.setdefault(key, generator.choice([-1, *range(n)])) for key in keys])
        if any(len(set(q) - {-1}) + q.count(-1) < size for q in patches):
            continue
        layer = make.convolution(patches, filters, "relu")
        evidence = {
            "kind": "lifting",
            "grid": grid,
            "rows": rows,
            "offsets": offsets,
            "polynomial": [str(generator.randrange(modulus)), "1"],
            "shifts": [[str(generator.randrange(modulus))] for _ in grid],
            "filters": [[str(generator.randrange(modulus))] for _ in range(filters)],
            "modulus": str(modulus),
            "weights": [str(generator.randrange(modulus)) for _ in range(size * filters)],
        }
        document, truth = make.instance(None, [layer], width=n), make.generic_rank(layer, n)
        below = {"kind": "delta-filters", "slots": [0] * filters}
        lower = len({q[0] for q in patches} - {-1})
        outcome = run(document, claim(lower, count * filters - 1, below, evidence), SAID)
        accepted, rejected = accepted + (outcome.exit_code == 0), rejected + (outcome.exit_code == 1)
        if outcome.exit_code == 0:
            assert truth <= count * filters - 1
    assert accepted > 10
    assert rejected > 10


def test_a_point_where_all_filters_vanish_gives_no_kernel(make, run):
    """It solves the equations, and the Jacobian may be surjective in the filters; its vectors are all zero."""
    line = make.convolution([[-1, 0, 2], [0, 1, 3], [1, -1, 4]], 2, "relu")
    document = make.instance(None, [line], width=5)
    evidence = {
        "kind": "lifting",
        "grid": [3],
        "rows": [0, 0, 1],
        "offsets": [[0], [1], [0]],
        "polynomial": ["6", "1"],
        "shifts": [["5"]],
        "filters": [["2"], ["1"]],
        "modulus": "11",
        "weights": ["1", "0", "0", "1", "1", "9"],
    }
    below = {"kind": "delta-filters", "slots": [2, 2]}
    assert run(document, claim(3, 5, below, evidence)).exit_code == 0
    for shift in ("0", "3", "5"):
        zero = {**evidence, "shifts": [[shift]], "filters": [["0"], ["0"]]}
        outcome = run(document, claim(3, 5, below, zero))
        assert outcome.exit_code == 1
        # f_0 = z v_0 + v_1, f_1 = v_0 - 2 v_1: their derivatives in v are dependent where -2 z - 1 is 0
        assert ("Jacobian" if shift == "5" else "not independent") in outcome.message
