"""Minors, null spaces and images of ranks: what the checker has accepted, and nothing that it rejects."""

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import Outcome
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds, Relations
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.matrix_details import null_space

PLANTED = np.random.default_rng(1).integers(-5, 6, (12, 4)) @ np.random.default_rng(2).integers(-5, 6, (4, 9))


def test_all_of_a_planted_rank():
    found = matrix_rank(PLANTED, minor=True, null_space=True, modulo=10007, check=True)
    assert found.checked
    rows, columns = found.minor
    assert (len(rows), len(columns)) == (4, 4)
    assert round(np.linalg.det(PLANTED[np.ix_(rows, columns)])) != 0
    assert len(found.null_space) == 5
    vectors = np.array(found.null_space, dtype=object)
    assert not (PLANTED.astype(object) @ vectors.T).any()
    assert np.linalg.matrix_rank(vectors.astype(float)) == 5
    assert found.modulo == (10007, 4)
    assert isinstance(found.rank.upper_evidence, Relations)  # the basis is what the checker has read
    document = found.document()
    assert document["minor"] == {"rows": list(rows), "columns": list(columns)}
    assert document["null_space"] == [list(map(str, vector)) for vector in found.null_space]
    assert document["modulo"] == {"prime": 10007, "rank": 4}


def test_what_is_not_asked_is_not_said():
    found = matrix_rank(PLANTED)
    assert (found.minor, found.null_space, found.modulo) == (None, None, None)
    assert found.document().keys() == matrix_rank(PLANTED).document().keys()


def test_activations():
    found = matrix_rank([[1, -1], [2, -2]], "relu", minor=True, null_space=True, modulo=2, check=True)
    assert (found.checked, found.null_space, found.modulo) == (True, ((-0, 1),), (2, 1))
    found = matrix_rank([[0, 1], [1, 3]], "softplus", minor=True, check=True)  # a minor of balls
    assert found.minor == ((0, 1), (0, 1))
    for asked in ({"null_space": True}, {"modulo": 7}):
        with pytest.raises(InputError, match="beside the activation sigmoid, whose values are not rational"):
            matrix_rank([[1, -1]], "sigmoid", **asked)


def test_of_a_rank_that_is_not_known():
    with pytest.raises(InputError, match=r"only known to be from 0 to 2 \(no luck\)"):
        null_space(ExactArray.from_array([[1, 2], [2, 4]]), RankBounds(0, 2, reason="no luck"))


def test_a_number_that_is_no_prime():
    with pytest.raises(InputError, match=r"modulo is 91 = 7 · 13; expected a prime below 2\^64"):
        matrix_rank([[1]], modulo=91)


def test_nothing_is_claimed_where_the_checker_rejects(monkeypatch):
    monkeypatch.setattr(Certificate, "outcome", Outcome(1, "rejected: no"))
    found = matrix_rank(PLANTED, minor=True, null_space=True, check=True)
    assert (found.checked, found.minor, found.null_space, found.rejection) == (False, None, None, "rejected: no")
    assert "null_space" not in found.document()


def test_a_wrong_basis_is_rejected(monkeypatch):
    """The checker multiplies the basis back."""
    from exactcnn.linalg.evidence import Relation
    from exactcnn.theorems import matrix_details

    monkeypatch.setattr(matrix_details, "basis_of", lambda *_: (Relation(1, ((0, 3), (1, -1))),))
    found = matrix_rank([[1, 2], [2, 4]], null_space=True, check=True)
    assert (found.checked, found.null_space) == (False, None)
