"""Multipliers at kinks: λ with Aᵀλ = −g and 0 < λ < κ, or a direction that shows that there are none.

The one-sided derivative in a direction d is g·d + Σ κ max(0, a·d). If κ ≥ 0, it is the largest (g + p)·d over the
points p of the polytope {Aᵀλ : 0 ≤ λ ≤ κ}. So either −g is one of them, or d = −(g + p), p the point nearest to −g, has
derivative −|d|² < 0. Floats choose here; everything that is returned is to be verified exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 60  # Newton steps of the barrier
SWEEPS = 4000  # of projected gradients


def interior(matrix: Floats, gradient: Floats, kappa: Floats) -> Floats | None:
    """Find λ with Aᵀλ = −g well inside 0 < λ < κ.

    Maximises t under λ/κ ≥ t, 1 − λ/κ ≥ t, by a logarithmic barrier.

    Parameters
    ----------
    matrix : ndarray (q, n)
        Rows a.
    gradient : ndarray (n,)
    kappa : ndarray (q,)
        Positive.

    Returns
    -------
    ndarray (q,) or None
        None if floats find no such λ.

    Examples
    --------
    >>> interior(np.array([[1.0], [1.0]]), np.array([-1.0]), np.array([1.0, 1.0])).round(6).tolist()
    [0.5, 0.5]
    """
    if not (kappa > 0).all() or not len(kappa):
        return None
    a = (matrix * kappa[:, None]).T  # (n, q), in shares s = λ/κ
    start = np.linalg.lstsq(a, -gradient, rcond=None)[0]
    _, values, vectors = np.linalg.svd(a, full_matrices=True)
    rank = int((values > 1e-12 * values.max(initial=0.0)).sum())
    null = vectors[rank:].T
    y, t = np.zeros(null.shape[1]), float(np.minimum(start, 1 - start).min()) - 1
    rows = np.concatenate([np.hstack([null, -np.ones((len(kappa), 1))]), np.hstack([-null, -np.ones((len(kappa), 1))])])
    constants = np.concatenate([start, 1 - start])
    point, weight = np.append(y, t), 1.0
    goal = np.zeros(len(point))
    goal[-1] = 1
    for _ in range(ROUNDS):
        slack = constants + rows @ point
        slope = -weight * goal - (rows / slack[:, None]).sum(axis=0)
        bend = (rows / slack[:, None]).T @ (rows / slack[:, None])
        step = -np.linalg.lstsq(bend, slope, rcond=None)[0]
        size = 1.0
        while size > 1e-12 and not (constants + rows @ (point + size * step) > 0).all():
            size /= 2
        point = point + size * 0.9 * step if size < 1 else point + step
        weight *= 1.5
    shares = start + null @ point[:-1]
    return shares * kappa if point[-1] > 1e-9 and ((shares > 0) & (shares < 1)).all() else None


def steepest(matrix: Floats, gradient: Floats, kappa: Floats) -> Floats:
    """Return −(g + p), p the point of {Aᵀλ : 0 ≤ λ ≤ κ} nearest to −g; negative κ count as 0.

    Examples
    --------
    >>> steepest(np.array([[1.0]]), np.array([-3.0]), np.array([1.0])).tolist()
    [2.0]
    """
    a = matrix.T * np.maximum(kappa, 0)  # in shares
    step = 1 / max(float(np.linalg.norm(a, 2)) ** 2, 1e-300) if a.size else 1.0
    shares = last = np.full(a.shape[1], 0.5)
    for k in range(SWEEPS):
        ahead = shares + k / (k + 3) * (shares - last)
        last, shares = shares, np.clip(ahead - step * (a.T @ (gradient + a @ ahead)), 0, 1)
    result: Floats = -(gradient + a @ shares)
    return result
