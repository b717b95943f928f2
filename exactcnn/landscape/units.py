"""Networks with one hidden layer in which some units are copies of one unit of a smaller network's minimum (T8).

One output, and a local minimum (w, v), v ≠ 0, of the network in which copies a of a unit are one unit, v = Σ v_a. With
B = Σ_i R_i σ''(z_i) x̃_i x̃_iᵀ, moves δ_a of the copies beside their mean (Σ v_a δ_a = 0) change the loss by
½ Σ v_a δ_aᵀ (B + o(1)) δ_a: a local minimum if all v_a B are positive definite on the span of the x̃_i, a saddle if some
such δ makes it negative. It holds at the point itself, or at all points of the box of a certified minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.landscape.constant_units import (
    OUTSIDE,
    constant_units,
    definite,
    in_balls,
    is_shallow,
    rational_rank,
    sample_rows,
)
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.evidence import Box, DuplicatedUnits, HessianSigns
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.inertia import Congruence, congruent, floats, gershgorin, product, rounded
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network

SHRINKING = (Fraction(1, 2**10), Fraction(1, 2**20), Fraction(1, 2**40))  # of boxes that are too large to decide


def find(
    objective: Objective, minimum: Callable[[Objective], Finding | str], *, bits: int = PRECISION
) -> Finding | str:
    """Try both theorems; `minimum` as for `duplicated_units`."""
    constant = constant_units(objective, bits=bits)
    if not isinstance(constant, str) or constant == OUTSIDE:
        return constant
    duplicated = duplicated_units(objective, minimum, bits=bits)
    return f"{constant}; {duplicated}" if isinstance(duplicated, str) else duplicated


def duplicated_units(
    objective: Objective, minimum: Callable[[Objective], Finding | str], *, bits: int = PRECISION
) -> Finding | str:
    """Prove what a point is at which some hidden units are copies of one unit of a smaller network's minimum (T8).

    Parameters
    ----------
    objective : Objective
        With one output.
    minimum : callable
        Decides whether the smaller network is at a minimum: by a Hessian at the point, or on a box around it.
    bits : int
        Precision of the signs.

    Returns
    -------
    Finding or str
        About the point, or the copy of the minimum in the box; the reason, where the theorem does not apply.

    References
    ----------
    .. [1] K. Fukumizu and S. Amari, "Local minima and plateaus in hierarchical structures of multilayer perceptrons",
       Neural Networks 13 (2000).
    """
    if not is_shallow(objective) or objective.instance.network.widths[-1] != 1:
        return OUTSIDE if not is_shallow(objective) else "more than one output"
    reason = "no two hidden units with outgoing weights are copies of each other"
    for copies in _copies(objective):
        merged = _Merged.of(objective, copies)
        if merged is None:
            reason = f"the outgoing weights of the copies {copies} cancel"
            continue
        found = minimum(merged.small)
        if isinstance(found, str):
            reason = f"the network with the copies {copies} as one unit is not at a proved minimum: {found}"
        elif found.type != "minimum" or not isinstance(found.evidence, (HessianSigns, Box)):
            reason = f"the network with the copies {copies} as one unit is not at a minimum with a Hessian"
        else:
            for smaller in _boxes(merged.small, found):
                decided = merged.decide(smaller, bits)
                if not isinstance(decided, str):
                    return decided
                reason = decided
    return reason


@dataclass(frozen=True, eq=False)
class _Merged:
    """Copies of a unit, and the network in which they are one, with the shares v_a / v."""

    objective: Objective
    small: Objective
    copies: tuple[int, ...]
    shares: tuple[Fraction, ...]

    @staticmethod
    def of(objective: Objective, copies: tuple[int, ...]) -> _Merged | None:
        first, second = objective.coordinates.blocks
        theta = objective.theta.fractions()
        outgoing = [theta[second.weight(unit, 0)] for unit in copies]
        total = sum(outgoing, Fraction(0))
        if not total:
            return None
        kept = _kept(first.layer.filters, copies)
        description = first.layer.description
        assert isinstance(description, FullyConnected)
        network = objective.instance.network
        layers = (replace(description, units=len(kept)), *network.layers[1:])
        smaller = Network(network.input_shape, layers, activation=network.activation)
        changed = theta.copy()
        changed[second.weight(copies[0], 0)] = total
        places = _places(objective.coordinates, kept)
        parameters = Coordinates(smaller).parameters(ExactArray.from_fractions(changed[places]))
        instance = objective.instance
        small = Objective(Instance(smaller, parameters, instance.data, instance.targets))
        return _Merged(objective, small, copies, tuple(value / total for value in outgoing))

    def decide(self, found: Finding, bits: int) -> Finding | str:
        """A minimum or a saddle, at a minimum of the small network or on its box."""
        assert found.slice is not None
        small, first = self.small, self.small.coordinates.blocks[0].layer
        theta = small.theta if found.centre is None else found.centre
        unit = _kept(self.objective.coordinates.blocks[0].layer.filters, self.copies).index(self.copies[0])
        with working_precision(bits):
            evaluation = small.in_balls(_on_box(theta, found))
            sums = evaluation.trace.pre_activations[0][:, [unit]]
            curve = first.activation
            choice = Balls().pieces(curve, sums) if curve.kinks else None
            if choice is not None and choice.open is not None:
                return f"hidden unit {self.copies[0]} meets a breakpoint of the activation"
            bend = Balls().apply(curve.derivative().derivative(), sums, choice)
            outgoing = evaluation.trace.steps[1].weights[unit, 0]  # type: ignore[index]
            seen = sample_rows(small)
            if first.bias != "none":
                seen = np.column_stack([seen, np.full(len(seen), Fraction(1))])
            weighted = in_balls(seen) * (evaluation.residual * bend * outgoing)
            form = product(in_balls(seen.T), weighted)  # v B
            centre = None if found.centre is None else self._big(found.centre)
            if min(self.shares) > 0:
                columns = definite(form, rational_rank(seen))
                if columns is not None:
                    evidence = DuplicatedUnits(bits, self.copies, found.evidence, columns, None)
                    return Finding("minimum", evidence, found.loss, centre=centre, radius=found.radius)
            directions = self._negative(form) if len(found.slice.free) else None
        if directions is None:
            return f"moves of the copies {self.copies} against each other are not decided to second order"
        evidence = DuplicatedUnits(bits, self.copies, found.evidence, None, directions)
        return Finding("saddle", evidence, found.loss, centre=centre, radius=found.radius)

    def _negative(self, form: NDArray[Any]) -> ExactArray | None:
        """δ_a = s_a u with Σ shares s = 0 and a negative second-order term."""
        columns = rounded_eigenvectors(floats(form))
        if columns is None:
            return None
        values = np.diag(congruent(form, columns))
        for weights in _balanced(self.shares):
            size = sum((share * s * s for share, s in zip(self.shares, weights, strict=True)), Fraction(0))
            for place, value in enumerate(values.tolist()):
                if value * ball(size) < 0:
                    u = [int(entry) for entry in columns[:, place]]
                    return ExactArray.from_fractions(
                        [s * entry for s in weights for entry in u], (len(weights), len(u))
                    )
        return None

    def _big(self, small: ExactArray) -> ExactArray:
        """θ of the network with the copies, from θ of the one without."""
        kept = _kept(self.objective.coordinates.blocks[0].layer.filters, self.copies)
        coordinates, given = self.objective.coordinates, small.fractions()
        theta = self.objective.theta.fractions()
        theta[_places(coordinates, kept)] = given
        first, second = coordinates.blocks
        total = theta[second.weight(self.copies[0], 0)]
        own = coordinates.unit(first.layer.number, self.copies[0])
        for copy, share in zip(self.copies, self.shares, strict=True):
            theta[coordinates.unit(first.layer.number, copy)] = theta[own]
            theta[second.weight(copy, 0)] = share * total
        return ExactArray.from_fractions(theta)


def rounded_eigenvectors(matrix: NDArray[np.float64]) -> NDArray[Any] | None:
    """Integer multiples of the eigenvectors, nearly; those of the eigenvalues of the largest size first.

    Examples
    --------
    >>> abs(rounded_eigenvectors(np.diag([1.0, -4.0]))[:, 0] / 2**24).tolist()
    [0.0, 1.0]
    """
    if not np.isfinite(matrix).all():
        return None
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    found: Congruence = rounded(vectors[:, np.argsort(-np.abs(values))])
    return found.columns


def _copies(objective: Objective) -> Iterator[tuple[int, ...]]:
    """Sets of hidden units with the same incoming weights, and outgoing weights that are not zero; large ones first."""
    coordinates, theta = objective.coordinates, objective.theta.fractions()
    first, second = coordinates.blocks
    groups: dict[tuple[Fraction, ...], list[int]] = {}
    for unit in range(first.layer.filters):
        if theta[second.weight(unit, 0)]:
            groups.setdefault(tuple(theta[coordinates.unit(first.layer.number, unit)]), []).append(unit)
    yield from sorted((tuple(group) for group in groups.values() if len(group) > 1), key=len, reverse=True)


def _kept(units: int, copies: tuple[int, ...]) -> list[int]:
    return [unit for unit in range(units) if unit not in copies[1:]]


def _places(coordinates: Coordinates, kept: list[int]) -> list[int]:
    """Where the coordinates of the smaller network stand in θ, in its order."""
    first, second = coordinates.blocks
    slots, _ = first.layer.weights_shape
    places = [first.weight(slot, unit) for slot in range(slots) for unit in kept]
    if first.layer.bias != "none":
        places += [first.biases.start + unit for unit in kept]
    places += [second.weight(unit, 0) for unit in kept]
    return places + list(range(second.biases.start, second.biases.stop))


def _boxes(objective: Objective, found: Finding) -> Iterator[Finding]:
    """The finding, and the same one on smaller boxes, as far as the gradient at the centre allows."""
    yield found
    if not isinstance(found.evidence, Box) or found.slice is None or found.radius is None:
        return
    theta, free = objective.theta if found.centre is None else found.centre, found.slice.free
    for factor in SHRINKING:
        evidence = replace(found.evidence, radius=found.evidence.radius * factor)
        smaller = replace(found, evidence=evidence, radius=found.radius * float(factor))
        with working_precision(evidence.precision):
            columns = in_balls(evidence.congruence.fractions())
            gradient = product(columns.T, objective.at(theta).in_balls().gradient[free][:, None])
            size = sum(map(abs, gradient.ravel().tolist()), ball(0))  # at least the Euclidean norm
            signs = gershgorin(congruent(objective.in_balls(_on_box(theta, smaller)).hessian(free), columns))
            if signs is None or signs[1] or not 2 * size < signs[2] * ball(evidence.radius):
                return
        yield smaller


def _on_box(theta: ExactArray, found: Finding) -> NDArray[Any]:
    """Balls around θ that contain the box of the evidence; the point itself for a Hessian at the point."""
    from flint import arb

    result = Balls().lift(theta)
    if isinstance(found.evidence, Box):
        assert found.slice is not None
        columns = in_balls(found.evidence.congruence.fractions())
        radii = np.abs(columns).sum(axis=1) * ball(found.evidence.radius)
        for place, radius in zip(found.slice.free.tolist(), radii.tolist(), strict=True):
            result[place] = result[place] + arb(0, radius.upper())
    return result


def _balanced(shares: tuple[Fraction, ...]) -> Iterator[list[Fraction]]:
    """Vectors s with Σ shares s = 0: one copy against the rest, and pairs; the shares add up to 1."""
    count = len(shares)
    for a in range(count):
        if shares[a] != 1:
            yield [1 / shares[a] if b == a else 1 / (shares[a] - 1) for b in range(count)]
    for a in range(count):
        for b in range(a):
            yield [1 / shares[a] if c == a else -1 / shares[b] if c == b else Fraction(0) for c in range(count)]
