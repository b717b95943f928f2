"""Strict minima among parameters whose rows have bounded ℓ1 norms: the weights into each unit, and its bias.

A row on its bound needs a multiplier m > 0: the gradient is -m sign(θ) on its nonzero entries, and smaller than m on
the others; all other derivatives vanish. Second derivatives count only where first order allows to go: zero entries of
rows on their bounds stay, and the norms of these rows do not change. There the Hessian must be positive definite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.evidence import Evidence
from exactcnn.linalg.fractions import Matrix
from exactcnn.linalg.inertia import floats, whitening
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters

PRECISION = 64


@dataclass(frozen=True, eq=False)
class ConstrainedMinimumClaim(Evidence):
    """A strict minimum among parameters with rows of norm at most `norms`, one for each layer, None for no bound.

    The columns of `congruence` (P, r) span the critical directions, and whiten the Hessian; None for r = 0. `better` is
    a point within the bounds of smaller loss.
    """

    kind: ClassVar[str] = "constrained-minimum"
    point: int
    norms: tuple[Fraction | None, ...]
    precision: int
    congruence: ExactArray | None
    better: int | None


def constrained_minimum(
    instance: Instance, norms: Sequence[Fraction | None], better: Parameters | None = None
) -> Certificate:
    """Return the certificate that a point is a strict minimum under bounds of norms; the checker says whether it is.

    Parameters
    ----------
    instance : Instance
        With fully connected layers, parameters, samples and targets; the loss is smooth at the point.
    norms : sequence of Fraction or None
        A bound for each layer, of the ℓ1 norm of the weights into each unit and its bias.
    better : Parameters, optional
        Within the bounds, and of smaller loss: then the minimum is not a global one.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity", bias="none")])
    >>> own = Parameters.from_arrays(network, {"W1": [[1]]})
    >>> constrained_minimum(Instance(network, own, [[1]], [[2]]), [Fraction(1)]).outcome.accepted
    ('the parameters: strict minimum among rows of l1 norm at most: layer 1 1',)
    """
    objective = Objective(instance)
    directions = critical_directions(objective, norms)
    congruence = None
    if directions.shape[1]:
        hessian = floats(objective.in_balls().hessian(np.arange(len(directions))))
        reduced = directions.astype(float).T @ hessian @ directions.astype(float)
        found = whitening(reduced)
        columns = np.eye(len(reduced), dtype=object) if found is None else found.columns
        entries = (directions @ columns).ravel().tolist()
        congruence = ExactArray.from_fractions([Fraction(x) for x in entries], (len(directions), columns.shape[1]))
    points = () if better is None else (better,)
    claim = ConstrainedMinimumClaim(OWN, tuple(norms), PRECISION, congruence, None if better is None else 0)
    return Certificate(instance, (claim,), len(instance.network.layers), points)


def critical_directions(objective: Objective, norms: Sequence[Fraction | None]) -> Matrix:
    """Return a basis (P, r) of the directions along which the bounds that are met do not change by first order.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((2,), [FullyConnected(2, activation="identity", bias="none")])
    >>> own = Parameters.from_arrays(network, {"W1": [["1/2", 1], ["-1/2", 0]]})
    >>> objective = Objective(Instance(network, own, [[1, 0]], [[0, 0]]))
    >>> critical_directions(objective, [Fraction(1)]).T.astype(int).tolist()  # of θ = (1/2, 1, -1/2, 0)
    [[1, 0, 1, 0]]
    """
    values = objective.theta.fractions()
    columns = []
    for row, bound in _rows(objective.coordinates, norms):
        met = bound is not None and sum(abs(values[e]) for e in row) == bound
        first, *others = [e for e in row if values[e]] if met else [None, *row]
        for e in others:
            column = np.full(len(values), Fraction(0), dtype=object)
            column[e] = Fraction(1)
            if first is not None:
                column[first] = Fraction(-1 if (values[e] > 0) == (values[first] > 0) else 1)
            columns.append(column)
    return np.array(columns, dtype=object).T.reshape(len(values), len(columns))


def _rows(coordinates: Coordinates, norms: Sequence[Fraction | None]) -> list[tuple[list[int], Fraction | None]]:
    """The coordinates into each unit, with its bound."""
    return [
        (coordinates.unit(block.layer.number, unit), norms[block.layer.number - 1])
        for block in coordinates.blocks
        for unit in range(block.layer.filters)
    ]
