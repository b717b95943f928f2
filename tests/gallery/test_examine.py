"""A small move, and promises that are not kept."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.gallery.examine import examine
from exactcnn.gallery.piece import Basin, promised
from exactcnn.gallery.registry import select
from exactcnn.landscape.classify import classify, refine

SMOOTH = [
    "baldi-hornik",
    "kawaguchi-2",
    "linear-cnn-3",
    "linear-cnn-4",
    "li-ding-sun-2",
    "li-ding-sun-3",
    "constant-units",
    "convolutional-saddle",
    "convolutional-and",
]
COMES_BACK = ["li-ding-sun-2", "li-ding-sun-3", "linear-cnn-3", "linear-cnn-4", "auer-1", "trained-tanh", "kawaguchi-2"]


def moved(piece, entry):
    objective = piece.objective()
    theta = objective.theta.fractions().copy()
    theta[entry] += Fraction(1, 2**20)
    return objective.at(ExactArray.from_fractions(theta))


@pytest.mark.parametrize("name", SMOOTH)
def test_a_moved_point_is_not_critical(name):
    (piece,) = select([name])
    objective = piece.objective()
    hessian = np.asarray(objective.in_floats().hessian(np.arange(objective.coordinates.count)), dtype=float)
    entry = int(np.flatnonzero(np.abs(hessian).max(axis=0) > 1e-9)[0])  # to first order the gradient moves with it
    assert classify(moved(piece, entry), search=False).status == "not critical"


@pytest.mark.parametrize("name", COMES_BACK)
def test_refine_brings_a_moved_point_back(name):
    (piece,) = select([name])
    point = refine(moved(piece, 0), search=False)
    assert point.status == piece.status
    low, high = promised(piece.loss)
    assert point.loss[0] <= high
    assert low <= point.loss[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "saddle"}, "status is minimum; expected saddle"),
        ({"loss": "9/7"}, "loss is 9/8; expected 9/7"),
        ({"better_loss": "0.6..."}, "better loss is 1/2; expected 0.6..."),
        ({"evidence": "box"}, "evidence is hessian; expected box"),
        ({"verdicts": {"NH18.T4.4": "refuted"}}, "NH18.T4.4 is not decided; expected refuted"),
        ({"inside": 1}, "the point is not proved to be in S_1"),
        ({"path": True}, "path: "),
    ],
)
def test_a_broken_promise_is_said(change, said):
    (piece,) = select(["linear-cnn-3"])
    assert examine(piece, check=False).failures == ()  # the control
    failures = examine(replace(piece, **change), check=False).failures
    assert len(failures) == 1
    assert said in failures[0]


def test_a_basin_that_is_none_is_said():
    (piece,) = select(["li-ding-sun-2"])
    failures = examine(replace(piece, basins=(Basin((4, 4)),)), check=False).failures
    assert len(failures) == 1
    assert failures[0].startswith("basin 0: ")
