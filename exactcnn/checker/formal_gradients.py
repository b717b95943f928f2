"""Derivatives of the loss that are 0 identically in t = e^(1/D): one exponential layer, affine layers above it.

Numbers are polynomials over Q in symbols: e^a, and u = 1/d(e^a) for the monic denominators d that occur. Products
E^j u with j >= deg d, E = e^a, are reduced by division, so that for the logistic function 1/(1 + e^a) only powers of u
remain; and 1/(1 + e^a) = 1 - 1/(1 + e^-a). What is 0 as a polynomial is 0 as a number. The converse is not needed,
and false for tanh: a remainder that is not empty proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import Budget, fraction
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.features import Table, domain, exact_features, joined
from exactcnn.checker.formulas import Terms, is_zero, product
from exactcnn.checker.instance import PADDING, Instance, Layer
from exactcnn.checker.jets import certain_piece, rational_jet
from exactcnn.checker.points import known_targets

Monomial = tuple[Any, ...]  # the exponent a of e^a as (p, q), then the numbers of the symbols u, ascending
Polynomial = dict[Monomial, fmpq]
UNIT: Monomial = ((0, 1),)


@dataclass
class Symbols:
    """The symbols u that have occurred, each known by its denominator and exponent."""

    budget: Budget
    numbers: dict[Any, int] = field(default_factory=dict)

    def times(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """Multiply two polynomials."""
        self.budget.spend(3500 * len(left) * len(right), "formal derivatives")
        result: Polynomial = {}
        for (a, *own), c in left.items():
            for (b, *other), d in right.items():
                exponent = a if b == (0, 1) else b if a == (0, 1) else _exponent(fmpq(*a) + fmpq(*b))
                monomial = (exponent, *sorted(own + other))
                result[monomial] = result.get(monomial, fmpq(0)) + c * d
        return {monomial: c for monomial, c in result.items() if c != 0}

    def quotient(self, above: fmpq_poly, below: fmpq_poly, power: int, a: fmpq) -> Polynomial:
        """Return above(E)/below(E)^power at E = e^a."""
        if a == 0:
            return constant(above(1) / below(1) ** power)
        lead = below.leading_coefficient()
        above, below = above / lead**power, below / lead
        result: Polynomial = {}
        if below.degree() == 0:
            return {(_exponent(j * a),): c for j, c in enumerate(above.coeffs()) if c != 0}
        for m in range(power, -1, -1):  # above = sum of r_i below^i, deg r_i < deg below: the rest is r_i u^(power - i)
            above, rest = divmod(above, below) if m else (fmpq_poly(), above)
            symbol = self._power(below, a, m)
            for j, c in enumerate(rest.coeffs()):
                if c != 0:
                    result = plus(result, self.times({(_exponent(j * a),): c}, symbol))
        return result

    def _power(self, below: fmpq_poly, a: fmpq, power: int) -> Polynomial:
        """Return u^power."""
        if power == 0:
            return constant(fmpq(1))
        logistic = below == fmpq_poly([1, 1])
        mirrored = logistic and a < 0
        key = (tuple(map(str, below.coeffs())), _exponent(-a if mirrored else a))
        number = self.numbers.setdefault(key, len(self.numbers))
        symbol = {((0, 1), number): fmpq(-1 if mirrored else 1)}
        base = plus(constant(fmpq(1)), symbol) if mirrored else symbol
        result = base
        for _ in range(power - 1):
            result = self.times(result, base)
        return result


def _exponent(a: fmpq) -> tuple[int, int]:
    return int(a.p), int(a.q)


def constant(c: fmpq) -> Polynomial:
    """Return a polynomial of degree 0."""
    return {UNIT: c} if c != 0 else {}


def plus(left: Polynomial, right: Polynomial, c: fmpq | int = 1) -> Polynomial:
    """Return left + c * right."""
    result = dict(left)
    for monomial, value in right.items():
        new = result.get(monomial, fmpq(0)) + c * value
        if new == 0:
            del result[monomial]
        else:
            result[monomial] = new
    return result


# -------------------------------------------------------------------- the gradient


def require_formal_zero(instance: Instance) -> None:
    """Reject the claim unless all derivatives of the loss are 0 as polynomials in the symbols."""
    last = len(instance.layers) - 1
    field_name, first = domain(instance, last)
    require(field_name == "Q(t)", f"formal derivatives are decided for features in Q(t); these are in {field_name}")
    for k, layer in enumerate(instance.layers[1:], start=1):
        require(layer.kind != "max-pooling", f"formal derivatives are not decided with max-pooling, layer {k}")
        require(
            k <= first or layer.activation.affine, f"formal derivatives are not decided, for layer {k} is not affine"
        )
    symbols = Symbols(instance.budget)
    below = exact_features(instance, first - 1, instance.known_samples())
    values, slopes = _exponential_layer(instance, first, below, symbols)
    features = _above(instance, first, values, symbols)
    errors = _back_to(instance, first, features, symbols)
    delta = _entrywise(errors, slopes, symbols.times)
    _require_zero(instance.layers[first], first, _constants(below), delta, symbols)
    for k in range(first, 1, -1):
        errors = _through(instance.layers[k], delta, symbols)
        inner = exact_features(instance, k - 2, instance.known_samples())
        layer = instance.layers[k - 1]
        delta = _entrywise(errors, _rational_slopes(instance.budget, layer, inner), _multiple)
        _require_zero(layer, k - 1, _constants(inner), delta, symbols)


def _entrywise(errors: list[list[Polynomial]], slopes: Table, times: Callable[[Polynomial, Any], Polynomial]) -> Any:
    return [[times(e, d) for e, d in zip(own, other, strict=True)] for own, other in zip(errors, slopes, strict=True)]


def _multiple(polynomial: Polynomial, c: fmpq) -> Polynomial:
    return {monomial: c * value for monomial, value in polynomial.items()} if c != 0 else {}


def _constants(table: Table) -> list[list[Polynomial]]:
    return [[constant(x) for x in row] for row in table]


def _exponential_layer(
    instance: Instance, k: int, below: Table, symbols: Symbols
) -> tuple[list[list[Polynomial]], list[list[Polynomial]]]:
    """Return the values of the exponential layer, and its slopes."""
    layer, budget = instance.layers[k], instance.budget
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    bits = spend_pre_activations(budget, layer, below, f"features of layer {k}")
    size = 1 + max(piece.degree for piece in activation.pieces)
    cost = 2 * activation.value_cost(bits) + 40 * size**2 * (2000 + fraction(2 * size * activation.value_bits(bits)))
    budget.spend(len(below) * layer.width * cost, f"formal features of layer {k}")
    kinks, growth = list(activation.kinks), activation.exponent.derivative()
    known: dict[tuple[int, int], tuple[Polynomial, Polynomial]] = {}

    def value(z: fmpq) -> tuple[Polynomial, Polynomial]:
        key = _exponent(z)
        if key not in known:
            piece = activation.pieces[certain_piece(kinks, z)]
            a, n, d = activation.exponent(z), piece.numerator, piece.denominator
            above, under = piece.at(z)
            dn, dd = _derivative(n, growth), _derivative(d, growth)
            slope = _minus(product(dn, d), product(n, dd))
            top = fmpq_poly([c(z) for c in slope])
            known[key] = symbols.quotient(above, under, 1, a), symbols.quotient(top, under, 2, a)
        return known[key]

    pairs = joined(layer, below, value)
    return [[pair[0] for pair in row] for row in pairs], [[pair[1] for pair in row] for row in pairs]


def _derivative(terms: Terms, growth: fmpq_poly) -> Terms:
    """Return the derivative of sum c_j(t) E^j, E = e^g(t), from g'."""
    return _trimmed([c.derivative() + j * growth * c for j, c in enumerate(terms)])


