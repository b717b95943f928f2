"""Numbers, lists and theorems as Rocq reads them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

WIDTH = 118


class NoRocqForm(Exception):
    """A claim that has no form in Rocq, or not this kind of evidence for it; the message says what."""


@dataclass(frozen=True)
class Theorem:
    """A statement with the witness that proves it.

    Attributes
    ----------
    name : str
    says : str
        In words, for the comment above it.
    witness : str
        Definitions that the proof uses.
    statement : str
        In Rocq.
    proof : str
        The term or tactics that leave one test to be computed, or none where it ends with a full stop.
    seconds : float
        Estimate of the time that its proof takes.
    paper : str
        What of the claim is not in the theorem, and stays on paper.
    """

    name: str
    says: str
    statement: str
    proof: str
    witness: str = ""
    seconds: float = 0
    paper: str = ""

    def text(self) -> str:
        """Return the theorem as it stands in the file; without a statement, the definitions that others may use."""
        if not self.statement:
            return self.witness
        computed = "" if self.proof.endswith(".") else "; vm_cast_no_check (eq_refl true)."
        parts = [comment(self.says), self.witness, f"Theorem {self.name} :\n  {self.statement}.\n"]
        return "".join(parts) + f"Proof. {self.proof}{computed} Qed.\n\n"


def as_far_as_possible(parts: Sequence[tuple[str, Callable[[], Theorem]]]) -> list[Theorem]:
    """Return the parts of a claim that have a form; the last of these says which have none, and why.

    Parameters
    ----------
    parts : sequence of (what, write)

    Raises
    ------
    NoRocqForm
        If no part has one: the reason of the first.
    """
    found, missing = list[Theorem](), list[tuple[str, NoRocqForm]]()
    for what, write in parts:
        try:
            found.append(write())
        except NoRocqForm as reason:
            missing.append((what, reason))
    if not found:
        raise missing[0][1]
    last = found[-1]
    papers = (last.paper, *(f"{what} ({reason})" for what, reason in missing))
    return [*found[:-1], replace(last, paper="; ".join(filter(None, papers)))]


def without_witness(name: str, seconds: float) -> Theorem:
    """Return what stands for a theorem that is left out, since its proof would take so long: no witness is needed."""
    return Theorem(name, "", "", "", seconds=seconds)


def estimate(multiplications: float, bits: int = 32) -> float:
    """Seconds for so many multiplications in Rocq, whose numbers are lists of bits: within a factor of a few.

    Measured on one core: 3 to 30 us for residues and numbers of 32 bits, 5 s for 400 of them with 1500 bits.
    """
    return 2e-5 * multiplications * (1 + (bits / 60) ** 2)


def bits_of(given: Iterable[Fraction]) -> int:
    """How long numerators and denominators are at most."""
    return max((max(x.numerator.bit_length(), x.denominator.bit_length()) for x in given), default=1)


def comment(words: str) -> str:
    """Return a comment; nothing that a document says can end it, or open another."""
    plain = words.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
    return textwrap.fill(f"(** {plain} *)", WIDTH, subsequent_indent="    ", break_on_hyphens=False) + "\n"


def rational(number: Fraction | int) -> str:
    """Return a number of Q.

    Examples
    --------
    >>> rational(Fraction(-3, 8)), rational(2)
    ('(-3 # 8)', '2')
    """
    value = Fraction(number)
    if value.denominator != 1:
        return f"({value.numerator} # {value.denominator})"
    return str(value.numerator) if value >= 0 else f"({value.numerator})"


def integer(number: int) -> str:
    """Return an integer, in brackets if it is below 0."""
    return str(number) if number >= 0 else f"({number})"


def listing(items: Iterable[str]) -> str:
    """Return a list.

    Examples
    --------
    >>> listing(["1", "2"])
    '[1; 2]'
    """
    return f"[{'; '.join(items)}]"


def rationals(numbers: Iterable[Fraction | int]) -> str:
    """Return a list of numbers of Q, without its scope."""
    return listing(map(rational, numbers))


def matrix(rows: Iterable[Sequence[Fraction | int]]) -> str:
    """Return rows of numbers of Q."""
    return listing(map(rationals, rows)) + "%Q"


def indices(numbers: Iterable[int]) -> str:
    """Return a list of natural numbers."""
    return listing(map(str, numbers)) + "%nat"


def definition(name: str, kind: str, value: str) -> str:
    """Return a definition, its value broken into lines between numbers."""
    filled = textwrap.fill(
        value, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return f"Definition {name} : {kind} :=\n{filled}.\n\n"


def numbers(array: dict[str, Any], what: str) -> list[Fraction]:
    """Return the numbers of an array of a document, in C order."""
    if "values" not in array:
        raise NoRocqForm(f"{what} stand in a file beside the certificate: too many numbers")
    return [Fraction(value) for value in array["values"]]


def table(array: dict[str, Any], what: str) -> list[list[Fraction]]:
    """Return the rows of a matrix of a document."""
    flat, (rows, columns) = numbers(array, what), array["shape"]
    return [flat[i * columns : (i + 1) * columns] for i in range(rows)]
