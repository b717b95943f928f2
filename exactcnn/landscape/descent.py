"""No minima where derivatives exist: a partial derivative, a negative curvature, a curve that goes down.

All three prove that there are smaller losses as near as one likes; `exactcnn.landscape.kink_descent` does so at kinks,
and `exactcnn.landscape.better` looks for them far away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.dual import Dual, Pair
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.evaluation import evaluate
from exactcnn.landscape.evidence import By, DescentCurve, Entry, NegativeDirection
from exactcnn.landscape.finding import Finding, enclosure, widened
from exactcnn.landscape.objective import MOST_PARAMETERS, PRECISION, Objective
from exactcnn.landscape.one_sided import rational_part
from exactcnn.landscape.polynomials import along
from exactcnn.linalg.inertia import floats

if TYPE_CHECKING:
    from flint import arb

ROUNDINGS = (2, 6, 14, 30, 48)  # bits of a direction: the shortest one that serves
RANDOM_DIRECTIONS = 60
LARGEST_DEGREE = 400  # of the loss along a line


def entry(objective: Objective, bits: int = PRECISION) -> Finding | str:
    """Prove that a point is not critical: the partial derivative that is farthest from zero, in balls (T9a).

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [0]})
    >>> found = entry(Objective(Instance(network, parameters, [[1], [2]], [[0], [0]])))
    >>> found.type, found.evidence.coordinate
    ('not critical', 0)
    """
    if meets_breakpoints(objective):
        return "the gradient is not known: the point lies on a breakpoint of an activation, or a tie of a maximum"
    try:
        with working_precision(bits):
            here = objective.in_balls()
            partial = here.gradient.tolist()
            sizes = [float(abs(widened(value)).lower()) for value in partial]
    except (InputError, Undecided) as error:
        return f"the gradient is not known: {error}"
    best = int(np.argmax(sizes)) if sizes else 0
    if not sizes or not sizes[best] > 0 or partial[best].contains(0):
        return f"no partial derivative is proved to be different from zero at {bits} bits"
    return Finding("not critical", Entry(best, bits), enclosed_loss(objective, bits))


def meets_breakpoints(objective: Objective) -> bool:
    """Whether Q decides that an argument lies where a formula changes, smoothly or not, or that a maximum is tied."""
    field = Rationals()
    pattern, _ = rational_part(objective, field, field.lift(objective.theta))
    return any(choice is not None and choice.ties is not None and choice.ties.any() for choice in pattern)


def loss_bounds(objective: Objective, bits: int = PRECISION) -> tuple[Fraction, Fraction]:
    """Φ at the point as both bounds where it is rational, else bounds."""
    loss = objective.loss(bits=bits)
    return (loss, loss) if isinstance(loss, Fraction) else enclosed_loss(objective, bits)


def enclosed_loss(objective: Objective, bits: int) -> tuple[Fraction, Fraction]:
    """Bounds of Φ at the point from balls, also where it is rational."""
    with working_precision(bits):
        return enclosure(objective.in_balls().twice_the_loss.item() / 2)


# -------------------------------------------------------------------- curvature


def negative_curvature(objective: Objective, by: By, bits: int = PRECISION) -> Finding | str:
    """Prove that a critical point is a saddle, or at least no minimum, by second derivatives along lines (T9c).

    Parameters
    ----------
    objective : Objective
        At a point whose gradient is exactly zero: the caller knows.
    by : "rational" or "formal"
        How.
    bits : int

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="identity", bias="none") for _ in range(2)])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0]], "W2": [[0]]})
    >>> negative_curvature(Objective(Instance(network, parameters, [[1]], [[1]])), "rational").type
    'saddle'
    """
    count = objective.coordinates.count
    if count > MOST_PARAMETERS:
        return f"more than {MOST_PARAMETERS} parameters: no Hessian"
    if meets_breakpoints(objective):
        return "the Hessian is not known: the point lies on a breakpoint of an activation, or a tie of a maximum"
    try:
        hessian = _float_hessian(objective)
        if not np.isfinite(hessian).all():
            return "the Hessian overflows in floats"
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    except (InputError, Undecided, np.linalg.LinAlgError) as error:
        return f"the Hessian is not known: {error}"
    if not count or not values[0] < 0:
        return "no direction of negative curvature is found"
    try:
        with working_precision(bits):
            down = _proved(vectors[:, 0], lambda d: bool(widened(second_derivative(objective, d)) < 0))
            up = _proved(vectors[:, -1], lambda d: bool(widened(second_derivative(objective, d)) > 0))
    except Undecided as error:
        return f"the Hessian is not known at {bits} bits: {error}"
    if down is None:
        return f"the smallest curvature, about {values[0]:.2g}, is not proved to be negative at {bits} bits"
    evidence = NegativeDirection(by, down, up, bits)
    return Finding("not a minimum" if up is None else "saddle", evidence, loss_bounds(objective, bits))


def _float_hessian(objective: Objective) -> NDArray[np.float64]:
    every = np.arange(objective.coordinates.count)
    try:
        return np.asarray(objective.in_floats().hessian(every), dtype=np.float64)
    except (InputError, Undecided):  # floats that fall on a kink
        with working_precision(PRECISION):
            return floats(objective.in_balls().hessian(every))


def second_derivative(objective: Objective, direction: ExactArray) -> arb:
    """dᵀHd, by dual numbers over balls at the working precision; raises as `backward`."""
    balls = Balls()
    dual, vector, instance = Dual(balls), balls.lift(direction), objective.instance
    assert instance.samples is not None
    assert instance.targets is not None
    theta = Pair(balls.lift(objective.theta), vector)
    samples, targets = dual.lift(instance.samples), dual.lift(instance.targets)
    slope = evaluate(dual, objective.coordinates, theta, samples, targets).gradient.slope
    value: arb = balls.total(vector * slope).item()
    return value


def _proved(direction: NDArray[np.float64], holds: Callable[[ExactArray], bool]) -> ExactArray | None:
    """The shortest rounding of a direction for which something holds."""
    for candidate in roundings(direction):
        if holds(candidate):
            return candidate
    return None


def roundings(direction: NDArray[np.float64]) -> Iterator[ExactArray]:
    """Roundings of a direction to integers, short ones first; zero is left out.

    Examples
    --------
    >>> [d.numbers.tolist() for d in roundings(np.array([0.5, -0.26]))][:2]
    [[4, -2], [64, -33]]
    """
    largest = np.abs(direction).max(initial=0)
    if not np.isfinite(largest) or not largest:
        return
    for bits in ROUNDINGS:
        yield ExactArray(np.rint(direction / largest * 2**bits).astype(np.int64))


# -------------------------------------------------------------------- curves


def curve(objective: Objective, *, seed: int = 0) -> Finding | str:
    """Prove that a point is no minimum by a line along which the loss is a polynomial that first goes down (T9d).

    Parameters
    ----------
    objective : Objective
        Of a network whose activations are polynomials.
    seed : int
        Of the directions that are tried last.

    Examples
    --------
    ½ (uvw − 1)² at zero, where all second derivatives vanish:

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(1, activation="identity", bias="none") for _ in range(3)])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0]], "W2": [[0]], "W3": [[0]]})
    >>> curve(Objective(Instance(network, parameters, [[1]], [[1]]))).evidence.directions.numbers.tolist()
    [[1, 1, 1]]
    """
    degree = 0
    for own in objective.curves:
        if own is None or own.domain != "rational" or own.kinks or len(own.pieces[0].denominator) != 1:
            return "not all layers are polynomials"
        piece = own.pieces[0]
        if any(i for i, _, _ in piece.denominator):
            return "not all layers are polynomials"
        degree = (degree + 1) * max((i for i, _, _ in piece.numerator), default=0)
    if 2 * degree > LARGEST_DEGREE:
        return f"the loss has degree {2 * degree} along a line; expected at most {LARGEST_DEGREE}"
    for direction in _directions(objective, seed):
        coefficients = along(objective, direction.reshape(1, -1))
        order = next((i for i, c in enumerate(coefficients) if i and c), None)
        if order is not None and order % 2 and coefficients[order] > 0:
            direction = ExactArray(-direction.numbers)
            coefficients[order] = -coefficients[order]
        if order is not None and coefficients[order] < 0:
            return Finding("not a minimum", DescentCurve(direction.reshape(1, -1)), loss_bounds(objective))
    return "the loss grows along all lines that were tried"


def _directions(objective: Objective, seed: int) -> Iterator[ExactArray]:
    """All ones, kernel vectors and lowest eigenvectors of the Hessian, units of coordinates, small random integers."""
    count = objective.coordinates.count
    if not count:
        return
    yield ExactArray(np.ones(count, dtype=np.int64))
    rng = np.random.default_rng(seed)
    if count <= MOST_PARAMETERS:
        values, vectors = np.linalg.eigh(_symmetric(_float_hessian(objective)))
        flat = vectors[:, values <= 1e-9 * max(1.0, np.abs(values).max())]
        if flat.shape[1]:
            for direction in (flat @ flat.T)[:, : min(count, RANDOM_DIRECTIONS)].T:  # of the coordinates' vectors
                yield from list(roundings(direction))[2:3]
            for _ in range(RANDOM_DIRECTIONS):
                yield from list(roundings(flat @ rng.integers(-2, 3, flat.shape[1])))[2:3]
    for _ in range(RANDOM_DIRECTIONS):
        candidate = rng.integers(-1, 2, count)
        if candidate.any():
            yield ExactArray(candidate)


def _symmetric(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.where(np.isfinite(matrix), matrix, 0.0)
    return np.asarray((finite + finite.T) / 2)
