"""Modules of PyTorch that are a chain of layers, taken from the graph that `torch.export` makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arguments import typed
from exactcnn.errors import InputError
from exactcnn.interop.chain import Chain, clipped, number
from exactcnn.network.activations import Activation, activation
from exactcnn.network.model import Model

BATCH = 13  # samples that are traced
THRESHOLD = 20  # of Softplus: PyTorch's own
KNOWN = "convolutions, pooling, dense layers, activations, BatchNorm, Flatten and Dropout"


@typed
def from_torch(module: Any, *, input_shape: Sequence[int] | None = None) -> Model:
    """Take a module of PyTorch: `nn.Sequential`, or any module whose forward pass is a chain of layers.

    Parameters
    ----------
    module : torch.nn.Module
        Its weights are taken as the floats that they are; it is read as in inference (`eval`), and not changed.
    input_shape : sequence of int, optional
        Shape of a sample, channels first; needed unless the first layer is `nn.Linear`.

    Returns
    -------
    Model
        With the names of the modules. A last Softmax is cut off, Dropout is left out, and BatchNormalization is folded
        in float64 into the layer directly before it; the notes say so.

    Raises
    ------
    InputError
        Without the package torch; for what is no module, a forward pass that cannot be followed, and operators that are
        no layers of a chain, by name.

    Examples
    --------
    >>> from_torch("a file")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: module is a str; expected a torch.nn.Module
    """
    if not hasattr(module, "state_dict"):
        raise InputError(f"module is a {type(module).__name__}; expected a torch.nn.Module")
    try:
        import torch
    except ImportError:
        raise InputError("from_torch needs the package torch; try: pip install 'exactcnn[torch]'") from None
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"module is a {type(module).__name__}; expected a torch.nn.Module")
    shape = tuple(input_shape) if input_shape is not None else _linear_input(torch, module)
    try:
        graph, values = _exported(torch, module, shape)
        return _chain(graph, values, shape).model()
    except InputError as error:
        raise InputError(f"{type(module).__name__}: {' '.join(str(error).split())}") from None


def _linear_input(torch: Any, module: Any) -> tuple[int, ...]:
    first = next((each for each in module.modules() if not list(each.children())), None)
    if not isinstance(first, torch.nn.Linear):
        raise InputError("input_shape is missing; expected (channels, *sizes), since the first layer is no nn.Linear")
    return (int(first.in_features),)


def _exported(torch: Any, module: Any, shape: tuple[int, ...]) -> tuple[list[Any], dict[str, NDArray[Any]]]:
    """Nodes of the forward pass, and parameters, buffers and constants by the names of their nodes."""
    import copy
    import logging
    import warnings

    copied = copy.deepcopy(module).cpu().eval()
    dtype = next((p.dtype for p in copied.parameters()), torch.float32)
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # the tracer logs what it raises
    try:
        with warnings.catch_warnings(action="ignore"), torch.no_grad():
            program = torch.export.export(copied, (torch.zeros((BATCH, *shape), dtype=dtype),))
    except Exception as error:  # noqa: BLE001 - whatever the module's own code or the tracer raise
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"the forward pass on {shape} cannot be followed ({reason}); expected a chain") from None
    finally:
        logging.disable(disabled)
    held = dict(program.state_dict) | dict(program.constants)
    values = {}
    for spec in program.graph_signature.input_specs:
        if spec.target in held:
            tensor = held[spec.target].detach()
            if tensor.is_quantized or tensor.is_complex() or tensor.layout != torch.strided:
                raise InputError(f"{spec.target} is {tensor.dtype}; expected real numbers, dense")
            tensor = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
            values[spec.arg.name] = tensor.numpy().copy()
    return list(program.graph.nodes), values


def _chain(nodes: list[Any], values: dict[str, NDArray[Any]], shape: tuple[int, ...]) -> Chain:
    inputs = [node for node in nodes if node.op == "placeholder" and node.name not in values]
    if len(inputs) != 1:
        raise InputError(f"{len(inputs)} inputs; expected one")
    chain, current = Chain(shape), inputs[0]
    for node in nodes:
        if node.op == "placeholder":
            continue
        reads = [each for each in node.all_input_nodes if each.name not in values]
        if node.op == "output":
            if reads != [current]:
                raise InputError("more than one output; expected the end of the chain")
            return chain
        kind = str(node.target).removeprefix("aten.").partition(".")[0]
        name = _module_name(node) or node.name
        title = f"{kind} ({name})"
        if node.op == "call_function" and not node.users:  # such as a check of sizes
            continue
        if reads != [current] or node.args[0] is not current:
            raise InputError(f"{title} reads {', '.join(each.name for each in reads)}; expected {current.name} alone")
        if len(current.users) != 1:
            raise InputError(f"{current.name} is read {len(current.users)} times; expected a chain of layers")
        arguments = _arguments(node, values)
        if kind in _LAYERS:
            _LAYERS[kind](chain, title, name, arguments)
        elif kind in _CURVES:
            chain.activation(title, _CURVES[kind](title, arguments))
            if kind == "softplus":
                chain.notes.append(f"{title}: softplus also beyond the threshold, where PyTorch returns its argument")
        else:
            raise InputError(f"{title} is no operator that is read; expected a chain of {KNOWN}")
        current = node
    raise InputError("a graph without output; expected one")


def _arguments(node: Any, values: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Arguments by name, with the defaults of the operator."""
    schema = node.target._schema.arguments  # noqa: SLF001 - the one place where names of arguments stand
    given = dict(zip((each.name for each in schema), node.args, strict=False)) | dict(node.kwargs)
    result = {each.name: given.get(each.name, each.default_value) for each in schema}
    return {key: values.get(getattr(value, "name", ""), value) for key, value in result.items()}


