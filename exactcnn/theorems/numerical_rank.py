"""The certified numerical rank: how many singular values are provably above a tolerance, and how many below.

The exact rank of a matrix of measured or rounded numbers is full, nearly always, and says little. How many of its
singular values exceed a tolerance is what users of `numpy.linalg.matrix_rank` ask for; here it is proved. Enclosures of
all singular values decide it where none straddles the tolerance; else inertia does, with as many bits as that takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import decimal, parse_rational, rational_text
from exactcnn.errors import InputError
from exactcnn.linalg.counting import Inertia, count_by_inertia
from exactcnn.linalg.decomposition import GRID, Bounds, Enclosures, enclosed_singular_values
from exactcnn.linalg.entries import Entries
from exactcnn.resources import Progress, check_memory

SPARE_BITS = 64  # in claims by inertia: another order of the same operations may enclose less tightly
DIGITS = 17  # up to so many places are written without an exponent


@dataclass(frozen=True)
class SingularValuesClaim:
    """The claim that all singular values of F_layer lie within bounds."""

    layer: int
    enclosures: Enclosures

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it; arrays are left to the writer."""
        found = self.enclosures.decomposition
        evidence: dict[str, Any] = {"kind": "norm", "precision": self.enclosures.precision}
        if found is not None:
            evidence |= {
                "kind": "decomposition",
                "left": ExactArray(found.left, 1 << GRID),
                "right": ExactArray(found.right, 1 << GRID),
                "values": [rational_text(value) for value in found.values],
            }
        bounds = [[rational_text(end) for end in pair] for pair in self.enclosures.bounds]
        return {"kind": "singular-values", "layer": self.layer, "bounds": bounds, "evidence": evidence}


