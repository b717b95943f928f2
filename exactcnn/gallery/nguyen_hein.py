"""Nguyen and Hein, Section 4: critical points with positive loss where a hypothesis, or a conclusion, needs care."""

from fractions import Fraction

from exactcnn.gallery.piece import Piece, fully_connected
from exactcnn.network.activations import Activation
from exactcnn.network.definitions import define_activation
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network

SOURCE = 'this project, on Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, {}'
OPEN = SOURCE.format("the question after Theorem 4.5: layer k + 1 convolutional")
RAMP = define_activation("ramp", ["0", "t", "1"], [0, 1])
STAIRS = define_activation("stairs", ["0", "t/2", "1/2", "t/2 - 1/2", "1"], [0, 1, 2, 3])
LINE_FROM_ONE = define_activation("line-from-one", ["exp(t - 1)", "t"], [1])
CUBIC_STEP = define_activation("cubic-step", ["-1/(4*t^3)", "1/2 + t^3/4", "1 - 1/(4*t^3)"], [-1, 1])
CORNERS = [[a, b] for a in (0, 1) for b in (0, 1)]


def _convolutional(
    inputs: int,
    first: tuple[int, Activation],
    patches: tuple[tuple[int, ...], ...],
    second: str | Activation,
    outputs: int,
) -> Network:
    """Fully connected units, one filter on patches of them, and fully connected outputs."""
    units, activation = first
    below = FullyConnected(units, activation=activation)
    above = FullyConnected(outputs, activation="identity")
    return Network((inputs,), [below, Convolution(1, patches=patches, activation=second), above])


_AND_BELOW = {"W1": [[3, 3, 0, 3, 0, 0], [0, 3, 3, -3, 0, 0]], "b1": [-1, -4, -1, -1, 2, -1]}
_REGRESSION_BELOW = {"W1": [[0, 3, 0], [0, 0, 3]], "b1": [2, -1, -1]}
_ONE_HOT_BELOW = {"W1": [[0, 4, 0, 0, 0], [0, 0, 5, 0, 0]], "b1": [4, "-1/2", -1, 4, -1]}
_SIX = {"W1": [[3 * (i == j) for j in range(6)] for i in range(6)], "b1": [-1] * 6}

