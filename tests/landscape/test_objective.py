"""The loss of an instance: domains, the base 2, decisions in Q below an irrational layer, what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from exactcnn.domains.balls import working_precision
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.inertia import floats
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters


def test_a_loss_by_hand(objective, dense):
    loss = objective(dense((2, 1), "relu"), [[1, 2], [3, 4]], [[0], ["1/2"]], ["1", "1/3", "-1"])
    assert loss.outputs().fractions().tolist() == [[Fraction(2, 3)], [Fraction(10, 3)]]
    assert loss.residual().fractions().tolist() == [[Fraction(2, 3)], [Fraction(17, 6)]]
    assert loss.loss() == (Fraction(2, 3) ** 2 + Fraction(17, 6) ** 2) / 2
    assert loss.gradient().fractions().tolist() == [
        Fraction(2, 3) + 3 * Fraction(17, 6),
        2 * Fraction(2, 3) + 4 * Fraction(17, 6),
        Fraction(2, 3) + Fraction(17, 6),
    ]


def test_the_base_two_in_layer_one(li_ding_sun, objective):
    """Up to ln 2 for each derivative by a parameter of layer 1, everything is rational: Li, Ding and Sun's point."""
    assert li_ding_sun.domain == "Q"
    assert li_ding_sun.uses_base_two
    assert li_ding_sun.loss() == Fraction(49, 50)
    assert li_ding_sun.gradient().fractions().tolist() == [0, 0]
    expected = [[Fraction(529, 5625), Fraction(2, 27)], [Fraction(2, 27), Fraction(100, 81)]]
    assert li_ding_sun.hessian().fractions().tolist() == expected
    with working_precision(80):
        true = floats(li_ding_sun.in_balls().hessian(range(2)))
    logarithm = np.log(2)
    factors = np.array([[logarithm**2, logarithm], [logarithm, 1]])
    assert np.allclose(true, np.array(expected, dtype=float) * factors)
    assert li_ding_sun.at(["1/2", "1"]).domain == "balls"  # the exponent is no integer


def test_the_base_two_above_layer_one(objective):
    network = Network((1,), [FullyConnected(1, activation="identity"), FullyConnected(1, activation="logistic(2)")])
    assert objective(network, [[1]], [[0]], [1, 0, 1, 0]).domain == "balls"


@pytest.mark.parametrize(
    ("names", "domain"),
    [
        (("relu", "square"), "Q"),
        (("sigmoid", "relu"), "Q(t)"),
        (("relu", "tanh"), "Q(t)"),
        (("sigmoid", "sigmoid"), "balls"),
        (("softplus", "identity"), "balls"),
        (("logistic(2)", "sigmoid"), "balls"),
    ],
)
def test_domains(names, domain, objective):
    network = Network((1,), [FullyConnected(1, activation=name) for name in names])
    loss = objective(network, [[1]], [[0]], [1, 0, 1, 0])
    assert loss.domain == domain
    assert isinstance(loss.loss(), Fraction if domain == "Q" else arb)


def test_hessian_times_a_vector(network, drawn):
    loss = drawn(network, 2, seed=9)
    direction = np.random.default_rng(0).integers(-3, 4, loss.coordinates.count)
    assert (loss.times(direction).fractions() == loss.hessian().fractions() @ direction).all()


def test_pieces_below_an_irrational_layer_are_decided(objective):
    """Two units of layer 1 are at their kinks, exactly, though outputs are no rational numbers."""
    layers = [FullyConnected(2, activation="relu"), FullyConnected(1, activation="tanh"), FullyConnected(1)]
    network = Network((1,), layers, activation="identity")
    loss = objective(network, [[0], [1]], [[0], [0]], W1=[[1, -1]], b1=[0, 1], W2=[[1], [1]], b2=[0], W3=[[1]], b3=[0])
    assert loss.domain == "Q(t)"
    assert loss.breakpoints() == ((1, 0, 0), (1, 1, 1))
    assert [(kink.layer, kink.neuron, kink.sample, kink.slopes) for kink in loss.kinks()] == [
        (1, 0, 0, (0, 1)),
        (1, 1, 1, (0, 1)),
    ]
    with pytest.raises(InputError, match="layer 1: neuron 0 is at a kink on sample 0"):
        loss.gradient()
    assert loss.at(loss.theta.fractions() + Fraction(1, 10**9)).breakpoints() == ()


