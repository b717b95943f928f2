"""Minima at exact points and in boxes: found where they are, nothing found where there is none, the checker agrees."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.finding import Finding, Slice
from exactcnn.landscape.gauge import find_slice
from exactcnn.landscape.minimum import Degenerate, minimum_at, minimum_in_box, newton


def nothing_frozen(loss):
    return Slice((), frozenset(), loss.coordinates.count)


def accepted(loss, finding):
    """What the checker says of a finding."""
    points = () if finding.centre is None else (loss.coordinates.parameters(finding.centre),)
    claim = finding.claim(0 if points else -1)
    return Certificate(loss.instance, (claim,), len(loss.instance.network.layers), points).outcome


def trained(loss, seed, *, tolerance=1e-9):
    """The point where BFGS stops, in floats."""
    from scipy.optimize import minimize

    def value(theta):
        here = loss.in_floats(theta)
        return float(here.twice_the_loss) / 2, here.gradient

    start = np.random.default_rng(seed).standard_normal(loss.coordinates.count)
    found = minimize(value, start, jac=True, method="BFGS", options={"gtol": tolerance, "maxiter": 2000})
    return ExactArray.from_array(found.x), found.fun


@pytest.fixture(scope="module")
def teacher(objective, dense):
    rng = np.random.default_rng(5)
    samples = np.round(rng.standard_normal((20, 2)) * 8) / 8
    hidden = np.tanh(samples @ [[1, -2], [1.5, 0.5]] + [0.3, -0.2]) @ [[1], [-1.5]]
    targets = np.round((hidden + 0.2 * rng.standard_normal((20, 1))) * 32) / 32
    network = dense((2, 2, 1), "tanh")
    return objective(network, samples, targets, [0] * 9)


def test_an_exact_strict_minimum(li_ding_sun):
    found = minimum_at(li_ding_sun, nothing_frozen(li_ding_sun), "rational", 128)
    assert isinstance(found, Finding)
    assert (found.type, found.strict, found.index) == ("minimum", True, (2, 0, 0))
    assert found.loss == (Fraction(49, 50), Fraction(49, 50))
    assert accepted(li_ding_sun, found).exit_code == 0


def test_a_box_around_an_exact_minimum(li_ding_sun):
    """The loss is found to many digits though the centre is not exact."""
    found = minimum_in_box(li_ding_sun, li_ding_sun.theta, nothing_frozen(li_ding_sun), 128)
    assert found.loss[0] < Fraction(49, 50) < found.loss[1]
    assert found.loss[1] - found.loss[0] < Fraction(1, 10**20)
    assert accepted(li_ding_sun, found).exit_code == 0


def test_trained_minima(teacher):
    """Wherever BFGS ends and the Hessian is definite, a minimum is certified, at the loss that floats have found."""
    count = 0
    for seed in range(6):
        theta, loss = trained(teacher, seed)
        found = minimum_in_box(teacher, theta, nothing_frozen(teacher), 128)
        if isinstance(found, str):
            continue
        count += 1
        assert abs(float(found.loss[0]) - loss) < 1e-9
        assert found.strict
        assert accepted(teacher, found).exit_code == 0
    assert count >= 3


def test_a_moved_centre_is_rejected(teacher):
    theta, _ = trained(teacher, 0)
    found = minimum_in_box(teacher, theta, nothing_frozen(teacher), 128)
    outcome = accepted(teacher, found)
    assert outcome.exit_code == 0
    moved = found.centre.fractions()
    moved[3] += Fraction(1, 2**12)
    wrong = Finding(
        found.type, found.evidence, found.loss, found.index, found.slice, ExactArray.from_fractions(moved), found.radius
    )
    assert accepted(teacher, wrong).exit_code == 1


def test_no_minimum_at_a_saddle(objective, dense):
    """x y has a saddle at 0: linear layers, target 1."""
    loss = objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], [0, 0])
    assert loss.gradient().fractions().tolist() == [0, 0]
    slice_ = nothing_frozen(loss)
    assert "not definite" in minimum_at(loss, slice_, "rational", 128)
    assert "not definite" in minimum_in_box(loss, loss.theta, slice_, 128)


def test_no_minimum_where_the_hessian_is_singular(objective, dense):
    loss = objective(dense((1, 1, 1), "identity", bias="none"), [[1]], [[1]], [1, 1])
    assert "not definite" in minimum_at(loss, nothing_frozen(loss), "rational", 128)
    assert "singular" in minimum_in_box(loss, loss.theta, nothing_frozen(loss), 128)
    frozen = Slice((), frozenset({0}), 2)
    assert isinstance(minimum_at(loss, frozen, "rational", 128), Finding)


def test_far_from_any_critical_point(teacher):
    theta = ExactArray.from_array(np.full(9, 3.0))
    with pytest.raises(Degenerate):
        newton(teacher, theta, np.arange(9), 128)


def test_a_kink_in_every_box(kink):
    assert "kink" in minimum_in_box(kink, kink.theta, nothing_frozen(kink), 128)


def test_newton_may_not_leave_the_pieces_of_its_slice(objective, dense):
    """Two ReLUs with the same pieces are mixed at the start; along what is left one of them is switched over."""
    network = dense((1, 2, 1), "relu", bias="none")
    data = [[-4], [4], [3], [4], [1]], [[1], ["3/4"], [1], [-1], [-2]]
    loss = objective(network, *data, [1, "1/1000", "1/1000", "1/10000"])
    slice_ = find_slice(loss)
    assert [step.kind for step in slice_.steps] == ["mixing"]
    assert "leaves the pieces" in minimum_in_box(loss, loss.theta, slice_, 128)
    near = objective(network, *data, [1, 1, "1/100", "-1/100"])
    assert accepted(near, minimum_in_box(near, near.theta, find_slice(near), 128)).exit_code == 0
