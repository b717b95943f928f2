"""Exact features as integers: each row over one denominator of its own, so that no fraction is reduced on the way."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat, fmpz

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import Budget
from exactcnn.checker.formulas import line
from exactcnn.checker.numbers import Table

ZERO = fmpz(0)
# from integers and their denominator d to values, with a number q: integers over q * d, or None, and they are fractions
Values = tuple[Callable[[Iterable[Any], fmpz], list[Any]], int | None]


@dataclass(frozen=True)
class Integers:
    """Rational numbers: entry j of row i is rows[i][j] / denominators[i]."""

    rows: Table
    denominators: list[fmpz]

    @cached_property
    def bits(self) -> int:
        """The bits of the longest integer, denominators among them."""
        ends = [end for row in self.rows if row for end in (max(row), min(row))]
        return max((int(end).bit_length() for end in (*ends, *self.denominators)), default=0)

    def fractions(self) -> Table:
        """Return the numbers themselves."""
        return [[fmpq(n, d) for n in row] for row, d in zip(self.rows, self.denominators, strict=True)]


def integers(table: Table) -> Integers:
    """Return fractions over the least common multiple of the denominators of their row."""
    rows = list(map(over_one_denominator, table))
    return Integers([row for row, _ in rows], [denominator for _, denominator in rows])


def over_one_denominator(fractions: list[fmpq]) -> tuple[list[fmpz], fmpz]:
    """Return numerators over the least common multiple of the denominators, and that."""
    numerators, denominator = fmpq_mat(1, len(fractions), fractions).numer_denom()
    return numerators.entries(), denominator


def values_on_integers(activation: Piecewise, budget: Budget) -> Values:
    """Return the function from a block of integers to values of an activation, outside the domain "exponential".

    The value a n/d + b on a piece is (q a n + q b d)/(q d), with q such that q a and q b are integers for all pieces.
    """
    if not is_affine_on_pieces(activation):
        value = activation.values(budget)
        return lambda entries, d: [value(fmpq(n, d)) for n in entries], None
    budget.spend(2000 * len(activation.pieces), "pieces")
    both, scale = over_one_denominator([c for piece in activation.pieces for c in line(piece) or ()])
    slopes, offsets = both[::2], both[1::2]
    whole = scale == 1 and not any(offsets)
    if whole and slopes == [1]:
        return lambda entries, _: list(entries), 1
    if whole and slopes == [0, 1]:  # which agree at 0 only: it is the kink
        return lambda entries, _: [n if n > 0 else ZERO for n in entries], 1

    def values(entries: Iterable[Any], d: fmpz) -> list[Any]:
        own = [(a, b * d) for a, b in zip(slopes, offsets, strict=True)]
        ends = [kink.p * d // kink.q for kink in activation.kinks]  # n/d > kink for integers n means n > floor(kink d)
        return [a * n + b for n in entries for a, b in (own[bisect_left(ends, n)],)]

    return values, int(scale)


def is_affine_on_pieces(activation: Piecewise) -> bool:
    """Return whether every piece is a t + b, as far as its form shows."""
    return activation.domain == "rational" and all(line(piece) is not None for piece in activation.pieces)
