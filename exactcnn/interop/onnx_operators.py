"""Which operators of ONNX are layers, which are known to be none; about any other nothing is assumed.

Layers are convolutions, pooling, products with weights, embeddings, and concatenations of feature maps. Weights are
what does not depend on the inputs that carry the batch. Operators that act on every neuron by itself, normalise, move,
repeat, interpolate or sum neurons are no layers. An operator in neither table is refused: it could hold the widest one.

References
----------
.. [1] ONNX, operator schemas, https://onnx.ai/onnx/operators/.
.. [2] ONNX Runtime, contrib operators, https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from exactcnn.errors import InputError
from exactcnn.interop.onnx_shapes import Sizes

_WINDOWS = {
    "Conv": "convolution",
    "ConvInteger": "convolution",
    "QLinearConv": "convolution",
    "DeformConv": "convolution",
    "ConvTranspose": "transposed convolution",
    "MaxPool": "max-pooling",
    "GlobalMaxPool": "max-pooling",
    "AveragePool": "average pooling",
    "GlobalAveragePool": "average pooling",
    "LpPool": "L_p pooling",
    "GlobalLpPool": "L_p pooling",
}
_FACTORS = {"Gemm": (0, 1), "MatMul": (0, 1), "MatMulInteger": (0, 1), "QLinearMatMul": (0, 3)}

DOUBTFUL = "product"
"""The kind of a product that may be a layer in disguise: refused if it is wider than all layers.

