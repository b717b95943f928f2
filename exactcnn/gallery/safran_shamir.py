"""Safran and Shamir: n ReLUs that learn n ReLUs, over all Gaussian inputs, have spurious minima for n = 6 and n = 7.

The loss is ½ E (Σ relu(w_i·x) − Σ relu(e_j·x))², x ~ N(0, I_n). At these minima one unit is unlike the others, which
are near unit vectors and go over into each other by permutations.
"""

from __future__ import annotations

from exactcnn.gallery.piece import Piece
from exactcnn.landscape.population import student_network

SOURCE = (
    "Safran and Shamir, “Spurious local minima are common in two-layer ReLU neural networks”, ICML 2018; "
    "digits and certificate are this project's"
)


def _weights(n: int, alone: str, others: str, back: str, own: str, rest: str) -> list[list[str]]:
    """W_1, a column for each unit.

    Unit 0 is (alone, others, others, ...), the other ones (back, ...) with `own` in their own place and else `rest`.
    """
    units = [[alone] + [others] * (n - 1)]
    units += [[back] + [own if i == j else rest for j in range(1, n)] for i in range(1, n)]
    return [list(slot) for slot in zip(*units, strict=True)]


def _piece(n: int, word: str, numbers: tuple[str, str, str, str, str], loss: str) -> Piece:
    return Piece(
        f"safran-shamir-{n}",
        f"{word} ReLUs that learn {word.lower()}: a spurious minimum over all Gaussian inputs",
        SOURCE,
        student_network(n),
        {"W1": _weights(n, *numbers), "W2": [[1]] * n},
        None,
        None,
        status="strict minimum",
        loss=loss,
        evidence="box",
        better={"W1": [[int(i == j) for j in range(n)] for i in range(n)], "W2": [[1]] * n},
        better_loss="0",
        refined=True,
        axes=("W1[0,0]", "W1[1,0]"),
        span=1.0,
    )


PIECES = (
    _piece(
        6,
        "Six",
        ("-0.601511923561", "0.224515807600", "0.308010991479", "0.986703818889", "-0.050413403217"),
        "0.0250805810024630...",
    ),
    _piece(
        7,
        "Seven",
        ("-0.632703904915", "0.185991046296", "0.261691075807", "0.996922798803", "-0.035080155927"),
        "0.0232027149135660...",
    ),
)
