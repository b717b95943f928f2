"""Features whose numbers are known by name only, modulo a prime: a linear space of matrices.

Each name of `exactcnn.network.expansions` gets a residue of its own, drawn at random; what all such images have in
common is what the names alone prove. Names are told apart by hashes here, so what is found has to be verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import Terms, evaluate, polynomial, rational_residue
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residues import Floats, Modulus
from exactcnn.errors import UnluckyModulus
from exactcnn.network.expansions import Division, divisions, same_denominator

HASHES = np.array([[2**31 - 1], [2**31 - 19]])  # primes; a pair of residues stands for a rational number

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class FormalFeatures:
    """[curve(values), 1] @ mixing modulo a prime, as a space of matrices; see `exactcnn.linalg.zero_blocks`.

    Attributes
    ----------
    modulus : int
    constant : ndarray of int64 (N, n)
        Coefficients of the number 1.
    terms : tuple of (positions, coefficients, names)
        Where other numbers occur: positions in the flat matrix, each once in a term, and the numbers of the names.
    names : int
    mixing : ndarray of float64 (n + 1, m) or None
        Centred residues.
    """

    modulus: int
    constant: Integers
    terms: tuple[tuple[Integers, Integers, Integers], ...]
    names: int
    mixing: Floats | None = None

    @classmethod
    def of(
        cls, curve: Curve, values: ExactArray, modulus: int, mixing: ExactArray | None = None
    ) -> FormalFeatures | None:
        """Expand a curve at rational arguments; None of a curve without names, and at an unlucky modulus."""
        try:
            z = values.residues(modulus).ravel()
            if curve.special is not None:
                constant, terms = _reflected(curve, values, z)
            else:
                pieces = divisions(curve)
                if pieces is None:
                    return None
                constant, terms = _divided(curve, pieces, values, z, modulus)
            carried = None if mixing is None else mixing.residues(modulus).astype(np.float64)
        except UnluckyModulus:
            return None
        if carried is not None:
            Modulus(modulus).reduce(carried)
        _, found = np.unique(np.concatenate([hashed for _, _, hashed in terms]), return_inverse=True)
        ends = np.cumsum([len(hashed) for _, _, hashed in terms])[:-1]
        numbered = tuple((at, c, names) for (at, c, _), names in zip(terms, np.split(found, ends), strict=True))
        return cls(modulus, constant % modulus, numbered, int(found.max(initial=-1)) + 1, carried)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, m)."""
        return len(self.constant), (self.constant if self.mixing is None else self.mixing).shape[1]

    def member(self, rng: np.random.Generator) -> Floats:
        """Return the matrix with random residues for all numbers, the number 1 included."""
        p = self.modulus
        drawn, one = rng.integers(0, p, self.names), int(rng.integers(0, p))
        total = self.constant * one % p
        flat = total.reshape(-1)
        for positions, coefficients, names in self.terms:
            flat[positions] += coefficients * drawn[names] % p
        result, field = total.astype(np.float64), Modulus(p)
        field.reduce(result)
        if self.mixing is None:
            return result
        offset = np.full((len(result), 1), float(one))
        return field.product(np.concatenate([result, offset], axis=1), self.mixing)


Parts = tuple[Integers, list[tuple[Integers, Integers, Integers]]]


def _reflected(curve: Curve, values: ExactArray, z: Integers) -> Parts:
    """A special function at z, or at -z where that has the smaller hash."""
    assert curve.special is not None
    keys, flipped = _unsigned(_hashes(polynomial(0, 1), values))
    sign, slope = curve.special.reflection
    coefficients = np.where(flipped, sign, 1)
    where = np.flatnonzero(values.numbers != 0) if curve.zero_at_zero else np.arange(z.size)
    constant = np.where(flipped, slope * z, 0).reshape(values.shape)
    return constant, [(where, coefficients[where], keys[where])]


def _divided(curve: Curve, pieces: tuple[Division, ...], values: ExactArray, z: Integers, modulus: int) -> Parts:
    """Quotients and remainders of the pieces, as `exactcnn.network.expansions` writes them."""
    exponents = _hashes(polynomial(*curve.exponent), values)
    chosen = Rationals().pieces(curve, values).chosen.ravel() if curve.kinks else np.zeros(z.size, dtype=np.int8)
    zero, constant = ~exponents.any(axis=0), np.zeros(z.size, dtype=np.int64)
    terms: list[tuple[Integers, Integers, Integers]] = []
    for index, piece in enumerate(pieces):
        here = chosen == index
        at_zero, where = np.flatnonzero(here & zero), np.flatnonzero(here & ~zero)
        rest = [_at(part, z[where], modulus) for part in piece.remainder]
        powers = [_at(part, z[where], modulus) for part in piece.quotient]
        constant[where] += powers[0] if powers else 0
        for j, coefficients in enumerate(powers[1:], 1):
            terms.append((where, coefficients, _keys(j * exponents[:, where] % HASHES)))
        if piece.logistic:
            keys, flipped = _unsigned(exponents[:, where])
            constant[where] += np.where(flipped, rest[0], 0)
            rest = [np.where(flipped, -rest[0], rest[0])]
        else:
            keys = _keys(exponents[:, where])
        number = same_denominator(pieces, piece)
        terms += [(where, c, keys ^ _label(number, j)) for j, c in enumerate(rest)]
        if not at_zero.size:
            continue
        share = rational_residue(1 / sum(piece.denominator, Fraction(0)), modulus)
        constant[at_zero] += sum(_at(part, z[at_zero], modulus) for part in piece.quotient)
        constant[at_zero] += sum(_at(part, z[at_zero], modulus) for part in piece.remainder) * share % modulus
    return constant.reshape(values.shape), terms


def _at(terms: Terms, z: Integers, modulus: int) -> Integers:
    """Values of a polynomial in t, modulo the modulus."""
    value = evaluate(terms, z, None, lambda c: rational_residue(c, modulus), lambda v: v % modulus)
    return np.broadcast_to(np.asarray(value, dtype=np.int64), z.shape)


def _hashes(terms: Terms, values: ExactArray) -> Integers:
    """Two residues of a polynomial at each argument: shape (2, entries)."""
    return np.stack([_at(terms, values.residues(p).ravel(), p) for (p,) in HASHES.tolist()])


def _unsigned(hashes: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Keys of a or -a, the same for both, and where it is that of -a."""
    flipped: NDArray[np.bool_] = hashes[0] > HASHES[0] // 2
    return _keys(np.where(flipped, HASHES - hashes, hashes) % HASHES), flipped


def _keys(hashes: Integers) -> Integers:
    key: Integers = hashes[0] | hashes[1] << 31
    return key


def _label(number: int, power: int) -> int:
    """A number of 62 bits for E^power over the denominator of this number: part of a name."""
    return (1024 * number + power + 1) * 0x9E3779B97F4A7C15 % 2**62
