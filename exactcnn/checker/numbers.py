"""The numbers that features are computed in: rational numbers, balls, and residues."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flint import arb_mat, fmpq, fmpq_mat

from exactcnn.checker.document import ObligationError

Table = list[list[Any]]  # rows, one a sample
MOST_KNOWN = 10**5  # inverses and residues that are kept
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
    """Rational numbers modulo a prime, or a product of primes; the inverses of the few denominators are kept."""

    def __init__(self, modulus: int) -> None:
        self.modulus = modulus
        self.inverses = {1: 1}

    def __call__(self, value: fmpq) -> int:
        """Return the residue in [0, modulus)."""
        denominator = int(value.q)
        if denominator not in self.inverses:
            divisor = math.gcd(denominator, self.modulus)
            if divisor > 1:
                raise ObligationError(f"{divisor} divides a denominator")
            inverse = pow(denominator, -1, self.modulus)
            if len(self.inverses) > MOST_KNOWN:
                self.inverses.clear()
            self.inverses[denominator] = inverse
        return int(value.p) * self.inverses[denominator] % self.modulus

    def columns(self, rows: Table) -> list[tuple[int, ...]]:
        """Return the residues of a table, column by column; entries that are one object are reduced once."""
        known: dict[int, int] = {}  # by the identity of an entry of the table, which outlives this

        def residues(row: list[fmpq]) -> list[int]:
            names = list(map(id, row))
            try:
                return list(map(known.__getitem__, names))
            except KeyError:
                if len(known) > MOST_KNOWN:
                    known.clear()
                known.update((name, self(x)) for name, x in zip(names, row, strict=True) if name not in known)
                return list(map(known.__getitem__, names))

        return list(zip(*map(residues, rows), strict=True))


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
