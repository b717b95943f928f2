"""Average-pooling layers in the checker: means in fractions, residues and balls."""

from pathlib import Path

import pytest
from flint import arb, arb_mat, fmpq, fmpz

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import FormatError
from exactcnn.checker.kinds.average_pooling import AveragePooling
from exactcnn.checker.numbers import BALLS, Reduction

DOCUMENT = {"kind": "average-pooling", "patches": [[2, -1], [0, 1]], "divisors": [1, 2]}


def read(**change):
    return AveragePooling.read(DOCUMENT | change, "layer 1", Path(), 3, Budget())


def test_means():
    layer = read()
    assert (layer.kind, layer.below, layer.width, layer.filters, layer.text) == ("average-pooling", 3, 2, 1, "means")
    assert (layer.linear, layer.has_activation, layer.adds, layer.analytic) == (True, False, True, True)
    below = [[fmpq(-1), fmpq(-2), fmpq(-3)], [fmpq(1), fmpq(2), fmpq(3)]]
    assert list(layer.pre_activations(below)) == [(0, [[-3], [3]]), (1, [[fmpq(-3, 2)], [fmpq(3, 2)]])]
    values, factor = layer.integer_values(Budget())
    assert (values([5, -7], fmpz(3)), factor) == ([5, -7], 1)
    assert sorted(layer.coefficients()) == [fmpq(1, 2), 1]


def test_a_part_keeps_the_divisors_of_its_patches():
    part, neurons = read().part([1, 1])
    assert (part.width, part.patches, part.divisors, neurons) == (1, [[0, 1]], [2], [1])
    assert read().part([1, 0])[0] == read()


def test_padding_may_be_counted():
    assert list(read(divisors=[2, 2]).pre_activations([[fmpq(0), fmpq(1), fmpq(5)]])) == [
        (0, [[fmpq(5, 2)]]),
        (1, [[fmpq(1, 2)]]),
    ]


def test_balls_enclose_and_residues_agree():
    layer = read(patches=[[0, 1, 2]], divisors=[3])
    (((first, block),)) = layer.pre_activations([[arb(1, 0.5), arb(2), arb(-7)]], BALLS)
    assert first == 0
    assert isinstance(BALLS.matrix(1, 1, [1]), arb_mat)
    for exact in (fmpq(-3, 2), fmpq(-4, 3), fmpq(-7, 6)):
        assert block[0][0].contains(arb(exact))
    modulo = Reduction(1019)
    (column,) = layer.residues([[modulo(fmpq(x))] for x in (1, 2, 5)], modulo)
    assert list(column) == [modulo(fmpq(8, 3))]


@pytest.mark.parametrize(
    "change",
    [
        *({"divisors": d} for d in ([1], [1, 2, 2], [0, 2], [1, 3], [1, -2], [1, "2"], [1, 1.5], [1, True], None, 2)),
        *({"patches": p} for p in ([[3], [0]], [], [[0, 0], [0, 1]])),
        {"activation": None},
    ],
)
def test_documents_of_another_form(change):
    with pytest.raises(FormatError, match="layer 1"):
        read(**change)
    assert read().width == 2  # the positive control
