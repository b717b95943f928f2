"""Types of the outputs of one node of ONNX, and their contents where they are small constants.

Shapes of layers are those of `onnx_shapes`; of other operators, those of ONNX's own inference for one node, which also
checks attributes and types against the schema. Declared shapes have no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exactcnn.display import times
from exactcnn.errors import InputError
from exactcnn.interop.onnx_operators import EQUIVALENTS
from exactcnn.interop.onnx_shapes import SHAPES, Sizes, layer_shape

_SMALL = 4096  # elements of a constant that is computed; shapes and indices have far fewer
_COMPUTED = """
    Abs Add And Cast CastLike Ceil Concat Constant ConstantOfShape CumSum Div Equal Expand Flatten Floor Gather GatherND
    Greater GreaterOrEqual Identity Less LessOrEqual Max Min Mod Mul Neg Not Or Pow Range ReduceMax ReduceMin ReduceProd
    ReduceSum Reshape Round ScatterElements ScatterND Sign Slice Split Sqrt Squeeze Sub Tile Transpose Trilu Unsqueeze
    Where Xor
"""  # what shapes are made with


@dataclass(frozen=True)
class Value:
    """What is known of a value.

    Parameters
    ----------
    type : onnx.TypeProto
        Element type and shape; empty where nothing is known.
    data : bool
        Whether it depends on an input of the network.
    batch : bool
        Whether it depends on an input that carries the batch.
    number : int
        Layers on the longest way to it.
    content : array or None
        That of a small constant.
    """

    type: Any
    data: bool = False
    batch: bool = False
    number: int = 0
    content: Any = None

    @property
    def shape(self) -> Sizes | None:
        """Sizes, None for an unknown one; None for no tensor or an unknown rank."""
        return sizes(self.type)

    @property
    def counts(self) -> bool:
        """Whether its elements are indices, truth values or text."""
        import onnx

        kinds = (onnx.TensorProto.INT64, onnx.TensorProto.BOOL, onnx.TensorProto.STRING)
        return self.type.tensor_type.elem_type in kinds


def sizes(type_: Any) -> Sizes | None:
    """Return the shape of an `onnx.TypeProto`, None where it has none."""
    if not type_.HasField("tensor_type") or not type_.tensor_type.HasField("shape"):
        return None
    return tuple(size.dim_value if size.HasField("dim_value") else None for size in type_.tensor_type.shape.dim)


def declared_sizes(type_: Any) -> Sizes | None:
    """Return the shape that a model declares, None where it has none; sizes that are not positive are unknown ones."""
    shape = sizes(type_)
    return None if shape is None else tuple(size if size and size > 0 else None for size in shape)


def constants(graph: Any) -> Iterator[tuple[str, Value]]:
    """Names and values of the initializers of a graph; their data need not be there."""
    import onnx

    for tensor in graph.initializer:
        if min(tensor.dims, default=0) < 0:
            raise InputError(
                f"the weights {tensor.name} have the shape {list(tensor.dims)}; expected sizes of 0 or more"
            )
        type_ = onnx.helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
        here = tensor.data_location != onnx.TensorProto.EXTERNAL and math.prod(tensor.dims) <= _SMALL
        yield tensor.name, Value(type_, content=_array(tensor) if here else None)
    for tensor in graph.sparse_initializer:
        yield tensor.values.name, Value(onnx.helper.make_tensor_type_proto(tensor.values.data_type, tensor.dims))


@dataclass(frozen=True)
class Step:
    """One node with what is known of its inputs.

    Parameters
    ----------
    node : onnx.NodeProto
    operands : sequence of (Value or None)
    element : int
        Element type of the outputs; 0 for the inferred one.
    """

    node: Any
    operands: Sequence[Value | None]
    element: int = 0

    @property
    def domain(self) -> str:
        """Set of operators; empty for that of the standard."""
        return "" if self.node.domain == "ai.onnx" else str(self.node.domain)

    @property
    def operator(self) -> str:
        """Name of the operator."""
        return str(self.node.op_type)

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes by name; the check of the schema finds those that appear twice."""
        import onnx

        try:
            return {each.name: onnx.helper.get_attribute_value(each) for each in self.node.attribute}
        except ValueError as error:  # no type, or a reference outside of a function
            raise InputError(reason(error)) from None


def as_standard(step: Step) -> Step:
    """Return a step of the standard with the same role and shape, for a known operator of ONNX Runtime."""
    import onnx

    if step.node.domain == "ai.onnx":  # the long name of the standard, which its own checker does not know
        short = onnx.NodeProto()
        short.CopyFrom(step.node)
        short.domain = ""
        return replace(step, node=short)
    if step.domain != "com.microsoft" or step.operator not in EQUIVALENTS:
        return step
    same, given = EQUIVALENTS[step.operator], step.attributes
    operands = [value and replace(value, type=_floating(value.type)) for value in step.operands[same.inputs]]
    if same.operator == "MatMul":
        transposed = [given.get("transA", 0), given.get("transB", 0)]
        operands = [
            replace(value, type=_transposed(value.type)) if value and swap else value
            for value, swap in zip(operands, transposed, strict=False)
        ]
    names = [f"operand {position}" if value else "" for position, value in enumerate(operands)]
    node = onnx.helper.make_node(same.operator, names, step.node.output, name=step.node.name)
    node.attribute.extend(each for each in step.node.attribute if not same.ignores(each.name, given[each.name]))
    giver = step.operands[same.element] if same.element < len(step.operands) else None
    element = giver.type.tensor_type.elem_type if giver else 0
    return Step(node, operands, element or onnx.TensorProto.FLOAT)