An outer product with weights is a scaling, as in normalisation, or a step of a fully connected layer. Of two factors
that depend on the batch, one may be weights to which something of an input is added.
"""

_NO_LAYERS = {
    "": """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention BatchNormalization Bernoulli BitCast BitShift
    BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Cos Cosh CumProd CumSum DequantizeLinear
    Dropout DynamicQuantizeLinear Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual GroupNormalization Hardmax
    HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log
    LogSoftmax LpNormalization LRN Max Mean MeanVarianceNormalization Min Mish Mod Multinomial Neg Not Or Pow PRelu
    QuantizeLinear RandomNormalLike RandomUniformLike Reciprocal Relu RMSNormalization Round Selu Shrink Sigmoid Sign
    Sin Sinh Softmax Softplus Softsign Sqrt Sub Sum SwiGLU Swish Tan Tanh ThresholdedRelu Where Xor
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
    NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss
    CenterCropPad Col2Im ConstantOfShape DepthToSpace Expand EyeLike Flatten MaxUnpool NonMaxSuppression NonZero OneHot
    Pad Range Reshape Resize ReverseSequence RotaryEmbedding Scatter ScatterElements ScatterND Shape Size Slice
    SpaceToDepth Split Squeeze TensorScatter Tile TopK Transpose Trilu Unique Unsqueeze Upsample
    Optional OptionalGetElement OptionalHasElement SequenceAt SequenceConstruct SequenceEmpty SequenceErase
    SequenceInsert SequenceLength SplitToSequence
    """,
    "ai.onnx.ml": "ArrayFeatureExtractor Binarizer Imputer LabelEncoder Normalizer Scaler ZipMap",
}


@dataclass(frozen=True)
class Equivalent:
    """An operator of ONNX Runtime as one of ONNX that has the same shape and the same role.

    Parameters
    ----------
    operator : str
    inputs : slice
        Which inputs are those of the operator of ONNX.
    element : int
        The input with the element type of the output.
    ignored : str
        Attributes without influence on the shape, between spaces.
    """

    operator: str
    inputs: slice
    element: int = 0
    ignored: str = ""

    def ignores(self, attribute: str, value: Any) -> bool:
        """Whether an attribute with this value has no influence on the shape."""
        if self.operator == "MatMul" and attribute in ("transA", "transB"):
            return True  # the reader of the operands has exchanged their axes
        return attribute in self.ignored.split() or (attribute in _LAYOUTS and value == 0)


_LAYOUTS = ("channels_last", "transBatchA", "transBatchB")  # not of the standard: refused where they are set
_ACTIVATION = "activation activation_params activation_alpha activation_beta activation_gamma activation_axis"
EQUIVALENTS = {
    "FusedConv": Equivalent("Conv", slice(3), ignored=_ACTIVATION),
    "FusedGemm": Equivalent("Gemm", slice(3), ignored=_ACTIVATION),
    "FusedMatMul": Equivalent("MatMul", slice(2), ignored="alpha"),
    "FusedMatMulActivation": Equivalent("MatMul", slice(2), ignored=f"alpha {_ACTIVATION}"),
    "TransposeMatMul": Equivalent("MatMul", slice(2), ignored="alpha"),
    "DynamicQuantizeMatMul": Equivalent("MatMul", slice(2)),
    "MatMulIntegerToFloat": Equivalent("MatMul", slice(2), 2),
    "QGemm": Equivalent("Gemm", slice(0, 4, 3), 8),
    "QLinearAveragePool": Equivalent("AveragePool", slice(1)),
    "QLinearGlobalAveragePool": Equivalent("GlobalAveragePool", slice(1)),
    "QLinearConcat": Equivalent("Concat", slice(2, None, 3), 1),
    "QLinearAdd": Equivalent("Add", slice(0, 4, 3)),
    "QLinearMul": Equivalent("Mul", slice(0, 4, 3)),
    "QLinearLeakyRelu": Equivalent("LeakyRelu", slice(1)),
    "QLinearSigmoid": Equivalent("Sigmoid", slice(1)),
    "QLinearSoftmax": Equivalent("Identity", slice(1), ignored="axis opset"),
    "QuantizeLinear": Equivalent("Identity", slice(1), 2, ignored="axis"),
    "DequantizeLinear": Equivalent("Identity", slice(1), 1, ignored="axis"),
    "Gelu": Equivalent("Identity", slice(1)),
    "QuickGelu": Equivalent("Identity", slice(1), ignored="alpha"),
    "FastGelu": Equivalent("Identity", slice(1)),
    "BiasGelu": Equivalent("Add", slice(2)),
}
"""Operators of the domain com.microsoft; with `channels_last` or `transBatchA` they are refused."""


class Operand(Protocol):
    """What the role of an operator depends on."""

    @property
    def data(self) -> bool:
        """Whether the value depends on an input of the network."""

    @property
    def batch(self) -> bool:
        """Whether it depends on an input that carries the batch."""

    @property
    def number(self) -> int:
        """Layers on the longest way to it."""

    @property
    def shape(self) -> Sizes | None:
        """Its sizes."""

    @property
    def counts(self) -> bool:
        """Whether its elements are indices, truth values or text."""


def layer_kind(
    domain: str, operator: str, operands: Sequence[Operand | None], attributes: Mapping[str, Any]
) -> str | None:
    """Name the kind of layer that a node with data among its inputs is, or DOUBTFUL; None for one that is no layer.

    Parameters
    ----------
    domain, operator : str
    operands : sequence
        None for an optional input that is not there.
    attributes : mapping

    Raises
    ------
    InputError
        For an operator that is in no table, and where the role of an operator with weights cannot be judged.

    Examples
    --------
    >>> layer_kind("", "Conv", [], {})
    'convolution'
    >>> layer_kind("", "LSTM", [], {})
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: LSTM is no operator whose layers are known; expected a model without it
    """
    if domain == "":
        if operator in _WINDOWS:
            return _WINDOWS[operator]
        if operator in _FACTORS:
            return _product([operands[position] for position in _FACTORS[operator]])
        if operator == "Einsum":
            return _einsum(operands, attributes["equation"].decode())
        if operator in ("Mul", "Div"):
            return _scaling(operands, operands[operator == "Div" :])
        if operator in ("Gather", "GatherND", "GatherElements", "GridSample", "Compress"):
            return _look_up(operator, operands)
        if operator in ("Concat", "ConcatFromSequence"):
            return _concatenation(operator, operands)
    if operator not in _NO_LAYERS.get(domain, "").split():
        name = f"{domain}.{operator}" if domain else operator
        raise InputError(f"{name} is no operator whose layers are known; expected a model without it")
    if operator == "Attention" and any(_weights(each) for each in operands[:3]):
        raise InputError("Attention with weights as queries, keys or values; expected MatMul for such a layer")
    return None


def _product(factors: Sequence[Operand | None]) -> str | None:
    if any(_weights(each) for each in factors):
        return "fully connected"
    from_inputs = len(factors) > 1 and any(each is not None and each.number == 0 for each in factors)
    return DOUBTFUL if from_inputs else None  # in attention, both factors come out of layers


def _einsum(operands: Sequence[Operand | None], equation: str) -> str | None:
    """Kind by the labels of the weights: summed over, or only in the output."""
    left, arrow, right = equation.replace(" ", "").replace("...", ".").partition("->")
    if not arrow:  # the labels that occur once are those of the output
        right = "".join(label for label in left if left.count(label) == 1 or label == ".")
    pairs = list(zip(left.split(","), operands, strict=False))
    weights = {label for term, each in pairs if _weights(each) for label in term}
    data = {label for term, each in pairs if not _weights(each) for label in term}
    if weights - set(right):
        return "fully connected"
    if weights:
        return DOUBTFUL if weights - data else None
    return _product(operands)


def _scaling(operands: Sequence[Operand | None], scales: Sequence[Operand | None]) -> str | None:
    """Kind of a product by elements: doubtful where only the weights have an axis."""
    data = [each.shape for each in operands if each is not None and each.batch and each.shape is not None]
    weights = [each.shape or () for each in scales if each is not None and _weights(each) and not each.counts]
    spreads = any(
        size != 1 and own == 1
        for wide, narrow in itertools.product(weights, data)
        for size, own in itertools.zip_longest(reversed(wide), reversed(narrow), fillvalue=1)
    )
    return DOUBTFUL if spreads else None


def _look_up(operator: str, operands: Sequence[Operand | None]) -> str | None:
    """Kind of a choice by data: from the rows of a matrix of weights, it is a product with 0 and 1."""
    table = operands[0]
    if table is None or not _weights(table) or table.counts or not any(each and each.data for each in operands[1:]):
        return None
    axes = None if table.shape is None else len(table.shape)
    if axes == 1:
        return None  # a function of one variable by its values
    if operator not in ("Gather", "GatherND") or axes not in (None, 2):
        raise InputError(f"{operator} chooses among weights by data; expected Gather, of the rows of a matrix")
    return "embedding"


def _concatenation(operator: str, operands: Sequence[Operand | None]) -> str | None:
    single = operator == "Concat" and len(operands) == 1
    return None if single or any(each and each.counts for each in operands) else "concatenation"


def _weights(operand: Operand | None) -> bool:
    return operand is not None and not operand.batch
