"""Features F_k of some samples: where they lie, exact in Q, as enclosures by balls.

A table is a list of rows, one a sample. To look at some samples only is to look at some rows of F_k only. Exact values
are computed as integers; fractions appear where values are quotients of polynomials, or are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flint import arb, arb_mat, ctx, fmpz_mat

from exactcnn.checker.budget import NUMBER, Budget, ball_determinant, fraction
from exactcnn.checker.costs import spend_balls, spend_exact_layer, spend_integers, spend_pre_activations
from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance
from exactcnn.checker.integers import Integers, integers
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import BALLS, RATIONALS, Numbers, Table, common_bits
from exactcnn.checker.parts import part_of


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
    for first, block in layer.pre_activations(below, numbers):
        wanted, kept = [], []
        for i, row in enumerate(block):
            entries = list(row)
            if i == 0:
                wanted = [(j, h - first) for j, h in enumerate(columns) if first <= h < first + len(entries)]
            kept.append([entries[h] for _, h in wanted])
        yield from ((j, list(column)) for (j, _), column in zip(wanted, zip(*kept, strict=True), strict=True))


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
    return _fractions(budget, _next(budget, layer, table, what), what)


def exact_features(instance: Instance, number: int, samples: Table) -> Table:
    """Return F_k of these samples where layers 1..k have rational values."""
    whole = samples is instance.samples and number > 0
    table = _known(instance, number) if whole else _computed(instance, number, samples)
    return _fractions(instance.budget, table, f"features of layer {number}")


def integer_features(instance: Instance, number: int) -> Integers:
    """Return F_k of all samples where layers 1..k have rational values, each row over one denominator."""
    table = _known(instance, number) if number > 0 else instance.known_samples()
    if not isinstance(table, Integers):
        spend_integers(instance.budget, table, f"features of layer {number}")
        table = integers(table)
    return table


def proportional_features(instance: Instance, number: int, axis: int) -> tuple[Table, int]:
    """Return F_k, with its rows multiplied by numbers other than 0, and how many bits an entry has.

    For axis 0 all rows are multiplied by the same number. So the same rows (axis 0) or columns (axis 1) are equal, or
    zero, and the same linear relations hold between them, as in F_k.
    """
    table = _known(instance, number)
    if isinstance(table, Integers) and (axis == 1 or len(set(table.denominators)) == 1):
        return table.rows, table.bits
    result = _fractions(instance.budget, table, f"features of layer {number}")
    return result, max(map(common_bits, result))


def some_features(instance: Instance, number: int, rows: list[int], columns: list[int]) -> Integers | Table:
    """Return rows and columns of F_k: of what is known, or from no more neurons than they depend on."""
    if number in instance.known:
        table = instance.known[number]
    else:
        instance, columns = part_of(instance, number, rows, columns)
        table, rows = _computed(instance, number, instance.known_samples()), list(range(len(rows)))
    instance.budget.spend(100 * len(rows) * len(columns), "a minor")
    values = table.rows if isinstance(table, Integers) else table
    chosen = [[values[i][j] for j in columns] for i in rows]
    return Integers(chosen, [table.denominators[i] for i in rows]) if isinstance(table, Integers) else chosen


def _known(instance: Instance, number: int) -> Integers | Table:
    """Return F_k of all samples; that of the last layer asked for is kept."""
    if number not in instance.known:
        table = _computed(instance, number, instance.known_samples())
        instance.known.clear()
        instance.known[number] = table
    result: Integers | Table = instance.known[number]
    return result


def _computed(instance: Instance, number: int, samples: Table) -> Integers | Table:
    table: Integers | Table = samples
    for k, layer in enumerate(instance.layers[1 : number + 1], start=1):
        exact = layer.activation.domain in ("rational", "dyadic")
        require(exact, f"the features of layer {k} are not rational by construction")
        table = _next(instance.budget, layer, table, f"features of layer {k}")
        instance.budget.report("layers", k, number)
    return table


def _next(budget: Budget, layer: Layer, table: Integers | Table, what: str) -> Integers | Table:
    """Return the next features: integers, or fractions where values are quotients of polynomials, or powers of 2.

    Over the denominator c of the coefficients of a layer, pre-activations are sums of integers over c d.
    """
    if not isinstance(table, Integers):
        spend_integers(budget, table, what)
        table = integers(table)
    spend_exact_layer(budget, layer, table, what)
    common = layer.denominator
    numbers = Numbers(fmpz_mat, lambda x: (x * common).p, table.denominators.__getitem__)
    denominators = [common * d for d in table.denominators]
    values, factor = layer.integer_values(budget)
    rows: Table = [[] for _ in denominators]
    for _, block in layer.pre_activations(table.rows, numbers):
        for row, entries, d in zip(rows, block, denominators, strict=True):
            row += values(entries, d)
    return rows if factor is None else Integers(rows, [factor * d for d in denominators])


def _fractions(budget: Budget, table: Integers | Table, what: str) -> Table:
    if not isinstance(table, Integers):
        return table
    entries = sum(map(len, table.rows))
    budget.hold(entries * (NUMBER + 2 * table.bits), what)
    budget.spend(entries * fraction(table.bits), what)
    return table.fractions()


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
    below = instance.layers[1:number]
    exact = next((k for k, layer in enumerate(below) if layer.activation.domain != "rational"), len(below))
    table, numbers = exact_features(instance, exact, samples), RATIONALS
    for k, layer in enumerate(below[exact:], start=exact + 1):
        spend_enclosures(instance.budget, layer, table, numbers, precision, f"features of layer {k}")
        table, numbers = joined(layer, table, layer.ball_value(), numbers), BALLS
    return table, numbers
