"""Critical points of networks with one hidden layer and one output whose residual is prescribed, found by floats.

Let f(x) = c + Σ v_j σ(w_j · x̃), x̃ = (x, 1) with a hidden bias, else x, and c = 0 without an output bias. A residual r
makes (v, w, c) critical for the targets y = f(X) − r exactly if, for all units,

    Σ r_i σ(w_j · x̃_i) = 0,   Σ r_i σ′(w_j · x̃_i) x̃_i = 0,   and Σ r_i = 0 with an output bias.

These equations do not contain v. They are solved for (X, W, r) from a random start by the method of Gauss and Newton,
with the shortest steps, since there are more unknowns than equations. The Hessian is JᵀJ plus the blocks v_j Q_j,
Q_j = Σ r_i σ″(w_j · x̃_i) x̃_i x̃_iᵀ, so that signs and sizes of the v_j remain to be chosen: where it is positive
definite there is a strict minimum, and not a global one if some further unit correlates with r. Nothing here proves
anything.

A start by construction: without biases, for d = 1 and the logistic function, F(w) = Σ r_i σ(w x_i) is (R + T(w)) / 2,
with R = Σ r_i and T(w) = Σ r_i tanh(w x_i / 2), which is odd. Let all x_i be positive, and T the combination of the N
tanh that takes its largest absolute value R on (0, ∞] at N points with alternating signs, the last one ∞. Then F and F′
vanish at each of the N − 1 finite ones, or at its negative: N − 1 units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Functions = Callable[[Array], tuple[Array, Array, Array]]

STEPS = 40
CLIMBS = 20  # from a point that is a strict minimum: moves that may make it a better conditioned one
SOLVED = 1e-13  # the largest residual of an equation
FARTHEST = 30.0  # of samples and weights
SIZES = (1.0, 0.3, 0.1, 0.03)  # of the v_j
PROBES = 400  # further units, to see whether one correlates with r
CORRELATED = 1e-3
SPREAD = 2.0  # ratio of neighbouring samples of the construction
DEFINITE = 1e-9  # smallest eigenvalue of the Hessian scaled to ones on the diagonal


@dataclass(frozen=True)
class Shape:
    """A network: numbers of samples, inputs and units, biases, and σ with two derivatives."""

    samples: int
    inputs: int
    units: int
    hidden_bias: bool
    output_bias: bool
    functions: Functions

    @property
    def slopes(self) -> int:
        """D, the number of weights into a unit, its bias included."""
        return self.inputs + self.hidden_bias

    def extended(self, samples: Array) -> Array:
        """Samples with the 1 that a hidden bias sees."""
        return np.hstack([samples, np.ones((len(samples), int(self.hidden_bias)))])


@dataclass(frozen=True)
class Candidate:
    """Samples (N, d), weights (n, D), residual (N), output weights (n), and how far the Hessian is from singular."""

    samples: Array
    weights: Array
    residual: Array
    outer: Array
    definite: float


def logistic(z: Array) -> tuple[Array, Array, Array]:
    """1 / (1 + exp(−z)) and two derivatives."""
    value = 1 / (1 + np.exp(-z))
    slope = value * (1 - value)
    return value, slope, slope * (1 - 2 * value)


def tanh(z: Array) -> tuple[Array, Array, Array]:
    """The hyperbolic tangent and two derivatives."""
    value = np.tanh(z)
    return value, 1 - value**2, -2 * value * (1 - value**2)


def softplus(z: Array) -> tuple[Array, Array, Array]:
    """log(1 + exp z) and two derivatives."""
    slope, curvature, _ = logistic(z)
    return np.logaddexp(0, z), slope, curvature


def trial(shape: Shape, seed: int, number: int) -> Candidate | None:
    """One random start; a strict minimum that is not global, as far as floats can tell, or None.

    Examples
    --------
    >>> shape = Shape(3, 1, 1, False, False, logistic)
    >>> found = trial(shape, 0, 0)
    >>> bool(abs(found.residual @ logistic(found.samples @ found.weights.T)[0]).max() < 1e-12)
    True
    """
    draw = np.random.default_rng([seed, number])
    samples = draw.standard_normal((shape.samples, shape.inputs)) * np.exp(draw.uniform(-0.5, 1.5))
    weights = draw.standard_normal((shape.units, shape.slopes)) * np.exp(draw.uniform(-0.5, 1))
    with np.errstate(all="ignore"):
        best = _judged(shape, solved(shape, samples, weights, draw.standard_normal(shape.samples)), draw)
        for _ in range(CLIMBS if best is not None else 0):
            assert best is not None
            size = 10 ** draw.uniform(-3, -0.5)
            parts = (best.samples, best.weights, best.residual)
            moved = [part + size * draw.standard_normal(part.shape) for part in parts]
            other = _judged(shape, solved(shape, moved[0], moved[1], moved[2]), draw)
            if other is not None and other.definite > best.definite:
                best = other
    return best


def constructed(shape: Shape) -> Candidate | None:
    """The start by construction, by Remez's exchange; None where it does not apply, or is not a strict minimum.

    Examples
    --------
    >>> found = constructed(Shape(4, 1, 3, False, False, logistic))
    >>> found.weights.shape, found.definite > 1e-7
    ((3, 1), True)
    """
    count = shape.samples
    if shape.functions is not logistic or shape.slopes != 1 or shape.output_bias or shape.units != count - 1:
        return None
    samples: Array = SPREAD ** np.arange(float(count))
    grid = np.exp(np.linspace(np.log(0.003 / samples[-1]), np.log(200), 40001))
    features = np.vstack([np.tanh(np.outer(grid, samples) / 2), np.ones(count)])  # the last row is ∞
    signs = (-1.0) ** np.arange(count)[::-1]
    guess = np.exp(np.linspace(np.log(1 / samples[-1]), np.log(4), count - 1))
    places = np.append(np.searchsorted(grid, guess), len(grid))
    for _ in range(STEPS):
        residual = np.linalg.solve(features[places], signs)
        values = features @ residual
        pieces = np.split(np.arange(len(values)), np.flatnonzero(np.diff(np.sign(values))) + 1)[-count:]
        found = np.array([piece[np.argmax(np.abs(values[piece]))] for piece in pieces[:-1]] + [len(grid)])
        if len(found) != count or (found == places).all():
            break
        places = found
    weights = (-signs * np.append(grid, 0)[places])[:-1, None]  # T = -1 there, or at the negative
    with np.errstate(all="ignore"):
        return _judged(shape, solved(shape, samples[:, None], weights, residual), np.random.default_rng(0))


def solved(shape: Shape, samples: Array, weights: Array, residual: Array) -> tuple[Array, Array, Array] | None:
    """A solution (X, W, r) of the equations near a start; None where the steps do not end at one."""
    residual = residual / np.linalg.norm(residual)
    sizes = np.cumsum([samples.size, weights.size])
    for _ in range(STEPS):
        values, jacobian = _equations(shape, samples, weights, residual)
        if not np.isfinite(jacobian).all() or not np.isfinite(values).all():
            return None
        if np.abs(values).max() < SOLVED:
            near = max(np.abs(samples).max(), np.abs(weights).max()) <= FARTHEST
            return (samples, weights, residual) if near else None
        step = np.linalg.lstsq(jacobian, -values, rcond=1e-10)[0]
        step /= max(1.0, np.abs(step).max())
        first, second, third = np.split(step, sizes)
        samples, weights = samples + first.reshape(samples.shape), weights + second.reshape(weights.shape)
        residual = residual + third
    return None


def _equations(shape: Shape, samples: Array, weights: Array, residual: Array) -> tuple[Array, Array]:
    """The equations, ‖r‖ = 1 the last, and their derivatives by X, W and r, in this order."""
    extended = shape.extended(samples)
    sigma, slope, curvature = shape.functions(extended @ weights.T)
    count, inputs, slopes = shape.samples, shape.inputs, shape.slopes
    values: list[float] = []
    rows: list[Array] = []
    for j, own in enumerate(weights):
        pull = residual * slope[:, j]
        for a in (None, *range(slopes)):  # r · σ, then r · (σ′ x̃_a)
            factor = np.ones(count) if a is None else extended[:, a]
            change = pull if a is None else residual * curvature[:, j] * factor  # by w_j · x̃_i
            by_samples = change[:, None] * own[None, :inputs]
            if a is not None and a < inputs:
                by_samples[:, a] += pull
            by_weights = np.zeros_like(weights)
            by_weights[j] = change @ extended
            by_residual = sigma[:, j] if a is None else slope[:, j] * factor
            rows.append(np.concatenate([by_samples.ravel(), by_weights.ravel(), by_residual]))
            values.append(float(residual @ by_residual))
    blank = np.zeros(samples.size + weights.size)
    if shape.output_bias:
        rows.append(np.concatenate([blank, np.ones(count)]))
        values.append(float(residual.sum()))
    rows.append(np.concatenate([blank, residual]))
    values.append(float(residual @ residual - 1) / 2)
    return np.array(values), np.array(rows)


def _judged(shape: Shape, found: tuple[Array, Array, Array] | None, draw: np.random.Generator) -> Candidate | None:
    """A solution with the output weights whose Hessian is farthest from singular; None if none is definite."""
    if found is None:
        return None
    samples, weights, residual = found
    extended = shape.extended(samples)
    probes = draw.standard_normal((PROBES, shape.slopes)) * np.exp(draw.uniform(-2, 2, (PROBES, 1)))
    features = shape.functions(extended @ probes.T)[0]
    if not (np.abs(residual @ features) > CORRELATED * np.linalg.norm(features, axis=0)).any():
        return None
    sigma, slope, curvature = shape.functions(extended @ weights.T)
    blocks = [(extended.T * (residual * own)) @ extended for own in curvature.T]
    one = np.ones((shape.samples, int(shape.output_bias)))
    best, chosen = DEFINITE, None
    for signs in _signs(blocks):
        for size in SIZES:
            outer = size * np.array(signs)
            columns = [outer[j] * slope[:, [j]] * extended for j in range(shape.units)]
            jacobian = np.hstack([*columns, sigma, one])
            hessian = jacobian.T @ jacobian
            for j, own in enumerate(blocks):
                place = slice(j * shape.slopes, (j + 1) * shape.slopes)
                hessian[place, place] += outer[j] * own
            diagonal = np.diag(hessian)
            if not (diagonal > 0).all():
                continue
            least = float(np.linalg.eigvalsh(hessian / np.sqrt(np.outer(diagonal, diagonal)))[0])
            if least > best:
                best, chosen = least, outer
    return None if chosen is None else Candidate(samples, weights, residual, chosen, best)


def _signs(blocks: list[Array]) -> itertools.product[Any]:
    """Signs of the v_j to be tried: those of Q_j where it is a number."""
    known = len(blocks[0]) == 1
    return itertools.product(*([np.sign(own[0, 0])] if known else [1.0, -1.0] for own in blocks))
