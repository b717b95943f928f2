"""Roles of operators: layers, none, or refused."""

from dataclasses import dataclass

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx_operators import DOUBTFUL, EQUIVALENTS, layer_kind


@dataclass(frozen=True)
class Stub:
    shape: tuple | None
    data: bool = True
    batch: bool = True
    number: int = 1
    counts: bool = False


def data(*shape, **other):
    return Stub(shape, **other)


def weights(*shape, **other):
    return Stub(shape, data=False, batch=False, number=0, **other)


LAYERS = """
    Conv ConvInteger ConvTranspose DeformConv Einsum Gather GatherND Gemm MatMul MatMulInteger QLinearConv QLinearMatMul
    AveragePool GlobalAveragePool GlobalLpPool GlobalMaxPool LpPool MaxPool Concat ConcatFromSequence
"""
REFUSED = {  # they hold weights, or may
    "": "AffineGrid CausalConvWithState DFT GRU LSTM LinearAttention MaxRoiPool RNN RoiAlign STFT TfIdfVectorizer",
    "ai.onnx.ml": "LinearClassifier LinearRegressor SVMClassifier SVMRegressor TreeEnsemble TreeEnsembleClassifier",
    "ai.onnx.preview": "FlexAttention",
    "com.microsoft": "Attention BeamSearch EmbedLayerNormalization GroupQueryAttention MatMulNBits MoE NhwcConv "
    "NhwcFusedConv MultiHeadAttention QAttention QLinearConv QMoE SkipLayerNormalization",
    "com.microsoft.nchwc": "Conv MaxPool",
    "my.domain": "Relu Conv",
}


@pytest.mark.parametrize("operator", LAYERS.split())
def test_layers(operator):
    operands = [weights(3, 4), data(2)] if "Gather" in operator else [data(2, 3)] + [weights(3, 4)] * 7
    assert layer_kind("", operator, operands, {"equation": b"ij,jk->ik"}) not in (None, DOUBTFUL)


@pytest.mark.parametrize(
    ("domain", "operator"), [(domain, name) for domain, names in REFUSED.items() for name in names.split()]
)
def test_what_may_hold_weights_is_refused(domain, operator):
    with pytest.raises(
        InputError, match=f"^{domain}\\.?{operator} is no operator whose layers are known; expected a model"
    ):
        layer_kind(domain, operator, [data(2, 3), weights(3, 4)], {})
    assert domain != "com.microsoft" or operator not in EQUIVALENTS


def test_every_operator_that_is_no_layer_exists():
    onnx = pytest.importorskip("onnx")
    if onnx.defs.onnx_opset_version() < 28:
        pytest.skip("an older package does not know all of them")
    from exactcnn.interop.onnx_operators import _FACTORS, _NO_LAYERS, _WINDOWS

    exist = {(schema.domain, schema.name) for schema in onnx.defs.get_all_schemas()}
    named = {(domain, name) for domain, names in _NO_LAYERS.items() for name in names.split()}
    assert named | {("", name) for name in [*_WINDOWS, *_FACTORS]} <= exist
    assert {("", each.operator) for each in EQUIVALENTS.values()} <= exist


def test_operators_that_are_no_layers_have_none_in_their_definition():
    onnx = pytest.importorskip("onnx")
    count = 0
    for schema in onnx.defs.get_all_schemas():
        if schema.domain or not schema.has_function:
            continue
        inside = {node.op_type for node in schema.function_body.node}
        try:
            kind = layer_kind("", schema.name, [data(2, 3)] * 6, {})
        except InputError:
            continue
        assert kind is None
        assert not inside & {"Conv", "ConvTranspose", "Einsum", "Gemm", "MatMul", "MaxPool", "AveragePool", "LSTM"}
        count += 1
    assert count > 15


