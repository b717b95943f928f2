"""Signs of quadratic forms, norms, and enclosures of zeros: everything that is decided by certain comparisons of balls.

A symmetric H has at least as many positive (negative) eigenvalues as S = C^T H C has positive (negative) diagonal
entries, if S is strictly diagonally dominant: scaling the rest of S down to 0 keeps dominance, so no eigenvalue passes
through 0 on the way to the diagonal; and C is injective, for S has no kernel (Gershgorin, Sylvester). Nothing is asked
of C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from exactcnn.checker.budget import NUMBER, fraction, multiplication
from exactcnn.checker.document import FormatError, quote, require
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits

MOST_COORDINATES = 2000
Interval = tuple[fmpq, fmpq]


@dataclass(frozen=True)
class Matrix:
    """A rational matrix of a claim."""

    rows: int
    columns: int
    entries: list[fmpq]

    def enclosed(self) -> arb_mat:
        """Return the matrix of balls at the current precision."""
        return arb_mat(self.rows, self.columns, list(map(arb, self.entries)))

    def exact(self) -> fmpq_mat:
        """Return the matrix over Q."""
        return fmpq_mat(self.rows, self.columns, self.entries)

    def table(self) -> list[list[fmpq]]:
        """Return the rows."""
        width = self.columns
        return [self.entries[start : start + width] for start in range(0, len(self.entries), width)]


def read_matrix(instance: Instance, value: Any, where: str) -> Matrix:
    """Return a matrix of a claim; no side is longer than the limit."""
    entries = instance.array(value, where, (None, None))
    rows, columns = value["shape"]
    if max(rows, columns) > MOST_COORDINATES:
        raise FormatError(f"{where} has shape {quote(rows)} x {quote(columns)}; expected at most {MOST_COORDINATES}")
    return Matrix(rows, columns, entries)


def read_vector(instance: Instance, value: Any, where: str) -> list[fmpq]:
    """Return a list of numbers of a claim."""
    return instance.array(value, where, (None,))


# -------------------------------------------------------------------- quadratic forms


@dataclass(frozen=True)
class Form:
    """What is known of a form: how many diagonal entries are positive and negative, and the least Gershgorin bound."""

    positive: int
    negative: int
    least: arb


def form(instance: Instance, hessian: list[list[Any]], congruence: Matrix, what: str = "the Hessian") -> Form:
    """Return what C^T H C shows of H, or reject the claim if that matrix is not strictly diagonally dominant."""
    order = len(hessian)
    require(congruence.rows == order, f"the congruence has {congruence.rows} rows; {what} has order {order}")
    size = order + congruence.columns
    instance.budget.hold(size**2 * (NUMBER + 2 * int(ctx.prec)), what)
    instance.budget.spend(size**3 // 2 * (60 + multiplication(int(ctx.prec))), f"congruence of {what}")
    c = congruence.enclosed()
    table = (c.transpose() * arb_mat(hessian) * c).tolist()
    positive = negative = 0
    bounds = []
    for i, row in enumerate(table):
        radius = sum((abs(x) for j, x in enumerate(row) if j != i), arb(0))
        dominant = abs(row[i]) > radius
        require(dominant, f"C^T H C of {what} is not strictly diagonally dominant in row {i}")
        positive += bool(row[i] > 0)
        negative += bool(row[i] < 0)
        bounds.append((row[i] - radius).lower())
    return Form(positive, negative, least(bounds))


def least(bounds: Sequence[arb]) -> arb:
    """Return a lower bound of all these exact numbers."""
    result = bounds[0]
    for bound in bounds[1:]:
        result = min(result, bound)
    return result


def definite(found: Form, order: int, what: str = "the Hessian") -> arb:
    """Return a positive lower bound of all C^T H C on the unit sphere, or reject the claim."""
    require(found.positive == order, f"{what} is positive on {found.positive} of {order} dimensions only")
    require(bool(found.least > 0), f"{what} is not certainly positive definite")
    return found.least


def rank(instance: Instance, matrix: fmpq_mat, what: str) -> int:
    """Return the rank over Q."""
    rows, columns = matrix.nrows(), matrix.ncols()
    bits = common_bits(matrix.entries()) * min(rows, columns, 100)
    instance.budget.spend(rows * columns * min(rows, columns) * fraction(bits) // 2, f"rank of {what}")
    return int(matrix.rank())


# -------------------------------------------------------------------- norms and enclosures


def norm(values: Sequence[arb]) -> arb:
    """Return an upper bound of the Euclidean norm."""
    return sum((abs(x).upper() ** 2 for x in values), arb(0)).upper().sqrt().upper()


def magnitudes(matrix: Matrix, radius: fmpq) -> list[arb]:
    """Return upper bounds of |M y| entry by entry for |y| <= radius in the maximum norm."""
    return [sum((abs(arb(x)) for x in row), arb(0)).upper() * arb(radius).upper() for row in matrix.table()]


def around(centre: fmpq, radius: arb) -> arb:
    """Return a ball that contains all numbers at this distance from the centre."""
    return arb(centre) + arb(0, radius.upper())


def interval(ball: arb) -> Interval:
    """Return the ends of a ball as rational numbers, rounded outward."""
    require(ball.is_finite(), "a ball is not finite")
    return _rational(ball.lower()), _rational(ball.upper())


def _rational(number: arb) -> fmpq:
    mantissa, exponent = number.man_exp()
    size = abs(int(exponent))
    require(size < 2**20, "a number is too large or too small to be compared")
    power = fmpq(1 << size)
    return fmpq(mantissa) * power if exponent >= 0 else fmpq(mantissa) / power


def krawczyk(
    instance: Instance, values: Sequence[arb], jacobian: list[list[Any]], inverse: Matrix, radii: Sequence[fmpq]
) -> None:
    """Prove that a function has one zero within `radii` of the centre: -A f(c) + (I - A J) [-r, r] lies inside.

    `values` enclose f(c) and `jacobian` all derivatives on the box. The mean value form maps the box into itself, so
    there is a fixed point of x - A f(x) (Brouwer); and |I - A J| r < r makes A J, hence A, non-singular.
    """
    order = len(radii)
    shape = (len(values), len(jacobian), inverse.rows, inverse.columns)
    require(shape == (order,) * 4, f"{order} radii for {shape[0]} equations and an inverse of another order")
    require(all(r > 0 for r in radii), "a radius is not positive")
    instance.budget.hold(order**2 * (NUMBER + 2 * int(ctx.prec)), "an inverse")
    instance.budget.spend(order**3 * (60 + multiplication(int(ctx.prec))), "Krawczyk's operator")
    a = inverse.enclosed()
    shift = (a * arb_mat(order, 1, list(values))).entries()
    rest = (a * arb_mat(jacobian)).tolist()
    for i in range(order):
        row = [(1 if i == j else 0) - x for j, x in enumerate(rest[i])]
        reach = sum((abs(x) * arb(r) for x, r in zip(row, radii, strict=True)), abs(shift[i]))
        require(bool(reach.upper() < arb(radii[i])), f"Krawczyk's operator leaves the box in coordinate {i}")
