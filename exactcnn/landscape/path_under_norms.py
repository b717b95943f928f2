"""From a point of a network with one hidden layer to a better one, under bounds of ℓ1 norms: at most 3 segments.

With n distinct samples, m outputs and no output biases, the weights into each output can move onto at most n units, and
their norm does not grow (`sparse_row`). So at width mn + 1 a unit is free. The outputs of a better point within the
bounds are convex combinations of features ±c σ(w), c the bound: for one output, one of these, or 0, has a smaller
inner product with the gradient of the loss than the outputs that there are. The free unit gets this feature, and the
weights into that output go straight towards ±c on it alone: a step of Frank and Wolfe.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from exactcnn.errors import InputError
from exactcnn.landscape.neuron_tables import ZERO, NeuronPoint, Tables, not_covered
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.sparse_rows import sparse_row
from exactcnn.landscape.wide_path import Steps, WidePath
from exactcnn.linalg.fractions import Matrix
from exactcnn.network.parameters import Parameters

DIRECTIONS = 8  # of random weights of a unit, where no better point is given
SPAN = 3  # of their integers
BITS = 8  # of the length of the step; shorter than the best one, which has long fractions

Unit = tuple[dict[int, Fraction], Fraction]  # incoming weights and bias


def path_under_norms(
    objective: Objective, bounds: NormBounds, better: Parameters | None = None, *, seed: int = 0
) -> WidePath | str:
    """Construct a path to a smaller loss, within the bounds.

    Parameters
    ----------
    objective : Objective
        One hidden layer with rational features, outputs without biases and activation. If the weights into outputs need
        all units even so, there is no path; m n + 1 units are always enough, n the number of distinct samples and m of
        outputs.
    bounds : NormBounds
    better : Parameters, optional
        Within the bounds, with a smaller loss: the path goes towards it. By default random units are tried.
    seed : int
        Of these.

    Returns
    -------
    WidePath or str
        Or the reason why there is none.

    Raises
    ------
    InputError
        If one of the points violates a bound, naming the row and its norm; if the loss at the better point is not
        smaller, or features are not rational.

    References
    ----------
    .. [1] J. Lederer, "Optimization landscapes of wide deep neural networks are benign", 2020.
    .. [2] M. Frank and P. Wolfe, "An algorithm for quadratic programming", 1956.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> last = FullyConnected(1, activation="identity", bias="none")
    >>> network = Network((1,), [FullyConnected(3, activation="relu"), last])
    >>> dead = Parameters.from_arrays(network, {"W1": [[0, 0, 0]], "b1": [-1, -1, -1], "W2": [[1], [0], [0]]})
    >>> path = path_under_norms(Objective(Instance(network, dead, [[0], [1]], [[1], [1]])), NormBounds(Fraction(1)))
    >>> path.kinds, str(path.before), str(path.after)
    (('constant', 'constant', 'last-layer'), '1', '0')
    """
    network = objective.instance.network
    reason = not_covered(network)
    if reason is None and len(network.resolved) != 2:
        reason = f"there are {len(network.resolved) - 1} hidden layers; expected 1 under a constraint"
    if reason is not None:
        return reason
    here = NeuronPoint.of(objective)
    if here.tables.biases[-1] is not None:
        return 'layer 2 has biases; expected bias = "none" under a constraint'
    bounds.require(objective.instance, "the start")
    there = None if better is None else here.at(better)
    if there is not None:
        bounds.require(there.objective.instance, "better")
    reduced = here.tables.copy()
    features, weights = here.features[1], reduced.weights[1]
    for output in range(weights.shape[1]):
        weights[:, output] = sparse_row(features, weights[:, output].tolist())
    width = len(weights)
    free = [unit for unit in range(width) if not weights[unit].any()]
    if not free:
        needed = here.count * weights.shape[1] + 1
        return (
            f"layer 1 has {width} neurons, all of them needed; expected at least {needed} for {here.count} different "
            f"samples, {needed - width} more"
        )
    units = _units(here, bounds, seed) if there is None else _units_of(there.tables)
    step = _best_step(here, bounds.outputs, units)
    if step is None:
        return f"the loss does not fall towards any of the units that were tried, with weights up to {bounds.outputs}"
    return _path(here, bounds, reduced, free[0], step)


@dataclass(frozen=True)
class _Step:
    """The outputs number `output` move towards `weight` times the feature of a unit, by `length` of the way."""

    growth: Fraction  # of the loss; negative
    output: int
    unit: Unit
    weight: Fraction
    length: Fraction
    change: Matrix  # of these outputs all the way


def _path(here: NeuronPoint, bounds: NormBounds, reduced: Tables, free: int, step: _Step) -> WidePath:
    tables = reduced.copy()
    tables.set(1, free, *step.unit)
    moved = tables.copy()
    moved.weights[1][:, step.output] *= 1 - step.length
    moved.weights[1][free, step.output] += step.length * step.weight
    outputs = here.outputs.copy()
    outputs[:, step.output] += step.length * step.change
    steps: Steps = [("constant", reduced), ("constant", tables), ("last-layer", moved)]
    return WidePath.of(here, outputs, steps, bounds.of_layers(here.objective.instance.network))


def _best_step(here: NeuronPoint, bound: Fraction, units: Iterator[Unit]) -> _Step | None:
    """The step along which the loss falls most; None if it falls along none.

    Along outputs Ŷ + t D the loss is that of Ŷ and t ⟨R, D⟩ + t² ⟨D, D⟩ / 2: it falls up to t = -⟨R, D⟩ / ⟨D, D⟩.
    """
    of_sample = here.of_sample
    residual = here.outputs[of_sample] - here.targets
    best: _Step | None = None
    levels = [Fraction((residual[:, c] * here.outputs[of_sample, c]).sum()) for c in range(residual.shape[1])]
    for unit in units:
        feature = _feature(here, unit)
        if feature is None:
            continue
        for output, level in enumerate(levels):
            inner = Fraction((residual[:, output] * feature[of_sample]).sum())
            weight = -bound if inner > 0 else bound if inner < 0 else ZERO
            slope = weight * inner - level
            if slope >= 0:
                continue
            change = weight * feature - here.outputs[:, output]
            curvature = Fraction((change[of_sample] ** 2).sum())
            length = _rounded_down(min(Fraction(1), -slope / curvature))
            growth = length * slope + length**2 * curvature / 2
            if best is None or growth < best.growth:
                best = _Step(growth, output, unit, weight, length, change)
    return best


def _rounded_down(number: Fraction) -> Fraction:
    """A positive number to a few bits."""
    shift = BITS + max(0, number.denominator.bit_length() - number.numerator.bit_length())
    return Fraction(math.floor(number * 2**shift), 2**shift)


def _feature(here: NeuronPoint, unit: Unit) -> Matrix | None:
    """The values of a unit on all distinct samples; None if one of them is not rational."""
    weights, bias = unit
    activation = here.objective.instance.network.convolved(1).activation
    try:
        values = [
            activation.exact(sum((row[i] * weight for i, weight in weights.items()), bias)) for row in here.features[0]
        ]
    except InputError:
        return None
    return np.array(values, dtype=object)


def _units_of(tables: Tables) -> Iterator[Unit]:
    inputs = {i: i for i in range(len(tables.weights[0]))}
    for unit in range(tables.weights[0].shape[1]):
        yield tables.incoming(1, unit, inputs), tables.bias(1, unit)


def _units(here: NeuronPoint, bounds: NormBounds, seed: int) -> Iterator[Unit]:
    """Those of the start, and random ones with a kink at each sample; as long as the bound allows."""
    yield from _units_of(here.tables)
    layer = here.objective.instance.network.convolved(1)
    kinks = list(layer.activation.kinks) or [ZERO]
    generator = np.random.default_rng(seed)
    for _ in range(DIRECTIONS):
        drawn = np.array(generator.integers(-SPAN, SPAN + 1, size=here.features[0].shape[1])).tolist()
        weights = {i: Fraction(weight) for i, weight in enumerate(drawn) if weight}
        sums = {sum((row[i] * weight for i, weight in weights.items()), ZERO) for row in here.features[0]}
        shifts = [kink + side - s for s, kink, side in product(sorted(sums), kinks, (-1, 0, 1))]
        for bias, sign in product([ZERO] if layer.bias == "none" else shifts, (1, -1)):
            yield _within({i: sign * weight for i, weight in weights.items()}, sign * bias, bounds.hidden)


def _within(weights: dict[int, Fraction], bias: Fraction, bound: Fraction | None) -> Unit:
    """A unit scaled to the bound."""
    norm = sum(map(abs, weights.values()), abs(bias))
    factor = Fraction(1) if bound is None or not norm else bound / norm
    return {i: factor * weight for i, weight in weights.items()}, factor * bias
