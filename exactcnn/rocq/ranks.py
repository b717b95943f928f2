"""Claims about ranks of rational matrices: minors modulo m, triangular minors, factors, shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from exactcnn.rocq.text import (
    NoRocqForm,
    Theorem,
    as_far_as_possible,
    bits_of,
    definition,
    estimate,
    indices,
    matrix,
    without_witness,
)

PRIME = 2**61 - 1  # where numbers are compared; what follows from it is for Rocq to prove
Rows = Sequence[Sequence[Fraction]]
Entries = Sequence[Sequence[Fraction]] | Sequence[Sequence[int]]


def rank_theorems(
    claim: dict[str, Any], name: str, called: str, rows: Rows, seconds: float, symbol: str, *, most: float = math.inf
) -> list[Theorem]:
    """The two bounds of a claim about the rank of a matrix.

    Parameters
    ----------
    claim : dict
        With lower, upper and their evidence.
    name : str
        What the theorems are called after.
    called : str
        The matrix in Rocq.
    rows : sequence of sequences
        Its entries.
    seconds : float
        Estimate of the time that its entries take.
    symbol : str
        Of the matrix, for people.
    most : float
        Seconds that a proof may take; the witness of a longer one is not worked out.
    """
    arguments = called, rows, seconds, symbol
    return two_bounds(
        claim,
        lambda: _below(claim, f"{name}_below", *arguments, most),
        lambda: _above(claim, f"{name}_above", *arguments),
    )


def two_bounds(claim: dict[str, Any], below: Callable[[], Theorem], above: Callable[[], Theorem]) -> list[Theorem]:
    """The bounds of a claim, as far as they have a form; that a rank is at least 0 is no theorem."""
    parts = [("the bound from below", below), ("the bound from above", above)]
    return as_far_as_possible(parts if claim["lower"] else parts[1:])


def _below(
    claim: dict[str, Any], name: str, called: str, rows: Rows, seconds: float, symbol: str, most: float
) -> Theorem:
    evidence, lower = claim["lower_evidence"], claim["lower"]
    says = f"{lower} rows of {symbol} are linearly independent over Q"
    statement = f"rank_from_below {called} {lower}"
    seconds += estimate(lower**3)
    if seconds > most:
        return without_witness(name, seconds)
    if evidence["kind"] == "triangular-minor":
        witness = _minor(name, evidence["rows"], evidence["columns"])
        proof = f"apply (rank_by_triangular_minor {called} {name}_rows {name}_columns)"
        return Theorem(name, f"{says}: a minor is triangular.", statement, proof, witness, seconds)
    modulus = modulus_of(evidence)
    inner = minor_theorem(evidence["rows"], evidence["columns"], modulus, name, called, rows)
    says = f"{says}: a minor is not 0 modulo {modulus}."
    return Theorem(name, says, statement, inner.proof, inner.witness, seconds)


def modulus_of(evidence: dict[str, Any]) -> int:
    """The modulus of a minor; one that other evidence says not to be 0 is most probably not 0 modulo a large prime."""
    if evidence["kind"] == "modular-minor":
        return int(evidence["modulus"])
    if evidence["kind"] in ("ball-minor", "triangular-minor"):
        return PRIME
    raise NoRocqForm(f"evidence {evidence['kind']!r}")


def minor_theorem(
    rows: Sequence[int], columns: Sequence[int], modulus: int, name: str, called: str, entries: Rows
) -> Theorem:
    """The minor of these rows and columns is not 0 modulo a prime; the rows in an order without exchanges."""
    minor = [[residue(entries[i][j], modulus) for j in columns] for i in rows]
    order = elimination_order(minor, modulus)
    witness = _minor(name, [rows[i] for i in order], columns)
    proof = f"apply (rank_by_minor {called} {modulus}%Z {name}_rows {name}_columns)"
    return Theorem(name, "", f"rank_from_below {called} {len(rows)}", proof, witness)


def _minor(name: str, rows: Sequence[int], columns: Sequence[int]) -> str:
    return definition(f"{name}_rows", "list nat", indices(rows)) + definition(
        f"{name}_columns", "list nat", indices(columns)
    )


def residue(number: Fraction, modulus: int) -> int:
    """A number modulo a prime.

    Examples
    --------
    >>> residue(Fraction(1, 2), 7)
    4
    """
    return number.numerator * inverse(number.denominator, modulus) % modulus


def inverse(number: int, modulus: int) -> int:
    """What inverts an integer modulo a prime.

    Raises
    ------
    NoRocqForm
        For one that is 0 there.
    """
    try:
        return pow(number, -1, modulus)
    except ValueError:
        raise NoRocqForm(f"a denominator is 0 modulo {modulus}") from None


def elimination_order(minor: Sequence[Sequence[int]], modulus: int) -> list[int]:
    """Order of the rows of a regular matrix in which elimination modulo a prime needs no exchanges.

    Raises
    ------
    NoRocqForm
        For a matrix that is singular there.

    Examples
    --------
    >>> elimination_order([[0, 1], [1, 1]], 7)
    [1, 0]
    """
    left, order = [list(row) for row in minor], list(range(len(minor)))
    for step in range(len(minor)):
        pivot = next((i for i in range(step, len(minor)) if left[i][step] % modulus), None)
        if pivot is None:
            raise NoRocqForm(f"the minor is 0 modulo {modulus}")
        left[step], left[pivot] = left[pivot], left[step]
        order[step], order[pivot] = order[pivot], order[step]
        for row in left[step + 1 :]:
            factor = row[step] * pow(left[step][step], -1, modulus)
            row[:] = [(x - factor * y) % modulus for x, y in zip(row, left[step], strict=True)]
    return order


def _above(claim: dict[str, Any], name: str, called: str, rows: Rows, seconds: float, symbol: str) -> Theorem:
    evidence, upper = claim["upper_evidence"], claim["upper"]
    count, width = len(rows), len(rows[0])
    says = f"All rows of {symbol} are combinations of {upper} vectors"
    statement = f"rank_from_above {called} {upper}"
    if evidence["kind"] == "shape":
        axis = "rows" if count == upper else "columns"
        return Theorem(name, f"{says}: it has no more {axis}.", statement, f"apply rank_by_{axis}", "", seconds)
    witness = factors(evidence, count, width, lambda: rows)
    proof = f"apply (rank_by_factors {called} {width} {witness.arguments(name)})"
    seconds = 2 * seconds + estimate(count * width * upper, bits_of(x for row in rows for x in row))
    return Theorem(name, f"{says}: {FACTORS}.", statement, proof, witness.text(name), seconds)


FACTORS = "what is left of rows less F_columns V is A times that of some rows"
Lines = tuple[Sequence[int], Sequence[Sequence[Fraction]]]


@dataclass(frozen=True)
class Factors:
    """F less F_columns V is A times some of its own rows.

    Attributes
    ----------
    rows : tuple
        Indices of these rows, and the rows of A.
    columns : tuple
        Indices of the columns, and the columns of V.
    """

    rows: Lines
    columns: Lines

    def text(self, name: str) -> str:
        """Return definitions of all four."""
        return (
            definition(f"{name}_columns", "list nat", indices(self.columns[0]))
            + definition(f"{name}_V", "list (list Q)", matrix(zip(*self.columns[1], strict=True)))
            + definition(f"{name}_rows", "list nat", indices(self.rows[0]))
            + definition(f"{name}_A", "list (list Q)", matrix(self.rows[1]))
        )

    def arguments(self, name: str) -> str:
        """Return them as arguments of a lemma."""
        return f"{name}_columns {name}_V {name}_rows {name}_A"


def factors(evidence: dict[str, Any], count: int, width: int, entries: Callable[[], Entries]) -> Factors:
    """Return how an upper bound follows from factors.

    Parameters
    ----------
    evidence : dict
        Relations, equal lines, or a zero block.
    count, width : int
        The shape of the matrix.
    entries : callable
        Its rows, or images of them that tell which lines are equal.

    Raises
    ------
    NoRocqForm
        For evidence of another kind.
    """
    if evidence["kind"] == "zero-block":
        return Factors(_by_relations(evidence["rows"], count), _by_relations(evidence["columns"], width))
    if evidence["kind"] == "relations":
        lines = _by_relations(evidence["relations"], (count, width)[evidence["axis"]])
    elif evidence["kind"] == "distinct-lines":
        lines = _by_lines(evidence, entries())
    else:
        raise NoRocqForm(f"evidence {evidence['kind']!r}")
    if evidence["axis"] == 0:
        return Factors(lines, ((), [()] * width))
    return Factors(((), [()] * count), lines)


def _by_relations(relations: Sequence[dict[str, Any]], count: int) -> Lines:
    """The lines that lead no relation, and every line as a combination of these."""
    leading = {relation["leading"]: {i: Fraction(c) for i, c in relation["coefficients"]} for relation in relations}
    kept = [i for i in range(count) if i not in leading]
    rows = []
    for i in range(count):
        own = {i: Fraction(-1)} if i not in leading else leading[i]
        rows.append([-own.get(j, Fraction(0)) / (own[i] if i in leading else 1) for j in kept])
    return kept, rows


def _by_lines(evidence: dict[str, Any], rows: Entries) -> Lines:
    lines = list(rows) if evidence["axis"] == 0 else list(zip(*rows, strict=True))
    kept = list(evidence["representatives"])
    first = {tuple(lines[j]): place for place, j in reversed(list(enumerate(kept)))}
    return kept, [[Fraction(first.get(tuple(line)) == place) for place in range(len(kept))] for line in lines]
