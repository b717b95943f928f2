"""Targets from labels: the rows of the classes, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.data.targets import class_targets
from exactcnn.errors import InputError


def test_unit_vectors():
    assert class_targets([2, 0], 3).fractions().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert class_targets(np.array([[1], [1]], dtype=np.uint8), 2).fractions().tolist() == [[0, 1], [0, 1]]
    assert class_targets([0.0, 1.0], 2).fractions().tolist() == [[1, 0], [0, 1]]


def test_rows_of_classes():
    table = [["1/3", 0], [2, "0.5"], [0, 0]]
    found = class_targets(["2", "1", "0"], 2, table).fractions().tolist()
    assert found == [[0, 0], [2, Fraction(1, 2)], [Fraction(1, 3), 0]]


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 3], None, r"labels\[1\] = 3; expected a class from 0 to 1"),
        ([-1], None, r"labels\[0\] = -1"),
        (["1/2"], None, r"labels\[0\] = 1/2"),
        ([[0, 1]], None, r"labels has shape \(1, 2\)"),
        ([0], [[1, 2, 3]], r"classes has shape \(1, 3\); expected \(number of classes, 2\)"),
        ([0], [1, 2], r"classes has shape \(2,\)"),
        ([np.nan], None, "labels"),
    ],
)
def test_refused(labels, classes, message):
    with pytest.raises(InputError, match=message):
        class_targets(labels, 2, classes)
