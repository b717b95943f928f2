"""Functions that are no rational functions of t and one exponential: floats, balls and symbols, all derivatives.

Floats are computed as a careful user of NumPy computes them, in the precision of their array. Balls are written
once for `flint.arb` and `flint.arb_series`, so that their derivatives come from the series.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flint import arb

Floats = NDArray[Any]  # float32 or float64, kept as it is


@dataclass(frozen=True)
class Special:
    """A derivative of one of the functions below.

    Parameters
    ----------
    name : str
        "softplus", "gelu", "erf", "arctan", "sin", "cos" or "log-sigmoid".
    parameters : tuple of Fraction
        (a,) for softplus, ln(1 + e^(at)) / a; none for the others.
    order : int
        0 for the function itself, 1 for its derivative, and so on.

    Examples
    --------
    >>> Special("sin").derivative().floats(np.zeros(1)).tolist()
    [1.0]
    """

    name: str
    parameters: tuple[Fraction, ...] = ()
    order: int = 0

    def derivative(self) -> Special:
        """Return the next derivative."""
        return replace(self, order=self.order + 1)

    @property
    def reflection(self) -> tuple[int, int]:
        """Numbers (s, c) with f(t) = s f(-t) + c t, of the function itself.

        Examples
        --------
        >>> Special("arctan").reflection, Special("softplus", (Fraction(1),)).reflection
        ((-1, 0), (1, 1))
        """
        return REFLECTIONS[self.name]

    def floats(self, x: Floats) -> Floats:
        """Values in the precision of the array; may warn of overflow.

        Orders above 1 are differentiated numerically by balls only; see `exactcnn.domains.curves.Curve.floats`.
        """
        parameters = (x.dtype.type(float(c)) for c in self.parameters)
        values: Floats = FLOATS[self.name][self.order](x, *parameters).astype(x.dtype)
        return values

    def ball(self, t: arb) -> Any:
        """Enclosure of the values on a ball."""
        from flint import arb, arb_series

        if not self.order:
            return self._function(t)
        try:
            value = arb_series([0], self.order + 1) + self._function(arb_series([t, 1], self.order + 1))
        except ValueError:  # a wide ball whose denominator contains zero: python-flint will not divide series by it
            return arb(0, math.inf)
        return value[self.order] * math.factorial(self.order)

    def _function(self, t: Any) -> Any:
        """Enclosure of the function itself (order 0) at a ball or at a power series of balls."""
        from exactcnn.domains.balls import ball

        return BALLS[self.name](t, *map(ball, self.parameters))

    def sympy(self, t: Any) -> Any:
        """SymPy expression."""
        import sympy

        table: dict[str, Callable[..., Any]] = {
            "softplus": lambda t, a: sympy.log(1 + sympy.exp(a * t)) / a,
            "gelu": lambda t: t * (1 + sympy.erf(t / sympy.sqrt(2))) / 2,
            "erf": sympy.erf,
            "arctan": sympy.atan,
            "sin": sympy.sin,
            "cos": sympy.cos,
            "log-sigmoid": lambda t: -sympy.log(1 + sympy.exp(-t)),
        }
        x = sympy.Dummy()
        value = table[self.name](x, *(sympy.Rational(c.numerator, c.denominator) for c in self.parameters))
        return value.diff(x, self.order).subs(x, t)


# ln(1 + e^(at)) = at + ln(1 + e^(-at)); the normal distribution function P has P(t) = 1 - P(-t)
REFLECTIONS = {"softplus": (1, 1), "gelu": (1, 1), "log-sigmoid": (1, 1), "cos": (1, 0)}
REFLECTIONS |= {"erf": (-1, 0), "arctan": (-1, 0), "sin": (-1, 0)}

# -------------------------------------------------------------------- floats


def erf(x: Floats) -> Floats:
    """Error function of every entry, by the C library in double precision.

    Examples
    --------
    >>> erf(np.array([0.0, 1.0])).tolist()
    [0.0, 0.8427007929497149]
    """
    return np.array([math.erf(v) for v in x.ravel().tolist()], dtype=x.dtype).reshape(x.shape)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^-x) without overflow and with full relative accuracy in the left tail."""
    small = np.exp(-np.abs(x))
    value: Floats = np.where(x >= 0, 1, small) / (1 + small)
    return value


def softplus(x: Floats) -> Floats:
    """ln(1 + e^x) without overflow."""
    smooth: Floats = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return smooth


def normal_distribution(x: Floats) -> Floats:
    """Distribution function of the standard normal law."""
    return (1 + erf(x * math.sqrt(0.5))) / 2


def normal_density(x: Floats) -> Floats:
    """Density of the standard normal law."""
    density: Floats = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return density


# name: the function, its first and its second derivative, of the array and the parameters
FLOATS: dict[str, tuple[Callable[..., Floats], ...]] = {
    "softplus": (
        lambda x, a: softplus(a * x) / a,
        lambda x, a: sigmoid(a * x),
        lambda x, a: a * sigmoid(a * x) * sigmoid(-a * x),
    ),
    "gelu": (
        lambda x: x * normal_distribution(x),
        lambda x: normal_distribution(x) + x * normal_density(x),
        lambda x: 2 * normal_density(x) - x * (x * normal_density(x)),  # not (2 - x * x) times it: inf * 0
    ),
    "erf": (
        erf,
        lambda x: np.exp(-x * x) * (2 / math.sqrt(math.pi)),
        lambda x: -x * np.exp(-x * x) * (4 / math.sqrt(math.pi)),
    ),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "cos": (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "log-sigmoid": (lambda x: -softplus(-x), lambda x: sigmoid(-x), lambda x: -sigmoid(x) * sigmoid(-x)),
}


# -------------------------------------------------------------------- balls


def _ball_softplus(t: Any) -> Any:
    power = t.exp()
    return power.log1p() if hasattr(power, "log1p") else (power + 1).log()  # log1p: small values keep their digits


def _ball_gelu(t: Any) -> Any:
    from flint import arb

    return t * ((t / arb(2).sqrt()).erf() + 1) / 2


BALLS: dict[str, Callable[..., Any]] = {
    "softplus": lambda t, a: _ball_softplus(t * a) / a,
    "gelu": _ball_gelu,
    "erf": lambda t: t.erf(),
    "arctan": lambda t: t.atan(),
    "sin": lambda t: t.sin(),
    "cos": lambda t: t.cos(),
    "log-sigmoid": lambda t: -_ball_softplus(-t),
}
