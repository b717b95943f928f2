"""Strict monotonicity, differentiability and slopes that vanish, against values and slopes at many points."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.network.activations import activation, activation_names
from exactcnn.network.definitions import define_activation
from exactcnn.network.monotone import Monotone, monotone

PARAMETERS = {"clip": "clip(-1,2)", "logistic": "logistic(2)", "polynomial": "polynomial(1,2)"}
DEFINED = {
    "sigmoid-of-cube": (["1/(1 + exp(-t^3))"], [], Monotone(True, True, True)),
    "cubic-step": (["-1/(4*t^3)", "1/2 + t^3/4", "1 - 1/(4*t^3)"], [-1, 1], Monotone(True, True, True)),
    "smooth-ramp": (["1/(1 - t)", "t + 1", "22 - 1/(t - 19)"], [0, 20], Monotone(True, True, False)),
    "corner": (["t", "2*t"], [0], Monotone(True, False, False)),
    "down": (["-exp(t)"], [], Monotone(True, True, False)),
    "cubed": (["t^3"], [], Monotone(True, True, True)),
    "wave": (["t^3 - t"], [], Monotone(False, True, True)),
    "dip": (["exp(2*t) - exp(t)"], [], Monotone(False, True, True)),
    "flat-end": (["t^2 - 2*t", "-1"], [1], Monotone(False, True, True)),  # the slope is 0 on a half-line
    "touches-zero": (["-t^2", "t^2"], [0], Monotone(True, True, True)),
    "up-and-down": (["t", "2 - t"], [1], Monotone(False, False, False)),
    "elu-shifted": (["exp(t - 1)", "t"], [1], Monotone(True, True, False)),
}


@pytest.mark.parametrize("name", activation_names())
def test_table_against_values(name):
    """No answer contradicts the values on a grid; and every answer of the table is a definite one."""
    curve = activation(PARAMETERS.get(name, name))
    found = monotone(curve)
    assert found.strictly is not None
    values = curve.floats(np.linspace(-4, 4, 1601))
    rises, falls = bool((np.diff(values) > 1e-12).any()), bool((np.diff(values) < -1e-12).any())
    if found.strictly:
        assert rises != falls
        assert (np.diff(values) != 0).all()
    else:
        assert (rises and falls) or (np.abs(np.diff(values)) < 1e-12).any()


@pytest.mark.parametrize("name", [name for name, case in DEFINED.items() if case[2] is not None])
def test_defined_activations(name):
    pieces, kinks, expected = DEFINED[name]
    assert monotone(define_activation(name, pieces, kinks)) == expected


def test_mirrored_and_negated_curves():
    """sigma(-t) has the same three answers."""
    for name, (pieces, kinks, expected) in DEFINED.items():
        if expected is not None:
            assert monotone(define_activation(name, pieces, kinks).mirrored()) == expected


@pytest.mark.parametrize("seed", range(30))
def test_random_cubics(seed):
    """A cubic is strictly monotone exactly if the discriminant of its derivative is at most 0."""
    a, b, c = (int(n) for n in np.random.default_rng(seed).integers(-3, 4, size=3))
    if (a, b, c) == (0, 0, 0):
        return
    discriminant = 4 * b * b - 12 * a * c
    slope_vanishes = discriminant >= 0 if a else bool(b)
    strictly = discriminant <= 0 if a else not b
    found = monotone(define_activation("cubic", [f"{a}*t^3 + {b}*t^2 + {c}*t"]))
    assert found == Monotone(strictly, True, slope_vanishes)


def test_slopes_at_irrational_places_are_left_open():
    """At a kink where E is e no slope is a rational number."""
    found = monotone(define_activation("bump", ["exp(t)", "exp(t)"], [1]))
    assert found.strictly in (True, None)
    assert found.differentiable is None


def test_a_narrow_dip_is_found():
    """Slopes at integers are positive; between 0 and 1 there is a dip of width 1/50."""
    dip = "t^3/3 - t^2/2 + 624*t/2500"  # slope (t - 12/25)(t - 13/25)
    found = monotone(define_activation("dip", [dip]))
    assert (found.strictly, found.slope_vanishes) == (False, True)
    assert Fraction(12, 25) * Fraction(13, 25) == Fraction(624, 2500)
