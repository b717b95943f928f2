"""Minima where pre-activations of layer 1 lie at kinks.

Let K be the pairs (sample, neuron) of layer 1 at a kink, z their pre-activations (linear in the parameters, with
gradients a), d > 0 or < 0 the jumps of the slopes, and Phi_off the loss with each listed pair on its left piece: smooth
nearby. Then Phi = Phi_off + sum kappa m + O(|m|^2), m = max(0, z - kink), kappa = d times the derivative of the loss by
the feature. If grad Phi_off + sum lambda a = 0 with 0 < lambda < kappa for every pair, and the Hessian of Phi_off is
positive definite on T = {v : a v = 0 for all pairs}, the point is a strict local minimum of what is free: the sum grows
at least like |a v|, and absorbs all second-order terms but those of T.

On a box the point moves within the stratum where the pairs stay at their kinks: {c + B C y}, B a basis of T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import fraction, multiplication
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import boxed, exact_point, limit_coordinates
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.derivatives import ENCLOSED, EXACT, Objective, Pair
from exactcnn.checker.document import (
    FormatError,
    ObligationError,
    distinct,
    fields,
    integer,
    rational,
    require,
    sequence,
)
from exactcnn.checker.features import joined
from exactcnn.checker.formulas import line
from exactcnn.checker.inertia import (
    MOST_COORDINATES,
    Interval,
    Matrix,
    definite,
    form,
    interval,
    norm,
    rank,
    read_matrix,
    read_vector,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING
from exactcnn.checker.losses import exact_loss
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.pieces import pieces_of
from exactcnn.checker.points import coordinates, theta
from exactcnn.checker.slices import Slice, free_coordinates, read_slice
from exactcnn.checker.steps import Near


@dataclass(frozen=True)
class Stratum:
    """The listed pairs, their left pieces and jumps of slope, and the gradients a of their pre-activations."""

    pairs: list[Pair]
    left: dict[Pair, int]
    jumps: list[fmpq]
    gradients: list[list[fmpq]]  # by all parameters


def read_kinks(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence for a minimum at kinks of layer 1."""
    names = ("kind", "slice", "precision", "kinks", "basis", "congruence", "radius", "surplus")
    _, steps, precision, kinks, basis, congruence, radius, surplus = fields(evidence, "evidence", *names)
    limit_coordinates(instance)
    read_precision(precision)
    own, pairs = read_slice(instance, steps), _read_pairs(instance, kinks)
    if (basis is None) != (congruence is None):
        raise FormatError("one of basis and congruence is null; expected both, or none")
    base = None if basis is None else read_matrix(instance, basis, "basis")
    whitening = None if congruence is None else read_matrix(instance, congruence, "congruence")
    rho = None if radius is None else rational(radius, "radius")
    if base is None and rho is not None:
        raise FormatError("basis is null, and a radius is given")
    given = None if surplus is None else read_vector(instance, surplus, "surplus")

    def verify(point: Instance, _: str) -> Finding:
        require(rho is None or rho > 0, "the radius is not positive")
        with ctx.workprec(precision):
            stratum = _stratum(point, pairs)
            centre = Objective(point, exact_point(point), ENCLOSED, stratum.left)
            free = _free(own, point, centre, stratum)
            rows = [[a[e] for e in free] for a in stratum.gradients]
            independent = _independent_rows(point, rows)
            dimension = len(free) - len(independent)
            if base is None or whitening is None:
                require(dimension == 0, f"basis is null, and the stratum has dimension {dimension}")
                loss = _at_the_point(point, stratum, free, rows, independent, given, None)
            else:
                _require_basis(point, rows, base, dimension)
                square = (whitening.rows, whitening.columns) == (dimension, dimension)
                require(square, f"the congruence is no square matrix of order {dimension}")
                if rho is None:
                    mu_of = _reduced(point, centre.hessian(free), base)
                    definite(form(point, mu_of, whitening), dimension)
                    loss = _at_the_point(point, stratum, free, rows, independent, given, base)
                else:
                    loss = _on_a_box(point, own, stratum, centre, free, rows, independent, given, base, whitening, rho)
        return Finding(loss, strict=len(free) == coordinates(point.layers).count)

    return Evidence(("minimum",), verify, on_a_box=rho is not None)