def test_a_breakpoint_that_is_no_kink(objective, dense):
    """squared-relu has a derivative at 0, but no second one: a breakpoint, not a kink."""
    loss = objective(dense((1, 1, 1), "squared-relu"), [[0]], [[0]], [1, 0, 1, 1])
    assert loss.breakpoints() == ((1, 0, 0),)
    assert loss.kinks() == ()
    assert loss.gradient().fractions().tolist() == [0, 0, 0, 1]


def test_an_irrational_layer_with_kinks(objective, dense):
    loss = objective(dense((1, 2, 1), "elu"), [[0], [1]], [[0], [0]], [1, 1, 0, 1, 1, 1, 0])
    assert loss.breakpoints() == ((1, 0, 0),)
    assert loss.kinks() == ()  # the slopes of ELU agree


def test_missing_parts(dense):
    network = dense((1, 1, 1), "relu")
    parameters = random_parameters(network)
    for part, given in (
        ("parameters", Instance(network, None, [[1]], [[1]])),
        ("samples", Instance(network, parameters, None, [[1]])),
        ("targets", Instance(network, parameters, [[1]])),
    ):
        with pytest.raises(InputError, match=f"{part}: missing"):
            Objective(given)
    with pytest.raises(InputError, match="missing"):
        Objective(Instance(network, random_parameters(network, upto=1), [[1]], [[1]]))
    with pytest.raises(InputError, match=r"targets have shape \(1, 2\); expected \(1, 1\)"):
        Objective(Instance(network, parameters, [[1]], [[1, 2]]))


def test_too_many_parameters_for_a_hessian(dense):
    network = dense((50, 60, 1), "relu")
    loss = Objective(Instance(network, random_parameters(network), np.ones((1, 50)), [[1]]))
    with pytest.raises(InputError, match=r"a Hessian by 3121 parameters takes about 1.2 GiB; expected at most 2000"):
        loss.hessian()
    assert loss.hessian([0, 1]).shape == (2, 2)


def test_the_full_gradient(network, drawn):
    """By the definition: a derivative by each entry of U_k, whose adjoint image is that by the weights."""
    loss = drawn(network, 2, seed=11)
    for block in loss.coordinates.blocks:
        layer = block.layer
        full, weights = loss.full_gradient(layer.number).fractions(), loss.gradient().fractions()[block.weights]
        pulled = np.zeros(layer.weights_shape, dtype=object)
        for p, patch in enumerate(layer.patches.slots.tolist()):
            for s, neuron in enumerate(patch):
                if neuron >= 0:
                    pulled[s] += full[neuron, p * layer.filters : (p + 1) * layer.filters]
        assert (pulled.ravel() == weights).all()


def test_directional_derivatives(kink, network, drawn):
    loss = drawn(network, 2, seed=12)
    direction = np.random.default_rng(1).integers(-2, 3, loss.coordinates.count)
    assert loss.directional(direction) == loss.gradient().fractions() @ direction
    right, left = (kink.directional([0, sign, 0, 0]) for sign in (1, -1))
    assert right > 0
    assert left > 0


def test_what_does_not_fit_into_memory(dense, monkeypatch):
    monkeypatch.setattr("exactcnn.resources.physical_memory", lambda: 2**20)
    network = dense((1, 50, 1), "relu")
    instance = Instance(network, random_parameters(network), np.ones((60, 1), dtype=int), np.ones((60, 1), dtype=int))
    with pytest.raises(InputError, match=r"the derivatives of a loss of 60 samples would take .* of memory"):
        Objective(instance)


def test_a_network_without_parameters():
    network = Network((1, 2, 2), [MaxPooling(2)])
    with pytest.raises(InputError, match="no convolutional or fully connected layer; expected at least one"):
        Objective(Instance(network, random_parameters(network), np.arange(4).reshape(1, 4), [[1]]))
