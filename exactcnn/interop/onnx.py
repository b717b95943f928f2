"""Widths of the layers of an ONNX model; weights are not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exactcnn.errors import InputError
from exactcnn.interop.onnx_batch import layers_of_one_sample
from exactcnn.interop.onnx_graph import Walk
from exactcnn.interop.onnx_inference import Value, constants, reason
from exactcnn.network.shapes import LayerWidth


def widths_from_onnx(path: str | Path) -> tuple[LayerWidth, ...]:
    """List the layers of an ONNX model with their widths, in the order of the graph.

    Parameters
    ----------
    path : str or Path
        Convolutions, pooling, products with weights, embeddings, and concatenations of feature maps are layers. Every
        input begins with the batch, which is dropped. External weights need not be there.

    Returns
    -------
    tuple of LayerWidth
        ``number`` is the index k on the longest way from the input; a concatenation has that of its deepest branch.

    Raises
    ------
    InputError
        Without the package onnx; for a file that is missing or no ONNX model, and a model without layers; for an
        operator that is not known to be a layer or none, a layer whose sizes do not follow from the model or are not
        those of one sample times the batch, and declared shapes that contradict the computed ones.

    Notes
    -----
    Shapes are computed anew. A batch without a number is tried with two sizes, and so is one of several samples:
    neurons of one sample are what grows with it. For a batch of 1 they are all.

    Examples
    --------
    >>> widths_from_onnx("no such model.onnx")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: no such model.onnx: No such file or directory; expected an ONNX model
    """
    model = _read(Path(path))
    try:
        layers = _layers(model)
    except InputError as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from None
    if not layers:
        raise InputError(f"{path}: no convolutional, pooling or fully connected layer; expected an ONNX model with one")
    return layers


def _read(path: Path) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError("reading ONNX models needs the package onnx; try: pip install 'exactcnn[onnx]'") from None
    try:
        return onnx.load_model(path, load_external_data=False)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; expected an ONNX model") from None
    except (DecodeError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path}: {reason(error)}; expected an ONNX model") from None


def _layers(model: Any) -> tuple[LayerWidth, ...]:
    versions, functions = _versions(model), frozenset((each.domain, each.name) for each in model.functions)
    graph = _inlined(model).graph if functions else model.graph
    weights = {name for name, _ in constants(graph)}  # old models have them among the inputs
    inputs = {each.name: each.type for each in graph.input if each.name not in weights}

    def walk(samples: Mapping[str, Value], declared: bool) -> Sequence[LayerWidth]:
        return Walk(versions, model.ir_version, functions, declared).layers(graph, samples)

    return layers_of_one_sample(inputs, walk)


def _versions(model: Any) -> dict[str, int]:
    """Versions of the sets of operators by domain; that of the standard is empty."""
    import onnx

    newest, imports = onnx.defs.onnx_opset_version(), list(model.opset_import)
    versions = {"" if each.domain == "ai.onnx" else each.domain: each.version for each in imports}
    valid = all(isinstance(domain, str) and 0 < version < 2**31 for domain, version in versions.items())
    if not valid or len(versions) < len(imports) or not 0 < model.ir_version < 2**31:
        raise InputError(f"format {model.ir_version} with operators of {versions}; expected an ONNX model")
    if versions.get("", 1) > newest:
        raise InputError(f"operators of version {versions['']}; expected one up to {newest}, or a newer package onnx")
    return versions


def _inlined(model: Any) -> Any:
    """Return the model with the calls of local functions replaced by their nodes."""
    import onnx
    from onnx.inliner import inline_local_functions

    left = {(each.domain, each.name): {(node.domain, node.op_type) for node in each.node} for each in model.functions}
    while left:  # take away what calls no other: the inliner of older packages does not return from recursion
        done = {name for name, calls in left.items() if not calls & set(left)}
        if not done:
            raise InputError(f"the function {min(left)[1]} calls itself; expected functions that can be inlined")
        left = {name: calls for name, calls in left.items() if name not in done}
    try:
        return inline_local_functions(model)
    except (onnx.checker.ValidationError, RuntimeError, ValueError) as error:
        raise InputError(f"{reason(error)}; expected functions that can be inlined") from None
