"""Polylines of parameters that somebody else has found: whether the loss stays below its start on all segments."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from exactcnn.domains.curves import IDENTITY
from exactcnn.errors import InputError
from exactcnn.landscape.constant_segments import changing_layer
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective, replace_parameters
from exactcnn.landscape.paths import slope_at_the_end
from exactcnn.landscape.wide_path import Kind, WidePath
from exactcnn.network.network import Convolved
from exactcnn.network.parameters import Parameters


def given_path(objective: Objective, points: Sequence[Parameters], bounds: NormBounds | None = None) -> WidePath:
    """Say of what kind each segment is, from the point of an objective through all others.

    Parameters
    ----------
    objective : Objective
        Any network with rational features.
    points : sequence of Parameters
        At least one; segments are straight.
    bounds : NormBounds, optional
        That hold at all points.

    Raises
    ------
    InputError
        Naming the first segment on which outputs change that is none of the last layer alone, without activation; or on
        which the loss rises above that of the start (under bounds: at all); a path that does not end lower; a point
        that violates a bound.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> start, *points = (
    ...     Parameters.from_arrays(network, {"W1": [[w]], "b1": [0], "W2": [[v]], "b2": [0]})
    ...     for w, v in ((-1, 0), (1, 0), (1, 1))
    ... )
    >>> path = given_path(Objective(Instance(network, start, [[1], [2]], [[1], [2]])), points)
    >>> path.kinds, str(path.before), str(path.after), path.falls
    (('constant', 'last-layer'), '5/2', '0', True)
    """
    instance = objective.instance
    at = [objective, *(Objective(replace_parameters(instance, point)) for point in points)]
    if bounds is not None:
        for number, each in enumerate(at):
            bounds.require(each.instance, "the start" if number == 0 else f"point {number - 1}")
    found = [each.in_rationals() for each in at]
    losses = [Fraction(each.twice_the_loss.fractions().item()) / 2 for each in found]
    kinds: list[Kind] = []
    slopes = [Fraction(0)] * len(points)
    for number, (here, there) in enumerate(pairwise(at), start=1):
        layer = changing_layer(here, there, found[number - 1].trace.features)
        if layer is None:
            kinds.append("constant")
            continue
        if not _last_layer_only(here, there):
            raise InputError(
                f"segment {number}: outputs may change with layer {layer}; expected segments on which no output "
                "changes, or only weights and biases of a last layer without activation do"
            )
        kinds.append("last-layer")
        slopes[number - 1] = slope = slope_at_the_end(found[number - 1], found[number])
        if losses[number] > losses[0] or (slope > 0 and bounds is not None):
            limit = f"at most {float(losses[0]):.6g}, the loss of the start" if bounds is None else "no growth"
            raise InputError(f"segment {number}: the loss grows to {float(losses[number]):.6g}; expected {limit}")
    if losses[-1] >= losses[0]:
        raise InputError(
            f"the path ends at the loss {float(losses[-1]):.6g}; expected less than that of its start, "
            f"{float(losses[0]):.6g}"
        )
    norms = () if bounds is None else bounds.of_layers(instance.network)
    return WidePath(tuple(points), tuple(kinds), tuple(losses), tuple(slopes), "end", norms)


def _last_layer_only(here: Objective, there: Objective) -> bool:
    last = here.coordinates.network.resolved[-1]
    if not isinstance(last, Convolved) or last.activation.affine != IDENTITY:
        return False
    below = here.coordinates.block(last.number).start
    return bool(np.array_equal(here.theta.fractions()[:below], there.theta.fractions()[:below]))
