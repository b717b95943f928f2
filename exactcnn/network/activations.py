"""The activations: one entry each, with its name, parameters, definition and, where it has them, growth constants.

Everything else that is asked of an activation (limits, zero half-lines, parity, derivatives, values in every domain)
follows from its formula: see `exactcnn.domains.curves` and `exactcnn.domains.asymptotics`. Others than these are given
by their pieces: see `exactcnn.network.definitions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.display import Shown, nearest
from exactcnn.domains.arguments import typed
from exactcnn.domains.curves import Curve
from exactcnn.domains.formulas import ONE, Formula, Terms, polynomial
from exactcnn.domains.numerals import parse_rational, rational_text
from exactcnn.domains.piece_filter import nearest_float
from exactcnn.domains.special_functions import Special
from exactcnn.errors import InputError

LARGEST_PARAMETER = 1000  # decimal digits: of numbers that people write, and that Python prints


@dataclass(frozen=True)
class Growth:
    """Constants of condition (ii) of Assumption 3.2: |σ(t)| ≤ ρ1 e^(ρ2 t) for t < 0, |σ(t)| ≤ ρ3 t + ρ4 for t ≥ 0.

    All are rational, rounded up, and strictly positive, so that they hold under either reading of R+.
    """

    reason: str
    rho_1: Fraction = Fraction(1)
    rho_2: Fraction = Fraction(1)
    rho_3: Fraction = Fraction(1)
    rho_4: Fraction = Fraction(1)

    @property
    def constants(self) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """(ρ1, ρ2, ρ3, ρ4)."""
        return self.rho_1, self.rho_2, self.rho_3, self.rho_4


@dataclass(frozen=True)
class Activation(Curve, Shown):
    """A nonlinearity: a continuous curve with a name; `activation` builds one from its text.

    Parameters
    ----------
    name : str
    parameters : tuple of Fraction
    growth : Growth or None
        Of the entry; None where condition (ii) fails, or is known by its leading terms only.

    Examples
    --------
    >>> relu6 = activation("relu6")
    >>> relu6.exact(Fraction(13, 2)), relu6.kinks, relu6.analytic
    (Fraction(6, 1), (Fraction(0, 1), Fraction(6, 1)), False)
    >>> activation("sigmoid").floats(np.array([0.0, 800.0])).tolist()
    [0.5, 1.0]
    >>> activation("softplus").text
    'softplus(1)'
    """

    name: str = ""
    parameters: tuple[Fraction, ...] = ()
    growth: Growth | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """Canonical name with all parameters."""
        return f"{self.name}({','.join(map(str, self.parameters))})" if self.parameters else self.name

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"activation {self.text}"

    def document(self) -> dict[str, Any]:
        """Return the formulas as certificates state them, without the name.

        Examples
        --------
        >>> activation("relu").document()["pieces"][1]
        {'numerator': [[1, 0, '1']], 'denominator': [[0, 0, '1']]}
        >>> activation("softplus").document()
        {'special': 'softplus', 'parameters': ['1']}
        """
        if self.special is not None:
            return {"special": self.special.name, "parameters": list(map(rational_text, self.special.parameters))}
        met = [i for i in range(len(self.kinks)) if self.pieces[i] != self.pieces[i + 1]]
        return {
            "kinks": [rational_text(self.kinks[i]) for i in met],
            "pieces": [
                {"numerator": _terms(self.pieces[i].numerator), "denominator": _terms(self.pieces[i].denominator)}
                for i in (*met, len(self.pieces) - 1)
            ],
            "exponent": list(map(rational_text, self.exponent)),
            "base": self.base,
        }


def _terms(terms: Terms) -> list[list[Any]]:
    return [[i, j, rational_text(c)] for i, j, c in sorted(terms) if c]


@dataclass(frozen=True)
class _Entry:
    """How an activation is defined by its parameters.

    `define` returns None for parameters that do not fit; `defaults` is None where parameters must be given, which then
    has an `example`.
    """

    define: Callable[..., Curve | None]
    expected: str = ""
    defaults: tuple[Fraction, ...] | None = ()
    growth: Callable[..., Growth | None] = lambda *_: None
    example: str = ""


T: Terms = polynomial(0, 1)
E: Terms = ((0, 1, Fraction(1)),)
ONE_PLUS_E: Terms = ONE + E
ZERO, HALF, SIXTH = polynomial(), Fraction(1, 2), Fraction(1, 6)


def _pieces(
    *pieces: Terms | Formula, kinks: tuple[Fraction | int, ...] = (), exponent: tuple[int | Fraction, ...] = ()
) -> Curve:
    formulas = tuple(piece if isinstance(piece, Formula) else Formula(piece) for piece in pieces)
    return Curve(formulas, tuple(map(Fraction, kinks)), tuple(map(Fraction, exponent)))


def _clipped(low: Fraction | int, high: Fraction | int, inner: Terms, *kinks: Fraction | int) -> Curve:
    return _pieces(polynomial(low), inner, polynomial(high), kinks=kinks)


def _tanh() -> Curve:
    return Curve((Formula((*ONE, (0, 1, Fraction(-1))), ONE_PLUS_E),), (), (Fraction(0), Fraction(-2)), stable=np.tanh)


def _elu(a: Fraction) -> Curve | None:
    if a <= 0:
        return None
    slope = nearest_float(a)
    return Curve(
        (Formula(((0, 0, -a), (0, 1, a))), Formula(T)),
        (Fraction(0),),
        (Fraction(0), Fraction(1)),
        stable=lambda x: np.where(x > 0, x, x.dtype.type(slope) * np.expm1(np.minimum(x, 0))),
    )


def _swish_growth(b: Fraction) -> Growth | None:
    # |σ(t)| ≤ |t| e^(bt) for t < 0, and |t| e^(bt/2) ≤ 2/(eb) < 3/(4b)
    reason = f"|σ(t)| ≤ |t| e^({b} t) for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0"
    return Growth(reason, Fraction(3, 4) / b, b / 2) if b > 0 else None


_RELU = Growth("|σ| is 0 for t < 0 and t for t ≥ 0")
_TABLE: dict[str, _Entry] = {
    "identity": _Entry(lambda: _pieces(T)),
    "relu": _Entry(lambda: _pieces(ZERO, T, kinks=(0,)), growth=lambda: _RELU),
    "leaky-relu": _Entry(
        lambda a: _pieces(polynomial(0, a), T, kinks=(0,)),
        "leaky-relu(a) with a rational slope a",
        (Fraction(1, 100),),
        lambda a: _RELU if a == 0 else None,
    ),
    "abs": _Entry(lambda: _pieces(polynomial(0, -1), T, kinks=(0,))),
    "relu6": _Entry(lambda: _clipped(0, 6, T, 0, 6)),
    "clip": _Entry(
        lambda a, b: _clipped(a, b, T, a, b) if a < b else None,
        "clip(a,b) with rationals a < b",
        defaults=None,
        example="clip(-1,1)",
    ),
    "hard-sigmoid": _Entry(lambda: _clipped(0, 1, polynomial(HALF, SIXTH), -3, 3)),
    "hard-tanh": _Entry(lambda: _clipped(-1, 1, T, -1, 1)),
    "hard-swish": _Entry(
        lambda: _pieces(ZERO, polynomial(0, HALF, SIXTH), T, kinks=(-3, 3)),
        # on [−3, 0]: |t(t+3)/6| e^(−t) has its maximum 2.6764... < 27/10 at t = −(1 + √13)/2; for t in [0, 3]:
        # t(t+3)/6 ≤ t
        growth=lambda: Growth("|σ(t)| e^(−t) < 27/10 on [−3, 0], and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(27, 10)),
    ),
    "softsign": _Entry(lambda: _pieces(Formula(T, polynomial(1, -1)), Formula(T, polynomial(1, 1)), kinks=(0,))),
    "square": _Entry(lambda: _pieces(polynomial(0, 0, 1))),
    "squared-relu": _Entry(lambda: _pieces(ZERO, polynomial(0, 0, 1), kinks=(0,))),
    "polynomial": _Entry(
        lambda *c: _pieces(polynomial(*c)) if c else None,
        "polynomial(c0,c1,...) with at least one rational coefficient",
        defaults=None,
        example="polynomial(0,1,1/2)",
    ),
    "sigmoid": _Entry(lambda: _pieces(Formula(ONE, ONE_PLUS_E), exponent=(0, -1))),
    "tanh": _Entry(_tanh),
    "exp": _Entry(lambda: _pieces(E, exponent=(0, 1))),
    "silu": _Entry(
        lambda: _pieces(Formula(T, ONE_PLUS_E), exponent=(0, -1)), growth=lambda: _swish_growth(Fraction(1))
    ),
    "swish": _Entry(
        lambda b: _pieces(Formula(T, ONE_PLUS_E), exponent=(0, -b)) if b else _pieces(polynomial(0, HALF)),
        "swish(b) with a rational b",
        (Fraction(1),),
        _swish_growth,
    ),
    "elu": _Entry(_elu, "elu(a) with a rational a > 0", (Fraction(1),)),
    "elu-plus-one": _Entry(
        lambda: _pieces(E, polynomial(1, 1), kinks=(0,), exponent=(0, 1)),
        growth=lambda: Growth("σ(t) = e^t for t < 0, and t + 1 for t ≥ 0"),
    ),
    "gaussian": _Entry(lambda: _pieces(E, exponent=(0, 0, -1))),
    "mish": _Entry(  # tanh(ln(1 + E)) = ((1 + E)^2 - 1) / ((1 + E)^2 + 1)
        lambda: _pieces(
            Formula(
                ((1, 1, Fraction(2)), (1, 2, Fraction(1))),
                ((0, 0, Fraction(2)), (0, 1, Fraction(2)), (0, 2, Fraction(1))),
            ),
            exponent=(0, 1),
        ),
        # tanh(ln(1 + E)) = E (E + 2) / (E² + 2E + 2) ≤ E, and |t| e^(t/2) ≤ 2/e < 3/4
        growth=lambda: Growth("|σ(t)| ≤ |t| e^t for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(3, 4), HALF),
    ),
    "logistic": _Entry(
        lambda b: Curve((Formula(E, ONE_PLUS_E),), (), (Fraction(0), Fraction(1)), "2") if b == 2 else None,
        "logistic(2), the function 2^t/(1 + 2^t); to the base e it is called sigmoid",
        defaults=None,
        example="logistic(2)",
    ),
    "softplus": _Entry(
        lambda a: Curve(special=Special("softplus", (a,))) if a > 0 else None,
        "softplus(a) with a rational a > 0",
        (Fraction(1),),
        # ln(1 + x) ≤ x; and σ(t) = t + ln(1 + e^(−at))/a ≤ t + ln(2)/a for t ≥ 0, ln 2 < 7/10
        lambda a: Growth("ln(1 + x) ≤ x, and σ(t) ≤ t + ln(2)/a for t ≥ 0", 1 / a, a, Fraction(1), Fraction(7, 10) / a),
    ),
    "gelu": _Entry(
        lambda: Curve(special=Special("gelu")),
        # Mills: |t| Φ(t) ≤ φ(t) for t < 0; −t²/2 ≤ t + 1/2, so φ(t) ≤ e^t √(e/2π), and √(e/2π) = 0.6577... < 2/3
        growth=lambda: Growth("|t| Φ(t) ≤ φ(t) ≤ (2/3) e^t for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(2, 3)),
    ),
    "erf": _Entry(lambda: Curve(special=Special("erf"))),
    "arctan": _Entry(lambda: Curve(special=Special("arctan"))),
    "sin": _Entry(lambda: Curve(special=Special("sin"))),
    "cos": _Entry(lambda: Curve(special=Special("cos"))),
    "log-sigmoid": _Entry(lambda: Curve(special=Special("log-sigmoid"))),
}


def activation_names() -> tuple[str, ...]:
    """Names of all activations."""
    return tuple(_TABLE)


def activation_usage(name: str) -> tuple[str, str]:
    """How an activation of the table is written in general, and an example.

    Examples
    --------
    >>> activation_usage("clip"), activation_usage("relu")
    (('clip(a,b) with rationals a < b', 'clip(-1,1)'), ('relu', 'relu'))
    """
    entry = _TABLE[name]
    return entry.expected or name, entry.example or name


@typed
def activation(text: str) -> Activation:
    """Build an activation from its name, in letters of either case, and, in parentheses, its rational parameters.

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
    >>> activation("ReLU").text
    'relu'
    """
    name, opening, rest = text.strip().partition("(")
    name = name.rstrip().lower()
    if name not in _TABLE:
        near = nearest(name.replace("_", "-"), _TABLE)
        raise InputError(
            f"activation {text!r} is not known; the nearest name is {near!r}; `exactcnn activations` lists all"
        )
    entry = _TABLE[name]
    wrong = InputError(f"activation {text!r}; expected {entry.expected or f'{name} without parameters'}")
    if not opening:
        parameters = entry.defaults
    elif rest.endswith(")"):
        parameters = tuple(_parameter(part, wrong) for part in rest[:-1].split(","))
    else:
        raise wrong
    if parameters is None:
        raise wrong
    try:
        curve = entry.define(*parameters)
    except TypeError:  # another number of parameters
        raise wrong from None
    if curve is None:
        raise wrong
    return named(name, curve, parameters, entry.growth(*parameters))


def named(name: str, curve: Curve, parameters: tuple[Fraction, ...] = (), growth: Growth | None = None) -> Activation:
    """Return a curve under a name."""
    return Activation(
        curve.pieces,
        curve.kinks,
        curve.exponent,
        curve.base,
        curve.logarithms,
        curve.special,
        curve.stable,
        name=name,
        parameters=parameters,
        growth=growth,
    )


def _parameter(text: str, wrong: InputError) -> Fraction:
    try:
        value = parse_rational(text)
    except InputError:
        raise wrong from None
    if max(abs(value.numerator), value.denominator) >= 10**LARGEST_PARAMETER:
        raise InputError(f"activation parameter {text[:40]!r}; expected at most {LARGEST_PARAMETER} digits")
    return value
