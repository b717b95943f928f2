"""Balls: real numbers enclosed as midpoint and radius, by Arb through python-flint.

A ball proves that a number is not zero, never that it is. The working precision of python-flint is a global
setting; here it is only changed inside a `with` block that restores it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

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