@pytest.mark.parametrize(
    ("operator", "operands", "kind"),
    [
        ("MatMul", [data(2, 3), weights(3, 4)], "fully connected"),
        ("MatMul", [weights(4, 3), data(3, 2)], "fully connected"),
        ("MatMul", [data(2, 3), data(3, 4, batch=False)], "fully connected"),  # weights as an input
        ("MatMul", [data(2, 3), data(3, 2)], None),
        ("MatMul", [data(2, 3), data(3, 2, number=0)], DOUBTFUL),
        ("Gemm", [data(2, 3), data(3, 2)], None),
        ("QLinearMatMul", [data(2, 3), weights(), weights(), data(3, 2)] + [weights()] * 4, None),
        ("QLinearMatMul", [data(2, 3), weights(), weights(), weights(3, 2)] + [weights()] * 4, "fully connected"),
        ("Gather", [weights(9, 3), data(2, 4, counts=True)], "embedding"),
        ("Gather", [Stub(None, data=False, batch=False), data(2, 4)], "embedding"),
        ("Gather", [weights(9), data(2, 4)], None),
        ("Gather", [weights(9, 3, counts=True), data(2, 4)], None),
        ("Gather", [data(2, 9), weights(1, counts=True)], None),
        ("GatherElements", [data(2, 9), data(2, 9)], None),
        ("Mul", [data(2, 3), weights(3)], None),
        ("Mul", [data(2, 3, 4, 4), weights(3, 1, 1)], None),
        ("Mul", [data(2, 1), weights(3)], DOUBTFUL),
        ("Mul", [weights(3, 1), data(2, 1, 3)], DOUBTFUL),
        ("Mul", [data(2, 1), weights(3, counts=True)], None),
        ("Mul", [data(None, None), weights(3)], None),
        ("Div", [data(2, 1), weights(3)], DOUBTFUL),
        ("Div", [weights(3), data(2, 1)], None),
        ("Add", [data(2, 1), weights(3)], None),
        ("Concat", [data(2, 3), weights(2, 3)], "concatenation"),
        ("Concat", [data(2, 3)], None),
        ("Concat", [data(2, counts=True), data(3, counts=True)], None),
        ("ConcatFromSequence", [Stub(None)], "concatenation"),
        ("Attention", [data(2, 3, 4)] * 3 + [weights(3, 3)], None),
    ],
)
def test_roles_by_what_goes_in(operator, operands, kind):
    assert layer_kind("", operator, operands, {}) == kind


@pytest.mark.parametrize(
    ("operator", "operands", "reason"),
    [
        ("Gather", [weights(5, 3, 4), data(2)], "Gather chooses among weights by data"),
        ("GatherElements", [weights(5, 3), data(2, 3)], "GatherElements chooses among weights by data"),
        ("GridSample", [weights(1, 3, 8, 8), data(2, 4, 4, 2)], "GridSample chooses among weights by data"),
        (
            "Attention",
            [data(2, 3, 4), weights(2, 3, 4), weights(2, 3, 4)],
            "Attention with weights as queries, keys or",
        ),
    ],
)
def test_weights_that_are_not_multiplied_plainly(operator, operands, reason):
    with pytest.raises(InputError, match=reason):
        layer_kind("", operator, operands, {})


@pytest.mark.parametrize(
    ("equation", "kind"),
    [
        ("bij,jk->bik", "fully connected"),
        ("...j,jk->...k", "fully connected"),
        ("bij,jk", "fully connected"),
        ("bij, kj -> bik", "fully connected"),
        ("bci,c->bci", None),
        ("bi,j->bij", DOUBTFUL),
        ("bi,ij->bij", DOUBTFUL),
    ],
)
def test_einsum_with_weights(equation, kind):
    assert layer_kind("", "Einsum", [data(2, 3, 4), weights(4, 5)], {"equation": equation.encode()}) == kind


def test_einsum_without_weights():
    def kind(*operands):
        return layer_kind("", "Einsum", operands, {"equation": b"bij,bkj->bik"})

    assert kind(data(2, 3, 4), data(2, 5, 4)) is None
    assert kind(data(2, 3, 4), data(2, 5, 4, number=0)) == DOUBTFUL
    assert layer_kind("", "Einsum", [data(2, 3, 4, number=0)], {"equation": b"bij->bji"}) is None
