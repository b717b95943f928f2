"""Where features lie: a join over the layers below, and what may be claimed there."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from exactcnn.checker.budget import SECONDS, Budget, BudgetError
from exactcnn.checker.document import ObligationError, read_document
from exactcnn.checker.features import (
    domain,
    exact_features,
    exact_layer,
    integer_features,
    proportional_features,
    some_features,
)
from exactcnn.checker.instance import read_instance
from exactcnn.checker.integers import Integers
from tests.checker.slow import all_features, drawn, flint, read

LOGISTIC_2 = "logistic to the base 2"


@pytest.mark.parametrize(
    ("activations", "expected"),
    [
        ([], ("Q", 0)),
        (["relu", "softsign", "pooling", "square"], ("Q", 0)),
        (["relu", "sigmoid"], ("Q(t)", 2)),
        (["sigmoid", "identity", "relu", "pooling", "softsign"], ("Q(t)", 1)),
        (["sigmoid", "relu", "tanh"], ("balls", 3)),
        (["elu(1)", "elu(1)"], ("balls", 2)),
        (["relu", "gelu"], ("balls", 2)),
        (["gelu", "sigmoid"], ("balls", 1)),
        (["sigmoid", "softplus(1)", "relu"], ("balls", 2)),
        ([LOGISTIC_2, "relu"], ("Q", 0)),
        ([LOGISTIC_2, "relu", "sigmoid", "relu"], ("Q(t)", 3)),
        (["sigmoid", LOGISTIC_2], ("balls", 2)),
    ],
)
def test_domain(make, run_bytes, tmp_path, activations, expected):
    logistic = make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=[0, 1], base="2")
    layers = [
        make.pooling([[0]]) if name == "pooling" else make.elementwise(logistic if name == LOGISTIC_2 else name)
        for name in activations
    ]
    run_bytes(make.seal({**make.HEAD, "instance": make.instance([[1]], layers), "claims": []}))
    instance = read_instance(read_document(tmp_path / "certificate.json"), tmp_path)
    assert domain(instance, len(layers)) == expected


@pytest.mark.parametrize("above", ["relu", "sigmoid", "gelu", "pooling"])
def test_whatever_lies_above_has_no_exact_values(make, run, above):
    """Evidence that needs numbers in Q, above a layer of exponentials: refused, and accepted below it."""
    layers = [make.elementwise("sigmoid"), make.pooling([[0], [1]]) if above == "pooling" else make.elementwise(above)]
    document = make.instance([["1", "1"], ["2", "2"]], layers)
    kinds = [
        {"kind": "vanishing-minors", "primes": ["1000003", "1000033"]},
        {"kind": "relations", "axis": 1, "relations": [{"leading": 1, "coefficients": [[0, "1"], [1, "-1"]]}]},
    ]
    for evidence in kinds:
        below = run(document, make.rank(0, 0, 1, make.NONE, evidence))
        assert below.exit_code == 0, below.message
        outcome = run(document, make.rank(2, 0, 1, make.NONE, evidence))
        assert outcome.exit_code == 1
        assert "not rational" in outcome.message or "not affine" in outcome.message or "leaves Q(t)" in outcome.message


def test_pooling_padding_does_not_read_the_last_neuron(make, run):
    """Patch (0, padding) of the sample (0, 1): the maximum is 0, not 1."""
    document = make.instance([["0", "1"]], [make.pooling([[0, -1]])])
    none = {"kind": "distinct-lines", "axis": 1, "representatives": []}
    assert run(document, make.rank(1, 0, 0, make.NONE, none)).exit_code == 0
    claim = make.rank(1, 1, 1, make.minor(7, None, [0], [0]), make.SHAPE)
    assert run(document, claim).exit_code == 1
    document["samples"]["values"][0] = "1"
    assert run(document, claim).exit_code == 0
    convolved = make.instance(
        [["0", "1"]], [make.convolution([[0, -1]], 1, "identity", weights=[[1], [1]], bias="none")]
    )
    assert run(convolved, make.rank(1, 0, 0, make.NONE, none)).exit_code == 0
    assert run(convolved, claim).exit_code == 1


# -------------------------------------------------------------------- exact values, against loops on fractions


NAMES = [("relu", "softsign"), ("leaky-relu(1/3)", "hard-sigmoid"), ("square", "relu"), ("hard-tanh", "abs")]


def flints(table):
    return [list(map(flint, row)) for row in table]


def scaled(make, seed, names, scale, **options):
    """A drawn network whose samples and parameters have other denominators."""
    document = drawn(make, seed, names=names, **options)
    generator = random.Random(seed)
    arrays = [document["samples"]]
    arrays += [layer[name] for layer in document["layers"] for name in ("weights", "biases") if layer.get(name)]
    for array in arrays:
        array["values"] = [str(Fraction(x) * scale(generator)) for x in array["values"]]
    return document


SCALES = {
    "integers": lambda _: 1,
    "different denominators": lambda generator: Fraction(1, generator.randint(1, 30)),
    "huge": lambda generator: Fraction(2 ** generator.choice([0, 300]), 3 ** generator.choice([0, 200])),
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_exact_values_are_those_of_loops_on_fractions(make, names, seed, scale):
    """Padding, kinks, ties of maxima and every kind of bias are drawn; every layer, whole and in parts."""
    document = scaled(make, seed, names, SCALES[scale], pooled=seed < 2)
    instance, tables = read(document), list(map(flints, all_features(document)))
    generator = random.Random(seed)
    for k, table in enumerate(tables):
        assert exact_features(instance, k, instance.samples) == table
        assert exact_features(instance, k, instance.samples[1:]) == table[1:]
        assert integer_features(instance, k).fractions() == table
        rows, columns = [2, 0], generator.sample(range(len(table[0])), 2)
        wanted = [[table[i][j] for j in columns] for i in rows]
        for known in (False, True):  # of a part of the network, and of what is kept
            if not known:
                instance.known.clear()
            else:
                proportional_features(instance, k, 1)
            assert known is (k in instance.known)
            found = some_features(instance, k, rows, columns)
            assert (found.fractions() if isinstance(found, Integers) else found) == wanted
        if k:
            above = exact_layer(instance.budget, instance.layers[k], tables[k - 1], "layer")
            assert above == table


@pytest.mark.parametrize("scale", SCALES)
def test_proportional_rows_have_the_same_lines_and_relations(make, scale):
    document = scaled(make, 1, ("relu", "leaky-relu(1/3)"), SCALES[scale])
    instance, tables = read(document), list(map(flints, all_features(document)))
    for k, table in enumerate(tables):
        for axis in (0, 1):
            found, bits = proportional_features(instance, k, axis)
            ratios = set()
            for row, true in zip(found, table, strict=True):
                factors = {x / y for x, y in zip(row, true, strict=True) if y != 0}
                assert len(factors) <= 1
                assert all((x == 0) == (y == 0) for x, y in zip(row, true, strict=True))
                ratios |= factors
                numbers = [Fraction(str(x)) for x in row]
                assert all(max(x.numerator.bit_length(), x.denominator.bit_length()) <= bits for x in numbers)
            assert axis == 1 or len(ratios) <= 1


def test_rows_over_different_denominators_are_compared_by_their_values(make, run):
    """1/2 and 1/3 are the same integer over their denominators; 2/4 and 1/2 are the same number."""
    document = make.instance([["1/2", "0", "0"], ["1/3", "0", "0"], ["2/4", "0", "0"]], [make.elementwise("relu")])
    lines = {"kind": "distinct-lines", "axis": 0, "representatives": [0]}
    outcome = run(document, make.rank(1, 0, 1, make.NONE, lines))
    assert outcome.message.endswith("line 1 is neither zero nor equal to a representative")
    assert run(document, make.rank(1, 0, 2, make.NONE, {**lines, "representatives": [1, 2]})).exit_code == 0
    for coefficients, code in (([[0, "1"], [1, "-1"]], 1), ([[0, "2"], [1, "-3"]], 0), ([[0, "1"], [2, "-1"]], 0)):
        relations = {"kind": "relations", "axis": 0, "relations": [{"leading": 0, "coefficients": coefficients}]}
        assert run(document, make.rank(1, 0, 2, make.NONE, relations)).exit_code == code
    flat = make.instance([["1/2", "1/3"], ["3/2", "1"]], [make.elementwise("relu")])
    for factor, code in (("-3/2", 0), ("-1", 1)):
        relation = {"leading": 0, "coefficients": [[0, "1"], [1, factor]]}
        relations = {"kind": "relations", "axis": 1, "relations": [relation]}
        assert run(flat, make.rank(1, 0, 1, make.NONE, relations)).exit_code == code


def test_layers_up_to_the_first_irrational_one(make):
    layers = [make.elementwise("softsign"), make.elementwise("relu"), make.elementwise("sigmoid")]
    instance = read(make.instance([["1/2", "-3"]], layers))
    assert exact_features(instance, 2, instance.samples) == [[flint(Fraction(1, 3)), 0]]
    with pytest.raises(ObligationError, match=r"^the features of layer 3 are not rational by construction$"):
        exact_features(instance, 3, instance.samples)


def test_features_of_one_layer_are_kept_and_belong_to_their_parameters(make):
    document = drawn(make, 0)
    instance = read(document)
    for k in (3, 4, 2):
        exact_features(instance, k, instance.samples)
        spent = instance.budget.spent
        some_features(instance, k, [0], [0])
        assert (list(instance.known), instance.budget.spent) == ([k], spent + 100)
    exact_features(instance, 1, instance.samples[:1])
    exact_features(instance, 0, instance.samples)
    assert list(instance.known) == [2]
    assert replace(instance, layers=instance.layers[:3]).known == {}


def test_a_layer_of_integers_is_paid_for(make):
    instance = read(drawn(make, 0))
    small = Budget()
    small.spend((SECONDS + 1) * 10**9 - 1, "before")
    with pytest.raises(BudgetError, match=r"^a layer: about 6 s of work"):
        exact_layer(small, instance.layers[1], instance.samples, "a layer")
