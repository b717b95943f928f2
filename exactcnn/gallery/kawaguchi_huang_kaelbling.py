"""Kawaguchi, Huang and Kaelbling: minima and linear regression, with units that are affine on all samples."""

from exactcnn.gallery.piece import Piece, fully_connected

SOURCE = (
    'this project; what it is about: Kawaguchi, Huang and Kaelbling, "Effect of depth and width on local minima in '
    'deep learning", Neural Computation 31 (2019)'
)

PIECES = (
    Piece(
        "affine-units",
        "ReLUs that are on in every hidden layer, and a minimum above linear regression",
        SOURCE,
        fully_connected((2, 2, 2, 1), ("relu", "relu", "identity")),
        {
            "W1": [[1, -1], [1, 2]],
            "b1": [13, 2],
            "W2": [[1, -1], [1, 1]],
            "b2": [80, "27/2"],
            "W3": [[1], [1]],
            "b3": [0],
        },
        [[4, -1], [3, 3], [-4, -2], [3, -2], [1, 1], [0, -3], [4, 2], [4, 0], [3, 1], [2, -2], [-3, -4]],
        [
            ["227363/2375"],
            ["246909/2375"],
            ["1852773/19000"],
            ["447319/4750"],
            ["945159/9500"],
            ["1575579/19000"],
            ["961047/9500"],
            ["922501/9500"],
            ["464863/4750"],
            ["99553/1000"],
            ["98017/1000"],
        ],
        status="minimum",
        loss="953419653/11281250",
        evidence="hessian",
        better={  # the first unit of each layer alone, on for all samples, carries the line of least squares
            "W1": [["-290949/526160", 0], ["477464789/249926000", 0]],
            "b1": ["12385803259/124963000", 0],
            "W2": [[1, 0], [0, 0]],
            "b2": [0, 0],
            "W3": [[1], [0]],
            "b3": [0],
        },
        better_loss="198143267022953/2374297000000",
        axes=("W1[0,0]", "W1[0,1]"),
    ),
)
