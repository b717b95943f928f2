"""Where features lie: a join over the layers below, and what may be claimed there."""

import pytest

from exactcnn.checker.document import read_document
from exactcnn.checker.features import domain
from exactcnn.checker.instance import read_instance

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
