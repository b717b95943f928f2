"""Świrszcz, Czarnecki and Pascanu: local minima of small ReLU networks, at kinks and with dead layers."""

from exactcnn.gallery.piece import Piece, fully_connected

SOURCE = (
    'Świrszcz, Czarnecki and Pascanu, "Local minima in training of neural networks", arXiv 1611.06310 (2016), {}; '
    "their loss is Σ(f − y)² = 2Φ"
)
X1, Y1 = [[5], [4], [3], [1], [-1]], [[2], [1], [0], [-3], [3]]
X2, Y2 = [[-1], [0], [1], [10], [11], [12]], [[5], [0], [-1], [-3], [-4], [-5]]
Y3 = [[3], [0], [-1], [-3], [-4], [-6]]
ONE, TWO, THREE = (fully_connected((1, n, 1), ("relu", "identity")) for n in (1, 2, 3))

PIECES = (
    Piece(
        "swirszcz-1",
        "One ReLU on five points, at a kink",
        SOURCE.format("Proposition 1"),
        ONE,
        {"W1": [[1]], "b1": [-3], "W2": [[1]], "b2": [0]},
        X1,
        Y1,
        status="minimum",
        loss="9",
        evidence="reachable",
        better={"W1": [[-1]], "b1": [1], "W2": [["3/2"]], "b2": [0]},
        better_loss="7",
        axes=("W1[0,0]", "b1[0]"),
    ),
    Piece(
        "swirszcz-2",
        "Two ReLUs that split six points the wrong way",
        SOURCE.format("Proposition 2, with w₂ = 1 where −1 is printed"),
        TWO,
        {"W1": [[-3, 1]], "b1": ["13/3", -10], "W2": [[1], [-1]], "b2": [-3]},
        X2,
        Y2,
        status="minimum",
        loss="4/3",
        evidence="reachable",
        better={"W1": [[-5, 1]], "b1": [1, -8], "W2": [[1], [-1]], "b2": [-1]},
        better_loss="0",
        axes=("b1[0]", "b1[1]"),
    ),
    Piece(
        "swirszcz-2-smooth",
        "The same split away from all kinks",
        SOURCE.format("Proposition 2, moved along the flat set to a point where the loss is differentiable"),
        TWO,
        {"W1": [[-3, 1]], "b1": ["23/6", "-19/2"], "W2": [[1], [-1]], "b2": ["-5/2"]},
        X2,
        Y2,
        status="minimum",
        loss="4/3",
        evidence="reachable",
        better={"W1": [[-5, 1]], "b1": [1, -8], "W2": [[1], [-1]], "b2": [-1]},
        better_loss="0",
        axes=("b1[0]", "b1[1]"),
    ),
    Piece(
        "swirszcz-3",
        "Three ReLUs, two local minima",
        SOURCE.format("Proposition 3"),
        THREE,
        {"W1": [[-2, 1, 1]], "b1": ["11/3", -10, -11], "W2": [[1], [-1], [-1]], "b2": [-3]},
        X2,
        Y3,
        status="minimum",
        loss="1/3",
        evidence="reachable",
        better={"W1": [["-3/2", "-3/2", "3/2"]], "b1": [1, 0, "-79/6"], "W2": [[1], [1], [-1]], "b2": [-1]},
        better_loss="1/12",
        axes=("b1[0]", "b1[1]"),
    ),
    Piece(
        "swirszcz-4",
        "A dead layer: an open set of local minima",
        SOURCE.format("Theorem 1; the instance is this project's"),
        fully_connected((1, 3, 2, 1), ("relu", "relu", "identity")),
        {
            "W1": [[1, 1, -1]],
            "b1": [0, 1, 0],
            "W2": [[-1, 0], [0, -1], [-1, -1]],
            "b2": [-1, -1],
            "W3": [[1], [2]],
            "b3": ["3/5"],
        },
        X1,
        Y1,
        status="minimum",
        loss="53/5",
        evidence="reachable",
        better={
            "W1": [[-1, 0, 0]],
            "b1": [1, 0, 0],
            "W2": [[1, 0], [0, 0], [0, 0]],
            "b2": [0, 0],
            "W3": [["3/2"], [0]],
            "b3": [0],
        },
        better_loss="7",
        axes=("b2[0]", "b3[0]"),
        span=3,
    ),
)
