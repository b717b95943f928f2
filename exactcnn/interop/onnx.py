"""Widths of the layers of an ONNX model, by ONNX's own shape inference; weights are not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exactcnn.errors import InputError
from exactcnn.network.shapes import LayerWidth

LAYERS = {
    "Conv": "convolution",
    "ConvTranspose": "transposed convolution",
    "Gemm": "fully connected",
    "MatMul": "fully connected",
    "MaxPool": "max-pooling",
    "AveragePool": "average pooling",
    "GlobalMaxPool": "max-pooling",
    "GlobalAveragePool": "average pooling",
}


def widths_from_onnx(path: str | Path) -> tuple[LayerWidth, ...]:
    """List the layers of an ONNX model with their widths, in the order of the graph.

    Parameters
    ----------
    path : str or Path
        Outputs of convolutions, pooling, matrix products with weights, and concatenations of feature maps count. The
        first dimension is the batch and is dropped. External weights need not be there.

    Returns
    -------
    tuple of LayerWidth
        ``number`` is the index k on the longest way from the input; a concatenation has that of its deepest branch.

    Raises
    ------
    InputError
        Without the package onnx, for a file that is missing or no ONNX model, a model without layers, and a layer
        whose sizes do not follow from the model.

    Examples
    --------
    >>> widths_from_onnx("no such model.onnx")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: no such model.onnx: No such file or directory; expected an ONNX model
    """
    graph = _inferred(Path(path))
    shapes = {value.name: _dimensions(value) for value in (*graph.input, *graph.value_info, *graph.output)}
    constant = {tensor.name for tensor in graph.initializer}
    constant |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    depth: dict[str, int] = {}
    found = []
    for index, node in enumerate(graph.node):
        below = max((depth.get(name, 0) for name in node.input), default=0)
        layer = node.op_type in LAYERS
        if node.op_type == "MatMul":  # a layer where one factor is weights; attention's products are none
            layer = any(name in constant for name in node.input)
        for name in node.output:
            depth[name] = below + layer
        if layer or (node.op_type == "Concat" and _joins_features(node, shapes)):
            kind = LAYERS.get(node.op_type, "concatenation")
            title = node.name or f"{kind} (node {index})"
            shape = shapes.get(node.output[0])
            if shape is None or None in shape:
                raise InputError(f"{path}: the sizes of {title} do not follow from the model; expected fixed ones")
            found.append(LayerWidth(below + layer, title, tuple(size for size in shape if size is not None)))
    if not found:
        raise InputError(f"{path}: no convolutional, pooling or fully connected layer; expected an ONNX model with one")
    return tuple(found)


def _inferred(path: Path) -> Any:
    """The graph with the shapes of its values."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError("reading ONNX models needs the package onnx; try: pip install 'exactcnn[onnx]'") from None
    try:
        model = onnx.load_model(path, load_external_data=False)
        return onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected an ONNX model") from None
    except (DecodeError, UnicodeDecodeError, ValueError, onnx.shape_inference.InferenceError) as error:
        reason = (str(error).strip() or "not readable").splitlines()[0]
        raise InputError(f"{path}: {reason}; expected an ONNX model") from None


def _dimensions(value: Any) -> tuple[int | None, ...] | None:
    """Sizes of a value without the batch, None for an unknown one; None for no tensor or unknown rank."""
    if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
        return None
    sizes = value.type.tensor_type.shape.dim[1:]
    return tuple(size.dim_value if size.dim_value > 0 else None for size in sizes)  # 0 where it is a name or unset


def _joins_features(node: Any, shapes: dict[str, Any]) -> bool:
    """Whether a concatenation is one of feature maps: values with a batch, joined along another axis."""
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
    return axis != 0 and bool(shapes.get(node.output[0]))
