"""Claims about what blocks of parameters take off 1/2 |y|^2, y the targets: squared distances to columns of J.

J are the derivatives of all outputs by all parameters. For x with J_i . (y - J x) = 0 for all columns i of a prefix of
blocks, and no other column in x, J x is the nearest to y on them, and the squared distance is y . (y - J x). J is
never written down: J x is a derivative of the outputs in the direction x, and J^T e a gradient.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import short
from exactcnn.checker.derivatives import EXACT, Objective
from exactcnn.checker.document import (
    FormatError,
    boolean,
    fields,
    indices,
    numeral,
    quote,
    rational,
    require,
    sequence,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import at_point, coordinates, known_targets, theta

Combination = tuple[fmpq, dict[int, fmpq]]  # d and the coordinates of d x


def read_block_terms(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim of what is left of 1/2 |y|^2 after each block, the loss, and whether the point is critical."""
    names = ("kind", "blocks", "left", "loss", "critical", "combinations")
    _, blocks, left, loss, critical, combinations = fields(claim, "claim", *names)
    own, count = read_blocks(instance, blocks)
    values = [rational(value, "left") for value in sequence(left, "left", len(own) + 1)]
    stated = rational(loss, "loss")
    boolean(critical, "critical")
    solutions = [None if each is None else _combination(*each) for each in read_combinations(combinations, own, count)]

    def verify() -> None:
        point = at_point(instance, -1)
        objective = Objective(point, theta(point), EXACT)
        _require_loss(objective, stated, critical)
        y = [value for row in known_targets(point) for value in row]
        half = _product(point, y, y) / 2
        require(values[0] == half, "left[0] is not half the squared norm of the targets")
        gradient = objective.gradient_of_outputs(y)
        reached: list[int] = []
        for b, (block, solution) in enumerate(zip(own, solutions, strict=True)):
            reached += block
            if solution is not None:
                d, direction = solution
                along = objective.outputs_along([direction.get(i, EXACT.zero) for i in range(count)])
                point.budget.spend(len(y) * fraction(common_bits([d, *along]) + common_bits(y)), "a residual")
                rest = [d * value - image for value, image in zip(y, along, strict=True)]
                half, gradient = _product(point, y, rest) / (2 * d), objective.gradient_of_outputs(rest)
            wanted = block if solution is None else reached
            wrong = next((i for i in wanted if gradient[i] != 0), None)
            require(wrong is None, f"what is left after block {b} is not orthogonal to column {wrong} of J")
            require(values[b + 1] == half, f"left[{b + 1}] is not half the squared distance after block {b}")

    kept = "critical" if critical else "not critical"
    same = ", which is the loss" if stated == values[-1] else f", loss {short(stated)}"
    line = f"{len(own)} blocks leave {short(values[-1])} of {short(values[0])}{same}; the parameters are {kept}"
    return Read(line, verify)


def read_blocks(instance: Instance, value: Any) -> tuple[list[list[int]], int]:
    """Return blocks that hold each coordinate once, and the number of coordinates."""
    count = coordinates(instance.layers).count
    own = [indices(block, "blocks", count) for block in sequence(value, "blocks")]
    if sorted(i for block in own for i in block) != list(range(count)):
        raise FormatError(f"blocks are not the {quote(count)} coordinates, each once")
    return own, count


def read_combinations(value: Any, blocks: list[list[int]], count: int) -> list[tuple[Any, list[list[Any]]] | None]:
    """Return for each block None, or a denominator and pairs (i, coefficient).

    The i are different coordinates of the blocks so far; what denominators and coefficients are is left to the caller.
    """
    inside: set[int] = set()
    result: list[tuple[Any, list[list[Any]]] | None] = []
    for block, each in zip(blocks, sequence(value, "combinations", len(blocks)), strict=True):
        inside |= set(block)
        if each is None:
            result.append(None)
            continue
        denominator, pairs = fields(each, "combination", "denominator", "coefficients")
        entries = [sequence(pair, "coefficients", 2) for pair in sequence(pairs, "coefficients")]
        if entries:
            indices([i for i, _ in entries], "coefficients", count)
        for i, _ in entries:
            if i not in inside:
                raise FormatError(f"coefficients: coordinate {i} is in no block so far")
        result.append((denominator, entries))
    return result


def _combination(denominator: Any, entries: list[list[Any]]) -> Combination:
    d = numeral(denominator, "denominator")
    if d <= 0:
        raise FormatError("denominator is not positive")
    return fmpq(d), {i: fmpq(numeral(n, "coefficients")) for i, n in entries}


def _require_loss(objective: Objective, loss: fmpq, critical: bool) -> None:
    """Reject the claim unless the loss is as stated, and its gradient is 0, or not."""
    require(objective.loss() == loss, "the loss is not the stated one")
    first = next((i for i, value in enumerate(objective.gradient()) if value != 0), None)
    require(first is None or not critical, f"the derivative by coordinate {first} is not 0")
    require(first is not None or critical, "all derivatives are 0: the point is critical")


def _product(instance: Instance, left: list[fmpq], right: list[fmpq]) -> fmpq:
    bits = common_bits(left) + common_bits(right)
    instance.budget.spend(len(left) * fraction(bits), "a product of vectors")
    return sum((a * b for a, b in zip(left, right, strict=True)), fmpq(0))
