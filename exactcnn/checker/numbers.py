"""The numbers that features are computed in: rational numbers, balls, and residues."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flint import arb_mat, fmpq, fmpq_mat

from exactcnn.checker.document import ObligationError

Table = list[list[Any]]  # rows, one a sample
MOST_EXACT = 2**12  # bits up to which a common denominator is found, not only bounded


@dataclass(frozen=True)
class Numbers:
    """What multiplies matrices, what puts a parameter among its entries, and what stands for 1 in row i of features."""

    matrix: Callable[[int, int, list[Any]], Any]
    number: Callable[[fmpq], Any]
    one: Callable[[int], Any] = lambda _: 1


RATIONALS = Numbers(fmpq_mat, lambda x: x)
BALLS = Numbers(arb_mat, lambda x: x)  # whose entries may be rational numbers


class Reduction:
    """Rational numbers modulo a prime; the inverses of the few denominators are kept."""

    def __init__(self, prime: int) -> None:
        self.prime = prime
        self.inverses = {1: 1}

    def __call__(self, value: fmpq) -> int:
        """Return the residue in [0, prime)."""
        denominator = int(value.q)
        if denominator not in self.inverses:
            if denominator % self.prime == 0:
                raise ObligationError(f"{self.prime} divides a denominator")
            inverse = pow(denominator, -1, self.prime)
            if len(self.inverses) > 10**5:
                self.inverses.clear()
            self.inverses[denominator] = inverse
        return int(value.p) * self.inverses[denominator] % self.prime


def common_bits(numbers: Iterable[fmpq]) -> int:
    """Return the bits of the longest numerator when these numbers have one denominator: a bound, if that is long."""
    given = list(numbers)
    numerators, denominators = [number.p for number in given], {int(number.q) for number in given}
    longest = max(int(max(numerators)).bit_length(), int(min(numerators)).bit_length()) if given else 0
    common, further = 1, 0
    for denominator in denominators:
        if common.bit_length() < MOST_EXACT:
            common = math.lcm(common, denominator)
        else:
            further += denominator.bit_length()
    return longest + common.bit_length() + further
