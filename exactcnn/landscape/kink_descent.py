"""Points on kinks that are no minima: directions in which the one-sided derivative of the loss is negative (T9b).

To first order Φ(θ + d) − Φ(θ) is ⟨g, d⟩ + Σ_j κ_j max(0, ⟨a_j, d⟩): g the gradient with the left piece at each kink,
and κ_j a_j its change when the right piece takes the place of the left one. Where all κ_j ≥ 0 this is convex, and the
steepest descent is against the shortest vector g + Σ μ_j κ_j a_j with μ_j in [0, 1]; a kink with κ_j < 0 is concave,
and either piece is an upper bound. (For kinks above kinks it is a guess.) Floats find directions, exact dual numbers or
balls decide: a direction that is found proves; that none is found proves nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice, Undecided
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.descent import enclosed_loss, loss_bounds, roundings
from exactcnn.landscape.evaluation import evaluate
from exactcnn.landscape.evidence import Descent
from exactcnn.landscape.finding import Finding, widened
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.landscape.one_sided import decided_pattern, directional, first_irrational, rational_part
from exactcnn.network.walk import Pattern

Vector = NDArray[np.float64]

MOST_KINKS = 300  # each costs a gradient in floats
MOST_COORDINATES = 100  # that are tried by themselves
RANDOM_SIDES = 12  # of concave kinks
MOST_TRIES, FEWEST_TRIES = 1000, 30  # directions whose derivative is computed exactly, or in balls
WORK = 10**8  # samples times parameters of all tries
SWEEPS = 200  # of coordinate descent for the shortest vector


def at_kinks(objective: Objective, bits: int = PRECISION, *, seed: int = 0) -> Finding | str:
    """Prove that a point, on kinks or not, is no minimum by a direction of descent.

    Parameters
    ----------
    objective : Objective
    bits : int
        Precision where not all activations are rational.
    seed : int
        Of the sides of concave kinks that are tried.

    Returns
    -------
    Finding or str
        With a rational direction; or the reason why none was found.

    Examples
    --------
    The loss ½ (|w| − 1)² at w = 0:

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> layers = [FullyConnected(1, activation=name, bias="none") for name in ("abs", "identity")]
    >>> network = Network((1,), layers)
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0]], "W2": [[1]]})
    >>> found = at_kinks(Objective(Instance(network, parameters, [[1]], [[1]])))
    >>> found.type, found.evidence.kind
    ('not a minimum', 'descent')
    """
    exact = first_irrational(objective) is None
    size = (objective.instance.count or 1) * objective.coordinates.count
    tries, undecided = min(MOST_TRIES, max(FEWEST_TRIES, WORK // max(size, 1))), False
    try:
        for done, candidate in enumerate(itertools.islice(_different(_candidates(objective, seed)), tries)):
            if objective.progress is not None:
                objective.progress("directions from the kinks", done, tries)
            try:
                slope = directional(objective, candidate, bits=bits)
            except Undecided:
                undecided = True
                continue
            if (slope if isinstance(slope, Fraction) else widened(slope)) < 0:
                evidence = Descent(candidate, None if exact else bits)
                loss = loss_bounds(objective) if exact else enclosed_loss(objective, bits)
                return Finding("not a minimum", evidence, loss)
    except (InputError, Undecided) as error:
        return f"one-sided derivatives are not known: {error}"
    return "no direction of descent is found" + (", as far as balls decide signs" if undecided else "")


def _different(directions: Iterable[Vector]) -> Iterator[ExactArray]:
    """Roundings of all directions, each ray once."""
    known: set[bytes] = set()
    for direction in directions:
        for candidate in roundings(direction):
            primitive = candidate.numbers // max(1, int(np.gcd.reduce(candidate.numbers)))
            if primitive.tobytes() not in known:
                known.add(primitive.tobytes())
                yield ExactArray(primitive)


@dataclass(frozen=True, eq=False)
class _Sides:
    """The first-order model: the gradient with left pieces, and its changes κ_j a_j with the signs of κ_j."""

    gradient: Vector
    changes: NDArray[np.float64]  # (kinks, P)
    concave: NDArray[np.bool_]


class _Chosen(Floating):
    """Floats that take the pieces they are given."""

    def apply(self, curve: Curve, z: NDArray[Any], choice: Choice | None) -> NDArray[Any]:
        """Values of the chosen pieces."""
        if choice is None or curve.special is not None:
            return curve.floats(z)
        result = np.empty_like(z)
        for i, piece in enumerate(curve.pieces):
            here = choice.chosen == i
            result[here] = replace(curve, pieces=(piece,), kinks=(), stable=None).floats(z[here])
        return result


def _candidates(objective: Objective, seed: int) -> Iterator[Vector]:
    """Directions that may go down, the best guesses first."""
    rng = np.random.default_rng(seed)
    model = _model(objective)
    count = len(model.gradient)
    concave = np.flatnonzero(model.concave)
    sides = [np.zeros(len(concave)), np.ones(len(concave))] if len(concave) else [np.zeros(0)]
    sides += [rng.integers(0, 2, len(concave)).astype(float) for _ in range(RANDOM_SIDES if len(concave) > 1 else 0)]
    for side in sides:
        base = model.gradient + side @ model.changes[concave]
        yield -_shortest(base, model.changes[~model.concave])
    for change in model.changes[concave]:  # along one kink only, the others staying where they are
        others = np.array([c for c in model.changes if c is not change and not np.array_equal(c, change)])
        own = change - (np.linalg.pinv(others) @ (others @ change) if len(others) else 0)
        yield own
        yield -own
    yield -model.gradient
    yield -(model.gradient + model.changes.sum(axis=0))
    for coordinate in np.argsort(-np.abs(model.gradient))[:MOST_COORDINATES].tolist():
        unit = np.zeros(count)
        unit[coordinate] = -1.0 if model.gradient[coordinate] > 0 else 1.0
        yield unit
        yield -unit


def _model(objective: Objective) -> _Sides:
    still = ExactArray(np.zeros(objective.coordinates.count, dtype=np.int64))
    pattern = decided_pattern(objective, still)
    flipped = [_flip(pattern, *tie) for tie in _ties(objective)[:MOST_KINKS]]
    gradient, cotangents = _gradient(objective, pattern)
    changes, concave = [], []
    for done, (other, (layer, sample, neuron)) in enumerate(flipped):
        if objective.progress is not None:
            objective.progress("gradients beside the kinks", done, len(flipped))
        moved, there = _gradient(objective, other)
        changes.append(moved - gradient)
        concave.append(there[layer][sample, neuron] < cotangents[layer][sample, neuron])
    matrix = np.array(changes).reshape(len(changes), len(gradient))
    if not (np.isfinite(gradient).all() and np.isfinite(matrix).all()):
        raise InputError("derivatives overflow in floats; expected numbers of moderate size")
    return _Sides(gradient, matrix, np.array(concave, dtype=bool))


def _ties(objective: Objective) -> list[tuple[int, int, int, int]]:
    """Layer index, sample, neuron and the other choice there, of kinks and ties that Q decides."""
    found: list[tuple[int, int, int, int]] = []
    field = Rationals()
    pattern, trace = rational_part(objective, field, field.lift(objective.theta))
    for index, choice in enumerate(pattern):
        if choice is None or choice.ties is None:
            continue
        for sample, neuron in np.argwhere(choice.ties).tolist():
            chosen = int(choice.chosen[sample, neuron])
            if objective.curves[index] is not None:
                found.append((index, sample, neuron, chosen + 1))
                continue
            values = trace.features[index].numbers
            others = set(trace.steps[index].slots[neuron].tolist()) - {chosen}
            equal = [other for other in others if values[sample, other] == values[sample, chosen]]
            found += [(index, sample, neuron, other) for other in equal]
    return found


def _flip(pattern: Pattern, index: int, sample: int, neuron: int, other: int) -> tuple[Pattern, tuple[int, int, int]]:
    choice = pattern[index]
    assert choice is not None
    chosen = choice.chosen.copy()
    chosen[sample, neuron] = other
    return (*pattern[:index], Choice(chosen), *pattern[index + 1 :]), (index, sample, neuron)


def _gradient(objective: Objective, pattern: Pattern) -> tuple[Vector, list[Vector]]:
    """∇Φ in floats with given pieces, and the derivatives by all pre-activations."""
    field, instance = _Chosen(np.dtype(np.float64)), objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    theta, samples, targets = map(field.lift, (objective.theta, instance.samples, instance.targets))
    found = evaluate(field, objective.coordinates, theta, samples, targets, pattern)
    return found.gradient, [layer.pre_activations for layer in found.layers]


def _shortest(base: Vector, changes: NDArray[np.float64]) -> Vector:
    """The shortest vector base + Σ μ_j changes_j with μ_j in [0, 1], nearly: by coordinate descent.

    Examples
    --------
    >>> _shortest(np.array([-1.0, 3.0]), np.array([[4.0, 0.0], [0.0, -1.0]])).tolist()
    [0.0, 2.0]
    """
    sizes = (changes**2).sum(axis=1)
    mu = np.full(len(changes), 0.5)
    vector: Vector = base + 0.5 * changes.sum(axis=0)
    for _ in range(SWEEPS):
        before = mu.copy()
        for j in np.flatnonzero(sizes).tolist():
            moved = min(1.0, max(0.0, mu[j] - changes[j] @ vector / sizes[j]))
            vector = vector + (moved - mu[j]) * changes[j]
            mu[j] = moved
        if np.abs(mu - before).max(initial=0) < 1e-14:
            break
    return vector
