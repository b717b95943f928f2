"""Minima on a curve of critical points that no symmetry of the outputs makes: the loss is constant along the curve.

On a slice let c(s) be critical points with c(0) = θ and c'(0) ≠ 0. The tangent is in the kernel of the Hessian; where
all other curvatures are positive, θ is a minimum: c(s) + Cy are coordinates, the loss is convex in y near 0, its
derivative vanishes at y = 0, and its value there does not depend on s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.coordinates import complement
from exactcnn.landscape.evidence import OWN, CriticalPointClaim, Scaling, Shift, Steps
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.evidence import Evidence
from exactcnn.linalg.inertia import floats, whitening

PRECISION = 64
KERNEL = 1e-9  # curvatures below this part of the largest one are taken for that along the curve


@dataclass(frozen=True, eq=False)
class Valley(Evidence):
    """A curve c(s) of critical points on a slice, and columns that whiten the Hessian across it.

    Row i of `numerators` has the coefficients of s^i of the free coordinates, `denominator` those of what they are
    divided by; `at` are values of s, as many as it takes to see that all derivatives vanish along the curve.
    """

    kind: ClassVar[str] = "valley"
    slice: Steps
    precision: int
    congruence: ExactArray
    numerators: ExactArray
    denominator: tuple[Fraction, ...]
    at: tuple[Fraction, ...]


def minimum_in_valley(
    objective: Objective,
    steps: Sequence[Scaling | Shift],
    numerators: Sequence[Sequence[int]],
    denominator: Sequence[int],
    at: Sequence[int],
) -> CriticalPointClaim:
    """Return the claim that a point is a minimum on a curve; the checker says whether it is.

    Parameters
    ----------
    objective : Objective
        At the point c(0); all activations are lines on the pieces that are met.
    steps : sequence
        Of a slice.
    numerators, denominator : sequence
        Of c(s) on the free coordinates, as in `Valley`.
    at : sequence of int
        Values of s between which the same pieces are met: g(2K - 1) + 1 or more, for a curve of degree g and K layers.

    Examples
    --------
    >>> from exactcnn.certificates.certificate import Certificate
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="identity", bias="none")] * 2)  # (1/2) (v w - 1)^2
    >>> own = Parameters.from_arrays(network, {"W1": [[1]], "W2": [[1]]})
    >>> instance = Instance(network, own, [[1]], [[1]])
    >>> claim = minimum_in_valley(Objective(instance), [], [[1, 1], [2, 0], [1, 0]], [1, 1], range(7))
    >>> Certificate(instance, (claim,), 2).outcome.accepted
    ('the parameters: minimum, index [1, 0, 1], loss 0, by valley',)
    """
    frozen = [_frozen(objective, step) for step in steps]
    count = objective.coordinates.count
    free = complement(count, frozen)
    found = whitening(floats(objective.in_balls().hessian(free)), kernel=KERNEL)
    assert found is not None
    loss = objective.loss()
    assert isinstance(loss, Fraction)
    evidence = Valley(
        tuple(steps),
        PRECISION,
        ExactArray(found.columns),
        ExactArray.from_array(list(map(list, numerators))),
        tuple(map(Fraction, denominator)),
        tuple(map(Fraction, at)),
    )
    across = len(free) - 1
    return CriticalPointClaim(OWN, "minimum", False, (across, 0, count - across), (loss, loss), evidence)


def _frozen(objective: Objective, step: Scaling | Shift) -> int:
    if isinstance(step, Scaling):
        return step.coordinate
    place = objective.coordinates.block(step.layer).bias(step.neuron)
    assert place is not None
    return place
