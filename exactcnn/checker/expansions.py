"""Features in Q(t), t = e^(1/D), as sums of rational coefficients times functions: for the proof of relations.

The functions are the constant 1, the exponentials e^a, and E^j/d(E) with E = e^a and a polynomial d with j < deg d.
Each has a name, and equal names mean equal functions; so a combination is 0 if all its coefficients are, after
collecting equal functions. (Whether different functions are independent does not matter for that.)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import mul
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, fraction
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import require
from exactcnn.checker.features import domain, exact_features, joined
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import Table

Function = tuple[Any, ...]  # (p, q) for e^(p/q), (d, j, p, q) for E^j/d(E) with E = e^(p/q)
Expansion = list[tuple[Function, fmpq]]
CONSTANT: Function = (0, 1)


def expand(activation: Piecewise, t: fmpq) -> Expansion:
    """Return the value at a rational t, in the domain "exponential".

    The numerator is divided by the denominator d, as polynomials in E; 1/(1 + e^a) for a < 0 is 1 - 1/(1 + e^-a).
    """
    above, below = activation.piece(t).at(t)
    exponent = activation.exponent(t)
    if exponent == 0:
        return [(CONSTANT, above(1) / below(1))]
    quotient, remainder = divmod(above, below)
    result = [(_exponential(j * exponent), c) for j, c in enumerate(quotient.coeffs())]
    scale = below.leading_coefficient()
    denominator = tuple(_exponential(c) for c in (below / scale).coeffs())
    logistic = denominator == ((1, 1), (1, 1))
    for j, c in enumerate((remainder / scale).coeffs()):
        if logistic and exponent < 0:
            result += [(CONSTANT, c), ((denominator, j, *_exponential(-exponent)), -c)]
        else:
            result.append(((denominator, j, *_exponential(exponent)), c))
    return result


def _exponential(a: fmpq) -> Function:
    return int(a.p), int(a.q)


def expanded_features(instance: Instance, number: int) -> list[list[Expansion]]:
    """Return F_k in Q(t) where all layers above the first exponential one, up to k, are affine.

    An affine layer acts on the coefficients of each function as on a sample; its biases belong to the constant 1.
    """
    field, first = domain(instance, number)
    require(field == "Q(t)", f"relations of layer {number} are not decided, for layer {first} leaves Q(t)")
    for k in range(first + 1, number + 1):
        affine = instance.layers[k].linear and instance.layers[k].activation.affine
        require(affine, f"relations of layer {number} are not decided, for layer {k} is not affine")
    layer = instance.layers[first]
    activation = layer.activation
    assert isinstance(activation, Piecewise)
    below = exact_features(instance, first - 1, instance.known_samples())
    _spend_expansions(instance.budget, layer, activation, below, f"features of layer {first}")
    table = joined(layer, below, lambda z: expand(activation, z))
    return [_carried(instance, first, number, row) for row in table] if first < number else table


def _spend_expansions(budget: Budget, layer: Layer, activation: Piecewise, below: Table, what: str) -> None:
    """Pay for a division of polynomials in E for each pre-activation."""
    bits = spend_pre_activations(budget, layer, below, what)
    entries, size = len(below) * layer.width, 1 + max(piece.degree for piece in activation.pieces)
    value = 2 * activation.value_bits(bits)
    budget.hold(entries * size**2 * (NUMBER + value), what)
    budget.spend(entries * (activation.value_cost(bits) + size**2 * (1000 + fraction(size * value))), what)


def _carried(instance: Instance, first: int, number: int, row: list[Expansion]) -> list[Expansion]:
    """Return one sample's features of layer k from those of layer j."""
    width = len(row)
    coefficients: dict[Function, list[fmpq]] = {CONSTANT: [fmpq(0)] * width}
    for h, expansion in enumerate(row):
        for function, c in expansion:
            coefficients.setdefault(function, [fmpq(0)] * width)[h] += c
    for k, layer in enumerate(instance.layers[first + 1 : number + 1], start=first + 1):
        spend_pre_activations(instance.budget, layer, list(coefficients.values()), f"coefficients of layer {k}")
        activation = layer.activation
        assert isinstance(activation, Piecewise)
        linear = replace(layer, bias="none", biases=None)
        value = activation.values(instance.budget)
        offset = value(fmpq(0))
        slope = value(fmpq(1)) - offset
        (constant,) = joined(layer, [coefficients.pop(CONSTANT)], value)
        others = joined(linear, list(coefficients.values()), partial(mul, slope))
        coefficients = {CONSTANT: constant, **dict(zip(coefficients, others, strict=True))}
    return [[(f, c[h]) for f, c in coefficients.items()] for h in range(instance.layers[number].width)]
