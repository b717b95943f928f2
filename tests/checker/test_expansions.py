"""Values as sums of functions, against numbers; and layers above the first exponential one."""

from fractions import Fraction

import mpmath
import pytest
from flint import fmpq

from exactcnn.checker.activations import read_activation
from exactcnn.checker.expansions import CONSTANT, expand

EXPONENTIAL = ["sigmoid", "tanh", "exp", "gaussian", "silu", "swish(-3/2)", "elu(2/3)", "mish"]
POINTS = ["0", "1", "-1", "1/2", "-1/2", "3", "-3", "6", "7", "-7", "22/7", "-100/33", "1/1000000", "40", "-40"]


def number(value):
    return mpmath.mpf(int(value.p)) / int(value.q)


def rational(text):
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_expansions_are_the_value(make, name):
    activation = read_activation(make.activation(name), "test")
    for point in POINTS:
        t, total = rational(point), mpmath.mpf(0)
        for function, coefficient in expand(activation, t):
            if len(function) == 2:
                basis = mpmath.exp(mpmath.mpf(function[0]) / function[1])
            else:
                denominator, j, *a = function
                power = mpmath.exp(mpmath.mpf(a[0]) / a[1])
                basis = power**j / sum(mpmath.mpf(p) / q * power**i for i, (p, q) in enumerate(denominator))
                assert denominator != ((1, 1), (1, 1)) or a[0] > 0
            total += number(fmpq(coefficient)) * basis
        true = make.numeric_activation(name, number(t))
        assert abs(total - true) < mpmath.mpf(10) ** -40 * (1 + abs(true))
    assert CONSTANT == (0, 1)


# ---------------------------------------------------------------- relations above the first exponential layer


def relation(leading, *pairs):
    return {"leading": leading, "coefficients": [[i, str(c)] for i, c in pairs]}


def upper(make, k, bound, axis, *relations):
    return make.rank(k, 0, bound, make.NONE, {"kind": "relations", "axis": axis, "relations": list(relations)})


def affine_network(make):
    """sigma at z and -z, then two affine layers with biases and an affine activation 2 t + 1."""
    first = make.convolution([[0]], 2, "sigmoid", weights=[["1", "-1"]], bias="none")
    second = make.convolution([[0], [1]], 1, "identity", weights=[["3"]], biases=["1", "-2"])
    third = make.convolution(
        [[0, 1]], 3, make.formula({(0, 0): 1, (1, 0): 2}), weights=[[1, 1, 2], [1, 0, 1]], biases=[0, 0, 5]
    )
    return make.instance([["1"], ["-2"], ["1/3"], ["0"]], [first, second, third])


def test_biases_and_slopes_are_carried(make, run):
    """Column 0 is 2 (3 (s(z) + s(-z)) - 1) + 1 = 5, a constant: biases and slopes make it what it is."""
    document = affine_network(make)
    table = make.numeric_features(document, 3)
    assert {mpmath.nstr(row[0], 30) for row in table} == {"5.0"}
    assert make.numeric_rank(table) == 2
    # with a, b of layer 2: columns 2 (a + b) + 1 = 5, 2 a + 1, and 2 (2 a + b + 5) + 1 = 5 + (2 a + 1) + 9
    good = relation(2, (0, "14/5"), (1, "1"), (2, "-1"))
    assert all(abs(14 * row[0] / 5 + row[1] - row[2]) < 1e-50 for row in table)
    assert run(document, upper(make, 3, 2, 1, good)).exit_code == 0
    assert run(document, upper(make, 3, 2, 1, relation(2, (0, "3"), (1, "1"), (2, "-1")))).exit_code == 1
    # rows of a repeated sample
    document["samples"]["values"] = ["1", "1", "1", "0"]
    equal = [relation(i, (0, "1"), (i, "-1")) for i in (1, 2, 3)]
    assert run(document, upper(make, 3, 2, 0, *equal[:2])).exit_code == 0
    assert run(document, upper(make, 3, 2, 0, *equal[1:])).exit_code == 1


@pytest.mark.parametrize("between", ["relu", "square", "pooling", "sigmoid", "gelu"])
def test_relations_above_what_is_not_affine_are_not_decided(make, run, between):
    document = make.instance([["1", "1"]], [make.elementwise("sigmoid"), make.elementwise("identity")])
    claim = upper(make, 2, 1, 1, relation(1, (0, "1"), (1, "-1")))
    said = {"kind": "width", "layer": 1, "holds": True}
    assert run(document, claim, said).exit_code == 0
    document["layers"][1] = make.pooling([[0], [1]]) if between == "pooling" else make.elementwise(between)
    outcome = run(document, claim, said)
    assert outcome.exit_code == 1
    assert "layer 2" in outcome.message


