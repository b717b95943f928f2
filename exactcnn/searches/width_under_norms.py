"""At which widths can a point be confined where rows have ℓ1 norm at most 1? One hidden layer, m outputs, n samples.

At width mn it can: a strict minimum among such parameters that is not the least one. With one unit more it cannot,
whatever the activation (a step of Frank and Wolfe): FOUND.norms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.constrained import constrained_minimum
from exactcnn.network.activations import Activation
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.questions import Case, Decision, Question

PAGE = "FOUND.norms"
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


def confined_with_two_outputs() -> tuple[Instance, Parameters]:
    """A strict minimum of loss 5 among rows of norm at most 1, and a point of loss 7/2 among them, at n = m = 2.

    The samples are 1 and 10, so that the feature of a unit of weight w is (σ(w), σ(10 w)), and σ has bumps wherever it
    is asked: at five weights the features (6, 1), (5, 3), (3, 5), (1, 6) and (7, 7) are strict local maxima in both
    entries. Two units serve the first output, two the second; (7, 7) would be better for both.

    Examples
    --------
    >>> from exactcnn.landscape.objective import Objective
    >>> instance, better = confined_with_two_outputs()
    >>> at = Instance(instance.network, better, instance.samples, instance.targets)
    >>> Objective(instance).loss(), Objective(at).loss()
    (Fraction(5, 1), Fraction(7, 2))
    """
    features = ((6, 1), (5, 3), (3, 5), (1, 6), (7, 7))
    weights = [Fraction(k, 20) for k in (1, 2, 4, 10, 6)]  # 10/20 is ten times 1/20, where both features have a 1
    layers = [
        FullyConnected(4, activation=_bumps(weights, features), bias="none"),
        FullyConnected(2, activation="identity", bias="none"),
    ]
    network, half = Network((1,), layers), Fraction(1, 2)
    own = {"W1": [weights[:4]], "W2": [[half, 0], [half, 0], [0, half], [0, half]]}
    better = {"W1": [[weights[0], weights[4], *weights[2:4]]], "W2": own["W2"]}
    targets = [[Fraction(15, 2), 3], [3, Fraction(15, 2)]]
    instance = Instance(network, Parameters.from_arrays(network, own), [[1], [10]], targets)
    return instance, Parameters.from_arrays(network, better)


def _bumps(weights: Sequence[Fraction], features: Sequence[tuple[int, int]]) -> Activation:
    """The activation with the value c at t = w or 10 w for each weight, and c (1 - (t - w)²/ρ²), or 0, beside it."""
    peaks = {
        scale * w: c for w, own in zip(weights, features, strict=True) for scale, c in zip((1, 10), own, strict=True)
    }
    pieces, kinks = ["0"], []
    for t, c in sorted(peaks.items()):
        radius = t / 10
        pieces += [f"{c}*(1 - (t - {t})^2*{1 / radius**2})", "0"]
        kinks += [t - radius, t + radius]
    return define_activation("bumps", pieces, kinks)


def certificate(instance: Instance, better: Parameters) -> Certificate:
    """That the point is a strict minimum under the bounds, and not the least one."""
    return constrained_minimum(instance, NORMS, better)


def _cases() -> Iterator[Case]:
    for outputs, count in ((1, 2), (1, 3), (1, 4), (2, 2)):
        for width in (outputs * count, outputs * count + 1):
            yield {"outputs": outputs, "samples": count, "width": width}


def _decide(case: Case, _: range, __: int) -> Decision:
    outputs, count = int(case["outputs"]), int(case["samples"])
    if case["width"] == outputs * count:
        reason = "a strict minimum among rows of norm at most 1, where the loss is not the least"
        example = confined(count) if outputs == 1 else confined_with_two_outputs()
        return Decision("possible", reason, certificate(*example), PAGE)
    return Decision("impossible", "one unit is free for a better feature", None, PAGE)


QUESTION = Question(
    "width-under-norms",
    "At which widths can a point be confined among rows of l1 norm at most 1? (one hidden layer)",
    PAGE,
    _cases,
    _decide,
)
