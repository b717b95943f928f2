"""Balls: real numbers enclosed as midpoint and radius, by Arb through python-flint.

A ball proves that a number is not zero, never that it is. The working precision of python-flint is a global
setting; here it is only changed inside a `with` block that restores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError

if TYPE_CHECKING:
    from flint import arb

MAX_PRECISION = 2**24  # bits; a single ball of this size takes two megabytes


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Compute with balls of this precision inside the block, and restore the former one after it.

    Raises
    ------
    InputError
        If the precision is not an integer from 2 to 2**24.

    Examples
    --------
    >>> with working_precision(128):
    ...     ball(Fraction(1, 3)).rel_accuracy_bits() >= 120
    True
    """
    from flint import ctx

    if type(bits) is not int or not 2 <= bits <= MAX_PRECISION:
        raise InputError(f"precision = {bits!r}; expected an integer from 2 to {MAX_PRECISION} bits")
    former = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = former


def ball(value: Fraction | int | float) -> arb:
    """Enclose a rational number, at the working precision; integers, floats and dyadics that fit are exact.

    Examples
    --------
    >>> ball(Fraction(1, 3)) * 3 == 1, (ball(Fraction(1, 3)) * 3).contains(1)
    (False, True)
    """
    from flint import arb, fmpq

    return arb(fmpq(*value.as_integer_ratio()))


def ball_rows(values: ExactArray | NDArray[Any]) -> list[list[arb]]:
    """Enclose every entry of an exact matrix (or of an array of fractions), row by row.

    Raises
    ------
    InputError
        If the array is not two-dimensional.
    """
    if len(values.shape) != 2:
        raise InputError(f"values have shape {values.shape}; expected a matrix")
    fractions = values.fractions() if isinstance(values, ExactArray) else values
    return [[ball(value) for value in row] for row in fractions.tolist()]


def map_rows(function: Callable[[arb], arb], rows: Sequence[Sequence[arb]]) -> list[list[arb]]:
    """Apply a function of one ball to every entry.

    Examples
    --------
    >>> exponential = map_rows(lambda z: z.exp(), ball_rows(ExactArray.from_array([[0, 1]])))
    >>> float(exponential[0][1].mid())
    2.718281828459045
    """
    return [[function(value) for value in row] for row in rows]


def affine_rows(
    samples: Sequence[Sequence[arb]], weights: Sequence[Sequence[arb]], biases: Sequence[arb]
) -> list[list[arb]]:
    """Enclose samples times weights plus biases: (N, n) by (n, m) and m entries gives (N, m)."""
    from flint import arb_mat

    if not samples or not biases:
        return [[] for _ in samples]
    if not weights:
        return [list(biases) for _ in samples]
    product = arb_mat([list(row) for row in samples]) * arb_mat([list(row) for row in weights])
    return [[value + bias for value, bias in zip(row, biases, strict=True)] for row in product.tolist()]
