"""Functions of one variable that know themselves in every domain, closed under differentiation.

*rational*: a rational function on each piece between kinks, exact over Q. *exponential*: moreover in E = e^g(t) with
rational g, exact over Q(e^(1/D)). *binary*: moreover in E = 2^g(t), exact over Q where g(t) is an integer; elsewhere
2^(1/D) is algebraic, so only balls are left, never a formal variable. *transcendental*: enclosed by balls only.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball
from exactcnn.domains.formulas import ONE, Formula, evaluate, polynomial, rational_residue
from exactcnn.domains.piece_filter import nearest_float
from exactcnn.domains.special_functions import FLOATS, Special
from exactcnn.errors import InputError

if TYPE_CHECKING:
    from flint import arb

Domain = Literal["rational", "exponential", "binary", "transcendental"]

IDENTITY = (Fraction(0), Fraction(1))  # coefficients of t, as `Curve.affine` gives them
LARGEST_BINARY_EXPONENT = 10_000  # of 2^g(t) as an exact number


@dataclass(frozen=True)
class Curve:
    """A continuous function of t, or a derivative of one.

    Parameters
    ----------
    pieces : tuple of Formula
        One more than kinks, rational functions of t and E = base^g(t); none for a special function.
    kinks : tuple of Fraction
        Where one piece ends and the next begins, ascending. Piece i holds on [kinks[i-1], kinks[i]]. A continuous
        function takes the value of either piece at a kink; a derivative may jump there.
    exponent : tuple of Fraction
        Coefficients of g, ascending; empty where no E occurs.
    base : "e" or "2"
    logarithms : int
        The function is (ln 2)^logarithms times what the pieces say: derivatives in the base 2 collect these factors.
    special : Special, optional
        A function without formula.
    stable : callable, optional
        The values in floats, where the formula would lose digits (tanh near 0).

    Examples
    --------
    >>> relu = Curve((Formula(polynomial()), Formula(polynomial(0, 1))), (Fraction(0),))
    >>> relu.exact(Fraction(3, 2)), relu.derivative().exact(Fraction(3, 2)), relu.slopes(0)
    (Fraction(3, 2), Fraction(1, 1), (Fraction(0, 1), Fraction(1, 1)))
    """

    pieces: tuple[Formula, ...] = ()
    kinks: tuple[Fraction, ...] = ()
    exponent: tuple[Fraction, ...] = ()
    base: Literal["e", "2"] = "e"
    logarithms: int = 0
    special: Special | None = None
    stable: Callable[[NDArray[Any]], NDArray[Any]] | None = field(default=None, compare=False, repr=False)

    # ---------------------------------------------------------------- what it is

    @property
    def label(self) -> str:
        """What messages call it."""
        return "the function" if self.special is None else self.special.name

    @property
    def domain(self) -> Domain:
        """Where its values at rational numbers lie."""
        if self.special is not None:
            return "transcendental"
        if not self.exponent:
            return "rational"
        return "exponential" if self.base == "e" else "binary"

    @property
    def analytic(self) -> bool:
        """Whether one formula holds on the whole line, which makes it real analytic."""
        return not self.kinks

    @property
    def constant(self) -> bool:
        """Whether the function is constant: numerators are multiples of denominators, by one number."""
        values = {piece.constant for piece in self.pieces}
        return self.special is None and len(values) == 1 and None not in values

    @property
    def affine(self) -> tuple[Fraction, Fraction] | None:
        """The coefficients (c0, c1) of an affine function c0 + c1 t on the whole line; None for all others."""
        return self.pieces[0].affine if len(self.pieces) == 1 else None

    @property
    def integral(self) -> tuple[int, int] | None:
        """Degree and common denominator of the coefficients where all pieces are polynomials in t, else None.

        Then common * d^degree times the value at n / d is an integer.
        """
        if self.domain != "rational" or any(piece.denominator != ONE for piece in self.pieces):
            return None
        terms = [(i, c) for piece in self.pieces for i, _, c in piece.numerator]
        return max((i for i, _ in terms), default=0), math.lcm(*(c.denominator for _, c in terms))

    @property
    def zero_on_a_half_line(self) -> bool:
        """Whether the function is zero below its first kink or above its last: units can be off on an open set."""
        return bool(self.kinks) and not (self.pieces[0].numerator and self.pieces[-1].numerator)

    @property
    def zero_at_zero(self) -> bool:
        """Whether the value at 0 is known to be 0 exactly."""
        if self.special is not None:
            return self.special.order == 0 and self.special.name in ("gelu", "erf", "arctan", "sin")
        piece = self.pieces[self.piece(0)]
        if self.exponent and not self.exponent[0]:  # E = 1
            return bool(piece.at(Fraction(0), Fraction(1), Fraction) == 0)
        return not any(i == 0 for i, _, _ in piece.numerator)

    @property
    def separates(self) -> bool:
        """Whether the function is injective on some interval, as Theorem 3.4 needs below layer k for k >= 2.

        Each one that is not constant is analytic and not constant on some interval, hence strictly monotone on a
        smaller one. (Continuous and not constant alone would not do: the Cantor function.)
        """
        return not self.constant

    def mirrored(self) -> Curve:
        """Return the function of -t; not for special functions."""
        if self.special is not None:
            raise InputError(f"{self.special.name} has no formula; expected a function given by pieces")
        pieces = tuple(piece.mirrored() for piece in reversed(self.pieces))
        kinks = tuple(-kink for kink in reversed(self.kinks))
        exponent = tuple(-c if i % 2 else c for i, c in enumerate(self.exponent))
        return Curve(pieces, kinks, exponent, self.base, self.logarithms)

    @property
    def parity(self) -> Literal["odd", "even"] | None:
        """Whether f(-t) = -f(t) or f(-t) = f(t), as far as the formulas show it."""
        if self.special is not None:
            odd = self.special.name in ("erf", "arctan", "sin")
            known = odd or self.special.name == "cos"
            return None if not known else "odd" if odd != bool(self.special.order % 2) else "even"
        mirror = self.mirrored()
        if mirror.kinks != self.kinks:
            return None
        pieces = mirror.pieces
        if mirror.exponent != self.exponent:
            if mirror.exponent != tuple(-c for c in self.exponent):
                return None
            pieces = tuple(piece.reciprocal() for piece in pieces)  # in 1/E, which is base^(-g)
        for parity, sign in (("even", 1), ("odd", -1)):
            if all(
                piece.equals(other.scaled(Fraction(sign))) for piece, other in zip(self.pieces, pieces, strict=True)
            ):
                return parity  # type: ignore[return-value]  # one of the two words
        return None

    def derivative(self) -> Curve:
        """Return the derivative, piece by piece: kinks and pieces keep their numbers.

        In the base 2 the derivative is ln 2 times a rational function of E, and is represented so.

        Raises
        ------
        InputError
            In the base 2, where t itself occurs beside E.
        """
        if self.special is not None:
            return Curve(special=self.special.derivative())
        if self.domain == "binary" and any(i for piece in self.pieces for i, _, _ in piece.terms):
            raise InputError("a derivative in the base 2 of a formula in t and E; expected one in E alone")
        pieces = tuple(piece.derivative(self.exponent) for piece in self.pieces)
        exponent = self.exponent if any(piece.has_power for piece in pieces) else ()
        logarithms = self.logarithms + (self.domain == "binary" and bool(exponent))
        return Curve(pieces, self.kinks, exponent, self.base if exponent else "e", logarithms)

    # ---------------------------------------------------------------- exact

    def piece(self, z: Fraction | int) -> int:
        """Index of a piece that holds at z; at a kink, the left one."""
        return bisect_left(self.kinks, z)

    def exact(self, z: Fraction | int) -> Fraction:
        """Value at a rational number; at a kink, that of the left piece.

        Raises
        ------
        InputError
            Where the value is not rational by construction.
        """
        return self.exact_on(self.piece(z), Fraction(z))

    def binary_exponent(self, z: Fraction) -> int | None:
        """Return g(z) where 2^g(z) is rational and not too long, else None."""
        exponent = evaluate(polynomial(*self.exponent), z, None, Fraction)
        return int(exponent) if exponent.denominator == 1 and abs(exponent) <= LARGEST_BINARY_EXPONENT else None

    def slopes(self, z: Fraction | int) -> tuple[Fraction, Fraction]:
        """Left and right derivative at a rational number, where the values are rational functions of it.

        Raises
        ------
        InputError
            In other domains.
        """
        if self.domain != "rational":
            raise InputError(f"{self.label} is {self.domain}; expected a rational one, which has exact slopes")
        left = self.piece(z)
        right = left + (z in self.kinks)
        values = [self.pieces[i].derivative(()).at(Fraction(z), None, Fraction) for i in (left, right)]
        return Fraction(values[0]), Fraction(values[1])

    def smooth_at(self, index: int) -> bool:
        """Whether the slopes on both sides of a kink, by its number, are known to agree."""
        kink = self.kinks[index]
        if self.exponent and evaluate(polynomial(*self.exponent), kink, None, Fraction):
            return False  # E is not 1 there, in the base e no rational number
        # in the base 2 a slope is a + b ln 2, a the one by t with E kept fixed: both have to agree
        exponents = (self.exponent,) if self.base == "e" else ((), self.exponent)
        sides = (
            [piece.derivative(exponent).at(kink, Fraction(1), Fraction) for exponent in exponents]
            for piece in self.pieces[index : index + 2]
        )
        return bool(next(sides) == next(sides))

    def exact_on(self, index: int, z: Fraction) -> Fraction:
        """Value of the formula of one piece; raises as `exact` does."""
        if self.domain not in ("rational", "binary") or self.logarithms:
            raise InputError(f"{self.label} is {self.domain}; expected a rational one")
        power = None
        if self.domain == "binary":
            exponent = self.binary_exponent(z)
            if exponent is None:
                raise InputError(f"{self.label} at {z}: expected an integer exponent of 2, of moderate size")
            power = Fraction(2) ** exponent
        return Fraction(self.pieces[index].at(z, power, Fraction))

    # ---------------------------------------------------------------- residues

    @property
    def uses_value(self) -> bool:
        """Whether residues need the argument itself and not only its exponential."""
        return self.domain != "exponential" or any(i for piece in self.pieces for i, _, _ in piece.terms)

    def exponents(self, values: NDArray[np.int64], order: int) -> NDArray[np.int64]:
        """Exponents g(z) of E modulo the (odd) order of the root, from arguments z modulo this order.

        Raises
        ------
        UnluckyModulus
            If a denominator of g is not a unit modulo the order.
        """
        if self.domain != "exponential":
            raise InputError(f"{self.label} is {self.domain}; expected an exponential one")
        result = evaluate(
            polynomial(*self.exponent), values, None, lambda c: rational_residue(c, order), lambda v: v % order
        )
        return np.broadcast_to(np.asarray(result, dtype=np.int64), values.shape)

    def residues(
        self,
        values: NDArray[np.int64] | None,
        modulus: int,
        *,
        pieces: NDArray[np.int8] | None = None,
        exponents: NDArray[np.int64] | None = None,
        powers: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int64]:
        """Images in Z/modulus of the values at given arguments z.

        A ring homomorphism on all numbers involved: rationals whose denominators are prime to the modulus, and
        e^g(z) to root^g(z). With p = 2q + 1, q odd, and a root of order q, sigmoid, tanh, SiLU and Swish have no
        pole, as -1 has even order; nor has Mish, whose denominator is (E + 1)^2 + 1, as -1 is no square.

        Parameters
        ----------
        values : ndarray of int64 or None
            z mod modulus; None is enough where `uses_value` is false.
        modulus : int
            Less than 2**31, so that products of two residues fit int64.
        pieces : ndarray of int8, optional
            Piece on which each z lies; needed if there are kinks.
        exponents, powers : ndarray of int64, optional
            `exponents(z mod q, q)`, and the table root^0, ..., root^(q-1) mod modulus; needed in the domain
            "exponential".

        Raises
        ------
        UnluckyModulus
            If a denominator is not a unit.
        InputError
            If a needed array is missing, or in a domain without residues.
        """
        if self.domain not in ("rational", "exponential"):
            raise InputError(f"{self.label} has no residues; expected a rational or exponential one")
        if self.domain == "exponential" and (exponents is None or powers is None):
            raise InputError(f"exponents, powers: missing; {self.label} needs both")
        if self.uses_value and values is None:
            raise InputError(f"values: missing; {self.label} needs its arguments modulo {modulus}")
        if self.kinks and pieces is None:
            raise InputError(f"pieces: missing; {self.label} has kinks at {', '.join(map(str, self.kinks))}")
        assert 1 < modulus < 2**31
        if exponents is not None and powers is not None:
            powers = powers[exponents]
        shape = next(array.shape for array in (values, powers) if array is not None)
        result = np.empty(shape, dtype=np.int64)
        if pieces is None:
            result[...] = self.pieces[0].residues(values, powers, modulus)
            return result
        for index, piece in enumerate(self.pieces):
            here = pieces == index
            t, power = (None if array is None else array[here] for array in (values, powers))
            result[here] = piece.residues(t, power, modulus)
        return result

    # ---------------------------------------------------------------- floats, balls, symbols

    def floats(self, x: NDArray[Any]) -> NDArray[Any]:
        """Values in the precision of the array (float32 or float64), as NumPy computes them; no warnings.

        At a kink the left piece counts (slope 0 of ReLU).
        """
        if x.dtype not in (np.float32, np.float64):
            raise InputError(f"x has dtype {x.dtype}; expected float32 or float64")
        with np.errstate(all="ignore"):
            if self.stable is not None:
                return self.stable(x).astype(x.dtype)
            if self.special is not None:
                if self.special.order < len(FLOATS[self.special.name]):
                    return self.special.floats(x)
                values = [float(self.ball(ball(value)).mid()) for value in x.ravel().tolist()]
                return np.array(values, dtype=x.dtype).reshape(x.shape)
            where, result = self.float_pieces(x), np.empty_like(x)
            for i, piece in enumerate(self.pieces):
                here = where == i
                result[here] = self._floats(piece, x[here])
            return result

    def float_pieces(self, x: NDArray[Any]) -> NDArray[np.int8]:
        """Piece on which each float lies, with kinks rounded to its precision; at a kink the left one."""
        where = np.zeros(x.shape, dtype=np.int8)
        with np.errstate(over="ignore"):  # of a kink
            for kink in self.kinks:
                where += ~(x <= x.dtype.type(nearest_float(kink)))
        return where

    def _floats(self, piece: Formula, t: NDArray[Any]) -> NDArray[Any]:
        def number(c: Fraction) -> Any:
            return t.dtype.type(nearest_float(c))

        if not self.exponent:
            return np.asarray(piece.at(t, None, number))
        # in u = min(E, 1/E) <= 1 nothing overflows but the value itself: n(E) / d(E) = E^k n~(1/E) / d~(1/E)
        scale = t.dtype.type(1.0 if self.base == "e" else math.log(2))
        g = scale * evaluate(polynomial(*self.exponent), t, None, number)
        u = np.exp(-np.abs(g))
        flipped, degree = piece.flipped()
        below = piece.at(t, u, number)
        above = flipped.at(t, u, number)
        if degree:
            above = above * np.exp(degree * g)
        return np.asarray(np.where(g > 0, above, below) * scale**self.logarithms)

    def ball(self, z: arb) -> arb:
        """Enclosure of the values on a ball, at the working precision; of both sides where a derivative jumps."""
        from flint import arb

        return reduce(arb.union, [arb(self.ball_on(i, t)) for i, t in self.met(z)])

    def met(self, z: arb) -> list[tuple[int, arb]]:
        """Pieces that a ball may meet, each with a ball that encloses the part of it on the piece."""
        kinks = [ball(kink) for kink in self.kinks]
        first, last = sum(kink < z for kink in kinks), len(kinks) - sum(kink > z for kink in kinks)
        if first == last:
            return [(first, z)]
        met = []
        for i in range(first, last + 1):
            part = z if i == first else z.max(kinks[i - 1])
            met.append((i, part if i == last else part.min(kinks[i])))
        return met

    def ball_on(self, i: int, t: Any) -> Any:
        """Enclosure of the formula of piece i on a ball, or on each of an array of balls."""
        from flint import arb

        if self.special is not None:
            return np.frompyfunc(self.special.ball, 1, 1)(t)
        power = None
        if self.exponent:
            exponent = evaluate(polynomial(*self.exponent), t, None, ball)
            power = np.exp(exponent if self.base == "e" else exponent * arb(2).log())  # which calls the method of balls
        value = self.pieces[i].at(t, power, ball)
        return value * arb(2).log() ** self.logarithms if self.logarithms else value

    def sympy(self, t: Any) -> Any:
        """SymPy expression of the value at t."""
        import sympy

        if self.special is not None:
            return self.special.sympy(t)
        branches = [self.sympy_on(i, t) for i in range(len(self.pieces))]
        limits = [t <= sympy.Rational(kink) for kink in self.kinks] + [True]
        return sympy.Piecewise(*zip(branches, limits, strict=True))

    def sympy_on(self, i: int, t: Any) -> Any:
        """SymPy expression of the formula of piece i at t."""
        import sympy

        if self.special is not None:
            return self.special.sympy(t)
        exponent = evaluate(polynomial(*self.exponent), t, None, sympy.Rational)
        power = sympy.exp(exponent) if self.base == "e" else sympy.Integer(2) ** exponent
        return sympy.log(2) ** self.logarithms * self.pieces[i].at(t, power, sympy.Rational)