def _read_pairs(instance: Instance, value: Any) -> list[Pair]:
    pairs = []
    width = instance.convolution(1).width
    for pair in sequence(value, "kinks"):
        sample, neuron = sequence(pair, "kinks: a pair", 2)
        integer(sample, "kinks: a sample", 0, instance.count or 0)
        pairs.append((sample, integer(neuron, "kinks: a neuron", 0, width)))
    if not pairs or len(pairs) > MOST_COORDINATES:
        raise FormatError(f"kinks has {len(pairs)} entries; expected from 1 to {MOST_COORDINATES}")
    distinct(pairs, "kinks")
    return pairs


def _stratum(instance: Instance, pairs: list[Pair]) -> Stratum:
    """Return the pairs with what belongs to them, if they are all that lie at a kink; decided in Q."""
    layer, samples = instance.layers[1], instance.known_samples()
    activation, places = layer.activation, coordinates(instance.layers)
    if not isinstance(activation, Piecewise):
        raise ObligationError("layer 1 is not piecewise linear")
    lines = [line(piece) for piece in activation.pieces]
    require(all(own is not None for own in lines), "layer 1 is not piecewise linear")
    slopes = [own[0] for own in lines if own is not None]
    spend_pre_activations(instance.budget, layer, samples, "pre-activations of layer 1")
    table = joined(layer, samples, lambda z: z)
    kinks = set(activation.kinks)
    found = {(i, h) for i, row in enumerate(table) for h, z in enumerate(row) if z in kinks}
    for i, h in pairs:
        require((i, h) in found, f"neuron {h} of layer 1 is not at a kink on sample {i}")
    for i, h in sorted(found - set(pairs)):
        raise ObligationError(f"neuron {h} of layer 1 is at a kink on sample {i}, which is not listed")
    left, jumps, gradients = {}, [], []
    instance.budget.spend(300 * len(pairs) * (places.count + layer.slots), "gradients of pre-activations")
    for i, h in pairs:
        number = activation.number(table[i][h])  # of the piece that ends at the kink
        left[i, h] = number
        jumps.append(slopes[number + 1] - slopes[number])
        p, t = divmod(h, layer.filters)
        gradient = [fmpq(0)] * places.count
        for s, neuron in enumerate(layer.patches[p]):
            if neuron != PADDING:
                gradient[places.weight(1, s, t)] = samples[i][neuron]
        bias = places.bias(1, h)
        if bias is not None:
            gradient[bias] = fmpq(1)
        gradients.append(gradient)
    return Stratum(pairs, left, jumps, gradients)


def _free(steps: Slice, instance: Instance, objective: Objective, stratum: Stratum) -> list[int]:
    return free_coordinates(steps, Near(instance, theta(instance), pieces_of(objective, stratum.pairs)))


