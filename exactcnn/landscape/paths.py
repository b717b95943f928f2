"""Paths along which the loss never grows: polylines of parameters, each segment of a kind that is verified in Q (T11).

On a segment that changes only layer l and keeps its pre-activations (*compensated*), or only neurons that nobody above
reads (*invisible*), the outputs are constant. On one that changes only the last, affine layer (*last-layer*) they are
affine in t, and Φ is a convex quadratic in t, which never grows on [0, 1] if its slope at 1 is at most 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Block, Coordinates
from exactcnn.landscape.evaluation import Evaluation
from exactcnn.landscape.evidence import PathClaim
from exactcnn.landscape.objective import Objective
from exactcnn.network.network import Convolved

Kind = Literal["unchanged", "compensated", "last-layer", "invisible"]


@dataclass(frozen=True)
class Segment:
    """A verified segment.

    Attributes
    ----------
    kind : str
    before, after : Fraction
        Φ at its ends.
    """

    kind: Kind
    before: Fraction
    after: Fraction


@dataclass(frozen=True, eq=False)
class Path:
    """A polyline of parameters of one network.

    Parameters
    ----------
    objective : Objective
        Its own parameters are the start.
    points : tuple of ExactArray
        θ after each segment, (P,) each; at least one.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[-1]], "b1": [0], "W2": [[0]], "b2": [0]})
    >>> objective = Objective(Instance(network, parameters, [[1], [2]], [[1], [2]]))
    >>> path = Path(objective, tuple(ExactArray.from_array(p) for p in ([1, 0, 0, 0], [1, 0, 1, 0])))
    >>> [(segment.kind, str(segment.after)) for segment in path.segments]
    [('invisible', '5/2'), ('last-layer', '0')]
    """

    objective: Objective
    points: tuple[ExactArray, ...]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, verified.

        Raises
        ------
        InputError
            Naming the segment that is of no kind, the loss that grows, a point of another length, or one whose outputs
            are not rational.
        """
        if not self.points:
            raise InputError("path: no points; expected at least one beside the start")
        thetas = (self.objective.theta, *self.points)
        count = self.objective.coordinates.count
        for number, theta in enumerate(thetas):
            if theta.shape != (count,):
                raise InputError(f"path: point {number} has shape {theta.shape}; expected ({count},)")
        evaluations = [self.objective.in_rationals(theta) for theta in thetas]
        lines = [theta.fractions() for theta in thetas]
        found = []
        for number in range(len(self.points)):
            here, there = evaluations[number : number + 2]
            kind = _kind(self.objective.coordinates, lines[number], lines[number + 1], here, there, number + 1)
            found.append(Segment(kind, _loss(here), _loss(there)))
        return tuple(found)

    @property
    def descends(self) -> bool:
        """Whether the loss at the end is below that of the start; raises as `segments`."""
        return self.segments[-1].after < self.segments[0].before

    def claim(self, numbers: tuple[int, ...]) -> PathClaim:
        """Return the claim, where the points (the start among them) have these numbers; raises as `segments`.

        Raises
        ------
        InputError
            Also if the path does not end below its start, and for another number of points.
        """
        if len(numbers) != len(self.points) + 1:
            raise InputError(f"{len(numbers)} numbers of points; expected {len(self.points) + 1}, with the start")
        if not self.descends:
            raise InputError(f"path: it ends at the loss {self.segments[-1].after}; expected less than at its start")
        return PathClaim(numbers)


def _loss(evaluation: Evaluation[ExactArray]) -> Fraction:
    return Fraction(evaluation.twice_the_loss.fractions().item()) / 2


def _kind(
    coordinates: Coordinates,
    theta: NDArray[np.object_],
    other: NDArray[np.object_],
    here: Evaluation[ExactArray],
    there: Evaluation[ExactArray],
    number: int,
) -> Kind:
    """The first kind of which a segment is."""
    changed = np.flatnonzero(theta != other)
    blocks = [block for block in coordinates.blocks if ((changed >= block.start) & (changed < block.stop)).any()]
    if not blocks:
        return "unchanged"
    layers = [block.layer.number for block in blocks]
    last = coordinates.network.resolved[-1]
    if len(blocks) == 1:
        before, after = (each.trace.pre_activations[layers[0] - 1].fractions() for each in (here, there))
        if bool((before == after).all()):
            return "compensated"
    if layers == [last.number]:
        if last.activation is None or last.activation.affine != IDENTITY:
            raise InputError(f"path: segment {number} changes the last layer; expected it without activation")
        slope = slope_at_the_end(here, there)
        if slope > 0:
            raise InputError(f"path: segment {number}: the loss grows towards its end, with slope {slope}")
        return "last-layer"
    for block in blocks:
        seen = _seen(coordinates, block, changed, (theta, other))
        if seen is not None:
            raise InputError(
                f"path: segment {number} changes {coordinates.name(int(changed[0]))} and others: {seen}; expected a "
                "change of the last layer only, of neurons that no weight above reads, or of one layer that keeps its "
                "pre-activations"
            )
    return "invisible"


def slope_at_the_end(here: Evaluation[ExactArray], there: Evaluation[ExactArray]) -> Fraction:
    """⟨R', R' - R⟩, the derivative at t = 1 of Φ along outputs that are affine in t, R' the residual there."""
    first, second = here.residual.fractions().ravel(), there.residual.fractions().ravel()
    return Fraction(sum(b * (b - a) for a, b in zip(first.tolist(), second.tolist(), strict=True)))


def _seen(
    coordinates: Coordinates, block: Block, changed: NDArray[np.intp], ends: tuple[NDArray[np.object_], ...]
) -> str | None:
    """Who reads a changed neuron of a layer; None if nobody does, at both ends."""
    network, number = coordinates.network, block.layer.number
    if number == len(network.resolved):
        return "the last layer is read by the loss"
    above = network.resolved[number]
    if not isinstance(above, Convolved):
        return f"layer {number + 1} is max-pooling"
    neurons = changed_neurons(block, changed)
    reading = np.asarray(np.isin(above.patches.slots, neurons).any(axis=0))  # slots
    upper = coordinates.block(number + 1)
    for theta in ends:
        weights = theta[upper.weights].reshape(upper.layer.weights_shape)
        nonzero: NDArray[np.bool_] = np.asarray(weights != 0, dtype=bool)
        for slot, unit in np.argwhere(nonzero & reading[:, None]).tolist():
            return f"{coordinates.name(upper.weight(slot, unit))} = {weights[slot, unit]!s} reads one of them"
    return None


def changed_neurons(block: Block, changed: NDArray[np.intp]) -> NDArray[np.intp]:
    """Neurons of a layer with a changed weight or bias, ascending.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.network import Network
    >>> block = Coordinates(Network((1, 3), [Convolution(2, 2)])).blocks[0]
    >>> changed_neurons(block, np.array([1])).tolist(), changed_neurons(block, np.array([6])).tolist()
    ([1, 3], [2])
    """
    filters, width = block.layer.filters, block.layer.width
    weights = changed[(changed >= block.start) & (changed < block.weights.stop)]
    units = np.unique((weights - block.start) % filters)
    neurons = np.arange(width)
    biases = np.array([-1 if (place := block.bias(h)) is None else place for h in range(width)])
    return neurons[np.isin(neurons % filters, units) | np.isin(biases, changed)]
