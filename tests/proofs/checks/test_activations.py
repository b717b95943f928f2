"""Checks of Assumption 3.2, Lemma 3.3 and equation (5)."""

import math
from fractions import Fraction

import pytest

from exactcnn.errors import InputError
from exactcnn.network.activations import activation_names
from exactcnn.proofs.checks.activations import (
    growth_constants_on_a_grid,
    limits_or_growth,
    softplus_is_near_relu,
    standard_activations,
)

PARAMETERS = {"clip": "clip(0,1)", "polynomial": "polynomial(0,1,1)", "logistic": "logistic(2)"}
HOLD = {"relu", "relu6", "clip", "hard-sigmoid", "hard-swish", "sigmoid", "silu", "swish", "gaussian", "mish"}
HOLD |= {"softplus", "gelu", "elu-plus-one", "logistic"}


@pytest.mark.parametrize("name", activation_names())
def test_checker_agrees_on_every_activation(name):
    found = limits_or_growth(PARAMETERS.get(name, name))
    assert found.checked
    assert found.status == ("proved" if name in HOLD else "refuted")


@pytest.mark.parametrize("name", ["relu", "softplus(3)", "softplus(1/5)", "silu", "gelu", "mish", "hard-swish"])
def test_growth_constants_hold_on_a_grid(name):
    found = growth_constants_on_a_grid(name)
    assert (found.status, found.scope) == ("proved", "a sample")


def test_wrong_growth_constants_are_not_proved(monkeypatch):
    from dataclasses import replace

    from exactcnn.proofs.checks import activations

    right = activations.witness_of

    def smaller(nonlinearity):
        witness = right(nonlinearity)
        return replace(witness, constants=(witness.constants[0] / 2, *witness.constants[1:]))

    monkeypatch.setattr(activations, "witness_of", smaller)
    assert growth_constants_on_a_grid("gelu").status == "undecided"


def test_activation_without_growth_constants_is_named():
    with pytest.raises(InputError, match="'sigmoid' has no growth constants"):
        growth_constants_on_a_grid("sigmoid")


def test_lemma_names_the_activation_that_fails():
    found = standard_activations(["relu", "tanh"])
    assert (found.status, found.what.startswith("tanh: ")) == ("refuted", True)


@pytest.mark.parametrize("alpha", [1, Fraction(1, 3), 50])
def test_softplus_bound_is_attained_at_zero_and_holds_elsewhere(alpha):
    largest = softplus_is_near_relu(alpha).details["largest_gap"]
    assert largest == pytest.approx(math.log(2) / alpha)
    for n in range(-50, 51):
        t = n / 7
        gap = math.log1p(math.exp(-abs(t) * alpha)) / alpha
        assert 0 <= gap <= largest * (1 + 1e-12)


@pytest.mark.parametrize("alpha", [0, -1])
def test_softplus_needs_a_positive_parameter(alpha):
    with pytest.raises(InputError, match="expected a positive number"):
        softplus_is_near_relu(alpha)
