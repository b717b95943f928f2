"""Elimination by tiles decides as FLINT's determinant of the whole matrix does, whatever tiles are singular."""

import random
from array import array

import pytest
from flint import nmod_mat

from exactcnn.checker import regularity
from exactcnn.checker.budget import MOST_BITS, Budget, BudgetError
from exactcnn.checker.regularity import code, held, is_regular


def lines(table, p):
    return [array(code(p), row) for row in table]


def by_determinant(table, p):
    return int(nmod_mat(table, p).det()) != 0


def decided(table, p):
    """Return what is decided; by tiles of three, and in one piece, which must agree."""
    outcome = is_regular(lines(table, p), p, Budget())
    assert outcome == by_determinant(table, p)
    return outcome


def drawn(generator, order, rank, p):
    """Return a matrix of at most this rank."""
    left, right = (
        [[generator.randrange(p) for _ in range(n)] for _ in range(m)] for m, n in ((order, rank), (rank, order))
    )
    return [[int(x) for x in row] for row in (nmod_mat(left, p) * nmod_mat(right, p)).tolist()]


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(regularity, "TILE", 3)
    monkeypatch.setattr(regularity, "IN_ONE_PIECE", 4)


@pytest.mark.parametrize("p", [3, 227, 263, 1019, 65537, 2**31 - 1, 2**61 - 1, 2**63 - 25])
@pytest.mark.usefixtures("small_tiles")
def test_tiles_decide_as_the_whole_matrix_does(p):
    generator = random.Random(p)
    for order in (1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 20):
        assert not decided([[0] * order for _ in range(order)], p)
        for rank in {0, order // 2, order - 1} - {0}:
            assert not decided(drawn(generator, order, rank, p), p)
        outcomes = [decided(drawn(generator, order, order, p), p) for _ in range(20)]
        assert any(outcomes)
        assert p > 3 or order == 1 or not all(outcomes)


@pytest.mark.usefixtures("small_tiles")
def test_singular_tiles_of_a_regular_matrix():
    """Permutations, of which no tile may be regular, and matrices whose first singular tile comes late."""
    generator = random.Random(1)
    for order in (5, 8, 13, 20):
        for _ in range(30):
            places = generator.sample(range(order), order)
            assert decided([[int(j == place) * 5 for j in range(order)] for place in places], 227)
        for late in range(order):
            table = [[generator.randrange(227) * (j >= i) for j in range(order)] for i in range(order)]
            for i in range(order):
                table[i][i] = 1 + generator.randrange(226)
            assert decided(table, 227)
            table[late][late] = 0
            assert not decided(table, 227)
            if late + 1 < order:
                table[late + 1][late] = 1
                decided(table, 227)


@pytest.mark.usefixtures("small_tiles")
def test_tiles_in_another_order_change_no_verdict():
    """Every pair of block rows, or all tiles on the diagonal, of a matrix with zero blocks: only the sign changes."""
    generator = random.Random(3)
    order = 12
    table = [[generator.randrange(227) * (j >= i - i % 3) for j in range(order)] for i in range(order)]
    outcome = decided(table, 227)
    for i in range(0, order, 3):
        for k in range(0, order, 3):
            rows = list(range(order))
            rows[i : i + 3], rows[k : k + 3] = rows[k : k + 3], rows[i : i + 3]
            assert decided([table[r] for r in rows], 227) == outcome
            assert decided([[row[r] for r in rows] for row in table], 227) == outcome


@pytest.mark.parametrize(
    ("p", "size"), [(3, 1), (251, 1), (257, 2), (65521, 2), (65537, 4), (2**32 - 5, 4), (2**32 + 15, 8)]
)
def test_residues_take_the_fewest_bytes(p, size):
    assert array(code(p), [p - 1]).itemsize == size
    assert held(10**4, p) > 10**8 * 8 * (size + 16)


@pytest.mark.usefixtures("small_tiles")
def test_a_matrix_that_takes_too_much_memory_is_refused():
    """What is left to FLINT is paid for when it is known; with a singular first tile that is all of it."""
    singular = [[int(i + j == 11) for j in range(12)] for i in range(12)]
    budget = Budget((regularity.DETERMINANT * 12**2 - 1) / MOST_BITS)
    with pytest.raises(BudgetError, match="a determinant of order 12"):
        is_regular(lines(singular, 227), 227, budget)
    assert is_regular(lines([row[::-1] for row in singular], 227), 227, budget)


@pytest.mark.usefixtures("small_tiles")
def test_progress_is_told():
    told = []
    is_regular(
        lines([[int(i == j) for j in range(10)] for i in range(10)], 3), 3, Budget(1, lambda *what: told.append(what))
    )
    assert told == [("elimination", 3, 10), ("elimination", 6, 10)]


def test_twenty_thousand_are_within_eight_gigabytes():
    assert held(20_000, 227) < 4 * 2**33
    assert held(60_000, 227) < 8 * 2**33
