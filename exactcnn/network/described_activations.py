"""An activation described: its formula, where its values lie, and what Assumption 3.2 says of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from exactcnn.domains.curves import Curve
from exactcnn.domains.formula_text import formula_text
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.domains.numerals import rational_text
from exactcnn.network.activations import Activation, activation, activation_names, activation_usage
from exactcnn.network.assumption_3_2 import Witness, assumption_3_2

VALUES = {
    "rational": "rational",
    "exponential": "exponentials",
    "binary": "powers of 2",
    "transcendental": "enclosed by balls",
}


@dataclass(frozen=True)
class DescribedActivation:
    """What is known of an activation.

    Attributes
    ----------
    activation : Activation
    usage : str
        How it is written in general.
    formula : str
        In t.
    witness : Witness
        Whether Assumption 3.2 holds, computed from the formula.
    """

    activation: Activation
    usage: str
    formula: str
    witness: Witness

    @property
    def assumption(self) -> str:
        """Assumption 3.2 in a few words."""
        found = self.witness
        if found.holds:
            return " ".join([f"({found.condition})", *([] if found.limits is None else [" and ".join(found.limits)])])
        return "no, but σ(−t)" if found.mirror_holds else "no"

    @property
    def values(self) -> str:
        """What its values at rational numbers are."""
        return VALUES[self.activation.domain]

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn activations --json`."""
        found = self.witness
        constants = None if found.constants is None else list(map(rational_text, found.constants))
        return {
            "name": self.activation.name,
            "usage": self.usage,
            "example": self.activation.text,
            "formula": self.formula,
            "values": self.activation.domain,
            "analytic": self.activation.analytic,
            "assumption_3_2": {
                "holds": found.holds,
                "condition": found.condition,
                "limits": None if found.limits is None else list(found.limits),
                "constants": constants,
                "reason": found.reason,
                "mirror_holds": found.mirror_holds,
            },
        }


def described_activations(texts: Sequence[str] = ()) -> tuple[DescribedActivation, ...]:
    """Describe activations, all of the table for none, with an example of those that have parameters.

    Raises
    ------
    InputError
        For what is no activation, with the nearest name.

    Examples
    --------
    >>> found, = described_activations(["ReLU"])
    >>> found.formula, found.assumption, found.values
    ('0 for t < 0; t for t ≥ 0', '(ii)', 'rational')
    """
    given = [activation(text) for text in texts or [activation_usage(name)[1] for name in activation_names()]]
    return tuple(
        DescribedActivation(each, activation_usage(each.name)[0], curve_text(each), assumption_3_2(each))
        for each in given
    )


def curve_text(curve: Curve) -> str:
    """Write a function as its pieces in t.

    Examples
    --------
    >>> curve_text(activation("sigmoid")), curve_text(activation("relu6"))
    ('1/(1 + exp(-t))', '0 for t < 0; t for 0 ≤ t < 6; 6 for t ≥ 6')
    >>> curve_text(activation("softplus(2)"))
    'ln(1 + exp(2 t))/2'
    """
    if curve.special is not None:
        return _special(curve.special.name, *curve.special.parameters)
    power = formula_text(Formula(polynomial(*curve.exponent)))
    exponential = f"exp({power})" if curve.base == "e" else f"2^{power if power == 't' else f'({power})'}"
    pieces = [formula_text(piece).replace("E", exponential) for piece in curve.pieces]
    if len(pieces) == 1:
        return pieces[0]
    places = list(map(str, curve.kinks))
    inner = [f"{low} ≤ t < {high}" for low, high in itertools.pairwise(places)]
    where = [f"t < {places[0]}", *inner, f"t ≥ {places[-1]}"]
    return "; ".join(f"{piece} for {place}" for piece, place in zip(pieces, where, strict=True))


def _special(name: str, *parameters: Fraction) -> str:
    if name == "softplus":
        (a,) = parameters
        return "ln(1 + exp(t))" if a == 1 else f"ln(1 + exp({formula_text(Formula(polynomial(0, a)))}))/{_factor(a)}"
    return {
        "gelu": "t (1 + erf(t/√2))/2",
        "log-sigmoid": "-ln(1 + exp(-t))",
    }.get(name, f"{name}(t)")


def _factor(a: Fraction) -> str:
    return str(a) if a.denominator == 1 else f"({a})"
