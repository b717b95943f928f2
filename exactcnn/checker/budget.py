"""What a certificate may cost: work is estimated before it is done, and refused where it would be too much.

A few kilobytes can ask for years: layers that square, a thousand claims, a billion bits. So every step says beforehand
how long it will take (`spend`, added up over the whole document) and how large a table of numbers it will make
(`hold`). Nothing is measured, so that the same document is always treated in the same way. The estimates are upper
bounds within a factor of a few, fitted to measurements of FLINT 3 on one core, and never a matter of truth: a
certificate that is refused is not judged.
"""

from __future__ import annotations

from collections.abc import Callable

SECONDS = 5  # allowed to every document
BYTES_PER_SECOND = 15_000  # or, if that is more, one for so many bytes of it and of its files
MOST_SECONDS = 600
MOST_BITS = 2**35  # of one table of numbers: 4 GiB
NUMBER = 512  # bits that a number occupies, however small it is

Progress = Callable[[str, int, int], None]


class BudgetError(Exception):
    """More work than the budget allows: exit code 2."""


class Budget:
    """The estimated work of one check: `factor` times the usual limits; `progress(what, done, total)` is told of it."""

    def __init__(self, factor: float = 1, progress: Progress | None = None) -> None:
        self.factor = factor
        self.progress = progress
        self.bytes = 0
        self.spent = 0  # nanoseconds

    def read(self, count: int) -> None:
        """Allow for so many bytes that are read."""
        self.bytes += count

    def spend(self, nanoseconds: int, what: str) -> None:
        """Refuse work that takes too long together with all that was done before it."""
        self.spent += nanoseconds
        seconds = min(max(SECONDS, self.bytes // BYTES_PER_SECOND), MOST_SECONDS)
        needed = self.spent // 10**9
        if needed > seconds * self.factor:
            raise BudgetError(f"{what}: about {_rounded(needed)} s of work, {self._limit(seconds, needed, 's')}")

    def hold(self, bits: int, what: str) -> None:
        """Refuse a table of numbers that is too large."""
        if bits > MOST_BITS * self.factor:
            gigabytes = bits // 2**33 + 1
            allowed = MOST_BITS // 2**33
            limit = self._limit(allowed, gigabytes, "GiB")
            raise BudgetError(f"{what}: about {_rounded(gigabytes)} GiB of numbers, {limit}")

    def _limit(self, usual: int, needed: int, unit: str) -> str:
        least = _rounded(needed // usual + 1)
        return f"the limit is {usual * self.factor:.4g} {unit}; --limit FACTOR raises it, here {least} or more"

    def report(self, what: str, done: int, total: int) -> None:
        """Tell how far the work is."""
        if self.progress is not None:
            self.progress(what, done, total)


def _rounded(number: int) -> str:
    """Return a number in few characters, rounded up; estimates may have thousands of digits."""
    if number < 10**6:
        return str(number)
    return f"1e{int(number.bit_length() * 0.30103) + 1}"


# -------------------------------------------------------------------- nanoseconds, from bits


def multiplication(bits: int) -> int:
    """Estimate a product of two integers: by rows up to some 50 words, by Fourier transforms far above."""
    words = bits // 64 + 1
    return words * (min(words // 2, 12 * words.bit_length()) + 2)


def unbalanced(one: int, other: int) -> int:
    """Estimate a product of two integers of so many bits: the longer one in parts as long as the other."""
    short, long = sorted((one, other))
    return ((long // 64 + 1) // (short // 64 + 1) + 1) * multiplication(short)


def fraction(bits: int) -> int:
    """Estimate a sum or a product of two fractions: a greatest common divisor above all."""
    words = bits // 64 + 1
    return 300 + 2 * (words.bit_length() + 1) * multiplication(bits)


def evaluation(degree: int, bits: int, coefficients: int) -> int:
    """Estimate the value of a polynomial over Q, with coefficients of so many bits, at a number of so many bits."""
    result = max(degree, 0) * bits + coefficients
    return fraction(result) + 4 * max(degree, 0).bit_length() * multiplication(result)


def sturm(degree: int, bits: int) -> int:
    """Estimate a Sturm sequence: `degree` remainders, whose coefficients grow by 2 * bits each time."""
    return degree**2 * fraction(2 * degree * bits) // 8


def ball_function(precision: int) -> int:
    """Estimate a special function of a ball; the slowest is the error function."""
    words = precision // 64 + 1
    return 2000 + 32 * words.bit_length() * multiplication(precision)


def ball_determinant(order: int, precision: int) -> int:
    """Estimate a determinant of balls."""
    return order**3 * (8 + multiplication(precision) // 2) + order**2 * 3000


def elimination(rows: int, columns: int, modulus: int = 2**63) -> int:
    """Estimate a rank or a determinant modulo a prime below 2^63, and the matrix itself."""
    return rows * columns * (min(rows, columns) // (8 if modulus < 2**24 else 4) + 200)


def residue_polynomials(length: int) -> int:
    """Estimate a product, or a division, of polynomials over GF(p) of so many coefficients."""
    return 500 + 100 * length * length.bit_length()
