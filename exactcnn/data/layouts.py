"""Samples stored channels last, (H, W, C), brought to the order of a network's input: channels first, (C, H, W).

Nothing is guessed from sizes: the order is what the user says, and what does not fit it is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from exactcnn.display import several
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.given import given_integers
from exactcnn.errors import InputError
from exactcnn.patches.builders import Layout


def channels_first(
    samples: ExactArray, shape: tuple[int, ...], input_shape: tuple[int, ...] | None, *, name: str
) -> tuple[ExactArray, tuple[int, ...]]:
    """Move the last axis of every sample to the front.

    Parameters
    ----------
    samples : ExactArray (N, n_0)
        Each sample flattened in C order of `shape`, whose last axis is that of the channels.
    shape : tuple of int
        (height, width, channels), (length, channels), ...; with `input_shape` also (n_0,), flattened from the order
        that the input says, and (height, width) for one channel.
    input_shape : tuple of int, optional
        Of the network, (channels, height, width).
    name : str
        For messages.

    Returns
    -------
    ExactArray (N, n_0), tuple of int
        The samples and their shape, channels first.

    Raises
    ------
    InputError
        For flat samples without `input_shape`, an input without channels, and shapes that do not fit.

    Examples
    --------
    >>> pixels = ExactArray.from_array([[0, 10, 1, 11, 2, 12]])  # three pixels of two channels
    >>> moved, shape = channels_first(pixels, (3, 2), None, name="data")
    >>> moved.numbers.tolist(), shape
    ([[0, 1, 2, 10, 11, 12]], (2, 3))
    """
    if input_shape is None:
        if len(shape) < 2:
            raise InputError(
                f"samples of {name} are flat; expected input_shape = (channels, height, width) beside"
                " layout = 'channels-last', or samples of shape (height, width, channels)"
            )
        input_shape = (shape[-1], *shape[:-1])
    _check(shape, input_shape, name)
    channels, *sizes = input_shape
    if channels == 1:
        return samples, input_shape
    order = np.moveaxis(np.arange(math.prod(input_shape)).reshape(*sizes, channels), -1, 0)
    return samples[:, order.ravel()], input_shape


def given_shape(values: Sequence[int]) -> tuple[int, ...]:
    """Take the shape of a network's input, positive integers.

    Examples
    --------
    >>> given_shape([3, 0, 8])
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: input_shape = [3, 0, 8]; expected positive integers, such as (channels, height, width)
    """
    shape = given_integers(values, name="input_shape")
    if shape.ndim != 1 or not shape.size or shape.min() < 1:
        raise InputError(
            f"input_shape = {shape.tolist()}; expected positive integers, such as (channels, height, width)"
        )
    return tuple(shape.tolist())


def misfit(shape: tuple[int, ...], input_shape: tuple[int, ...], layout: Layout, *, name: str) -> str:
    """Say that samples, channels first in `shape`, are not those of this input, and what would be right.

    Another input is never proposed: samples stored channels last would be read as they are, and that is wrong.

    Examples
    --------
    >>> print(misfit((8, 9, 3), (3, 8, 9), "channels-first", name="data"))
    samples of data have shape [8, 9, 3], the input [3, 8, 9]: channels last? expected [3, 8, 9], or [8, 9, 3] with
    layout = 'channels-last'
    """
    entries, expected = math.prod(shape), math.prod(input_shape)
    if entries != expected:
        return f"samples of {name} have {several(entries, 'entry', 'entries')}; expected {expected}, as in the input"
    held = f"samples of {name} have shape {list(shape)}"
    if layout == "channels-last":
        return f"{held}, channels first, the input {list(input_shape)}; expected the same shape"
    if sorted(shape) == sorted(input_shape):
        stored = [*input_shape[1:], input_shape[0]]
        return (
            f"{held}, the input {list(input_shape)}: channels last? expected {list(input_shape)},"
            f" or {stored} with layout = 'channels-last'"
        )
    return f"{held}, the input {list(input_shape)}; expected the same shape, channels first"


def _check(shape: tuple[int, ...], input_shape: tuple[int, ...], name: str) -> None:
    if len(input_shape) < 2:
        raise InputError(
            f"layout = 'channels-last' with the input {list(input_shape)}, which has no channels;"
            " expected [channels, height, width] or [channels, length]"
        )
    stored = (*input_shape[1:], input_shape[0])
    flat, picture = (math.prod(input_shape),), input_shape[1:]
    if shape in (stored, flat) or (input_shape[0] == 1 and shape == picture):
        return
    if math.prod(shape) != flat[0]:
        raise InputError(misfit(shape, input_shape, "channels-last", name=name))
    raise InputError(
        f"samples of {name} have shape {list(shape)}; expected {list(stored)} for layout = 'channels-last' and the"
        f" input {list(input_shape)}" + ("; these are channels first" if shape == input_shape else "")
    )