def _independent_rows(instance: Instance, rows: list[list[fmpq]]) -> list[int]:
    """Return the numbers of rows that are independent of those before them; they span all."""
    count, width = len(rows), len(rows[0])
    bits = common_bits(x for row in rows for x in row) * min(count, width, 100)
    instance.budget.spend(count * width * (1000 + min(count, width) * fraction(bits) // 2), "gradients at kinks")
    reduced, size = fmpq_mat(width, count, [row[e] for e in range(width) for row in rows]).rref()
    table = reduced.tolist()
    return [next(j for j, x in enumerate(table[i]) if x != 0) for i in range(size)]


def _require_basis(instance: Instance, rows: list[list[fmpq]], basis: Matrix, dimension: int) -> None:
    """Reject the claim unless the basis spans the kernel of the gradients."""
    width = len(rows[0])
    shape = (basis.rows, basis.columns)
    require(
        shape == (width, dimension),
        f"the basis has shape {shape}; the stratum has dimension {dimension}, {width} are free",
    )
    exact = basis.exact()
    instance.budget.spend(len(rows) * width * dimension * fraction(2 * common_bits(basis.entries)), "a basis")
    image = fmpq_mat(len(rows), width, [x for row in rows for x in row]) * exact
    require(all(x == 0 for x in image.entries()), "a vector of the basis moves a listed pair off its kink")
    require(rank(instance, exact, "the basis") == dimension, "the vectors of the basis are dependent")


def _reduced(instance: Instance, hessian: list[list[Any]], basis: Matrix) -> list[list[Any]]:
    """Return the Hessian on the stratum."""
    size = basis.rows + basis.columns
    instance.budget.spend(size**3 // 2 * (60 + multiplication(int(ctx.prec))), "the Hessian on the stratum")
    b = basis.enclosed()
    table: list[list[Any]] = (b.transpose() * arb_mat(hessian) * b).tolist()
    return table


def _multipliers(
    instance: Instance,
    gradient: Sequence[Any],
    rows: list[list[fmpq]],
    independent: list[int],
    given: list[fmpq] | None,
) -> list[Any]:
    """Return the lambda with gradient + sum lambda a = 0, for a gradient in the span of the a.

    Those of the rows that depend on earlier ones are given; the others are determined: with A the independent rows,
    lambda = -(A A^T)^-1 A (gradient + sum of those that are given).
    """
    dependent = sorted(set(range(len(rows))) - set(independent))
    if not dependent:
        require(given is None, "surplus is given, and the gradients of the pre-activations are independent")
    values: list[Any] = [fmpq(0)] * len(rows)
    if dependent:
        if given is None:
            raise ObligationError("surplus is null, and the gradients of the pre-activations are dependent")
        require(len(given) == len(rows), f"surplus has {len(given)} entries for {len(rows)} pairs")
        require(all(given[j] == 0 for j in independent), "surplus is not 0 where the multiplier is determined")
        for j in dependent:
            values[j] = given[j]
    width = len(rows[0])
    size = len(independent)
    bits = common_bits(x for row in rows for x in row) * 2 * size
    instance.budget.spend(size**2 * (size + width) * fraction(bits), "multipliers")
    a = fmpq_mat(size, width, [x for j in independent for x in rows[j]])
    solution = (a * a.transpose()).solve(a).tolist()
    rest = [g + sum((values[j] * rows[j][e] for j in dependent), fmpq(0)) for e, g in enumerate(gradient)]
    for j, row in zip(independent, solution, strict=True):
        values[j] = -sum((x * c for x, c in zip(rest, row, strict=True)), fmpq(0))
    return values


def _require_multipliers(stratum: Stratum, by_features: list[list[Any]], values: Sequence[Any]) -> None:
    """Reject the claim unless 0 < lambda < kappa for every pair, certainly."""
    for (i, h), jump, value in zip(stratum.pairs, stratum.jumps, values, strict=True):
        kappa = by_features[i][h] * jump
        require(bool(kappa > 0), f"kappa of neuron {h} on sample {i} is not certainly positive")
        require(bool(value > 0), f"the multiplier of neuron {h} on sample {i} is not certainly positive")
        require(bool(value < kappa), f"the multiplier of neuron {h} on sample {i} is not certainly below kappa")


def _at_the_point(
    instance: Instance,
    stratum: Stratum,
    free: list[int],
    rows: list[list[fmpq]],
    independent: list[int],
    given: list[fmpq] | None,
    basis: Matrix | None,
) -> Interval:
    """Verify the equation in Q at the point itself; return the loss."""
    objective = Objective(instance, theta(instance), EXACT, stratum.left)
    whole = objective.gradient()
    gradient = [whole[e] for e in free]
    for column in zip(*basis.table(), strict=True) if basis is not None else ():
        slope = sum((g * b for g, b in zip(gradient, column, strict=True)), fmpq(0))
        require(slope == 0, "the gradient on the stratum is not 0")
    values = _multipliers(instance, gradient, rows, independent, given)
    _require_multipliers(stratum, objective.feature_gradient(1), values)
    loss = exact_loss(instance)
    return loss, loss


def _on_a_box(
    instance: Instance,
    steps: Slice,
    stratum: Stratum,
    centre: Objective,
    free: list[int],
    rows: list[list[fmpq]],
    independent: list[int],
    given: list[fmpq] | None,
    basis: Matrix,
    whitening: Matrix,
    rho: fmpq,
) -> Interval:
    """Verify all conditions on the box; return an interval of the loss at the minimum."""
    combined = basis.enclosed() * whitening.enclosed()
    radii = [sum((abs(x) for x in row), arb(0)).upper() * arb(rho).upper() for row in combined.tolist()]
    box = Objective(instance, boxed(instance, free, radii), ENCLOSED, stratum.left)
    require(_free(steps, instance, box, stratum) == free, "the slice freezes other coordinates on the box")
    mu = definite(form(instance, _reduced(instance, box.hessian(free), basis), whitening), whitening.rows)
    gradient = centre.gradient()
    slopes = combined.transpose() * arb_mat(len(free), 1, [gradient[e] for e in free])
    size = norm(slopes.entries())
    require(bool(2 * size < mu * rho), "the gradient at the centre is too large for the box")
    on_the_box = box.gradient()
    values = _multipliers(instance, [on_the_box[e] for e in free], rows, independent, given)
    _require_multipliers(stratum, box.feature_gradient(1), values)
    loss = centre.loss()
    return interval(loss - size * size / (2 * mu))[0], interval(loss)[1]
