"""Derivatives of the loss that are 0 identically in t = e^(1/D), see `symbols`: one exponential layer.

Layers below it are in Q. Above it a piece is a polynomial, and which piece, or maximum, is met is decided in balls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq, fmpq_poly

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, fraction
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.derivatives import Objective
from exactcnn.checker.document import ObligationError, require
from exactcnn.checker.features import domain, exact_features, joined
from exactcnn.checker.formulas import Formula, Terms, is_zero, product
from exactcnn.checker.instance import Instance
from exactcnn.checker.jets import certain_piece, rational_jet
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import Table
from exactcnn.checker.points import known_targets
from exactcnn.checker.symbols import Polynomial, Symbols, constant, pair, plus

Polynomials = list[list[Polynomial]]


def require_formal_zero(objective: Objective) -> None:
    """Reject the claim unless all derivatives of the loss are 0; the objective is enclosed at the point."""
    formal = Formal(objective)
    for total, name in zip(formal.gradient(formal.residual()), formal.names(), strict=True):
        if not formal.symbols.is_zero(total):
            raise ObligationError(f"the derivative by {name} is not 0 formally")


class Formal:
    """Features and slopes as polynomials; the objective is enclosed at the point."""

    def __init__(self, objective: Objective) -> None:
        self.instance = instance = objective.instance
        self.winners = [known.winners for known in objective.known]
        self.last = len(instance.layers) - 1
        field, self.first = domain(instance, self.last)
        require(field == "Q(t)", f"formal derivatives are decided for features in Q(t); these are in {field}")
        for k, layer in enumerate(instance.layers[1 : self.first], start=1):
            rational = layer.kind != "max-pooling" and layer.activation.domain == "rational"
            require(rational, f"formal derivatives are not decided, for layer {k} is max-pooling, or of powers of 2")
        self.symbols = Symbols(instance.budget)
        self.below: list[Table] = []  # features under each layer up to the first of exponentials, in Q
        self.rational_slopes: list[Table] = []
        for k in range(1, self.first + 1):
            self.below.append(exact_features(instance, k - 1, instance.known_samples()))
            if k < self.first:
                self.rational_slopes.append(_rational_slopes(instance.budget, instance.layers[k], self.below[-1]))
        values, bends = _exponential_layer(instance, self.first, self.below[-1], self.symbols)
        self.features, self.slopes = [_constants(self.below[-1]), values], [[], bends]
        for k in range(self.first + 1, self.last + 1):
            above, slope = _above(objective, k, self.features[-1], self.symbols)
            self.features.append(above)
            self.slopes.append(slope)
            self.hold([*above, *slope])

    def hold(self, table: Polynomials, times: int = 1) -> None:
        """Refuse a table of polynomials, or so many of them, that is too large."""
        terms = times * sum(len(polynomial) for row in table for polynomial in row)
        self.instance.budget.hold(4 * NUMBER * terms, "formal features")

    def residual(self) -> Polynomials:
        """Return F_L - Y."""
        targets = known_targets(self.instance)
        return [
            [plus(value, constant(y), -1) for value, y in zip(row, own, strict=True)]
            for row, own in zip(self.features[-1], targets, strict=True)
        ]

    def gradient(self, errors: Polynomials) -> list[Polynomial]:
        """Return the derivatives of the sum of all outputs, each times a factor, by all parameters."""
        found: list[list[Polynomial]] = []
        for k in range(self.last, 0, -1):
            layer, winners = self.instance.layers[k], self.winners[k]
            if winners is not None:
                errors = _scattered(errors, winners, layer.below, self.symbols)
                continue
            if k >= self.first:
                delta = _entrywise(errors, self.slopes[k - self.first + 1], self.symbols.times)
                features = self.features[k - self.first]
            else:
                delta = _entrywise(errors, _constants(self.rational_slopes[k - 1]), self.symbols.times)
                features = _constants(self.below[k - 1])
            if isinstance(layer, Convolution):
                found.insert(0, _totals(layer, features, delta, self.symbols))
            errors = _through(layer, delta, self.symbols)
        return [total for own in found for total in own]

    def names(self) -> list[str]:
        """Return the names of all parameters."""
        result = []
        for k, layer in enumerate(self.instance.layers):
            if isinstance(layer, Convolution):
                result += [f"W_{k}[{s}, {t}]" for s in range(layer.slots) for t in range(layer.filters)]
                count = {"none": 0, "filter": layer.filters, "neuron": layer.width}[layer.bias]
                result += [f"bias {h} of layer {k}" for h in range(count)]
        return result


def _entrywise(errors: Polynomials, slopes: Table, times: Callable[[Polynomial, Any], Polynomial]) -> Polynomials:
    return [[times(e, d) for e, d in zip(own, other, strict=True)] for own, other in zip(errors, slopes, strict=True)]


def _constants(table: Table) -> Polynomials:
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
        key = pair(z)
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


# -------------------------------------------------------------------- above the exponential layer


def _above(objective: Objective, k: int, below: Polynomials, symbols: Symbols) -> tuple[Polynomials, Polynomials]:
    """Return the features of layer k, and its slopes (none for maxima), on the pieces that the balls decide."""
    layer, known = objective.layers[k], objective.known[k]
    if known.winners is not None:
        return [[row[j] for j in own] for row, own in zip(below, known.winners, strict=True)], []
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    features, slopes = [], []
    for row, numbers in zip(below, known.pieces, strict=True):
        own, bends = [], []
        for h, number in enumerate(numbers):
            z = row[h] if layer.kind == "elementwise" else _pre_activation(layer, row, h, symbols)
            polynomial = _polynomial(activation.pieces[number], k)
            own.append(_composed(polynomial, z, symbols))
            bends.append(_composed(polynomial.derivative(), z, symbols))
        features.append(own)
        slopes.append(bends)
    return features, slopes


def _polynomial(piece: Formula, k: int) -> fmpq_poly:
    """Return a piece of layer k as a polynomial."""
    if piece.degree or piece.denominator[0].degree() > 0:
        raise ObligationError(f"formal derivatives are not decided, for a piece of layer {k} is not a polynomial")
    return (piece.numerator[0] if piece.numerator else fmpq_poly()) / piece.denominator[0][0]


def _composed(outer: fmpq_poly, z: Polynomial, symbols: Symbols) -> Polynomial:
    result: Polynomial = {}
    for c in reversed(outer.coeffs()):
        result = plus(symbols.times(result, z) if result else {}, constant(c))
    return result


def _pre_activation(layer: Layer, row: list[Polynomial], h: int, symbols: Symbols) -> Polynomial:
    z = constant(_bias(layer, h))
    for weight, neuron in _incoming(layer, h):
        symbols.add(z, row[neuron], weight)
    return z


def _bias(layer: Layer, h: int) -> fmpq:
    if layer.biases is None:
        return fmpq(0)
    return layer.biases[h if layer.bias == "neuron" else h % layer.filters]


def _incoming(layer: Layer, h: int) -> list[tuple[fmpq, int]]:
    """Return the weights of a neuron, each with the neuron below that it multiplies."""
    p, t = divmod(h, layer.filters)
    weights = layer.known_weights()
    return [(weights[s * layer.filters + t], j) for s, j in enumerate(layer.patches[p]) if j != PADDING]


# -------------------------------------------------------------------- backward


def _scattered(errors: Polynomials, winners: list[list[int]], width: int, symbols: Symbols) -> Polynomials:
    result = []
    for row, own in zip(errors, winners, strict=True):
        table: list[Polynomial] = [{} for _ in range(width)]
        for e, neuron in zip(row, own, strict=True):
            symbols.add(table[neuron], e)
        result.append(table)
    return result


def _through(layer: Layer, delta: Polynomials, symbols: Symbols) -> Polynomials:
    """Return the derivatives by the features below a layer from those by its pre-activations."""
    if layer.kind == "elementwise":
        return delta
    result = []
    for row in delta:
        own: list[Polynomial] = [{} for _ in range(layer.below)]
        for h, e in enumerate(row):
            for weight, neuron in _incoming(layer, h):
                symbols.add(own[neuron], e, weight)
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


def _totals(layer: Convolution, below: Polynomials, delta: Polynomials, symbols: Symbols) -> list[Polynomial]:
    """Return the derivatives by the weights and biases of a layer."""
    filters = layer.filters
    weights: list[Polynomial] = [{} for _ in range(layer.slots * filters)]
    biases: list[Polynomial] = [{} for _ in range({"none": 0, "filter": filters, "neuron": layer.width}[layer.bias])]
    for row, own in zip(below, delta, strict=True):
        for h, e in enumerate(own):
            p, t = divmod(h, filters)
            if biases:
                symbols.add(biases[h if layer.bias == "neuron" else t], e)
            for s, neuron in enumerate(layer.patches[p]):
                if neuron != PADDING and row[neuron] and e:
                    symbols.add(weights[s * filters + t], symbols.times(row[neuron], e))
    return [*weights, *biases]
