"""Claims a <= rank F_k <= b at the given parameters."""

from __future__ import annotations

from typing import Any

from exactcnn.checker.claim import Accepted, Obligation, Read
from exactcnn.checker.claims.triangular import read_triangular_minor
from exactcnn.checker.claims.upper_bounds import read_upper
from exactcnn.checker.document import (
    FormatError,
    fields,
    indices,
    integer,
    kind_of,
    numeral,
    prime,
    quote,
    require,
    unknown,
)
from exactcnn.checker.features import ball_minor_excludes_zero
from exactcnn.checker.instance import Instance
from exactcnn.checker.regularity import is_regular
from exactcnn.checker.residues import Point, modular_minor


def read_rank(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return a rank claim as a line, and its obligations."""
    names = ("kind", "layer", "lower", "upper", "lower_evidence", "upper_evidence")
    _, layer, lower, upper, lower_evidence, upper_evidence = fields(claim, "claim", *names)
    integer(layer, "layer", 0, len(instance.layers))
    integer(lower, "lower", 0)
    integer(upper, "upper", 0)
    count = instance.count or 0
    from_below = read_lower(instance, layer, lower, count, lower_evidence)
    from_above = read_upper(instance, layer, upper, count, upper_evidence)

    def verify() -> None:
        instance.known_samples()
        from_above()  # first, for it may need all features, which are then known
        from_below()

    line = f"{quote(lower)} <= rank F_{layer} <= {quote(upper)}"
    return Read(line, verify, lower > 0 or upper < min(count, instance.layers[layer].width))


# -------------------------------------------------------------------- from below


def read_lower(instance: Instance, layer: int, lower: int, count: int, evidence: Any) -> Obligation:
    """Return the obligation of evidence for rank F_k >= lower."""
    kind = kind_of(evidence, "evidence")
    if kind == "none":
        fields(evidence, "evidence", "kind")
        return lambda: require(lower == 0, f"none, yet lower is {quote(lower)}")
    if kind == "triangular-minor":
        return read_triangular_minor(instance, layer, lower, count, evidence)
    if kind not in ("modular-minor", "ball-minor"):
        raise unknown("kind", kind)
    own = ("modulus", "root") if kind == "modular-minor" else ()
    *point, precision, rows, columns = fields(evidence, "evidence", "kind", *own, "precision", "rows", "columns")[1:]
    indices(rows, "rows", count)
    indices(columns, "columns", instance.layers[layer].width, len(rows))
    if kind == "modular-minor":
        p = prime(point[0], "modulus")
        root = None if point[1] is None else read_root(point[1], p)
    if kind == "ball-minor" or precision is not None:
        integer(precision, "precision", 2, 2**20)

    def verify() -> None:
        require(lower == len(rows), f"the minor has order {len(rows)}, lower is {quote(lower)}")
        if kind == "modular-minor":
            minor = modular_minor(instance, layer, rows, columns, Point(p, root, precision))
            require(is_regular(minor, p, instance.budget), f"the minor vanishes modulo {p}")
        else:
            nonzero = ball_minor_excludes_zero(instance, layer, rows, columns, precision)
            require(nonzero, f"the ball of the determinant at {precision} bits does not exclude zero")

    return verify


def read_root(value: Any, p: int) -> int:
    """Return an element of order q in GF(p), p = 2q + 1 with q an odd prime."""
    prime(str((p - 1) // 2), "(modulus - 1)/2")
    root = numeral(value, "root")
    if not 1 < root < p or pow(int(root), (p - 1) // 2, p) != 1:
        raise FormatError(f"root is {quote(value)}; expected a number from 2 to p - 1 of order (p - 1)/2")
    return int(root)
