"""What a function given by formulas does for t → ±∞: decided from the leading terms.

With E = base^g(t), g a polynomial of degree m >= 1, |t|^i E^j is of the order e^(j g(t)) |t|^i, and any power of E that
grows beats every power of t. So the terms of numerator and denominator are ordered by the growth of E^j first, then
by i, and the function is asymptotically c t^I E^J with the quotient of the leading terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import Terms
from exactcnn.errors import InputError


@dataclass(frozen=True)
class End:
    """The function is asymptotically coefficient * t^degree * e^(growth * c |t|^m) with some c > 0, m >= 1.

    Parameters
    ----------
    coefficient : Fraction
        0 where the function is zero from some point on.
    degree : int
    growth : {-1, 0, 1}
        Whether the exponential factor decays, is absent, or grows.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> end(activation("silu"), -1), end(activation("silu"), 1).limit is None
    (End(coefficient=Fraction(1, 1), degree=1, growth=-1), True)
    """

    coefficient: Fraction
    degree: int
    growth: Literal[-1, 0, 1]

    @property
    def decays_exponentially(self) -> bool:
        """Whether |σ(t)| ≤ ρ1 e^(−ρ2 |t|) on the half-line, for some positive constants.

        Near infinity by the leading terms; on the rest, a compact interval, a continuous function is bounded.
        """
        return self.coefficient == 0 or self.growth < 0

    @property
    def at_most_linear(self) -> bool:
        """Whether |σ(t)| ≤ ρ3 |t| + ρ4 on the half-line."""
        return self.decays_exponentially or (self.growth == 0 and self.degree <= 1)

    @property
    def limit(self) -> Fraction | None:
        """The limit, if there is a finite one."""
        if self.decays_exponentially or (self.growth == 0 and self.degree < 0):
            return Fraction(0)
        return self.coefficient if (self.growth, self.degree) == (0, 0) else None


def end(curve: Curve, side: Literal[-1, 1]) -> End:
    """Return the asymptotic behaviour for t → −∞ (side −1) or t → +∞ (side 1).

    Raises
    ------
    InputError
        For a special function, which has no formula.
    """
    if curve.special is not None:
        raise InputError(f"{curve.special.name} has no formula; expected a function given by pieces")
    piece = curve.pieces[0 if side < 0 else -1]
    if not piece.numerator:
        return End(Fraction(0), 0, 0)
    sign = _sign_of_exponent(curve.exponent, side)
    (i, j, c), (k, m, d) = _leading(piece.numerator, sign), _leading(piece.denominator, sign)
    growth = (j - m) * sign
    return End(c / d, i - k, 0 if growth == 0 else 1 if growth > 0 else -1)


def _sign_of_exponent(exponent: tuple[Fraction, ...], side: int) -> int:
    """Sign of g(t) for t → ±∞; the degree of g is at least 1, and 0 stands for no exponential."""
    if not exponent:
        return 0
    sign = 1 if exponent[-1] > 0 else -1
    return sign * (side if (len(exponent) - 1) % 2 else 1)


def _leading(terms: Terms, sign: int) -> tuple[int, int, Fraction]:
    return max(terms, key=lambda term: (term[1] * sign, term[0]))
