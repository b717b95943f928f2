"""At which widths are sublevel sets in pieces? Networks with one hidden layer of ReLUs, from width n to 2n.

At width n two units that change places cannot do so below a positive loss: the determinant of the features changes its
sign. With one unit more they can, and every sublevel set of every convex loss is connected: FOUND.connected.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.separated import SeparatedClaim, with_units_swapped
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.questions import Case, Decision, Question
from exactcnn.theorems.escape import Escape

PAGE = "FOUND.connected"
LEVEL = Fraction(49, 100)  # below 1/2, the squared distance of the identity from singular matrices, halved


def one_hot(count: int, width: int, *, biases: bool, scale: Fraction = Fraction(1)) -> Instance:
    """N one-hot targets, fitted by N ReLUs, or by `scale` times that; units that are left over are dead.

    With biases the samples are the numbers 1 to N, and the features are those of x, x - 1, ..., x - N + 1. Without
    them the samples and the features are unit vectors.

    Examples
    --------
    >>> Objective(one_hot(3, 4, biases=True)).loss(), Objective(one_hot(2, 2, biases=False)).loss()
    (Fraction(0, 1), Fraction(0, 1))
    """
    network = Network(
        (1 if biases else count,),
        [
            FullyConnected(width, activation="relu", bias="neuron" if biases else "none"),
            FullyConnected(count, activation="identity", bias="none"),
        ],
    )
    unit = [[int(i == j) for j in range(count)] for i in range(count)]
    second = {0: 1, 1: -2, 2: 1} if biases else {0: 1}  # differences of second order undo the features
    inverse = [[second.get(i - j, 0) for j in range(count)] for i in range(count)]
    arrays: dict[str, Any] = {"W2": [[scale * x for x in row] for row in [*inverse, *[[0] * count] * (width - count)]]}
    if biases:
        ones = [[1] * count + [0] * (width - count)]
        arrays |= {"W1": ones, "b1": [-j for j in range(count)] + [-1] * (width - count)}
    else:
        arrays["W1"] = [row + [0] * (width - count) for row in unit]
    samples = [[i + 1] for i in range(count)] if biases else unit
    return Instance(network, Parameters.from_arrays(network, arrays), samples, unit)


def pieces(instance: Instance, other: Parameters, level: Fraction = LEVEL) -> Certificate:
    """The claim that no path joins the point to another one on which the loss is at most a level."""
    return Certificate(instance, (SeparatedClaim((OWN, 0), level),), len(instance.network.layers), (other,))


def _cases() -> Iterator[Case]:
    for count in (2, 3):
        for biases in ("none", "neuron"):
            for width in range(count, 2 * count + 1):
                yield {"samples": count, "biases": biases, "width": width}


def _decide(case: Case, _: range, __: int) -> Decision:
    count, width, biases = int(case["samples"]), int(case["width"]), case["biases"] == "neuron"
    right = one_hot(count, width, biases=biases)
    swapped = with_units_swapped(right, 0, 1)
    if width == count:
        reason = f"the sublevel set of {LEVEL} has two units that cannot change places"
        return Decision("possible", reason, pieces(right, swapped), PAGE)
    start = one_hot(count, width, biases=biases, scale=Fraction(1, 2))
    path = path_to_point(Objective(start), swapped)
    assert isinstance(path, WidePath)
    reason = "with more units than samples all points are joined; the path here swaps two units"
    return Decision("impossible", reason, Escape(start, path).certificate, PAGE)


QUESTION = Question(
    "connectivity",
    "At which widths can a sublevel set of the loss be in pieces? (one hidden layer of ReLUs)",
    PAGE,
    _cases,
    _decide,
    across="width",
)
