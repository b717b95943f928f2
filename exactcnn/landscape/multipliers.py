"""Multipliers at kinks: λ with Aᵀλ = −g and 0 < λ < κ, or a direction that shows that there are none.

The one-sided derivative in a direction d is g·d + Σ κ max(0, a·d). If κ ≥ 0, it is the largest (g + p)·d over the
points p of the polytope {Aᵀλ : 0 ≤ λ ≤ κ}. So either −g is one of them, or d = −(g + p), p the point nearest to −g, has
derivative −|d|² < 0. Floats choose here; everything that is returned is to be verified exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exactcnn.resources import Progress

Floats = NDArray[np.float64]

ROUNDS = 40  # Newton steps of the barrier: t is within 2 / 1.5^40 of its maximum, and D still well conditioned
SWEEPS = 4000  # of projected gradients
REPORTED = 50  # sweeps


def interior(matrix: Floats, gradient: Floats, kappa: Floats, *, progress: Progress | None = None) -> Floats | None:
    """Find λ with Aᵀλ = −g well inside 0 < λ < κ.

    Maximises t under λ/κ ≥ t, 1 − λ/κ ≥ t, by a logarithmic barrier. For shares s = λ/κ, its second derivatives are
    diagonal in s, with a border for t: so a Newton step on the kernel of Aᵀ takes q n² operations.

    Parameters
    ----------
    matrix : ndarray (q, n)
        Rows a.
    gradient : ndarray (n,)
    kappa : ndarray (q,)
        Positive.
    progress : callable, optional

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
    shares = np.linalg.lstsq(a, -gradient, rcond=None)[0]
    _, values, vectors = np.linalg.svd(a, full_matrices=False)
    across = vectors[values > 1e-12 * values.max(initial=0.0)]  # an orthonormal basis of what moves Aᵀλ
    t, weight = float(np.minimum(shares, 1 - shares).min()) - 1, float(len(kappa))
    for done in range(ROUNDS):
        if progress is not None:
            progress("multipliers at the kinks", done, ROUNDS)
        low, high = 1 / (shares - t), 1 / (1 - shares - t)
        bend, border = low**2 + high**2, high**2 - low**2
        steps = _on_kernel(across, bend, np.stack([low - high, border], axis=1))
        own = (weight - (low + high).sum() - border @ steps[:, 0]) / (bend.sum() - border @ steps[:, 1])
        step = steps[:, 0] - own * steps[:, 1]
        size = 1.0
        while size > 1e-12 and not (np.minimum(shares + size * step, 1 - shares - size * step) > t + size * own).all():
            size /= 2
        if size <= 1e-12:  # as far as floats go
            break
        size *= 0.9 if size < 1 else 1
        shares, t = shares + size * step, t + size * own
        weight *= 1.5
    return shares * kappa if t > 1e-9 and ((shares > 0) & (shares < 1)).all() else None


def _on_kernel(across: Floats, diagonal: Floats, right: Floats) -> Floats:
    """Solve D y + Bᵀμ = x with B y = 0, for each column x.

    Examples
    --------
    >>> _on_kernel(np.array([[1.0, 0.0]]), np.array([2.0, 4.0]), np.array([[3.0], [8.0]])).tolist()
    [[0.0], [2.0]]
    """
    scaled = across / diagonal
    forces = np.linalg.lstsq(scaled @ across.T, scaled @ right, rcond=None)[0]
    found = (right - across.T @ forces) / diagonal[:, None]
    result: Floats = found - across.T @ (across @ found)  # rounding left a little
    return result


def steepest(matrix: Floats, gradient: Floats, kappa: Floats, *, progress: Progress | None = None) -> Floats:
    """Return −(g + p), p the point of {Aᵀλ : 0 ≤ λ ≤ κ} nearest to −g; negative κ count as 0.

    Examples
    --------
    >>> steepest(np.array([[1.0]]), np.array([-3.0]), np.array([1.0])).tolist()
    [2.0]
    """
    a = matrix[kappa > 0].T * kappa[kappa > 0]  # in shares
    step = 1 / max(float(np.linalg.norm(a, 2)) ** 2, 1e-300) if a.size else 1.0
    shares = last = np.full(a.shape[1], 0.5)
    for k in range(SWEEPS if a.size else 0):
        if progress is not None and k % REPORTED == 0:
            progress("descent at the kinks", k, SWEEPS)
        ahead = shares + k / (k + 3) * (shares - last)
        last, shares = shares, np.clip(ahead - step * (a.T @ (gradient + a @ ahead)), 0, 1)
    result: Floats = -(gradient + a @ shares)
    return result
