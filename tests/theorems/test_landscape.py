"""Section 4 at a point: membership in S_k, what Theorems 4.4 and 4.5 say there, what the checker accepts."""

from fractions import Fraction

import pytest

from exactcnn.errors import InputError
from exactcnn.landscape.evidence import CriticalPointClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected, MaxPooling
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.theorems.landscape import critical, full_gradient
from exactcnn.theorems.membership import membership

CUBIC = define_activation(
    "cubic", ["1/(-12*t - 8)", "1/2 + t^3/4", "1 - 1/(12*t - 8)"], [-1, 1]
)  # continuously differentiable, strictly increasing onto (0, 1), with slope 0 at 0


def instance(network, samples, targets, **arrays):
    return Instance(network, Parameters.from_arrays(network, arrays), samples, targets)


@pytest.fixture(scope="module")
def flat():
    """The derivative of layer 2 vanishes: a critical point in S_1 with loss ½."""
    layers = [
        FullyConnected(2, activation="relu"),
        FullyConnected(2, activation=CUBIC),
        FullyConnected(2, activation="identity"),
    ]
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[0, 0], [0, 0]], "b2": [0, 0]}
    arrays |= {"W3": [[1, 0], [0, 1]], "b3": [0, 0]}
    return instance(Network((1,), layers), [[1], [2]], [[1, 0], [0, 1]], **arrays)


def test_a_model_stands_for_network_and_parameters():
    network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    model = Model(network, Parameters.from_arrays(network, arrays), ("a note",))
    found = critical(model, [[1], [2]], [[1], ["5/2"]])
    assert (found.point.status, found.document()["notes"]) == ("global minimum", ["a note"])
    same = critical(network, model.parameters, [[1], [2]], [[1], ["5/2"]], layer=1)
    assert same.point.status == "global minimum"


def test_a_vanishing_derivative_refutes_both_theorems(flat):
    """NH18, Theorem 4.4: strict monotonicity does not make derivatives positive."""
    found = critical(flat, layer=1)
    verdicts = {verdict.statement: verdict for verdict in found.verdicts}
    assert found.point.loss == (Fraction(1, 2), Fraction(1, 2))
    assert found.checked is True
    assert verdicts["NH18.T4.4"].status == "refuted"
    assert verdicts["LDS18.minima"].status == "proved"  # no local minimum, though every derivative is zero
    assert verdicts["LDS18.minima"].reason.startswith("no local minimum")
    assert found.memberships[0].holds is True
    document = found.document()
    assert document["membership"][0]["weights"] == [[3, 2, 2]]
    assert document["checked"] is True


def network(*activations, sizes=(2, 1)):
    return Network((1,), [FullyConnected(size, activation=a) for size, a in zip(sizes, activations, strict=True)])


@pytest.fixture(scope="module")
def solved():
    """Two units, two samples, zero loss."""
    arrays = {"W1": [[1, 1]], "b1": [0, "-3/2"], "W2": [[1], [1]], "b2": [0]}
    return instance(network("relu", "identity"), [[1], [2]], [[1], ["5/2"]], **arrays)


def test_zero_loss_in_s_k(solved):
    found = critical(solved)
    assert found.point.status == "global minimum"
    assert [(v.statement, v.status) for v in found.verdicts] == [
        *(("NH18.T4.4", "proved"), ("NH18.T4.5", "proved"), ("LDS18.minima", "proved"))
    ]
    assert found.checked is True


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "logistic(2)", "softplus"])
def test_a_random_point(name):
    found = critical(
        instance(
            network(name, "identity", sizes=(3, 2)),
            [[1], [2], [4]],
            [[1, 0], [0, 1], [1, 1]],
            W1=[[1, -2, 3]],
            b1=[1, 5, -2],
            W2=[[1, 2], [3, 4], [5, 6]],
            b2=[0, 1],
        ),
        layer=1,
    )
    assert found.point.status == "not critical"
    assert found.checked is True
    statuses = {verdict.statement: verdict.status for verdict in found.verdicts}
    assert statuses["NH18.T4.4"] == ("proved" if found.memberships[0].holds else "undecided")
    assert statuses["NH18.T4.5"] == "undecided"


def test_outside_s_k_nothing_is_said():
    found = critical(
        instance(network("relu", "identity"), [[1], [2]], [[0], [0]], W1=[[1, 1]], b1=[0, 0], W2=[[1], [1]], b2=[0]),
        layer=1,
    )
    assert found.memberships[0].holds is False
    assert {verdict.status for verdict in found.verdicts} == {"undecided"}
    assert all("says nothing" in verdict.reason for verdict in found.verdicts)


