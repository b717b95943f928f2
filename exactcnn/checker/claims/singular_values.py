"""Claims about the singular values of F_k at the given parameters: enclosures of all, and counts beside a tolerance.

Let A = F_k be N x n, U N x r, V n x r and S = diag(s_1 >= ... >= s_r >= 0). If |I - V^T V| <= a < 1, |I - U^T U| <= b
< 1 and |A - U S V^T| <= e in the spectral norm, then

    s_i sqrt((1 - a)(1 - b)) - e <= sigma_i(A) <= s_i sqrt((1 + a)(1 + b)) + e,     s_i = 0 for i > r:

U and V are injective, their singular values lie between sqrt(1 - a) and sqrt(1 + a) (or b), and min|X| sigma_i(Y) <=
sigma_i(X Y) <= |X| sigma_i(Y) for injective X; then Weyl. The norms are bounded by row and column sums, |X|^2 <= |X|_1
|X|_inf. U and V are rational, their products exact; A and the residual are balls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpz_mat

from exactcnn.checker.budget import NUMBER, fraction, multiplication
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import FormatError, fields, integer, kind_of, quote, rational, require, sequence, unknown
from exactcnn.checker.features import enclosed_features
from exactcnn.checker.inertia import interval
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.symmetric_elimination import Panel, count_signs, read_panels

ROWS = 256  # of the residual that are held at a time
Bounds = list[tuple[fmpq, fmpq]]
Count = Callable[[], tuple[int, int]]  # how many are proved to be above the tolerance, and how many below


def read_singular_values(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return a claim that encloses all singular values."""
    _, layer, bounds, evidence = fields(claim, "claim", "kind", "layer", "bounds", "evidence")
    integer(layer, "layer", 0, len(instance.layers))
    stated = read_bounds(bounds)
    count, width = instance.count or 0, instance.layers[layer].width
    kind = kind_of(evidence, "evidence")
    if kind == "norm":
        precision = read_bits(fields(evidence, "evidence", "kind", "precision")[1])
        left, right, values = [], [], []
    elif kind == "decomposition":
        names = ("kind", "precision", "left", "values", "right")
        _, bits, left, values, right = fields(evidence, "evidence", *names)
        precision = read_bits(bits)
        values = [rational(s, f"values[{i}]") for i, s in enumerate(sequence(values, "values"))]
        left = instance.array(left, "left", (instance.count, len(values)))
        right = instance.array(right, "right", (width, len(values)))
    else:
        raise unknown("kind", kind)

    def verify() -> None:
        instance.known_samples()
        least = min(count, width)
        require(len(stated) == least, f"{len(stated)} bounds for {least} singular values")
        require(len(values) <= least, f"{len(values)} values for {least} singular values")
        require(all(s >= 0 for s in values), "a value is negative")
        require(all(s >= t for s, t in pairwise(values)), "the values do not descend")
        alpha = off_orthogonal(instance, right, len(values), "V")
        beta = off_orthogonal(instance, left, len(values), "U")
        with ctx.workprec(precision):
            e = residual(instance, layer, precision, left, values, right)
        shrunk, stretched = (1 - alpha) * (1 - beta), (1 + alpha) * (1 + beta)
        common = size_of(shrunk) + size_of(stretched) + 2 * size_of(e)
        for i, (lower, upper) in enumerate(stated):
            own = 2 * (size_of(lower) + size_of(upper) + (size_of(values[i]) if i < len(values) else 0))
            instance.budget.spend(8 * fraction(common + own), "the bounds")
            s = values[i] if i < len(values) else fmpq(0)
            require(lower <= 0 or (lower + e) ** 2 <= s**2 * shrunk, f"bound {i} is not proved from below")
            require(upper >= e and (upper - e) ** 2 >= s**2 * stretched, f"bound {i} is not proved from above")

    return Read(f"bounds of all {len(stated)} singular values of F_{layer}", verify)


def size_of(number: fmpq) -> int:
    """Return the bits of numerator and denominator together."""
    return int(number.p).bit_length() + int(number.q).bit_length()


def read_bounds(value: Any) -> Bounds:
    """Return pairs of rational numbers."""
    result = []
    for i, pair in enumerate(sequence(value, "bounds")):
        lower, upper = sequence(pair, f"bounds[{i}]", 2)
        result.append((rational(lower, f"bounds[{i}]"), rational(upper, f"bounds[{i}]")))
    return result


def read_bits(value: Any) -> int:
    """Return a precision."""
    return integer(value, "precision", 2, 2**20)


