"""Minima on kinks of layer 1, at an exact point or near a float point, and directions of descent at kinks.

Let σ of layer 1 be piecewise linear and continuous, K the pairs (i, h) with z_ih on a kink, δ the jump of the slope
there, a_ih the gradient of z_ih; all other pre-activations off breakpoints, the layers above C² there. Let Φ_off
continue the pairs of K by their left piece, and κ_ih = δ_ih ∂Φ/∂F_1,ih. If all κ > 0, ∇Φ_off = −Σ λ a with 0 < λ < κ,
and ∇²Φ_off is positive definite on T = {d : a_ih·d = 0 on K}, then θ* is a strict local minimum (all on a slice).

Proof. With m_ih = max(0, z_ih − kink), Φ = Φ_off + Σ κ_ih(θ) m_ih + O(|m|²), κ continuous. So with ζ = a·d:
Φ(θ* + d) − Φ* ≥ Σ (κ max(0, ζ) − λζ) − o(1) Σ|ζ| + ½ dᵀHd + o(|d|²) ≥ c Σ|ζ| + ½ dᵀHd + o(|d|²) with
c = ½ min(λ, κ − λ) > 0. Write d = d_T + d_N, d_N ⟂ T, |d_N| ≤ C Σ|ζ|: dᵀHd ≥ μ|d_T|² − C′|d||d_N|, and the last term is
absorbed by c Σ|ζ| for small d. ∎

Near a float point the stratum {z_ih = kink on K} is a rational affine space: convexity on a box of it gives a minimum
of Φ on the stratum (`exactcnn.landscape.minimum`), at which the theorem holds if κ and λ satisfy it on the whole box.
At an exact point its failure can be decided: λ < 0 or λ > κ for independent a, or κ < 0, leaves a direction of descent
along which one ζ moves only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import Evaluation
from exactcnn.landscape.evidence import Descent, Kinks
from exactcnn.landscape.finding import Finding, Slice
from exactcnn.landscape.gauge import NONE, slice_near
from exactcnn.landscape.minimum import Degenerate, Values, whitened
from exactcnn.landscape.multipliers import interior, steepest
from exactcnn.landscape.neighbourhood import lines, neighbourhood, pattern_at
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.landscape.stratum import (
    Kernel,
    Pair,
    differentials,
    fraction,
    fractions,
    kernel,
    nearest_floats,
    rational,
    times,
)
from exactcnn.linalg.inertia import congruent, gershgorin, product
from exactcnn.network.walk import Pattern

MULTIPLIER_BITS = 40  # of the multipliers that are chosen where they are not unique


class NotDecided(Exception):
    """Why a point on kinks is not decided: the message says it."""


@dataclass(frozen=True, eq=False)
class Stratum:
    """A point that lies on kinks of layer 1 exactly, and the directions that keep it there.

    Attributes
    ----------
    objective : Objective
        At the point.
    slice : Slice
    pairs : tuple of (sample, neuron)
        All kinks that are met.
    jumps : tuple of Fraction
        Of the slopes.
    matrix : ndarray of Fraction (q, n)
        The a_ih by the free coordinates.
    kernel : Kernel
        Of the matrix: T.
    pattern : Pattern
        With the left piece at the kinks.
    """

    objective: Objective
    slice: Slice
    pairs: tuple[Pair, ...]
    jumps: tuple[Fraction, ...]
    matrix: NDArray[np.object_]
    kernel: Kernel
    pattern: Pattern

    @property
    def independent(self) -> bool:
        """Whether the a_ih are."""
        return len(self.kernel.rows) == len(self.pairs)

    @property
    def dependent(self) -> list[int]:
        """Pairs whose multipliers can be chosen."""
        return sorted(set(range(len(self.pairs))) - set(self.kernel.rows))

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The matrix in floats."""
        return nearest_floats(self.matrix)

    def kappa(self, here: Evaluation[Any]) -> list[Any]:
        """κ of all pairs, in the arithmetic of an evaluation."""
        found = here.feature_gradient(1)
        values = found.fractions() if isinstance(found, ExactArray) else found
        convert = (lambda x: x) if isinstance(found, ExactArray) else ball
        return [convert(jump) * values[pair] for pair, jump in zip(self.pairs, self.jumps, strict=True)]

    def multipliers(self, gradient: list[Any], chosen: dict[int, Fraction]) -> list[Any]:
        """Solve Aᵀλ = −g for the first independent pairs, the others being chosen; fractions or balls."""
        rows, columns = list(self.kernel.rows), list(self.kernel.columns)
        exact = all(isinstance(value, Fraction) for value in gradient)
        right = []
        for c in columns:
            value = -gradient[c]
            for k in filter(chosen.__contains__, np.flatnonzero(self.matrix[:, c]).tolist()):
                own = chosen[k] * self.matrix[k, c]
                value = value - (own if exact else ball(own))
            right.append(value)
        result: list[Any] = [Fraction(0) if exact else ball(0)] * len(self.pairs)
        for k, own in chosen.items():
            result[k] = own if exact else ball(own)
        if rows:
            inverse = fractions(rational(self.matrix[np.ix_(rows, columns)].T).inv())
            for k, line in zip(rows, inverse.tolist(), strict=True):
                terms = [(x if exact else ball(x)) * y for x, y in zip(line, right, strict=True)]
                result[k] = sum(terms[1:], terms[0])
        return result


