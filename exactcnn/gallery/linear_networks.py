"""Linear networks: saddles of fully connected ones, and minima that are not global once weights are shared."""

from exactcnn.gallery.piece import Piece, fully_connected
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network

KAWAGUCHI = 'Kawaguchi, "Deep learning without poor local minima", NIPS 29 (2016): {}'
SHARED = (
    'this project; why it can happen: Kohn, Merkh, Montúfar and Trager, "Geometry of linear convolutional networks", '
    "SIAM J. Appl. Algebra Geom. 6 (2022)"
)


def _chain(depth: int) -> Network:
    return fully_connected((1,) * (depth + 1), ("identity",) * depth, bias="none")


def _all_weights(depth: int, value: int) -> dict[str, list[list[int]]]:
    return {f"W{k}": [[value]] for k in range(1, depth + 1)}


def _convolutional(inputs: int) -> Network:
    """Patches of two neighbours, one filter, one output, no biases, no activation."""
    patches = tuple((i, i + 1) for i in range(inputs - 1))
    first = Convolution(1, patches=patches, bias="none", activation="identity")
    return Network((inputs,), [first, FullyConnected(1, bias="none", activation="identity")])


def _unit_vectors(count: int) -> list[list[int]]:
    return [[int(i == j) for j in range(count)] for i in range(count)]


PIECES = (
    Piece(
        "baldi-hornik",
        "A linear bottleneck that learns the second component first",
        'Baldi and Hornik, "Neural networks and principal component analysis: learning from examples without local '
        "minima\", Neural Networks 2 (1989); the instance is this project's",
        fully_connected((2, 1, 2), ("identity", "identity"), bias="none"),
        {"W1": [[0], [1]], "W2": [[0, 1]]},
        _unit_vectors(2),
        [[2, 0], [0, 1]],
        status="saddle",
        loss="2",
        evidence="negative-direction",
        better={"W1": [[1], [0]], "W2": [[2, 0]]},
        better_loss="1/2",
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "kawaguchi-2",
        "A chain of two weights at 0: a saddle",
        KAWAGUCHI.format("two layers have a direction of negative curvature at every saddle"),
        _chain(2),
        _all_weights(2, 0),
        [[1]],
        [[1]],
        status="saddle",
        loss="1/2",
        evidence="negative-direction",
        better=_all_weights(2, 1),
        better_loss="0",
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "kawaguchi-3",
        "A chain of three weights at 0: no negative curvature",
        KAWAGUCHI.format("three layers have saddles without negative curvature"),
        _chain(3),
        _all_weights(3, 0),
        [[1]],
        [[1]],
        status="not a minimum",
        loss="1/2",
        evidence="curve",
        better=_all_weights(3, 1),
        better_loss="0",
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "linear-cnn-3",
        "A linear CNN on three inputs",
        SHARED,
        _convolutional(3),
        {"W1": [[1], [0]], "W2": [[1], [0]]},
        _unit_vectors(3),
        [[1], [0], ["3/2"]],
        status="minimum",
        loss="9/8",
        evidence="hessian",
        better={"W1": [[0], ["3/2"]], "W2": [[0], [1]]},
        better_loss="1/2",
        axes=("W1[1,0]", "W2[1,0]"),
    ),
    Piece(
        "linear-cnn-4",
        "A linear CNN on four inputs, and zero loss elsewhere",
        SHARED,
        _convolutional(4),
        {"W1": [[0], [1]], "W2": [[0], [1], [0]]},
        _unit_vectors(4),
        [["1/4"], [0], [1], [0]],
        status="minimum",
        loss="1/32",
        evidence="hessian",
        better={"W1": [[1], [0]], "W2": [["1/4"], [0], [1]]},
        better_loss="0",
        axes=("W1[0,0]", "W2[0,0]"),
    ),
)
