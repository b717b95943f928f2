"""Networks that ordinary BFGS has trained, handed over as they are: what is certified, and that it is true.

The rates are those of 4 to 8 seeds; benchmarks and notes have them for 30 and 40.
"""

from collections import Counter

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.classify import refine

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [["1/8"], ["7/8"], ["7/8"], ["1/8"]]


def trained(loss, seed, *, scale=1.5, repetitions=1):
    """Where BFGS stops."""

    def value(theta):
        here = loss.in_floats(theta)
        return float(here.twice_the_loss) / 2, here.gradient

    theta = np.random.default_rng(seed).standard_normal(loss.coordinates.count) * scale
    with np.errstate(all="ignore"):
        for _ in range(repetitions):
            theta = minimize(value, theta, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000}).x
    return loss.at(ExactArray.from_array(theta))


def tanh_teacher():
    rng = np.random.default_rng(5)
    rng.standard_normal((12, 2))
    rng.standard_normal((12, 1))
    samples = np.round(rng.standard_normal((30, 2)) * 8) / 8
    hidden = np.tanh(samples @ [[1.0, -2, 0.5], [1.5, 0.5, -1]] + [0.3, -0.2, 0.5])
    targets = np.round((hidden @ [[1.0], [-1.5], [2]] + 0.2 * rng.standard_normal((30, 1))) * 32) / 32
    return samples, targets


def relu_teacher(inputs, units, outputs, samples):
    rng = np.random.default_rng(7)
    x = np.round(rng.standard_normal((samples, inputs)) * 16) / 16
    hidden = np.maximum(x @ rng.standard_normal((inputs, units)) + 0.3, 0)
    noise = 0.2 * rng.standard_normal((samples, outputs))
    return x, np.round((hidden @ rng.standard_normal((units, outputs)) + noise) * 32) / 32


def count(base, seeds, **options):
    """Statuses of what `refine` says from several seeds; the checker accepts each of them."""
    found = Counter()
    for seed in seeds:
        point = refine(trained(base, seed, **options), search=False)
        found[point.status] += 1
        if point.finding is not None:
            instance = point.objective.instance
            outcome = Certificate(instance, point.claims, len(instance.network.layers), point.points).outcome
            assert outcome.exit_code == 0, outcome.message
        else:
            assert point.reason
    return found


def test_tanh(objective, dense):
    base = objective(dense((2, 3, 1), "tanh"), *tanh_teacher(), [0] * 13)
    assert count(base, range(8))["strict minimum"] >= 6


def test_xor(objective, dense):
    base = objective(dense((2, 2, 1), "sigmoid"), *XOR, [0] * 9)
    assert count(base, range(8))["global minimum"] >= 5


@pytest.mark.parametrize(("sizes", "samples", "least"), [((1, 2, 1), 12, 5), ((2, 3, 1), 30, 3)])
def test_relu(objective, dense, sizes, samples, least):
    base = objective(dense(sizes, "relu"), *relu_teacher(*sizes, samples), [0] * ((sizes[0] + 2) * sizes[1] + 1))
    found = count(base, range(6), scale=1.0, repetitions=3)
    assert found["minimum"] + found["strict minimum"] >= least


def test_mpmath_finds_the_same_points(objective, dense):
    """Critical point, loss and signs of the eigenvalues, by Newton's method with 40 digits on a loss by hand."""
    samples, targets = tanh_teacher()
    base = objective(dense((2, 2, 1), "tanh"), samples[:12], targets[:12], [0] * 9)
    mp = mpmath.mp.clone()
    mp.dps = 40
    rows = list(zip(samples[:12].tolist(), targets[:12, 0].tolist(), strict=True))

    def residual(theta, x, y):
        hidden = [mp.tanh(x[0] * theta[h] + x[1] * theta[2 + h] + theta[4 + h]) for h in range(2)]
        return hidden[0] * theta[6] + hidden[1] * theta[7] + theta[8] - y, hidden

    def gradient(*theta):
        result = [mp.mpf(0)] * 9
        for x, y in rows:
            r, hidden = residual(theta, x, y)
            for h in range(2):
                slope = r * theta[6 + h] * (1 - hidden[h] ** 2)
                for place, factor in ((h, x[0]), (2 + h, x[1]), (4 + h, 1)):
                    result[place] += slope * factor
                result[6 + h] += r * hidden[h]
            result[8] += r
        return result

    compared = 0
    for seed in range(12):
        point = refine(trained(base, seed), search=False)
        if point.finding is None or point.finding.evidence.kind not in ("box", "krawczyk"):
            continue
        centre = [mp.mpf(v.numerator) / v.denominator for v in point.finding.centre.fractions().tolist()]
        solution = mp.findroot(lambda *t: gradient(*t), centre, tol=1e-60)
        assert max(abs(a - b) for a, b in zip(solution, centre, strict=True)) <= point.finding.radius
        loss = sum(residual(list(solution), x, y)[0] ** 2 for x, y in rows) / 2
        low, high = (mp.mpf(end.numerator) / end.denominator for end in point.loss)
        assert low <= loss <= high
        step = mp.mpf(10) ** -15
        hessian = mp.matrix(9, 9)
        for j in range(9):
            ends = []
            for sign in (1, -1):
                moved = list(solution)
                moved[j] += sign * step
                ends.append(gradient(*moved))
            for i in range(9):
                hessian[i, j] = (ends[0][i] - ends[1][i]) / (2 * step)
        values = mp.eigsy((hessian + hessian.T) / 2, eigvals_only=True)
        signs = sum(v > 1e-9 for v in values), sum(v < -1e-9 for v in values)
        assert signs == point.index[:2]
        compared += 1
    assert compared >= 2
