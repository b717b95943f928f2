"""Targets Y from class labels: the row of each sample is the row of its class in a table, by default a unit vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError


def class_targets(labels: Any, outputs: int, classes: Any = None) -> ExactArray:
    """Return the targets (N, outputs) of samples that belong to classes.

    Parameters
    ----------
    labels : array_like of int (N,)
        Classes 0, 1, ...
    outputs : int
        n_L.
    classes : ExactArray or array_like (C, outputs), optional
        The target of each class; by default C = outputs, and class c has the unit vector e_c ("one-hot").

    Raises
    ------
    InputError
        For a label that is no class (with its index), and a table of another shape.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Section 4 (Y = H Z).

    Examples
    --------
    >>> class_targets([1, 0], 2, [["1/2", 0], [3, 4]]).fractions().astype(str).tolist()
    [['3', '4'], ['1/2', '0']]
    >>> class_targets([0, 2], 2)
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: labels[1] = 2; expected a class from 0 to 1
    """
    table = ExactArray(np.eye(outputs, dtype=np.int64)) if classes is None else exact_array(classes, name="classes")
    if len(table.shape) != 2 or table.shape[1] != outputs:
        raise InputError(f"classes has shape {table.shape}; expected (number of classes, {outputs})")
    given = exact_array(labels, name="labels")
    if len(given.shape) == 2 and given.shape[1] == 1:
        given = given.reshape(-1)
    if len(given.shape) != 1:
        raise InputError(f"labels has shape {given.shape}; expected (N,), one class for each sample")
    values = given.fractions().tolist()
    for index, value in enumerate(values):
        if value.denominator != 1 or not 0 <= value < len(table):
            raise InputError(f"labels[{index}] = {value}; expected a class from 0 to {len(table) - 1}")
    return table[np.array([int(value) for value in values], dtype=np.intp)]
