"""Floats that choose multipliers and directions, against SciPy's linear programs and least squares."""

import numpy as np
import pytest
from scipy.optimize import linprog, lsq_linear

from exactcnn.landscape.multipliers import interior, steepest
from tests.landscape.examples import assert_progress


def best_margin(matrix, gradient, kappa):
    """The largest t with t <= λ/κ <= 1 - t; negative if there is none."""
    q = len(kappa)
    scaled = (matrix * kappa[:, None]).T
    above = np.hstack([np.eye(q), np.ones((q, 1))])
    below = np.hstack([-np.eye(q), np.ones((q, 1))])
    found = linprog(
        [0] * q + [-1],
        A_ub=np.vstack([above, below]),
        b_ub=[1] * q + [0] * q,
        A_eq=np.hstack([scaled, np.zeros((len(scaled), 1))]),
        b_eq=-gradient,
        bounds=[(None, None)] * (q + 1),
    )
    return -found.fun if found.status == 0 else -np.inf


@pytest.mark.parametrize("seed", range(30))
def test_interior(seed):
    rng = np.random.default_rng(seed)
    q, n = rng.integers(1, 7), rng.integers(1, 4)
    matrix, kappa = rng.integers(-3, 4, (q, n)).astype(float), rng.uniform(0.5, 2, q)
    gradient = -matrix.T @ (kappa * rng.uniform(-0.4 if seed % 3 else 0.1, 0.9, q))
    margin = best_margin(matrix, gradient, kappa)
    found = interior(matrix, gradient, kappa)
    if margin > 1e-4:
        assert found is not None
        assert np.allclose(matrix.T @ found, -gradient)
        assert (found > 0).all()
        assert (found < kappa).all()
    elif margin < -1e-4:
        assert found is None


def test_interior_needs_positive_kappa():
    assert interior(np.ones((1, 1)), np.array([-1.0]), np.array([-2.0])) is None
    assert interior(np.zeros((0, 2)), np.zeros(2), np.zeros(0)) is None


@pytest.mark.parametrize("seed", range(12))
def test_steepest(seed):
    rng = np.random.default_rng(seed)
    q, n = rng.integers(1, 6), rng.integers(1, 5)
    matrix, kappa, gradient = rng.standard_normal((q, n)), rng.uniform(-0.5, 2, q), rng.standard_normal(n) * 3
    scaled = matrix.T * np.maximum(kappa, 0)
    shares = lsq_linear(scaled, -gradient, bounds=(0, 1 + 1e-12)).x
    assert np.allclose(steepest(matrix, gradient, kappa), -(gradient + scaled @ shares), atol=1e-4)


def many_kinks(units, samples):
    """Differentials of units that are all at their kinks on all samples, sharing no coordinates."""
    rng = np.random.default_rng(0)
    rows = np.hstack([rng.integers(-9, 10, (samples, 2)), np.ones((samples, 1))])
    matrix = np.kron(np.eye(units), rows)
    kappa = rng.uniform(0.5, 2, len(matrix))
    return matrix, -matrix.T @ (kappa * rng.uniform(0.1, 0.9, len(matrix))), kappa


def test_interior_of_many_kinks_is_the_best_and_reports():
    matrix, gradient, kappa = many_kinks(12, 20)
    reports = []
    found = interior(matrix, gradient, kappa, progress=lambda *report: reports.append(report))
    shares = found / kappa
    assert np.allclose(matrix.T @ found, -gradient)
    assert np.minimum(shares, 1 - shares).min() == pytest.approx(best_margin(matrix, gradient, kappa), abs=1e-5)
    assert_progress(reports, "multipliers at the kinks")


def test_steepest_reports_and_leaves_out_what_does_not_count():
    matrix, gradient, kappa = many_kinks(3, 5)
    kappa[::2] *= -1
    reports = []
    found = steepest(matrix, gradient, kappa, progress=lambda *report: reports.append(report))
    assert np.allclose(found, steepest(matrix[1::2], gradient, kappa[1::2]))
    assert_progress(reports, "descent at the kinks")
    assert steepest(matrix, gradient, -np.abs(kappa)).tolist() == (-gradient).tolist()
