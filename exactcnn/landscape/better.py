"""Points with a provably smaller loss, which show that a minimum is not global.

Floats look for them by the method of Levenberg and Marquardt from many starts; what they find is rounded to few binary
digits, and compared exactly, or by balls. That none is found says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.piece_filter import nearest_float
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Block
from exactcnn.landscape.descent import loss_bounds
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.network.parameters import Parameters

Vector = NDArray[np.float64]

STARTS = 40
STEPS = 240  # that are tried from each start, at most
WORK = 1e10  # multiplications in all, a few seconds
OVERHEAD = 2e6  # multiplications that take as long as a step of a tiny network
FEWEST = 12  # steps in all, for large networks
PATIENCE = 8  # starts without a much better point, once there is one
LARGEST_JACOBIAN = 2**24  # entries
ZERO = 1e-13  # a loss, relative to the one to be beaten, at which nothing better is looked for
ROUNDINGS = (1, 2, 4, 8, 12, 20, 32, 48)  # binary digits behind the point, few first


def better_point(objective: Objective, finding: Finding, *, seed: int = 0) -> Parameters | None:
    """Look for parameters with a loss that is certainly below that of a finding.

    Parameters
    ----------
    objective : Objective
    finding : Finding
        With bounds of its loss.
    seed : int
        Of the starts.

    Returns
    -------
    Parameters or None
        Dyadic numbers. None where nothing was found with this effort.

    References
    ----------
    .. [1] D. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963.

    Examples
    --------
    A dead ReLU under the mean of the targets, which a line through them beats:

    >>> from exactcnn.landscape.reachable import find
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="relu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1]], "b1": [-9], "W2": [[1]], "b2": [3]})
    >>> objective = Objective(Instance(network, parameters, [[1], [2], [3]], [[2], [3], [4]]))
    >>> better = better_point(objective, find(objective))
    >>> objective.at(objective.coordinates.flat(better)).loss() < objective.loss() / 2
    True
    """
    floor = finding.loss[0]
    samples, outputs = objective.instance.count or 0, objective.instance.network.widths[-1]
    rows, count = samples * outputs, objective.coordinates.count
    if floor <= 0 or rows * count > LARGEST_JACOBIAN or not count:
        return None
    left = max(FEWEST, int(WORK / (OVERHEAD + rows * count * min(rows, count))))
    best, smallest, waited = None, nearest_float(floor), 0
    enough = ZERO * smallest
    with np.errstate(all="ignore"):  # numbers that floats do not hold are no better points
        for start in _starts(objective, seed):
            theta, loss, steps = _descend(objective, start, min(STEPS, left))
            left -= steps
            waited = 0 if loss < 0.99 * smallest else waited + 1
            if loss < smallest:
                best, smallest = theta, loss
            if smallest < enough or left <= 0 or (best is not None and waited >= PATIENCE):
                break
    return None if best is None else _rounded(objective, best, smallest, floor)


def _rounded(objective: Objective, theta: Vector, loss: float, floor: Fraction) -> Parameters | None:
    """The coarsest rounding that keeps half of the gain, or else any that is better."""
    half = (floor + Fraction(loss)) / 2
    for limit in (half, floor):
        for bits in ROUNDINGS:
            scaled = np.rint(np.ldexp(theta, bits))
            exact = ExactArray.from_array(np.ldexp(scaled, -bits))
            try:
                upper = loss_bounds(objective.at(exact))[1]
            except (InputError, Undecided):  # values that are too large, or not known
                continue
            if upper < limit:
                return objective.coordinates.parameters(exact)
    return None


def _starts(objective: Objective, seed: int) -> Iterator[Vector]:
    """Neighbours of the point, and random parameters whose units bend among the samples."""
    rng = np.random.default_rng(seed)
    theta = objective.theta.floats()[0]
    for number in range(STARTS):
        if number % 4 == 3:
            size = 2.0 ** rng.integers(-3, 3)
            yield theta + size * rng.standard_normal(len(theta)) * (1 + np.abs(theta)) / 2
            continue
        start = np.zeros(len(theta))
        for block in objective.coordinates.blocks:
            _draw(objective, start, block, rng)
        yield start


def _draw(objective: Objective, start: Vector, block: Block, rng: np.random.Generator) -> None:
    """Fill in one layer: weights by the size of what it reads, biases that centre the sums at a random sample."""
    slots, filters = block.layer.weights_shape
    index = block.layer.number - 1
    features = np.asarray(objective.in_floats(start).trace.features[index], dtype=np.float64)
    finite = np.clip(np.nan_to_num(features), -1e100, 1e100)
    size = np.sqrt(slots) * max(float(finite.std()), 1e-3)
    gain = 2.0 ** rng.integers(-1, 3)
    start[block.weights] = gain * rng.standard_normal(slots * filters) / size
    if block.layer.bias == "none":
        return
    sums = np.asarray(objective.in_floats(start).trace.pre_activations[index], dtype=np.float64)
    chosen = -sums[rng.integers(0, len(sums), sums.shape[1]), np.arange(sums.shape[1])]
    places = [block.bias(neuron) for neuron in range(sums.shape[1])]
    start[np.array(places)] = np.nan_to_num(chosen) + 0.1 * rng.standard_normal(len(places))


def _descend(objective: Objective, theta: Vector, most: int) -> tuple[Vector, float, int]:
    """Damped steps of Gauss and Newton, in floats: where they end, the loss there, and how many were tried."""
    here = objective.in_floats(theta)
    loss, damping, tried = float(here.twice_the_loss) / 2, 1e-2, 1
    while np.isfinite(loss) and tried < most:
        jacobian, residual = np.asarray(here.jacobian()), np.asarray(here.residual).ravel()
        if not np.isfinite(jacobian).all():
            break
        before, wide = loss, jacobian.shape[1] > jacobian.shape[0]
        gram = jacobian @ jacobian.T if wide else jacobian.T @ jacobian  # the smaller one
        for _ in range(10):
            tried += 1
            moved = theta - _step(jacobian, gram, residual, damping)
            there = objective.in_floats(moved)
            value = float(there.twice_the_loss) / 2
            if value < loss:
                theta, here, loss = moved, there, value
                damping = max(damping / 5, 1e-12)
                break
            damping *= 4
        if not loss < before * (1 - 1e-10):
            break
    return theta, loss if np.isfinite(loss) else np.inf, tried


def _step(jacobian: NDArray[np.float64], gram: NDArray[np.float64], residual: Vector, damping: float) -> Vector:
    """(JᵀJ + λ s I)⁻¹ Jᵀ R, by JᵀJ or JJᵀ, s the mean of its diagonal entries."""
    damped = gram + np.eye(len(gram)) * damping * (np.trace(gram) / len(gram) + 1e-12)
    try:
        if len(gram) == jacobian.shape[1]:
            return np.asarray(np.linalg.solve(damped, jacobian.T @ residual))
        return np.asarray(jacobian.T @ np.linalg.solve(damped, residual))
    except np.linalg.LinAlgError:
        return np.zeros(jacobian.shape[1])
