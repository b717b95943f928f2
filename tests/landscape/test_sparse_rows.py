"""Sums of few columns: the same sum, no larger norm, independent columns, against vertices found by exhaustion."""

from fractions import Fraction
from itertools import combinations
from random import Random

import numpy as np
import pytest

from exactcnn.landscape.sparse_rows import sparse_row
from exactcnn.linalg.fractions import to_flint


def norm(weights):
    return sum(abs(weight) for weight in weights)


def vertices(columns, total):
    """All weights of the sum on independent columns, by solving on each choice of them."""
    count = len(columns)
    for size in range(count + 1):
        for chosen in combinations(range(columns.shape[1]), size):
            part = columns[:, chosen]
            if size and to_flint(part).rank() < size:
                continue
            both = np.concatenate([part, total[:, None]], axis=1)
            if to_flint(both).rank() == size:
                yield chosen


@pytest.mark.parametrize("seed", range(40))
def test_random_rows(seed):
    random = Random(seed)
    n, p = random.randint(1, 4), random.randint(1, 9)
    columns = np.array([[Fraction(random.randint(-2, 2)) for _ in range(p)] for _ in range(n)], dtype=object)
    weights = [Fraction(random.randint(-3, 3), random.randint(1, 4)) for _ in range(p)]
    found = sparse_row(columns, weights)
    total = columns @ np.array(weights, dtype=object)
    assert (columns @ np.array(found, dtype=object) == total).all()
    assert norm(found) <= norm(weights)
    support = [j for j, weight in enumerate(found) if weight]
    assert set(support) <= {j for j, weight in enumerate(weights) if weight}
    assert not support or to_flint(columns[:, support]).rank() == len(support)
    assert tuple(support) in set(vertices(columns, total))


def test_several_weights_are_zero_at_once():
    """1 - 1 and 2 - 2 on equal columns: both differences vanish in the same step."""
    columns = np.array([[Fraction(1)] * 4, [Fraction(0)] * 2 + [Fraction(1)] * 2], dtype=object)
    assert sparse_row(columns, [Fraction(x) for x in (1, -1, 2, -2)]) == [0, 0, 0, 0]


def test_independent_columns_stay():
    columns = np.array([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]], dtype=object)
    assert sparse_row(columns, [Fraction(5), Fraction(-7)]) == [5, -7]
    assert sparse_row(columns, [Fraction(0), Fraction(0)]) == [0, 0]


def test_the_norm_may_fall():
    """4 on the column 1 is 2 on the column 2; 1 on the column 4 is not read and stays out."""
    columns = np.array([[Fraction(1), Fraction(2), Fraction(4)]], dtype=object)
    assert sparse_row(columns, [Fraction(2), Fraction(1), Fraction(0)]) == [0, 2, 0]
