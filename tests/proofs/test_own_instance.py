"""Checks on a user's own instance: what they are given, what they find, and why some are not run."""

import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import Outcome
from exactcnn.errors import InputError
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.critical_points import instance_at, zero_loss_instance
from exactcnn.proofs.own_instance import run_all_on, run_on
from exactcnn.proofs.registry import select, statements

ALL = statements()
DEFICIENT = Network((4,), [Convolution(1, patches=((0, 1), (0, 2), (1, 3), (2, 3)))], activation="sigmoid")


def on(name, instance, **options):
    (statement,) = select([name], ALL)
    return run_on(statement, instance, **options)


def statuses(result):
    return {each.name: None if each.found is None else each.found.status for each in result.checks}


def test_conclusions_fail_on_instances_not_theorems():
    found = on("NH18.L2.5", Instance(DEFICIENT))
    assert (found.subject, statuses(found)) == ("Conclusion of Lemma 2.5", {"structure.almost_all_filters": "refuted"})
    assert found.checked
    assert found.checks[0].given == ("network",)
    wide = on("NH18.L2.5", Instance(Network((1, 4), [Convolution(4, 2)], activation="sigmoid")))
    assert statuses(wide) == {"structure.almost_all_filters": "proved"}


def test_theorem_3_4_refuted_here():
    """Three samples and two neurons: no parameters give rank 3."""
    network = Network((1,), [FullyConnected(2)], activation="relu")
    found = on("NH18.T3.4", Instance(network, samples=[[0], [1], [3]]))
    assert statuses(found)["independence.features_are_independent_somewhere"] == "refuted"
    assert found.subject == "Conclusion of Theorem 3.4"
    assert {each.given for each in found.checks} == {("network", "samples")}


def test_all_that_the_instance_has_is_given():
    samples = teaching.samples(3, 4)
    network = Network((4,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 0, 2]] * 4, "b1": [0, 1, -1], "W2": [[1], [1], [-1]], "b2": [0]}
    instance = Instance(network, Parameters.from_arrays(network, arrays), samples, [[1], [2], [3]])
    found = on("NH18.D2.1", instance, layer=2)
    assert [each.given for each in found.checks] == [("network",), ("network", "parameters", "samples")]
    assert found.layer == 2
    assert "F_2" in found.checks[1].found.what  # of the layer that was asked for, at the parameters of the instance
    labels = on("NH18.C3.6", instance).checks[0]
    assert labels.given == ("network", "samples", "targets")
    assert labels.found.details["labels"] == ["1", "2", "3"]
    assert on("NH18.A4.1", instance_at(), layer=1).checks[0].found.status == "proved"


def test_points_of_the_loss():
    found = on("NH18.T4.4", zero_loss_instance(), layer=1)
    assert statuses(found) == {
        "critical_points.zero_gradient_at_zero_loss": "proved",
        "critical_points.gradient_at_positive_loss": "undecided",
    }
    assert [each.given for each in found.checks] == [("instance",)] * 2


def test_each_activation_once():
    own = define_activation("own", ["1/(1 + exp(-t^3))"])
    layers = [FullyConnected(2), FullyConnected(2, activation="tanh"), FullyConnected(2), FullyConnected(3)]
    network = Network((2,), layers, activation=own)
    found = on("NH18.A3.2", Instance(network), layer=3)
    decided = [each for each in found.checks if each.name == "activations.limits_or_growth"]
    assert [each.given for each in decided] == [("activation",)] * 2
    assert [each.found.status for each in decided] == ["proved", "refuted"]


def test_what_is_missing_is_said_and_never_replaced_by_an_example():
    """Without data the checks would run on teaching samples, and their verdicts would not be about this instance."""
    for name in ("NH18.T3.4", "NH18.T3.5", "NH18.A3.1", "NH18.S", "NH18.A4.1", "NH17.T3.8"):
        for each in on(name, Instance(DEFICIENT)).checks:
            assert each.found is None
            assert "samples" in each.reason or "takes no instance" in each.reason
    reasons = {each.name: each.reason for each in on("NH18.S", Instance(DEFICIENT, samples=[[1, 2, 3, 4]])).checks}
    assert reasons["critical_points.point_in_s"] == "it needs parameters"
    assert reasons["critical_points.point_outside_s"].startswith("it takes no instance")
    assert on("NH18.C3.6", Instance(DEFICIENT, samples=[[1, 2, 3, 4]])).checks[0].reason == (
        "it needs targets of one output"
    )


def test_instances_that_a_check_refuses():
    network = Network((1, 4), [Convolution(2, 2)], activation="relu")
    (only,) = on("NH18.D2.3", Instance(network, samples=[[1, 2, 3, 4]])).checks
    assert (only.found, only.reason) == (None, "layer 1 is a convolution layer; expected max-pooling")
    document = only.document()
    assert (document["status"], document["reason"]) == (None, only.reason)


def test_whatever_breaks_a_check_is_no_verdict(monkeypatch):
    from exactcnn.proofs.checks import structure

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(structure, "assumption_2_4", broken)
    (only,) = on("NH18.A2.4", Instance(DEFICIENT)).checks
    assert (only.found, only.reason) == (None, "it does not take this instance (ZeroDivisionError)")


def test_what_the_checker_rejects_is_undecided(monkeypatch):
    monkeypatch.setattr(Certificate, "outcome", Outcome(1, "rejected: no"))
    found = on("NH18.A2.4", Instance(DEFICIENT))
    assert (statuses(found), found.checked) == ({"structure.full_rank_is_attained": "undecided"}, False)
    assert found.rejected == ("structure.full_rank_is_attained",)


@pytest.mark.parametrize("statement", [each for each in ALL if each.kind != "piece"], ids=lambda each: each.id)
def test_every_page_takes_every_instance_without_an_error(statement):
    """Small instances of all sorts: each check is run, or said why not."""
    relu = Network((2,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 0, -1], [0, 1, 1]], "b1": [0, 0, 1], "W2": [[1], [2], [3]], "b2": [1]}
    whole = Instance(relu, Parameters.from_arrays(relu, arrays), [[1, 0], [0, 1], [1, 1]], [[1], [0], [2]])
    for instance in (whole, Instance(DEFICIENT), Instance(teaching.deep(), samples=teaching.samples(3, 6))):
        found = run_on(statement, instance)
        assert {each.name for each in found.checks} == {*statement.checks, *statement.counterexamples}
        assert all((each.found is None) == bool(each.reason) for each in found.checks)
        assert found.checked is not False


def test_several_pages_report_progress_and_layers_that_do_not_exist():
    seen, chosen = [], select(["NH18.A2.4", "NH18.D2.1"], ALL)
    results = list(run_all_on(chosen, Instance(DEFICIENT), progress=lambda *report: seen.append(report)))
    assert [found.statement.id for found in results] == ["NH18.A2.4", "NH18.D2.1"]
    assert seen == [("statements", 0, 2), ("statements", 1, 2)]
    with pytest.raises(InputError, match="layer 5; expected a layer from 1 to 1"):
        on("NH18.A2.4", Instance(DEFICIENT), layer=5)
