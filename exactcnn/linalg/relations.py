"""Exact linear relations between the lines of a matrix: candidates to be verified.

Given a non-singular minor (rows I, columns J), every other row j satisfies x . F[I, J] = F[j, J] for one rational x.
If F has no larger rank, x . F[I, :] = F[j, :] holds throughout; whether it does is for the caller to verify exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from exactcnn.linalg.evidence import Relation

Rows = Sequence[Sequence[int]]

LARGE_PRIME = 2**62 - 57  # prime; rationals of height below 2**30 come back from one solution modulo it


def rational_reconstruction(residue: int, modulus: int) -> Fraction | None:
    """Find n/d = residue modulo an odd modulus with |n|, d <= sqrt(modulus / 2); unique if it exists.

    References
    ----------
    .. [1] P. S. Wang, M. J. T. Guy, J. H. Davenport, "P-adic reconstruction of rational numbers", 1982.

    Examples
    --------
    >>> rational_reconstruction(3 * pow(7, -1, 1048343), 1048343)
    Fraction(3, 7)
    """
    bound = math.isqrt(modulus // 2)
    a, b, u, v = modulus, residue % modulus, 0, 1
    while b > bound:
        quotient = a // b
        a, b, u, v = b, a - quotient * b, v, u - quotient * v
    if v == 0 or abs(v) > bound or math.gcd(b, v) != 1:
        return None
    return Fraction(b, v)


def solve_modulo(minor: Rows, others: Rows, modulus: int) -> list[list[int]]:
    """Rows x with x . minor = other modulo a prime; none if the minor is singular modulo it."""
    from flint import nmod_mat

    order = len(minor)
    transposed = nmod_mat(order, order, [x % modulus for row in minor for x in row], modulus).transpose()
    right = nmod_mat(len(others), order, [x % modulus for row in others for x in row], modulus).transpose()
    try:
        solution = transposed.solve(right).transpose().tolist()
    except ZeroDivisionError:
        return []
    return [[int(x) for x in row] for row in solution]


def rationals(residues: Sequence[int], modulus: int) -> list[Fraction] | None:
    """Rationals of small height with these residues; None if one of them has none."""
    values: list[Fraction] = []
    for residue in residues:
        value = rational_reconstruction(residue, modulus)
        if value is None:
            return None
        values.append(value)
    return values


def relation(leading: int, independent: Sequence[int], combination: Sequence[Fraction]) -> Relation:
    """Clear denominators in line[leading] = sum of combination * line[independent]."""
    scale = math.lcm(*(x.denominator for x in combination))
    terms = [(i, int(x * scale)) for i, x in zip(independent, combination, strict=True) if x]
    return Relation(leading, (*terms, (leading, -scale)))
