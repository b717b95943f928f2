"""The population loss: against integration, sampling and differences; in balls and in floats."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.gallery.registry import select
from exactcnn.landscape.population import PopulationLoss

NAMES = ("safran-shamir-6", "safran-shamir-7")


def weights_of(name):
    (piece,) = select([name])
    return piece.arrays["W1"]


def random_weights(n, seed):
    rng = np.random.default_rng(seed)
    return (2 * rng.integers(-40, 40, (n, n)) + 1) / 32  # no zeros: no unit vectors


def value(weights):
    return float(PopulationLoss(weights).in_floats().twice_the_loss) / 2


# ---------------------------------------------------------------- the closed form


@pytest.mark.parametrize("weights", [[[2, 1], [1, 2]], [["1/2", -1], ["-3/2", "-1/4"]], [["1/50", 3], [-1, "1/100"]]])
def test_two_units_by_integration(weights):
    """In the plane, x = r (cos t, sin t): E h(x) for h of degree 2 is the mean of 2 h(cos t, sin t) over the circle."""
    w = [[mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator for x in column] for column in zip(*weights)]  # noqa: B905
    breaks = [mpmath.pi / 2 * k for k in range(5)]
    for a, b in w:  # kinks, where a cos t + b sin t = 0
        zero = mpmath.atan2(-a, b)
        breaks += [zero % (2 * mpmath.pi), (zero + mpmath.pi) % (2 * mpmath.pi)]

    def relu(z):
        return max(z, mpmath.mpf(0))

    def square(t):
        x, y = mpmath.cos(t), mpmath.sin(t)
        return (sum(relu(a * x + b * y) for a, b in w) - relu(x) - relu(y)) ** 2

    expected = mpmath.quad(square, sorted(breaks)) / (2 * mpmath.pi)
    assert value(weights) == pytest.approx(float(expected), rel=1e-12)


def test_six_units_by_sampling():
    weights = np.array([[float(x) for x in row] for row in weights_of(NAMES[0])])
    x = np.random.default_rng(0).standard_normal((400_000, 6))
    residual = np.maximum(x @ weights, 0).sum(axis=1) - np.maximum(x, 0).sum(axis=1)
    error = (residual**2 / 2).std() / np.sqrt(len(x))
    assert abs((residual**2 / 2).mean() - value(weights_of(NAMES[0]))) < 5 * error
    assert error < 2e-4


@pytest.mark.parametrize(("n", "seed"), [(2, 0), (3, 1), (4, 2)])
def test_derivatives_by_differences(n, seed):
    loss = PopulationLoss(random_weights(n, seed))
    here, theta, step = loss.in_floats(), loss.theta.floats()[0], 1e-5
    hessian = np.asarray(here.hessian(np.arange(n * n)), dtype=float)
    for e in range(n * n):
        ahead, behind = theta.copy(), theta.copy()
        ahead[e] += step
        behind[e] -= step
        ends = loss.in_floats(ahead), loss.in_floats(behind)
        slope = (float(ends[0].twice_the_loss) - float(ends[1].twice_the_loss)) / (4 * step)
        assert float(here.gradient[e]) == pytest.approx(slope, abs=1e-8)
        column = np.asarray(ends[0].gradient - ends[1].gradient, dtype=float) / (2 * step)
        assert hessian[:, e] == pytest.approx(column, abs=1e-7)
    assert hessian == pytest.approx(hessian.T, abs=1e-13)


@pytest.mark.parametrize("n", [2, 3])
def test_balls_contain_floats(n):
    loss = PopulationLoss(random_weights(n, 7))
    with working_precision(128):
        balls, near = loss.in_balls(), loss.in_floats()
        assert float(balls.twice_the_loss.item().mid()) == pytest.approx(float(near.twice_the_loss), rel=1e-13)
        found = [float(x.mid()) for x in balls.gradient]
        assert found == pytest.approx([float(x) for x in near.gradient], abs=1e-13)
        free = np.arange(0, n * n, 2)
        found = [float(x.mid()) for x in balls.hessian(free).ravel()]
        assert found == pytest.approx([float(x) for x in near.hessian(free).ravel()], abs=1e-12)


def test_a_box_contains_the_values_at_its_corners():
    loss = PopulationLoss(random_weights(2, 3))
    with working_precision(128):
        from flint import arb

        centre = loss.in_balls().students.T.ravel()
        box = loss.in_balls(np.array([x + arb(0, 2**-10) for x in centre], dtype=object))
        for signs in np.ndindex(2, 2, 2, 2):
            corner = np.array([x + arb(2 * s - 1) / 2**10 for x, s in zip(centre, signs, strict=True)], dtype=object)
            at = loss.in_balls(corner)
            assert box.twice_the_loss.item().contains(at.twice_the_loss.item().mid())
            assert all(a.contains(b.mid()) for a, b in zip(box.gradient, at.gradient, strict=True))
            pairs = zip(box.hessian(np.arange(4)).ravel(), at.hessian(np.arange(4)).ravel(), strict=True)
            assert all(a.contains(b.mid()) for a, b in pairs)


def test_near_the_teacher_the_loss_is_near_zero():
    weights = np.eye(3) + np.full((3, 3), 1e-3) * (1 + np.arange(9).reshape(3, 3))
    assert 0 < value(weights) < 1e-3


def test_students_may_be_permuted():
    weights = random_weights(4, 5)
    assert value(weights[:, [2, 0, 3, 1]]) == pytest.approx(value(weights), rel=1e-12)
    assert value(weights[[2, 0, 3, 1]]) == pytest.approx(value(weights), rel=1e-12)  # rows: the teacher is permuted
    assert value(weights * np.array([1, 1, 1, 2])) != pytest.approx(value(weights))


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([[1, 2]], r"weights have shape \(1, 2\); expected \(n, n\)"),
        ([1, 2], r"weights have shape \(2,\); expected \(n, n\)"),
        (np.eye(45), "weights have 2025 entries; expected at most 2000"),
    ],
)
def test_shapes_are_refused(weights, said):
    with pytest.raises(InputError, match=said):
        PopulationLoss(weights)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([[1, 1], [0, 3]], "unit 0 may be parallel to the unit vector 0"),
        ([[-1, 1], [0, 3]], "unit 0 may be parallel to the unit vector 0"),
        ([[0, 1], [0, 3]], "unit 0 may be parallel to unit 1"),
        ([[1, 2], [3, 6]], "unit 0 may be parallel to unit 1"),
        ([[1, 2], [3, 0]], "unit 1 may be parallel to the unit vector 0"),
    ],
)
def test_parallel_vectors_are_refused(weights, said):
    loss = PopulationLoss(weights)
    with pytest.raises(InputError, match=said):
        loss.in_floats().gradient  # noqa: B018
    with working_precision(128), pytest.raises(InputError, match=said):
        loss.in_balls().gradient  # noqa: B018


def test_points_of_the_same_loss():
    loss = PopulationLoss(random_weights(2, 0))
    moved = loss.at(ExactArray.from_array([1, 2, 3, 4]))
    assert moved.weights.fractions().tolist() == [[1, 2], [3, 4]]
    assert moved.parameters().layer(2).weights.fractions().tolist() == [[1], [1]]
    assert loss.coordinates.index("W1[1,0]") == 2
    assert loss.teacher().weights.fractions().tolist() == [[1, 0], [0, 1]]
