"""Zero blocks: every obligation by a certificate that violates only it, and ranks by many digits."""

import itertools
import random

import pytest

# sigmoid of these: columns 0 and 1 are constant, and column 3 is one minus column 2
ROWS = [
    ["1", "2", "3", "-3"],
    ["1", "2", "0", "0"],
    ["1", "2", "-1/2", "1/2"],
    ["1", "2", "5", "-5"],
    ["1", "2", "7", "-7"],
]


def line(leading, *pairs):
    return {"leading": leading, "coefficients": [[i, str(c)] for i, c in pairs]}


def block(rows, columns, **more):
    return {"kind": "zero-block", "rows": list(rows), "columns": list(columns), **more}


DIFFERENCES = [line(i, (0, 1), (i, -1)) for i in (1, 2, 3, 4)]
CONSTANT = [line(0, (0, 1)), line(1, (1, 1)), line(2, (2, 1), (3, 1))]


def outcome(make, run, evidence, upper, rows=ROWS, activation="sigmoid"):
    document = make.instance(rows, [make.elementwise(activation)])
    said = {"kind": "width", "layer": 1, "holds": len(rows[0]) >= len(rows)}
    return run(document, make.rank(1, 0, upper, make.NONE, evidence), said)


def test_a_block_of_constant_columns(make, run):
    """5 + 4 - 4 - 3 = 2: the constant, and column 2."""
    document = make.instance(ROWS, [make.elementwise("sigmoid")])
    assert make.numeric_rank(make.numeric_features(document, 1)) == 2
    assert outcome(make, run, block(DIFFERENCES, CONSTANT), 2).exit_code == 0


@pytest.mark.parametrize(
    ("rows", "columns", "upper", "code"),
    [
        (DIFFERENCES, CONSTANT, 1, 1),  # more than it proves
        (DIFFERENCES, CONSTANT, 3, 1),  # less than it proves
        (DIFFERENCES[1:], CONSTANT, 3, 0),
        (DIFFERENCES, CONSTANT[1:], 3, 0),
        (DIFFERENCES, [*CONSTANT[:2], line(2, (2, 1), (3, -1))], 2, 1),  # one column is not annihilated
        (DIFFERENCES, [*CONSTANT[:2], line(2, (2, 1))], 2, 1),
        ([*DIFFERENCES[:3], line(4, (0, 1), (4, -2))], CONSTANT, 2, 1),  # one row does not annihilate
        ([*DIFFERENCES[:3], line(4, (4, 1))], CONSTANT, 2, 1),
        ([*DIFFERENCES, line(4, (1, 1), (4, -1))], CONSTANT, 1, 2),  # the same leading row
        ([*DIFFERENCES, line(0, (0, 1), (1, -1))], CONSTANT, 1, 2),  # dependent: a leading row in another one
        (DIFFERENCES, [*CONSTANT, line(2, (2, 2), (3, 2))], 1, 2),
        (DIFFERENCES, [*CONSTANT, line(3, (2, 1), (3, 1))], 1, 2),
        (DIFFERENCES, [*CONSTANT, line(3, (0, 1), (3, 0))], 1, 2),  # a zero coefficient
        (DIFFERENCES, [*CONSTANT, line(3)], 1, 2),  # the combination without terms
        (DIFFERENCES, [*CONSTANT, line(3, (0, 1))], 1, 2),  # its leading column does not occur
        (DIFFERENCES, [*CONSTANT[:2], line(2, (2, 1), (3, 1), (3, 1))], 2, 2),  # a column twice
        (DIFFERENCES, [*CONSTANT[:2], line(4, (4, 1))], 2, 2),  # no such column
        ([*DIFFERENCES[:3], line(5, (0, 1), (5, -1))], CONSTANT, 2, 2),  # no such row
        ([*DIFFERENCES[:3], line(-1, (0, 1), (-1, -1))], CONSTANT, 2, 2),
        ([], CONSTANT, 6, 2),  # empty sides
        (DIFFERENCES, [], 5, 2),
        ([], [], 9, 2),
        (None, CONSTANT, 6, 2),
        ([line(i, (i, 1)) for i in range(5)], [line(i, (i, 1)) for i in range(4)], 0, 1),  # all of F is not zero
    ],
)
def test_obligations(make, run, rows, columns, upper, code):
    evidence = block(rows or [], columns) if rows is not None else {**block([], columns), "rows": None}
    assert outcome(make, run, evidence, upper).exit_code == code


def test_the_entry_that_fails_is_named(make, run):
    evidence = block([DIFFERENCES[0], line(4, (4, 1))], CONSTANT)
    assert "row 1 and column 0 of the zero block: the entry is not zero" in outcome(make, run, evidence, 4).message


@pytest.mark.parametrize("axis", [0, 1])
def test_the_relation_that_fails_is_named(make, run, axis):
    """Between lines 0 and 1, which are equal, and then between 1 and 2, which are not."""
    rows = [["1", "1", "3"], ["1", "1", "3"], ["4", "4", "5"]]
    relations = [line(0, (0, 1), (1, -1)), line(2, (1, 1), (2, -1))]
    evidence = {"kind": "relations", "axis": axis, "relations": relations}
    assert "relation 1 does not hold" in outcome(make, run, evidence, 1, rows).message


