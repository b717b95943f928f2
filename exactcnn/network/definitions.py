"""Activations that a user defines by pieces: read, proved free of poles and continuous, or refused.

Nothing else needs to be told: limits, growth, zero half-lines, derivatives and values in every domain follow.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from fractions import Fraction

from exactcnn.domains.arguments import typed
from exactcnn.domains.curves import Curve
from exactcnn.domains.formula_text import Power, formula_text, read_formulas
from exactcnn.domains.formulas import Formula, Terms, evaluate, polynomial
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation, activation_names, named

MOST_PIECES = 20


@typed
def define_activation(
    name: str, pieces: Sequence[str], kinks: Sequence[str | int | float | Fraction] = ()
) -> Activation:
    """Define an activation by its pieces between kinks.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens; no name of the table.
    pieces : sequence of str
        One more than kinks: rational functions of t and exp(g(t)), with one g up to integer factors, such as
        ``"1/(1 + exp(-t^3))"``; powers ``2^t`` are exact where the exponent is an integer.
    kinks : sequence of numbers
        Ascending; piece i holds between kinks i - 1 and i.

    Raises
    ------
    InputError
        For what is no such formula, for a denominator that is not proved to be without zero on its piece, and where
        pieces are not proved to agree at their kink.

    Examples
    --------
    >>> step = define_activation("smooth-step", ["1/2 + t^3/(2*(1 - t^3))", "1/2 + t^3/(2*(1 + t^3))"], [0])
    >>> step.exact(1), step.exact(-1), step.derivative().exact(1)
    (Fraction(3, 4), Fraction(1, 4), Fraction(3, 8))
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or len(name) > 60:
        raise InputError(f"activation name {name[:60]!r}; expected lower-case letters, digits and hyphens")
    if name in activation_names():
        raise InputError(f"activation {name!r} exists; expected another name")
    if len(pieces) != len(kinks) + 1 or len(pieces) > MOST_PIECES:
        raise InputError(
            f"activation {name}: {len(pieces)} pieces and {len(kinks)} kinks; expected one more piece than kinks, "
            f"at most {MOST_PIECES}"
        )
    places = tuple(parse_rational(kink, name=f"activation {name}: kink {i}") for i, kink in enumerate(kinks))
    if any(left >= right for left, right in itertools.pairwise(places)):
        raise InputError(f"activation {name}: kinks {', '.join(map(str, places))}; expected them ascending")
    try:
        formulas, power = read_formulas(tuple(map(str, pieces)))
        ends = itertools.pairwise((None, *places, None))
        for formula, (low, high) in zip(formulas, ends, strict=True):
            _require_no_pole(formula, low, high)
        for kink, (left, right) in zip(places, itertools.pairwise(formulas), strict=True):
            _require_agreement(left, right, kink, power)
    except InputError as error:
        raise InputError(f"activation {name}: {error}") from None
    return named(name, Curve(formulas, places, power.exponent if power else (), power.base if power else "e"))


def _require_no_pole(formula: Formula, low: Fraction | None, high: Fraction | None) -> None:
    """Refuse a denominator that may vanish on [low, high] (None is infinite).

    In t alone: by its real roots, counted exactly (Sturm). In E alone: likewise on E > 0. In both: if all terms have
    one sign on the piece, one of them strictly.
    """
    below = formula.denominator
    if not any(j for _, j, _ in below):
        free = not _roots([(i, c) for i, _, c in below], low, high)
    elif not any(i for i, _, _ in below):
        lowest = min(j for _, j, _ in below)  # E is positive: its powers are no zeros
        free = not _roots([(j - lowest, c) for _, j, c in below], Fraction(0), None)
    else:
        signs = {_sign_on(i, low, high) * (1 if c > 0 else -1) for i, _, c in below}
        free = len(signs) == 1 and 0 not in signs and any(i == 0 for i, _, _ in below)
    if not free:
        piece = f"[{'-∞' if low is None else low}, {'∞' if high is None else high}]"
        shown = formula_text(Formula(below))
        raise InputError(f"the denominator {shown} is not proved to be without zero on {piece}")


def _roots(coefficients: list[tuple[int, Fraction]], low: Fraction | None, high: Fraction | None) -> int:
    import sympy

    x = sympy.Symbol("x")
    ends = [None if end is None else sympy.Rational(end.numerator, end.denominator) for end in (low, high)]
    terms = {(i,): sympy.Rational(c.numerator, c.denominator) for i, c in coefficients}
    return int(sympy.Poly.from_dict(terms, x).count_roots(*ends))


def _sign_on(degree: int, low: Fraction | None, high: Fraction | None) -> int:
    """Sign of t^degree on a piece, where it does not change."""
    if degree % 2 == 0 or (low is not None and low >= 0):
        return 1
    return -1 if high is not None and high <= 0 else 0


def _require_agreement(left: Formula, right: Formula, kink: Fraction, power: Power | None) -> None:
    """Refuse pieces that are not proved to agree: as numbers, or as functions of a formal E.

    For g(kink) != 0 the number e^g(kink) is transcendental: equal values mean equal functions of E.
    """
    at_one = power is None or evaluate(polynomial(*power.exponent), kink, None, Fraction) == 0
    sides = [(_at(f.numerator, kink, at_one), _at(f.denominator, kink, at_one)) for f in (left, right)]
    if not Formula(*sides[0]).equals(Formula(*sides[1])):
        shown = f"{formula_text(left)} and {formula_text(right)}"
        raise InputError(f"the pieces {shown} are not proved to agree at {kink}; expected a continuous function")


def _at(terms: Terms, t: Fraction, at_one: bool) -> Terms:
    """Put a number for t, and 1 for E if that is its value."""
    table: dict[int, Fraction] = {}
    for i, j, c in terms:
        key = 0 if at_one else j
        table[key] = table.get(key, Fraction(0)) + c * t**i
    return tuple((0, j, c) for j, c in sorted(table.items()) if c)