@pytest.mark.parametrize(
    ("output", "pooled", "reason"),
    [
        ("identity", False, None),
        ("relu", False, "the activation of layer 2 is not the identity: Section 4"),
        ("identity", True, "layer 1 is max-pooling: Section 4"),
    ],
)
def test_networks_that_section_4_is_not_about(output, pooled, reason):
    """S_k is known there, but the theorems say nothing; the checker would refuse the conclusions."""
    layers = [FullyConnected(2, activation="relu"), FullyConnected(1, activation=output)]
    k, inputs = (2, [[1, 0], [2, 0]]) if pooled else (1, [[1], [2]])
    net = Network((len(inputs[0]),), [MaxPooling(patches=((0, 1),)), *layers] if pooled else layers)
    arrays = {f"W{k}": [[1, 1]], f"b{k}": [0, "-3/2"], f"W{k + 1}": [[1], [1]], f"b{k + 1}": [0]}
    found = critical(instance(net, inputs, [[2], [1]], **arrays), layer=k)
    assert (found.memberships[0].holds, found.checked) == (True, True)
    first = found.verdicts[0]
    assert first.status == ("proved" if reason is None else "undecided")
    assert reason is None or all(verdict.reason.startswith(reason) for verdict in found.verdicts[:2])
    assert found.verdicts[2].status == ("undecided" if output == "relu" else "proved")  # pooling may stand below


def test_the_gradients_of_two_layers():
    """One claim for each layer: neither stands for the other."""
    layers = [FullyConnected(2, activation="square"), FullyConnected(3, activation="square")]
    net = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 2]], "b1": [0, 1], "W2": [[1, 1, 2], [1, 3, 1]], "b2": [0, 1, 2]}
    found = critical(instance(net, [[1], [3]], [[1], [5]], **arrays, W3=[[1], [1], [2]], b3=[0]))
    assert [each.layer for each in found.memberships] == [1, 2]
    assert [(v.statement, v.layer) for v in found.verdicts if v.status == "proved"] == [
        *(("NH18.T4.4", 1), ("NH18.T4.4", 2), ("LDS18.minima", 2))  # a square in layer 2 is not monotone
    ]
    assert found.checked is True


def test_weights_that_are_zero():
    """Rank 0 of U_3 rests on lines that are zero."""
    layers = [FullyConnected(2, activation="square"), FullyConnected(1, activation="square")]
    net = Network((1,), [*layers, FullyConnected(1, activation="identity")])
    arrays = {"W1": [[1, 2]], "b1": [0, 1], "W2": [[1], [1]], "b2": [0]}
    found = critical(instance(net, [[1], [3]], [[1], [5]], **arrays, W3=[[0]], b3=[0]), layer=1)
    assert found.memberships[0].holds is False
    assert found.checked is True


def test_layers_of_s_k(flat):
    assert [each.layer for each in critical(flat, check=False).memberships] == [1, 2]
    for layer in (0, 3, -1):
        with pytest.raises(InputError, match="expected a layer k below the output, from 1 to 2"):
            membership(flat, layer)
    pooled = Network((1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), FullyConnected(1)], activation="identity")
    arrays = {"W1": [[1, 2], [3, 4]], "b1": [0] * 6, "W3": [[1]] * 4, "b3": [0]}
    given = instance(pooled, [[1, 2, 3, 4]], [[1]], **arrays)
    assert [each.layer for each in critical(given, check=False).memberships] == [2]  # pooling lies above layer 1
    deeper = Network((1, 4), [*pooled.layers[:1], *pooled.layers], activation="identity")
    more = {"W1": [[1, 1]] * 2, "b1": [0] * 6, "W2": [[1, 2]] * 4, "b2": [0] * 4, "W4": [[1]] * 2, "b4": [0]}
    above = instance(deeper, [[1, 2, 3, 4]], [[1]], **more)
    with pytest.raises(InputError, match="layer 3 is max-pooling"):
        membership(above, 1)
    with pytest.raises(InputError, match="layer 2 is max-pooling"):
        membership(given, 1)


def test_parts_that_are_missing(flat):
    with pytest.raises(InputError, match="missing"):
        membership(Instance(flat.network, None, flat.samples), 1)
    with pytest.raises(InputError, match="targets"):
        critical(Instance(flat.network, flat.parameters, flat.samples))


def test_the_full_gradient(flat):
    objective = Objective(flat)
    assert full_gradient(objective, 2, 64).zero is True
    found = full_gradient(objective, 3, 64)
    assert found.zero is True
    assert full_gradient(Objective(flat).at(objective.theta.fractions() + 1), 3, 64).entry is not None
    kink = instance(network("relu", "identity", sizes=(1, 1)), [[0]], [[1]], W1=[[1]], b1=[0], W2=[[1]], b2=[0])
    assert full_gradient(Objective(kink), 2, 64) is None


def test_a_defect_is_caught(solved, monkeypatch):
    """Evidence that lies: the checker rejects it, and nothing is claimed."""
    honest = CriticalPointClaim.document

    def lying(self):
        return honest(self) | {"loss": ["1", "1"]}

    monkeypatch.setattr(CriticalPointClaim, "document", lying)
    found = critical(solved, layer=1)
    assert found.checked is False
    assert found.point.status == "undecided"
    assert found.memberships == ()
    assert {verdict.status for verdict in found.verdicts} == {"undecided"}
    assert "does not accept the evidence" in found.point.reason
