"""Elementwise layers."""

from pathlib import Path

import pytest
from flint import fmpq, fmpz

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.numbers import Reduction


def test_every_neuron_by_itself(make):
    layer = Elementwise.read(make.elementwise("relu"), "layer 1", Path(), 3, Budget())
    assert (layer.kind, layer.below, layer.width, layer.patches, layer.linear) == ("elementwise", 3, 3, [], True)
    assert layer.has_activation
    below = [[fmpq(1, 2), fmpq(-3), fmpq(0)]]
    assert list(layer.pre_activations(below)) == [(0, below)]
    values, factor = layer.integer_values(Budget())
    assert (values([1, -6, 0], fmpz(2)), factor) == ([1, 0, 0], 1)
    part, neurons = layer.part([2, 0, 2])
    assert (part.width, part.patches, neurons) == (2, [], [0, 2])
    assert layer.ball_value()(fmpq(-3)) == 0
    assert list(map(list, layer.residues([[5], [8], [0]], Reduction(7)))) == [[5], [1], [0]]


@pytest.mark.parametrize("change", [{"patches": [[0]]}, {"activation": None}, {"activation": "relu"}])
def test_documents_of_another_form(make, change):
    with pytest.raises(FormatError):
        Elementwise.read({**make.elementwise("relu"), **change}, "layer 1", Path(), 3, Budget())