@pytest.mark.parametrize("axis", [0, 1])
def test_functions_are_named_by_whole_numbers(make, run, axis):
    """e^(1/2) and e^(1/3) have the same numerator in their exponents, and are not equal."""
    document = make.instance([["1/2", "1/3"], ["1/3", "1/2"]], [make.elementwise("exp")])
    claim = upper(make, 1, 1, axis, relation(0, (0, "1"), (1, "-1")))
    assert run(document, claim).exit_code == 1
    document["samples"]["values"] = ["1/2"] * 4
    assert run(document, claim).exit_code == 0
    logistic = make.formula(({(0, 0): 1}, {(0, 0): 1, (0, 2): 1}), exponent=[0, 1])
    for activation in ("sigmoid", "tanh", "mish", logistic):
        document["layers"] = [make.elementwise(activation)]
        assert run(document, claim).exit_code == 0
        for values in (["1/2", "1/3"] * 2, ["1/2", "1/3", "1/3", "1/2"], ["2", "-2", "-2", "2"]):
            other = {**document, "samples": {"shape": [2, 2], "values": values}}
            assert run(other, claim).exit_code == (0 if values == ["1/2", "1/3"] * 2 and axis == 0 else 1)


def test_denominators_are_part_of_the_name(make, run):
    """1/(1 + E^2) on the left of 0 and 1/(2 E^2) on its right: at the same |z| not the same function."""
    pieces = ({(0, 0): 1}, {(0, 0): 1, (0, 2): 1}), ({(0, 0): 1}, {(0, 2): 2})
    activation = make.formula(*pieces, kinks=[0], exponent=[0, 1])
    document = make.instance([["1", "-1"], ["2", "-2"]], [make.elementwise(activation)])
    claim = upper(make, 1, 1, 1, relation(0, (0, "1"), (1, "-1")))
    assert run(document, claim).exit_code == 1
    document["samples"]["values"] = ["1", "1", "2", "2"]
    assert run(document, claim).exit_code == 0


def test_slopes_matter(make, run):
    """1 - t: at 1 it is 0, and its slope is not."""
    document = make.instance(
        [["1", "2"]], [make.elementwise("sigmoid"), make.elementwise(make.formula({(0, 0): 1, (1, 0): -1}))]
    )
    claim = upper(make, 2, 0, 1, relation(1, (1, "1")))
    said = {"kind": "width", "layer": 1, "holds": True}
    twice = upper(make, 2, 1, 1, relation(1, (0, "1"), (1, "-1")))
    assert run(document, twice, said).exit_code == 1
    document["samples"]["values"] = ["2", "2"]
    assert run(document, twice, said).exit_code == 0
    assert run(document, claim, said).exit_code == 1


def test_only_the_logistic_function_is_reflected(make, run):
    """f(z) + f(-z) is 1 for 1/(1 + E), and depends on z for 1/(1 + 2 E) and 1/(1 + E^2 + E)."""
    columns = relation(0, (0, "1"), (1, "1"), (2, "-1"), (3, "-1"))
    one = {(0, 0): 1}
    for denominator, code in [
        ({(0, 0): 1, (0, 1): 1}, 0),
        ({(0, 0): 1, (0, 1): 2}, 1),
        ({(0, 0): 1, (0, 1): 1, (0, 2): 1}, 1),
    ]:
        activation = make.formula((one, denominator), exponent=[0, 1])
        document = make.instance([["1", "-1", "2", "-2"]], [make.elementwise(activation)])
        said = {"kind": "width", "layer": 1, "holds": True}
        claim = upper(make, 1, 3, 1, columns)
        assert run(document, claim, said).exit_code == code
        value = [make.numeric_value(activation, mpmath.mpf(z)) for z in (1, -1, 2, -2)]
        assert (abs(value[0] + value[1] - value[2] - value[3]) < 1e-50) == (code == 0)


@pytest.mark.parametrize(("name", "holds"), [("polynomial(1,-2)", False), ("polynomial(3)", True), ("identity", False)])
def test_the_slope_of_an_affine_layer(make, run, name, holds):
    """The sigmoid at z and at 2 z differ, unless an activation above is constant; 1 - 2 t at 1 is minus that at 0."""
    layers = [make.elementwise("sigmoid"), make.elementwise(name)]
    document = make.instance([["1", "2"], ["3", "6"]], layers)
    upper = {"kind": "relations", "axis": 1, "relations": [{"leading": 0, "coefficients": [[0, "1"], [1, "-1"]]}]}
    assert run(document, make.rank(2, 0, 1, make.NONE, upper)).exit_code == (0 if holds else 1)
