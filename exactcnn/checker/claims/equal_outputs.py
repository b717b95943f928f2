"""Points that are no minima: on a line of equal outputs through them some derivative is not 0."""

from __future__ import annotations

from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point
from exactcnn.checker.claims.upper_bounds import last_pre_activations
from exactcnn.checker.document import FormatError, fields, integer, quote, require, unknown
from exactcnn.checker.equal_values import named_features
from exactcnn.checker.features import enclosed_features, exact_features
from exactcnn.checker.inertia import read_vector
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING
from exactcnn.checker.losses import loss_interval
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import coordinates


def read_equal_outputs(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence by points of the same loss that are not critical, as near as one likes.

    Let F_(L-1) u = beta 1, and c an output. The move of W_L by s u e_c^T and of the bias b_c by -s beta changes no
    output, for any s. A derivative by a parameter below the last layer is affine in W_L while the residuals stay, and
    one by a parameter of the last layer does not depend on W_L. So it is affine in s: if it is not 0 at s = 1, it is 0
    for at most one s. Then points with the same loss and a derivative that is not 0 are as near as one likes, and near
    them there are smaller losses. No pre-activation changes, so the loss is smooth near all of these points, or none.
    """
    names = ("kind", "by", "combination", "output", "coordinate", "precision")
    _, by, combination, output, coordinate, precision = fields(evidence, "evidence", *names)
    if by not in ("rational", "equal-values"):
        raise unknown("derivation", by)
    read_precision(precision)
    last = instance.layers[-1]
    if len(instance.layers) < 3 or not isinstance(last, Convolution) or len(last.patches) != 1:
        raise FormatError("the last layer is not fully connected, above another one")
    u = read_vector(instance, combination, "combination")
    if len(u) != last.slots:
        raise FormatError(f"combination has {quote(len(u))} entries; expected {quote(last.slots)}")
    c = integer(output, "output", 0, last.filters)
    e = integer(coordinate, "coordinate", 0, coordinates(instance.layers).count)

    def verify(point: Instance, _: str) -> Finding:
        zero = _require_constant(point, u, by)
        number, places = len(point.layers) - 1, coordinates(point.layers)
        bias = places.bias(number, c)
        require(zero or bias is not None, "the combination is not 0, and no bias takes it over")
        with ctx.workprec(precision):
            values = exact_point(point)
            for slot, factor in enumerate(u):
                values[places.weight(number, slot, c)] += arb(factor)
            if not zero and bias is not None:
                values[bias] -= _first(point, u, precision)
            slope = enclosed_objective(point, values).gradient()[e]
            nonzero = slope.is_finite() and not slope.contains(0)
            require(nonzero, f"the ball of the derivative by coordinate {e} does not exclude 0")
        return Finding(loss_interval(point, precision))

    return Evidence(("not a minimum",), verify)


def _read(patch: list[int], row: list[Any], u: list[fmpq]) -> list[tuple[Any, fmpq]]:
    """Return the values that the combination reads, with its factors."""
    pairs = zip(patch, u, strict=True)
    return [(row[neuron], factor) for neuron, factor in pairs if factor != 0 and neuron != PADDING]


def _require_constant(instance: Instance, u: list[fmpq], by: str) -> bool:
    """Reject the claim unless F_(L-1) u is the same for all samples; return whether it is certainly 0."""
    number, patch = len(instance.layers) - 2, instance.layers[-1].patches[0]
    what = "the combination of units is not the same for all samples"
    bits = common_bits(u)
    if by == "rational":
        table = exact_features(instance, number, instance.known_samples())
        instance.budget.spend(len(table) * len(u) * 3 * fraction(bits + max(map(common_bits, table))), "a combination")
        sums = {sum((x * factor for x, factor in _read(patch, row, u)), fmpq(0)) for row in table}
        require(len(sums) == 1, what)
        return sums == {fmpq(0)}
    first = next((k for k in range(1, number + 1) if instance.layers[k].activation.domain != "rational"), None)
    require(first is not None, "all features are rational; expected the derivation 'rational'")
    assert first is not None
    named = named_features(instance, first, last_pre_activations(instance, first), number)
    instance.budget.spend(len(named) * len(u) * (1000 + fraction(bits)), "a combination of names")
    found = []
    for row in named:
        total: dict[int, fmpq] = {}
        for name, factor in _read(patch, row, u):
            total[name] = total.get(name, fmpq(0)) + factor
        found.append({name: factor for name, factor in total.items() if name and factor != 0})
    require(all(each == found[0] for each in found), what)
    return not found[0]


def _first(instance: Instance, u: list[fmpq], precision: int) -> arb:
    """Return an enclosure of the combination at the first sample."""
    row = enclosed_features(instance, len(instance.layers) - 2, precision)[0]
    return sum((x * arb(factor) for x, factor in _read(instance.layers[-1].patches[0], row, u)), arb(0))
