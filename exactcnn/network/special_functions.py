"""Numerics of the activations that are not rational functions: floats, balls and symbols, by name.

Floats are computed as a careful user of NumPy computes them, in the precision of their array. Balls are written
once for `flint.arb` and `flint.arb_series`, so that their derivatives come from the series.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]  # float32 or float64, kept as it is


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


def _swish_derivative(x: Floats, b: float) -> Floats:
    return sigmoid(b * x) * (1 + b * x * sigmoid(-b * x))


def _mish_derivative(x: Floats) -> Floats:
    gate = np.tanh(softplus(x))
    slope: Floats = gate + x * (1 - gate * gate) * sigmoid(x)
    return slope


def _elu(x: Floats, a: float) -> Floats:
    return np.where(x > 0, x, a * np.expm1(np.minimum(x, 0)))


def _elu_derivative(x: Floats, a: float) -> Floats:
    return np.where(x > 0, 1, a * np.exp(np.minimum(x, 0)))


# name: (value, derivative), both of the array and the parameters
FLOATS: dict[str, tuple[Callable[..., Floats], Callable[..., Floats]]] = {
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (np.tanh, lambda x: 4 * sigmoid(2 * x) * sigmoid(-2 * x)),
    "exp": (np.exp, np.exp),
    "silu": (lambda x: x * sigmoid(x), lambda x: _swish_derivative(x, 1.0)),
    "swish": (lambda x, b: x * sigmoid(b * x), _swish_derivative),
    "elu": (_elu, _elu_derivative),
    "gaussian": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "mish": (lambda x: x * np.tanh(softplus(x)), _mish_derivative),
    "softplus": (lambda x, a: softplus(a * x) / a, lambda x, a: sigmoid(a * x)),
    "gelu": (
        lambda x: x * normal_distribution(x),
        lambda x: normal_distribution(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
    "erf": (erf, lambda x: np.exp(-x * x) * (2 / math.sqrt(math.pi))),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x)),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "log-sigmoid": (lambda x: -softplus(-x), lambda x: sigmoid(-x)),
}


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


def symbolic(name: str, t: Any, *parameters: Any) -> Any:
    """SymPy expression of a function in the table `BALLS`."""
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
    return table[name](t, *parameters)
