"""What other systems compute for the same inputs, in float32: onnxruntime and torch, where they are installed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import Activation
from exactcnn.network.as_given import AsGiven
from exactcnn.network.kinds.average_pooling import Averaged
from exactcnn.network.kinds.convolution import Convolution
from exactcnn.network.kinds.kind import ResolvedLayer
from exactcnn.network.network import Convolved
from exactcnn.patches.builders import per_axis


def onnxruntime_outputs(path: str | Path, samples: ExactArray, input_shape: Sequence[int]) -> NDArray[Any] | None:
    """The outputs of a model as onnxruntime computes them on a CPU, (N, m); one input of this shape at a time.

    Returns
    -------
    array (N, m) or None
        None where onnxruntime is not installed, or cannot run the model.

    Examples
    --------
    >>> onnxruntime_outputs("no such model.onnx", ExactArray.from_array([[0.5]]), (1,)) is None
    True
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # of its own messages on the error stream: none
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        (own,) = session.get_inputs()
        kind = {"tensor(float)": np.float32, "tensor(double)": np.float64}[own.type]
        batch = own.shape[0] if isinstance(own.shape[0], int) else 1
        rows = []
        for row in _floats(samples, kind):
            copies = np.tile(row.reshape(1, *input_shape), (batch, *(1,) * len(input_shape)))
            (found,) = session.run(None, {own.name: copies})
            rows.append(np.asarray(found).reshape(batch, -1)[0])
        return np.stack(rows)
    except Exception:  # noqa: BLE001 - what it cannot run, for whatever reason, is not shown beside
        return None


def torch_outputs(given: AsGiven, samples: ExactArray) -> NDArray[Any] | None:
    """The outputs as torch computes them on a CPU in float32, (N, m) in the order of the model.

    Convolutions, dense layers, BatchNormalization and activations are those of `torch.nn.functional`; maxima and
    means are taken over the patches.

    Returns
    -------
    array (N, m) or None
        None where torch is not installed, or has no such activation.
    """
    try:
        import torch
    except ImportError:
        return None
    with torch.no_grad():
        values = torch.from_numpy(np.stack(list(_floats(samples, np.float32))))
        below = given.network.input_shape
        for layer in given.network.resolved:
            if isinstance(layer, Convolved):
                sums = _normalized(torch, given, layer, _affine(torch, given, layer, below, values))
                values = _activated(torch, layer.activation, sums)
            else:
                values = _pooled(torch, layer, values)
            if values is None:
                return None
            below = layer.shape
        values = values[:, torch.from_numpy(given.order.copy())]
        if given.head is not None:
            head = torch.nn.functional.softmax if given.head == "softmax" else torch.nn.functional.log_softmax
            values = head(values, dim=1)
        result: NDArray[Any] = values.numpy()
        return result


def _floats(samples: ExactArray, kind: Any) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        return samples.floats()[0].astype(kind)


def _tensor(torch: Any, array: ExactArray) -> Any:
    return torch.from_numpy(_floats(array, np.float32))


def _affine(torch: Any, given: AsGiven, layer: Convolved, below: tuple[int, ...], values: Any) -> Any:
    """Pre-activations, in the network's numbering: by a convolution where the input has positions, channels first."""
    own = given.parameters.layer(layer.number)
    weights = _tensor(torch, own.weights)
    biases = None if own.biases is None else _tensor(torch, own.biases)
    description = layer.description
    first = layer.number == 1
    if isinstance(description, Convolution) and description.kernel is not None and layer.bias != "neuron":
        axes = len(below) - 1
        padding = description.padding
        kernel, stride, dilation = (
            per_axis(name, getattr(description, name), axes, 1) for name in ("kernel", "stride", "dilation")
        )
        if isinstance(padding, int) and 1 <= axes <= 3:
            # hidden feature maps are numbered channels last
            last = (*below[1:], below[0])
            image = values.reshape(-1, *below) if first else values.reshape(-1, *last).movedim(-1, 1)
            kernels = weights.T.reshape(layer.filters, below[0], *kernel)
            convolve = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)[axes - 1]
            found = convolve(image, kernels.contiguous(), biases, stride=stride, padding=padding, dilation=dilation)
            return found.movedim(1, -1).reshape(len(values), -1)
    patches = _gathered(torch, layer, values)
    found = (patches @ weights).reshape(len(values), -1)
    if biases is None:
        return found
    return found + (biases if layer.bias == "neuron" else biases.repeat(layer.patches.patch_count))


def _gathered(torch: Any, layer: ResolvedLayer, values: Any, fill: float = 0.0) -> Any:
    padded = torch.cat([values, torch.full((len(values), 1), fill)], dim=1)
    return padded[:, torch.from_numpy(layer.patches.slots % padded.shape[1])]


def _pooled(torch: Any, layer: ResolvedLayer, values: Any) -> Any:
    if isinstance(layer, Averaged):
        return _gathered(torch, layer, values).sum(dim=2) / torch.from_numpy(layer.divisors).float()
    return _gathered(torch, layer, values, -math.inf).amax(dim=2)


def _normalized(torch: Any, given: AsGiven, layer: Convolved, values: Any) -> Any:
    normal = next((each for each in given.normalizations if each.layer == layer.number), None)
    if normal is None:
        return values
    scale, shift, mean, variance = (_tensor(torch, array) for array in normal.arrays.values())
    maps = values.reshape(len(values), -1, layer.filters).movedim(1, 2)
    found = torch.nn.functional.batch_norm(maps, mean, variance, scale, shift, False, 0.0, 0.0)
    return found.movedim(1, 2).reshape(len(values), -1)


NAMES = {  # of activations without parameters, in torch or torch.nn.functional
    **dict.fromkeys(("relu", "relu6", "silu", "mish", "gelu", "softsign")),
    **dict.fromkeys(("sigmoid", "tanh", "exp", "erf", "sin", "cos", "abs", "square")),
    "arctan": "atan",
    "log-sigmoid": "logsigmoid",
    "hard-sigmoid": "hardsigmoid",
    "hard-swish": "hardswish",
    "hard-tanh": "hardtanh",
}


def _activated(torch: Any, curve: Activation, values: Any) -> Any | None:
    """Values of an activation; None where torch has none of the name."""
    own = torch.nn.functional
    numbers = [float(parameter) for parameter in curve.parameters]
    if curve.name == "identity":
        return values
    if curve.name in ("leaky-relu", "elu", "softplus"):
        return getattr(own, curve.name.replace("-", "_"))(values, *numbers)
    if curve.name == "clip":
        return torch.clamp(values, *numbers)
    if curve.name not in NAMES:
        return None
    name = NAMES[curve.name] or curve.name
    return getattr(own if hasattr(own, name) else torch, name)(values)
