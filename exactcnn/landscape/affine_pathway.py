"""Units that are affine on all samples, layer above layer up to the outputs: what a minimum owes to them.

Let A_l, l = t + 1, ..., H, be sets of units of the hidden layers above layer t, at least m in each, m the number of
outputs. They are lines a z + b with a != 0 near the point, each unit the same line on all samples; and no unit of
A_(l-1) feeds a unit of layer l outside A_l (*isolated*). With B_1 the weights from all of layer t into A_(t+1), B_j
those from one set into the next, slopes absorbed, and B_q those from A_H to the outputs, the outputs are F_t B_1 ...
B_q and terms that lack B_1. At a local minimum F_l^T R = 0 for l = t, ..., H, R the residual; for otherwise there is a
curve down:

S_j = B_j ... B_q, S_(q+1) = I, and kappa is the largest j with rank S_j < m; there is one, kappa >= 2, if the point is
critical and F_t^T R != 0. For j < kappa some u_j != 0 has u_j^T S_(j+1) = 0, since B_j has at least m columns. Moving
B_j by s p_j u_j^T for all j < kappa changes no output, and the derivative by B_kappa becomes a polynomial in s, whose
coefficient of s^(kappa-1) is u_(kappa-1) p_1^T F_t^T R S_(kappa+1)^T if u_j^T p_(j+1) = 1: not 0 for some p_1. So the
loss is a polynomial on the curve that also moves B_kappa by s^kappa Z: its lowest coefficients, up to s^(2 kappa - 1),
are linear in Z, and that of s^(2 kappa - 1) is not 0 for Z = -+ u_(kappa-1) (...); one of the two signs goes down.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.landscape.descent import loss_bounds
from exactcnn.landscape.evidence import DescentCurve
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.neighbourhood import neighbourhood
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.polynomials import along
from exactcnn.linalg.fractions import from_flint, to_flint
from exactcnn.network.network import Convolved

Matrix = NDArray[Any]  # of fractions


@dataclass(frozen=True)
class Pathway:
    """Affine units of the layers from t + 1 to H.

    Attributes
    ----------
    start : int
        t: the layer whose features the pathway reads.
    units : tuple of tuple of int
        A_(t+1), ..., A_H.
    slopes : tuple of tuple of Fraction
        Theirs.
    """

    start: int
    units: tuple[tuple[int, ...], ...]
    slopes: tuple[tuple[Fraction, ...], ...]

    def above(self, layer: int) -> Pathway:
        """The part that reads layer `layer` >= t."""
        return Pathway(layer, self.units[layer - self.start :], self.slopes[layer - self.start :])


def affine_units(objective: Objective) -> list[dict[int, Fraction]]:
    """Slopes of the units of each hidden layer that are one line, not constant, on all samples near the point.

    Raises
    ------
    InputError
        Unless all layers are fully connected, the last one without activation, and features in Q.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> affine_units(select(["yun-1"])[0].objective())
    [{0: Fraction(1, 1), 1: Fraction(1, 1)}]
    """
    network = objective.instance.network
    for layer in network.resolved:
        one = isinstance(layer, Convolved) and np.array_equal(layer.patches.slots, [range(layer.patches.neurons)])
        if not one:
            raise InputError(f"layer {layer.number} is not fully connected; expected fully connected layers only")
    last = objective.curves[-1]
    if last is None or last.affine != IDENTITY:
        raise InputError(f"layer {len(objective.curves)} has an activation; expected none at the outputs")
    if objective.domain != "Q":
        raise InputError(f"the derivatives lie in {objective.domain}; expected Q")
    near, found = neighbourhood(objective), []
    for number in range(1, len(network.layers)):
        met = [near.lines(number, [unit]) for unit in range(network.widths[number])]
        single = [(unit, next(iter(own))) for unit, own in enumerate(met) if len(own) == 1]
        found.append({unit: line[0] for unit, line in single if line is not None and line[0]})
    return found


def pathway(objective: Objective) -> Pathway:
    """The longest isolated pathway, with the largest sets; none at all if layer H has fewer than m affine units.

    Raises
    ------
    InputError
        As `affine_units`.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> pathway(select(["yun-1"])[0].objective())
    Pathway(start=0, units=((0, 1),), slopes=((Fraction(1, 1), Fraction(1, 1)),))
    """
    known, network, parameters = affine_units(objective), objective.instance.network, objective.instance.parameters
    assert parameters is not None
    units: list[tuple[int, ...]] = []
    start = len(known)
    for number in range(len(known), 0, -1):
        own = sorted(known[number - 1])
        if units:
            others = [unit for unit in range(network.widths[number + 1]) if unit not in units[0]]
            weights = parameters.layer(number + 1).weights.fractions()
            own = [unit for unit in own if not weights[unit, others].any()]
        if len(own) < network.widths[-1]:
            break
        units.insert(0, tuple(own))
        start = number - 1
    slopes = tuple(tuple(known[start + i][unit] for unit in own) for i, own in enumerate(units))
    return Pathway(start, tuple(units), slopes)


def crossed(objective: Objective, layer: int) -> Matrix:
    """F_lᵀ R, (n_l, m), in fractions.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> crossed(select(["yun-1"])[0].objective(), 0).tolist()
    [[Fraction(0, 1)]]
    """
    here = objective.in_rationals()
    product: Matrix = here.trace.features[layer].fractions().T @ here.residual.fractions()
    return product


def descent(objective: Objective, found: Pathway) -> Finding | str:
    """Prove that a critical point with F_tᵀ R ≠ 0 is no minimum, by the curve above.

    Parameters
    ----------
    objective : Objective
    found : Pathway
        Isolated.

    Returns
    -------
    Finding or str
        The reason, where the point is not critical or F_tᵀ R = 0.

    Examples
    --------
    Two units on top of each other, all weights 0: no second derivative shows a way down.

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> layers = [FullyConnected(1, activation=name) for name in ("relu", "relu", "identity")]
    >>> network = Network((1,), layers)
    >>> arrays = {"W1": [[0]], "b1": [1], "W2": [[0]], "b2": [1], "W3": [[0]], "b3": [0]}
    >>> objective = Objective(Instance(network, Parameters.from_arrays(network, arrays), [[-1], [1]], [[-1], [1]]))
    >>> finding = descent(objective, pathway(objective))
    >>> finding.type, finding.evidence.directions.shape
    ('not a minimum', (3, 6))
    """
    product = crossed(objective, found.start)
    if not product.any():
        return f"the residual is orthogonal to the features of layer {found.start}"
    factors, suffixes = _factors(objective, found)
    kappa = next((j for j in range(len(factors), 0, -1) if _rank(suffixes[j - 1]) < product.shape[1]), 0)
    if kappa < 2:
        return "the point is not critical"
    theta = objective.coordinates
    directions = np.full((kappa, theta.count), Fraction(0), dtype=object)
    seen = product @ suffixes[kappa].T  # F_t^T R S_(kappa+1)^T
    row = next(i for i in range(len(seen)) if seen[i].any())
    p = _unit(len(seen), row)
    for j in range(1, kappa):
        u = _left_null(suffixes[j])
        _add(directions[0], objective, found, j, np.outer(p, u))
        pivot = next(i for i in range(len(u)) if u[i])
        p = _unit(len(u), pivot) / u[pivot]
    _add(directions[kappa - 1], objective, found, kappa, np.outer(u, seen[row]))
    for _ in range(2):
        directions[kappa - 1] *= -1
        exact = ExactArray.from_fractions(directions.ravel().tolist(), directions.shape)
        try:
            coefficients = along(objective, exact)
        except InputError as error:
            return str(error)
        first = next((c for c in coefficients[1:] if c), None)
        if first is not None and first < 0:
            return Finding("not a minimum", DescentCurve(exact), loss_bounds(objective))
    return "the point is not critical"


def find(objective: Objective) -> Finding | str:
    """Prove that a critical point is no minimum by the longest isolated pathway, or a part of it."""
    try:
        longest = pathway(objective)
    except InputError as error:
        return str(error)
    for layer in range(longest.start, longest.start + len(longest.units)):
        found = descent(objective, longest.above(layer))
        if isinstance(found, Finding):
            return found
    return "no units that are affine on all samples lead down"


def _factors(objective: Objective, found: Pathway) -> tuple[list[Matrix], list[Matrix]]:
    """B_1, ..., B_q, and S_1, ..., S_(q+1)."""
    parameters, outputs = objective.instance.parameters, objective.instance.network.widths[-1]
    assert parameters is not None
    factors = []
    for j, (rows, columns, scale) in enumerate(_places(objective, found)):
        weights = parameters.layer(found.start + 1 + j).weights.fractions()
        factors.append(weights[np.ix_(rows, columns)] * np.array(scale, dtype=object))
    suffixes: list[Matrix] = [np.array([_unit(outputs, c) for c in range(outputs)])]
    for factor in reversed(factors):
        suffixes.insert(0, factor @ suffixes[0])
    return factors, suffixes


def _places(objective: Objective, found: Pathway) -> list[tuple[list[int], list[int], list[Fraction]]]:
    """Rows, columns and slopes of each factor."""
    widths = objective.instance.network.widths
    sets = [list(range(widths[found.start])), *map(list, found.units), list(range(widths[-1]))]
    slopes = [*map(list, found.slopes), [Fraction(1)] * widths[-1]]
    return [(below, above, own) for below, above, own in zip(sets, sets[1:], slopes, strict=False)]


def _add(direction: Matrix, objective: Objective, found: Pathway, j: int, change: Matrix) -> None:
    """Set the change of factor j, counted from 1, in a direction by all parameters."""
    rows, columns, slopes = _places(objective, found)[j - 1]
    block = objective.coordinates.block(found.start + j)
    for i, row in enumerate(rows):
        for k, column in enumerate(columns):
            direction[block.weight(row, column)] = change[i, k] / slopes[k]


def _unit(size: int, place: int) -> Matrix:
    return np.array([Fraction(int(i == place)) for i in range(size)], dtype=object)


def _rank(matrix: Matrix) -> int:
    return int(to_flint(matrix).rank())


def _left_null(matrix: Matrix) -> Matrix:
    """A vector u ≠ 0 with uᵀ M = 0, for a matrix whose rows are dependent."""
    reduced, rank = to_flint(matrix.T).rref()
    rows = from_flint(reduced)[:rank]
    pivots = [int(np.flatnonzero(row)[0]) for row in rows]
    free = next(i for i in range(len(matrix)) if i not in pivots)
    result = _unit(len(matrix), free)
    for row, pivot in zip(rows, pivots, strict=True):
        result[pivot] = -row[free]
    return result
