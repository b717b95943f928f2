"""The activation as a value that knows itself in every domain; `activations` lists which there are.

Three domains. *rational*: a rational function on each piece between kinks, exact over Q. *exponential*: moreover in
E = e^g(t) with rational g, exact over Q(e^(1/D)). *transcendental*: enclosed by balls only.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball
from exactcnn.errors import InputError
from exactcnn.network.formulas import Formula, evaluate, polynomial, rational_residue
from exactcnn.network.piece_filter import nearest_float
from exactcnn.network.special_functions import BALLS, FLOATS, symbolic

if TYPE_CHECKING:
    from flint import arb

Domain = Literal["rational", "exponential", "transcendental"]


@dataclass(frozen=True)
class Activation:
    """A nonlinearity; `exactcnn.network.activations.activation` builds one from its name.

    Parameters
    ----------
    name : str
    parameters : tuple of Fraction
    domain : "rational", "exponential" or "transcendental"
    kinks : tuple of Fraction
        Where one piece ends and the next begins, ascending. Piece i holds on [kinks[i-1], kinks[i]]; all activations
        are continuous, so at a kink either piece may be taken.
    pieces : tuple of Formula
        One more than kinks; none in the domain "transcendental".
    exponent : tuple of Fraction
        Coefficients of g in E = e^g(t), ascending; empty outside the domain "exponential".

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> relu6 = activation("relu6")
    >>> relu6.exact(Fraction(13, 2)), relu6.kinks, relu6.analytic
    (Fraction(6, 1), (Fraction(0, 1), Fraction(6, 1)), False)
    >>> activation("sigmoid").floats(np.array([0.0, 800.0])).tolist()
    [0.5, 1.0]
    >>> activation("softplus").text
    'softplus(1)'
    """

    name: str
    parameters: tuple[Fraction, ...]
    domain: Domain = field(compare=False)
    pieces: tuple[Formula, ...] = field(compare=False, repr=False)
    kinks: tuple[Fraction, ...] = field(compare=False, default=())
    exponent: tuple[Fraction, ...] = field(compare=False, repr=False, default=())

    @property
    def text(self) -> str:
        """Canonical name with all parameters, as it stands in certificates."""
        return f"{self.name}({','.join(map(str, self.parameters))})" if self.parameters else self.name

    @property
    def analytic(self) -> bool:
        """Whether one formula holds on the whole line, which makes it real analytic (leaky-relu(1) is, without)."""
        return not self.kinks

    @property
    def constant(self) -> bool:
        """Whether the function is constant: a polynomial of degree 0."""
        return self.domain == "rational" and not any(i for piece in self.pieces for i, _, _ in piece.terms)

    @property
    def zero_on_a_half_line(self) -> bool:
        """Whether the function is zero below its first kink or above its last: units can be off on an open set."""
        return bool(self.kinks) and not (self.pieces[0].numerator and self.pieces[-1].numerator)

    @property
    def separates(self) -> bool:
        """Whether the function is injective on some interval, as Theorem 3.4 needs below layer k for k >= 2.

        Each one that is not constant is analytic and not constant on some interval, hence strictly monotone on a
        smaller one. (Continuous and not constant alone would not do: the Cantor function.)
        """
        return not self.constant

    # ---------------------------------------------------------------- exact

    def piece(self, z: Fraction | int) -> int:
        """Index of a piece that holds at z."""
        return bisect_left(self.kinks, z)

    def exact(self, z: Fraction | int) -> Fraction:
        """Value at a rational number, in the domain "rational".

        Raises
        ------
        InputError
            In the other domains, where the values are not rational.
        """
        self._require("rational")
        return Fraction(self.pieces[self.piece(z)].at(Fraction(z), None, Fraction))

    def exact_derivative(self, z: Fraction | int, *, order: int = 1) -> Fraction | None:
        """Derivative at a rational number; None at a kink where the one-sided derivatives (up to `order`) differ."""
        self._require("rational")
        z, i = Fraction(z), self.piece(z)
        adjacent = self.pieces[i : i + 2] if z in self.kinks else self.pieces[i : i + 1]
        values = {
            tuple(_differentiated(piece, m, ()).at(z, None, Fraction) for m in range(1, order + 1))
            for piece in adjacent
        }
        return Fraction(values.pop()[-1]) if len(values) == 1 else None

    # ---------------------------------------------------------------- residues

    @property
    def uses_value(self) -> bool:
        """Whether residues need the pre-activation itself and not only its exponential."""
        return self.domain != "exponential" or any(i for piece in self.pieces for i, _, _ in piece.terms)

    def exponents(self, values: NDArray[np.int64], order: int) -> NDArray[np.int64]:
        """Exponents g(z) of E modulo the (odd) order of the root, from pre-activations z modulo this order.

        Raises
        ------
        UnluckyModulus
            If a denominator of g is not a unit modulo the order.
        """
        self._require("exponential")
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
        """Images in Z/modulus of the values at given pre-activations z.

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
            If a needed array is missing, or in the domain "transcendental".
        """
        if self.domain == "transcendental":
            raise InputError(f"activation {self.text} has no residues; expected a rational or exponential one")
        if self.domain == "exponential" and (exponents is None or powers is None):
            raise InputError(f"exponents, powers: missing; {self.text} needs both")
        if self.uses_value and values is None:
            raise InputError(f"values: missing; {self.text} needs the pre-activations modulo {modulus}")
        if self.kinks and pieces is None:
            raise InputError(f"pieces: missing; {self.text} has kinks at {', '.join(map(str, self.kinks))}")
        assert 1 < modulus < 2**31
        if exponents is not None and powers is not None:
            if not self.uses_value and powers.size < exponents.size:  # cheaper on the table than on the entries
                table = np.empty_like(powers)
                table[...] = self.pieces[0].residues(None, powers, modulus)
                return table[exponents]
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
        """Values in the precision of the array (float32 or float64), as NumPy computes them; no warnings."""
        return self._floats(x, 0)

    def float_derivative(self, x: NDArray[Any]) -> NDArray[Any]:
        """Derivative in the precision of the array; at a kink, the one from the left (0 for ReLU)."""
        return self._floats(x, 1)

    def ball(self, z: arb) -> arb:
        """Enclosure of the values on a ball, at the working precision."""
        from flint import arb

        return reduce(arb.union, [arb(self._on_piece(i, t)) for i, t in self._met(z)])

    def ball_derivative(self, z: arb, *, order: int = 1) -> arb:
        """Enclosure of the derivative on a ball; of all one-sided derivatives where the ball meets a kink.

        Raises
        ------
        InputError
            If the order is not from 1 to 9.
        """
        from flint import arb, arb_series

        if not 1 <= order <= 9:  # python-flint's default length of a power series
            raise InputError(f"order = {order}; expected 1 to 9")

        def derivative(i: int, t: arb) -> arb:
            series = arb_series([t, 1], order + 1)
            try:
                value = arb_series([0], order + 1) + self._on_piece(i, series)
            except ValueError:  # a wide ball whose denominator contains zero: python-flint will not divide series by it
                return arb(0, math.inf)
            return arb(value[order] * math.factorial(order))

        return reduce(arb.union, [derivative(i, t) for i, t in self._met(z)])

    def sympy(self, t: Any) -> Any:
        """SymPy expression of the value at t; `sympy.diff` gives its derivatives."""
        import sympy

        def number(c: Fraction) -> Any:
            return sympy.Rational(c.numerator, c.denominator)

        if self.domain == "transcendental":
            return symbolic(self.name, t, *map(number, self.parameters))
        power = sympy.exp(evaluate(polynomial(*self.exponent), t, None, number))
        branches = [piece.at(t, power, number) for piece in self.pieces]
        limits = [t <= number(kink) for kink in self.kinks] + [True]
        return sympy.Piecewise(*zip(branches, limits, strict=True))

    # ---------------------------------------------------------------- inside

    def _require(self, domain: Domain) -> None:
        if self.domain != domain:
            raise InputError(f"activation {self.text} is {self.domain}; expected a {domain} one")

    def _floats(self, x: NDArray[Any], order: int) -> NDArray[Any]:
        if x.dtype not in (np.float32, np.float64):
            raise InputError(f"x has dtype {x.dtype}; expected float32 or float64")
        number = x.dtype.type
        with np.errstate(all="ignore"):
            if self.name in FLOATS:
                return FLOATS[self.name][order](x, *(number(nearest_float(c)) for c in self.parameters)).astype(x.dtype)
            where, result = np.zeros(x.shape, dtype=np.int8), np.empty_like(x)
            for kink in self.kinks:
                where += ~(x <= number(nearest_float(kink)))
            for i, piece in enumerate(self.pieces):
                here = where == i
                formula = _differentiated(piece, order, ())
                result[here] = formula.at(x[here], None, lambda c: number(nearest_float(c)))
            return result

    def _met(self, z: arb) -> list[tuple[int, arb]]:
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

    def _on_piece(self, i: int, t: Any) -> Any:
        """Formula i at a ball or at a power series of balls."""
        if self.domain == "transcendental":
            return BALLS[self.name](t, *map(ball, self.parameters))
        power = evaluate(polynomial(*self.exponent), t, None, ball)
        return self.pieces[i].at(t, power.exp() if self.exponent else None, ball)


def _differentiated(piece: Formula, order: int, exponent: tuple[Fraction, ...]) -> Formula:
    for _ in range(order):
        piece = piece.derivative(exponent)
    return piece