def _minus(left: Terms, right: Terms) -> Terms:
    size = max(len(left), len(right))
    padded = [[*terms, *[fmpq_poly()] * (size - len(terms))] for terms in (left, right)]
    return _trimmed([a - b for a, b in zip(*padded, strict=True)])


def _trimmed(terms: list[fmpq_poly]) -> Terms:
    while terms and is_zero(terms[-1]):
        terms.pop()
    return tuple(terms)


def _line(layer: Layer) -> tuple[fmpq, fmpq]:
    """Return a and b of an affine activation a + b t."""
    assert isinstance(layer.activation, Piecewise)
    piece = layer.activation.pieces[0].over_rationals()
    return piece(fmpq(0)), piece(fmpq(1)) - piece(fmpq(0))


def _above(
    instance: Instance, first: int, values: list[list[Polynomial]], symbols: Symbols
) -> list[list[list[Polynomial]]]:
    """Return the features from the exponential layer upward."""
    result = [values]
    for layer in instance.layers[first + 1 :]:
        offset, slope = _line(layer)
        table = []
        for row in result[-1]:
            own: list[Polynomial] = []
            for h in range(layer.width):
                z: Polynomial = row[h] if layer.kind == "elementwise" else constant(_bias(layer, h))
                if layer.kind == "convolution":
                    for weight, neuron in _incoming(layer, h):
                        symbols.budget.spend(2500 * len(row[neuron]) + 500, "formal features")
                        z = plus(z, row[neuron], weight) if weight != 0 else z
                own.append(plus(constant(offset), z, slope) if slope != 0 else constant(offset))
            table.append(own)
        result.append(table)
    return result


