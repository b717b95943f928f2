"""Max-pooling layers: one step forward and backward against loops over patches."""

import numpy as np
import pytest

from exactcnn.domains.arithmetic import Choice, KinkMet, Undecided
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.network.kinds.max_pooling import MaxPooling, Pooled, without_padding
from exactcnn.network.network import Network

Q = Rationals()
PATCHES = ((-1, 3, 1), (2, 0, -1), (4, 2, 3))


def resolved():
    layer = Network((5,), [MaxPooling(patches=PATCHES)]).layer(1)
    assert isinstance(layer, Pooled)
    return layer


def test_padding_repeats_the_first_neuron_of_a_window():
    slots = np.array([[-1, 3, 2], [5, -1, -1], [0, 1, 2]])
    assert without_padding(slots).tolist() == [[3, 3, 2], [5, 5, 5], [0, 1, 2]]
    unordered = np.array([[2, 0, -1], [-1, 1, 0], [0, -1, 2], [1, 0, 0]])  # neuron 0 is none of padding, wherever it is
    assert without_padding(unordered).tolist() == [[2, 0, 2], [1, 1, 0], [0, 0, 2], [1, 0, 0]]


@pytest.mark.parametrize("positions", [[0, 1, 2], [1], [2, 0]])
def test_one_step_by_loops(positions):
    generator = np.random.default_rng(0)
    layer = resolved()
    step = layer.step(Q, None, np.array(positions))
    assert (step.layer, step.positions.tolist(), step.curve, step.weights, step.biases) == (
        layer,
        positions,
        None,
        None,
        None,
    )
    below = -1 - np.array([generator.permutation(5) for _ in range(4)])  # all below 0: padding would win
    z, choice = layer.forward(Q, step, Q.lift(ExactArray(below)), None)
    cotangent, down = generator.integers(1, 9, z.shape), np.zeros((4, 5), dtype=int)
    for i in range(4):
        for place, p in enumerate(positions):
            winner = max((j for j in PATCHES[p] if j >= 0), key=lambda j: below[i, j])
            assert z.fractions()[i, place] == below[i, winner]
            assert choice.chosen[i, place] == winner
            down[i, winner] += cotangent[i, place]
    gradient, found = layer.backward(Q, step, Q.lift(ExactArray(below)), choice, Q.lift(ExactArray(cotangent)))
    assert found.fractions().tolist() == down.tolist()
    assert gradient.pre_activations.fractions().tolist() == cotangent.tolist()
    assert (gradient.weights, gradient.biases) == (None, None)


def test_given_winners_are_taken():
    layer, choice = resolved(), Choice(np.array([[1, 0, 4]]))
    z, same = layer.forward(
        Q, layer.step(Q, None, np.arange(3)), Q.lift(ExactArray(np.array([[5, 1, 9, 9, 2]]))), choice
    )
    assert (z.fractions().tolist(), same) == ([[1, 5, 2]], choice)


def test_derivatives_need_one_winner():
    chosen, tie = np.array([[1, 0, 4]]), np.array([[False, True, False]])
    resolved().require_derivatives(Choice(chosen))
    with pytest.raises(KinkMet, match="neuron 1 is at a kink on sample 0"):
        resolved().require_derivatives(Choice(chosen, ties=tie))
    contenders = np.array([[[False, True, True], [True, False, False], [True, False, False]]])
    with pytest.raises(Undecided):
        resolved().require_derivatives(Choice(chosen, contenders=contenders))


def test_what_it_is():
    layer = resolved()
    assert (layer.kind, layer.width, layer.filters, layer.shape, layer.layout) == (
        "max-pooling",
        3,
        1,
        (3,),
        "channels-first",
    )
    assert (layer.activation, layer.parameter_shapes, layer.analytic, layer.chooses) == (None, {}, False, True)
    assert layer.affine is None
    assert layer.document() == {"kind": "max-pooling", "patches": [list(patch) for patch in PATCHES]}
    windows = Network((2, 4, 4), [MaxPooling(2, padding=1)]).layer(1)
    assert windows.shape == (2, 3, 3)


@pytest.mark.parametrize("description", [MaxPooling(2, dilation=2, padding=1), MaxPooling(patches=((0,), (-1,)))])
def test_windows_without_neurons(description):
    shape = (1, 1) if description.kernel else (1,)
    with pytest.raises(InputError, match=f"padding = {description.padding} leaves a window without neurons"):
        description.resolve(1, shape, "channels-first", None)
