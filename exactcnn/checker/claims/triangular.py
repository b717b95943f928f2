"""Lower bounds by a triangular minor: an order of samples and units in which later samples are off.

Let rows[0..r-1] be samples, columns[0..r-1] units of layer k, and z(b, a) the pre-activation of sample rows[b] at unit
columns[a], a rational number. Two things are required of every a:

- on:  the own sample, z(a, a), is on;
- off: every later sample, z(b, a) with b > a, is off.

What off and on mean depends on the activation, so that the minor of F_k is not zero:

- zero on a half-line: off if z lies there, on if the value is not 0. The minor is triangular, its diagonal not zero.
- sigmoid: off if z < 0, on if z >= 0. gaussian: off if z < 0, on if z = 0. silu, mish, swish(b): off if z <= 0, on if
  z > 0 (for b < 0: off if z >= 0, on if z < 0). Every entry is R(e^(1/D)), with a rational function R over Q that has
  no pole at positive numbers: replace e^(z/D), D a common denominator of all exponents, by a power of a variable. For
  the variable going to infinity all entries have finite limits, those of off samples 0, those of on samples not 0. So
  the determinant has a limit that is not 0. As a rational function over Q it is not identically 0, and it has no zero
  at e^(1/D), which is transcendental.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import mul
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import Activation
from exactcnn.checker.claim import Obligation
from exactcnn.checker.document import ObligationError, fields, indices, limit, quote, require
from exactcnn.checker.features import exact_features
from exactcnn.checker.instance import PADDING, Instance, Layer

CHUNK = 1000  # samples
HALF_LINES = {"relu": 0, "relu6": 0, "squared-relu": 0, "hard-sigmoid": -3, "hard-swish": -3}  # zero for t <= this


@dataclass(frozen=True)
class Rule:
    """Off: side * z <= bound, or < if strict. On: a condition on z."""

    side: int
    bound: int
    strict: bool
    on: Callable[[fmpq], bool]

    def off(self, z: fmpq) -> bool:
        """Return whether the pre-activation is off."""
        return bool(self.side * z < self.bound or (not self.strict and self.side * z == self.bound))


def rule_of(activation: Activation) -> Rule:
    """Return what off and on mean for an activation, or reject."""
    name, parameters = activation.name, activation.parameters
    if name == "sigmoid":
        return Rule(1, 0, True, lambda z: bool(z >= 0))
    if name == "gaussian":
        return Rule(1, 0, True, lambda z: bool(z == 0))
    if name in ("silu", "mish") or (name == "swish" and parameters[0] > 0):
        return Rule(1, 0, False, lambda z: bool(z > 0))
    if name == "swish" and parameters[0] < 0:
        return Rule(-1, 0, False, lambda z: bool(z < 0))
    if name in HALF_LINES or (name in ("clip", "leaky-relu") and parameters[0] == 0):
        return Rule(1, HALF_LINES.get(name, 0), False, lambda z: bool(activation.value(z) != 0))
    if name == "clip" and parameters[1] == 0:
        return Rule(-1, 0, False, lambda z: bool(activation.value(z) != 0))
    raise ObligationError(f"{name} has no triangular minors: it does not vanish on one side")


def read_triangular_minor(instance: Instance, number: int, lower: int, count: int, evidence: Any) -> Obligation:
    """Return the obligations of a triangular minor."""
    _, rows, columns = fields(evidence, "evidence", "kind", "rows", "columns")
    layer = instance.convolution(number)
    indices(rows, "rows", count)
    indices(columns, "columns", layer.width, len(rows))

    def verify() -> None:
        require(lower == len(rows), f"the minor has order {len(rows)}, lower is {quote(lower)}")
        rule = rule_of(layer.activation)
        if layer.weights is None or (layer.bias != "none" and layer.biases is None):
            raise ObligationError("the claim needs weights and biases; the instance has none")
        samples = instance.known_samples()
        table: list[list[fmpq]] = []
        for start in range(0, len(rows), CHUNK):  # the layers below in pieces; only features of layer k - 1 are kept
            limit((start + 1) * instance.layers[number - 1].width, "features")
            table += exact_features(instance, number - 1, [samples[row] for row in rows[start : start + CHUNK]])
        _verify(layer, rule, table, columns)

    return verify


def _verify(layer: Layer, rule: Rule, table: list[list[fmpq]], columns: list[int]) -> None:
    """Require on and off of all units; row b of the table belongs to the sample at position b of the order."""
    assert layer.patches is not None
    assert layer.weights is not None
    features, below = _integers(table)
    weights, weights_below = _integers([layer.weights])
    filters = [tuple(weights[0][t :: layer.filters]) for t in range(layer.filters)]
    # Units of one patch and equal filters differ in their biases only: one pass over the samples serves them all.
    units: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for position, column in enumerate(columns):
        patch, t = divmod(column, layer.filters)
        units.setdefault((patch, filters[t]), []).append(position)
    for (patch, entries), positions in units.items():
        neurons = layer.patches[patch]
        kept = [s for s, neuron in enumerate(neurons) if neuron != PADDING]
        # the projections of the samples from the first of these units on
        factors, places = [entries[s] for s in kept], [neurons[s] for s in kept]
        start = positions[0]
        sums = [sum(map(mul, factors, map(row.__getitem__, places))) for row in features[start:]]
        end, extreme = len(columns), None
        for position in reversed(positions):
            later = [rule.side * value for value in sums[position + 1 - start : end - start]]
            if later:
                extreme = max(later) if extreme is None else max(extreme, *later)
            end = position + 1
            bias = _bias(layer, columns[position])
            own = fmpq(sums[position - start], below * weights_below) + bias
            require(rule.on(own), f"sample {position} of the order is not on at its unit {columns[position]}")
            if extreme is not None:
                largest = fmpq(rule.side * extreme, below * weights_below) + bias
                require(rule.off(largest), f"a sample after position {position} is not off at unit {columns[position]}")


def _bias(layer: Layer, column: int) -> fmpq:
    if layer.biases is None:
        return fmpq(0)
    return layer.biases[column if layer.bias == "neuron" else column % layer.filters]


def _integers(table: list[list[fmpq]]) -> tuple[list[list[int]], int]:
    """Return integers and one denominator: entry = integer / denominator."""
    common = 1
    for denominator in {int(entry.q) for row in table for entry in row}:
        common = math.lcm(common, denominator)
        limit(len(table) * len(table[0]) * (common.bit_length() // 64), "64-bit words of a common denominator")
    return [[int((entry * common).p) for entry in row] for row in table], common
