"""Critical points where the loss is smooth: by the Hessian at the point, or on a box around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, ctx, fmpq, fmpq_mat

from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.derivatives import ENCLOSED, EXACT, Objective
from exactcnn.checker.document import FormatError, fields, quote, rational, require, unknown
from exactcnn.checker.formal_gradients import require_formal_zero
from exactcnn.checker.inertia import (
    MOST_COORDINATES,
    Form,
    Interval,
    Matrix,
    around,
    definite,
    form,
    interval,
    krawczyk,
    magnitudes,
    norm,
    rank,
    read_matrix,
    read_vector,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import loss_interval
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import coordinates, theta
from exactcnn.checker.slices import Slice, free_coordinates, read_slice
from exactcnn.checker.steps import Near


def limit_coordinates(instance: Instance) -> None:
    """Refuse Hessians of too many parameters before anything is allocated."""
    count = coordinates(instance.layers).count
    if count > MOST_COORDINATES:
        raise FormatError(f"{quote(count)} parameters; second derivatives by at most {MOST_COORDINATES} are read")


def enclosed_objective(instance: Instance, values: Sequence[arb]) -> Objective:
    """Return the loss on a box at the current precision."""
    return Objective(instance, values, ENCLOSED)


def exact_point(instance: Instance) -> list[arb]:
    """Return enclosures of all parameters, no wider than the precision asks."""
    return [arb(x) for x in theta(instance)]


# -------------------------------------------------------------------- at the point


def read_hessian(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by an exact gradient 0 and the signs of the Hessian."""
    names = ("kind", "by", "slice", "precision", "congruence", "kernel")
    _, by, steps, precision, congruence, kernel = fields(evidence, "evidence", *names)
    if by not in ("rational", "formal"):
        raise unknown("derivation", by)
    limit_coordinates(instance)
    read_precision(precision)
    own, matrix = read_slice(instance, steps), read_matrix(instance, congruence, "congruence")
    null = None if kernel is None else read_matrix(instance, kernel, "kernel")
    if null is not None and by != "rational":
        raise FormatError("kernel is given; it is decided by 'rational' only")

    def verify(point: Instance, kind: str) -> Finding:
        with ctx.workprec(precision):
            objective = enclosed_objective(point, exact_point(point))
            exact = require_critical(objective, by)
            free = free_coordinates(own, Near(point, theta(point), pieces_of(objective)))
            found = form(point, objective.hessian(free), matrix)
            require_type(kind, found, matrix, len(free))
            kernel_size = 0 if null is None or exact is None else require_kernel(exact, free, null)
            loss = loss_interval(point, None if by == "rational" else precision)
        total = coordinates(point.layers).count
        complete = matrix.columns + kernel_size == len(free)
        index = [found.positive, found.negative, kernel_size + total - len(free)] if complete else None
        strict = kind == "minimum" and len(free) == total
        return Finding(loss, index, strict=strict, box=list(objective.theta))

    return Evidence(("minimum", "saddle"), verify)


def require_critical(objective: Objective, by: str) -> Objective | None:
    """Reject the claim unless all derivatives are 0 exactly; return the loss over Q where that is where they lie."""
    if by == "formal":
        require_formal_zero(objective)
        return None
    instance = objective.instance
    exact = Objective(instance, theta(instance), EXACT)
    for e, value in enumerate(exact.gradient()):
        require(value == 0, f"the derivative by coordinate {e} is not 0")
    return exact


def require_type(kind: str, found: Form, congruence: Matrix, order: int) -> None:
    """Reject the claim unless the signs are those of a minimum, or of a saddle."""
    if kind == "minimum":
        require(congruence.columns == order, f"the congruence has {congruence.columns} columns; {order} are free")
        definite(found, order)
    else:
        require(found.positive > 0, "no positive direction")
        require(found.negative > 0, "no negative direction")


def require_kernel(exact: Objective, free: Sequence[int], kernel: Matrix) -> int:
    """Return the number of independent vectors of the kernel of the Hessian on the free coordinates.

    For E to the base 2 in layer 1 the exact Hessian is D H D, D diagonal with ln 2 or 1: its kernel has the same
    dimension as that of H.
    """
    require(kernel.rows == len(free), f"the kernel has {kernel.rows} rows; {len(free)} coordinates are free")
    zero = [fmpq(0)] * exact.places.count
    for j in range(kernel.columns):
        direction = list(zero)
        for i, e in enumerate(free):
            value = kernel.entries[i * kernel.columns + j]
            direction[e] = value if value != 0 else exact.arithmetic.zero
        image = exact.hessian_times(direction)
        require(all(image[e] == 0 for e in free), f"column {j} of the kernel is not mapped to 0")
    found = rank(exact.instance, fmpq_mat(kernel.rows, kernel.columns, kernel.entries), "the kernel")
    require(found == kernel.columns, "the columns of the kernel are dependent")
    return found


