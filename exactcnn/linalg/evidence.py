"""Evidence for the two ends of a rank, and the interval that they prove.

Each class is one kind of evidence of the certificate format; `document` gives its JSON-ready form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, ClassVar

from exactcnn.display import Shown
from exactcnn.domains.numerals import decimal, rational_text


@dataclass(frozen=True, eq=False)
class Evidence(Shown):
    """Base of all evidence; a bare `Evidence()` proves nothing (rank >= 0)."""

    kind: ClassVar[str] = "none"

    def __eq__(self, other: object) -> bool:
        """Compare what is stated: a generated equality would see the fields of this class only, that is none."""
        return type(self) is type(other) and isinstance(other, Evidence) and self.document() == other.document()

    def __hash__(self) -> int:
        """Return the same for all of a kind."""
        return hash(self.kind)

    def document(self) -> dict[str, Any]:
        """Return the evidence as the certificate states it."""
        return {"kind": self.kind} | {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True)
class ModularMinor(Evidence):
    """A minor that is non-zero modulo a prime; with a root, exponentials e**z went to root**(z mod q).

    Rows and columns that elimination finds stand in its order: all leading minors are non-zero, so that the checker can
    eliminate a large one by tiles in little memory. `precision` (bits) is for signs and maxima above the first layer of
    exponentials.
    """

    kind: ClassVar[str] = "modular-minor"
    modulus: str
    root: str | None
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    precision: int | None = None


@dataclass(frozen=True)
class BallMinor(Evidence):
    """A minor whose determinant, in ball arithmetic at this precision (bits), excludes zero."""

    kind: ClassVar[str] = "ball-minor"
    precision: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Shape(Evidence):
    """The rank is at most the number of rows and the number of columns."""

    kind: ClassVar[str] = "shape"


@dataclass(frozen=True)
class DistinctLines(Evidence):
    """Every row (axis 0) or column (axis 1) is zero or equal to one of the representatives."""

    kind: ClassVar[str] = "distinct-lines"
    axis: int
    representatives: tuple[int, ...]


@dataclass(frozen=True)
class Relation(Shown):
    """A vanishing integer combination of rows or columns, solvable for the leading one."""

    leading: int
    coefficients: tuple[tuple[int, int], ...]

    def document(self) -> dict[str, Any]:
        """Return the relation as the certificate states it."""
        return {"leading": self.leading, "coefficients": [[i, decimal(c)] for i, c in self.coefficients]}


@dataclass(frozen=True)
class Relations(Evidence):
    """Exact relations; each leading line occurs in its own relation only, so each takes one off the rank."""

    kind: ClassVar[str] = "relations"
    axis: int
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class ZeroBlock(Evidence):
    """Combinations L of rows and R of columns with L F R = 0: rank F <= N + n less their numbers.

    Each combination has a line of its own, as in `Relations`, which are the blocks where L or R is the identity.
    """

    kind: ClassVar[str] = "zero-block"
    rows: tuple[Relation, ...]
    columns: tuple[Relation, ...]


@dataclass(frozen=True)
class VanishingMinors(Evidence):
    """All minors of the next order vanish modulo primes whose product exceeds their Hadamard bound."""

    kind: ClassVar[str] = "vanishing-minors"
    primes: tuple[str, ...]


@dataclass(frozen=True)
class Inherited(Evidence):
    """F_k is an affine function of the rational F_j: its rank is at most that of [F_j, 1], which has this evidence.

    `ones` says whether the column of ones is there; none is needed where none of the layers j + 1 to k adds constants.
    """

    kind: ClassVar[str] = "inherited"
    layer: int
    ones: bool
    evidence: Evidence


@dataclass(frozen=True)
class RankBounds(Shown):
    """lower <= rank <= upper, with the evidence for each end; equal ends make a number.

    `reason` says, when the ends differ, why nothing better was proved.

    Examples
    --------
    >>> print(RankBounds(3, 3), RankBounds(2, 4))
    3 [2, 4]
    """

    lower: int
    upper: int
    lower_evidence: Evidence = field(default=Evidence(), repr=False)
    upper_evidence: Evidence = field(default=Shape(), repr=False)
    reason: str = ""

    @property
    def exact(self) -> int | None:
        """The rank, if the bounds meet."""
        return self.lower if self.lower == self.upper else None

    @property
    def minor(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Rows and columns, ascending, of the minor that proves the lower end; none if that is 0, or has no one minor.

        Examples
        --------
        >>> RankBounds(2, 2, ModularMinor("1048343", None, (3, 1), (0, 2))).minor
        ((1, 3), (0, 2))
        """
        minor = self.lower_evidence
        if not isinstance(minor, ModularMinor | BallMinor):
            return (), ()
        return tuple(sorted(minor.rows)), tuple(sorted(minor.columns))

    def __str__(self) -> str:
        return str(self.lower) if self.lower == self.upper else f"[{self.lower}, {self.upper}]"

    def _repr_latex_(self) -> str:
        if self.lower == self.upper:
            return rf"$\operatorname{{rank}} = {self.lower}$"
        return rf"${self.lower} \le \operatorname{{rank}} \le {self.upper}$"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return rational_text(value)
    return value.document() if hasattr(value, "document") else value