def off_orthogonal(instance: Instance, entries: list[fmpq], columns: int, name: str) -> fmpq:
    """Return the largest row sum of |I - X^T X|, below 1, or reject the claim; X is stated row by row."""
    if not columns:
        return fmpq(0)
    rows, bits = len(entries) // columns, common_bits(entries)
    what = f"{name}^T {name}"
    instance.budget.hold((rows + columns) * columns * (NUMBER + 2 * bits), what)
    instance.budget.spend(rows * columns * (1000 + columns * (3 + multiplication(bits) // 4)) + columns**2 * 300, what)
    common = math.lcm(*{int(x.q) for x in entries})
    matrix = fmpz_mat(rows, columns, [(x * common).p for x in entries])
    product = matrix.transpose() * matrix
    unit = common**2
    sums = [sum(abs(int(x) - unit * (i == j)) for j, x in enumerate(row)) for i, row in enumerate(product.tolist())]
    result = fmpq(max(sums), unit)
    require(result < 1, f"the columns of {name} are not nearly orthonormal")
    return result


def residual(
    instance: Instance, layer: int, precision: int, left: list[fmpq], values: list[fmpq], right: list[fmpq]
) -> fmpq:
    """Return an upper bound of |F_k - U S V^T| at the working precision."""
    table = enclosed_features(instance, layer, precision)
    rows, columns, inner = len(table), len(table[0]), len(values)
    what = "the residual"
    instance.budget.hold((columns + ROWS) * (columns + inner) * (NUMBER + 2 * precision), what)
    instance.budget.spend(
        rows * columns * (1000 + inner * (3 + multiplication(precision) // 4)) + (rows + columns) * inner * 1000, what
    )
    if inner:
        across = arb_mat(columns, inner, list(map(arb, right))).transpose()
    row_sums, column_sums = [], [arb(0)] * columns
    for start in range(0, rows, ROWS):
        part = arb_mat(table[start : start + ROWS])
        if inner:
            given = left[start * inner : (start + ROWS) * inner]
            scaled = [arb(x) * s for x, s in zip(given, map(arb, values * part.nrows()), strict=True)]
            part -= arb_mat(part.nrows(), inner, scaled) * across
        for row in part.tolist():
            sizes = [abs(x).upper() for x in row]
            row_sums.append(sum(sizes, arb(0)).upper())
            column_sums = [(x + y).upper() for x, y in zip(column_sums, sizes, strict=True)]
        instance.budget.report(what, min(start + ROWS, rows), rows)
    # a ball without value is larger than nothing, so it must not get to the maxima
    require(all(x.is_finite() for x in (*row_sums, *column_sums)), "an entry of the residual is not finite")
    bound = (max(row_sums) * max(column_sums)).upper().sqrt()
    return interval(bound)[1]


# -------------------------------------------------------------------- counts


def read_singular_value_counts(instance: Instance, claim: Any, before: Accepted) -> Read:
    """Return a claim that so many singular values, at least, are above a tolerance, and so many below."""
    _, layer, tolerance, above, below, evidence = fields(
        claim, "claim", "kind", "layer", "tolerance", "above", "below", "evidence"
    )
    integer(layer, "layer", 0, len(instance.layers))
    t = rational(tolerance, "tolerance")
    if t <= 0:
        raise FormatError(f"tolerance is {quote(tolerance)}; expected a positive number")
    integer(above, "above", 0)
    integer(below, "below", 0)
    kind = kind_of(evidence, "evidence")
    if kind == "enclosures":
        fields(evidence, "evidence", "kind")
        count = by_enclosures(layer, t, before)
    elif kind == "inertia":
        _, bits, panels = fields(evidence, "evidence", "kind", "precision", "panels")
        order = min(instance.count or 0, instance.layers[layer].width)
        count = by_inertia(instance, layer, t, read_bits(bits), read_panels(panels, order))
    else:
        raise unknown("kind", kind)

    def verify() -> None:
        instance.known_samples()
        found = count()
        require(above <= found[0], f"{found[0]} singular values are proved to be above, not {quote(above)}")
        require(below <= found[1], f"{found[1]} singular values are proved to be below, not {quote(below)}")

    line = f"of the singular values of F_{layer} at least {quote(above)} > {quote(tolerance)}, {quote(below)} < it"
    return Read(line, verify, above + below > 0)


def by_enclosures(layer: int, tolerance: fmpq, before: Accepted) -> Count:
    """Return a function that counts by the bounds of a claim that stands before this one."""

    def count() -> tuple[int, int]:
        claims = [each for each in before if each["kind"] == "singular-values" and each["layer"] == layer]
        require(bool(claims), f"no claim before this one encloses the singular values of F_{layer}")
        bounds = read_bounds(claims[-1]["bounds"])
        return sum(lower > tolerance for lower, _ in bounds), sum(upper < tolerance for _, upper in bounds)

    return count


def by_inertia(instance: Instance, layer: int, tolerance: fmpq, precision: int, panels: list[Panel]) -> Count:
    """Return a function that counts by the signs of B B^T - t^2, B = F_k or its transpose, the less high one.

    The eigenvalues of this matrix are sigma_i^2 - t^2, i = 1..min(N, n_k).
    """

    def count() -> tuple[int, int]:
        with ctx.workprec(precision):
            table = enclosed_features(instance, layer, precision)
            order, other = sorted((len(table), len(table[0])))
            product = order**2 * (other * (3 + multiplication(precision) // 4) + 1000)
            instance.budget.hold((order + other) * order * (NUMBER + 2 * precision), "a square")
            instance.budget.spend(product + order * other * 500, "a square")
            matrix = arb_mat(table)
            if len(table) > len(table[0]):
                matrix = matrix.transpose()
            square = (matrix * matrix.transpose()).tolist()
            shift = arb(tolerance) ** 2
            for i, row in enumerate(square):
                row[i] -= shift
            return count_signs(instance.budget, square, panels)

    return count
