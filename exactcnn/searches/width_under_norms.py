"""At which widths can a point be confined where rows have ℓ1 norm at most 1? One hidden layer of ReLUs, one output.

At width n, the number of samples, it can: a strict minimum among such parameters that is not the least one. With one
unit more it cannot, whatever the activation (a step of Frank and Wolfe): L20.norms.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.constrained import constrained_minimum
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.questions import Case, Decision, Question

PAGE = "L20.norms"
NORMS = (Fraction(1), Fraction(1))
LARGE, SMALL = Fraction(3, 2), Fraction(-1, 2)


def confined(count: int) -> tuple[Instance, Parameters]:
    """A strict minimum of loss (n - 3/2)²/(2n) among rows of norm at most 1, and a point of loss 0 among them.

    Sample i has the entry 3/2 at i and -1/2 elsewhere, all targets are 1, and unit i reads input i: its feature is 3/2
    on sample i and 0 on the others. The better point has the constant 1 as its first feature.

    Examples
    --------
    >>> from exactcnn.landscape.objective import Objective
    >>> instance, better = confined(2)
    >>> Objective(instance).loss(), Objective(Instance(instance.network, better, instance.samples, [[1], [1]])).loss()
    (Fraction(1, 16), Fraction(0, 1))
    """
    layers = [FullyConnected(count, activation="relu"), FullyConnected(1, activation="identity", bias="none")]
    network = Network((count,), layers)
    unit = [[int(i == j) for j in range(count)] for i in range(count)]
    own = {"W1": unit, "b1": [0] * count, "W2": [[Fraction(1, count)]] * count}
    better = {"W1": [[0] * count] * count, "b1": unit[0], "W2": [[x] for x in unit[0]]}
    samples = [[LARGE if x else SMALL for x in row] for row in unit]
    instance = Instance(network, Parameters.from_arrays(network, own), samples, [[1]] * count)
    return instance, Parameters.from_arrays(network, better)


def certificate(count: int) -> Certificate:
    """That the point of `confined` is a strict minimum under the bounds, and not the least one."""
    instance, better = confined(count)
    return constrained_minimum(instance, NORMS, better)


def _cases() -> Iterator[Case]:
    for count in (2, 3, 4):
        for width in (count, count + 1):
            yield {"samples": count, "width": width}


def _decide(case: Case, _: range, __: int) -> Decision:
    count = int(case["samples"])
    if case["width"] == count:
        reason = "a strict minimum among rows of norm at most 1, where the loss is not the least"
        return Decision("possible", reason, certificate(count), PAGE)
    return Decision("impossible", "with n + 1 units one is free for a better feature", None, PAGE)


QUESTION = Question(
    "width-under-norms",
    "At which widths can a point be confined among rows of l1 norm at most 1? (one hidden layer of ReLUs, one output)",
    PAGE,
    _cases,
    _decide,
)
