"""Ranks of plain matrices and of activations of them, planted and small enough to decide by hand."""

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.theorems import layer_rank
from exactcnn.theorems.matrix import matrix_rank


@pytest.mark.parametrize(
    ("rows", "activation", "domain", "rank"),
    [
        ([["1", "2"], ["2", "4"]], None, "Q", 1),
        ([["0", "0"]], None, "Q", 0),
        ([["1/3", f"{10**40}"], ["0", "1e-30"]], None, "Q", 2),
        ([["1", "2"], ["2", "4"]], "identity", "Q", 1),
        ([["-1", "-2"], ["-3", "-4"]], "relu", "Q", 0),
        ([["1", "2"], ["2", "4"]], "square", "Q", 1),
        ([["0", "1"], ["-1", "0"]], "sigmoid", "Q(t)", 2),
        ([["1", "-1"], ["-1", "1"]], "tanh", "Q(t)", 1),  # odd: the second row is minus the first
        ([["0", "0"], ["0", "0"]], "tanh", "Q(t)", 0),
        ([["0", "0"], ["0", "0"]], "exp", "Q(t)", 1),
        ([["0", "1"], ["1", "2"]], "exp", "Q(t)", 1),  # the second row is e times the first
        ([["0", "1"], ["1", "3"]], "softplus", "balls", 2),
    ],
)
def test_planted_ranks(rows, activation, domain, rank):
    found = matrix_rank(ExactArray.from_strings(rows), activation)
    assert (found.domain, found.shape) == (domain, (len(rows), len(rows[0])))
    if activation != "exp" or rank == found.rank.exact:
        assert found.rank.exact == rank
    assert found.rank.lower <= rank <= found.rank.upper
    document = found.document()
    assert (document["rows"], document["columns"]) == found.shape
    assert document["seconds"] >= 0
    assert found.layer == (0 if activation is None else 1)


def test_integers_that_are_no_floats_are_not_rounded():
    """[[3k, 3], [k, 1]], k = 2^52 + 3: of rank 1, and of rank 2 with 3k as the nearest float."""
    k = 2**52 + 3
    entries = np.array([[3 * k, 3], [k, 1]])
    for activation in (None, "identity", "relu"):
        assert matrix_rank(ExactArray.from_array(entries), activation).rank.exact == 1
        assert matrix_rank(ExactArray.from_array(entries + np.array([[1, 0], [0, 0]])), activation).rank.exact == 2
    unsigned = np.array([[2**63, 2], [2**62, 1]], dtype=np.uint64)
    assert matrix_rank(ExactArray.from_array(unsigned)).rank.exact == 1


def test_sigmoid_minus_its_mirror_image():
    """sigmoid(z) + sigmoid(-z) = 1: three columns, two of them and the constant, are dependent."""
    rows = [[str(z), str(-z), "0"] for z in (1, 2, 3, 4)]
    assert matrix_rank(ExactArray.from_strings(rows), "sigmoid").rank.exact == 2


def test_float_ranks_are_those_of_numpy():
    entries = np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-52]])
    found = matrix_rank(ExactArray.from_array(entries))
    assert found.rank.exact == 2
    assert found.float_ranks == {"float64": np.linalg.matrix_rank(entries), "float32": 1}
    assert matrix_rank(ExactArray.from_array(entries), float_ranks=False).float_ranks["float64"] is None
    beyond = ExactArray.from_fractions([10**400, 1], (1, 2))
    assert matrix_rank(beyond).float_ranks == {"float64": None, "float32": None}


def test_memory_is_estimated_first(monkeypatch):
    def refuse(needed, *, what):
        raise InputError(f"{what}: {needed}")

    monkeypatch.setattr(layer_rank, "check_memory", refuse)
    with pytest.raises(InputError, match="a matrix of 2 x 3: 12"):
        matrix_rank(ExactArray.from_array(np.ones((2, 3))))


def test_unknown_activation():
    with pytest.raises(
        InputError,
        match=r"^activation 'sigmoidd' is not known; the nearest name is 'sigmoid'; `exactcnn activations` lists all$",
    ):
        matrix_rank(ExactArray.from_array([[1]]), "sigmoidd")
