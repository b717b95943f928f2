"""The numbers that features are computed in: rational numbers, balls, and residues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb_mat, fmpq, fmpq_mat

from exactcnn.checker.document import ObligationError

Table = list[list[Any]]  # rows, one a sample


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
