"""Claims about full weights U_l at the instance's own parameters: their rank, and the derivatives by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flint import ctx, fmpq

from exactcnn.checker.budget import NUMBER
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.ranks import read_lower
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point
from exactcnn.checker.claims.upper_bounds import read_upper
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import FormatError, boolean, fields, integer, kind_of, quote, require, sequence, unknown
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.points import at_point, theta

EVIDENCE = ("none", "modular-minor", "shape", "distinct-lines", "relations", "vanishing-minors")


def read_weights_rank(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim a <= rank U_l <= b at the instance's own parameters.

    The rows of U_l are taken for samples of a network without layers: its features F_0 are U_l.
    """
    names = ("kind", "layer", "lower", "upper", "lower_evidence", "upper_evidence")
    _, number, lower, upper, lower_evidence, upper_evidence = fields(claim, "claim", *names)
    layer = instance.convolution(number)
    integer(lower, "lower", 0)
    integer(upper, "upper", 0)
    for evidence in (lower_evidence, upper_evidence):
        if kind_of(evidence, "evidence") not in EVIDENCE:
            raise unknown("evidence", evidence["kind"])
    rows = full_weights(instance, layer)
    inputs = Elementwise(layer.width, layer.width)
    table = replace(instance, samples=rows, count=layer.below, targets=None, layers=[inputs], points=[])
    from_below = read_lower(table, 0, lower, layer.below, lower_evidence)
    from_above = read_upper(table, 0, upper, layer.below, upper_evidence)

    def verify() -> None:
        layer.known_weights()
        from_below()
        from_above()

    line = f"{quote(lower)} <= rank U_{number} <= {quote(upper)} at these parameters"
    return Read(line, verify, lower > 0 or upper < min(layer.below, layer.width))


def full_weights(instance: Instance, layer: Layer) -> list[list[fmpq]]:
    """Return U_l; zeros where the weights are not known."""
    instance.budget.hold(layer.below * layer.width * NUMBER, "full weights")
    instance.budget.spend(100 * layer.below * layer.width, "full weights")
    result = [[fmpq(0)] * layer.width for _ in range(layer.below)]
    if layer.weights is None:
        return result
    for p, patch in enumerate(layer.patches):
        for s, neuron in enumerate(patch):
            if neuron != PADDING:
                for t in range(layer.filters):
                    result[neuron][p * layer.filters + t] = layer.weights[s * layer.filters + t]
    return result


def read_gradient(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that all derivatives by U_l are 0, or that one of them is not."""
    _, number, zero, entry, precision = fields(claim, "claim", "kind", "layer", "zero", "entry", "precision")
    layer = instance.convolution(number)
    row = column = 0
    if boolean(zero, "zero"):
        if entry is not None or precision is not None:
            raise FormatError("zero is true; expected no entry and no precision")
    else:
        row, column = sequence(entry, "entry", 2)
        integer(row, "entry", 0, layer.below)
        integer(column, "entry", 0, layer.width)
        read_precision(precision)

    def verify() -> None:
        point = at_point(instance, -1)
        if zero:
            exact = Objective(point, theta(point), EXACT).full_gradient(number)
            for i, values in enumerate(exact):
                for h, value in enumerate(values):
                    require(value == 0, f"the derivative by U_{number}[{i}, {h}] is not 0")
            return
        with ctx.workprec(precision):
            value = enclosed_objective(point, exact_point(point)).full_gradient(number)[row][column]
            nonzero = value.is_finite() and not value.contains(0)
        require(nonzero, f"the ball of the derivative by U_{number}[{row}, {column}] does not exclude 0")

    return Read(f"the gradient by U_{number} is {'' if zero else 'not '}0", verify)
