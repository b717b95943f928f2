"""Nowhere to escape to: said with a certificate at a global minimum, and nowhere else."""

from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import Outcome
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.theorems.escape import escape
from exactcnn.theorems.least_loss import LeastLoss, nothing_below

NETWORK = Network((1,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")])
ARRAYS = {"W1": [[1, 1, 1]], "b1": [0, -1, -2], "W2": [[1], [0], [0]], "b2": [0]}


def at(targets, samples=((1,), (2,))):
    return Instance(NETWORK, ARRAYS, [list(row) for row in samples], [[y] for y in targets])


def test_zero_loss():
    found = escape(at([1, 2]))
    assert isinstance(found, LeastLoss)
    assert found.reason == "no better point exists: the loss is 0, the least possible"
    assert found.checked is True
    assert found.certificate.outcome.exit_code == 0
    own = found.document()
    assert (own["segments"], own["before"], own["after"], own["reaches"]) == ([], "0", "0", None)


def test_the_means_of_equal_samples():
    found = escape(at([1, 0, 4], [[1], [2], [2]]))
    assert (found.finding.loss[0], found.checked) == (Fraction(4), True)
    assert "the loss is 4, the least possible: equal samples have equal outputs" in found.reason


def test_elsewhere_there_is_a_path():
    assert nothing_below(Objective(at([1, 3]))) is None
    assert escape(at([1, 3])).path.after == 0


def test_nothing_is_claimed_where_the_checker_rejects(monkeypatch):
    monkeypatch.setattr(Certificate, "outcome", Outcome(1, "rejected: no"))
    found = escape(at([1, 2]), check=True)
    assert (found.checked, found.rejection, found.document()["after"]) == (False, "rejected: no", None)
    assert "no better point" not in str(found)
