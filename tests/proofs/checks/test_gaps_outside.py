"""Outside S_k: the inequality of the page at random points of its region; dependent columns for other encodings."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.critical_points import instance_at, zero_loss_instance
from exactcnn.proofs.checks.gaps_outside import a_path_down, columns_are_dependent, constant_units, low_rank_weights
from exactcnn.proofs.checks.points import piece_of


def losses(weights, biases, outgoing, offset):
    """Φ of the page's network with sigmoids, by hand."""
    x, wanted = np.array([-1.0, 0.0, 1.0]), np.array([[1, 0], [0, 1], [1, 0]])
    hidden = 1 / (1 + np.exp(-(np.outer(x, weights) + biases)))
    return ((hidden @ outgoing + offset - wanted) ** 2).sum() / 2


def test_the_region_of_the_proof():
    draw = np.random.default_rng(0)
    smallest = np.inf
    for _ in range(3000):
        w = draw.uniform(-2, 2, size=3)
        b = np.abs(w) + draw.exponential(size=3)
        v = np.sort(draw.uniform(-2, 2, size=(3, 2)), axis=1)[:, ::-1]
        smallest = min(smallest, losses(w, b, v, draw.uniform(-3, 3, size=2)))
    assert smallest >= 2 / 3 - 1e-12
    flat = losses(np.zeros(3), np.full(3, np.log(2)), np.array([[1, 0]] * 3), np.array([-4 / 3, 1 / 3]))
    assert flat == pytest.approx(2 / 3)


def test_the_instance_is_the_one_of_the_page():
    piece = piece_of("constant-units")
    assert piece.objective().loss() == Fraction(2, 3)
    outputs = piece.objective().outputs().fractions().tolist()
    assert outputs == [[Fraction(2, 3), Fraction(1, 3)]] * 3


@pytest.mark.parametrize(
    ("check", "status"), [(constant_units, "refuted"), (a_path_down, "proved"), (low_rank_weights, "refuted")]
)
def test_accepted_by_the_checker(check, status):
    found = check()
    assert (found.status, found.checked) == (status, True)


def encoded(encoding, rows=(0, 1, 0, 1)):
    return ExactArray.from_array([encoding[i] for i in rows])


@pytest.mark.parametrize("encoding", [[[1, 0], [0, 1]], [[2, 1], [1, 1]], [[1, 3], [-1, 2]]])
def test_any_invertible_encoding(encoding):
    found = columns_are_dependent(zero_loss_instance(encoded(encoding)), encoding=encoding)
    assert (found.status, found.checked) == ("proved", True)


def test_what_is_undecided():
    assert "gradient" in columns_are_dependent(instance_at()).what
    regression = zero_loss_instance(ExactArray.from_array([[2, -1], [0, 5], [1, 1], [4, 3]]))
    assert "do not encode classes" in columns_are_dependent(regression).what
    wrong = Instance(regression.network, regression.parameters, regression.samples, encoded([[1, 0], [0, 1]]))
    assert columns_are_dependent(wrong).status == "undecided"
