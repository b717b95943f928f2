"""Properties of samples and outputs: linear comparisons, joined by "and" and "or"; three-valued where balls decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from exactcnn.checker.budget import Budget, fraction, multiplication
from exactcnn.checker.document import FormatError, fields, integer, quote, rational, sequence
from exactcnn.checker.numbers import common_bits

MOST_DEPTH = 60
RELATIONS = ("<=", "<", "=", "!=")
Truth = bool | None
Terms = list[tuple[int, fmpq]]


@dataclass(frozen=True)
class Comparison:
    """sum a_i x_i + sum b_j y_j, compared with a bound."""

    inputs: Terms
    outputs: Terms
    relation: str
    bound: fmpq

    def sign(self, x: Sequence[fmpq], y: Sequence[Any], first: Sequence[int]) -> int | None:
        """Return the sign of the sum minus the bound; None where balls do not tell.

        `first` has for each output the first one that is known to be equal to it.
        """
        total = sum((a * x[i] for i, a in self.inputs), fmpq(0)) - self.bound
        terms: dict[int, fmpq] = {}
        for j, b in self.outputs:
            if isinstance(y[j], fmpq):
                total += b * y[j]
            else:
                terms[first[j]] = terms.get(first[j], fmpq(0)) + b
        if all(b == 0 for b in terms.values()):
            return (total > 0) - (total < 0)
        enclosed = sum((arb(b) * y[j] for j, b in terms.items()), arb(total))
        return 1 if enclosed > 0 else -1 if enclosed < 0 else None

    def related(self, sign: int | None) -> Truth:
        """Return whether a number of this sign is in the relation to 0."""
        if sign is None:
            return None
        return {"<=": sign <= 0, "<": sign < 0, "=": sign == 0, "!=": sign != 0}[self.relation]


@dataclass(frozen=True)
class Joined:
    """All parts hold, or one of them."""

    word: str
    parts: list[Any]


Decide = Callable[[Comparison], Truth]


def read_assertions(value: Any, inputs: int, outputs: int) -> list[Any]:
    """Return the formulas of a property."""
    result = [_read(each, inputs, outputs, 0) for each in sequence(value, "property")]
    if not result:
        raise FormatError("property has no assertion")
    return result


def _read(value: Any, inputs: int, outputs: int, depth: int) -> Any:
    if depth > MOST_DEPTH:
        raise FormatError(f"property is nested deeper than {MOST_DEPTH}")
    for word in ("and", "or"):
        if type(value) is dict and word in value:
            parts = sequence(fields(value, "property", word)[0], f"property: {word}")
            if not parts:
                raise FormatError(f"property: {word} of nothing")
            return Joined(word, [_read(part, inputs, outputs, depth + 1) for part in parts])
    x, y, relation, bound = fields(value, "property: comparison", "inputs", "outputs", "relation", "bound")
    if type(relation) is not str or relation not in RELATIONS:
        raise FormatError(f"property: relation is {quote(relation)}; expected one of {', '.join(RELATIONS)}")
    terms = [_terms(each, where, count) for each, where, count in ((x, "inputs", inputs), (y, "outputs", outputs))]
    return Comparison(terms[0], terms[1], relation, rational(bound, "property: bound"))


def _terms(value: Any, where: str, count: int) -> Terms:
    result = []
    for term in sequence(value, f"property: {where}"):
        index, coefficient = sequence(term, f"property: {where}", 2)
        result.append((integer(index, f"property: {where}", 0, count), rational(coefficient, f"property: {where}")))
    return result


def comparisons(formulas: Iterable[Any]) -> Iterable[Comparison]:
    """Yield all comparisons of formulas."""
    for formula in formulas:
        if isinstance(formula, Joined):
            yield from comparisons(formula.parts)
        else:
            yield formula


def _joints(formulas: Iterable[Any]) -> int:
    return sum(1 + _joints(formula.parts) for formula in formulas if isinstance(formula, Joined))


def spend_comparisons(
    budget: Budget, formulas: Sequence[Any], x: Sequence[fmpq], y: Sequence[Any], precision: int
) -> None:
    """Pay for all comparisons at one sample, and for what joins them, however deep.

    The denominators of a sum divide the common ones of its factors.
    """
    budget.spend(2000 * _joints(formulas), "the property")
    for each in comparisons(formulas):
        factors = [each.bound, *(value for _, value in (*each.inputs, *each.outputs))]
        values = [x[i] for i, _ in each.inputs] + [y[j] for j, _ in each.outputs if isinstance(y[j], fmpq)]
        bits = common_bits(factors) + common_bits(values) + len(factors).bit_length()
        budget.spend(len(factors) * (3000 + 2 * fraction(bits) + multiplication(precision)), "the property")


def truth(formula: Any, decide: Decide) -> Truth:
    """Return whether a formula holds, as far as its comparisons are decided."""
    if isinstance(formula, Comparison):
        return decide(formula)
    parts = [truth(part, decide) for part in formula.parts]
    decisive: bool = formula.word == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def all_hold(formulas: Iterable[Any], decide: Decide) -> Truth:
    """Return whether all formulas hold."""
    parts = [truth(formula, decide) for formula in formulas]
    return False if False in parts else None if None in parts else True


def mentions_outputs(formula: Any) -> bool:
    """Return whether a formula is about an output."""
    return any(each.outputs for each in comparisons([formula]))