def _bias(layer: Layer, h: int) -> fmpq:
    if layer.biases is None:
        return fmpq(0)
    return layer.biases[h if layer.bias == "neuron" else h % layer.filters]


def _incoming(layer: Layer, h: int) -> list[tuple[fmpq, int]]:
    """Return the weights of a neuron, each with the neuron below that it multiplies."""
    p, t = divmod(h, layer.filters)
    weights = layer.known_weights()
    return [(weights[s * layer.filters + t], j) for s, j in enumerate(layer.patches[p]) if j != PADDING]


def _back_to(
    instance: Instance, first: int, features: list[list[list[Polynomial]]], symbols: Symbols
) -> list[list[Polynomial]]:
    """Return the derivatives by the features of the exponential layer, all those above it being 0."""
    targets = known_targets(instance)
    errors = [
        [plus(value, constant(y), -1) for value, y in zip(row, own, strict=True)]
        for row, own in zip(features[-1], targets, strict=True)
    ]
    for k in range(len(instance.layers) - 1, first, -1):
        layer = instance.layers[k]
        slope = _line(layer)[1]
        delta = [[_multiple(e, slope) for e in row] for row in errors]
        _require_zero(layer, k, features[k - 1 - first], delta, symbols)
        errors = _through(layer, delta, symbols)
    return errors


def _through(layer: Layer, delta: list[list[Polynomial]], symbols: Symbols) -> list[list[Polynomial]]:
    """Return the derivatives by the features below a layer from those by its pre-activations."""
    if layer.kind == "elementwise":
        return delta
    result = []
    for row in delta:
        own: list[Polynomial] = [{} for _ in range(layer.below)]
        for h, e in enumerate(row):
            for weight, neuron in _incoming(layer, h):
                symbols.budget.spend(2500 * len(e) + 500, "formal derivatives")
                own[neuron] = plus(own[neuron], e, weight) if weight != 0 else own[neuron]
        result.append(own)
    return result


def _rational_slopes(budget: Budget, layer: Layer, below: Table) -> Table:
    activation = layer.activation
    require(activation.domain == "rational", "formal derivatives are not decided above powers of 2")
    assert isinstance(activation, Piecewise)
    bits = spend_pre_activations(budget, layer, below, "derivatives")
    budget.spend(len(below) * layer.width * 6 * activation.value_cost(bits), "derivatives")
    jet, kinks = rational_jet(activation), list(activation.kinks)
    return joined(layer, below, lambda z: jet(certain_piece(kinks, z), z)[1])


def _require_zero(
    layer: Layer, k: int, below: list[list[Polynomial]], delta: list[list[Polynomial]], symbols: Symbols
) -> None:
    """Reject the claim unless the derivatives by the parameters of a layer are all 0."""
    if layer.kind != "convolution":
        return
    filters = layer.filters
    weights: list[Polynomial] = [{} for _ in range(layer.slots * filters)]
    biases: list[Polynomial] = [{} for _ in range(layer.width)]
    for row, own in zip(below, delta, strict=True):
        for h, e in enumerate(own):
            p, t = divmod(h, filters)
            place = h if layer.bias == "neuron" else t
            symbols.budget.spend(2500 * len(e) + 500, "formal derivatives")
            biases[place] = _added(biases[place], e)
            for s, neuron in enumerate(layer.patches[p]):
                if neuron != PADDING and row[neuron] and e:
                    term = symbols.times(row[neuron], e)
                    weights[s * filters + t] = _added(weights[s * filters + t], term)
    for s, total in enumerate(weights):
        _refuse(not total, f"W_{k}[{s // filters}, {s % filters}]")
    for h, total in enumerate(biases if layer.bias != "none" else []):
        _refuse(not total, f"bias {h} of layer {k}")


def _added(total: Polynomial, term: Polynomial) -> Polynomial:
    """Add in place: the table of a sum grows by one term at a time."""
    for monomial, c in term.items():
        new = total.get(monomial, fmpq(0)) + c
        if new == 0:
            del total[monomial]
        else:
            total[monomial] = new
    return total


def _refuse(zero: bool, what: str) -> None:
    if not zero:
        raise ObligationError(f"the derivative by {what} is not 0 formally")
