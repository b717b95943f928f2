"""The arithmetic of Q(t): layers above the exponentials, and what it refuses."""

from fractions import Fraction

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.domains.exponential_arithmetic import ExponentialSums, NoPolynomial
from exactcnn.errors import InputError
from exactcnn.network.activations import activation


def test_layers_above_are_polynomials():
    field = ExponentialSums()
    hidden = field.apply(activation("sigmoid"), field.lift(ExactArray.from_array([[1, 0]])), None)
    squared = field.apply(activation("square"), hidden, None)
    assert (squared[0, 0] + hidden[0, 0] * hidden[0, 0] * -1).terms == {}
    assert squared[0, 1].rational == Fraction(1, 4)
    with pytest.raises(NoPolynomial):
        field.apply(activation("sigmoid"), hidden, None)
    for refused in (lambda: field.pieces(activation("relu"), hidden), lambda: field.winners(hidden, None)):
        with pytest.raises(InputError, match="expected a pattern"):
            refused()
