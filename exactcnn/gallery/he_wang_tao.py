"""He, Wang and Tao: any activation with an affine piece, any depth, has local minima that are not global."""

from exactcnn.gallery.piece import Piece, fully_connected

PIECES = (
    Piece(
        "he-wang-tao",
        "Two hidden layers of leaky ReLUs on one affine piece",
        'He, Wang and Tao, "Piecewise linear activations substantially shape the loss surfaces of neural networks", '
        "ICLR 2020; also Christof and Kowalczyk, arXiv 2202.12262; the instance is this project's",
        fully_connected((1, 2, 2, 1), ("leaky-relu(1/10)", "leaky-relu(1/10)", "identity")),
        {
            "W1": [[1, 2]],
            "b1": [1, 1],
            "W2": [[1, 1], [1, -1]],
            "b2": [1, 5],
            "W3": [["1/6"], [0]],
            "b3": ["-2/3"],
        },
        [[0], [1], [2]],
        [[0], [0], [1]],
        status="minimum",
        loss="1/12",
        evidence="reachable",
        better={
            "W1": [[1, 1]],
            "b1": [-1, 1],
            "W2": [[1, 0], [0, 1]],
            "b2": [1, 0],
            "W3": [["10/9"], ["-1/9"]],
            "b3": ["-8/9"],
        },
        better_loss="0",
        axes=("W1[0,0]", "b1[0]"),
    ),
)
