"""Minima of piecewise affine networks by reachable outputs, differentiable or not (T6).

Near θ the column of a neuron over all samples stays in a space V(h): that of an input is its own column; behind a layer
V(h) = D_h · (Σ V(below) + ⟨1⟩) + ⟨offsets⟩, D_h the diagonal matrix of the slopes met, with the unit vector of each
sample that lies on a kink; a maximum takes from each neuron the samples on which it wins, and the unit vectors of ties.
If the residual R_c of each output is orthogonal to V(c), then θ is a local minimum: Φ(θ') = Φ(θ) + ⟨R, Δ⟩ + ½ ‖Δ‖²
with Δ_c in V(c).

Here the spaces themselves are never built. V(c) is spanned by the vectors δ ∘ x, where x is a column of the inputs, 1
or an offset, and δ a product of slopes along a path from there to c. These δ form spaces of small integers (masks, for
ReLU), which are carried down from the outputs and reduced to bases over Q; R is only multiplied by them, and the first
product that is not zero ends it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Choice
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.landscape.evidence import Reachable
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.network.walk import Step

Rows = NDArray[np.object_]  # (k, N) Python integers
FEW = 16  # rows that are not worth a reduction


def find(objective: Objective) -> Finding | str:
    """Prove that a point is a local minimum, because all outputs that are reachable nearby are orthogonal to R.

    Parameters
    ----------
    objective : Objective
        Of any network of piecewise affine layers and max-pooling, with an affine last layer.

    Returns
    -------
    Finding or str
        The reason, where the theorem does not apply.

    References
    ----------
    .. [1] G. Świrszcz, W. M. Czarnecki, R. Pascanu, "Local minima in training of neural networks", 2016: Propositions
       1 to 3 and Theorem 1 are instances.
    .. [2] C. Yun, S. Sra, A. Jadbabaie, "Small nonlinearities in activation functions create bad local minima in neural
       networks", ICLR 2019, Theorem 1.

    Examples
    --------
    A ReLU that is off on all samples, under the mean of the targets:

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [-9], "W2": [[1]], "b2": [3]})
    >>> find(Objective(Instance(network, parameters, [[1], [2], [3]], [[2], [3], [4]]))).type
    'minimum'
    """
    reason = _outside(objective)
    if reason is not None:
        return reason
    evaluation = objective.in_rationals()
    for positions in range(len(evaluation.trace.steps[-1].positions)):
        found = _Walk(objective, positions).reason()
        if found is not None:
            return found
    value = Fraction(evaluation.twice_the_loss.fractions().item()) / 2
    return Finding("minimum", Reachable(), (value, value))


def _outside(objective: Objective) -> str | None:
    """Why the theorem is not about this network; None if it is."""
    for number, curve in enumerate(objective.curves, 1):
        if curve is not None and (curve.domain != "rational" or any(piece.affine is None for piece in curve.pieces)):
            return f"the activation of layer {number} is not piecewise affine"
    last = objective.curves[-1]
    if last is None or last.affine is None:
        return "the last layer is not affine"
    return None


class _Walk:
    """The walk down from the outputs at one position of the last layer."""

    def __init__(self, objective: Objective, position: int) -> None:
        self.trace = objective.in_rationals().trace
        filters = self.trace.steps[-1].layer.width // len(self.trace.steps[-1].positions)
        outputs = slice(position * filters, (position + 1) * filters)
        self.position = position
        self.residual = objective.in_rationals().residual.integers()[0][:, outputs]  # a factor does not matter

    def reason(self) -> str | None:
        """What the residual is not orthogonal to, or None."""
        steps, samples = self.trace.steps, len(self.residual)
        top = steps[-1]
        above: list[Rows | None] = [None] * top.layer.width
        ones = np.ones((1, samples), dtype=object)
        filters = top.layer.width // len(top.positions)
        above[self.position * filters] = ones  # the slope is the same for all, perhaps 0
        for index in range(len(steps) - 1, -1, -1):
            step, choice = steps[index], self.trace.pattern[index]
            if step.weights is None:
                assert choice is not None
                failed, above = self._maximum(step, choice, above)
            else:
                failed, above = self._affine(step, choice, above)
            if failed is not None:
                return failed
        return self._inputs(self.trace.features[0], above)

    def _affine(
        self, step: Step[Any], choice: Choice | None, above: list[Rows | None]
    ) -> tuple[str | None, list[Rows | None]]:
        curve, layer, neurons = step.curve, step.layer, step.layer.patches.neurons
        assert curve is not None
        slopes, offsets = _affine_pieces(curve)
        incoming: list[list[Rows]] = [[] for _ in step.positions]
        filters = layer.width // len(step.positions)
        known: dict[tuple[int, bytes], Rows] = {}  # the same masks of the same rows
        for neuron, rows in enumerate(above):
            if rows is None:
                continue
            chosen = np.zeros(len(self.residual), dtype=np.int8) if choice is None else choice.chosen[:, neuron]
            if choice is not None and choice.ties is not None:
                on_kink = choice.ties[:, neuron]
                if self._meets(rows[:, on_kink], self.residual[on_kink]):
                    return f"unit {neuron} of layer {layer.number} is on a kink where the residual is not zero", []
            if any(offsets) and self._product(rows * offsets[chosen]).any():
                return f"the residual is not orthogonal to the offsets of unit {neuron} of layer {layer.number}", []
            key = id(rows), chosen.tobytes()
            if key not in known:
                known[key] = _primitive(rows * slopes[chosen])
                if step.biases is not None and self._product(known[key]).any():
                    return f"the residual is not orthogonal to shifts of unit {neuron} of layer {layer.number}", []
            incoming[neuron // filters].append(known[key])
        below: list[list[Rows]] = [[] for _ in range(neurons)]
        reduced: dict[tuple[int, ...], Rows] = {}
        for slots, parts in zip(step.slots.tolist(), incoming, strict=True):
            if parts:
                patch = _joined(parts, reduced)
                for neuron in set(slots) - {-1}:
                    below[neuron].append(patch)
        return None, [_joined(parts, reduced) if parts else None for parts in below]

    def _maximum(
        self, step: Step[Any], choice: Choice, above: list[Rows | None]
    ) -> tuple[str | None, list[Rows | None]]:
        layer, neurons = step.layer, step.layer.patches.neurons
        below: list[list[Rows]] = [[] for _ in range(neurons)]
        for neuron, (slots, rows) in enumerate(zip(step.slots.tolist(), above, strict=True)):
            if rows is None:
                continue
            tied = np.zeros(len(self.residual), dtype=bool) if choice.ties is None else choice.ties[:, neuron]
            if self._meets(rows[:, tied], self.residual[tied]):
                return f"maximum {neuron} of layer {layer.number} is tied where the residual is not zero", []
            for winner in set(slots):
                wins = choice.chosen[:, neuron] == winner
                if wins.any():
                    below[winner].append(_primitive(rows * wins.astype(object)))
        reduced: dict[tuple[int, ...], Rows] = {}
        return None, [_joined(parts, reduced) if parts else None for parts in below]

    def _inputs(self, features: ExactArray, above: list[Rows | None]) -> str | None:
        columns = features.integers()[0]
        groups: dict[int, list[int]] = {}
        for neuron, rows in enumerate(above):
            if rows is not None:
                groups.setdefault(id(rows), []).append(neuron)
        for members in groups.values():
            rows = above[members[0]]
            assert rows is not None
            for residual in self.residual.T:
                if _times(rows * residual, columns[:, members]).any():
                    return "the residual is not orthogonal to what the weights of the lowest layer reach"
        return None

    def _product(self, rows: Rows) -> NDArray[Any]:
        return _times(rows, self.residual)

    @staticmethod
    def _meets(rows: Rows, residual: NDArray[Any]) -> bool:
        """Whether a sample has a row that is not zero, and a residual."""
        return bool(((rows != 0).any(axis=0) & (residual != 0).any(axis=1)).any())


def _affine_pieces(curve: Curve) -> tuple[NDArray[Any], NDArray[Any]]:
    """Slopes and offsets of all pieces, each times a common denominator."""
    pairs = [piece.affine or (Fraction(0), Fraction(0)) for piece in curve.pieces]  # all are affine here
    return _integers([slope for _, slope in pairs]), _integers([offset for offset, _ in pairs])


def _integers(values: list[Fraction]) -> NDArray[Any]:
    return ExactArray.from_fractions(values).integers()[0]


def _times(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Matrix product of integers."""
    return Rationals().matmul(ExactArray(rows), ExactArray(columns)).numbers


