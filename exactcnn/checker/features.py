"""Features F_k of some samples: exact in Q, as images in GF(p), as enclosures by balls.

A table is a list of rows, one a sample. To look at some samples only is to look at some rows of F_k only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, nmod, nmod_mat

from exactcnn.checker.activations import highest
from exactcnn.checker.document import MOST_RESIDUES, FormatError, ObligationError, limit, require
from exactcnn.checker.instance import PADDING, Instance, Layer

Table = list[list[Any]]

MOST_BITS = 2**33  # of the midpoints of a matrix of balls: one GiB


# -------------------------------------------------------------------- pre-activations, exact values


def pre_activations(layer: Layer, below: Table, matrix: Any = fmpq_mat) -> Iterator[tuple[int, Table]]:
    """Yield the pre-activations patch by patch, each table with the number of its first neuron.

    `matrix` is the type that multiplies: of rational numbers, or of balls. For max-pooling these are the maxima.
    """
    if layer.kind == "elementwise":
        yield 0, below
        return
    if layer.kind == "convolution" and (layer.weights is None or (layer.bias != "none" and layer.biases is None)):
        raise ObligationError("the claim needs weights and biases; the instance has none")
    for p, patch in enumerate(layer.patches):
        if layer.kind == "max-pooling":
            yield p, [[_maximum([row[neuron] for neuron in patch if neuron != PADDING])] for row in below]
            continue
        first = p * layer.filters if layer.bias == "neuron" else 0
        biases = [fmpq(0)] * layer.filters if layer.biases is None else layer.biases[first : first + layer.filters]
        # One product for W and b: a further slot, which reads 1, has the biases as its weights.
        inputs = []
        for row in below:
            inputs += [fmpq(0) if neuron == PADDING else row[neuron] for neuron in patch]
            inputs.append(fmpq(1))
        left = matrix(len(below), layer.slots + 1, inputs)
        right = matrix(layer.slots + 1, layer.filters, (layer.weights or []) + biases)
        yield p * layer.filters, (left * right).tolist()


def exact_features(instance: Instance, number: int, samples: Table) -> Table:
    """Return F_k of these samples where layers 1..k have rational values."""
    table = samples
    for layer in instance.layers[1 : number + 1]:
        require(
            layer.activation.domain == "rational", f"the features of layer {number} are not rational by construction"
        )
        table = joined(layer, table, layer.activation.value)
    return table


def joined(layer: Layer, below: Table, value: Callable[[Any], Any], matrix: Any = fmpq_mat) -> Table:
    """Return a whole layer: `value` of every pre-activation."""
    limit(len(below) * layer.width, "features")
    table: Table = [[] for _ in below]
    for _, block in pre_activations(layer, below, matrix):
        for row, entries in zip(table, block, strict=True):
            row.extend(map(value, entries))
    return table


def _maximum(values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = highest(result, value)
    return result


def _minor_blocks(
    layer: Layer, below: Table, columns: list[int], matrix: Any = fmpq_mat
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the pre-activations of some columns, each with its position in `columns`."""
    position = {column: j for j, column in enumerate(columns)}
    for first, block in pre_activations(layer, below, matrix):
        for column, entries in enumerate(zip(*block, strict=True), start=first):
            if column in position:
                yield position[column], list(entries)


# -------------------------------------------------------------------- a minor modulo p


def modular_minor(
    instance: Instance, number: int, rows: list[int], columns: list[int], p: int, root: int | None
) -> nmod_mat:
    """Return the image in GF(p) of a square part of F_k.

    The image is that of a ring homomorphism: on rational numbers reduction modulo p, for denominators prime to p; on
    exponentials, p = 2q + 1, e^z -> root^(z mod q), for denominators prime to q. It is one because the e^z with z in
    Z/D are the powers of e^(1/D), which is transcendental: a formal variable, for which any unit may be put.
    """
    limit(len(rows) ** 2, "minor", MOST_RESIDUES)
    samples = instance.known_samples()
    layer = instance.layers[number]
    activation = layer.activation
    below = exact_features(instance, number - 1, [samples[i] for i in rows])
    modulo_p = Reduction(p)
    if activation.domain == "rational":
        value = activation.value
        require(root is None, f"layer {number} has rational values: expected no root")

        def image(z: fmpq) -> Any:
            return modulo_p(value(z))
    else:
        require(activation.domain == "exponential", f"layer {number} has no image in GF(p)")
        require(root is not None, f"layer {number} has exponentials: expected a root")
        modulo_q, base = Reduction((p - 1) // 2), nmod(root or 0, p)

        exponent, rational_part, combine = activation.exponential(lambda c: nmod(modulo_p(c), p))

        def image(z: fmpq) -> Any:
            r = None if rational_part is None else nmod(modulo_p(rational_part(z)), p)
            return combine(r, base ** modulo_q(exponent(z)))

    result = nmod_mat(len(rows), len(columns), p)
    try:
        for j, entries in _minor_blocks(layer, below, columns):
            for i, z in enumerate(entries):
                result[i, j] = image(z)
    except ZeroDivisionError:
        raise ObligationError(f"a denominator of layer {number} vanishes modulo {p}") from None
    return result


class Reduction:
    """Rational numbers modulo a prime; the inverses of the few denominators are kept."""

    def __init__(self, prime: int) -> None:
        self.prime = prime
        self.inverses = {1: 1}

    def __call__(self, value: fmpq) -> int:
        """Return the residue in [0, prime)."""
        denominator = int(value.q)
        if denominator not in self.inverses:
            if denominator % self.prime == 0:
                raise ObligationError(f"{self.prime} divides a denominator")
            inverse = pow(denominator, -1, self.prime)
            if len(self.inverses) > 10**5:
                self.inverses.clear()
            self.inverses[denominator] = inverse
        return int(value.p) * self.inverses[denominator] % self.prime


# -------------------------------------------------------------------- a minor in balls


def ball_minor_excludes_zero(
    instance: Instance, number: int, rows: list[int], columns: list[int], precision: int
) -> bool:
    """Return whether the determinant of a square part of F_k, as a ball, excludes zero.

    Every operation of Arb encloses the true result, whatever the precision.
    """
    samples = instance.known_samples()
    widest = max(layer.width for layer in instance.layers[: number + 1])
    if len(rows) * max(len(rows), widest) * precision > MOST_BITS:
        raise FormatError(f"ball-minor: order {len(rows)} at {precision} bits is too large")
    with ctx.workprec(precision):
        table: Table = [samples[i] for i in rows]
        matrix: Any = fmpq_mat  # exact as long as the values are rational
        for layer in instance.layers[1:number]:
            activation = layer.activation
            if matrix is fmpq_mat and activation.domain == "rational":
                table = joined(layer, table, activation.value)
            else:
                table = [list(map(activation.ball, row)) for row in joined(layer, table, arb, matrix)]
                matrix = arb_mat
        last = instance.layers[number]
        result = [[arb(0)] * len(columns) for _ in rows]
        for j, entries in _minor_blocks(last, table, columns, matrix):
            for i, z in enumerate(entries):
                result[i][j] = last.activation.ball(arb(z))
        determinant = arb_mat(result).det()
        return bool(determinant.is_finite() and not determinant.contains(0))
