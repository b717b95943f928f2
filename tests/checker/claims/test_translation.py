"""Grids on which patches stand, and what is not invariant under translations."""

import pytest

from exactcnn.checker.budget import Budget
from exactcnn.checker.claims.translation import Translation
from exactcnn.checker.document import FormatError, ObligationError
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING

# 2 x 2 windows on 3 x 3, one row per channel
WINDOWS = [[3 * (r + i) + s + j for i in range(2) for j in range(2)] for r in range(2) for s in range(2)]
OFFSETS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def structure(patches=WINDOWS, grid=(2, 2), rows=(0, 0, 0, 0), offsets=OFFSETS, below=9):
    layer = Convolution(below, len(patches), patches)
    return Translation(layer, list(grid), list(rows), list(offsets), Budget())


def test_windows_are_invariant():
    found = structure()
    assert (found.order, found.grid, found.offsets) == (1, [2, 2], [(0, 0), (0, 1), (1, 0), (1, 1)])
    assert list(found.positions()) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    table = found.verify()
    # every key (row, place) once, with one entry for each pair of a patch and a slot
    assert {key: neurons[0] for key, neurons in table.items()} == {
        (0, (r, s)): 3 * r + s for r in range(3) for s in range(3)
    }
    assert all(len(set(neurons)) == 1 for neurons in table.values())
    assert [len(table[0, place]) for place in ((0, 0), (0, 1), (1, 1))] == [1, 2, 4]
    assert sum(map(len, table.values())) == 16


def test_rows_of_their_own_for_each_slot():
    found = structure(rows=(3, 0, 2, 1))
    assert found.order == 4
    assert len(found.verify()) == 16


def test_padding_is_a_neuron_like_others():
    line = [[PADDING, 0], [0, 1], [1, 2], [2, PADDING]]
    assert structure(line, (4,), (0, 0), [[0], [1]], 3).verify()[0, (0,)] == [PADDING]
    line[1][0] = PADDING
    with pytest.raises(ObligationError, match="not invariant"):
        structure(line, (4,), (0, 0), [[0], [1]], 3).verify()


@pytest.mark.parametrize("p", range(4))
@pytest.mark.parametrize("s", range(4))
def test_any_other_neuron_is_noticed_where_a_key_is_read_twice(p, s):
    patches = [list(patch) for patch in WINDOWS]
    shared = sum(patch.count(patches[p][s]) for patch in patches) > 1
    patches[p][s] = next(n for n in range(9) if n not in patches[p])
    if shared:
        with pytest.raises(ObligationError, match="not invariant"):
            structure(patches).verify()
    else:
        structure(patches).verify()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grid": [4, 2]}, "as many positions"),
        ({"grid": [3]}, "as many positions"),
        ({"grid": []}, "as many positions"),
        ({"grid": [0, 4]}, "grid is 0"),
        ({"grid": [True, 4]}, "grid is True"),
        ({"grid": 4}, "grid is 4"),
        ({"rows": [0, 0, 0]}, "rows has 3 entries"),
        ({"rows": [0, 0, 0, 4]}, "rows is 4"),
        ({"rows": [0, 0, 0, -1]}, "rows is -1"),
        ({"rows": [0, 0, 2, 2]}, "do not take all values from 0 to 2"),
        ({"rows": [1, 1, 1, 1]}, "do not take all values from 0 to 1"),
        ({"offsets": OFFSETS[:3]}, "offsets has 3 entries"),
        ({"offsets": [*OFFSETS[:3], [1]]}, "offsets has 1 entry"),
        ({"offsets": [*OFFSETS[:3], [1, -1]]}, "offsets is -1"),
    ],
)
def test_misshapen(changes, words):
    layer = Convolution(9, 4, WINDOWS)
    good = {"grid": [2, 2], "rows": [0, 0, 0, 0], "offsets": OFFSETS}
    Translation(layer, **good, budget=Budget())
    with pytest.raises(FormatError, match=words):
        Translation(layer, **{**good, **changes}, budget=Budget())
