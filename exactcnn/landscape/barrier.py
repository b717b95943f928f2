"""Basins: a box around a point on whose faces the loss is larger than at the point (T10), for up to three parameters.

Φ is continuous, so its minimum over the compact box is attained, and not on the faces: the interior contains a local
minimum. With a point outside whose loss is below the minimum over the box, the basin is suboptimal. Balls prove the
inequality on the pieces of a subdivision; a bracket of a function of one variable is the case of one parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import OWN, BasinClaim
from exactcnn.landscape.finding import dyadic
from exactcnn.landscape.objective import PRECISION, Objective

if TYPE_CHECKING:
    from flint import arb

MOST_PARAMETERS = 3
DEEPEST = 18
MOST_PIECES = 2**DEEPEST  # of all faces, and of the box: what a reader of the claim evaluates
EVALUATIONS = 2**15  # that one search may take
FLOOR_EVALUATIONS = 2**12  # also the most pieces of the box that a reader of the claim has to evaluate for the floor
GUESSES = tuple(Fraction(1, 2**k) for k in range(1, 9))
GRID = 9  # floats on a face, each way, that a guess has to pass before balls are tried
STEP = 1e-3  # of second differences

Interval = tuple[Fraction, Fraction]
Cell = tuple[Interval, ...]


@dataclass(eq=False)
class _Subdivision:
    """Bisection of cells until the loss on each is above a limit; remembers the depth of each coordinate."""

    objective: Objective
    limit: arb
    budget: int
    depth: list[int]

    def covers(self, cell: Cell, depth: tuple[int, ...]) -> bool:
        """Whether the loss is above the limit on a whole cell, after some halvings."""
        if loss_on(self.objective, cell) > self.limit:
            self.depth = [max(pair) for pair in zip(self.depth, depth, strict=True)]
            return True
        if sum(depth) >= DEEPEST:
            return False
        choices = []
        for j, (low, high) in enumerate(cell):
            if low == high:
                continue
            middle = (low + high) / 2
            halves = [(*cell[:j], part, *cell[j + 1 :]) for part in ((low, middle), (middle, high))]
            self.budget -= 2
            if self.budget < 0:
                return False
            worst = min(float((loss_on(self.objective, half) - self.limit).lower()) for half in halves)
            choices.append((worst, j, halves))
        if not choices:
            return False
        _, j, halves = max(choices)
        deeper = (*depth[:j], depth[j] + 1, *depth[j + 1 :])
        return all(self.covers(half, deeper) for half in halves)


def loss_on(objective: Objective, cell: Sequence[Interval]) -> arb:
    """Enclose Φ on a box of parameters, at the working precision; a side may be a point."""
    theta = np.empty(len(cell), dtype=object)
    theta[:] = [ball(low) if low == high else ball(low).union(ball(high)) for low, high in cell]
    twice: arb = objective.in_balls(theta).twice_the_loss.item()
    return twice / 2


def basin(objective: Objective, *, radii: Any = None, bits: int = PRECISION, point: int = OWN) -> BasinClaim | str:
    """Find a box around the point on whose faces the loss is larger.

    Parameters
    ----------
    objective : Objective
        With at most 3 parameters.
    radii : array_like (P,), optional
        Half the sides, exact and positive; by default several sizes are tried, of a shape that second differences
        suggest.
    bits : int
        Precision.
    point : int
        The number of the point in the certificate.

    Returns
    -------
    BasinClaim or str
        The reason, where none is found.

    Raises
    ------
    InputError
        For more parameters, and radii that do not fit or are not positive.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="square", bias="none")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]]})
    >>> claim = basin(Objective(Instance(network, parameters, [[1]], [[1]])), radii=["1/2"])
    >>> claim.lower.fractions().tolist(), claim.upper.fractions().tolist(), claim.floor >= 0
    ([Fraction(1, 2)], [Fraction(3, 2)], True)
    """
    count = objective.coordinates.count
    if not 1 <= count <= MOST_PARAMETERS:
        raise InputError(f"the loss has {count} parameters; expected 1 to {MOST_PARAMETERS} for a basin")
    centre: list[Fraction] = objective.theta.fractions().tolist()
    if radii is None:
        boxes = [box for box in _guesses(objective, centre) if _promising(objective, centre, box)]
    else:
        given: list[Fraction] = exact_array(radii, name="radii").fractions().ravel().tolist()
        if len(given) != count or min(given) <= 0:
            raise InputError(f"radii = {', '.join(map(str, given))}; expected {count} positive numbers")
        boxes = [_box(centre, given)]
    reason, best = "no box was found on whose faces floats see a larger loss", None
    with working_precision(bits):
        here = loss_on(objective, [(value, value) for value in centre])
        for box in boxes:
            depth = _depth_of_faces(objective, box, here)
            if depth is None:
                reason = "balls do not separate the loss on the faces from that of the point"
                continue
            floor, inside = _floor(objective, box, here)
            lower, upper = (ExactArray.from_fractions([side[e] for side in box], (count,)) for e in (0, 1))
            claim = BasinClaim(point, lower, upper, depth, inside, bits, floor)
            if floor * 2 > dyadic(here.lower()):
                return claim
            best = claim if best is None or floor > best.floor else best
    return reason if best is None else best


def _box(centre: list[Fraction], radii: list[Fraction]) -> Cell:
    return tuple((c - r, c + r) for c, r in zip(centre, radii, strict=True))


# -------------------------------------------------------------------- guesses, by floats


def _losses(objective: Objective, theta: NDArray[np.float64]) -> float:
    return float(objective.in_floats(theta).twice_the_loss) / 2


def _guesses(objective: Objective, centre: list[Fraction]) -> list[Cell]:
    """Boxes of several sizes, longer where the loss bends less."""
    theta = np.array([float(value) for value in centre])
    here, shape = _losses(objective, theta), []
    for unit in np.eye(len(centre)):
        both = sum(_losses(objective, theta + sign * STEP * unit) for sign in (1, -1))
        bend = (both - 2 * here) / STEP**2
        shape.append(1 / np.sqrt(bend) if bend > 1e-6 else 1.0)
    sides = [Fraction(float(np.ldexp(1.0, round(np.log2(min(max(s, 2.0**-10), 2.0**6)))))) for s in shape]
    return [_box(centre, [side * scale for side in sides]) for scale in GUESSES]


def _promising(objective: Objective, centre: list[Fraction], box: Cell) -> bool:
    """Whether the loss is larger at all points of a grid on the faces."""
    here = _losses(objective, np.array([float(value) for value in centre]))
    lines = [np.linspace(float(low), float(high), GRID) for low, high in box]
    grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, len(box))
    ends = np.array([[float(low), float(high)] for low, high in box])
    on_faces = ((grid == ends[:, 0]) | (grid == ends[:, 1])).any(axis=1)
    return all(_losses(objective, theta) > here for theta in grid[on_faces])


# -------------------------------------------------------------------- proofs, by balls


def _depth_of_faces(objective: Objective, box: Cell, here: arb) -> tuple[int, ...] | None:
    """Depths at which balls see a larger loss on all faces, one more than needed; None beyond the limits."""
    search = _Subdivision(objective, here.upper(), EVALUATIONS, [0] * len(box))
    for i, side in enumerate(box):
        for end in side:
            if not search.covers((*box[:i], (end, end), *box[i + 1 :]), (0,) * len(box)):
                return None
    depth = tuple(d + 1 if len(box) > 1 else 0 for d in search.depth)
    pieces = 2 * sum(2 ** (sum(depth) - d) for d in depth)
    return depth if pieces <= MOST_PIECES else None


def _floor(objective: Objective, box: Cell, here: arb) -> tuple[Fraction, tuple[int, ...]]:
    """A lower bound of the loss on the box, as near to that of the point as a moderate effort proves."""
    top = dyadic(here.lower())
    gap = top / 64
    while 0 < gap < top:
        floor = Fraction(f"{float(top - gap):.4g}")
        limit = floor + (top - floor) / 64  # to spare
        search = _Subdivision(objective, ball(limit), FLOOR_EVALUATIONS, [0] * len(box))
        if 0 < floor < top and search.covers(box, (0,) * len(box)) and 2 ** sum(search.depth) <= FLOOR_EVALUATIONS:
            return floor, tuple(search.depth)
        gap *= 2
    return Fraction(0), (0,) * len(box)