def _module_name(node: Any) -> str:
    """The dotted name of the innermost module that made a node."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values() if isinstance(path, str)]
    return paths[-1].removeprefix("L['self'].").replace("L['self']", "") if paths else ""


# -------------------------------------------------------------------- operators


def _spread(value: Any, axes: int) -> list[int]:
    numbers = [value] if isinstance(value, int) else list(value)
    return numbers * axes if len(numbers) == 1 else numbers


def _convolution(chain: Chain, title: str, name: str, own: dict[str, Any]) -> None:
    weights, axes = own["weight"], own["weight"].ndim - 2
    if own.get("groups", 1) != 1:
        raise InputError(f"{title}: groups = {own['groups']}; expected 1")
    if own.get("transposed") or any(_spread(own.get("output_padding") or 0, axes)):
        raise InputError(f"{title} is transposed; expected a convolution")
    padding = own["padding"] if isinstance(own["padding"], str) else _spread(own["padding"], axes)
    chain.convolution(
        title,
        name,
        weights,
        own["bias"],
        stride=_spread(own["stride"], axes),
        padding=padding,
        dilation=_spread(own["dilation"], axes),
    )


def _batch_normalization(chain: Chain, title: str, _: str, own: dict[str, Any]) -> None:
    mean, variance = own["running_mean"], own["running_var"]
    if mean is None or variance is None:
        raise InputError(f"{title} has no running statistics; expected track_running_stats")
    if own.get("training"):
        raise InputError(f"{title} is in training; expected a module in inference")
    scale = np.ones_like(mean) if own["weight"] is None else own["weight"]
    shift = np.zeros_like(mean) if own["bias"] is None else own["bias"]
    chain.batch_normalization(title, (scale, shift, mean, variance), float(own["eps"]))


def _pooling(chain: Chain, title: str, name: str, own: dict[str, Any]) -> None:
    axes = len(chain.shape) - 1
    kernel = _spread(own["kernel_size"], axes)
    options: dict[str, Any] = {
        "stride": _spread(own["stride"], axes) if own["stride"] else kernel,
        "padding": _spread(own["padding"], axes),
        "ceil_mode": bool(own["ceil_mode"]),
    }
    if "count_include_pad" in own:
        if own.get("divisor_override") is not None:
            raise InputError(f"{title}: divisor_override = {own['divisor_override']}; expected none")
        chain.average_pooling(title, name, kernel, count_padding=bool(own["count_include_pad"]), **options)
    else:
        chain.max_pooling(title, name, kernel, dilation=_spread(own["dilation"], axes), **options)


def _adaptive(chain: Chain, title: str, name: str, own: dict[str, Any], *, average: bool) -> None:
    sizes = chain.shape[1:]
    wanted = [size if n is None else n for n, size in zip(_spread(own["output_size"], len(sizes)), sizes, strict=True)]
    if any(n < 1 or size % n for n, size in zip(wanted, sizes, strict=True)):
        raise InputError(f"{title}: {sizes} to {wanted}; expected sizes that divide, so that all windows are alike")
    kernel = [size // n for n, size in zip(wanted, sizes, strict=True)]
    (chain.average_pooling if average else chain.max_pooling)(title, name, kernel)


def _flatten(chain: Chain, title: str, _: str, own: dict[str, Any]) -> None:
    if own["start_dim"] != 1 or own["end_dim"] not in (-1, len(chain.shape)):
        raise InputError(f"{title} from {own['start_dim']} to {own['end_dim']}; expected all axes but the batch")
    chain.flatten(title)


def _view(chain: Chain, title: str, _: str, own: dict[str, Any]) -> None:
    sizes: Any = own.get("size", own.get("shape"))
    width = int(np.prod(chain.shape))
    if len(sizes) != 2 or sizes[0] not in (-1, BATCH) or sizes[1] not in (-1, width):
        raise InputError(f"{title} to {list(sizes)}; expected a row for each sample, such as [N, {width}]")
    chain.flatten(title)


def _softmax(chain: Chain, title: str, _: str, own: dict[str, Any]) -> None:
    if not chain.flat or own["dim"] not in (-1, 1):
        raise InputError(f"{title} along axis {own['dim']}; expected it on the outputs, at the end")
    chain.softmax(title)


_LAYERS: dict[str, Callable[[Chain, str, str, dict[str, Any]], None]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _convolution),
    "linear": lambda chain, title, name, own: chain.dense(title, name, own["weight"], own["bias"]),
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit_no_training"), _batch_normalization),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d"), _pooling),
    **dict.fromkeys(
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
        lambda chain, title, name, own: _adaptive(chain, title, name, own, average=True),
    ),
    **dict.fromkeys(
        ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"),
        lambda chain, title, name, own: _adaptive(chain, title, name, own, average=False),
    ),
    "flatten": _flatten,
    **dict.fromkeys(("view", "reshape"), _view),
    **dict.fromkeys(
        ("dropout", "dropout_", "feature_dropout", "alpha_dropout"),
        lambda chain, title, *_: chain.passed(title, "Dropout is the identity in inference"),
    ),
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax"), _softmax),
    **dict.fromkeys(("contiguous", "alias", "clone", "detach"), lambda *_: None),
}


def _slope(title: str, own: dict[str, Any]) -> Activation:
    slope: Any = own.get("negative_slope", own.get("weight"))
    if isinstance(slope, np.ndarray) and slope.size != 1:
        raise InputError(f"{title}: {slope.size} slopes; expected one")
    return activation(f"leaky-relu({number(np.asarray(slope).item(), f'{title}: slope')})")


def _elu(title: str, own: dict[str, Any]) -> Activation:
    if own.get("scale", 1) != 1 or own.get("input_scale", 1) != 1 or own["alpha"] <= 0:
        raise InputError(f"{title}: alpha = {own['alpha']} with scales; expected alpha > 0 alone")
    return activation(f"elu({number(own['alpha'], f'{title}: alpha')})")


def _gelu(title: str, own: dict[str, Any]) -> Activation:
    if own.get("approximate", "none") != "none":
        raise InputError(f"{title}: approximate = {own['approximate']!r}; expected 'none', the exact form")
    return activation("gelu")


def _softplus(title: str, own: dict[str, Any]) -> Activation:
    # ln(1 + e^(beta t)) / beta exceeds t by less than e^(-threshold) / beta where beta t > threshold
    if own.get("threshold", 20) < THRESHOLD:
        raise InputError(f"{title}: threshold = {own['threshold']}; expected {THRESHOLD} or more")
    return activation(f"softplus({number(own.get('beta', 1), f'{title}: beta')})")


def _clip(title: str, own: dict[str, Any]) -> Activation:
    low, high = (own.get(key, own.get(other)) for key, other in (("min", "min_val"), ("max", "max_val")))
    ends = [None if end is None else number(end, f"{title}: bound") for end in (low, high)]
    return clipped(*ends)


_NAMES = {
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "silu",
    "mish": "mish",
    "hardsigmoid": "hard-sigmoid",
    "hardswish": "hard-swish",
    "abs": "abs",
    "erf": "erf",
    "atan": "arctan",
    "sin": "sin",
    "cos": "cos",
    "exp": "exp",
    "log_sigmoid": "log-sigmoid",
}


def _named(name: str) -> Callable[[str, dict[str, Any]], Activation]:
    return lambda *_: activation(name)


_CURVES: dict[str, Callable[[str, dict[str, Any]], Activation]] = {
    **{kind: _named(name) for kind, name in _NAMES.items()},
    **{f"{kind}_": _named(name) for kind, name in _NAMES.items()},
    **dict.fromkeys(("leaky_relu", "leaky_relu_", "prelu"), _slope),
    **dict.fromkeys(("elu", "elu_"), _elu),
    "gelu": _gelu,
    "softplus": _softplus,
    **dict.fromkeys(("hardtanh", "hardtanh_", "clamp", "clamp_", "clip"), _clip),
}
