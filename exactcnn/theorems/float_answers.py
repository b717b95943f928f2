"""What a library says of the rank of a matrix of floats, and why it is wrong where it is.

A rank routine counts computed singular values above a tolerance. Three things can go wrong: the tolerance is above a
singular value that is not zero; the entries were rounded on the way to the matrix, so that a singular value that is
zero is one no longer (or the other way round); the decomposition itself was rounded. Certified singular values of the
exact matrix and of the matrix of floats, taken exactly, tell which.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.decomposition import Bounds, enclosed_singular_values
from exactcnn.linalg.entries import Entries
from exactcnn.linalg.evidence import RankBounds

PRECISIONS = ("float64", "float32")
DEFAULT, TABLE_2 = "default", "Table 2"
Opinion = Literal["right", "wrong", "undecided"]
ZERO = Fraction(0), Fraction(0)


@dataclass(frozen=True)
class FloatAnswer(Shown):
    """What one library says of the rank of one matrix, by one rule.

    Attributes
    ----------
    library, precision, rule : str
        Such as "NumPy", "float32" and "default", max(m, n) σ_1 ε; or "Table 2", ½ √(m + n + 1) σ_1 ε, the rule of the
        paper (and of Numerical Recipes).
    rank : int or None
        None where the matrix is not finite, or the library failed.
    tolerance : float or None
        Of the computed singular values.
    opinion : {"right", "wrong", "undecided"}
    off : int
        By how much it is at least wrong; positive where it is too large.
    why : str
        Which singular value, which tolerance, which rounding; empty where it is right.
    """

    library: str
    precision: str
    rule: str
    rank: int | None
    tolerance: float | None
    opinion: Opinion
    off: int
    why: str

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {
            "library": self.library,
            "precision": self.precision,
            "rule": self.rule,
            "rank": self.rank,
            "tolerance": self.tolerance,
            "verdict": self.opinion,
            "off": self.off,
            "why": self.why,
        }


@dataclass(frozen=True)
class Library:
    """A library's matrices of floats, by layer and precision, and what it computes of one."""

    name: str
    matrix: Callable[[int, str], NDArray[Any] | None]
    rank: Callable[[NDArray[Any]], int]
    singular_values: Callable[[NDArray[Any]], NDArray[Any]]


def answers_of(
    exact: RankBounds, bounds: Bounds | None, library: Library, precision: str, matrix: NDArray[Any]
) -> tuple[list[FloatAnswer], NDArray[np.float64]]:
    """The answers by both rules, and the singular values that were computed."""
    name = library.name

    def nothing(why: str) -> tuple[list[FloatAnswer], NDArray[np.float64]]:
        rules = DEFAULT, TABLE_2
        return [FloatAnswer(name, precision, rule, None, None, "undecided", 0, why) for rule in rules], np.zeros(0)

    if not np.isfinite(matrix).all():
        return nothing(f"the features are not finite in {precision}")
    try:
        values = library.singular_values(matrix).astype(np.float64)
        default = library.rank(matrix)
    except (np.linalg.LinAlgError, RuntimeError):
        return nothing("")
    m, n = matrix.shape
    unit = float(values.max(initial=0.0)) * float(np.finfo(precision).eps)
    smaller = math.sqrt(m + n + 1) / 2 * unit
    by_rule = {DEFAULT: (default, max(m, n) * unit), TABLE_2: (int((values > smaller).sum()), smaller)}

    @cache
    def of_floats() -> Bounds | None:
        """Of the matrix of floats, taken exactly; once for both rules."""
        found = enclosed_singular_values(Entries.rational(ExactArray.from_array(matrix)))
        return None if found is None else found.bounds

    answers = [
        FloatAnswer(name, precision, rule, rank, tolerance, *_judged(exact, bounds, of_floats, rank, tolerance, values))
        for rule, (rank, tolerance) in by_rule.items()
    ]
    return answers, values


def _judged(
    exact: RankBounds,
    bounds: Bounds | None,
    of_floats: Callable[[], Bounds | None],
    rank: int,
    tolerance: float,
    values: NDArray[np.float64],
) -> tuple[Opinion, int, str]:
    """Right or wrong, by how much, and why."""
    if exact.lower <= rank <= exact.upper:
        return ("right" if exact.exact is not None else "undecided"), 0, ""
    counted = rank > exact.upper  # a singular value that is zero; else one that is not zero is not counted
    index = exact.upper if counted else rank
    own = ZERO if counted else None if bounds is None else bounds[index]
    limit = Fraction(tolerance)
    value = "zero" if counted else "not zero" if own is None else _between(own)
    there = f"{'above' if counted else 'below'} the tolerance {tolerance:.3g}"
    say = f"singular value {index + 1} is {value}"
    off = rank - (exact.upper if counted else exact.lower)
    if _side(own, limit) == counted:
        return "wrong", off, f"{say}, not zero but {there}"
    floats = of_floats()
    if floats is not None and _side(floats[index], limit) == counted:
        why = f"{say}, but rounding of the entries has made it {_between(floats[index])}, {there}"
    elif floats is not None and _side(floats[index], limit) is not None:
        why = f"{say}, in the floats {_between(floats[index])}, but was computed as {values[index]:.3g}, {there}"
    else:
        why = f"{say}, and was computed as {values[index]:.3g}, {there}"
    return "wrong", off, why


def _side(pair: tuple[Fraction, Fraction] | None, limit: Fraction) -> bool | None:
    """Whether a number is above a limit; None where its bounds do not tell."""
    if pair is None:
        return None
    return True if pair[0] > limit else False if pair[1] <= limit else None


def _between(pair: tuple[Fraction, Fraction]) -> str:
    low, high = (float(end) for end in pair)
    short = f"{low:.3g}"
    return short if short == f"{high:.3g}" else f"between {short} and {high:.3g}" if low else f"below {high:.3g}"
