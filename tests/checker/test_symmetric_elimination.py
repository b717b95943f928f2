"""Signs by elimination: right for any order of pivots, refused where a pivot may be singular or is named twice."""

import itertools
import random

import mpmath
import pytest
from flint import arb, arb_mat

from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.document import FormatError, ObligationError
from exactcnn.checker.symmetric_elimination import count_signs, inverse_of, pivot_signs, read_panels


def balls(rows):
    return arb_mat(rows).tolist()


def signs(rows, panels):
    return count_signs(Budget(), balls(rows), panels)


MATRIX = [[2, 1, 0, 3], [1, -1, 4, 0], [0, 4, 1, 1], [3, 0, 1, -2]]


def eigenvalues(rows):
    return mpmath.eigsy(mpmath.matrix(rows), eigvals_only=True)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_and_any_panels(order):
    values = eigenvalues(MATRIX)
    truth = sum(x > 0 for x in values), sum(x < 0 for x in values)
    a, b, c, d = order
    for panels in (
        [[[a], [b], [c], [d]]],
        [[[a]], [[b]], [[c]], [[d]]],
        [[[a, b]], [[c], [d]]],
        [[[a, b], [c, d]]],
        [[[a]], [[b, c], [d]]],
    ):
        assert signs(MATRIX, panels) == truth


def test_random_matrices():
    generator = random.Random(0)
    decided = 0
    for _ in range(40):
        order = generator.randint(1, 7)
        rows = [[0] * order for _ in range(order)]
        for i in range(order):
            for j in range(i + 1):
                rows[i][j] = rows[j][i] = generator.randint(-4, 4)
        values = eigenvalues(rows)
        if min(abs(x) for x in values) < 1e-6:
            continue
        indices = generator.sample(range(order), order)
        panels = [[[i]] for i in indices]
        try:
            found = signs(rows, panels)
        except ObligationError:  # a leading minor vanishes
            continue
        decided += 1
        assert found == (sum(x > 0 for x in values), sum(x < 0 for x in values))
    assert decided > 10


def test_what_is_left_is_not_counted():
    assert signs([[1, 0], [0, -1]], [[[1]]]) == (0, 1)
    assert signs([[1, 0], [0, -1]], []) == (0, 0)
    assert signs([[3, 0, 0], [0, 0, 0], [0, 0, 0]], [[[0]]]) == (1, 0)


@pytest.mark.parametrize(
    ("rows", "panels"),
    [
        ([[0, 1], [1, 0]], [[[0], [1]]]),
        ([[1, 1], [1, 1]], [[[0], [1]]]),
        ([[1, 1], [1, 1]], [[[0, 1]]]),
        ([[1, 1], [1, 1]], [[[0]], [[1]]]),
    ],
)
def test_singular_pivots_are_refused(rows, panels):
    with pytest.raises(ObligationError, match="not certainly regular"):
        signs(rows, panels)


def test_balls_that_contain_zero_are_refused():
    with pytest.raises(ObligationError, match="pivot"):
        count_signs(Budget(), [[arb(1, 2)]], [[[0]]])
    with pytest.raises(ObligationError, match="pivot"):
        count_signs(Budget(), [[arb("nan")]], [[[0]]])


def test_pivots():
    assert pivot_signs(balls([[2]])) == (1, 0)
    assert pivot_signs(balls([[-2]])) == (0, 1)
    assert pivot_signs(balls([[0]])) == (0, 0)
    assert pivot_signs(balls([[1, 2], [2, 1]])) == (1, 1)
    assert pivot_signs(balls([[2, 1], [1, 2]])) == (2, 0)
    assert pivot_signs(balls([[-2, 1], [1, -2]])) == (0, 2)
    assert pivot_signs(balls([[1, 1], [1, 1]])) == (0, 0)
    for rows in ([[4]], [[2, 1], [1, 3]]):
        unit = (inverse_of(arb_mat(rows)) * arb_mat(rows)).tolist()
        assert all(x.contains(int(i == j)) for i, row in enumerate(unit) for j, x in enumerate(row))


@pytest.mark.parametrize(
    "panels", [[[]], [[[0, 1, 2]]], [[[0], [0]]], [[[0]], [[0]]], [[[3]]], [[[0, 0]]], [[[-1]]], [[[]]], [0], [[0]], {}]
)
def test_misshapen_panels(panels):
    with pytest.raises(FormatError):
        read_panels(panels, 3)
    assert read_panels([[[0], [2, 1]]], 3) == [[[0], [2, 1]]]


def test_work_is_paid_for():
    with pytest.raises(BudgetError):
        count_signs(Budget(1e-9), balls(MATRIX), [[[0]]])
