"""Signs of the eigenvalues of a symmetric matrix of balls, by elimination with pivots that a claim names.

For a regular block P of H = [[P, Q], [Q^T, R]] the inertia of H is that of P plus that of R - Q^T P^-1 Q (Haynsworth).
A panel of pivots is such a block; inside it, pivots of order 1 or 2 are eliminated one after another by the same rule.
What is left when the panels end may have any signs: so many eigenvalues are positive, and negative, at least.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_mat, ctx

from exactcnn.checker.budget import NUMBER, Budget, multiplication
from exactcnn.checker.document import FormatError, distinct, indices, require, sequence

Panel = list[list[int]]


def read_panels(value: Any, order: int) -> list[Panel]:
    """Return panels: lists of pivots, each one index or two, no index twice."""
    panels = [
        [indices(pivot, f"panels[{i}][{j}]", order) for j, pivot in enumerate(sequence(panel, f"panels[{i}]"))]
        for i, panel in enumerate(sequence(value, "panels"))
    ]
    if any(not panel or any(len(pivot) > 2 for pivot in panel) for panel in panels):
        raise FormatError("panels: expected lists of pivots, each of one index or two")
    distinct((i for panel in panels for pivot in panel for i in pivot), "panels")
    return panels


def count_signs(budget: Budget, matrix: list[list[arb]], panels: list[Panel]) -> tuple[int, int]:
    """Return how many eigenvalues the panels prove to be positive, and negative, or reject the claim."""
    positive = negative = 0
    left = list(range(len(matrix)))
    for number, panel in enumerate(panels):
        inside = [i for pivot in panel for i in pivot]
        spend_panel(budget, len(left), len(inside))
        place = {index: i for i, index in enumerate(left)}
        block = [[matrix[place[i]][place[j]] for j in inside] for i in inside]
        signs = block_signs([list(row) for row in block], panel, number)
        positive, negative = positive + signs[0], negative + signs[1]
        outside = [i for i in left if i not in set(inside)]
        if outside:
            cross = arb_mat([[matrix[place[i]][place[j]] for j in outside] for i in inside])
            rest = arb_mat([[matrix[place[i]][place[j]] for j in outside] for i in outside])
            try:
                solution = arb_mat(block).solve(cross, algorithm="precond")  # the tightest of the three
            except ZeroDivisionError:
                require(False, f"panel {number} is not certainly regular")
            matrix = (rest - cross.transpose() * solution).tolist()
        left = outside
    return positive, negative


def spend_panel(budget: Budget, order: int, size: int) -> None:
    """Pay for the elimination of a panel from a matrix of this order."""
    precision = int(ctx.prec)
    product = 3 + multiplication(precision) // 4
    budget.hold(3 * order**2 * (NUMBER + 2 * precision), "elimination")
    budget.spend(order**2 * (1500 + 2 * size * product) + size**3 * (100 + product), "elimination")


def block_signs(block: list[list[arb]], panel: Panel, number: int) -> tuple[int, int]:
    """Return the signs of a block, whose pivots stand one after another on its diagonal; it is overwritten."""
    positive = negative = at = 0
    for pivot in panel:
        end = at + len(pivot)
        found = pivot_signs([row[at:end] for row in block[at:end]])
        require(found != (0, 0), f"pivot {pivot} of panel {number} is not certainly regular")
        positive, negative = positive + found[0], negative + found[1]
        heads = arb_mat([row[at:end] for row in block[at:end]])
        if end < len(block):
            inverse = inverse_of(heads)
            right = arb_mat([row[end:] for row in block[at:end]])
            below = arb_mat([row[at:end] for row in block[end:]])
            rest = (arb_mat([row[end:] for row in block[end:]]) - below * inverse * right).tolist()
            for row, new in zip(block[end:], rest, strict=True):
                row[end:] = new
        at = end
    return positive, negative


def pivot_signs(pivot: list[list[arb]]) -> tuple[int, int]:
    """Return the signs of a pivot of order 1 or 2, or (0, 0) where it may be singular."""
    if len(pivot) == 1:
        return int(pivot[0][0] > 0), int(pivot[0][0] < 0)
    (a, b), (c, d) = pivot
    determinant = a * d - b * c
    if determinant < 0:
        return 1, 1
    if determinant > 0 and (a > 0 or a < 0):
        return (2, 0) if a > 0 else (0, 2)
    return 0, 0


def inverse_of(pivot: arb_mat) -> arb_mat:
    """Return the inverse of a pivot that is certainly regular."""
    if pivot.nrows() == 1:
        return arb_mat([[1 / pivot[0, 0]]])
    a, b, c, d = pivot.entries()
    determinant = a * d - b * c
    return arb_mat([[d / determinant, -b / determinant], [-c / determinant, a / determinant]])
