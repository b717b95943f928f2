"""Relations by p-adic lifting (Dixon), many at once, as products of float64 matrices that round nothing.

Of x . lines = others, the lines independent, the digits of x modulo a prime p follow from a square of the lines that
is regular modulo p: x_0 = R_0 . inverse for R_0 = others, and R_{i+1} = (R_i - x_i . lines) / p is the right side for
what is left. The quotient is taken in all columns. In those of the square it is exact by choice of x_i; in the others
it is only if x has an answer there modulo p^(i+1), too.

A solution N / d ends: the right side d . others is fed digit by digit, d_i . others at step i, and N . lines = d .
others holds in every column when the residual is zero and d is used up. That is the whole proof; that the
denominator d was found by reconstruction, from one combination of the right sides, does not matter for it.

Bounds. p has at most 20 bits, a centred residue is at most B (`Modulus.bound`). Integers are split into limbs,
|limb| <= 2^(e-1), of weights 2^(e s). A step takes limb s of the residual to (R_s + d_i . others_s - (x_i . lines)_s +
2^e . r) / p, with the remainder r of limb s + 1, |r| <= B; the remainder of limb 0 has to be zero. With u lines and
|R_s| <= (u + 4) 2^(e-1) a numerator is at most (u + 3) B 2^(e-1) + (u + 4) 2^(e-1), which is below (u + 4) (B + 1)
2^(e-1) <= 2^52 by choice of e. The quotient is at most (that + B) / p, and B < 0.51 p: the bound on R_s holds again.

References
----------
.. [1] J. D. Dixon, "Exact solution of linear equations using p-adic expansions", Numer. Math. 40 (1982).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.residues import Floats, Modulus, is_prime
from exactcnn.linalg.echelon import Indices, inverse
from exactcnn.linalg.modular import independent_minor
from exactcnn.linalg.relations import rational_reconstruction

Integers = NDArray[Any]  # Python integers

TRIES = 12  # primes; a square that is regular over Q is singular modulo a random one with probability about order/p
TILE = 1 << 15  # entries whose division stays in cache
COMBINATIONS = 16  # of right sides whose denominator is found; they cost little more than one
CONVINCING = 40  # bits to spare that make a denominator credible


@dataclass(frozen=True)
class Lifting:
    """Independent lines (u, w) in limbs, and the inverse of a square of them modulo a prime."""

    field: Modulus
    width: int  # bits e of a limb
    limbs: tuple[Floats, ...]
    columns: Indices  # of the square
    inverse: Floats

    @property
    def square(self) -> Lifting:
        """The lifting of the square alone, in which there is nothing to verify."""
        limbs = tuple(np.ascontiguousarray(limb[:, self.columns]) for limb in self.limbs)
        return replace(self, limbs=limbs, columns=np.arange(len(self.columns)))

    @classmethod
    def of(cls, lines: Integers, crossing: Indices) -> Lifting | None:
        """Find a prime modulo which the lines are independent on some columns; None if none of a few is one.

        Examples
        --------
        >>> lines = np.array([[2, 1, 3], [0, 5, 5]], dtype=object)
        >>> lifting = Lifting.of(lines, np.arange(3))
        >>> solution = solved(lifting, np.array([[1, 0, 1]], dtype=object), 60)
        >>> [list(map(str, row)) for row in solution.fractions()]
        [['1/2', '-1/10']]
        """
        size = _bits(lines)
        for field in islice(_fields(len(lines), lines.shape[1], size), TRIES):
            image = (lines[:, crossing] % field.p).astype(np.float64)
            field.reduce(image)
            rows, columns = independent_minor(image, field.p)
            if len(rows) == len(lines):
                found = inverse(image[np.ix_(rows, columns)], field)
                assert found is not None
                unordered = np.empty_like(found[1])
                unordered[np.ix_(found[0], rows)] = found[1]
                width = _limb_width(len(lines), field)
                return cls(field, width, tuple(_split(lines, width)), crossing[columns], unordered)
        return None

    def seconds(self, others: int, bits: int) -> float:
        """Estimate a lifting of so many right sides to so many bits."""
        (order, width), limbs = self.limbs[0].shape, len(self.limbs)
        steps = bits / (self.field.p.bit_length() - 1)
        # two cores: 1e11 operations a second, and 4e-9 s for a division
        seconds: float = 2e-11 * order * (order + limbs * width) + 4e-9 * limbs * width
        return steps * others * seconds

    def bytes(self, others: int, kept_bits: int = 0) -> int:
        """Estimate the memory of a lifting of so many right sides, of which so many bits an entry are kept."""
        order, width = self.limbs[0].shape
        digits = kept_bits // (self.field.p.bit_length() - 1) + 1
        needed: int = 8 * others * (4 * len(self.limbs) * width + order * (digits + 2)) + kept_bits * others * order
        return needed

    def split(self, others: Integers) -> list[Floats]:
        """Return right sides in limbs, at least as many as those of the lines."""
        limbs = _split(others, self.width)
        return limbs + [np.zeros(others.shape) for _ in self.limbs[len(limbs) :]]

    def digit(self, residual: list[Floats], fed: int, others: list[Floats]) -> Floats:
        """Return x modulo p, centred, for the right side residual + fed * others."""
        weight, total = pow(2, self.width, self.field.p), np.zeros((len(residual[0]), len(self.columns)))
        for limb, right in zip(reversed(residual), reversed(others), strict=True):
            total *= weight  # below 2^40, and what is added below 2^52
            total += limb[:, self.columns]
            if fed:
                total += fed * right[:, self.columns]
            self.field.reduce(total)
        return self.field.product(total, self.inverse)

    def rest(
        self, digit: Floats, residual: list[Floats], fed: int, others: list[Floats]
    ) -> tuple[list[Floats], NDArray[np.bool_]]:
        """Return (residual + fed * others - digit * lines) / p, and the rows where p divides that in all columns."""
        p, carry = self.field.p, float(2**self.width)
        result = [digit @ limb for limb in self.limbs]
        result += [np.zeros_like(limb) for limb in residual[len(result) :]]
        divisible = np.ones(len(digit), dtype=bool)
        rows = max(1, TILE // max(1, residual[0].shape[1]))
        for start in range(0, len(digit), rows):
            tile, remainder = slice(start, start + rows), None
            for limb, before, right in zip(reversed(result), reversed(residual), reversed(others), strict=True):
                value = before[tile] - limb[tile]
                if fed:
                    value += fed * right[tile]
                if remainder is not None:
                    value += remainder * carry
                quotient = np.multiply(value, 1.0 / p, out=limb[tile])
                np.rint(quotient, out=quotient)
                remainder = value - quotient * p
            assert remainder is not None
            divisible[tile] = ~remainder.any(axis=1)
        return result, divisible


@dataclass(frozen=True)
class Solution:
    """x = N / d with x . lines = others, verified in all columns, for those right sides that have such an x."""

    denominator: int
    digits: tuple[Floats, ...]  # of N, base p; none if they were not kept
    p: int
    rows: Indices  # the right sides

    def fractions(self) -> list[list[Fraction]]:
        """Return the x."""
        return [[Fraction(n, self.denominator) for n in row] for row in _assembled(self.digits, self.p).tolist()]


def solved(lifting: Lifting, others: Integers, most_bits: int, *, keep: bool = True) -> Solution | None:
    """Solve x . lines = others where a common denominator and all numerators have at most `most_bits` bits.

    Parameters
    ----------
    lifting : Lifting
        Lines (u, w).
    others : ndarray (k, w) of Python integers
    most_bits : int
    keep : bool
        Whether the digits are wanted, and not only that there are solutions.

    Returns
    -------
    Solution or None
        None if there is no right side with a solution of that size.
    """
    denominator = _denominator(lifting, others, most_bits)
    if denominator is None or denominator.bit_length() > most_bits:
        return None
    p, right = lifting.field.p, lifting.split(others)
    fed = _centred_digits(denominator, p)
    residual, rows = [np.zeros_like(limb) for limb in right], np.arange(len(others))
    digits: list[Floats] = []
    for i in range(max(len(fed), most_bits // (p.bit_length() - 1) + 1) + 2):
        if i >= len(fed) and not any(limb.any() for limb in residual):
            break
        d_i = fed[i] if i < len(fed) else 0
        digit = lifting.digit(residual, d_i, right)
        residual, divisible = lifting.rest(digit, residual, d_i, right)
        if keep:
            digits.append(digit)
        if not divisible.all():
            rows, digits = rows[divisible], [each[divisible] for each in digits]
            residual, right = [limb[divisible] for limb in residual], [limb[divisible] for limb in right]
    zero = ~np.any([limb.any(axis=1) for limb in residual], axis=0)
    return Solution(denominator, tuple(each[zero] for each in digits), p, rows[zero]) if zero.any() else None


def _denominator(lifting: Lifting, others: Integers, most_bits: int) -> int | None:
    """Return what is most likely a common denominator of all solutions: that of a few random combinations of them.

    And of their entries: a prime gets lost only if it divides the numerators of all of these.
    """
    square, p = lifting.square, lifting.field.p
    right = others[:, lifting.columns]
    by_row = _combinations(len(right))
    if _bits(right) + _bits(by_row) + len(right).bit_length() < 62:
        right = right.astype(np.int64)
    residual, entries = square.split(by_row @ right), _combinations(square.limbs[0].shape[0]).T.astype(np.float64)
    none = [np.zeros_like(limb) for limb in residual]
    digits: list[Floats] = []
    enough, last = 8, 2 * (most_bits + 2 * CONVINCING) // (p.bit_length() - 1) + 2  # combinations are longer
    for i in range(1, last + 1):
        digit = square.digit(residual, 0, none)
        residual, _ = square.rest(digit, residual, 0, none)
        digits.append(digit @ entries)
        if i == min(enough, last):
            found = common_denominator(_assembled(digits, p, together=1).ravel().tolist(), p**i)
            if found is not None:
                return found
            enough += max(8, enough // 4)
    return None


def _combinations(count: int) -> NDArray[np.int64]:
    """Factors of a few combinations of so many numbers, one a row; the numbers themselves if they are few."""
    if count <= COMBINATIONS:
        return np.eye(count, dtype=np.int64)
    return np.random.default_rng(count).integers(-512, 512, (COMBINATIONS, count))


def common_denominator(residues: Sequence[int], modulus: int) -> int | None:
    """Return d such that all d * residue are small modulo the modulus, by more than chance; None if there is none.

    Examples
    --------
    >>> m = 1048343**6
    >>> common_denominator([3 * pow(14, -1, m), 5 * pow(21, -1, m), 0], m)
    42
    """
    denominator, largest = 1, 0
    for residue in residues:
        value = denominator * residue % modulus
        size = min(value, modulus - value)
        if size.bit_length() + denominator.bit_length() + CONVINCING > modulus.bit_length():
            ratio = rational_reconstruction(value, modulus)
            if ratio is None:
                return None
            denominator, size = denominator * ratio.denominator, abs(ratio.numerator)
            largest *= ratio.denominator
        largest = max(largest, size)
        if denominator.bit_length() + largest.bit_length() + CONVINCING > modulus.bit_length():
            return None
    return denominator


# -------------------------------------------------------------------- integers and their parts


def _fields(order: int, width: int, size: int) -> Iterator[Modulus]:
    """Yield primes, from the length on that makes a bit of the solution cheapest."""

    def cost(length: int) -> float:
        limb = _limb_width(order, Modulus(2**length - 1))
        return (order + width * -(-(size + 1) // limb)) / length

    candidate = 2 ** min(range(20, 13, -1), key=cost) - 1
    while candidate > 2**13:
        if is_prime(candidate):
            yield Modulus(candidate)
        candidate -= 2


def _limb_width(order: int, field: Modulus) -> int:
    """Return the largest e with (u + 4) (B + 1) 2^(e-1) <= 2^52."""
    return (2**53 // ((order + 4) * (field.bound + 1))).bit_length() - 1


def _bits(numbers: Integers) -> int:
    """Length of the longest."""
    return max((abs(int(end)).bit_length() for end in (numbers.min(), numbers.max())), default=0)


def _split(numbers: Integers, width: int) -> list[Floats]:
    """Limbs l_s with sum l_s 2^(width s) = number and |l_s| <= 2^(width - 1)."""
    limbs = []
    half, mask = 1 << (width - 1), (1 << width) - 1
    while True:
        if numbers.dtype == object and _bits(numbers) < 62:
            numbers = numbers.astype(np.int64)
        low = ((numbers + half) & mask) - half
        limbs.append(np.ascontiguousarray(low.astype(np.float64)))
        numbers = (numbers - low) >> width
        if not numbers.any():
            return limbs


def _centred_digits(number: int, p: int) -> list[int]:
    """Digits base p of size at most p / 2, the lowest first."""
    digits = []
    while number:
        digit = (number + p // 2) % p - p // 2
        digits.append(digit)
        number = (number - digit) // p
    return digits


def _assembled(digits: Sequence[Floats], p: int, together: int = 3) -> Integers:
    """Return sum digits[i] p^i; three digits below p fit together in int64."""
    parts: list[Any] = [digit.astype(np.int64) for digit in digits]
    parts = [_joined(parts[i : i + together], p).astype(object) for i in range(0, len(parts), together)]
    radix = p**together
    while len(parts) > 1:
        parts = [_joined(parts[i : i + 2], radix) for i in range(0, len(parts), 2)]
        radix *= radix
    return np.asarray(parts[0])


def _joined(parts: Sequence[NDArray[Any]], radix: int) -> NDArray[Any]:
    total = parts[-1]
    for part in reversed(parts[:-1]):
        total = total * radix + part
    return total
