"""Networks that training in floats left at bad minima, or on the way to infinity: their weights as they were left.

How they were made stands in the data files. `refine` finds the minimum beside the floats, and proves it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exactcnn.gallery.piece import Piece, fully_connected

SOURCE = "this project; data and weights, with their origin, are in exactcnn/gallery/data/{}.json"
XOR = (
    'a task with a long history: Sprinkhuizen-Kuyper and Boers, "The error surface of the 2-2-1 XOR network: the '
    'finite stationary points", Neural Networks 11 (1998); weights of this project, in exactcnn/gallery/data/xor.json'
)


def _data(name: str) -> dict[str, Any]:
    """One data file: samples, targets, weights, origin and licence."""
    path = Path(__file__).with_name("data") / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


_TANH, _RELU, _XOR = _data("tanh"), _data("relu"), _data("xor")

PIECES = (
    Piece(
        "trained-tanh",
        "Three trained tanhs: a bad minimum",
        SOURCE.format("tanh"),
        fully_connected((2, 3, 1), ("tanh", "identity")),
        _TANH["trained"],
        _TANH["samples"],
        _TANH["targets"],
        status="strict minimum",
        loss="0.08062545442748...",
        evidence="box",
        better=_TANH["better"],
        better_loss="0.06918395948005...",
        refined=True,
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "trained-relu",
        "Two trained ReLUs: a bad minimum on a kink",
        SOURCE.format("relu"),
        fully_connected((2, 2, 1), ("relu", "identity")),
        _RELU["trained"],
        _RELU["samples"],
        _RELU["targets"],
        status="minimum",
        loss="4.9054565613...",
        evidence="kinks",
        better=_RELU["better"],
        better_loss="3.18221889...",
        refined=True,
        axes=("W1[0,0]", "b1[0]"),
    ),
    Piece(
        "xor-solved",
        "XOR by two sigmoids: zero loss beside the floats",
        XOR,
        fully_connected((2, 2, 1), ("sigmoid", "identity")),
        _XOR["solved"],
        _XOR["samples"],
        _XOR["targets"],
        status="global minimum",
        loss="0",
        evidence="zero-box",
        refined=True,
        axes=("W1[0,0]", "W1[0,1]"),
    ),
    Piece(
        "xor-stuck",
        "XOR by two sigmoids: weights that grow, and no proof of anything",
        XOR,
        fully_connected((2, 2, 1), ("sigmoid", "identity")),
        _XOR["stuck"],
        _XOR["samples"],
        _XOR["targets"],
        status="undecided",
        loss="0.33333333333...",
        evidence="",
        better=_XOR["solved"],
        better_loss="0.00000000000...",
        refined=True,
        axes=("W1[0,0]", "W1[0,1]"),
    ),
    Piece(
        "kink",
        "One ReLU on five points: the loss bends upwards at a kink",
        "this project",
        fully_connected((1, 1, 1), ("relu", "identity")),
        {"W1": [[-1]], "b1": [-2], "W2": [[1]], "b2": [0]},
        [[-4], [-3], [-2], [-1], [3]],
        [[1], [3], [-2], [-2], [3]],
        status="minimum",
        loss="11",
        evidence="kinks",
        better={"W1": [[1]], "b1": [1], "W2": [["3/4"]], "b2": [0]},
        better_loss="9",
        axes=("W1[0,0]", "b1[0]"),
    ),
)
