"""Li, Ding and Sun: below width N there are strict minima that are not global; at width N no basin is left."""

from exactcnn.gallery.piece import Basin, Piece, fully_connected
from exactcnn.network.network import Network

SOURCE = (
    'Li, Ding and Sun, "On the benefit of width for neural networks: disappearance of basins", SIAM J. Optim. 32 '
    "(2022); the instance is this project's"
)
SPLIT = (
    'Fukumizu and Amari, "Local minima and plateaus in hierarchical structures of multilayer perceptrons", '
    "Neural Networks 13 (2000); the instance is this project's"
)
X, Y = [[1], [3]], [[-1], [1]]


def _network(units: int, name: str = "logistic(2)") -> Network:
    return fully_connected((1, units, 1), (name, "identity"), bias="none")


ZERO = {"W1": [[1, -1]], "W2": [[2], [-7]]}  # an exact fit by two units

PIECES = (
    Piece(
        "li-ding-sun-2",
        "Two samples, one sigmoid: a strict minimum and its basin",
        SOURCE,
        _network(1),
        {"W1": [[1]], "W2": [["9/50"]]},
        X,
        Y,
        status="strict minimum",
        loss="49/50",
        evidence="hessian",
        better={"W1": [[-1]], "W2": [["-9/5"]]},
        better_loss="4/5",
        basins=(Basin(("1/4", "1/20")),),
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "li-ding-sun-3",
        "Three samples, one sigmoid: a strict minimum",
        SOURCE,
        _network(1),
        {"W1": [[1]], "W2": [["1/10"]]},
        [[-1], [1], [2]],
        [["119/195"], ["-887/195"], ["9583/2600"]],
        status="strict minimum",
        loss="374625/21632",
        evidence="hessian",
        better={"W1": [[-1]], "W2": [["-43553/69680"]]},
        better_loss="1246996437/72467200",
        axes=("W1[0,0]", "W2[0,0]"),
    ),
    Piece(
        "li-ding-sun-3-wide",
        "Three samples, two sigmoids: still a strict minimum",
        SOURCE,
        _network(2, "sigmoid"),
        {"W1": [["-1.47676", "1.47676"]], "W2": [["0.50360"], ["-0.49634"]]},
        [["97/32"], ["-101/64"], ["-5/16"]],
        [["-7/32"], ["61/64"], ["-11/16"]],
        status="strict minimum",
        loss="0.503873056137...",
        evidence="box",
        better={"W1": [["-69/8", -3]], "W2": [["-13/2"], ["15/2"]]},
        better_loss="0.0243516...",
        refined=True,
        axes=("W1[0,0]", "W1[0,1]"),
    ),
    Piece(
        "fukumizu-amari-minimum",
        "The sigmoid split into two halves: a minimum at width N, no longer strict",
        SPLIT,
        _network(2),
        {"W1": [[1, 1]], "W2": [["9/100"], ["9/100"]]},
        X,
        Y,
        status="minimum",
        loss="49/50",
        evidence="duplicated-units",
        better=ZERO,
        better_loss="0",
        path=True,
        axes=("W1[0,0]", "W1[0,1]"),
        span=2,
    ),
    Piece(
        "fukumizu-amari-saddle",
        "The sigmoid split with weights of both signs: a saddle",
        SPLIT,
        _network(2),
        {"W1": [[1, 1]], "W2": [["9/25"], ["-9/50"]]},
        X,
        Y,
        status="saddle",
        loss="49/50",
        evidence="negative-direction",
        better=ZERO,
        better_loss="0",
        axes=("W1[0,0]", "W1[0,1]"),
        span=2,
    ),
)
