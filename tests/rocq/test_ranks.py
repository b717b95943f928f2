"""Witnesses for ranks of rational matrices: they must be right before Rocq sees them."""

import random
from fractions import Fraction

import pytest

from exactcnn.rocq.ranks import _by_lines, _by_relations, elimination_order, factors, minor_theorem, rank_theorems
from exactcnn.rocq.text import NoRocqForm


def test_elimination_in_the_order_found_never_meets_a_zero():
    draw, p = random.Random(0), 101
    for n in range(1, 8):
        lower = [[draw.randrange(p) if j < i else int(i == j) for j in range(n)] for i in range(n)]
        upper = [[draw.randrange(p) if j > i else int(i == j) for j in range(n)] for i in range(n)]
        regular = [[sum(a * upper[k][j] for k, a in enumerate(row)) % p for j in range(n)] for row in lower]
        draw.shuffle(regular)
        left = [list(regular[i]) for i in elimination_order(regular, p)]
        for step in range(n):
            assert left[step][step] % p
            for row in left[step + 1 :]:
                factor = row[step] * pow(left[step][step], -1, p)
                row[:] = [(x - factor * y) % p for x, y in zip(row, left[step], strict=True)]


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_are_combinations_of_those_kept(axis):
    rows = [[Fraction(x) for x in row] for row in ([1, 2, 3], [4, 5, 6], [7, 8, 9])]
    relations = [{"leading": 2, "coefficients": [[0, "-2"], [1, "4"], [2, "-2"]]}]
    lines = rows if axis == 0 else list(zip(*rows, strict=True))
    kept, coefficients = _by_relations(relations, 3)
    assert kept == [0, 1]
    for line, own in zip(lines, coefficients, strict=True):
        assert list(line) == [sum(c * lines[j][e] for c, j in zip(own, kept, strict=True)) for e in range(3)]


def test_equal_lines_and_zeros():
    rows = [[Fraction(1)], [Fraction(0)], [Fraction(1)], [Fraction(2)]]
    kept, coefficients = _by_lines({"axis": 0, "representatives": [2, 3]}, rows)
    assert kept == [2, 3]
    assert coefficients == [[1, 0], [0, 0], [1, 0], [0, 1]]


def relation(leading, *pairs):
    return {"leading": leading, "coefficients": [[i, str(c)] for i, c in pairs]}


def numbers(*rows):
    return [[Fraction(x) for x in row] for row in rows]


NINE = numbers([1, 2, 3, 1], [4, 5, 6, 1], [7, 8, 9, 1])
LEVEL = numbers([1, 2, 3, 5], [1, 2, 7, 9], [1, 2, 0, 4])  # rows differ in the last two columns only
EVIDENCE = {
    "rows": (NINE, {"kind": "relations", "axis": 0, "relations": [relation(2, (0, 1), (1, -2), (2, 1))]}, 2),
    "columns": (NINE, {"kind": "relations", "axis": 1, "relations": [relation(0, (0, 2), (1, -2), (3, 2))]}, 3),
    "lines": (NINE, {"kind": "distinct-lines", "axis": 1, "representatives": [0, 1, 2, 3]}, 4),
    "block": (
        LEVEL,
        {
            "kind": "zero-block",
            "rows": [relation(1, (0, 2), (1, -2)), relation(2, (0, -3), (2, 3))],
            "columns": [relation(0, (0, 1)), relation(1, (1, "1/2"))],
        },
        3,
    ),
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_factors_multiply_to_the_matrix(name):
    matrix, evidence, upper = EVIDENCE[name]
    found = factors(evidence, 3, 4, lambda: matrix)
    (rows, left), (columns, right) = found.rows, found.columns
    assert len(rows) + len(columns) == upper
    rest = [
        [x - sum(row[h] * c for h, c in zip(columns, line, strict=True)) for x, line in zip(row, right, strict=True)]
        for row in matrix
    ]
    for row, own in zip(rest, left, strict=True):
        assert row == [sum(c * rest[i][j] for c, i in zip(own, rows, strict=True)) for j in range(4)]
    assert found.text("c").count("Definition c_") == len(found.arguments("c").split()) == 4


def test_evidence_without_a_form_is_named():
    claim = {"lower": 1, "upper": 1, "lower_evidence": {"kind": "another"}, "upper_evidence": {"kind": "shape"}}
    (above,) = rank_theorems(claim, "c", "F", [[Fraction(1)]], 1, "F")
    assert (above.name, above.paper) == ("c_above", "the bound from below (evidence 'another')")
    claim |= {"upper_evidence": {"kind": "inherited"}}
    with pytest.raises(NoRocqForm, match="'another'"):
        rank_theorems(claim, "c", "F", [[Fraction(1)]], 1, "F")
    with pytest.raises(NoRocqForm, match="'inherited'"):
        rank_theorems(claim | {"lower": 0}, "c", "F", [[Fraction(1)]], 1, "F")


def test_a_minor_by_balls_is_one_modulo_a_prime():
    ball = {"kind": "ball-minor", "precision": 64, "rows": [0, 1], "columns": [1, 0]}
    claim = {"lower": 2, "upper": 2, "lower_evidence": ball, "upper_evidence": {"kind": "shape"}}
    below, _ = rank_theorems(claim, "c", "F", numbers([1, 2], [3, 4]), 1, "F")
    assert f"{2**61 - 1}%Z" in below.proof
    for wrong, why in (
        (numbers([1, 2], [1, 2 + 2**61 - 1]), "the minor is 0 modulo"),
        (numbers([1, 2], [1, Fraction(1, 2**61 - 1)]), "a denominator is 0 modulo"),
    ):
        with pytest.raises(NoRocqForm, match=f"{why} 2305843009213693951"):
            rank_theorems(claim | {"upper_evidence": {"kind": "inherited"}}, "c", "F", wrong, 1, "F")


def test_a_rank_of_at_least_0_is_no_theorem():
    claim = {"lower": 0, "upper": 1, "lower_evidence": {"kind": "none"}, "upper_evidence": {"kind": "shape"}}
    (above,) = rank_theorems(claim, "c", "F", [[Fraction(1)]], 1, "F")
    assert (above.name, above.paper) == ("c_above", "")


def test_the_theorem_names_minor_and_modulus():
    theorem = minor_theorem([0, 1], [1, 0], 7, "c", "F", [[Fraction(1), Fraction(7)], [Fraction(1), Fraction(1, 2)]])
    assert theorem.statement == "rank_from_below F 2"
    assert "7%Z" in theorem.proof
    assert "[1; 0]%nat" in theorem.witness  # the first row is 0 modulo 7 in the first column of the minor
