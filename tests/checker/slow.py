"""Networks by loops on fractions, straight from the document: features, the loss, and parameters as one list."""

import copy
import random
from fractions import Fraction
from pathlib import Path

from flint import fmpq

from exactcnn.checker.budget import Budget
from exactcnn.checker.document import Document
from exactcnn.checker.instance import read_instance
from exactcnn.checker.points import at_point


def read(document, points=(), *, point=-1):
    """Return the instance at a point."""
    return at_point(read_instance(Document(document, list(points), [], ""), Path(), Budget(1000)), point)


def flint(number):
    """Return a number as the checker has it."""
    return fmpq(*Fraction(number).as_integer_ratio())


def fraction(number):
    """Return a number of the checker as a fraction."""
    return Fraction(int(number.p), int(number.q))


def fractions(entry):
    return [Fraction(x) for x in entry["values"]]


def rows(entry):
    flat, width = fractions(entry), entry["shape"][1]
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def parameters(document):
    """Return all weights and biases, layer by layer."""
    names = [(layer, name) for layer in document["layers"] for name in ("weights", "biases")]
    return [x for layer, name in names if layer.get(name) for x in fractions(layer[name])]


def with_parameters(document, values):
    """Return the document with other weights and biases."""
    result, rest = copy.deepcopy(document), [str(Fraction(x)) for x in values]
    for layer in result["layers"]:
        for name in ("weights", "biases"):
            if layer.get(name):
                count = len(layer[name]["values"])
                layer[name]["values"], rest = rest[:count], rest[count:]
    assert not rest
    return result


def image(activation, t):
    """Return the value of a formula; powers of 2 with integer exponents only."""
    piece = activation["pieces"][sum(t > Fraction(kink) for kink in activation["kinks"])]
    power = Fraction(1)
    if activation["exponent"]:
        assert activation["base"] == "2"
        exponent = sum(Fraction(c) * t**i for i, c in enumerate(activation["exponent"]))
        assert exponent.denominator == 1
        power = Fraction(2) ** int(exponent)
    above, below = (sum(Fraction(c) * t**i * power**j for i, j, c in piece[n]) for n in ("numerator", "denominator"))
    return Fraction(above) / below


def pre_activations(layer, row):
    """Return the pre-activations of one sample; for maxima the values that compete."""
    if layer["kind"] == "elementwise":
        return list(row)
    if layer["kind"] == "max-pooling":
        return [[row[j] for j in patch if j >= 0] for patch in layer["patches"]]
    filters, weights = layer["filters"], fractions(layer["weights"])
    biases = fractions(layer["biases"]) if layer["biases"] else None
    result = []
    for p, patch in enumerate(layer["patches"]):
        for t in range(filters):
            z = biases[p * filters + t if layer["bias"] == "neuron" else t] if biases else Fraction(0)
            for s, j in enumerate(patch):
                z += row[j] * weights[s * filters + t] if j >= 0 else 0
            result.append(z)
    return result


def all_features(document):
    """Return F_0, ..., F_L, a row for each sample."""
    result = [rows(document["samples"])]
    for layer in document["layers"]:
        tables = [pre_activations(layer, row) for row in result[-1]]
        pooled = layer["kind"] == "max-pooling"
        result.append([[max(z) if pooled else image(layer["activation"], z) for z in row] for row in tables])
    return result


def loss(document):
    """Return half of the sum of the squares of the residual."""
    pairs = zip(all_features(document)[-1], rows(document["targets"]), strict=True)
    return sum(((a - b) ** 2 for own, aims in pairs for a, b in zip(own, aims, strict=True)), Fraction(0)) / 2


def moved(document, direction, step):
    """Return the document at theta + s d."""
    own = parameters(document)
    return with_parameters(document, [x + step * d for x, d in zip(own, direction, strict=True)])


PADDED = [[-1, 0, 1], [0, 1, 2], [1, 2, -1]]


def drawn(make, seed, *, names=("relu", "softsign"), pooled=True, count=3, top="identity", biases=None):
    """Return a small network of every kind of layer and bias, with small integers: kinks and ties are often met."""
    generator = random.Random(seed)

    def numbers(*shape):
        if len(shape) == 1:
            return [generator.randrange(-2, 3) for _ in range(shape[0])]
        return [numbers(*shape[1:]) for _ in range(shape[0])]

    def layer(patches, filters, name, bias):
        own = {"neuron": len(patches) * filters, "filter": filters, "none": 0}[bias]
        weights = numbers(len(patches[0]), filters)
        return make.convolution(
            patches, filters, name, weights=weights, biases=numbers(own) if own else None, bias=bias
        )

    first, second, third = biases or [generator.choice(["neuron", "filter", "none"]) for _ in range(3)]
    layers = [layer(PADDED, 2, names[0], first)]
    layers.append(make.pooling([[0, 2, -1], [1, 3, 5], [-1, 4, 2]]) if pooled else make.elementwise(names[-1]))
    width = 3 if pooled else 6
    layers.append(layer([list(range(width - 1)), list(range(1, width))], 2, names[-1], second))
    layers.append(layer([[0, 1, 2, 3]], 2, top, third))
    return {**make.instance(numbers(count, 3), layers), "targets": make.array(numbers(count, 2))}
