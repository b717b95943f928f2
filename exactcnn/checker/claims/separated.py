"""Sublevel sets in pieces: two points that no path joins on which the loss stays at most c.

Suppose that the targets Y have full row rank N, with smallest singular value above sqrt(2 c). Where the loss is at most
c, |F_L - Y| <= sqrt(2 c) in the spectral norm, so F_L has rank N. Let A be F_(L-1), with a column of ones where the
outputs have biases, and suppose that it is square: F_L is A times the output weights, so A is regular there, and its
determinant, continuous in the parameters, has one sign along a path.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat

from exactcnn.checker.activations import IDENTITY
from exactcnn.checker.budget import NUMBER, fraction
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.losses import point_text, short
from exactcnn.checker.document import fields, rational, require, sequence
from exactcnn.checker.features import exact_features
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.losses import exact_loss
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import at_point, known_targets, read_point


def read_separated(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that every path from one point to another leaves the sublevel set of a level."""
    _, points, level = fields(claim, "claim", "kind", "points", "level")
    indices = [read_point(instance, point) for point in sequence(points, "points", 2)]
    most = rational(level, "level")

    def verify() -> None:
        signs = []
        for index in indices:
            own = at_point(instance, index)
            require(exact_loss(own) <= most, f"the loss at {point_text(index)} is above the level")
            signs.append(determinant(instance, _square(own), "the features") > 0)
        _require_far_from_singular(instance, known_targets(instance), most)
        require(signs[0] != signs[1], "the determinants of the features at the two points have the same sign")

    first, second = map(point_text, indices)
    return Read(f"no path joins {first} to {second} on which the loss is at most {short(most)}", verify)


def determinant(instance: Instance, rows: list[list[fmpq]], what: str) -> fmpq:
    """Return the determinant of a square matrix, or reject the claim if it is 0."""
    order = len(rows)
    bits = max(map(common_bits, rows)) * order
    instance.budget.spend(order**3 * fraction(bits) // 2, f"a determinant of {what}")
    found = fmpq_mat(order, order, [x for row in rows for x in row]).det()
    require(found != 0, f"a determinant of {what} is 0")
    return found


def _square(instance: Instance) -> list[list[fmpq]]:
    """Return F_(L-1), with ones for biases, of as many rows as columns."""
    last, number = instance.layers[-1], len(instance.layers) - 1
    one_patch = isinstance(last, Convolution) and [sorted(patch) for patch in last.patches] == [list(range(last.below))]
    require(one_patch and last.activation.same(IDENTITY), f"layer {number} is not fully connected without activation")
    ones = [fmpq(1)] * (last.bias != "none")
    samples = instance.known_samples()
    wanted = len(samples) - len(ones)
    require(last.below == wanted, f"layer {number - 1} has {last.below} neurons; expected {wanted}")
    return [ones + row for row in exact_features(instance, number - 1, samples)]


def _require_far_from_singular(instance: Instance, targets: list[list[fmpq]], level: fmpq) -> None:
    """Reject the claim unless Y Y^T - 2 c is positive definite: its leading minors are (Sylvester)."""
    width, bits = len(targets[0]), max(map(common_bits, targets))
    instance.budget.hold(len(targets) ** 2 * (NUMBER + 2 * bits), "products of targets")
    instance.budget.spend(len(targets) ** 2 * width * fraction(2 * bits), "products of targets")
    gram = [[sum((a * b for a, b in zip(x, y, strict=True)), fmpq(0)) for y in targets] for x in targets]
    for i, row in enumerate(gram):
        row[i] -= 2 * level
    for order in range(1, len(gram) + 1):
        minor = determinant(instance, [row[:order] for row in gram[:order]], "the targets")
        require(minor > 0, "the level is too high for these targets")
