"""How the terms of layers grow with depth and width: leaky ReLUs on small digits, drawn or trained, in exact terms.

The images are the bundled digits, 2 x 2 pixels added up to one (16 inputs), the target is 1 for an even digit and -1
for an odd one. Training is in floats, by damped Gauss-Newton steps; weights are then rounded to multiples of 2^-20, and
everything that is said of the point is exact for these. Such networks mostly end on kinks, or near them: these points
are not critical, and what the terms leave is then below their loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exactcnn.data.sources import digits
from exactcnn.landscape.block_terms import BlockTerms, block_terms
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress

GRID = 2**20  # weights are multiples of 1/GRID
DAMPING = (1.0, 4.0, 3.0)  # at first, its growth where a step fails, and its fall where one does not
ATTEMPTS = 12  # of one step


@dataclass(frozen=True, eq=False)
class Grown:
    """One network.

    Attributes
    ----------
    depth, width : int
        Hidden layers, and units in each.
    terms : BlockTerms
        Of its layers, at its point; not yet checked.
    gradient : float
        |∇Φ| there, in float64.
    """

    depth: int
    width: int
    terms: BlockTerms
    gradient: float

    @property
    def parameters(self) -> int:
        """Their number P."""
        return self.terms.objective.coordinates.count

    @property
    def shares(self) -> tuple[float, ...]:
        """The terms of the layers from below, and what they leave, in units of ½ ‖Y‖²."""
        return tuple(float(value / self.terms.norm) for value in (*self.terms.terms, self.terms.left))

    @property
    def loss(self) -> float:
        """Φ in the same units."""
        return float(self.terms.loss / self.terms.norm)


def even_or_odd(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first digits as sums of 2 x 2 pixels, (count, 16), and targets 1 and -1.

    Examples
    --------
    >>> samples, targets = even_or_odd(3)
    >>> samples.shape, int(samples.max()), targets.ravel().tolist()
    ((3, 16), 56, [1, -1, 1])
    """
    data = digits().prefix(count)
    pixels = data.samples.integers()[0].astype(np.int64).reshape(-1, 4, 2, 4, 2)
    return pixels.sum(axis=(2, 4)).reshape(-1, 16), 1 - 2 * (np.asarray(data.labels)[:, None] % 2)


def grow(
    depths: Iterable[int],
    widths: Iterable[int],
    *,
    count: int = 100,
    steps: int = 0,
    starts: int = 1,
    progress: Progress | None = None,
) -> tuple[Grown, ...]:
    """Take the terms of networks of all these depths and widths.

    Parameters
    ----------
    depths, widths : iterable of int
        Hidden layers, and units in each.
    count : int
        Samples.
    steps : int
        Of training; 0 for networks as they are drawn.
    starts : int
        The best of so many is taken, by its loss.
    progress : callable, optional
        Called with ("networks", done, total).

    Examples
    --------
    >>> found = grow([1], [1, 2], count=40)
    >>> [(each.width, each.parameters) for each in found]
    [(1, 19), (2, 37)]
    """
    samples, targets = even_or_odd(count)
    sizes = [(depth, width) for depth in depths for width in widths]
    result = []
    for done, (depth, width) in enumerate(sizes):
        if progress is not None:
            progress("networks", done, len(sizes))
        layers = [FullyConnected(width, activation="leaky-relu(1/8)") for _ in range(depth)]
        network = Network((16,), [*layers, FullyConnected(1, activation="identity")])
        found = [_trained(_drawn(network, samples, targets, seed), steps) for seed in range(starts)]
        best = min(found, key=lambda each: float(each.in_floats().twice_the_loss))
        gradient = float(np.linalg.norm(best.in_floats().gradient))
        result.append(Grown(depth, width, block_terms(best, check=False), gradient))
    return tuple(result)


def _drawn(network: Network, samples: NDArray[np.int64], targets: NDArray[np.int64], seed: int) -> Objective:
    """He's initialisation, scaled to the inputs, with small biases, off all kinks."""
    generator = np.random.default_rng([seed, *network.widths])
    arrays = {}
    for number, (below, above) in enumerate(zip(network.widths, network.widths[1:], strict=False), start=1):
        scale = np.sqrt(2 / below) / (32 if number == 1 else 1)
        arrays[f"W{number}"] = _rounded(generator.standard_normal((below, above)) * scale)
        arrays[f"b{number}"] = _rounded(generator.standard_normal(above) / 10)
    return Objective(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def _trained(objective: Objective, steps: int) -> Objective:
    """Damped Gauss-Newton steps, each of which lowers the loss, in floats."""
    damping, growth, fall = DAMPING
    theta = objective.theta.floats()[0].copy()
    here = objective.in_floats(theta)
    for _ in range(steps):
        jacobian = here.jacobian()
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ here.residual.ravel()
        for _ in range(ATTEMPTS):
            moved = theta - np.linalg.solve(normal + damping * np.eye(len(theta)), gradient)
            there = objective.in_floats(moved)
            if there.twice_the_loss < here.twice_the_loss:
                break
            damping *= growth
        else:
            break
        theta, here, damping = moved, there, damping / fall
    return objective.at(_rounded(theta))


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.rint(values * GRID) / GRID)


def table_of(found: Iterable[Grown]) -> list[list[str]]:
    """Rows of a table: sizes, shares of ½ ‖Y‖² in percent, the loss, and the gradient.

    Examples
    --------
    >>> table_of(grow([1], [2], count=40))[0][:3]
    ['1', '2', '37']
    """
    rows = []
    for each in found:
        terms = " + ".join(f"{100 * share:.1f}" for share in each.shares[:-1])
        numbers = [f"{100 * each.shares[-1]:.1f}", f"{100 * each.loss:.1f}", f"{each.gradient:.1g}"]
        rows.append([str(each.depth), str(each.width), str(each.parameters), terms, *numbers])
    return rows
