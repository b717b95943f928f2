"""Features F_k of some samples: where they lie, exact in Q, as enclosures by balls.

A table is a list of rows, one a sample. To look at some samples only is to look at some rows of F_k only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flint import arb, arb_mat, ctx

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, ball_determinant
from exactcnn.checker.costs import spend_balls, spend_pre_activations
from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import BALLS, RATIONALS, Numbers, Table


def joined(layer: Layer, below: Table, value: Callable[[Any], Any], numbers: Numbers = RATIONALS) -> Table:
    """Return a whole layer: `value` of every pre-activation."""
    table: Table = [[] for _ in below]
    for _, block in layer.pre_activations(below, numbers):
        for row, entries in zip(table, block, strict=True):
            row.extend(map(value, entries))
    return table


def some_columns(
    layer: Layer, below: Table, columns: list[int], numbers: Numbers = RATIONALS
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the pre-activations of some columns, each with its position in `columns`."""
    position = {column: j for j, column in enumerate(columns)}
    for first, block in layer.pre_activations(below, numbers):
        for column, entries in enumerate(zip(*block, strict=True), start=first):
            if column in position:
                yield position[column], list(entries)


# -------------------------------------------------------------------- exact values


def domain(instance: Instance, number: int) -> tuple[str, int]:
    """Return where F_k lies, with the layer that decides: a join over the layers below.

    "Q" (and 0), if layers 1..k have rational values; "Q(t)" and j, t = e^(1/D), if j is the first exponential layer and
    the layers above it, up to k, are rational functions on pieces, or maxima; else "balls" and the first layer that
    leaves these.
    """
    result = "Q", 0
    for k, layer in enumerate(instance.layers[1 : number + 1], start=1):
        if layer.activation.domain == "rational":
            continue
        if layer.activation.domain == "special" or result[0] != "Q":
            return "balls", k
        if layer.activation.domain == "exponential":
            result = "Q(t)", k
    return result


def exact_layer(budget: Budget, layer: Layer, table: Table, what: str) -> Table:
    """Return the next table of features where its values are rational."""
    spend_exact_layer(budget, layer, table, what)
    return joined(layer, table, layer.rational_value(budget))


def spend_exact_layer(budget: Budget, layer: Layer, table: Table, what: str) -> None:
    """Pay for a layer of rational numbers; a kind without activation has the identity."""
    bits = spend_pre_activations(budget, layer, table, what)
    assert isinstance(layer.activation, Piecewise)
    values = len(table) * layer.width
    budget.hold(values * (NUMBER + 2 * layer.activation.value_bits(bits)), what)
    budget.spend(values * layer.activation.value_cost(bits), what)


def exact_features(instance: Instance, number: int, samples: Table) -> Table:
    """Return F_k of these samples where layers 1..k have rational values."""
    table = samples
    for k, layer in enumerate(instance.layers[1 : number + 1], start=1):
        exact = layer.activation.domain in ("rational", "dyadic")
        require(exact, f"the features of layer {k} are not rational by construction")
        table = exact_layer(instance.budget, layer, table, f"features of layer {k}")
        instance.budget.report("layers", k, number)
    return table


# -------------------------------------------------------------------- enclosures by balls


def spend_enclosures(budget: Budget, layer: Layer, table: Table, numbers: Numbers, precision: int, what: str) -> None:
    """Pay for a layer of balls from a table of rational numbers, or of balls."""
    if numbers is RATIONALS:
        spend_pre_activations(budget, layer, table, what)
    spend_balls(budget, layer, len(table), precision, what)


def ball_minor_excludes_zero(
    instance: Instance, number: int, rows: list[int], columns: list[int], precision: int
) -> bool:
    """Return whether the determinant of a square part of F_k, as a ball, excludes zero.

    Every operation of Arb encloses the true result, whatever the precision.
    """
    samples, budget = instance.known_samples(), instance.budget
    order = len(rows)
    budget.hold(order**2 * (NUMBER + 2 * precision), f"a minor of order {order} at {precision} bits")
    budget.spend(ball_determinant(order, precision), f"a determinant of order {order} at {precision} bits")
    with ctx.workprec(precision):
        determinant = _enclosed_minor(instance, number, [samples[i] for i in rows], columns, precision).det()
        return bool(determinant.is_finite() and not determinant.contains(0))


def _enclosed_minor(instance: Instance, number: int, samples: Table, columns: list[int], precision: int) -> arb_mat:
    """Return columns of F_k of these samples; the layers below are not kept."""
    table, numbers = _below(instance, number, samples, precision)
    last = instance.layers[number]
    spend_enclosures(instance.budget, last, table, numbers, precision, f"features of layer {number}")
    value = last.ball_value()
    result = [[arb(0)] * len(columns) for _ in samples]
    for j, entries in some_columns(last, table, columns, numbers):
        for row, z in zip(result, entries, strict=True):
            row[j] = value(z)
    return arb_mat(result)


def enclosed_features(instance: Instance, number: int, precision: int) -> Table:
    """Return F_k as balls at the working precision, which is this one; layer 0 is the samples."""
    samples, budget = instance.known_samples(), instance.budget
    if all(layer.activation.domain == "rational" for layer in instance.layers[1 : number + 1]):
        exact = exact_features(instance, number, samples)
        budget.hold(len(exact) * len(exact[0]) * (NUMBER + 2 * precision), f"features of layer {number}")
        budget.spend(len(exact) * len(exact[0]) * 500, f"features of layer {number}")
        return [list(map(arb, row)) for row in exact]
    table, numbers = _below(instance, number, samples, precision)
    last = instance.layers[number]
    spend_enclosures(budget, last, table, numbers, precision, f"features of layer {number}")
    return joined(last, table, last.ball_value(), numbers)


def _below(instance: Instance, number: int, samples: Table, precision: int) -> tuple[Table, Numbers]:
    """Return F_(k-1) of these samples, exactly as long as layers are rational, and what its numbers are."""
    table, numbers, budget = samples, RATIONALS, instance.budget
    for k, layer in enumerate(instance.layers[1:number], start=1):
        what = f"features of layer {k}"
        if numbers is RATIONALS and layer.activation.domain == "rational":
            table = exact_layer(budget, layer, table, what)
            continue
        spend_enclosures(budget, layer, table, numbers, precision, what)
        table = joined(layer, table, layer.ball_value(), numbers)
        numbers = BALLS
    return table, numbers