@pytest.mark.parametrize("more", [{"axis": 0}, {"modulus": "7"}])
def test_fields(make, run, more):
    assert outcome(make, run, block(DIFFERENCES, CONSTANT, **more), 2).exit_code == 2
    for name in ("rows", "columns"):
        evidence = block(DIFFERENCES, CONSTANT)
        del evidence[name]
        assert outcome(make, run, evidence, 2).exit_code == 2


def test_all_of_a_zero_matrix(make, run):
    whole = block([line(0, (0, 1)), line(1, (1, 1))], [line(0, (0, 1))])
    assert outcome(make, run, whole, 0, [["0"], ["0"]], "tanh").exit_code == 0
    assert outcome(make, run, whole, 0, [["0"], ["0"]], "sigmoid").exit_code == 1


@pytest.mark.parametrize(
    ("activation", "code"),
    [("relu", 1), ("identity", 1), ("sigmoid", 0), ("tanh", 0), ("gelu", 1), ("cos", 1), ("mish", 1)],
)
def test_where_values_have_names(make, run, activation, code):
    """Columns 0 and 1 are constant under any function, but over Q relations say so; s(z) + s(-z) is for two."""
    assert outcome(make, run, block(DIFFERENCES, CONSTANT), 2, activation=activation).exit_code == code
    simple = outcome(make, run, block(DIFFERENCES, CONSTANT[:2]), 3, activation=activation)
    assert simple.exit_code == (1 if activation in ("relu", "identity") else 0)


def test_above_affine_layers_only(make, run):
    layers = [make.elementwise("sigmoid"), make.elementwise("polynomial(1,2)")]
    claim = make.rank(2, 0, 3, make.NONE, block(DIFFERENCES, CONSTANT[:2]))
    said = {"kind": "width", "layer": 1, "holds": False}
    assert run(make.instance(ROWS, layers), claim, said).exit_code == 0
    for above in ("relu", "sigmoid", "gelu", "square"):
        assert run(make.instance(ROWS, [layers[0], make.elementwise(above)]), claim, said).exit_code == 1
    twice = make.instance(ROWS, [make.elementwise("gelu"), layers[1]])
    assert run(twice, claim, said).exit_code == 0
    assert run(make.instance(ROWS, [make.elementwise("exp"), make.elementwise("erf")]), claim, said).exit_code == 1


def test_samples_are_needed(make, run):
    document = make.instance(None, [make.elementwise("sigmoid")], count=5, width=4)
    said = {"kind": "width", "layer": 1, "holds": False}
    assert run(document, make.rank(1, 0, 2, make.NONE, block(DIFFERENCES, CONSTANT)), said).exit_code == 1


def test_what_is_accepted_is_true(make, run):
    """Random combinations of these matrices: whatever passes bounds the rank."""
    generator, accepted = random.Random(5), 0
    for activation in ("sigmoid", "tanh", "silu", "gelu"):
        rows = [["1", "-1", generator.choice(["0", "2"]), "1"] for _ in range(3)]
        document = make.instance(rows, [make.elementwise(activation)])
        rank = make.numeric_rank(make.numeric_features(document, 1))
        combinations = [[(0, 1)], [(0, 1), (1, 1)], [(0, 1), (1, -1)], [(0, 1), (3, -1)], [(2, 1)], [(1, 1), (2, -1)]]
        lines = [line(pairs[0][0], *pairs) for pairs in combinations]
        above = [each for each in lines if each["coefficients"][-1][0] < 3]
        for left, right in itertools.product(([each] for each in above), ([each] for each in lines)):
            if outcome(make, run, block(left, right), 5, rows, activation).exit_code == 0:
                accepted += 1
                assert rank <= 5
            full = [line(i, (i, 1)) for i in range(3)]
            if outcome(make, run, block(full, right), 3, rows, activation).exit_code == 0:
                accepted += 1
                assert rank <= 3
    assert accepted > 5


def large(make, count, width, terms):
    rows = [[f"{i + 2 * j}/7" for j in range(width)] for i in range(count)]
    left = [line(i, (i, 1), *((j, j + 2) for j in range(terms, 2 * terms))) for i in range(terms)]
    right = [line(i, (i, 1), *((j, j + 1) for j in range(terms, 2 * terms))) for i in range(terms)]
    upper = count + width - 2 * terms
    return make.instance(rows, [make.elementwise("mish")]), make.rank(1, 0, upper, make.NONE, block(left, right))


def test_work_is_paid_before_it_is_done(make, run, monkeypatch):
    """Blocks of many combinations of many lines are refused before a sum is formed."""
    from exactcnn.checker.claims import zero_blocks

    instance, claim = large(make, 20, 20, 5)
    assert run(instance, claim).exit_code == 1
    calls = []
    monkeypatch.setattr(zero_blocks, "_combined", lambda _: calls.append(1))
    instance, claim = large(make, 150, 150, 45)
    refused = run(instance, claim)
    assert refused.exit_code == 2
    assert "entries of a block: about" in refused.message
    assert not calls
