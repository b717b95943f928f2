"""A strict minimum in S_1 below a convolutional layer, where all hidden units are sigmoids: 32 parameters, N = 11."""

from __future__ import annotations

from exactcnn.gallery.nguyen_hein import OPEN
from exactcnn.gallery.piece import Piece
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network

COUNT, INPUTS, PATCHES, SIZE = 11, 12, 3, 4
TARGETS = """
 0.99 -2.21 -1.35   0.85 -2.42 -1.50   0.77 -3.58 -0.14   1.09 -2.74  0.61   0.96 -2.33 -0.34   0.53 -4.34 -1.64
 0.38 -4.42 -1.42  -0.21 -0.27 -0.38   0.48  0.36 -0.48   0.58 -3.32 -2.17   0.76 -3.41 -2.73
"""
START = """
 1.8809  -0.1225 -0.2929 0.9924 -1.2664 -0.5207 -1.6617 0.3745 0.0642 -3.5563 -0.8923 -2.2748 0.1088
-3.4471 4.8438 -7.1657 5.441  -1.0107 -1.0117 -0.1227
-0.9079 -3.321 -2.6053  0.3061 1.405 -2.2974  0.9988 -2.7878 0.5917  0.0009 -0.0185 0.0093
"""
BETTER = """
 5.47  1.22 0.17 7.88 -0.11 -12.35 0.67 -3.12 9.72 -16.12 -1.11 -7.76 -16.16
-1.8 3.12 -4.81 3.45  2.49 -2.92 3.68
-1.64 -6.23 -4.2  -0.49 2.22 -3.7  17.98 -0.57 23.49  -15.38 1.8 -19.58
"""


def _network() -> Network:
    """Patches of one neuron, then three patches of four, then three outputs."""
    blocks = tuple(tuple(range(SIZE * p, SIZE * (p + 1))) for p in range(PATCHES))
    first = Convolution(1, patches=tuple((i,) for i in range(INPUTS)), activation="sigmoid")
    second = Convolution(1, patches=blocks, activation="sigmoid")
    return Network((INPUTS,), [first, second, FullyConnected(3, activation="identity")])


def _rows(text: str, width: int) -> list[list[str]]:
    numbers = text.split()
    return [numbers[i : i + width] for i in range(0, len(numbers), width)]


def _arrays(text: str) -> dict[str, list[str] | list[list[str]]]:
    numbers = text.split()
    parts = {}
    for name, size in (("W1", 1), ("b1", INPUTS), ("W2", SIZE), ("b2", PATCHES), ("W3", 3 * PATCHES), ("b3", 3)):
        own, numbers = numbers[:size], numbers[size:]
        width = {"W1": 1, "W2": 1, "W3": 3}.get(name)
        parts[name] = own if width is None else _rows(" ".join(own), width)
    return parts


def _sample(index: int) -> list[str]:
    """Multiples of 1/16, all entries of all samples different."""
    return [f"{22 * (INPUTS * index + p + 1) % 137 - 68}/16" for p in range(INPUTS)]


PIECES = (
    Piece(
        "convolutional-sigmoids",
        "Sigmoids only, below a convolution: a strict minimum in S_1",
        OPEN,
        _network(),
        _arrays(START),
        [_sample(i) for i in range(COUNT)],
        _rows(TARGETS, 3),
        status="strict minimum",
        loss="0.189515644669...",
        evidence="box",
        better=_arrays(BETTER),
        better_loss="0.0686109...",
        refined=True,
        inside=1,
        axes=("W1[0,0]", "W2[0,0]"),
    ),
)