def stratum_at(objective: Objective, prefer: frozenset[int] = NONE) -> Stratum:
    """Describe the kinks that the point of an objective lies on.

    Raises
    ------
    NotDecided
        If it lies on none, on one of a layer above or a tie, layer 1 is not piecewise linear, or nothing is free.
    """
    first = objective.instance.network.resolved[0]
    curve = first.activation
    known = [None] if curve is None else lines(curve)
    if None in known:
        raise NotDecided("layer 1 is not piecewise linear; expected kinks of a piecewise linear layer 1 only")
    pattern = pattern_at(objective)
    for number, choice in enumerate(pattern[1:], start=2):
        if choice is not None and (choice.open is not None or (choice.ties is not None and choice.ties.any())):
            raise NotDecided(f"layer {number} is at a kink or tie, or perhaps; expected kinks of layer 1 only")
    own = pattern[0]
    pairs = [] if own is None or own.ties is None else [(i, h) for i, h in np.argwhere(own.ties).tolist()]
    if own is None or not pairs:
        raise NotDecided("no pre-activation of layer 1 lies on a kink")
    slopes = [line[0] for line in known if line is not None]
    jumps = [slopes[own.chosen[pair] + 1] - slopes[own.chosen[pair]] for pair in pairs]
    slice_ = slice_near(objective, neighbourhood(objective, pattern), prefer)
    if not len(slice_.free):
        raise NotDecided("no parameter is free: the loss is constant nearby")
    samples = objective.instance.samples
    assert samples is not None
    matrix = differentials(objective.coordinates, samples, pairs, slice_.free.tolist())
    start = objective.coordinates.blocks[0].biases.start
    order = sorted(range(len(slice_.free)), key=lambda c: slice_.free[c] < start)  # biases have coefficients 1
    found = kernel(matrix, order, progress=objective.progress)
    off = (Choice(own.chosen), *pattern[1:])
    return Stratum(objective, slice_, tuple(pairs), tuple(jumps), matrix, found, off)


# -------------------------------------------------------------------- exactly


def decide_on_kinks(
    objective: Objective, *, prefer: frozenset[int] = NONE, bits: tuple[int, ...] = (PRECISION,)
) -> Finding | str:
    """Decide a point that lies on kinks of layer 1, in Q.

    Parameters
    ----------
    objective : Objective
        With rational derivatives.
    prefer : frozenset of int
        Coordinates to be frozen where the slice can choose.
    bits : tuple of int
        Of the balls that prove curvatures positive, tried in this order; all else is decided once.

    Returns
    -------
    Finding or str
        A minimum, or none for a direction of descent; or the reason why neither is proved.
    """
    if objective.domain != "Q":
        return "derivatives are not rational; expected a network that is decided in Q"
    try:
        stratum = stratum_at(objective, prefer)
        here = objective.in_rationals(pattern=stratum.pattern)
        gradient = here.gradient[stratum.slice.free].fractions().tolist()
        kappa = stratum.kappa(here)
    except (NotDecided, InputError) as error:
        return str(error)
    loss = Fraction(here.twice_the_loss.fractions().item()) / 2
    basis = fractions(stratum.kernel.basis)
    along = basis.T @ np.array(gradient, dtype=object)
    if any(along):
        return _descent(stratum, loss, gradient, kappa, -(basis @ along))
    chosen = chosen_multipliers(stratum, gradient, kappa)
    if chosen is None:
        direction = steepest(*_floats(stratum, gradient, kappa), progress=objective.progress)
        return _descent(stratum, loss, gradient, kappa, _rounded(direction))
    values = stratum.multipliers(gradient, chosen)
    if stratum.independent:
        for k, (value, limit) in enumerate(zip(values, kappa, strict=True)):
            if value < 0 or value > limit:
                return _descent(stratum, loss, gradient, kappa, _one_at_a_time(stratum, k, value > limit))
    if not all(0 < value < limit for value, limit in zip(values, kappa, strict=True)):
        return f"a multiplier at a kink is on its bound: {worst(stratum, values, kappa)}"
    if not stratum.kernel.dimension:
        return Finding("minimum", evidence_of(stratum, bits[0], None, None, chosen), (loss, loss), None, stratum.slice)
    reasons = []
    for done, precision in enumerate(bits):
        if objective.progress is not None:
            objective.progress("curvatures along the kinks by balls", done, len(bits))
        found = _curved_upwards(stratum, basis, precision)
        if not isinstance(found, str):
            evidence = evidence_of(stratum, precision, ExactArray(found), None, chosen)
            return Finding("minimum", evidence, (loss, loss), None, stratum.slice)
        reasons.append(found)
    return "; ".join(dict.fromkeys(reasons))


