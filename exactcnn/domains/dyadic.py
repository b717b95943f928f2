"""Finite floats as the dyadic rationals m * 2**e that they are: mantissas, and residues read off the bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import UnluckyModulus

TILE = 1 << 15  # entries per tile of a conversion: its temporaries stay in cache
FRACTION = (1 << 52) - 1


def dyadic(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Odd (or zero) integer mantissas m and exponents e with values = m * 2**e exactly; e = 0 where m = 0.

    Examples
    --------
    >>> mantissas, exponents = dyadic(np.array([-0.75, 0.0, 96.0]))
    >>> mantissas.tolist(), exponents.tolist()
    ([-3, 0, 3], [-2, 0, 5])
    """
    fraction, exponents = np.frexp(values)
    mantissas = np.ldexp(fraction, 53).astype(np.int64)  # |fraction| < 1 has 53 bits: an integer below 2^53
    lowest = (mantissas & -mantissas).astype(np.float64)  # 0 or a power of two, 2^s = 2^(s + 1) / 2
    shift = np.where(mantissas == 0, 0, np.frexp(lowest)[1] - 1)
    return mantissas >> shift, np.where(mantissas == 0, 0, exponents - 53 + shift)


def remainder(values: NDArray[np.int64], modulus: int) -> NDArray[np.int64]:
    """Values modulo a positive number, in [0, modulus); several times as fast as `%`.

    quotient * modulus may leave int64 by less than the modulus: it wraps, and the difference wraps back.
    """
    return values - values // modulus * modulus


def dyadic_residues(values: NDArray[np.float64], modulus: int) -> NDArray[np.int64]:
    """Images of finite floats in Z/modulus, 1 < modulus < 2**31, in [0, modulus).

    Raises
    ------
    UnluckyModulus
        If the modulus is even and a value is no integer.
    """
    if modulus % 2 == 0:
        mantissas, exponents = dyadic(values)
        if (exponents < 0).any():
            raise UnluckyModulus(f"modulus {modulus} is even, the numbers are dyadic")
        powers = np.array([pow(2, e, modulus) for e in range(int(exponents.max(initial=0)) + 1)], dtype=np.int64)
        return remainder(remainder(mantissas, modulus) * powers[exponents], modulus)
    units, implicit = _tables(modulus)
    bits = np.ascontiguousarray(values).view(np.int64).ravel()
    result = np.empty(bits.shape, dtype=np.int64)
    for start in range(0, bits.size, TILE):
        tile = bits[start : start + TILE]
        head = (tile >> 52) & 0xFFF
        # below 2^31 * 2^31 + 2^31
        result[start : start + TILE] = remainder(
            remainder(tile & FRACTION, modulus) * units[head] + implicit[head], modulus
        )
    return result.reshape(values.shape)


def _tables(modulus: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every sign and exponent field h: a float with fraction f is f * units[h] + implicit[h] modulo an odd modulus.

    A normal number is +-(2^52 + f) 2^(field - 1075), a subnormal one (field 0) is +-f 2^-1074.
    """
    units = np.empty(2048, dtype=np.int64)
    units[0] = units[1] = pow(2, -1074, modulus)
    known = 1  # units[1:known + 1]; the others are these times a power of two, all below 2^31
    while known < 2047:
        new = min(known, 2047 - known)
        units[known + 1 : known + 1 + new] = remainder(units[1 : 1 + new] * pow(2, known, modulus), modulus)
        known += new
    implicit = remainder(units * pow(2, 52, modulus), modulus)
    implicit[0] = 0
    return _with_negatives(units, modulus), _with_negatives(implicit, modulus)


def _with_negatives(table: NDArray[np.int64], modulus: int) -> NDArray[np.int64]:
    return np.concatenate([table, remainder(modulus - table, modulus)])
