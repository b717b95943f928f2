"""Claims about what blocks of parameters take off 1/2 |y|^2, where the derivatives lie in Q(t), see `block_terms`.

That what is left is orthogonal to columns of J is decided formally; how much it is, in balls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb, ctx, fmpq

from exactcnn.checker.budget import ball_function, fraction
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.block_terms import read_blocks, read_combinations
from exactcnn.checker.claims.losses import interval_text, read_interval, read_precision, require_within
from exactcnn.checker.claims.smooth_minima import enclosed_objective, exact_point
from exactcnn.checker.derivatives import Objective
from exactcnn.checker.document import FormatError, boolean, fields, rational, require, sequence
from exactcnn.checker.formal_gradients import Formal, Polynomials
from exactcnn.checker.inertia import interval
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import at_point, known_targets
from exactcnn.checker.symbols import Polynomial, constant, pair

Combination = tuple[Polynomial, dict[int, Polynomial]]  # d and the coordinates of d x


def read_formal_block_terms(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim of what is left of 1/2 |y|^2 after each block, the loss, and whether the point is critical."""
    names = ("kind", "blocks", "left", "loss", "critical", "precision", "combinations")
    _, blocks, left, loss, critical, precision, combinations = fields(claim, "claim", *names)
    own, count = read_blocks(instance, blocks)
    stated = [read_interval(value, "left") for value in sequence(left, "left", len(own) + 1)]
    bounds = read_interval(loss, "loss")
    boolean(critical, "critical")
    bits = read_precision(precision)
    solutions = [None if each is None else _combination(*each) for each in read_combinations(combinations, own, count)]

    def verify() -> None:
        point = at_point(instance, -1)
        with ctx.workprec(bits):
            objective = enclosed_objective(point, exact_point(point))
            formal = Formal(objective)
            require_within(interval(objective.loss()), bounds)
            _require_critical(objective, formal, critical)
            targets = known_targets(point)
            y = [value for row in targets for value in row]
            half = sum((arb(value) * value for value in y), arb(0)) / 2
            require_within(interval(half), stated[0], "left[0]")
            gradient = formal.gradient([[constant(value) for value in row] for row in targets])
            rows = _jacobian(formal, len(targets), point.layers[-1].width)
            reached: list[int] = []
            for b, (block, solution) in enumerate(zip(own, solutions, strict=True)):
                reached += block
                if solution is not None:
                    half = _distance(objective, solution, y, count)
                    gradient = formal.gradient(_rest(formal, solution, targets, rows()))
                for i in block if solution is None else reached:
                    zero = formal.symbols.is_zero(gradient[i])
                    require(zero, f"what is left after block {b} is not orthogonal to column {i} of J")
                require_within(interval(half), stated[b + 1], f"left[{b + 1}]")

    kept = "critical" if critical else "not critical"
    what = f"{len(own)} blocks leave {interval_text(stated[-1])} of {interval_text(stated[0])}"
    return Read(f"{what}, loss {interval_text(bounds)}; the parameters are {kept}", verify)


def _combination(denominator: Any, entries: list[list[Any]]) -> Combination:
    return _read_sum(denominator), {i: _read_sum(own) for i, own in entries}


def _read_sum(value: Any) -> Polynomial:
    """Return sum of c e^a from pairs (a, c), each a once."""
    result: Polynomial = {}
    for each in sequence(value, "coefficients"):
        a, c = (rational(number, "coefficients") for number in sequence(each, "coefficients", 2))
        if (pair(a),) in result:
            raise FormatError("coefficients: an exponent is repeated")
        result[(pair(a),)] = c
    return {monomial: c for monomial, c in result.items() if c != 0}


def _require_critical(objective: Objective, formal: Formal, critical: bool) -> None:
    if not critical:
        nonzero = any(value.is_finite() and not value.contains(0) for value in objective.gradient())
        require(nonzero, "no ball of a derivative excludes 0")
        return
    for total, name in zip(formal.gradient(formal.residual()), formal.names(), strict=True):
        require(formal.symbols.is_zero(total), f"the derivative by {name} is not 0 formally")


def _jacobian(formal: Formal, count: int, width: int) -> Callable[[], list[list[Polynomial]]]:
    """Return a function that gives the rows of J, found once."""
    known: list[list[Polynomial]] = []

    def rows() -> list[list[Polynomial]]:
        if not known:
            for o in range(count * width):
                unit = [constant(fmpq(int(o == e))) for e in range(count * width)]
                known.append(formal.gradient([unit[i * width : (i + 1) * width] for i in range(count)]))
                formal.hold(known[-1:], count * width)
        return known

    return rows


def _rest(
    formal: Formal, solution: Combination, targets: list[list[fmpq]], rows: list[list[Polynomial]]
) -> Polynomials:
    """Return d (y - J x)."""
    denominator, own = solution
    result, o = [], 0
    for row in targets:
        line = []
        for value in row:
            total = formal.symbols.times(denominator, constant(value)) if value != 0 else {}
            for i, n in own.items():
                formal.symbols.add(total, formal.symbols.times(n, rows[o][i]), -1)
            line.append(total)
            o += 1
        result.append(line)
    return result


def _distance(objective: Objective, solution: Combination, y: list[fmpq], count: int) -> arb:
    """Return 1/2 y . (y - J x) as a ball."""
    denominator, own = solution
    d = _value(objective, denominator)
    require(d.is_finite() and not d.contains(0), "a denominator is not certainly other than 0")
    zero = objective.arithmetic.zero
    direction = [_value(objective, own[i]) / d if i in own else zero for i in range(count)]
    along = objective.outputs_along(direction)
    return sum((arb(value) * (value - image) for value, image in zip(y, along, strict=True)), arb(0)) / 2


def _value(objective: Objective, polynomial: Polynomial) -> arb:
    bits = common_bits(polynomial.values()) if polynomial else 1
    objective.budget.spend(len(polynomial) * (ball_function(int(ctx.prec)) + fraction(bits)), "sums of exponentials")
    return sum((arb(fmpq(*monomial[0])).exp() * c for monomial, c in polynomial.items()), arb(0))
