"""Claims about critical points, and points that are none: the type, the index of the Hessian and the loss.

Evidence is about the point itself, or about a point of a box around it, of which nothing else is known.
"""

from __future__ import annotations

from typing import Any

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.directions import read_curve, read_descent, read_entry, read_negative_direction
from exactcnn.checker.claims.equal_outputs import read_equal_outputs
from exactcnn.checker.claims.finding import Evidence, EvidenceReader
from exactcnn.checker.claims.kinks import read_kinks
from exactcnn.checker.claims.losses import interval_text, point_text, read_interval, require_within
from exactcnn.checker.claims.mean_targets import read_mean_targets
from exactcnn.checker.claims.reachable import read_reachable
from exactcnn.checker.claims.smooth_minima import read_box, read_hessian, read_krawczyk
from exactcnn.checker.claims.units import read_constant_units, read_duplicated_units
from exactcnn.checker.claims.valleys import read_valley
from exactcnn.checker.claims.zero_loss import read_zero, read_zero_box
from exactcnn.checker.document import (
    FormatError,
    boolean,
    fields,
    integer,
    kind_of,
    quote,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.points import at_point, coordinates, read_point

EVIDENCE: dict[str, EvidenceReader] = {
    "entry": read_entry,
    "zero": read_zero,
    "mean-targets": read_mean_targets,
    "hessian": read_hessian,
    "box": read_box,
    "krawczyk": read_krawczyk,
    "zero-box": read_zero_box,
    "kinks": read_kinks,
    "reachable": read_reachable,
    "constant-units": read_constant_units,
    "duplicated-units": read_duplicated_units,
    "equal-outputs": read_equal_outputs,
    "descent": read_descent,
    "curve": read_curve,
    "negative-direction": read_negative_direction,
    "valley": read_valley,
}
TYPES = ("minimum", "global minimum", "saddle", "not critical", "not a minimum")


def read_critical_point(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return a claim about a critical point, or about a point that is none."""
    names = ("kind", "point", "type", "strict", "index", "loss", "evidence")
    _, point, kind, strict, index, loss, evidence = fields(claim, "claim", *names)
    read_point(instance, point)
    if type(kind) is not str or kind not in TYPES:
        raise unknown("type", kind)
    if boolean(strict, "strict") and kind != "minimum":
        raise FormatError(f"strict is true for the type {quote(kind)}; expected false")
    count = coordinates(instance.layers).count
    stated = None if index is None else [integer(each, "index", 0, count + 1) for each in sequence(index, "index", 3)]
    bounds = read_interval(loss, "loss")
    by = kind_of(evidence, "evidence")
    if by not in EVIDENCE:
        raise unknown("evidence", by)
    proof: Evidence = EVIDENCE[by](instance, evidence)
    if kind not in proof.types:
        raise FormatError(f"type is {quote(kind)}; {by} is evidence for {' or '.join(proof.types)}")

    def verify() -> None:
        found = proof.verify(at_point(instance, point), kind)
        require(found.strict or not strict, "the minimum is not proved to be strict")
        if stated is not None:
            require(found.index is not None, "the evidence does not give the index")
            require(stated == found.index, f"the index is {found.index}")
        require_within(found.loss, bounds)

    place = point_text(point) if not proof.on_a_box else f"a point of a box around {point_text(point)}"
    words = f"strict {kind}" if strict else kind
    counted = "" if stated is None else f", index {stated}"
    return Read(f"{place}: {words}{counted}, loss {interval_text(bounds)}, by {by}", verify)
