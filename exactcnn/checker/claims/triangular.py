"""Lower bounds by a triangular minor: an order of samples and units in which later samples are off.

Let rows[0..r-1] be samples, columns[0..r-1] units of layer k, and z(b, a) the pre-activation of sample rows[b] at unit
columns[a], a rational number. Two things are required of every a:

- on:  the own sample, z(a, a), is on;
- off: every later sample, z(b, a) with b > a, is off.

Off is a half-line of numbers z, so of the later samples the largest pre-activation decides. What off and on mean is
derived from the formula s of the activation, so that the minor of F_k is not zero:

- s is 0 on a half-line, up to its first kink or from its last one on. Off: z lies there. On: s(z) is not 0. The minor
  is triangular, and no entry of its diagonal is zero.
- s = n(t, E)/d(E), one piece, E = e^g(t), d a polynomial in E alone with d(0) != 0, and g = c t^m with m odd, or with
  m even and c < 0; if m is odd, n has at most the degree of d in E. Let D be a common denominator of all the numbers
  g(z(b, a)), and replace e^(g/D) in each entry by a variable x > 0 to the power g, that is E by x^(D g(z)). All
  entries are then rational functions of x over Q without poles at x > 0, for d has no zero at E > 0. For x going to
  infinity E goes to infinity, stays 1, or goes to 0, as g(z) > 0, = 0, or < 0. So all entries have finite limits: the
  quotient of the coefficients of E^deg(d) in n(z, E) and d, the value n(z, 1)/d(1), or n(z, 0)/d(0). On: the limit is
  not 0. Off: it is, for every z on this side of 0; so the coefficient, a polynomial in t, is 0; the number 0 is among
  them if n(0, 1) = 0. Then the minor, a rational function of x over Q, has the limit of a triangular matrix without
  zeros on the diagonal. It is not the function 0, and its value at x = e^(1/D), which is transcendental, is not 0.

Where both sides would do, off is the left one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import mul
from typing import Any

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Activation, Piecewise
from exactcnn.checker.budget import NUMBER, fraction, multiplication
from exactcnn.checker.claim import Obligation
from exactcnn.checker.document import ObligationError, fields, indices, quote, require
from exactcnn.checker.features import exact_features
from exactcnn.checker.formulas import Formula, is_zero
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING
from exactcnn.checker.numbers import common_bits

CHUNK = 1000  # samples


@dataclass(frozen=True)
class Rule:
    """Off: side * z <= bound, or < if strict. On: a condition on z."""

    side: int
    bound: fmpq
    strict: bool
    on: Callable[[fmpq], bool]

    def off(self, z: fmpq) -> bool:
        """Return whether the pre-activation is off."""
        return bool(self.side * z < self.bound or (not self.strict and self.side * z == self.bound))


def rule_of(activation: Activation) -> Rule:
    """Return what off and on mean for an activation, or reject."""
    if isinstance(activation, Piecewise):
        if activation.zero_on_a_half_line:
            if not activation.pieces[0].numerator:
                return Rule(1, activation.kinks[0], False, activation.nonzero)
            return Rule(-1, -activation.kinks[-1], False, activation.nonzero)
        if activation.domain == "exponential" and not activation.kinks:
            rule = _rule_of_limits(activation.pieces[0], activation.exponent)
            if rule is not None:
                return rule
    raise ObligationError(f"{activation.text} has no triangular minors: it does not vanish on one side")


def _rule_of_limits(formula: Formula, exponent: fmpq_poly) -> Rule | None:
    above, below = formula.numerator, formula.denominator
    power, top = exponent.degree(), len(below) - 1
    monomial = not any(exponent.coeffs()[:-1])
    odd, rises = bool(power % 2), bool(exponent.leading_coefficient() > 0)
    bounded = len(above) <= len(below) if odd else not rises  # then E stays at most 1
    if not (monomial and bounded and all(c.degree() <= 0 for c in below) and not is_zero(below[0])):
        return None

    def limit(z: fmpq | int) -> fmpq_poly:
        """Return the limit on the side of 0 where z lies, as a polynomial in z, but for a factor."""
        j = top if odd and (z > 0) == rises else 0  # E goes to infinity, or to 0
        return above[j] if j < len(above) else fmpq_poly()

    def on(z: fmpq) -> bool:
        return sum((c(z) for c in above), fmpq(0)) != 0 if z == 0 else limit(z)(z) != 0

    for side in (1, -1):
        if is_zero(limit(-side)):
            return Rule(side, fmpq(0), on(fmpq(0)), on)
    return None


def read_triangular_minor(instance: Instance, number: int, lower: int, count: int, evidence: Any) -> Obligation:
    """Return the obligations of a triangular minor."""
    _, rows, columns = fields(evidence, "evidence", "kind", "rows", "columns")
    layer = instance.convolution(number)
    indices(rows, "rows", count)
    indices(columns, "columns", layer.width, len(rows))

    def verify() -> None:
        require(lower == len(rows), f"the minor has order {len(rows)}, lower is {quote(lower)}")
        rule = rule_of(layer.activation)
        layer.known_weights()
        samples = instance.known_samples()
        table: list[list[fmpq]] = []
        for start in range(0, len(rows), CHUNK):  # the layers below in pieces; only features of layer k - 1 are kept
            instance.budget.hold((start + 1) * instance.layers[number - 1].width * NUMBER, "features")
            table += exact_features(instance, number - 1, [samples[row] for row in rows[start : start + CHUNK]])
        weights = layer.slots * layer.filters + layer.width
        instance.budget.spend(2000 * weights + 500 * len(columns), "filters")
        units = _units(layer, columns)
        _spend(instance, layer, table, units)
        _verify(layer, rule, table, columns, units)

    return verify


Units = dict[tuple[int, int], list[int]]  # positions in the order, by patch and filter


def _units(layer: Convolution, columns: list[int]) -> Units:
    """Return the positions of all units; equal filters stand under the first of them.

    Units of one patch and equal filters differ in their biases only: one pass over the samples serves them all.
    """
    weights, first = layer.known_weights(), dict[tuple[fmpq, ...], int]()
    filters = [first.setdefault(tuple(weights[t :: layer.filters]), t) for t in range(layer.filters)]
    units: Units = {}
    for position, column in enumerate(columns):
        patch, t = divmod(column, layer.filters)
        units.setdefault((patch, filters[t]), []).append(position)
    return units


def _spend(instance: Instance, layer: Convolution, table: list[list[fmpq]], units: Units) -> None:
    """Pay for the integers, for a pass over the samples for each pair of patch and filter, and for the own units."""
    bits = common_bits(entry for row in table for entry in row)
    below, slots = len(table[0]), layer.slots
    projection = bits + common_bits([*layer.known_weights(), *(layer.biases or [])]) + slots.bit_length()
    instance.budget.hold(len(table) * (below * (NUMBER + bits) + NUMBER + projection), "features over one denominator")
    cost = len(table) * (below * fraction(bits) + len(units) * (500 + slots * (50 + multiplication(projection))))
    assert isinstance(layer.activation, Piecewise)
    own = len(table) * (1000 + layer.activation.value_cost(projection))
    instance.budget.spend(cost + own, "projections of the samples")


def _verify(layer: Convolution, rule: Rule, table: list[list[fmpq]], columns: list[int], units: Units) -> None:
    """Require on and off of all units; row b of the table belongs to the sample at position b of the order."""
    features, below = _integers(table)
    (weights,), weights_below = _integers([layer.known_weights()])
    for (patch, t), positions in units.items():
        neurons = layer.patches[patch]
        kept = [s for s, neuron in enumerate(neurons) if neuron != PADDING]
        # the projections of the samples from the first of these units on
        factors, places = [weights[s * layer.filters + t] for s in kept], [neurons[s] for s in kept]
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


def _bias(layer: Convolution, column: int) -> fmpq:
    if layer.biases is None:
        return fmpq(0)
    return layer.biases[column if layer.bias == "neuron" else column % layer.filters]


def _integers(table: list[list[fmpq]]) -> tuple[list[list[int]], int]:
    """Return integers and one denominator: entry = integer / denominator."""
    common = 1
    for denominator in {int(entry.q) for row in table for entry in row}:
        common = math.lcm(common, denominator)
    return [[int(entry.p) * (common // int(entry.q)) for entry in row] for row in table], common
