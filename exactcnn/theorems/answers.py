"""What is known of the outputs at one input, in the order of the model, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from exactcnn.display import Shown
from exactcnn.domains.numerals import rational_text
from exactcnn.interop.properties import Truth
from exactcnn.theorems.enclosed_outputs import rounded
from exactcnn.theorems.numerical_rank import decimal_text


@dataclass(frozen=True, eq=False)
class Answer(Shown):
    """What is known at one input; outputs in the order of the model.

    Attributes
    ----------
    exact : tuple of Fraction, or None
        The outputs, where they are rational.
    bounds : tuple of (Fraction, Fraction), or None
        Decimals that enclose the outputs.
    argmax : int or None
        The first of the largest outputs.
    ties : tuple of int
        All of them, where there are several.
    undecided : tuple of int
        Outputs of which any may be the largest, where that is not decided.
    margin : Fraction or None
        By which the largest output exceeds the next one at least: exactly, where outputs are rational; 0 for a tie.
    in_region, holds : bool or None
        Whether the input satisfies what a property asserts of inputs, and the outputs what it asserts of them.
    floats : dict
        The outputs as NumPy, onnxruntime and torch compute them; None where they are not there.
    stated : dict of int to Fraction
        Outputs that a verifier has stated.
    rounded : Answer or None
        The same for the input rounded to float32, where that is another one and a property is given.
    """

    exact: tuple[Fraction, ...] | None
    bounds: tuple[tuple[Fraction, Fraction], ...] | None
    argmax: int | None
    ties: tuple[int, ...]
    undecided: tuple[int, ...]
    margin: Fraction | None
    in_region: Truth
    holds: Truth
    settled: bool = False
    floats: Mapping[str, Sequence[float] | None] = field(default_factory=dict)
    stated: Mapping[int, Fraction] = field(default_factory=dict)
    rounded: Answer | None = None

    @property
    def counterexample(self) -> str | None:
        """Confirmed where the input is in the region and the outputs satisfy the property; None without one."""
        if not self.settled:
            return None
        if self.in_region is False or self.holds is False:
            return "refuted"
        return "confirmed" if self.in_region and self.holds else "undecided"

    def error(self, name: str, index: int) -> Fraction | None:
        """An upper bound of the error of a float, or of what is stated; None where it is not known."""
        values = self.floats.get(name) if name != "stated" else None
        value: Any = self.stated.get(index) if name == "stated" else None if values is None else values[index]
        if value is None or self.bounds is None or (isinstance(value, float) and not np.isfinite(value)):
            return None
        lower, upper = (self.exact[index],) * 2 if self.exact is not None else self.bounds[index]
        return rounded(max(abs(Fraction(value) - lower), abs(Fraction(value) - upper)), 3, up=True)

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints of one input."""
        count = max((len(row) for row in self.floats.values() if row is not None), default=0)
        document: dict[str, Any] = {
            "outputs": [self._output(index) for index in range(count)],
            "argmax": self.argmax,
            "ties": list(self.ties),
            "undecided": list(self.undecided),
            "margin": None if self.margin is None else self._number(self.margin),
            **self.judgement(),
        }
        if self.rounded is not None:
            document["as_float32"] = self.rounded.judgement()
        return document

    def _number(self, value: Fraction) -> str:
        """A rational number among rational outputs, else a decimal."""
        return rational_text(value) if self.exact is not None else decimal_text(value)

    def judgement(self) -> dict[str, Any]:
        """What a property says, as `--json` prints it."""
        return {"in_region": self.in_region, "holds": self.holds, "counterexample": self.counterexample}

    def _output(self, index: int) -> dict[str, Any]:
        lower, upper = (None, None) if self.bounds is None else map(decimal_text, self.bounds[index])
        output: dict[str, Any] = {
            "exact": None if self.exact is None else rational_text(self.exact[index]),
            "lower": lower,
            "upper": upper,
        }
        output |= {name: None if row is None else _json(row[index]) for name, row in self.floats.items()}
        names = [*self.floats, *(["stated"] if index in self.stated else [])]
        if index in self.stated:
            output["stated"] = decimal_text(self.stated[index])
        errors = {name: self.error(name, index) for name in names}
        output["errors"] = {name: None if error is None else decimal_text(error) for name, error in errors.items()}
        return output


def _json(value: float) -> float | str:
    """A float as JSON has it; a word where it is not finite."""
    return float(value) if np.isfinite(value) else str(float(value))
