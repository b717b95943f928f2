"""What of the layers of an ONNX model belongs to one sample.

Every input begins with the batch, but a graph may fold it into another axis, move it, or write its size into a
constant. So the model is walked through for two sizes of the batch: the axis that grows with it, by the same factor, is
the one that holds it, and the factor counts neurons of a sample. A batch of 1 needs one walk: all is one sample's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from exactcnn.display import times
from exactcnn.errors import InputError
from exactcnn.interop.onnx_inference import Value, declared_sizes
from exactcnn.interop.onnx_shapes import Sizes
from exactcnn.network.shapes import LayerWidth

_TRIED = (1009, 2003)  # primes, so that hardly a size of a model is one of them, or a multiple

Layers = Sequence[LayerWidth]


def layers_of_one_sample(
    inputs: Mapping[str, Any], walk: Callable[[Mapping[str, Value], bool], Layers]
) -> tuple[LayerWidth, ...]:
    """Return the layers without the batch.

    Parameters
    ----------
    inputs : mapping of str to onnx.TypeProto
        The inputs of the network by name.
    walk : callable
        From the values of the inputs, and whether declared shapes hold for them, to the layers with the batch.

    Raises
    ------
    InputError
        For inputs that do not begin with one batch, and for layers that do not hold the batch on one axis.
    """
    batch = _batch(inputs)
    if batch == 1:
        layers = walk(_samples(inputs, batch, 1), True)
        return tuple(replace(layer, shape=layer.shape[layer.shape[0] == 1 :] or (1,)) for layer in layers)
    if batch is None:
        try:
            found = [walk(_samples(inputs, batch, size), True) for size in _TRIED]
        except InputError as error:
            raise InputError(_named(str(error))) from None
        return _compared(_TRIED, found[0], found[1])
    layers = walk(_samples(inputs, batch, batch), True)
    other = next(size for size in _TRIED if size != batch)
    try:
        return _compared((batch, other), layers, walk(_samples(inputs, batch, other), False))
    except InputError as error:
        raise InputError(f"with {other} samples in place of {batch}, {error}; or expected a batch of 1") from None


def _batch(inputs: Mapping[str, Any]) -> int | None:
    """Size of the batch; None where it may have any."""
    shapes = {name: _sizes(name, type_) for name, type_ in inputs.items()}
    free = {name for name, shape in shapes.items() if shape[:1] == (None,)}
    names = {inputs[name].tensor_type.shape.dim[0].dim_param for name in free} - {""}
    if len(names) > 1:
        raise InputError(f"the inputs begin with {', '.join(sorted(names))}; expected one batch")
    if free:
        return None
    many = {name: shape[0] for name, shape in shapes.items() if shape and set(shape) != {1}}
    if len(set(many.values())) > 1:
        begin = ", ".join(f"{name} with {size}" for name, size in many.items())
        raise InputError(f"the inputs begin with different sizes, {begin}; expected one batch")
    return next(iter(many.values()), 1)


def _sizes(name: str, type_: Any) -> Sizes:
    """Declared shape of an input."""
    shape = declared_sizes(type_)
    if shape is None:
        raise InputError(f"the input {name} has no shape; expected a tensor that begins with the batch")
    return shape


def _samples(inputs: Mapping[str, Any], batch: int | None, size: int) -> dict[str, Value]:
    """Values of the inputs for a batch of this size."""
    import onnx

    values = {}
    for name, type_ in inputs.items():
        shape = _sizes(name, type_)
        carries = shape[:1] == (batch,)  # beside a batch of any size, an input that begins with a number carries none
        changed = [size, *shape[1:]] if carries else shape
        values[name] = Value(
            onnx.helper.make_tensor_type_proto(type_.tensor_type.elem_type, changed), data=True, batch=carries
        )
    return values


def _compared(sizes: tuple[int, int], first: Layers, second: Layers) -> tuple[LayerWidth, ...]:
    """Layers of one sample from those for two sizes of the batch."""
    if [(each.number, each.name) for each in first] != [(each.number, each.name) for each in second]:
        raise InputError("the layers depend on the size of the batch")
    return tuple(_per_sample(sizes, one, other) for one, other in zip(first, second, strict=True))


def _per_sample(sizes: tuple[int, int], layer: LayerWidth, other: LayerWidth) -> LayerWidth:
    pairs = list(itertools.zip_longest(layer.shape, other.shape))
    growing = [axis for axis, pair in enumerate(pairs) if pair[0] != pair[1]]
    axis = growing[0] if growing else 0
    factor = layer.shape[axis] // sizes[0]
    if len(growing) != 1 or pairs[axis] != (factor * sizes[0], factor * sizes[1]):
        raise InputError(
            f"{layer.name} has {times(layer.shape)} neurons for a batch of {sizes[0]}, "
            f"{times(other.shape)} for {sizes[1]}; expected one axis that grows with the batch"
        )
    kept = () if factor == 1 else (factor,)
    return replace(layer, shape=(*layer.shape[:axis], *kept, *layer.shape[axis + 1 :]) or (1,))


def _named(message: str) -> str:
    """Put N for the size of the batch that stands for any."""

    def name(match: re.Match[str]) -> str:
        factor, rest = divmod(int(match[0]), _TRIED[0])
        return match[0] if rest or not factor else f"{factor if factor > 1 else ''}N"

    return re.sub(r"\b\d+\b", name, message)
