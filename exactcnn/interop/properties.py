"""Properties of inputs and outputs: linear comparisons joined by "and" and "or", as VNN-LIB writes unsafe sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from exactcnn.domains.numerals import rational_text

Truth: TypeAlias = bool | None
"""None where it is not decided."""

Terms: TypeAlias = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class Comparison:
    """A comparison: the sum of a_i X_i and b_j Y_j is <=, <, = or != a number.

    Attributes
    ----------
    inputs, outputs : tuple of (int, Fraction)
        The terms: indices, each once, and coefficients that are not 0.
    relation : {"<=", "<", "=", "!="}
    bound : Fraction
    """

    inputs: Terms
    outputs: Terms
    relation: Literal["<=", "<", "=", "!="]
    bound: Fraction

    def document(self) -> dict[str, Any]:
        """Return the comparison as certificates state it.

        Examples
        --------
        >>> Comparison((), ((0, Fraction(1)), (2, Fraction(-1, 2))), "<=", Fraction(3)).document()
        {'inputs': [], 'outputs': [[0, '1'], [2, '-1/2']], 'relation': '<=', 'bound': '3'}
        """
        sides = {
            name: [[index, rational_text(value)] for index, value in terms]
            for name, terms in (("inputs", self.inputs), ("outputs", self.outputs))
        }
        return sides | {"relation": self.relation, "bound": rational_text(self.bound)}

    def renumbered(self, number: Callable[[int], int]) -> Comparison:
        """Return the comparison with other numbers of the outputs."""
        outputs = tuple(sorted((number(index), value) for index, value in self.outputs))
        return Comparison(self.inputs, outputs, self.relation, self.bound)


@dataclass(frozen=True)
class Joined:
    """Formulas that all hold ("and"), or of which one does ("or")."""

    word: Literal["and", "or"]
    parts: tuple[Formula, ...]

    def document(self) -> dict[str, Any]:
        """Return the formula as certificates state it."""
        return {self.word: [part.document() for part in self.parts]}

    def renumbered(self, number: Callable[[int], int]) -> Joined:
        """Return the formula with other numbers of the outputs."""
        return Joined(self.word, tuple(part.renumbered(number) for part in self.parts))


Formula: TypeAlias = Comparison | Joined


@dataclass(frozen=True)
class Property:
    """Assertions about the inputs X and the outputs Y of a network, all of them together.

    A counterexample is an input that satisfies all of them: VNN-LIB states what should not happen.

    Attributes
    ----------
    inputs, outputs : int
        How many there are.
    assertions : tuple of Formula
    """

    inputs: int
    outputs: int
    assertions: tuple[Formula, ...]

    def in_region(self, x: Callable[[Comparison], Truth]) -> Truth:
        """Whether an input is in the region: all assertions hold, as far as they are about inputs alone.

        A comparison with outputs counts as true here, so that the region is the set of all inputs that some outputs
        would make a counterexample.
        """
        return conjunction(truth(each, lambda c: True if c.outputs else x(c)) for each in self.assertions)

    def holds(self, comparison: Callable[[Comparison], Truth]) -> Truth:
        """Whether all assertions that mention an output hold."""
        return conjunction(truth(each, comparison) for each in self.assertions if mentions_outputs(each))


def truth(formula: Formula, comparison: Callable[[Comparison], Truth]) -> Truth:
    """Decide a formula from its comparisons, as far as those are decided.

    Examples
    --------
    >>> yes, open_ = (Comparison((), (), "<=", Fraction(bound)) for bound in (0, -1))
    >>> decide = {yes: True, open_: None}.get
    >>> truth(Joined("or", (open_, yes)), decide), truth(Joined("and", (open_, yes)), decide)
    (True, None)
    """
    if isinstance(formula, Comparison):
        return comparison(formula)
    parts = (truth(part, comparison) for part in formula.parts)
    if formula.word == "and":
        return conjunction(parts)
    negated = conjunction(None if part is None else not part for part in parts)
    return None if negated is None else not negated


def conjunction(parts: Iterator[Truth]) -> Truth:
    """Whether all hold: one that fails decides it, one that is open leaves it open."""
    result: Truth = True
    for part in parts:
        if part is False:
            return False
        result = None if part is None else result
    return result


def mentions_outputs(formula: Formula) -> bool:
    """Whether a comparison in a formula has an output."""
    if isinstance(formula, Comparison):
        return bool(formula.outputs)
    return any(map(mentions_outputs, formula.parts))


def related(relation: str, sign: int | None) -> Truth:
    """Decide a relation of a number to 0 from its sign; None for one that is not known.

    Examples
    --------
    >>> related("<", 0), related("<=", 0), related("!=", None)
    (False, True, None)
    """
    if sign is None:
        return None
    return {"<=": sign <= 0, "<": sign < 0, "=": sign == 0, "!=": sign != 0}[relation]