# -------------------------------------------------------------------- on a box


def boxed(instance: Instance, free: Sequence[int], radii: Sequence[arb]) -> list[arb]:
    """Return the box around the point: radius 0 where a coordinate is frozen."""
    centre = theta(instance)
    result = [arb(x) for x in centre]
    for e, radius in zip(free, radii, strict=True):
        result[e] = around(centre[e], radius)
    return result


def slice_on_a_box(instance: Instance, steps: Slice, radii_of: Any) -> tuple[list[int], Objective]:
    """Return the free coordinates and the loss on the box, whose radii depend on them.

    The slice asks for the pieces on the box, and the box for the coordinates that are free: they are found at the
    centre first, and must be the same on the box.
    """
    near = pieces_of(enclosed_objective(instance, exact_point(instance)))
    free = free_coordinates(steps, Near(instance, theta(instance), near))
    objective = enclosed_objective(instance, boxed(instance, free, radii_of(free)))
    again = free_coordinates(steps, Near(instance, theta(instance), pieces_of(objective)))
    require(again == free, "the slice freezes other coordinates on the box")
    return free, objective


def read_box(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence for a minimum by strong convexity on a box.

    On {c + C y : |y| <= rho} the loss is mu-strongly convex in y, and its gradient g at the centre has 2 |g| < mu rho:
    so it is larger on the sphere |y| = rho than at c, and has one critical point inside, a strict minimum of at least
    the loss of c less |g|^2/(2 mu).
    """
    names = ("kind", "slice", "precision", "congruence", "radius")
    _, steps, precision, congruence, radius = fields(evidence, "evidence", *names)
    limit_coordinates(instance)
    read_precision(precision)
    own, matrix = read_slice(instance, steps), read_matrix(instance, congruence, "congruence")
    rho = rational(radius, "radius")

    def verify(point: Instance, _: str) -> Finding:
        require(rho > 0, "the radius is not positive")
        with ctx.workprec(precision):

            def radii(free: list[int]) -> list[arb]:
                order = len(free)
                square = (matrix.rows, matrix.columns) == (order, order)
                require(square, f"the congruence is no square matrix of order {order}, the number of free coordinates")
                return magnitudes(matrix, rho)

            free, objective = slice_on_a_box(point, own, radii)
            mu = definite(form(point, objective.hessian(free), matrix), len(free))
            centre = enclosed_objective(point, exact_point(point))
            loss = lower_by_convexity(centre, free, matrix, mu, rho)
        total = coordinates(point.layers).count
        index = [len(free), 0, total - len(free)]
        return Finding(loss, index, strict=len(free) == total, box=list(objective.theta))

    return Evidence(("minimum",), verify, on_a_box=True)


def lower_by_convexity(centre: Objective, free: Sequence[int], matrix: Matrix, mu: arb, rho: fmpq) -> Interval:
    """Return an interval of the loss at the minimum, if the gradient at the centre is small enough for the box."""
    gradient = centre.gradient()
    slopes = [
        sum((arb(c) * gradient[e] for e, c in zip(free, column, strict=True)), arb(0))
        for column in zip(*matrix.table(), strict=True)
    ]
    size = norm(slopes)
    require(bool(2 * size < mu * rho), "the gradient at the centre is too large for the box")
    loss = centre.loss()
    return interval(loss - size * size / (2 * mu))[0], interval(loss)[1]


def read_krawczyk(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence for a saddle in a box: a zero of the gradient by Krawczyk's operator, both signs on the box."""
    names = ("kind", "slice", "precision", "radii", "inverse", "congruence")
    _, steps, precision, radii, inverse, congruence = fields(evidence, "evidence", *names)
    limit_coordinates(instance)
    read_precision(precision)
    own, matrix = read_slice(instance, steps), read_matrix(instance, congruence, "congruence")
    lengths, near_inverse = read_vector(instance, radii, "radii"), read_matrix(instance, inverse, "inverse")

    def verify(point: Instance, kind: str) -> Finding:
        with ctx.workprec(precision):

            def all_radii(free: list[int]) -> list[arb]:
                require(len(lengths) == len(free), f"{len(lengths)} radii for {len(free)} free coordinates")
                return [arb(r) for r in lengths]

            free, objective = slice_on_a_box(point, own, all_radii)
            hessian = objective.hessian(free)
            gradient = enclosed_objective(point, exact_point(point)).gradient()
            krawczyk(point, [gradient[e] for e in free], hessian, near_inverse, lengths)
            found = form(point, hessian, matrix)
            require_type(kind, found, matrix, len(free))
            loss = interval(objective.loss())
        total = coordinates(point.layers).count
        complete = matrix.columns == len(free)
        return Finding(loss, [found.positive, found.negative, total - len(free)] if complete else None)

    return Evidence(("saddle",), verify, on_a_box=True)
