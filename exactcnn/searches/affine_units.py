"""Minima with an affine unit in every hidden layer that are worse than linear regression: for how many samples.

Two hidden layers of ReLUs, one output; the loss is differentiable at the minimum, and the affine units are active and
not constant on the samples. Five samples are enough, and no four are: FOUND.affine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.evidence import CriticalPointClaim, LossClaim, Scaling, Shift, SuboptimalClaim
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.valley import minimum_in_valley
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.questions import Case, Decision, Question

PAGE = "FOUND.affine"
FEWEST = 5
MORE = ((1, 0), (0, 0), (3, 0), (1, 1), (1, -1), (2, 1))  # further samples, on which the residual is zero


def worse_minimum(count: int = FEWEST) -> Instance:
    """A point of loss 1 of a network of widths 2, 1, 2, 1 on N samples (s, t), at least five.

    A = s + 1 and P = A are active on all of them, Q = relu(A - 7/6) where s > 0, and the output is 6 (P - Q) - 6: 0
    where s = 0, and 1 elsewhere. The residual is 1 at (1, 3), -1 at (1, -3), and zero on all other samples.

    Examples
    --------
    >>> [Objective(worse_minimum(count)).loss() == 1 for count in (5, 11)]
    [True, True]
    """
    samples = [(0, 1), (0, -1), (1, 3), (1, -3), (2, 0), *MORE][:count]
    residual = {(1, 3): 1, (1, -3): -1}
    targets = [[int(sample[0] > 0) - residual.get(sample, 0)] for sample in samples]
    hidden = [FullyConnected(width, activation="relu") for width in (1, 2)]
    network = Network((2,), [*hidden, FullyConnected(1, activation="identity")])
    own = {"W1": [[1], [0]], "b1": [1], "W2": [[1, 1]], "b2": [0, "-7/6"], "W3": [[6], [-6]], "b3": [-6]}
    return Instance(network, Parameters.from_arrays(network, own), list(map(list, samples)), targets)


def minimum_claim(instance: Instance) -> CriticalPointClaim:
    """That a point of `worse_minimum` is a minimum, on the curve of those with 6 + s in the place of 6."""
    objective = Objective(instance)
    place = objective.coordinates.index
    steps: list[Scaling | Shift] = [
        Scaling(1, 0, place("W1[0,0]")),
        Shift(1, 0),
        Scaling(2, 0, place("W2[0,0]")),
        Shift(2, 0),
        Scaling(2, 1, place("W2[0,1]")),
    ]  # free: W1[1,0] = 0, b2[1] = -(7 + s)/(6 + s), W3 = (6 + s, -6 - s), b3 = -6 - s
    curve = [[0, -7, 36, -36, -36], [0, -1, 12, -12, -12], [0, 0, 1, -1, -1]]
    return minimum_in_valley(objective, steps, curve, [6, 1], range(11))


def regression(samples: Matrix, targets: Matrix) -> list[Fraction]:
    """Coefficients of least squares on the inputs and, last, a constant; the samples span all of them.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = np.array([[0], [1], [2]], dtype=object)
    >>> list(map(str, regression(numbers, np.array([[0], [0], [3]], dtype=object))))
    ['3/2', '-1/2']
    """
    inputs = to_flint(_with_ones(samples))
    normal = inputs.transpose() * inputs
    found: list[Fraction] = from_flint(normal.solve(inputs.transpose() * to_flint(targets)))[:, 0].tolist()
    return found


def as_affine(instance: Instance, units: Sequence[int], coefficients: Sequence[Fraction]) -> Parameters:
    """Parameters at which one unit of each hidden layer carries an affine function of the inputs to the output.

    Examples
    --------
    >>> instance = worse_minimum()
    >>> own = as_affine(instance, (0, 0), [Fraction(2), Fraction(0), Fraction(-1)])
    >>> at = Instance(instance.network, own, [[5, 5]], [[9]])
    >>> Objective(at).loss()
    Fraction(0, 1)
    """
    assert instance.samples is not None
    values = instance.samples.fractions() @ _column(coefficients[:-1])
    lift = 1 - min(0, *values.ravel().tolist())  # so that the first unit is active on all samples
    arrays: dict[str, object] = {}
    for layer, unit in zip(instance.network.resolved, [*units, 0], strict=True):
        (slots, width), number = layer.parameter_shapes["W"], layer.number
        column = list(coefficients[:-1]) if number == 1 else [int(j == units[number - 2]) for j in range(slots)]
        arrays[f"W{number}"] = [[x if j == unit else 0 for j in range(width)] for x in column]
        arrays[f"b{number}"] = [lift if number == 1 and j == unit else 0 for j in range(width)]
    arrays[f"b{len(units) + 1}"] = [coefficients[-1] - lift]
    return Parameters.from_arrays(instance.network, arrays)


def worse_than_regression(instance: Instance, minimum: CriticalPointClaim, units: Sequence[int]) -> Certificate:
    """The minimum, the loss of linear regression at parameters of the same network, and that this is smaller."""
    assert instance.samples is not None
    assert instance.targets is not None
    coefficients = regression(instance.samples.fractions(), instance.targets.fractions())
    better = as_affine(instance, units, coefficients)
    loss = Objective(Instance(instance.network, better, instance.samples, instance.targets)).loss()
    assert isinstance(loss, Fraction)
    claims = (minimum, LossClaim(0, loss, loss), SuboptimalClaim(0, 1))
    return Certificate(instance, claims, len(instance.network.layers), (better,))


def _with_ones(samples: Matrix) -> Matrix:
    import numpy as np

    return np.concatenate([samples, np.full((len(samples), 1), Fraction(1), dtype=object)], axis=1)


def _column(numbers: Sequence[Fraction]) -> Matrix:
    import numpy as np

    return np.array(list(numbers), dtype=object)[:, None]


def _cases() -> Iterator[Case]:
    for count in range(1, 12):
        yield {"samples": count}


def _decide(case: Case, _: range, __: int) -> Decision:
    count = int(case["samples"])
    if count < FEWEST:
        return Decision("impossible", "the residual is orthogonal to all inputs", None, PAGE)
    instance = worse_minimum(count)
    found = worse_than_regression(instance, minimum_claim(instance), (0, 0))
    loss = found.claims[1].document()["upper"]
    return Decision("possible", f"widths 2, 1, 2, 1: a minimum of loss 1; linear regression has {loss}", found, PAGE)


QUESTION = Question(
    "affine-units",
    "For how many samples can a minimum with an affine unit in both hidden layers be worse than linear regression?",
    PAGE,
    _cases,
    _decide,
)
