"""What the list of activations says: the formulas are the functions, and Assumption 3.2 is as the paper has it."""

import math
import re

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.network.activations import activation, activation_names, activation_usage
from exactcnn.network.described_activations import curve_text, described_activations

KNOWN = {name: getattr(math, name) for name in ("exp", "erf", "sin", "cos")} | {"ln": math.log, "arctan": math.atan}


def value(text, t):
    """Read the text of a formula as a person would."""
    text = re.sub(r"(?<=[\dt)]) (?=[\dte(])", "*", text).replace("^", "**").replace("√2", "2**0.5")
    return eval(text, {"__builtins__": {}}, {**KNOWN, "t": t})


def at(formula, t):
    for part in formula.split("; "):
        text, _, where = part.partition(" for ")
        if not where or eval(where.replace("≤", "<=").replace("≥", ">="), {"t": t}):
            return value(text, t)
    raise AssertionError(formula)


@pytest.mark.parametrize("name", activation_names())
def test_the_formula_is_the_function(name):
    (found,) = described_activations([activation_usage(name)[1]])
    for t in (-3.5, -3.0, -1.25, -0.5, 0.0, 0.75, 1.0, 2.5, 3.0, 6.0, 7.25):
        assert at(found.formula, t) == pytest.approx(found.activation.floats(np.array([t]))[0], abs=1e-12)


TEXTS = ["softplus(2)", "softplus(1/3)", "elu(2/3)", "swish(-2)", "leaky-relu(-1)", "clip(0,1/2)"]


@pytest.mark.parametrize("text", TEXTS)
def test_parameters_stand_in_the_formula(text):
    for t in (-1.5, -0.25, 0.0, 0.375, 2.0):
        assert at(curve_text(activation(text)), t) == pytest.approx(activation(text).floats(np.array([t]))[0])


def test_all_of_the_table():
    found = described_activations()
    assert [each.activation.name for each in found] == list(activation_names())
    held = {each.activation.name: each.assumption for each in found}
    assert (held["sigmoid"], held["relu"], held["softplus"], held["tanh"]) == ("(i) 0 and 1", "(ii)", "(ii)", "no")
    assert held["log-sigmoid"] == "no, but σ(−t)"


def test_one_by_its_name():
    (found,) = described_activations(["Softplus(2)"])
    document = found.document()
    assert document["usage"] == "softplus(a) with a rational a > 0"
    assert (document["name"], document["example"], document["values"]) == ("softplus", "softplus(2)", "transcendental")
    assert document["assumption_3_2"]["constants"] == ["1/2", "2", "1", "7/20"]
    with pytest.raises(InputError, match="nearest name is 'sigmoid'"):
        described_activations(["sigmoyd"])
