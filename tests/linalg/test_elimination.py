"""The state of an elimination: panel by panel, in place, and the same from any panel on."""

import numpy as np
import pytest

from exactcnn.domains.residues import Modulus
from exactcnn.linalg.backends import OnNumpy
from exactcnn.linalg.elimination import Elimination
from exactcnn.linalg.modular import independent_minor, residues
from tests.linalg.test_modular import KINDS, planted, rank_modulo


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [227, 1048573])
def test_what_is_eliminated_spans_the_rows_so_far(kind, p):
    """After every panel: as many pivots as the rows above have rank; each row of work is one of their combinations."""
    matrix, field = planted(kind, (150, 120), p), Modulus(p)
    state = Elimination.of(residues(matrix, field), field, OnNumpy(40, 33))
    while not state.finished:
        state = state.with_panel(state.next_panel())
        above = matrix[: state.start]
        assert state.done == rank_modulo(above, p)
        rows, columns = state.rows, state.columns
        assert rank_modulo(matrix[np.ix_(rows, columns)], p) == state.done
        if state.done:
            last = state.done - len(state.pivots[-1])
            row = np.zeros(matrix.shape[1], dtype=np.int64)  # the first row of the last panel: a one, and the rest
            row[state.order[last]] = 1
            row[state.order[state.done :]] = state.work[last, state.done :]
            assert rank_modulo(np.vstack([above, row]), p) == state.done
    assert state.rows.tolist() == independent_minor(matrix, p, backend=OnNumpy(40, 33))[0].tolist()


def test_nothing_to_do():
    for shape in ((0, 0), (4, 0)):
        state = Elimination.of(np.zeros(shape, dtype=np.int8), Modulus(227), OnNumpy())
        assert state.finished
        assert state.rows.tolist() == state.columns.tolist() == []
