"""Modular images: safe primes, and the evaluation points at which exponentials have no poles.

For a prime p = 2q + 1 with q an odd prime, let r have order q in GF(p)*. Rational numbers with denominators prime
to p go to their residues, and e**z goes to r**(z mod q) for every rational z with a denominator prime to q. That is
a ring homomorphism on all that is built from them: with a common denominator D of finitely many z, e**z is a power
of t = e**(1/D), t is transcendental (Hermite-Lindemann), and t goes to r**(1/D mod q). The order q is odd and -1 has
order 2, so 1 + r**a is never 0: no sigmoid, tanh or exp has a pole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.errors import UnluckyModulus

Floats = NDArray[Any]  # of the type that belongs to the modulus: float32 or float64

PRIME_LIMIT = 2**20  # see `Modulus`
SINGLE_LIMIT = 2**9  # below, sums of 254 products are exact in float32, which is twice as fast
SINGLE_PRIMES = 227, 179, 167  # the largest safe primes whose residues take one byte
TILE = 1 << 18  # bytes of a tile of a reduction: two tiles stay in a 1 MiB level-2 cache
SAFE_PRIME_FLOOR = 2**19  # an unlucky prime turns up about once in 2**19 pivots


@dataclass(frozen=True)
class Modulus:
    """A prime p, 2**5 < p < 2**20, with the bounds that make arithmetic modulo p on floats exact.

    Floats hold all integers up to 2**24 (float32, for p < 2**9) or 2**53 (float64).
    """

    p: int

    def __post_init__(self) -> None:
        assert 2**5 < self.p < PRIME_LIMIT, self.p

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The floats that are computed with."""
        return np.float32 if self.p < SINGLE_LIMIT else np.float64

    @property
    def stored(self) -> type[np.number[Any]]:
        """The smallest type that holds centred residues; float64 where it would not save memory traffic worth it."""
        if self.dtype == np.float64:
            return np.float64
        return np.int8 if self.bound < 2**7 else np.int16

    @property
    def bound(self) -> int:
        """Size of a centred residue.

        A quotient v/p, v below 2**53 (2**24), is known to v/p * 2**-52 (2**-23) <= 2/p: |r| <= p/2 + 2, p odd.
        """
        return self.p // 2 + 2

    @property
    def products(self) -> int:
        """How many products of residues may be added to a residue before the next reduction."""
        return (self._exact - 2 * self.bound) // self.bound**2

    @property
    def sums(self) -> int:
        """How many residues may be added before the next reduction."""
        return (self._exact - self.bound) // self.bound

    @property
    def _exact(self) -> int:
        return 2**24 if self.dtype == np.float32 else 2**53

    def reduce(self, values: Floats) -> None:
        """Replace integers of size <= 2**53 - bound (2**24 - bound in float32) by centred residues, in place."""
        if values.ndim < 2:
            values = values.reshape(1, -1)
        rows = max(1, TILE // values.itemsize // max(1, values.shape[1]))
        inverse = 1.0 / self.p  # rounded to the type of the values where it meets them
        quotient = np.empty((min(rows, len(values)), values.shape[1]), dtype=values.dtype)
        for start in range(0, len(values), rows):
            tile = values[start : start + rows]
            # q p lies within `bound` of the value: an integer <= 2^53 (2^24), hence exact (beyond, odd ones would
            # round). |residue| <= bound < p, so it is 0 only for multiples of p.
            q = np.multiply(tile, inverse, out=quotient[: len(tile)])
            np.rint(q, out=q)
            np.multiply(q, self.p, out=q)
            np.subtract(tile, q, out=tile)

    def product(self, left: Floats, right: Floats) -> Floats:
        """Matrix product of centred residues of any inner length, reduced in between where it is too long."""
        length, step = left.shape[1], self.products
        if length <= step:
            return self.times(left, right)
        total = np.zeros((len(left), right.shape[1]), dtype=self.dtype)
        for start in range(0, length, step):  # sums of fewer than `sums` residues
            total += self.times(left[:, start : start + step], right[start : start + step])
        self.reduce(total)
        return total

    def times(self, left: Floats, right: Floats) -> Floats:
        """Matrix product of centred residues; the inner length must not exceed `products`."""
        product = left @ right
        self.reduce(product)
        return product


@dataclass(frozen=True)
class EvaluationPoint:
    """A safe prime p = 2q + 1 and an element r of order q modulo p.

    Examples
    --------
    >>> point = EvaluationPoint(1019, 4)
    >>> point.order, int(point.powers()[5]) == pow(4, 5, 1019)
    (509, True)
    """

    modulus: int
    root: int

    @property
    def order(self) -> int:
        """The odd prime q = (p - 1) / 2, order of the root."""
        return self.modulus // 2

    def powers(self) -> NDArray[np.int64]:
        """Table of root**a mod p for 0 <= a < q (int64, about 4 MB for p near 2**20)."""
        return _powers(self.modulus, self.root)


@lru_cache(maxsize=2)
def _powers(modulus: int, root: int) -> NDArray[np.int64]:
    table = np.ones(1, dtype=np.int64)
    while len(table) < modulus // 2:  # doubling: r^(n + i) = r^n r^i, products below 2^40
        table = np.concatenate([table, table * pow(root, len(table), modulus) % modulus])
    table = table[: modulus // 2]
    table.flags.writeable = False
    return table


def evaluation_points(seed: int = 0) -> Iterator[EvaluationPoint]:
    """Yield evaluation points in a random order that the seed determines: take the next one when one is unlucky.

    Any prime of the sequence serves rational matrices; its root serves exponentials.
    """
    rng = np.random.default_rng(seed)
    while True:
        candidate = int(rng.integers(SAFE_PRIME_FLOOR // 2, PRIME_LIMIT // 2)) | 1
        if is_prime(candidate) and is_prime(2 * candidate + 1):
            p = 2 * candidate + 1
            # a square other than 1 has order q: the squares form the subgroup of prime order q
            yield EvaluationPoint(p, pow(int(rng.integers(2, p - 1)), 2, p))


def single_points(seed: int = 0) -> Iterator[EvaluationPoint]:
    """Yield points modulo primes of one byte, where elimination is in float32 and twice as fast.

    A prime p is unlucky for about one matrix in p; the seed determines the roots.

    Examples
    --------
    >>> [(point.modulus, pow(point.root, point.order, point.modulus)) for point in single_points()]
    [(227, 1), (179, 1), (167, 1)]
    """
    rng = np.random.default_rng(seed)
    for p in SINGLE_PRIMES:
        yield EvaluationPoint(p, pow(int(rng.integers(2, p - 1)), 2, p))


def distinct_primes(points: Iterable[EvaluationPoint]) -> Iterator[EvaluationPoint]:
    """Leave out points whose prime occurred before.

    Examples
    --------
    >>> [point.root for point in distinct_primes([EvaluationPoint(1019, 4), EvaluationPoint(1019, 9)])]
    [4]
    """
    seen: set[int] = set()
    for point in points:
        if point.modulus not in seen:
            seen.add(point.modulus)
            yield point


def images_modulo_primes(
    image: Callable[[EvaluationPoint], Floats], most: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield different primes with an image in [0, p) modulo each, of the first `most` points; not the unlucky ones.

    Examples
    --------
    >>> p, residues = next(images_modulo_primes(lambda point: np.array([[-1.0, 2.0]]), 1))
    >>> (residues - [p - 1, 2]).tolist()
    [[0, 0]]
    """
    for point in distinct_primes(islice(evaluation_points(1), most)):
        try:
            yield point.modulus, image(point).astype(np.int64) % point.modulus
        except UnluckyModulus:
            continue


def is_prime(n: int) -> bool:
    """Decide primality of n < 2**40 by trial division."""
    assert n < 2**40
    return n > 1 and all(n % d for d in range(2, min(n, int(n**0.5) + 2)))
