"""Auer, Herbster and Warmuth: a single sigmoidal neuron with exponentially many local minima."""

import itertools

from exactcnn.gallery.piece import Basin, Piece, fully_connected

SOURCE = (
    'Auer, Herbster and Warmuth, "Exponentially many local minima for single neurons", NIPS 8 (1996); '
    "the instance is this project's"
)
AXIS, TARGETS = (1, 16), ("4/5", "1/3")  # two samples on each axis, and their targets
LOW, HIGH = "-3/64", "11/8"  # near the two minima of one weight
RADII = {LOW: "7/32", HIGH: "1"}  # of their basins


def _samples(inputs: int) -> list[list[int]]:
    return [[x if axis == own else 0 for axis in range(inputs)] for own in range(inputs) for x in AXIS]


def _at(weights: tuple[str, ...]) -> dict[str, list[list[str]]]:
    return {"W1": [[weight] for weight in weights]}


def _radii(weights: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(RADII[weight] for weight in weights)


def _piece(inputs: int, title: str, loss: str, better_loss: str) -> Piece:
    own = (HIGH,) * inputs
    others = [weights for weights in itertools.product((HIGH, LOW), repeat=inputs) if weights != own]
    return Piece(
        f"auer-{inputs}",
        title,
        SOURCE,
        fully_connected((inputs, 1), ("sigmoid",), bias="none"),
        _at(own),
        _samples(inputs),
        [[target] for _ in range(inputs) for target in TARGETS],
        status="strict minimum",
        loss=loss,
        evidence="box",
        better=_at((LOW,) * inputs),
        better_loss=better_loss,
        refined=True,
        basins=(Basin(_radii(own)), *(Basin(_radii(weights), _at(weights)) for weights in others)),
        axes=("W1[0,0]", "W1[1,0]")[:inputs],
        span=4,
    )


PIECES = (
    _piece(1, "One sigmoid neuron, one weight: two basins", "0.222222222067...", "0.048661896302..."),
    _piece(2, "One sigmoid neuron, two weights: four basins", "0.444444444134...", "0.097323792605..."),
)
