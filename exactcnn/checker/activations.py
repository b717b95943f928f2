"""The activations: each formula once, over rational numbers, over GF(p) and over balls alike.

rational:    value(t) is rational for rational t.
exponential: value(t) = combine(r, e) with rational r = rational(t) and e the exponential of the rational exponent(t).
ball:        only enclosures of value(t) are known.
Parameters come before t in all formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flint import arb, fmpq

from exactcnn.checker.document import FormatError, quote, rational

Formula = Callable[..., Any]


def highest(x: Any, y: Any) -> Any:
    """Maximum of two rational numbers, or an enclosure of the maximum of two balls."""
    return x.max(arb(y)) if isinstance(x, arb) else max(x, fmpq(y))


def lowest(x: Any, y: Any) -> Any:
    """Minimum, likewise."""
    return -highest(-x, -y)


def clip(x: Any, low: Any, high: Any) -> Any:
    """Nearest number of the interval [low, high]."""
    return lowest(highest(x, low), high)


def polynomial(*arguments: Any) -> Any:
    """Value of c_0 + c_1 t + c_2 t^2 + ..., by Horner's rule."""
    *coefficients, t = arguments
    result = 0 * t
    for coefficient in reversed(coefficients):
        result = result * t + coefficient
    return result


RATIONAL: dict[str, Formula] = {
    "identity": lambda t: t,
    "relu": lambda t: highest(t, 0),
    "leaky-relu": lambda a, t: highest(t, 0) + a * lowest(t, 0),
    "abs": lambda t: abs(t),
    "relu6": lambda t: clip(t, 0, 6),
    "clip": lambda a, b, t: clip(t, a, b),
    "hard-sigmoid": lambda t: clip((t + 3) / 6, 0, 1),
    "hard-tanh": lambda t: clip(t, -1, 1),
    "hard-swish": lambda t: t * clip(t + 3, 0, 6) / 6,
    "softsign": lambda t: t / (1 + abs(t)),
    "square": lambda t: t * t,
    "squared-relu": lambda t: highest(t, 0) * highest(t, 0),
    "polynomial": polynomial,
}

# name: (exponent(t), rational(t) if there is such a part, combine(r, e)), each after the parameters
EXPONENTIAL: dict[str, tuple[Formula, Formula | None, Formula]] = {
    "sigmoid": (lambda t: t, None, lambda _, e: e / (1 + e)),
    "tanh": (lambda t: 2 * t, None, lambda _, e: (e - 1) / (e + 1)),
    "exp": (lambda t: t, None, lambda _, e: e),
    "gaussian": (lambda t: -t * t, None, lambda _, e: e),
    "silu": (lambda t: t, lambda t: t, lambda r, e: r * e / (1 + e)),
    "swish": (lambda b, t: b * t, lambda _, t: t, lambda _, r, e: r * e / (1 + e)),
    "elu": (lambda _, t: lowest(t, 0), lambda _, t: highest(t, 0), lambda a, r, e: r + a * (e - 1)),
    "mish": (lambda t: t, lambda t: t, lambda r, e: r * (e * e + 2 * e) / (e * e + 2 * e + 2)),
}


def _logistic(z: fmpq, factor: fmpq | int) -> list[tuple[fmpq, Any]]:
    """Return factor / (1 + e^-z) over the functions 1 (key 0) and 1/(1 + e^a) (keys a > 0)."""
    if z > 0:
        return [(fmpq(0), factor), (z, -factor)]
    return [(-z, factor)] if z < 0 else [(fmpq(0), fmpq(factor) / 2)]


# name: the value as a sum of coefficient * function; a function is named by a rational number, 0 for the constant 1
EXPANSIONS: dict[str, Formula] = {
    # 1/(1 + e^a), a > 0: linearly independent together with 1, for they have different poles
    "sigmoid": lambda t: _logistic(t, 1),
    "tanh": lambda t: [*_logistic(2 * t, 2), (fmpq(0), -1)],
    "silu": lambda t: _logistic(t, t),
    "swish": lambda b, t: _logistic(b * t, t),
    # e^a: linearly independent (Lindemann)
    "exp": lambda t: [(t, 1)],
    "gaussian": lambda t: [(-t * t, 1)],
    "elu": lambda a, t: [(fmpq(0), highest(t, 0) - a), (lowest(t, 0), a)],
}

BALL: dict[str, Formula] = {
    "softplus": lambda a, t: (a * t).exp().log1p() / a,
    "gelu": lambda t: t * (1 + (t / arb(2).sqrt()).erf()) / 2,
    "erf": lambda t: t.erf(),
    "arctan": lambda t: t.atan(),
    "sin": lambda t: t.sin(),
    "cos": lambda t: t.cos(),
    "log-sigmoid": lambda t: -(-t).exp().log1p(),
}