@dataclass(frozen=True)
class CountClaim:
    """The claim that at least so many singular values of F_layer are above a tolerance, and so many below."""

    layer: int
    tolerance: Fraction
    above: int
    below: int
    inertia: Inertia | None = None

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it; without inertia it leans on the claim of the bounds."""
        evidence: dict[str, Any] = {"kind": "enclosures"}
        if self.inertia is not None:
            panels = [[list(pivot) for pivot in panel] for panel in self.inertia.panels]
            evidence = {"kind": "inertia", "precision": self.inertia.precision + SPARE_BITS, "panels": panels}
        return {
            "kind": "singular-value-counts",
            "layer": self.layer,
            "tolerance": rational_text(self.tolerance),
            "above": self.above,
            "below": self.below,
            "evidence": evidence,
        }


@dataclass(frozen=True, eq=False)
class NumericalRank(Shown):
    """What was proved of the singular values of one matrix.

    Attributes
    ----------
    tolerance : Fraction or None
        None where only bounds were asked for.
    above, below : int
        How many singular values are proved to be above the tolerance, and how many below.
    count : int
        min(m, n), of all singular values.
    bounds : tuple of (Fraction, Fraction), or None
        Of all singular values, descending, where they were asked for.
    claims : tuple of Claim
    seconds : float
    reason : str
        Why some are undecided.
    """

    tolerance: Fraction | None
    above: int
    below: int
    count: int
    bounds: Bounds | None
    claims: tuple[Claim, ...] = field(repr=False)
    seconds: float
    reason: str = ""

    @property
    def undecided(self) -> int:
        """How many singular values are neither proved to be above the tolerance nor below."""
        return self.count - self.above - self.below

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        document: dict[str, Any] = {}
        if self.tolerance is not None:
            document |= {"tolerance": rational_text(self.tolerance), "above": self.above, "below": self.below}
        if self.bounds is not None:
            document["singular_values"] = [[decimal_text(end) for end in pair] for pair in self.bounds]
        return document

    def nothing(self, reason: str) -> NumericalRank:
        """Claim nothing: the checker has rejected what was found."""
        return NumericalRank(self.tolerance, 0, 0, self.count, None, (), self.seconds, reason)


def numerical_rank(
    entries: Entries,
    layer: int,
    tolerance: Fraction | None = None,
    *,
    singular_values: bool = False,
    progress: Progress | None = None,
) -> NumericalRank:
    """Count the singular values of F_layer above and below a tolerance, and enclose all of them on request.

    Parameters
    ----------
    entries : Entries (m, n)
    layer : int
        That the claims name.
    tolerance : Fraction, optional
        Positive.
    singular_values : bool
        Whether bounds of all singular values are wanted.

    Raises
    ------
    InputError
        For a matrix beyond memory, or more balls than can be computed.

    Examples
    --------
    >>> entries = Entries.rational(ExactArray.from_array([[2, 0], [0, 1e-20]]))  # the float is below the decimal
    >>> found = numerical_rank(entries, 0, Fraction(1, 10**20))
    >>> found.above, found.below, found.undecided
    (1, 1, 0)
    """
    m, n = entries.shape
    what = f"the singular values of a matrix of {m} x {n}"
    check_memory(12 * 8 * (m + n) * min(m, n), what=what)
    start = time.perf_counter()
    if progress is not None:
        progress("singular values", 0, 1)
    enclosed = enclosed_singular_values(entries)
    claims: list[Claim] = []
    above = below = 0
    reason = ""
    if enclosed is None:
        reason = "the entries have no finite bounds, or are beyond 2^±65536"
    if enclosed is not None and tolerance is not None:
        above = sum(lower > tolerance for lower, _ in enclosed.bounds)
        below = sum(upper < tolerance for _, upper in enclosed.bounds)
    inertia = None
    if tolerance is not None and above + below < min(m, n):
        check_memory(12 * 8 * (m + n) * max(m, n), what=what)
        norm = None if enclosed is None else max((upper for _, upper in enclosed.bounds), default=None)
        found = count_by_inertia(entries, tolerance, norm=norm, progress=progress)
        reason = reason or found.reason
        if found.above + found.below > above + below:
            inertia, above, below = found, found.above, found.below
    if enclosed is not None and (singular_values or (inertia is None and above + below)):
        claims.append(SingularValuesClaim(layer, enclosed))
    if tolerance is not None and above + below:
        claims.append(CountClaim(layer, tolerance, above, below, inertia))
    bounds = enclosed.bounds if enclosed is not None and singular_values else None
    seconds = round(time.perf_counter() - start, 4)
    return NumericalRank(tolerance, above, below, min(m, n), bounds, tuple(claims), seconds, reason)


def positive_tolerance(value: Any, *, name: str = "tolerance") -> Fraction:
    """Read a tolerance exactly.

    Raises
    ------
    InputError
        For text that is no number, a negative number, and 0: beside that tolerance the exact rank is the answer.

    Examples
    --------
    >>> positive_tolerance("1e-3")
    Fraction(1, 1000)
    """
    tolerance = parse_rational(value, name=name)
    if tolerance < 0:
        raise InputError(f"{name} is {value}; expected a positive number")
    if tolerance == 0:
        raise InputError(
            f"{name} is {value}; expected a positive number: singular values above 0 are counted by the exact rank, "
            "which is given without a tolerance"
        )
    return tolerance


def decimal_text(value: Fraction) -> str:
    """Write a decimal fraction as it is, with an exponent where it would be long.

    Examples
    --------
    >>> [decimal_text(Fraction(x)) for x in ("0", "1250", "0.03", "-1.5e-30", "12e40")]
    ['0', '1250', '0.03', '-1.5e-30', '1.2e41']
    """
    number, denominator = value.numerator, value.denominator
    twos = (denominator & -denominator).bit_length() - 1
    fives, rest = 0, denominator >> twos
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    if rest != 1:
        raise ValueError(f"{value} is no decimal fraction")
    places = max(twos, fives)
    digits = decimal(abs(number) * 10**places // denominator)
    stripped = digits.rstrip("0") or "0"
    exponent = len(digits) - 1 - places  # of the first digit
    sign = "-" if number < 0 else ""
    if not number:
        return "0"
    if -5 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{stripped}"
    if 0 <= exponent < DIGITS:
        whole, rest_of = stripped[: exponent + 1].ljust(exponent + 1, "0"), stripped[exponent + 1 :]
        return f"{sign}{whole}{'.' if rest_of else ''}{rest_of}"
    return f"{sign}{stripped[0]}{'.' if stripped[1:] else ''}{stripped[1:]}e{exponent}"
