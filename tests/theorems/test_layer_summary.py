"""Why a rank is not full, in words; counts of units from classes that are planted."""

from dataclasses import replace

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.line_classes import by_entries
from exactcnn.theorems.layer_rank import rank_of_entries
from exactcnn.theorems.layer_summary import LayerSummary


def layer(rows, channels=None, shape=None):
    entries = ExactArray.from_array(rows)
    width = entries.shape[1]
    found, classes = rank_of_entries(entries), by_entries(entries)
    own = np.arange(width) if channels is None else np.array(channels)
    return LayerSummary(1, "fc", "fully-connected", shape or (width,), 0, found, classes, own)


@pytest.mark.parametrize(
    ("rows", "counts", "reason"),
    [
        ([[1, 0], [0, 1]], (0, 0, 0), ""),
        ([[0, 1], [0, 2]], (1, 0, 0), "1 of 2 units are zero on all samples (0)"),
        ([[1, 1], [2, 2]], (0, 1, 0), "1 unit equals another one"),
        ([[3, 1, 1, 1], [3, 2, 2, 2]], (0, 2, 1), "2 units equal another one"),
        ([[1, 2, 5], [1, 2, 5], [1, 2, 5]], (0, 0, 3), "2 samples repeat: 0 = 1, 0 = 2"),
        ([[1, 2], [2, 4]], (0, 0, 0), "1 further linear relation"),
        ([[1, 2, 3], [2, 1, 3], [0, 1, 1]], (0, 0, 0), "1 further linear relation"),
    ],
)
def test_counts_and_reasons(rows, counts, reason):
    own = layer(rows)
    assert (own.zero_units, own.equal_units, own.constant_units) == counts
    full = own.found.rank.exact == min(own.found.shape)
    assert own.reason == ("" if full else reason)


def test_dead_filters_and_long_lists():
    dead = layer([[0, 0, 1, 0], [0, 0, 2, 1]] * 2, channels=[0, 0, 1, 1], shape=(2, 2))
    assert dead.zero_filters == [0]
    assert dead.reason.startswith("2 of 4 units are zero on all samples (all of filter 0); 2 samples repeat")
    many = layer(np.diag([0] * 9 + [1]))
    assert "9 of 10 units are zero on all samples (0, 1, 2, 3, 4, and 4 more)" in many.reason


def test_bounds_that_do_not_meet_say_why():
    own = layer([[1, 2], [2, 4]])
    open_ = replace(own, found=replace(own.found, rank=RankBounds(1, 2, reason="balls")))
    assert open_.reason == "balls"
    assert replace(own, found=None).reason == ""
    assert replace(own, classes=None).reason == ""
    assert replace(own, classes=None).zero_filters is None
