"""Features as sums of rational coefficients times numbers that have names: for the proof of relations.

The numbers are 1, the exponentials e^a, E^j/d(E) with E = e^a and a polynomial d with j < deg d, and the values of a
special function at positive numbers and 0. Equal names mean equal numbers; so a combination is 0 if all its
coefficients are, after collecting equal names. (Whether numbers of different names are independent does not matter.)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import mul
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import Activation, Piecewise, Special
from exactcnn.checker.budget import NUMBER, Budget, fraction
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import require
from exactcnn.checker.features import domain, exact_features, joined
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.numbers import Table

# (p, q) for e^(p/q), (d, j, p, q) for E^j/d(E) with E = e^(p/q), (name, p, q) for a special function at p/q
Function = tuple[Any, ...]
Expansion = list[tuple[Function, fmpq]]
CONSTANT: Function = (0, 1)


def expand(activation: Activation, t: fmpq) -> Expansion:
    """Return the value at a rational t, of an exponential or a special function.

    The numerator is divided by the denominator d, as polynomials in E; 1/(1 + e^a) for a < 0 is 1 - 1/(1 + e^-a).
    """
    if isinstance(activation, Special):
        return _reflected(activation, t)
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


def _reflected(special: Special, t: fmpq) -> Expansion:
    """Return a special function at t by its value at |t|."""
    if t == 0 and special.zero_at_zero:
        return []
    sign, slope = special.reflection if t < 0 else (1, 0)
    value = [((special.name, *_exponential(abs(t))), fmpq(sign))]
    return [*value, (CONSTANT, slope * t)] if slope else value


def _exponential(a: fmpq) -> Function:
    return int(a.p), int(a.q)


def expanded_features(instance: Instance, number: int, samples: Table) -> list[list[Expansion]]:
    """Return F_k of these samples: one layer is exponential or special, those below rational, those above affine.

    An affine layer acts on the coefficients of each name as on a sample; its biases belong to the number 1.
    """
    field, first = domain(instance, number)
    require(field != "Q", f"features of layer {number} are rational; expected exponentials or special functions")
    alone = all(layer.activation.domain in ("rational", "dyadic") for layer in instance.layers[1:first])
    require(alone, f"relations of layer {number} are not decided, for layer {first} leaves Q(t)")
    for k in range(first + 1, number + 1):
        affine = instance.layers[k].linear and instance.layers[k].activation.affine
        require(affine, f"relations of layer {number} are not decided, for layer {k} is not affine")
    layer = instance.layers[first]
    activation = layer.activation
    below = exact_features(instance, first - 1, samples)
    _spend_expansions(instance.budget, layer, activation, below, f"features of layer {first}")
    table = joined(layer, below, lambda z: expand(activation, z))
    return [_carried(instance, first, number, row) for row in table] if first < number else table


def _spend_expansions(budget: Budget, layer: Layer, activation: Activation, below: Table, what: str) -> None:
    """Pay for a division of polynomials in E for each pre-activation."""
    bits = spend_pre_activations(budget, layer, below, what)
    entries = len(below) * layer.width
    if isinstance(activation, Special):
        budget.hold(entries * 3 * (NUMBER + bits), what)
        budget.spend(entries * (3000 + fraction(bits)), what)
        return
    size = 1 + max(piece.degree for piece in activation.pieces)
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
