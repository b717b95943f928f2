"""Basins: a box with a point inside that lies lower than the whole boundary.

The loss is continuous and the box compact: its least value is attained, and not on the boundary. So there is a local
minimum inside, and every path from the point out of the box rises above the point.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import point_text, read_precision, short
from exactcnn.checker.document import FormatError, fields, integer, quote, rational, require, sequence
from exactcnn.checker.inertia import around, read_vector
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import enclosed_loss
from exactcnn.checker.points import at_point, coordinates, read_point, theta

MOST_DIMENSIONS, MOST_PIECES = 3, 2**18
Side = tuple[fmpq, fmpq]


def read_basin(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that a box is a basin, on which the loss is at least the floor."""
    names = ("kind", "point", "lower", "upper", "depth", "inside", "precision", "floor")
    _, point, lower, upper, depth, inside, precision, floor = fields(claim, "claim", *names)
    read_point(instance, point)
    read_precision(precision)
    count = coordinates(instance.layers).count
    if not 1 <= count <= MOST_DIMENSIONS:
        raise FormatError(f"{quote(count)} parameters; basins have from 1 to {MOST_DIMENSIONS}")
    low, high = read_vector(instance, lower, "lower"), read_vector(instance, upper, "upper")
    if (len(low), len(high)) != (count, count):
        raise FormatError(f"lower and upper have {len(low)} and {len(high)} entries; expected {count}")
    depths = [integer(d, "depth", 0, 20) for d in sequence(depth, "depth", count)]
    insides = [integer(e, "inside", 0, 20) for e in sequence(inside, "inside", count)]
    faces = 2 * sum(2 ** (sum(depths) - own) for own in depths)
    if max(faces, 2 ** sum(insides)) > MOST_PIECES:
        raise FormatError(f"{faces} pieces of faces and {2 ** sum(insides)} inside; at most {MOST_PIECES} are read")
    least = rational(floor, "floor")

    def verify() -> None:
        own = at_point(instance, point)
        centre = theta(own)
        sides = list(zip(low, high, strict=True))
        for e, ((a, b), x) in enumerate(zip(sides, centre, strict=True)):
            require(a < x < b, f"coordinate {e} of the point is not inside the box")
        with ctx.workprec(precision):
            bottom = enclosed_loss(own, list(map(arb, centre)))
            for e, ends in enumerate(sides):
                for end in ends:
                    others = [(end, end) if f == e else side for f, side in enumerate(sides)]
                    for piece in _pieces(others, [0 if f == e else d for f, d in enumerate(depths)]):
                        higher = enclosed_loss(own, piece) > bottom
                        require(bool(higher), f"a face of coordinate {e} is not certainly above the point")
            if least > 0:
                for piece in _pieces(sides, insides):
                    above = enclosed_loss(own, piece) >= least
                    require(bool(above), "the floor is not certainly below the box")

    return Read(f"a basin around {point_text(point)}, loss at least {short(least)} in it", verify)


def _pieces(sides: Sequence[Side], depths: Sequence[int]) -> Iterator[list[arb]]:
    """Yield boxes that together cover the product of the sides, each cut into 2^depth equal pieces."""
    cut = []
    for (a, b), depth in zip(sides, depths, strict=True):
        step = (b - a) / 2**depth
        cut.append([around(a + (q + fmpq(1, 2)) * step, arb(step / 2)) for q in range(2**depth)])
    yield from map(list, itertools.product(*cut))