def _curved_upwards(stratum: Stratum, basis: NDArray[np.object_], bits: int) -> NDArray[Any] | str:
    """Columns by which balls prove all curvatures along the kinks positive, or why they do not."""
    with working_precision(bits):
        columns, here = _balls(basis), stratum.objective.in_balls(None, stratum.pattern)
        flat = product(product(columns.T, here.hessian(stratum.slice.free)), columns)
        try:
            found = whitened(flat)
        except Degenerate as reason:
            return f"along the kinks {reason}"
        signs = gershgorin(congruent(flat, found.columns))
    if signs is None or signs[1]:
        return f"the signs of the curvatures along the kinks are not decided at {bits} bits"
    return found.columns


def _floats(stratum: Stratum, gradient: Any, kappa: Any) -> tuple[NDArray[np.float64], ...]:
    def array(values: Any) -> NDArray[np.float64]:
        return np.array([float(x) for x in values], dtype=np.float64)

    return stratum.floats, array(gradient), array(kappa)


def chosen_multipliers(stratum: Stratum, gradient: Any, kappa: Any) -> dict[int, Fraction] | None:
    """Choose multipliers of the dependent pairs so that all are inside; None if floats find none."""
    if stratum.independent:
        return {}
    found = interior(*_floats(stratum, gradient, kappa), progress=stratum.objective.progress)
    if found is None:
        return None
    return {k: Fraction(round(float(found[k]) * 2**MULTIPLIER_BITS), 2**MULTIPLIER_BITS) for k in stratum.dependent}


def _one_at_a_time(stratum: Stratum, k: int, up: bool) -> NDArray[np.object_]:
    """A direction with a·d = 1 or -1 for one pair and 0 for all others."""
    rows, columns = list(stratum.kernel.rows), list(stratum.kernel.columns)
    unit = np.full((len(rows), 1), Fraction(0), dtype=object)
    unit[rows.index(k), 0] = Fraction(1 if up else -1)
    solution = rational(stratum.matrix[np.ix_(rows, columns)]).solve(rational(unit))
    direction = np.full(stratum.matrix.shape[1], Fraction(0), dtype=object)
    direction[columns] = [fraction(x) for x in solution.entries()]
    return direction


def _descent(
    stratum: Stratum, loss: Fraction, gradient: list[Any], kappa: list[Any], direction: NDArray[np.object_]
) -> Finding | str:
    """A direction on the free coordinates, if its one-sided derivative is negative."""
    slope = sum((g * d for g, d in zip(gradient, direction.tolist(), strict=True)), Fraction(0))
    ahead = times(stratum.matrix, direction)
    slope += sum((k * z for k, z in zip(kappa, ahead, strict=True) if z > 0), Fraction(0))
    if slope >= 0:
        return "the multipliers at the kinks are not decided: they depend on each other"
    full = np.full(stratum.objective.coordinates.count, Fraction(0), dtype=object)
    full[stratum.slice.free] = direction
    return Finding("not a minimum", Descent(ExactArray.from_fractions(full.tolist())), (loss, loss))


def _rounded(direction: NDArray[np.float64]) -> NDArray[np.object_]:
    scale = float(np.abs(direction).max(initial=0.0)) or 1.0
    return np.array([Fraction(round(x / scale * 2**30), 2**30) for x in direction.tolist()], dtype=object)


def _balls(array: NDArray[np.object_]) -> Values:
    return Balls().lift(ExactArray.from_fractions(array.ravel().tolist(), array.shape))


def worst(stratum: Stratum, values: list[Any], kappa: list[Any]) -> str:
    """Name the pair whose multiplier is the least inside."""

    def inside(k: int) -> float:
        return min(float(values[k]), float(kappa[k]) - float(values[k])) / (abs(float(kappa[k])) or 1.0)

    k = min(range(len(values)), key=inside)
    sample, neuron = stratum.pairs[k]
    return f"neuron {neuron} on sample {sample} has {float(values[k]):.3g}; expected one in (0, {float(kappa[k]):.3g})"


def evidence_of(
    stratum: Stratum, bits: int, columns: ExactArray | None, radius: Fraction | None, chosen: dict[int, Fraction]
) -> Kinks:
    """State the theorem's data; multipliers that were not chosen are written as 0, they follow from the others."""
    basis = None
    if columns is not None:
        entries = fractions(stratum.kernel.basis)
        basis = ExactArray.from_fractions(entries.ravel().tolist(), entries.shape)
    surplus = None
    if not stratum.independent:
        surplus = ExactArray.from_fractions([chosen.get(k, Fraction(0)) for k in range(len(stratum.pairs))])
    return Kinks(stratum.slice.steps, bits, stratum.pairs, basis, columns, radius, surplus)
