"""Claims about one layer alone: Assumption 3.2, and the width."""

import pytest

# ---------------------------------------------------------------- Assumption 3.2

SATISFY = [
    "relu",
    "sigmoid",
    "softplus(1)",
    "softplus(1/2)",
    "silu",
    "swish(1/10)",
    "gelu",
    "mish",
    "hard-swish",
    "relu6",
    "hard-sigmoid",
    "gaussian",
    "clip(0,1)",
    "clip(-1,0)",
    "leaky-relu(0)",
]
VIOLATE = [
    "tanh",
    "erf",
    "arctan",
    "softsign",
    "hard-tanh",
    "elu(1)",
    "leaky-relu(1/100)",
    "leaky-relu(1)",
    "leaky-relu(-1)",
    "identity",
    "abs",
    "square",
    "polynomial(0)",
    "polynomial(1)",
    "polynomial(0,1)",
    "sin",
    "cos",
    "exp",
    "squared-relu",
    "log-sigmoid",
    "swish(0)",
    "swish(-1)",
    "clip(0,0)",
    "clip(-1,1)",
    "clip(1,2)",
]


@pytest.mark.parametrize("name", SATISFY + VIOLATE)
def test_assumption_3_2(make, run, name):
    document = make.instance(None, [make.elementwise(name)], width=1)
    for holds in (True, False):
        outcome = run(document, {"kind": "activation", "layer": 1, "holds": holds})
        assert outcome.exit_code == (holds != (name in SATISFY))


def test_max_pooling_has_no_activation(make, run):
    document = make.instance(None, [make.pooling([[0]])], width=1)
    assert run(document, {"kind": "activation", "layer": 1, "holds": False}).exit_code == 2


# ---------------------------------------------------------------- width


def test_width(make, run):
    layers = [make.convolution([[0, 1], [1, 2]], 10**30, "relu"), make.pooling([[0, 5], [1, -1], [2, 3]])]
    for count, layer, holds, code in [
        (2 * 10**30, 1, True, 0),
        (2 * 10**30 + 1, 1, True, 1),
        (2 * 10**30 + 1, 1, False, 0),
        (3, 2, True, 0),
        (3, 2, False, 1),
        (4, 2, False, 0),
        (4, 3, False, 2),
        (4, 0, False, 2),
        (None, 2, True, 1),
    ]:
        document = make.instance(None, layers, count=count, width=3)
        assert run(document, {"kind": "width", "layer": layer, "holds": holds}).exit_code == code
