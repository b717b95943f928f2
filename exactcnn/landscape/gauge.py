"""Slices: coordinates that may be frozen at a point, because a retraction onto the rest leaves the loss as it is.

Let I be a set of coordinates, and π a continuous map near θ* with π(θ*) = θ*, π(θ)_I = θ*_I and Φ ∘ π = Φ. Then a local
minimum of Φ on {θ_I = θ*_I} is one of Φ: Φ(θ) = Φ(π(θ)) ≥ Φ(θ*). The retractions here are the identity on their slice,
and as smooth as Φ: so θ* is critical as soon as it is on the slice, and the Hessian has the inertia of the slice and
|I| zeros (H = Dπᵀ H_slice Dπ, Dπ onto the slice). If I is not empty, the minimum is not strict.

*scaling* of a unit (a filter with all its neurons): every piece met is az, or all are one az + c, a ≠ 0, and there is
a bias. Incoming (W, b) ↦ (sW, sb + (s − 1)c/a), outgoing weights / s, with s = θ*/θ of one incoming weight.
*unseen*: a unit of layer 1 acts through Z(w, b) only, Z the rows (x, 1) of the samples (and patches) on which it is not
constant. Z_F = Z_J M: w_F is reset, w_J + M(w_F − w*_F) makes up for it; one more coordinate by scaling, if it applies.
*mixing* of several units: see `exactcnn.landscape.mixing`.
*shift*: the bias of a neuron with one slope on all samples; the biases above take it over.
*constant*: outgoing weights of a unit that is constant over all samples, whatever the parameters; biases above again.
*inactive*: coordinates on which no feature depends.

A step must not change what an earlier one froze. Scaling goes upward first, since it changes outgoing weights; then
what the biases above absorb, upward again; inactive coordinates last, since earlier steps may change them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import gather
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.evidence import Constant, Inactive, Scaling, Shift, Unseen
from exactcnn.landscape.finding import Slice
from exactcnn.landscape.mixing import Group, are_fully_connected, groups
from exactcnn.landscape.neighbourhood import Neighbourhood, neighbourhood
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.unseen import columns_of, dependencies
from exactcnn.linalg.evidence import Evidence
from exactcnn.patches.graph import PADDING

NONE: frozenset[int] = frozenset()


def find_slice(objective: Objective, theta: ExactArray | None = None, *, prefer: frozenset[int] = NONE) -> Slice:
    """Find coordinates that symmetries of the loss allow to freeze, as many as possible.

    Parameters
    ----------
    objective : Objective
    theta : ExactArray (P,), optional
        Another point than that of the objective.
    prefer : frozenset of int
        Coordinates that are to be frozen where a step can choose.

    Returns
    -------
    Slice
        Its conditions hold near the point. At kinks of layer 1 both pieces are counted.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((2,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[2], [3]], "b1": [-1], "W2": [[1]], "b2": [0]})
    >>> objective = Objective(Instance(network, parameters, [[1, 1], [1, 2], [1, 3]], [[3], [5], [9]]))
    >>> [step.kind for step in find_slice(objective).steps], sorted(find_slice(objective).frozen)
    (['unseen', 'shift'], [0, 1, 2])
    """
    here = objective if theta is None else objective.at(theta)
    return slice_near(here, neighbourhood(here), prefer)


def slice_near(objective: Objective, near: Neighbourhood, prefer: frozenset[int] = NONE) -> Slice:
    """Find a slice at the point of an objective, from the pieces that are met near it; see `find_slice`."""
    return _Search(objective, near, prefer).slice()


class _Search:
    """Steps that were found, and what they froze."""

    def __init__(self, objective: Objective, near: Neighbourhood, prefer: frozenset[int]) -> None:
        self.objective, self.near, self.prefer = objective, near, prefer
        self.coordinates: Coordinates = objective.coordinates
        self.theta: list[Fraction] = objective.theta.fractions().tolist()
        self.blocks = {block.layer.number: block for block in self.coordinates.blocks}
        self.steps: list[Evidence] = []
        self.frozen: set[int] = set()

    def slice(self) -> Slice:
        """Try all steps in order."""
        for number, block in self.blocks.items():
            mixed = self._mixing(number)
            for unit in range(block.layer.filters):
                if unit in mixed:
                    continue
                incoming = self.coordinates.unit(number, unit)
                if not self.inactive.issuperset(incoming) and not (number == 1 and self._unseen(unit)):
                    self._scaling(number, unit)
        for number, block in self.blocks.items():
            if number + 1 not in self.blocks:
                continue
            for unit in range(block.layer.filters):
                self._constant(number, unit)
            for neuron in range(block.layer.width):
                self._shift(number, neuron)
        left = self.inactive - self.frozen
        if left:
            self._add(Inactive(tuple(sorted(left))), left, set())
        return Slice(tuple(self.steps), frozenset(self.frozen), self.coordinates.count)

    def _add(self, step: Evidence, frozen: set[int], changed: set[int]) -> bool:
        """Take a step unless it freezes or changes what is frozen."""
        if self.frozen & (frozen | changed):
            return False
        self.steps.append(step)
        self.frozen |= frozen
        return True

    def _best(self, candidates: dict[int, Fraction]) -> int | None:
        """The coordinate to be frozen by scaling: one that is preferred, else the largest value; None if all are 0."""
        nonzero = {e: value for e, value in candidates.items() if value}
        return max(nonzero, key=lambda e: (e in self.prefer, abs(nonzero[e])), default=None)

    # ---------------------------------------------------------------- units and neurons

    @cached_property
    def inactive(self) -> set[int]:
        """Coordinates on which no feature depends: multiplied by zeros only, or of neurons that are constant."""
        found: set[int] = set()
        for number, block in self.blocks.items():
            layer, slots = block.layer, block.layer.patches.slots
            varying = self.near.varying(number)
            heard: NDArray[np.bool_] = (self.near.constants[number - 1] != 0).astype(bool)
            rows = gather(heard, slots).reshape(-1, slots.shape[1])  # padding is not heard either
            used = rows.T.astype(np.float64) @ varying.reshape(-1, layer.filters).astype(np.float64)
            found |= {block.start + i for i in np.flatnonzero(used.ravel() == 0).tolist()}
            places = [block.bias(h) for h in range(layer.width)]
            live = {places[h] for h in np.flatnonzero(varying.any(axis=0)).tolist()}
            found |= {place for place in places if place is not None and place not in live}
        return found

    @cached_property
    def absorbed(self) -> set[int]:
        """Weights that some step *constant* may freeze; scaling leaves them alone."""
        pairs = ((number, unit) for number, block in self.blocks.items() for unit in range(block.layer.filters))
        return set().union(*(self._level_weights(number, unit)[0] for number, unit in pairs))

    def _offset(self, layer: int, unit: int) -> Fraction | None:
        """Return c so that the unit multiplies by s > 0 as z + c does; None if there is none."""
        block = self.blocks[layer]
        met = self.near.lines(layer, range(unit, block.layer.width, block.layer.filters))
        if None in met:
            return None
        known = [line for line in met if line is not None]
        if not any(constant for _, constant in known):
            return Fraction(0)
        slope, constant = known[0]
        return constant / slope if len(known) == 1 and slope and block.layer.bias != "none" else None

    def _outgoing(self, layer: int, unit: int) -> set[int] | None:
        """All weights that read a unit; None unless all their slots read no other unit of a convolution above."""
        block, above = self.blocks[layer], self.blocks.get(layer + 1)
        if above is None:
            return None
        slots = above.layer.patches.slots
        units = np.where(slots == PADDING, -1, slots % block.layer.filters)
        result: set[int] = set()
        for slot in np.flatnonzero((units == unit).any(axis=0)).tolist():
            if not np.isin(units[:, slot], (unit, -1)).all():
                return None
            result |= {above.weight(slot, t) for t in range(above.layer.filters)}
        return result

    def _own_biases(self, layer: int, patches: NDArray[Any]) -> set[int] | None:
        """Biases of all neurons of some patches; None unless each neuron has its own."""
        block = self.blocks[layer]
        if block.layer.bias != "neuron" and not (block.layer.bias == "filter" and block.layer.patches.patch_count == 1):
            return None if len(patches) else set()
        filters = block.layer.filters
        return {block.biases.start + p * filters + t for p in patches.tolist() for t in range(filters)}

    # ---------------------------------------------------------------- steps

    def _mixing(self, layer: int) -> set[int]:
        """Freeze what mixtures of several units bring back; return the units that were treated."""
        block, above = self.blocks[layer], self.blocks.get(layer + 1)
        if above is None or not are_fully_connected(block, above):
            return set()
        treated: set[int] = set()
        for units, absorbed in groups(self.near, block, above):
            if self._taken(layer, units):
                continue
            z = self._seen(units[0]) if layer == 1 else None
            group = Group(block, above, units, absorbed, self.theta, z, is_last=layer + 2 not in self.blocks)
            for step, frozen, changed in group.steps():
                if self._add(step, frozen, changed):
                    treated |= set(units)
                    break
        return treated

    def _taken(self, layer: int, units: tuple[int, ...]) -> bool:
        """Whether other steps freeze coordinates of the units."""
        above = self.blocks[layer + 1]
        incoming = {e for unit in units for e in self.coordinates.unit(layer, unit)}
        outgoing = {above.weight(unit, t) for unit in units for t in range(above.layer.filters)}
        live = all(not self.inactive.issuperset(self.coordinates.unit(layer, unit)) for unit in units)
        return not live or bool((incoming | outgoing) & self.absorbed) or bool(outgoing & self.inactive)

    def _scaling(self, layer: int, unit: int) -> bool:
        offset, outgoing = self._offset(layer, unit), self._outgoing(layer, unit)
        if offset is None or outgoing is None:
            return False
        block, incoming = self.blocks[layer], self.coordinates.unit(layer, unit)
        slots = block.layer.weights_shape[0]
        weights, biases = incoming[:slots], incoming[slots:]
        for places in (weights, biases if not offset else []):
            e = self._best({e: self.theta[e] for e in places if e not in self.inactive and e not in self.absorbed})
            if e is not None:
                return self._add(Scaling(layer, unit, e), {e}, {*incoming, *outgoing} - {e})
        return False

    def _seen(self, unit: int) -> NDArray[Any]:
        """Z of a unit of layer 1, with a column of ones."""
        layer, samples = self.blocks[1].layer, self.objective.instance.samples
        assert samples is not None
        return columns_of(samples, layer, self.near.varying(1)[:, unit :: layer.filters])

    def _unseen(self, unit: int) -> bool:
        """Freeze what layer 1 does not see, and one coordinate more by scaling; False if it sees everything."""
        block, places = self.blocks[1], self.coordinates.unit(1, unit)
        z = self._seen(unit)
        biases = range(block.layer.weights_shape[0], len(places))
        # a bias that is kept can be frozen by a shift
        order = sorted(
            range(len(places)), key=lambda c: (c not in biases, places[c] in self.prefer, -abs(self.theta[places[c]]))
        )
        found = dependencies(z, order)
        if found is None:
            return False
        kept, others, rows, ones = found.kept, found.others, found.combination, found.ones
        frozen, changed = {places[f] for f in others}, {places[j] for j in kept}
        matrix = ExactArray.from_fractions([x for row in rows for x in row], (len(kept), len(others)))
        offset, outgoing = self._offset(1, unit), self._outgoing(1, unit)
        if offset is not None and outgoing is not None and (not offset or ones is not None):
            effective = {}
            for number, j in enumerate(kept):
                value = self.theta[places[j]]
                value += sum(
                    (c * self.theta[places[f]] for c, f in zip(rows[number], others, strict=True)), Fraction(0)
                )
                effective[places[j]] = value + (offset * ones[number] if offset and ones is not None else 0)
            weights = {e: value for e, value in effective.items() if e < block.weights.stop}
            e = self._best(weights)
            e = self._best(effective) if e is None else e
            if e is not None:
                shift = ExactArray.from_fractions(ones) if offset and ones is not None else None
                step = Unseen(unit, kept, matrix, places.index(e), shift)
                if self._add(step, frozen | {e}, (changed | outgoing) - {e}):
                    return True
        return self._add(Unseen(unit, kept, matrix), frozen, changed)

    def _shift(self, layer: int, neuron: int) -> bool:
        block, above = self.blocks[layer], self.blocks[layer + 1]
        slopes = {None if line is None else line[0] for line in self.near.lines(layer, [neuron])}
        if len(slopes) != 1 or not all(slopes):  # not affine, or constant: then its bias is inactive
            return False
        own = self._own_biases(layer, np.array([neuron // block.layer.filters]))
        patches = np.flatnonzero((above.layer.patches.slots == neuron).any(axis=1))
        changed = self._own_biases(layer + 1, patches)
        bias = block.bias(neuron)
        if not own or changed is None or bias is None or bias in self.inactive:
            return False
        return self._add(Shift(layer, neuron), {bias}, changed)

    def _level_weights(self, layer: int, unit: int) -> tuple[set[int], set[int]]:
        """Outgoing weights of slots that read constant columns only, and the biases above, each its own; or none."""
        block, above = self.blocks[layer], self.blocks.get(layer + 1)
        if above is None:
            return set(), set()
        slots, level = above.layer.patches.slots, self.near.level[layer]
        reads = (slots != PADDING) & (slots % block.layer.filters == unit)
        chosen = reads.any(axis=0) & (level[slots] | (slots == PADDING)).all(axis=0)
        patches = np.flatnonzero((slots[:, chosen] != PADDING).any(axis=1))
        biases = self._own_biases(layer + 1, patches)
        if biases is None:
            return set(), set()
        weights = {above.weight(s, t) for s in np.flatnonzero(chosen).tolist() for t in range(above.layer.filters)}
        return weights, biases

    def _constant(self, layer: int, unit: int) -> bool:
        weights, biases = self._level_weights(layer, unit)
        if weights <= self.inactive:
            return False
        return self._add(Constant(layer, unit), weights, biases)