PIECES = (
    Piece(
        "zero-derivative",
        "Strictly increasing, but a derivative vanishes",
        SOURCE.format("Theorem 4.4"),
        fully_connected((1, 2, 2, 2), ("relu", CUBIC_STEP, "identity")),
        {
            "W1": [[1, 1]],
            "b1": [0, "-3/2"],
            "W2": [[0, 0], [0, 0]],
            "b2": [0, 0],
            "W3": [[1, 0], [0, 1]],
            "b3": [0, 0],
        },
        [[1], [2]],
        [[1, 0], [0, 1]],
        status="undecided",
        loss="1/2",
        evidence="",
        better={
            "W1": [[1, 1]],
            "b1": [0, "-3/2"],
            "W2": [["3/4", "-3/4"], ["1/2", "-3/4"]],
            "b2": ["-1/4", "1/4"],
            "W3": [["-3/4", "5/4"], ["3/2", "-5/4"]],
            "b3": ["3/4", 0],
        },
        better_loss="0.0183410...",
        verdicts={"NH18.T4.4": "refuted"},
        inside=1,
        axes=("W2[0,0]", "W2[1,1]"),
        span=2,
    ),
    Piece(
        "constant-units",
        "A minimum outside S_1 at width N",
        SOURCE.format("the conjecture after Theorem 4.5"),
        fully_connected((1, 3, 2), ("logistic(2)", "identity")),
        {"W1": [[0, 0, 0]], "b1": [1, 1, 1], "W2": [[1, 0]] * 3, "b2": ["-4/3", "1/3"]},
        [[-1], [0], [1]],
        [[1, 0], [0, 1], [1, 0]],
        status="minimum",
        loss="2/3",
        evidence="constant-units",
        better={
            "W1": [[0, 2, 1]],
            "b1": [1, 0, 1],
            "W2": [["75/2", -36], [30, -30], [-60, 60]],
            "b2": [0, 0],
        },
        better_loss="0",
        path=True,
        axes=("W1[0,0]", "W1[0,1]"),
        span=3,
    ),
    Piece(
        "convolutional-saddle",
        "A critical point in S_1 below a convolution",
        OPEN,
        Network(
            (1,),
            [
                FullyConnected(2, activation="relu"),
                Convolution(1, patches=((0,), (1,)), activation="sigmoid"),
                FullyConnected(1, activation="identity"),
            ],
        ),
        {
            "W1": [[1, 1]],
            "b1": [0, "-3/2"],
            "W2": [[0]],
            "b2": [0, 0],
            "W3": [["-1/2"], [1]],
            "b3": ["1/4"],
        },
        [[1], [2]],
        [[0], [1]],
        status="saddle",
        loss="1/4",
        evidence="negative-direction",
        better={
            "W1": [[1, 1]],
            "b1": [0, "-3/2"],
            "W2": [["7/4"]],
            "b2": [-2, "-1/4"],
            "W3": [["9/4"], [1]],
            "b3": ["-5/4"],
        },
        better_loss="0.0439675...",
        inside=1,
        axes=("W2[0,0]", "W3[0,0]"),
    ),
    Piece(
        "convolutional-regression",
        "Three samples: a minimum in S_1 below a convolution",
        OPEN,
        _convolutional(2, (3, RAMP), ((0, 1), (1, 2)), "elu-plus-one", 1),
        _REGRESSION_BELOW | {"W2": [[1], [0]], "b2": [1, 1], "W3": [[1], [0]], "b3": [-2]},
        [[0, 0], [1, 0], [0, 1]],
        [[0], [1], [2]],
        status="undecided",
        loss="1",
        evidence="",
        better=_REGRESSION_BELOW | {"W2": [[-1], [2]], "b2": [2, 2], "W3": [[1], [1]], "b3": [-5]},
        better_loss="0",
        inside=1,
        axes=("W2[1,0]", "W3[1,0]"),
    ),
    Piece(
        "convolutional-one-hot",
        "Three samples of two classes",
        OPEN,
        _convolutional(2, (5, STAIRS), ((0, 1), (1, 2), (3, 4)), "elu-plus-one", 2),
        _ONE_HOT_BELOW | {"W2": [[1], [0]], "b2": [1, 1, 1], "W3": [[1, -1], [0, 0], [0, 1]], "b3": ["-7/3", "1/3"]},
        [[1, 1], [0, 1], ["1/2", 0]],
        [[1, 0], [1, 0], [0, 1]],
        status="undecided",
        loss="2/3",
        evidence="",
        better=_ONE_HOT_BELOW | {"W2": [[0], [1]], "b2": [1, 1, 1], "W3": [[0, 0], [1, -1], [0, 1]], "b3": [-2, 1]},
        better_loss="0",
        inside=1,
        axes=("W2[1,0]", "W3[1,0]"),
    ),
    Piece(
        "convolutional-and",
        "AND of two bits, one-hot",
        OPEN,
        _convolutional(2, (6, RAMP), ((0, 1), (2, 3), (4, 5)), "elu-plus-one", 2),
        _AND_BELOW
        | {
            "W2": [[1], [0]],
            "b2": [1, 1, 1],
            "W3": [["1/2", "-1/2"], ["1/2", "-1/2"], [0, 1]],
            "b3": ["-9/4", "1/4"],
        },
        CORNERS,
        [[a * b, 1 - a * b] for a, b in CORNERS],
        status="minimum",
        loss="1/4",
        evidence="hessian",
        better=_AND_BELOW | {"W2": [[0], [1]], "b2": [1, 1, 1], "W3": [[1, -1], [0, 0], [0, 1]], "b3": [-2, 1]},
        better_loss="0",
        inside=1,
        axes=("W2[0,0]", "W2[1,0]"),
    ),
    Piece(
        "convolutional-six",
        "Six samples: a minimum in S_1 below a convolution with three weights",
        OPEN,
        _convolutional(6, (6, RAMP), ((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5)), LINE_FROM_ONE, 1),
        _SIX | {"W2": [[0], [2], [1]], "b2": [3] * 4, "W3": [[0], [2], [1], [0]], "b3": [0]},
        [[int(i == j) for j in range(6)] for i in range(6)],
        [[str(Fraction(y, 25))] for y in (236, 224, 327, 321, 258, 209)],
        status="minimum",
        loss="231/625",
        evidence="hessian",
        better=_SIX
        | {
            "W2": [["7/4"], [1], ["1/2"]],
            "b2": ["1/2", "1/8", "15/8", "7/8"],
            "W3": [[1], ["1/8"], ["11/4"], ["5/4"]],
            "b3": ["3/4"],
        },
        better_loss="0.0641841...",
        inside=1,
        axes=("W2[0,0]", "W3[0,0]"),
    ),
)
