"""Theorems 3.4 and 3.5 for an instance by construction: what is proved, refuted and left open, and by whom accepted."""

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.checker import check
from exactcnn.constructions.independent_features import construct
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.theorems.by_construction import theorem_3_4_by_construction, theorem_3_5_by_construction

REFUSED = ["tanh", "exp", "elu", "softplus", "gelu", "identity", "leaky-relu", "softsign", "clip(1,2)", "swish(0)"]


def checked(tmp_path, found, samples, verdict):
    """Outcome of the checker on the certificate of a verdict."""
    path = tmp_path / "certificate.json"
    Certificate(Instance(found.network, found.parameters, samples), verdict.claims, found.layer).write(path)
    return check(path)


def random_samples(count, width, seed=0, top=100):
    return ExactArray.from_array(np.random.default_rng(seed).integers(0, top, (count, width)))


def test_too_few_units(tmp_path):
    network, samples = Network((1, 3), [Convolution(2, 2, activation="relu")]), random_samples(5, 3)
    found = construct(network, samples, 1)
    assert (found.count, found.complete) == (4, False)
    assert "all 4 units are taken" in found.reason
    for theorem in (theorem_3_4_by_construction, theorem_3_5_by_construction):
        verdict = theorem(network, samples, 1)
        assert (verdict.status, verdict.scope) == ("refuted", "all parameters")
        assert checked(tmp_path, found, samples, verdict).exit_code == 0


def test_a_construction_of_another_instance_is_refused():
    network, samples = Network((1, 4), [Convolution(2, 2, activation="relu")]), random_samples(3, 4)
    found = construct(network, samples, 1)
    assert theorem_3_4_by_construction(network, samples, 1, construction=found).status == "proved"
    other = Network((1, 4), [Convolution(2, 2, activation="sigmoid")])
    for given in [(other, samples, 1), (network, random_samples(3, 4, seed=1), 1)]:
        with pytest.raises(InputError, match="another instance"):
            theorem_3_4_by_construction(*given, construction=found)


def test_almost_all_parameters(tmp_path):
    samples = random_samples(8, 5)
    for activation, status in [("sigmoid", "proved"), ("gaussian", "proved"), ("relu", "refuted")]:
        network = Network((1, 5), [Convolution(2, 2, activation=activation)])
        found = construct(network, samples, 1)
        verdict = theorem_3_5_by_construction(network, samples, 1, construction=found)
        assert verdict.status == status
        assert verdict.scope == ("architecture" if activation == "relu" else "almost all parameters")
        assert checked(tmp_path, found, samples, verdict).exit_code == 0
    network = Network((1, 5), [MaxPooling(2), Convolution(8, 1, activation="sigmoid")])
    assert theorem_3_5_by_construction(network, samples, 2).status == "undecided"
    assert theorem_3_4_by_construction(network, samples, 2).status == "proved"


def test_activations_below_that_are_not_reached_leave_it_open():
    samples = random_samples(3, 4)
    for layer in (
        Convolution(1, 2, activation="sigmoid"),
        Convolution(1, 2, activation="square"),
        Convolution(1, 2, activation="polynomial(0,-1)"),
        Convolution(1, 2, activation="relu", bias="none"),
    ):
        network = Network((1, 4), [layer, FullyConnected(3, activation="relu")], activation="sigmoid")
        verdict = theorem_3_4_by_construction(network, samples, 2)
        assert (verdict.status, verdict.claims, verdict.checked) == ("undecided", (), None)
        assert verdict.reason.startswith("no construction: layer ")


@pytest.mark.parametrize("activation", REFUSED)
def test_activations_that_are_not_reached_leave_it_open(activation):
    network, samples = Network((2,), [FullyConnected(3, activation=activation)]), random_samples(3, 2)
    verdict = theorem_3_4_by_construction(network, samples, 1)
    assert (verdict.status, verdict.claims, verdict.checked) == ("undecided", (), None)


def test_the_checker_is_asked_as_for_verify():
    network, samples = Network((2,), [FullyConnected(3, activation="sigmoid")]), random_samples(3, 2)
    for theorem in (theorem_3_4_by_construction, theorem_3_5_by_construction):
        asked, unasked = theorem(network, samples, 1), theorem(network, samples, 1, check=False)
        assert (asked.status, asked.checked, unasked.checked) == ("proved", True, None)
        assert (asked.reason, asked.details) == (unasked.reason, unasked.details)
        assert [c.document() for c in asked.claims] == [c.document() for c in unasked.claims]


def test_a_bound_alone_is_checked_too():
    """Fewer independent samples than N: undecided, with a lower bound that the checker has accepted."""
    samples = ExactArray.from_array([[7, 7, 0, 1], [7, 7, 1, 0], [7, 7, 2, 5], [7, 7, 3, 1]])
    network = Network((4,), [Convolution(2, patches=((0, 1), (2, 3)), activation="relu")])
    verdict = theorem_3_4_by_construction(network, samples, 1)
    assert (verdict.status, verdict.checked) == ("undecided", True)
    [claim] = verdict.claims
    assert claim.document()["lower"] == verdict.details["lower"] < 4
