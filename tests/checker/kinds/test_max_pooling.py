"""Max-pooling layers: maxima in fractions and balls, and what may be the largest, modulo a prime."""

from itertools import product
from pathlib import Path

import pytest
from flint import arb, fmpq, fmpz

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError
from exactcnn.checker.kinds.max_pooling import MaxPooling
from exactcnn.checker.numbers import Reduction


def test_what_competes(make):
    layer = MaxPooling.read(make.pooling([[2, -1], [0, 1]]), "layer 1", Path(), 3, Budget())
    assert (layer.kind, layer.below, layer.width, layer.filters, layer.text) == ("max-pooling", 3, 2, 1, "maxima")
    assert (layer.linear, layer.has_activation, layer.adds, layer.analytic) == (False, False, False, False)
    below = [[fmpq(-1), fmpq(-2), fmpq(-3)], [fmpq(1), fmpq(2), fmpq(3)]]
    ((first, rows),) = layer.pre_activations(below)
    assert (first, list(rows)) == (0, [[(-3, -3), (-1, -2)], [(3, 3), (1, 2)]])  # a neuron stands for padding
    values, factor = layer.integer_values(Budget())
    assert (values([(fmpz(-1), fmpz(-2)), (fmpz(3),)], fmpz(7)), factor) == ([-1, 3], 1)
    ((_, rows),) = MaxPooling(1, 1, [[-1, 0, -1]]).pre_activations([[5]])
    assert list(rows) == [[(5, 5, 5)]]
    assert MaxPooling(3, 2, [[2, -1], [0, 1]]).part([1]) == (MaxPooling(3, 1, [[0, 1]]), [1])


def test_the_ball_of_a_maximum_contains_every_maximum():
    value = MaxPooling(2, 1, [[0, 1]]).ball_value()
    for (a, r), (b, s) in product([(0, 0), (1, 2), (-1, 1), (5, 1)], repeat=2):
        found = value([arb(a, r), arb(b, s)])
        for x, y in product((a - r, a, a + r), (b - s, b, b + s)):
            assert found.contains(max(x, y))
    assert value([fmpq(1, 2), fmpq(-7)]) == 0.5
    assert value([fmpq(-7)]) == -7


def test_candidates_are_all_that_no_other_exceeds():
    choose = MaxPooling(3, 1, [[0, 1, 2]]).candidates(Reduction(1019))
    assert choose([10, 20, 30], [arb(1), arb(3), arb(2)]) == [20]
    assert choose([10, 20, 30], [arb(1), arb(3, 2), arb(2)]) == [20, 30]
    assert choose([10, 20, 30], [arb(3), arb(3), arb(2)]) == [10, 20]
    assert choose([10], [arb(-3, 9)]) == [10]
    with pytest.raises(ValueError, match="zip"):
        choose([10, 20], [arb(1)])


@pytest.mark.parametrize(
    "change", [{"patches": [[0, 1], [-1, -1]]}, {"patches": [[3]]}, {"patches": []}, {"activation": None}]
)
def test_documents_of_another_form(make, change):
    with pytest.raises(FormatError, match="layer 1"):
        MaxPooling.read({**make.pooling([[0, -1]]), **change}, "layer 1", Path(), 3, Budget())
    assert MaxPooling.read(make.pooling([[-1, 0]]), "layer 1", Path(), 3, Budget()).width == 1
