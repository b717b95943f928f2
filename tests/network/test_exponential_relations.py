"""Relations between exponentials that an image proposes: only what holds is returned."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation
from exactcnn.network.exponential_relations import exponential_relations

P = 1048343


@pytest.mark.parametrize("axis", [0, 1])
def test_only_verified_relations_are_returned(axis):
    """The image may suggest anything: here equal residues for all, which is false over the reals."""
    values = ExactArray.from_array(np.array([[1, 2], [3, 4]]))
    lying = np.ones((2, 2), dtype=np.int64)
    one = np.array([0])
    assert exponential_relations(activation("sigmoid"), values, lying, P, axis, one, one) == ()
    true = ExactArray.from_array(np.array([[1, 1], [1, 1]]))
    [found] = exponential_relations(activation("sigmoid"), true, lying, P, axis, one, one)
    assert found.leading == 1
    assert dict(found.coefficients)[0] == -dict(found.coefficients)[1] != 0


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_that_are_zero(axis):
    """Without any minor each line may be zero by itself: exactly those that are."""
    values, none = ExactArray.from_array(np.array([[0, 0], [0, 0]])), np.empty(0, dtype=np.intp)
    zero = np.zeros((2, 2), dtype=np.int64)
    found = exponential_relations(activation("tanh"), values, zero, P, axis, none, none)
    assert [(r.leading, r.coefficients) for r in found] == [(0, ((0, -1),)), (1, ((1, -1),))]
    assert exponential_relations(activation("sigmoid"), values, zero, P, axis, none, none) == ()
    mixing = ExactArray.from_array(np.array([[1, 0], [1, 0], [-1, 0]]))  # sigmoid + sigmoid - 1 at 0, and 0
    found = exponential_relations(activation("sigmoid"), values, zero, P, 1, none, none, mixing)
    assert [r.leading for r in found] == [0, 1]


@pytest.mark.parametrize("text", ["relu", "square"])
def test_functions_without_names(text):
    one = np.array([0])
    ones = np.ones((2, 2), dtype=np.int64)
    assert exponential_relations(activation(text), ExactArray(ones), ones, P, 0, one, one) == ()


@pytest.mark.parametrize("below", [1, 7])
def test_denominators_of_every_kind(below):
    """z and -z over different denominators: 2/6 and -1/3."""
    values = ExactArray(np.array([[1, 2], [0, 0], [-2, -4]]), np.array([[3], [1], [6]]) * below)
    assert values.fractions()[0, 0] == Fraction(1, 3 * below) == -values.fractions()[2, 0]
    image = np.array([[5, 9], [1, 1], [P - 3, P - 7]])  # row 0 + row 2 = 2 row 1
    rows, columns = np.array([0, 1]), np.array([0, 1])
    [found] = exponential_relations(activation("sigmoid"), values, image, P, 0, rows, columns)
    assert sorted(found.coefficients) == [(0, -1), (1, 2), (2, -1)]
    [transposed] = exponential_relations(
        activation("sigmoid"), ExactArray(values.numbers.T, values.denominators.T), image.T, P, 1, columns, rows
    )
    assert transposed == found
