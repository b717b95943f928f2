"""Yun, Sra and Jadbabaie: local minima that are not global, for piecewise linear and for sigmoidal hidden units."""

from exactcnn.gallery.piece import Piece, fully_connected

SOURCE = (
    'Yun, Sra and Jadbabaie, "Small nonlinearities in activation functions create bad local minima in neural '
    "networks\", ICLR 2019, {}; the instance is this project's"
)

PIECES = (
    Piece(
        "yun-1",
        "ReLUs that are all on: the least-squares line is a local minimum",
        SOURCE.format("Theorem 1"),
        fully_connected((1, 2, 1), ("relu", "identity")),
        {"W1": [["1/2", 0]], "b1": ["5/6", 1], "W2": [[1], [0]], "b2": [-1]},
        [[0], [1], [2]],
        [[0], [0], [1]],
        status="minimum",
        loss="1/12",
        evidence="reachable",
        better={"W1": [[1, 0]], "b1": [-1, 0], "W2": [[1], [0]], "b2": [0]},
        better_loss="0",
        axes=("W1[0,0]", "b1[0]"),
    ),
    Piece(
        "yun-2",
        "Two sigmoids that are constant on three points",
        SOURCE.format("Theorem 2, its data on the line x₂ = 1 − x₁ by x₁ alone; sigmoid to the base 2"),
        fully_connected((1, 2, 1), ("logistic(2)", "identity")),
        {"W1": [[0, 0]], "b1": [-1, -1], "W2": [["1/2"], ["1/2"]], "b2": [0]},
        [[1], [0], ["1/2"]],
        [[0], [0], [1]],
        status="minimum",
        loss="1/3",
        evidence="constant-units",
        better={"W1": [[4, -4]], "b1": [-1, 3], "W2": [[9], [9]], "b2": [-11]},
        better_loss="0",
        axes=("W1[0,0]", "W1[0,1]"),
        span=3,
    ),
)
