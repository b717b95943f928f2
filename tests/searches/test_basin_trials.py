"""Trials in floats: equations, derivatives and Hessians computed again, slowly, and the construction."""

import numpy as np
import pytest

from exactcnn.searches import basin_trials as module
from exactcnn.searches.basin_trials import Shape, constructed, logistic, softplus, solved, tanh, trial

FUNCTIONS = [logistic, tanh, softplus]


def loss(shape, candidate, theta, targets):
    """½ ‖f(X) − y‖² with a loop over samples and units; θ = (v, w, c)."""
    v, rest = theta[: shape.units], theta[shape.units :]
    w, c = rest[: shape.units * shape.slopes].reshape(shape.units, -1), rest[shape.units * shape.slopes :]
    total = 0.0
    for x, y in zip(candidate.samples, targets, strict=True):
        value = c[0] if shape.output_bias else 0.0
        for own, outer in zip(w, v, strict=True):
            z = own[: shape.inputs] @ x + (own[-1] if shape.hidden_bias else 0)
            value += outer * shape.functions(np.array([z]))[0][0]
        total += (value - y) ** 2 / 2
    return total


@pytest.mark.parametrize("functions", FUNCTIONS)
def test_derivatives_of_the_functions(functions):
    z, h = np.linspace(-4, 4, 41), 1e-5
    value, slope, curvature = functions(z)
    above, below = functions(z + h), functions(z - h)
    assert np.allclose((above[0] - below[0]) / (2 * h), slope, atol=1e-9)
    assert np.allclose((above[1] - below[1]) / (2 * h), curvature, atol=1e-9)
    assert np.allclose(
        value, {"logistic": 1 / (1 + np.exp(-z)), "tanh": np.tanh(z)}.get(functions.__name__, np.log1p(np.exp(z)))
    )


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("output", [False, True])
@pytest.mark.parametrize("functions", FUNCTIONS)
def test_derivatives_of_the_equations(functions, hidden, output):
    shape = Shape(5, 2, 2, hidden, output, functions)
    draw = np.random.default_rng(7)
    parts = [draw.standard_normal(size) for size in ((5, 2), (2, shape.slopes), 5)]
    values, jacobian = module._equations(shape, *parts)
    extended = shape.extended(parts[0])
    expected = []
    for own in parts[1]:
        sigma, slope, _ = functions(extended @ own)
        expected += [parts[2] @ sigma, *(parts[2] * slope @ extended)]
    expected += [parts[2].sum()] * output + [(parts[2] @ parts[2] - 1) / 2]
    assert np.allclose(values, expected)
    sizes = np.cumsum([part.size for part in parts])
    flat = np.concatenate([part.ravel() for part in parts])
    for place in range(len(flat)):
        sides = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[place] += sign * 1e-6
            split = np.split(moved, sizes[:2])
            sides.append(module._equations(shape, *(s.reshape(p.shape) for s, p in zip(split, parts, strict=True)))[0])
        assert np.allclose((sides[0] - sides[1]) / 2e-6, jacobian[:, place], atol=1e-7)


CASES = [
    Shape(3, 1, 1, False, False, softplus),
    Shape(4, 1, 2, False, False, logistic),
    Shape(5, 1, 1, True, True, tanh),
    Shape(4, 2, 1, True, False, logistic),
    Shape(4, 2, 1, False, True, tanh),
]


@pytest.mark.parametrize("shape", CASES)
def test_a_candidate_is_a_strict_minimum_in_floats(shape):
    found = next(each for each in (trial(shape, 0, number) for number in range(100)) if each is not None)
    theta = np.concatenate([found.outer, found.weights.ravel(), np.zeros(int(shape.output_bias))])
    outputs = shape.functions(shape.extended(found.samples) @ found.weights.T)[0] @ found.outer
    targets = outputs - found.residual
    count, h = len(theta), 1e-4
    steps = np.eye(count) * h
    here = loss(shape, found, theta, targets)
    assert np.isclose(here, 0.5)  # ‖r‖ = 1
    gradient = [
        (loss(shape, found, theta + s, targets) - loss(shape, found, theta - s, targets)) / (2 * h) for s in steps
    ]
    assert np.abs(gradient).max() < 1e-6
    hessian = np.array(
        [
            [
                sum(a * b * loss(shape, found, theta + a * s + b * t, targets) for a in (1, -1) for b in (1, -1))
                for t in steps
            ]
            for s in steps
        ]
    ) / (4 * h * h)
    diagonal = np.sqrt(np.diag(hessian))
    least = np.linalg.eigvalsh(hessian / np.outer(diagonal, diagonal))[0]
    assert least == pytest.approx(found.definite, abs=1e-4)


def test_trials_are_reproducible_and_differ():
    shape = CASES[0]
    first, again, other = trial(shape, 0, 0), trial(shape, 0, 0), trial(shape, 0, 1)
    assert np.array_equal(first.samples, again.samples)
    assert other is None or not np.array_equal(first.samples, other.samples)


def test_no_solution_where_there_is_none():
    """N ≤ D: the equations have no solution with ‖r‖ = 1 whose samples span the plane."""
    shape = Shape(2, 2, 1, False, False, logistic)
    assert not any(trial(shape, 0, number) for number in range(50))
    nan = np.full((2, 2), np.nan)
    assert solved(shape, nan, np.ones((1, 2)), np.ones(2)) is None


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_the_construction_alternates(count):
    found = constructed(Shape(count, 1, count - 1, False, False, logistic))
    x, r, w = found.samples[:, 0], found.residual, found.weights[:, 0]
    grid = np.linspace(0, 60, 200001)
    values = np.tanh(np.outer(grid, x) / 2) @ r
    assert np.abs(values).max() == pytest.approx(abs(r.sum()), rel=1e-6)
    assert np.allclose(np.tanh(np.outer(w, x) / 2) @ r, -r.sum())
    assert (np.diff(np.sign(w[np.argsort(np.abs(w))])) != 0).all()


@pytest.mark.parametrize(
    "shape",
    [
        Shape(4, 1, 2, False, False, logistic),
        Shape(4, 1, 3, False, False, tanh),
        Shape(4, 1, 3, False, True, logistic),
        Shape(4, 1, 3, True, False, logistic),
        Shape(4, 2, 3, False, False, logistic),
    ],
)
def test_the_construction_is_for_one_family_only(shape):
    assert constructed(shape) is None
