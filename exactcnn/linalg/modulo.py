"""The rank of a matrix of rational numbers modulo a prime that the user chooses."""

from __future__ import annotations

from math import gcd

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.rational import COPY
from exactcnn.resources import check_memory

LARGEST = 2**64  # a residue is a word; below, FLINT decides primality, and does not only test it


def prime_below_a_word(number: int, *, name: str) -> int:
    """Return the number if it is a prime below 2^64.

    Raises
    ------
    InputError
        If it is not; with its smallest divisor where that is found quickly.

    Examples
    --------
    >>> prime_below_a_word(7, name="--modulo")
    7
    >>> prime_below_a_word(91, name="--modulo")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: --modulo is 91 = 7 · 13; expected a prime below 2^64
    """
    from flint import fmpz

    if 1 < number < LARGEST and fmpz(number).is_prime():
        return number
    divisor = next((d for d in range(2, 1000) if 1 < number < LARGEST and number % d == 0), None)
    shown = str(number) if abs(number) < LARGEST else f"a number of {abs(number).bit_length()} bits"
    raise InputError(
        f"{name} is {shown}{f' = {divisor} · {number // divisor}' if divisor else ''}; expected a prime below 2^64"
    )


def rank_modulo(entries: ExactArray, prime: int) -> int:
    """Return the rank of the image of a matrix in GF(p); it is at most the rank over Q.

    Parameters
    ----------
    entries : ExactArray (m, n)
    prime : int
        Below 2^64.

    Raises
    ------
    InputError
        For an entry whose denominator the prime divides (with its index), and for a matrix beyond memory.

    Examples
    --------
    >>> entries = ExactArray.from_strings([["1/2", "1"], ["1", "9"]])
    >>> rank_modulo(entries, 7), rank_modulo(entries, 5)
    (1, 2)
    """
    from flint import nmod_mat

    m, n = entries.shape
    check_memory(COPY * m * n, what=f"a matrix of {m} x {n} modulo {prime}")
    integers, denominator = entries.integers()  # a unit does not change the rank
    if gcd(denominator, prime) > 1:
        fractions = entries.fractions()
        for (i, j), value in np.ndenumerate(fractions):
            if value.denominator % prime == 0:
                raise InputError(
                    f"entry ({i}, {j}) is {value}, which has no residue modulo {prime}; "
                    "expected denominators that the prime does not divide"
                )
        flat = [value.numerator * pow(value.denominator, -1, prime) % prime for value in fractions.ravel().tolist()]
    else:
        flat = (integers % prime).ravel().tolist()
    return int(nmod_mat(m, n, flat, prime).rank())
