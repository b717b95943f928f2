"""ONNX models with their weights: a chain of nodes, read node by node."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arguments import typed
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.interop.chain import Chain, array, clipped, hard_sigmoid, number
from exactcnn.interop.onnx_inference import reason
from exactcnn.network.activations import Activation, activation
from exactcnn.network.as_given import AsGiven
from exactcnn.network.model import Model

Constants = dict[str, NDArray[Any]]
Made = TypeVar("Made")
Q = Rationals()


@typed
def from_onnx(path: str | Path, *, input_shape: Sequence[int] | None = None) -> Model:
    """Read an ONNX model: a chain of layers, with its weights.

    Parameters
    ----------
    path : str or Path
    input_shape : sequence of int, optional
        Shape of a sample, channels first, where the model leaves sizes open; the batch is not part of it.

    Returns
    -------
    Model
        Attributes are the floats that they are. A last Softmax is cut off, Dropout is left out, and BatchNormalization
        is folded in float64 into the layer directly before it; the notes say so.

    Raises
    ------
    InputError
        Without the package onnx; for a file that is no model or whose external data are missing; for a node that is no
        layer of a chain, by its title; for sizes that stay unknown, and weights that are not finite.

    Examples
    --------
    >>> from_onnx("no such model.onnx")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: no such model.onnx: No such file or directory; expected an ONNX model
    """
    return _whole(path, input_shape, True, Chain.model)


def given_by_onnx(path: str | Path, *, input_shape: Sequence[int] | None = None) -> AsGiven:
    """Read an ONNX model as it is: BatchNormalization is not folded, a last Softmax not cut off; else as `from_onnx`.

    Examples
    --------
    >>> given_by_onnx("no such model.onnx")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: no such model.onnx: No such file or directory; expected an ONNX model
    """
    return _whole(path, input_shape, False, Chain.given)


def _whole(path: str | Path, input_shape: Sequence[int] | None, fold: bool, made: Callable[[Chain], Made]) -> Made:
    path = Path(path)
    model = _read(path)
    try:
        return made(_chain(model, input_shape, fold))
    except InputError as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from None


def _read(path: Path) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError("reading ONNX models needs the package onnx; try: pip install 'exactcnn[onnx]'") from None
    try:
        return onnx.load_model(path, load_external_data=True)
    except OSError as error:
        what = f"{error.strerror}; expected an ONNX model" if error.strerror else reason(error)
        raise InputError(f"{path}: {what}") from None
    except (DecodeError, UnicodeDecodeError, ValueError, onnx.checker.ValidationError) as error:
        raise InputError(f"{path}: {reason(error)}; expected an ONNX model with its data") from None


@dataclass(frozen=True)
class Node:
    """A node with its attributes, the constants among its inputs, and what it is called in messages."""

    title: str
    name: str
    operator: str
    attributes: Mapping[str, Any]
    operands: tuple[NDArray[Any] | None, ...]

    def operand(self, position: int, what: str) -> NDArray[Any]:
        """A constant input, which must be there."""
        value = self.optional(position)
        if value is None:
            raise InputError(f"{self.title}: {what} is no constant; expected weights in the model")
        return value

    def optional(self, position: int) -> NDArray[Any] | None:
        """A constant input; None where it is left out."""
        return self.operands[position] if position < len(self.operands) else None

    def require(self, **expected: Any) -> None:
        """Refuse attributes with another value than the one that is read."""
        for key, value in expected.items():
            if self.attributes.get(key, value) != value:
                raise InputError(f"{self.title}: {key} = {self.attributes[key]}; expected {value}")


def _chain(model: Any, input_shape: Sequence[int] | None, fold: bool) -> Chain:
    graph = model.graph
    if model.functions:
        raise InputError("the model has local functions; expected operators of the standard")
    if graph.sparse_initializer:
        raise InputError("the model has sparse weights; expected dense ones")
    constants = {tensor.name: _array(tensor) for tensor in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise InputError(f"{len(inputs)} inputs and {len(graph.output)} outputs; expected one each")
    chain = Chain(_input_shape(inputs[0], input_shape), batch=_batch(inputs[0]), fold=fold)
    current = inputs[0].name
    uses = [name for node in graph.node for name in node.input] + [each.name for each in graph.output]
    for index, node in enumerate(graph.node):
        title = f"{node.op_type} ({node.name or f'node {index}'})"
        if node.domain not in ("", "ai.onnx"):
            raise InputError(f"{node.domain}.{title} is no operator of the standard; expected a chain of layers")
        if all(name == "" or name in constants for name in node.input):
            constants |= _constant(node, title, constants)
            continue
        data = [name for name in node.input if name and name not in constants]
        if data != [current]:
            raise InputError(f"{title} reads {', '.join(map(repr, data))}; expected {current!r} alone, in a chain")
        if uses.count(current) != 1:
            raise InputError(f"{current!r} is read {uses.count(current)} times; expected a chain of layers")
        if any(node.output[1:]) and node.op_type not in ("Dropout", "BatchNormalization"):
            raise InputError(f"{title} has {len(node.output)} outputs; expected one")
        if any(name in uses for name in node.output[1:] if name):
            raise InputError(f"{title}: a second output is used; expected the first alone")
        _added(chain, _described(node, title, constants), node.input[0] == current, _opset(model))
        current = node.output[0]
    if graph.output[0].name != current:
        raise InputError(f"the output is {graph.output[0].name!r}; expected the end of the chain, {current!r}")
    return chain


def _opset(model: Any) -> int:
    return max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)


def _array(tensor: Any) -> NDArray[Any]:
    import onnx

    try:
        value: NDArray[Any] = array(onnx.numpy_helper.to_array(tensor))
    except (KeyError, TypeError, ValueError, onnx.checker.ValidationError) as error:
        raise InputError(f"the weights {tensor.name} cannot be read: {reason(error)}") from None
    if value.dtype.kind not in "biuf":
        raise InputError(f"the weights {tensor.name} have type {value.dtype}; expected integers or floats")
    return value


def _constant(node: Any, title: str, constants: Constants) -> Constants:
    """Values of a node that depends on no input: constants, and what only moves them."""
    import onnx

    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    if node.op_type == "Constant" and len(attributes) == 1:
        ((key, value),) = attributes.items()
        if key == "value":
            return {node.output[0]: _array(value)}
        if key in ("value_float", "value_floats"):
            return {node.output[0]: np.asarray(value, dtype=np.float32)}
        if key in ("value_int", "value_ints"):
            return {node.output[0]: np.asarray(value, dtype=np.int64)}
    if node.op_type == "Identity":
        return {node.output[0]: constants[node.input[0]]}
    if node.op_type == "Transpose":
        return {node.output[0]: constants[node.input[0]].transpose(attributes.get("perm"))}
    raise InputError(f"{title} computes weights; expected them as constants: simplify the model first")


def _described(node: Any, title: str, constants: Constants) -> Node:
    import onnx

    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    attributes = {
        key: value.decode(errors="replace") if isinstance(value, bytes) else value for key, value in attributes.items()
    }
    operands = tuple(constants.get(name) for name in node.input)
    weights = [name for name in node.input[1:2] if name.endswith((".weight", "_weight", "/kernel"))]
    name = weights[0][: -len(".weight")] if weights else node.name or node.output[0]
    return Node(title, name, node.op_type, attributes, operands)


def _input_shape(declared: Any, given: Sequence[int] | None) -> tuple[int, ...]:
    tensor = declared.type.tensor_type
    if not tensor.HasField("shape"):
        if given is None:
            raise InputError(f"the input {declared.name} has no shape; expected samples, or input_shape")
        return tuple(given)
    sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    if len(sizes) < 2:
        raise InputError(f"the input {declared.name} has {len(sizes)} axes; expected the batch and a sample")
    own = sizes[1:]
    if given is not None:
        if len(given) + 1 == len(own) > 2 and own[0] in (None, 1):  # pictures of one channel
            given = (1, *given)
        fits = len(given) == len(own) and all(n in (None, m) for n, m in zip(own, given, strict=True))
        if not fits and None not in own and math.prod(given) == math.prod(n or 0 for n in own):
            return tuple(n or 0 for n in own)  # flat samples: whether they fit is said where they are taken
        if not fits:
            moved = (given[-1], *given[:-1])
            last = len(given) == len(own) and all(n in (None, m) for n, m in zip(own, moved, strict=True))
            hint = ": channels last? Move that axis to the front" if last else ""
            raise InputError(
                f"a sample of shape {tuple(given)}; expected {_sizes(own)}, as the model's input has it{hint}"
            )
        return tuple(given)
    if None in own or 0 in own:
        raise InputError(f"the input {declared.name} has open sizes, {_sizes(own)}; expected samples, or input_shape")
    return tuple(n for n in own if n is not None)


def _sizes(own: Sequence[int | None]) -> str:
    return f"({', '.join('?' if n is None else str(n) for n in own)}{',' * (len(own) == 1)})"


def _batch(declared: Any) -> int | None:
    """Size of the batch where it has one."""
    dims = declared.type.tensor_type.shape.dim
    return int(dims[0].dim_value) if dims and dims[0].HasField("dim_value") else None


# -------------------------------------------------------------------- nodes


def _added(chain: Chain, node: Node, first: bool, opset: int) -> None:
    """Add a node to the chain; `first` says whether the data are its first input."""
    if node.operator in _LAYERS:
        if not first and node.operator not in ("Add", "Mul"):
            raise InputError(f"{node.title}: its data are not the first input; expected a layer on them")
        _LAYERS[node.operator](chain, node, opset)
        return
    curve = curve_of(node)
    if curve is None:
        raise InputError(f"{node.title} is no operator that is read; expected a chain of {', '.join(OPERATORS)}")
    if not first:
        raise InputError(f"{node.title}: its data are not the first input; expected an activation of them")
    chain.activation(node.title, curve)


def _convolution(chain: Chain, node: Node, _: int) -> None:
    node.require(group=1)
    weights = node.operand(1, "its kernel")
    axes = weights.ndim - 2
    node.require(kernel_shape=list(weights.shape[2:]))
    chain.convolution(
        node.title,
        node.name,
        weights,
        node.optional(2),
        stride=node.attributes.get("strides", [1] * axes),
        dilation=node.attributes.get("dilations", [1] * axes),
        padding=_pads(chain, node, list(weights.shape[2:])),
    )


def _pads(chain: Chain, node: Node, kernel: Sequence[int]) -> Sequence[int] | str:
    """Padding as `exactcnn.patches.builders.sides` has it."""
    axes = len(kernel)
    pads = node.attributes.get("pads", [0] * (2 * axes))
    automatic = node.attributes.get("auto_pad", "NOTSET") or "NOTSET"
    if automatic == "NOTSET":
        if len(pads) != 2 * axes:
            raise InputError(f"{node.title}: pads = {pads}; expected {2 * axes} numbers")
        return list(pads)
    if any(pads):
        raise InputError(f"{node.title}: auto_pad = {automatic} beside explicit pads; expected one of them")
    if automatic in ("VALID", "SAME_UPPER"):
        return {"VALID": "valid", "SAME_UPPER": "same"}[automatic]
    if automatic != "SAME_LOWER":
        raise InputError(f"{node.title}: auto_pad = {automatic}; expected NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    strides = node.attributes.get("strides", [1] * axes)
    dilations = node.attributes.get("dilations", [1] * axes)
    totals = [
        max((-(-size // step) - 1) * step + (width - 1) * gap + 1 - size, 0)
        for size, step, width, gap in zip(chain.shape[1:], strides, kernel, dilations, strict=True)
    ]
    return [total - total // 2 for total in totals] + [total // 2 for total in totals]


def _pooling(chain: Chain, node: Node, _: int) -> None:
    kernel = node.attributes.get("kernel_shape")
    if kernel is None:
        raise InputError(f"{node.title}: kernel_shape is missing; expected the size of the window")
    axes = len(kernel)
    if len(chain.shape) != axes + 1:
        raise InputError(f"{node.title}: kernel_shape = {kernel} on {chain.shape}; expected a size for each axis")
    options: dict[str, Any] = {
        "stride": node.attributes.get("strides", [1] * axes),
        "dilation": node.attributes.get("dilations", [1] * axes),
        "padding": _pads(chain, node, kernel),
        "ceil_mode": bool(node.attributes.get("ceil_mode", 0)),
    }
    if options["padding"] == "valid":  # its ceiling is the same as the floor
        options["ceil_mode"] = False
    if node.operator == "MaxPool":
        chain.max_pooling(node.title, node.name, kernel, **options)
        return
    counted = bool(node.attributes.get("count_include_pad", 0))
    chain.average_pooling(node.title, node.name, kernel, count_padding=counted, **options)


def _gemm(chain: Chain, node: Node, _: int) -> None:
    node.require(transA=0)
    weights = exact_array(node.operand(1, "B"), name=f"{node.title}: weights")
    if len(weights.shape) != 2:
        raise InputError(f"{node.title}: B has shape {weights.shape}; expected a matrix")
    if not node.attributes.get("transB", 0):
        weights = Q.transpose(weights)
    weights = _scaled(weights, node.attributes.get("alpha", 1.0), f"{node.title}: alpha")
    biases = node.optional(2)
    if biases is not None:
        own = exact_array(biases, name=f"{node.title}: C")
        chain.dense(
            node.title, node.name, weights, _scaled(own, node.attributes.get("beta", 1.0), f"{node.title}: beta")
        )
    else:
        chain.dense(node.title, node.name, weights, None)


def _scaled(values: ExactArray, factor: float, what: str) -> ExactArray:
    """Exact multiples."""
    scale = number(factor, what)
    return values if scale == 1 else Q.multiply(values, ExactArray.from_fractions([scale], (1,) * len(values.shape)))


def _matmul(chain: Chain, node: Node, _: int) -> None:
    weights = node.operand(1, "its matrix")
    if weights.ndim != 2:
        raise InputError(f"{node.title}: weights {weights.shape}; expected a matrix")
    chain.dense(node.title, node.name, weights.T, None)


def _arithmetic(chain: Chain, node: Node, _: int) -> None:
    constant = next((each for each in node.operands if each is not None), None)
    if constant is None:
        raise InputError(f"{node.title}: no constant; expected biases, or what is done to the inputs")
    if node.operator == "Add" and chain.layers:
        chain.added(node.title, constant)
    else:
        chain.of_inputs(node.title, node.operator, constant)


def _batch_normalization(chain: Chain, node: Node, _: int) -> None:
    node.require(training_mode=0, spatial=1)
    values = [node.operand(position, word) for position, word in enumerate(("scale", "shift", "mean", "variance"), 1)]
    chain.batch_normalization(node.title, values, float(node.attributes.get("epsilon", np.float32(1e-5))))


def _flatten(chain: Chain, node: Node, _: int) -> None:
    axis = node.attributes.get("axis", 1)
    if axis not in (1, -len(chain.shape)):
        raise InputError(f"{node.title}: axis = {axis}; expected 1")
    chain.flatten(node.title)


def _reshape(chain: Chain, node: Node, _: int) -> None:
    target = node.attributes.get("shape", node.optional(1))
    sizes = None if target is None else [int(n) for n in np.asarray(target).ravel()]
    width = int(np.prod(chain.shape))
    if sizes is None or len(sizes) != 2 or sizes[1] not in (-1, width) or sizes[0] not in (-1, 0, chain.batch):
        raise InputError(f"{node.title} to {sizes}; expected a row for each sample, such as [-1, {width}]")
    if sizes == [-1, -1] or (sizes[0] == 0 and node.attributes.get("allowzero", 0)):
        raise InputError(f"{node.title} to {sizes}; expected one open size")
    chain.flatten(node.title)


def _softmax(chain: Chain, node: Node, opset: int) -> None:
    last = len(chain.shape)  # of the axes with the batch
    axis = node.attributes.get("axis", -1 if opset >= 13 else 1)
    if not chain.flat or axis not in (-1, last):
        raise InputError(f"{node.title} along axis {axis} of {chain.shape}; expected it on the outputs, at the end")
    chain.softmax(node.title, "softmax" if node.operator == "Softmax" else "log-softmax")


def _dropout(chain: Chain, node: Node, _: int) -> None:
    training = node.optional(2)
    if training is not None and np.any(training):
        raise InputError(f"{node.title}: training_mode is true; expected a model in inference")
    chain.passed(node.title, "Dropout is the identity in inference")


_LAYERS: dict[str, Callable[[Chain, Node, int], None]] = {
    "Conv": _convolution,
    "Gemm": _gemm,
    "MatMul": _matmul,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _arithmetic),
    "MaxPool": _pooling,
    "AveragePool": _pooling,
    "GlobalMaxPool": lambda chain, node, _: chain.global_pooling(node.title, node.name, average=False),
    "GlobalAveragePool": lambda chain, node, _: chain.global_pooling(node.title, node.name, average=True),
    "BatchNormalization": _batch_normalization,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Identity": lambda *_: None,
    "Dropout": _dropout,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
}
_NAMED = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Abs": "abs",
    "Erf": "erf",
    "Atan": "arctan",
    "Sin": "sin",
    "Cos": "cos",
    "Exp": "exp",
    "Mish": "mish",
}


def curve_of(node: Node) -> Activation | None:
    """The activation that a node applies; None for a node that is none.

    Raises
    ------
    InputError
        For attributes that make no activation of one variable, such as several slopes of PRelu.

    Examples
    --------
    >>> curve_of(Node("LeakyRelu (a)", "a", "LeakyRelu", {"alpha": 0.25}, (None,))).text
    'leaky-relu(1/4)'
    """
    own = node.attributes
    if node.operator in _NAMED:
        return activation(_NAMED[node.operator])
    if node.operator == "LeakyRelu":
        return activation(f"leaky-relu({number(own.get('alpha', np.float32(0.01)), f'{node.title}: alpha')})")
    if node.operator == "PRelu":
        slopes = node.operand(1, "its slope")
        if slopes.size != 1:
            raise InputError(f"{node.title}: {slopes.size} slopes; expected one")
        return activation(f"leaky-relu({number(slopes.item(), f'{node.title}: slope')})")
    if node.operator == "Elu":
        alpha = number(own.get("alpha", 1.0), f"{node.title}: alpha")
        if alpha <= 0:
            raise InputError(f"{node.title}: alpha = {float(alpha)}; expected a positive number")
        return activation(f"elu({alpha})")
    if node.operator == "HardSigmoid":
        alpha = number(own.get("alpha", np.float32(0.2)), f"{node.title}: alpha")
        return hard_sigmoid(alpha, number(own.get("beta", 0.5), f"{node.title}: beta"))
    if node.operator == "Gelu":
        if own.get("approximate", "none") != "none":
            raise InputError(f"{node.title}: approximate = {own['approximate']!r}; expected 'none', the exact form")
        return activation("gelu")
    if node.operator == "Clip":
        return clipped(*(_bound(node, word, position) for position, word in enumerate(("min", "max"), 1)))
    return None


def _bound(node: Node, word: str, position: int) -> Fraction | None:
    value = node.attributes.get(word, node.optional(position))
    if value is None:
        return None
    if np.asarray(value).size != 1:
        raise InputError(f"{node.title}: {word} is no number; expected one")
    single = float(np.asarray(value).item())
    unbounded = single == (-np.inf if word == "min" else np.inf)
    return None if unbounded else number(single, f"{node.title}: {word}")


OPERATORS = (*_LAYERS, *_NAMED, "LeakyRelu", "PRelu", "Elu", "HardSigmoid", "Gelu", "Clip")