def _primitive(rows: Rows) -> Rows:
    """Different rows, without zeros and common factors."""
    divisors = np.gcd.reduce(rows, axis=1)
    kept = rows[divisors != 0] // divisors[divisors != 0][:, None]
    distinct = dict.fromkeys(map(tuple, kept.tolist()))
    return _matrix(list(distinct), rows.shape[1])


def _joined(parts: list[Rows], known: dict[tuple[int, ...], Rows]) -> Rows:
    """A basis of the sum of some row spaces, or few rows that span it; the same one for the same parts."""
    key = tuple(sorted({id(part) for part in parts}))
    if key not in known:
        distinct = {id(part): part for part in parts}
        known[key] = _basis(_primitive(np.concatenate(list(distinct.values()))))
    return known[key]


def _basis(rows: Rows) -> Rows:
    """Rows that span the same space over Q, not many more than its dimension."""
    from flint import fmpz_mat

    if len(rows) <= FEW:
        return rows
    width = rows.shape[1]
    basis: list[list[Any]] = []
    for start in range(0, len(rows), width):
        stacked = basis + rows[start : start + width].tolist()
        reduced, _, rank = fmpz_mat(stacked).rref()
        basis = [[int(value) for value in row] for row in reduced.tolist()[:rank]]
    return _primitive(_matrix(basis, width))


def _matrix(rows: list[Any], width: int) -> Rows:
    result = np.empty((len(rows), width), dtype=object)
    if rows:
        result[:] = rows
    return result
