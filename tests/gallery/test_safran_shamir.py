"""Safran and Shamir's pieces: the symmetry of their weights, and that a moved start finds the same minimum."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.gallery.examine import examine
from exactcnn.gallery.safran_shamir import PIECES

SIZES = (6, 7)


@pytest.mark.parametrize(("piece", "n"), [(piece, n) for piece, n in zip(PIECES, SIZES, strict=True)])
def test_units_but_one_are_permutations_of_each_other(piece, n):
    weights = np.array([[Fraction(x) for x in row] for row in piece.arrays["W1"]])
    assert weights.shape == (n, n)
    for shift in range(1, n - 1):
        order = [0, *(1 + (np.arange(n - 1) + shift) % (n - 1)).tolist()]
        assert (weights[np.ix_(order, order)] == weights).all()
    assert [float(weights[i, i]) > 0.9 for i in range(n)] == [False] + [True] * (n - 1)


@pytest.mark.parametrize("piece", PIECES, ids=[piece.id for piece in PIECES])
def test_a_moved_start_finds_the_same_minimum(piece):
    weights = [
        [str(Fraction(x) + Fraction(i - 2 * j, 2**14)) for j, x in enumerate(row)]
        for i, row in enumerate(piece.arrays["W1"])
    ]
    found = examine(replace(piece, arrays={**piece.arrays, "W1": weights}))
    assert (found.failures, found.checked) == ((), True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loss": "0.0250805810024631..."}, "loss is 0.0250805810024630"),
        ({"status": "saddle"}, "status is strict minimum; expected saddle"),
        ({"evidence": "hessian"}, "evidence is box; expected hessian"),
        ({"better_loss": "1/100"}, "better loss is 0; expected 1/100"),
    ],
)
def test_a_broken_promise_is_said(change, said):
    (failure,) = examine(replace(PIECES[0], **change), check=False).failures
    assert said in failure