PARAMETERS = {"leaky-relu": 1, "clip": 2, "swish": 1, "elu": 1, "softplus": 1}  # 0 for the others; polynomial any
DOMAINS: dict[str, dict[str, Any]] = {"rational": RATIONAL, "exponential": EXPONENTIAL, "ball": BALL}

ANALYTIC = frozenset(EXPONENTIAL) - {"elu"} | frozenset(BALL) | {"identity", "square", "polynomial"}
ZERO_AT_ZERO = frozenset({"tanh", "silu", "swish", "elu", "mish", "gelu", "erf", "arctan", "sin"})
ASSUMPTION_3_2 = frozenset(
    {"relu", "sigmoid", "softplus", "silu", "gelu", "mish", "hard-swish", "relu6", "hard-sigmoid", "gaussian"}
)
ZERO_ON_A_HALF_LINE = frozenset({"relu", "relu6", "squared-relu", "hard-sigmoid", "hard-swish"})


@dataclass(frozen=True)
class Activation:
    """A nonlinearity with its parameters."""

    name: str
    parameters: tuple[fmpq, ...]
    domain: str

    @property
    def value(self) -> Formula:
        """The function on rational numbers, in the domain "rational"."""
        return partial(RATIONAL[self.name], *self.parameters)

    def exponential(self, number: Callable[[fmpq], Any]) -> tuple[Formula, Formula | None, Formula]:
        """Return exponent, rational and combine, this one over the ring where `number` puts the parameters."""
        exponent, rational_part, combine = EXPONENTIAL[self.name]
        return (
            partial(exponent, *self.parameters),
            rational_part and partial(rational_part, *self.parameters),
            partial(combine, *map(number, self.parameters)),
        )

    @property
    def expansion(self) -> Formula | None:
        """The value at t as pairs of a function, named by a number, and its coefficient; None if not supported.

        A sum of values is zero if all its coefficients are, after collecting equal functions. (Only if, too, for the
        functions are linearly independent; the proof of a relation does not need that.)
        """
        return partial(EXPANSIONS[self.name], *self.parameters) if self.name in EXPANSIONS else None

    def ball(self, t: arb) -> Any:
        """Return an enclosure of the values on a ball."""
        if self.domain == "exponential":
            exponent, rational_part, combine = self.exponential(arb)
            return combine(rational_part and rational_part(t), exponent(t).exp())
        return (RATIONAL | BALL)[self.name](*map(arb, self.parameters), t)

    @property
    def zero_at_zero(self) -> bool:
        """Whether the value at 0 is 0."""
        return self.name in ZERO_AT_ZERO

    @property
    def analytic(self) -> bool:
        """Whether the function is real analytic."""
        return self.name in ANALYTIC

    @property
    def assumption_3_2(self) -> bool:
        """Whether Nguyen and Hein's Assumption 3.2 holds.

        Continuous, not constant, and either with limits at both ends, one of them 0, or with exponential decay on the
        left and at most linear growth on the right.
        """
        if self.name == "leaky-relu":
            return self.parameters[0] == 0  # this is ReLU; otherwise linear, not constant, on the left
        if self.name == "swish":
            return self.parameters[0] > 0  # 0: t/2; negative: grows like t on the left
        if self.name == "clip":
            low, high = self.parameters
            return low < high and low * high == 0
        return self.name in ASSUMPTION_3_2

    @property
    def zero_on_a_half_line(self) -> bool:
        """Whether the function is zero below some number, or above some number."""
        if self.name == "leaky-relu":
            return self.parameters[0] == 0
        if self.name == "clip":
            return self.parameters[0] * self.parameters[1] == 0
        return self.name in ZERO_ON_A_HALF_LINE


def read_activation(value: Any, where: str) -> Activation:
    """Return the activation of a string such as "relu" or "leaky-relu(1/100)"."""
    match = re.fullmatch(r"([a-z0-9-]+)(?:\(([^()]*)\))?", value) if type(value) is str else None
    domain = next((key for key, table in DOMAINS.items() if match and match[1] in table), None)
    if match is None or domain is None:
        raise FormatError(f"{where}: unknown activation {quote(value)}")
    name = match[1]
    parameters = tuple(rational(text, where) for text in match[2].split(",")) if match[2] is not None else ()
    count = max(1, len(parameters)) if name == "polynomial" else PARAMETERS.get(name, 0)
    if len(parameters) != count:
        raise FormatError(f"{where}: activation {quote(value)}; {name} takes {count} parameters")
    if name in ("softplus", "elu") and parameters[0] <= 0:
        raise FormatError(f"{where}: activation {quote(value)}; expected a positive parameter")
    if name == "clip" and parameters[0] > parameters[1]:
        raise FormatError(f"{where}: activation {quote(value)}; expected a lower and an upper bound")
    return Activation(name, parameters, domain)


IDENTITY = Activation("identity", (), "rational")