def check_schema(step: Step, versions: Mapping[str, int], ir_version: int) -> None:
    """Refuse inputs and attributes that an operator does not have; only the domains of the standard have schemas."""
    import onnx

    context = onnx.checker.C.CheckerContext()
    context.ir_version, context.opset_imports = ir_version, dict(versions)
    try:
        if step.domain in ("", "ai.onnx.ml"):
            onnx.defs.get_schema(step.operator, versions[step.domain], step.domain)
            onnx.checker.check_node(step.node, context)
    except (KeyError, onnx.defs.SchemaError):
        version = f"version {versions.get(step.domain)} of {step.domain or 'ai.onnx'}"
        raise InputError(f"{step.operator} is no operator of {version}") from None
    except (onnx.checker.ValidationError, ValueError) as error:
        raise InputError(reason(error)) from None


def output_types(step: Step, versions: Mapping[str, int], ir_version: int) -> list[Any]:
    """Types of the outputs of a node; empty ones where something below is unknown, or the operator.

    Raises
    ------
    InputError
        With the reason, for a node that breaks its schema or does not fit its inputs.
    """
    import onnx

    node = step.node
    unknown = [onnx.TypeProto() for _ in node.output]
    present = {name: value for name, value in zip(node.input, step.operands, strict=True) if value is not None}
    if any(value.type.WhichOneof("value") is None for value in present.values()):
        return unknown
    formula = step.domain == "" and step.operator in SHAPES
    shapes = [None if value is None else value.shape for value in step.operands]
    shape = layer_shape(step.operator, shapes, step.attributes) if formula else None  # first: a stride of 0 is refused
    try:
        schema = onnx.defs.get_schema(step.operator, versions[step.domain], step.domain)
        inferred = onnx.shape_inference.infer_node_outputs(
            schema,
            node,
            {name: value.type for name, value in present.items()},
            {
                name: onnx.numpy_helper.from_array(value.content, name)
                for name, value in present.items()
                if value.content is not None
            },
            opset_imports=[onnx.helper.make_opsetid(*entry) for entry in versions.items()],
            ir_version=ir_version,
        )
    except (KeyError, onnx.defs.SchemaError):
        return unknown
    except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError) as error:
        raise InputError(reason(error)) from None
    types = [inferred.get(name, onnx.TypeProto()) for name in node.output]
    if formula:
        types = [_tensor(type_.tensor_type.elem_type, shape) for type_ in types]
    if step.domain == "" and step.operator == "Reshape":
        _check_reshape(present[node.input[0]].shape, sizes(types[0]))
    return [_tensor(step.element, sizes(type_)) for type_ in types] if step.element else types


def output_contents(step: Step, types: Sequence[Any], version: int) -> list[Any]:
    """Arrays that come out of a node without data, None for those that are not known or not small."""
    unknown = [None] * len(types)
    shapes = [sizes(type_) for type_ in types]
    if step.domain != "":
        return unknown
    if step.operator in ("Shape", "Size"):
        first = step.operands[0].shape if step.operands[0] is not None else None
        if first is None or None in first:
            return unknown
        part = first[step.attributes.get("start", 0) : step.attributes.get("end")]
        return [np.array(part if step.operator == "Shape" else _count(first), dtype=np.int64)]
    if step.operator not in _COMPUTED.split() or any(value and value.content is None for value in step.operands):
        return unknown
    if any(shape is None or None in shape or _count(shape) > _SMALL for shape in shapes):
        return unknown
    arrays = _evaluated(step, version)
    return arrays if [getattr(array, "shape", None) for array in arrays] == shapes else unknown


def _evaluated(step: Step, version: int) -> list[Any]:
    """Outputs of a node by ONNX's reference implementation; none where it cannot."""
    from onnx.reference import ReferenceEvaluator

    feeds = {name: value.content for name, value in zip(step.node.input, step.operands, strict=True) if value}
    try:
        with np.errstate(all="ignore"):
            return list(ReferenceEvaluator(step.node, opsets={"": version}).run(None, feeds))
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError):
        return []  # a constant that is not known, as external ones


def _array(tensor: Any) -> Any:
    """Content of a tensor of numbers; None for text, and for formats that NumPy has not."""
    import onnx

    try:
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        return onnx.numpy_helper.to_array(tensor) if kind.kind in "biuf" else None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the weights {tensor.name} cannot be read: {reason(error)}") from None


def _check_reshape(before: Sizes | None, after: Sizes | None) -> None:
    """Compare the numbers of elements, which ONNX's inference does not."""
    if before is None or after is None or None in before or None in after or _count(before) == _count(after):
        return
    raise InputError(f"{_count(before)} elements do not fill {times(after)}")


def _count(shape: Sizes) -> int:
    return math.prod(size or 0 for size in shape)


def _tensor(element: int, shape: Sizes | None) -> Any:
    import onnx

    return onnx.helper.make_tensor_type_proto(element, shape)


def _floating(type_: Any) -> Any:
    """Return the type of a tensor of floating-point numbers of the same shape."""
    import onnx

    return _tensor(onnx.TensorProto.FLOAT, sizes(type_)) if type_.HasField("tensor_type") else type_


def _transposed(type_: Any) -> Any:
    """Return the type of a tensor with the last two axes exchanged."""
    shape = sizes(type_)
    if shape is None or len(shape) < 2:
        return type_
    return _tensor(type_.tensor_type.elem_type, (*shape[:-2], shape[-1], shape[-2]))


def reason(error: Exception) -> str:
    """First line of an error of ONNX, without its prefix."""
    line = (str(error).strip() or "not readable").splitlines()[0]
    return line.removeprefix("[ShapeInferenceError] ").rstrip(".")
