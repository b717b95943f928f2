"""Global minima of loss 0: at the point, or at a point of a box around it."""

from __future__ import annotations

from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import boxed, enclosed_objective, exact_point
from exactcnn.checker.document import FormatError, fields, indices, quote, require
from exactcnn.checker.inertia import MOST_COORDINATES, krawczyk, read_matrix, read_vector
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import exact_residual
from exactcnn.checker.points import coordinates

ZERO = (fmpq(0), fmpq(0))


def read_zero(_: Instance, evidence: Any) -> Evidence:
    """Return evidence by the residual, 0 in Q."""
    fields(evidence, "evidence", "kind")

    def verify(point: Instance, _: str) -> Finding:
        for i, row in enumerate(exact_residual(point)):
            require(not any(x != 0 for x in row), f"the outputs of sample {i} are not its targets")
        return Finding(ZERO)

    return Evidence(("global minimum",), verify)


def read_zero_box(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by Krawczyk's operator for F_L - Y as a function of as many coordinates; the others stay."""
    names = ("kind", "precision", "columns", "radii", "inverse")
    _, precision, columns, radii, inverse = fields(evidence, "evidence", *names)
    read_precision(precision)
    chosen = indices(columns, "columns", coordinates(instance.layers).count)
    if len(chosen) > MOST_COORDINATES:
        raise FormatError(f"{quote(len(chosen))} columns; at most {MOST_COORDINATES} are read")
    lengths, matrix = read_vector(instance, radii, "radii"), read_matrix(instance, inverse, "inverse")

    def verify(point: Instance, _: str) -> Finding:
        outputs = len(point.known_samples()) * point.layers[-1].width
        require(len(chosen) == outputs, f"{len(chosen)} columns for {outputs} outputs")
        require(len(lengths) == outputs, f"{len(lengths)} radii for {outputs} outputs")
        with ctx.workprec(precision):
            centre = enclosed_objective(point, exact_point(point))
            values = [x for row in centre.residual() for x in row]
            box = enclosed_objective(point, boxed(point, chosen, [arb(r) for r in lengths]))
            by_columns = [box.outputs_along(box.unit(e)) for e in chosen]
            krawczyk(point, values, [list(row) for row in zip(*by_columns, strict=True)], matrix, lengths)
        return Finding(ZERO)

    return Evidence(("global minimum",), verify, on_a_box=True)
