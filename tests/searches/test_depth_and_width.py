"""Terms on digits: the data, the shapes, and what training does; numbers of training depend on the machine."""

import numpy as np
import pytest

from exactcnn.data.sources import digits
from exactcnn.searches.depth_and_width import GRID, even_or_odd, grow, table_of


def test_the_data_by_loops():
    samples, targets = even_or_odd(12)
    data = digits().prefix(12)
    for i, image in enumerate(np.array(data.samples.fractions(), dtype=int).reshape(-1, 8, 8)):
        sums = [
            sum(int(image[2 * row + a, 2 * column + b]) for a in (0, 1) for b in (0, 1))
            for row in range(4)
            for column in range(4)
        ]
        assert samples[i].tolist() == sums
        assert targets[i, 0] == (1 if data.labels[i] % 2 == 0 else -1)


def test_drawn_networks():
    found = grow([1, 2], [1, 3], count=30)
    assert [(each.depth, each.width, each.parameters) for each in found] == [
        (1, 1, 17 + 2),
        (1, 3, 51 + 4),
        (2, 1, 17 + 2 + 2),
        (2, 3, 51 + 12 + 4),
    ]
    for each in found:
        assert len(each.shares) == each.depth + 2
        assert sum(each.shares) == pytest.approx(1)
        assert each.terms.norm == 15
        assert each.loss >= each.shares[-1] >= 0
        assert each.gradient > 0
        theta = each.terms.objective.theta.fractions()
        assert all((value * GRID).denominator == 1 for value in theta)
    again = grow([2], [3], count=30)
    assert again[0].shares == found[-1].shares
    assert found[1].terms.certificate.outcome.exit_code == 0


def test_training_lowers_the_loss_and_a_start_is_chosen():
    (drawn,), (trained,), (best,) = (
        grow([1], [2], count=30, steps=steps, starts=starts) for steps, starts in ((0, 1), (30, 1), (30, 4))
    )
    assert trained.loss < drawn.loss
    assert best.loss <= trained.loss
    assert trained.loss >= trained.shares[-1]


def test_progress_and_rows():
    seen = []
    found = grow([1], [1, 2], count=20, progress=lambda *each: seen.append(each))
    assert seen == [("networks", 0, 2), ("networks", 1, 2)]
    rows = table_of(found)
    assert [row[:3] for row in rows] == [["1", "1", "19"], ["1", "2", "37"]]
    assert all(len(row) == 7 and "+" in row[3] for row in rows)
