"""The activations: names, parameters and definitions."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction

from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.network.activation_domains import Activation
from exactcnn.network.formulas import ONE, Formula, Terms, polynomial

__all__ = ["Activation", "activation", "activation_names"]

LARGEST_PARAMETER = 1000  # decimal digits: of numbers that people write, and that Python prints

# name: default parameters; None where they must be given
_DEFAULTS: dict[str, tuple[Fraction, ...] | None] = {
    "identity": (),
    "relu": (),
    "leaky-relu": (Fraction(1, 100),),
    "abs": (),
    "relu6": (),
    "clip": None,
    "hard-sigmoid": (),
    "hard-tanh": (),
    "hard-swish": (),
    "softsign": (),
    "square": (),
    "squared-relu": (),
    "polynomial": None,
    "sigmoid": (),
    "tanh": (),
    "exp": (),
    "silu": (),
    "swish": (Fraction(1),),
    "elu": (Fraction(1),),
    "gaussian": (),
    "mish": (),
    "softplus": (Fraction(1),),
    "gelu": (),
    "erf": (),
    "arctan": (),
    "sin": (),
    "cos": (),
    "log-sigmoid": (),
}
_EXPECTED = {
    "leaky-relu": "leaky-relu(a) with a rational slope a",
    "clip": "clip(a,b) with rationals a < b",
    "polynomial": "polynomial(c0,c1,...) with at least one rational coefficient",
    "swish": "swish(b) with a rational b",
    "elu": "elu(a) with a rational a > 0",
    "softplus": "softplus(a) with a rational a > 0",
}


def activation_names() -> tuple[str, ...]:
    """Names of all activations."""
    return tuple(_DEFAULTS)


def activation(text: str) -> Activation:
    """Build an activation from its name and, in parentheses, its rational parameters.

    Raises
    ------
    InputError
        For an unknown name (with the nearest valid one) and for parameters that do not fit.

    Examples
    --------
    >>> activation("leaky-relu(0.01)").text
    'leaky-relu(1/100)'
    >>> activation("polynomial(0, 1, 1/2)").exact(3)
    Fraction(15, 2)
    """
    stripped = text.strip()
    name, opening, rest = stripped.partition("(")
    name = name.rstrip()
    if name not in _DEFAULTS:
        near = get_close_matches(name.lower().replace("_", "-"), _DEFAULTS, n=1, cutoff=0.0)
        raise InputError(f"activation {text!r} is not known; the nearest name is {near[0]!r}")
    expected = _EXPECTED.get(name, f"{name} without parameters")
    wrong = InputError(f"activation {text!r}; expected {expected}")
    if not opening:
        parameters = _DEFAULTS[name]
    elif rest.endswith(")"):
        parameters = tuple(_parameter(part, wrong) for part in rest[:-1].split(","))
    else:
        raise wrong
    if parameters is None:
        raise wrong
    built = _define(name, parameters)
    if built is None:
        raise wrong
    return built


def _parameter(text: str, wrong: InputError) -> Fraction:
    try:
        value = parse_rational(text)
    except InputError:
        raise wrong from None
    if max(abs(value.numerator), value.denominator) >= 10**LARGEST_PARAMETER:
        raise InputError(f"activation parameter {text[:40]!r}; expected at most {LARGEST_PARAMETER} digits")
    return value


def _define(name: str, parameters: tuple[Fraction, ...]) -> Activation | None:
    """Give the definition, or None if the parameters do not fit the name."""
    t, zero, half = polynomial(0, 1), polynomial(), Fraction(1, 2)
    E: Terms = ((0, 1, Fraction(1)),)
    one_plus_E: Terms = ONE + E

    def rational(*pieces: Terms | Formula, kinks: tuple[Fraction | int, ...] = ()) -> Activation:
        formulas = tuple(piece if isinstance(piece, Formula) else Formula(piece) for piece in pieces)
        return Activation(name, parameters, "rational", formulas, tuple(map(Fraction, kinks)))

    def exponential(*pieces: Formula, exponent: tuple[Fraction | int, ...], kinks: tuple[int, ...] = ()) -> Activation:
        coefficients = tuple(map(Fraction, exponent))
        return Activation(name, parameters, "exponential", pieces, tuple(map(Fraction, kinks)), coefficients)

    def clipped(low: Fraction | int, high: Fraction | int, inner: Terms, *kinks: Fraction | int) -> Activation:
        return rational(polynomial(low), inner, polynomial(high), kinks=kinks)

    match name, parameters:
        case "identity", ():
            return rational(t)
        case "relu", ():
            return rational(zero, t, kinks=(0,))
        case "leaky-relu", (a,):
            return rational(polynomial(0, a), t, kinks=(0,))
        case "abs", ():
            return rational(polynomial(0, -1), t, kinks=(0,))
        case "relu6", ():
            return clipped(0, 6, t, 0, 6)
        case "clip", (a, b) if a < b:
            return clipped(a, b, t, a, b)
        case "hard-sigmoid", ():
            return clipped(0, 1, polynomial(half, Fraction(1, 6)), -3, 3)
        case "hard-tanh", ():
            return clipped(-1, 1, t, -1, 1)
        case "hard-swish", ():
            return rational(zero, polynomial(0, half, Fraction(1, 6)), t, kinks=(-3, 3))
        case "softsign", ():
            return rational(Formula(t, polynomial(1, -1)), Formula(t, polynomial(1, 1)), kinks=(0,))
        case "square", ():
            return rational(polynomial(0, 0, 1))
        case "squared-relu", ():
            return rational(zero, polynomial(0, 0, 1), kinks=(0,))
        case "polynomial", (_, *_):
            return rational(polynomial(*parameters))
        case "sigmoid", ():
            return exponential(Formula(ONE, one_plus_E), exponent=(0, -1))
        case "tanh", ():
            return exponential(Formula((*ONE, (0, 1, Fraction(-1))), one_plus_E), exponent=(0, -2))
        case "exp", ():
            return exponential(Formula(E), exponent=(0, 1))
        case "silu", ():
            return exponential(Formula(t, one_plus_E), exponent=(0, -1))
        case "swish", (b,) if b == 0:  # no exponential: t/2
            return rational(polynomial(0, half))
        case "swish", (b,):
            return exponential(Formula(t, one_plus_E), exponent=(0, -b))
        case "elu", (a,) if a > 0:
            below: Terms = ((0, 0, -a), (0, 1, a))
            return exponential(Formula(below), Formula(t), exponent=(0, 1), kinks=(0,))
        case "gaussian", ():
            return exponential(Formula(E), exponent=(0, 0, -1))
        case "mish", ():  # tanh(ln(1 + E)) = ((1 + E)^2 - 1) / ((1 + E)^2 + 1)
            above: Terms = ((1, 1, Fraction(2)), (1, 2, Fraction(1)))
            return exponential(
                Formula(above, ((0, 0, Fraction(2)), (0, 1, Fraction(2)), (0, 2, Fraction(1)))), exponent=(0, 1)
            )
        case ("softplus", (a,)) if a > 0:
            return Activation(name, parameters, "transcendental", ())
        case (("gelu" | "erf" | "arctan" | "sin" | "cos" | "log-sigmoid"), ()):
            return Activation(name, parameters, "transcendental", ())
    return None
