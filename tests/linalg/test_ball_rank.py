"""The rank of an enclosed matrix: floats first, then balls, lines that repeat from above, and limits."""

from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
import pytest

from exactcnn.domains.balls import ball, working_precision
from exactcnn.errors import InputError
from exactcnn.linalg.ball_rank import affordable_precision, check_balls, rank_by_balls
from exactcnn.linalg.evidence import BallMinor, DistinctLines, Evidence, Shape


@dataclass
class Enclosed:
    """A rational matrix, of which floats or balls are shown; `asked` counts the balls."""

    matrix: list[list[Fraction]]
    doubt: float = 2.0**-52
    ball_count: int = 1
    asked: int = 0
    block: tuple[int, Evidence] | None = None

    @property
    def shape(self):
        return len(self.matrix), len(self.matrix[0]) if self.matrix else 3

    def enclosures(self):
        values = np.array([[float(x) for x in row] for row in self.matrix]).reshape(self.shape)
        return values, np.abs(values) * self.doubt

    def balls(self, precision):
        self.asked += 1
        with working_precision(precision):
            return [[ball(x) for x in row] for row in self.matrix]

    def zero_block(self):
        return self.block

    def distinct_lines(self, axis):
        lines = self.matrix if axis == 0 else list(zip(*self.matrix, strict=True))
        first = {tuple(line): i for i, line in reversed(list(enumerate(lines))) if any(line)}
        return np.array(sorted(first.values()), dtype=np.intp)


def minor_excludes_zero(matrix, evidence):
    with working_precision(evidence.precision):
        entries = [[ball(matrix.matrix[i][j]) for j in evidence.columns] for i in evidence.rows]
        return not flint.arb_mat(entries).det().contains(0)


def random(shape, seed=0):
    numbers = np.random.default_rng(seed).integers(-99, 99, shape).tolist()
    return [[Fraction(x, 7) for x in row] for row in numbers]


@pytest.mark.parametrize("shape", [(1, 1), (12, 12), (12, 30), (30, 12)])
def test_full_rank_takes_floats_only(shape):
    matrix = Enclosed(random(shape))
    bounds = rank_by_balls(matrix)
    assert bounds.exact == min(shape)
    assert isinstance(bounds.upper_evidence, Shape)
    assert matrix.asked == 0
    assert minor_excludes_zero(matrix, bounds.lower_evidence)
    assert list(bounds.lower_evidence.rows) == sorted(bounds.lower_evidence.rows)


def test_rows_of_different_sizes_need_more_bits_in_balls_than_in_floats():
    rows = random((120, 120))
    scales = [Fraction(2) ** (40 * (i % 6) - 100) for i in range(120)]
    matrix = Enclosed([[scale * x for x in row] for scale, row in zip(scales, rows, strict=True)])
    evidence = rank_by_balls(matrix).lower_evidence
    assert (len(evidence.rows), matrix.asked) == (120, 0)
    assert evidence.precision > 128
    assert minor_excludes_zero(matrix, evidence)
    wide = Enclosed([[scale * x for x, scale in zip(row, scales, strict=True)] for row in rows])  # columns do not
    assert rank_by_balls(wide).lower_evidence.precision == 128
    assert minor_excludes_zero(wide, rank_by_balls(wide).lower_evidence)


def test_lines_that_repeat_end_the_search():
    rows = random((6, 9))
    matrix = Enclosed([*rows, rows[2], [Fraction(0)] * 9])
    bounds = rank_by_balls(matrix)
    assert (bounds.exact, matrix.asked) == (6, 0)
    assert bounds.upper_evidence == DistinctLines(0, (0, 1, 2, 3, 4, 5))


def test_where_floats_do_not_see_the_rank_balls_do():
    hilbert = Enclosed([[Fraction(1, i + j + 1) for j in range(20)] for i in range(20)])
    bounds = rank_by_balls(hilbert)
    assert bounds.exact == 20
    assert isinstance(bounds.lower_evidence, BallMinor)
    assert bounds.lower_evidence.precision > 64
    assert minor_excludes_zero(hilbert, bounds.lower_evidence)


def test_a_relation_stays_open_and_the_larger_minor_is_kept():
    rows = random((3, 5))
    matrix = Enclosed([*rows, [x + y for x, y in zip(rows[0], rows[1], strict=True)]])
    bounds = rank_by_balls(matrix)
    assert (bounds.lower, bounds.upper) == (3, 4)
    assert bounds.reason == "balls prove that a minor is not zero, never that it is; up to 1024 bits were tried"
    nothing = rank_by_balls(Enclosed([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(5)]], doubt=4.0))
    assert nothing.exact == 2  # by balls alone


def test_a_zero_block_ends_the_search():
    rows = random((3, 5))
    evidence = Evidence()
    matrix = Enclosed([*rows, [x + y for x, y in zip(rows[0], rows[1], strict=True)]], block=(3, evidence))
    bounds = rank_by_balls(matrix)
    assert (bounds.exact, matrix.asked) == (3, 0)
    assert bounds.upper_evidence is evidence


def test_zero_matrices_and_empty_ones():
    assert rank_by_balls(Enclosed([[Fraction(0)] * 3] * 2)).exact == 0
    empty = rank_by_balls(Enclosed([]))
    assert (empty.exact, empty.lower_evidence) == (0, Evidence())


def test_memory_is_asked_for():
    with pytest.raises(InputError, match=f"{10**15} balls would take"):
        check_balls(10**15)
    with pytest.raises(InputError, match=f"{10**15} balls would take"):
        rank_by_balls(Enclosed([[Fraction(1), Fraction(3)], [Fraction(2), Fraction(6)]], ball_count=10**15))
    assert rank_by_balls(Enclosed(random((3, 3)), ball_count=10**15)).exact == 3  # floats do

    class Large(Enclosed):
        shape = (10**8, 10**8)

    with pytest.raises(InputError, match="float enclosures of 100000000 x 100000000 would take"):
        rank_by_balls(Large([]))


def test_larger_matrices_get_fewer_bits():
    precisions = [affordable_precision((n, n)) for n in (1, 600, 1000, 2000, 3000, 10**5)]
    assert precisions == sorted(precisions, reverse=True)
    assert (precisions[0], precisions[-1]) == (1024, 64)


def test_progress_of_floats_and_of_balls():
    seen = []
    rank_by_balls(Enclosed(random((4, 4))), lambda *report: seen.append(report))
    assert seen == [("floats with error bounds", 0, 1)]
    rank_by_balls(Enclosed(random((4, 4)), doubt=1.0), lambda *report: seen.append(report))
    assert seen[1:] == [("floats with error bounds", 0, 1), ("balls of 64 bits", 4, 4)]
