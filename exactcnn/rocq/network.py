"""The instance of a certificate as definitions in Rocq."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from exactcnn.rocq.text import (
    NoRocqForm,
    bits_of,
    definition,
    estimate,
    integer,
    listing,
    matrix,
    numbers,
    rational,
    rationals,
    table,
)
from exactcnn.rocq.values import FRACTION, is_rational, piece_at, rational_value, values

BIASES = {"none": "NoBias", "filter": "EachFilter", "neuron": "EachNeuron"}
NO_DENOMINATOR = [[0, 0, "1"]]
SUMS_OF_FRACTIONS = 6  # so many times the bits: 16 ms, measured, for a product and a sum of fractions of 400 bits


class RocqInstance:
    """The instance of a document, and what Rocq calls its parts.

    Parameters
    ----------
    document : dict
        A certificate that the checker has accepted.
    most : float
        Seconds that one proof may take in Rocq, by the estimate; the witness of a longer one is not worked out.
    """

    def __init__(self, document: dict[str, Any], most: float = math.inf) -> None:
        self.document, self.most = document, most
        self.instance: dict[str, Any] = document["instance"]
        self.layers: list[dict[str, Any]] = self.instance["layers"]

    @cached_property
    def samples(self) -> list[list[Fraction]]:
        """Rows of X."""
        if self.instance["samples"] is None:
            raise NoRocqForm("the instance has no samples")
        return table(self.instance["samples"], "samples")

    @cached_property
    def targets(self) -> list[list[Fraction]]:
        """Rows of Y."""
        if self.instance["targets"] is None:
            raise NoRocqForm("the instance has no targets")
        return table(self.instance["targets"], "targets")

    def features(self, k: int) -> list[list[Fraction]]:
        """F_k in Q, by which witnesses are arranged."""
        self.rational_up_to(k)
        return [values(self.layers[:k], x, rational_value) for x in self.samples]

    def rational_up_to(self, k: int) -> None:
        """Refuse features that do not lie in Q by formulas without exponentials."""
        self._all_rational(k)
        self.given_up_to(k)

    def given_up_to(self, k: int) -> None:
        """Refuse parameters of layers 1 to k that are not given."""
        for layer in self.layers[:k]:
            parameters(layer)

    def named(self, first: int, last: int) -> str:
        """What Rocq calls some layers with their parameters."""
        return listing(f"(layer_{j}, parameters_{j})" for j in range(first, last + 1))

    def around(self, j: int, k: int) -> str:
        """Layers below layer j, that layer, layers from there to k, and the samples, as Rocq calls them."""
        return f"{self.named(1, j - 1)} (layer_{j}, parameters_{j}) {self.named(j + 1, k)} samples"

    def _all_rational(self, k: int) -> None:
        for number, layer in enumerate(self.layers[:k], 1):
            if not is_rational(layer):
                raise NoRocqForm(f"layer {number} is not rational")

    def width(self, k: int) -> int:
        """n_k."""
        if k == 0:
            return int(self.instance["input_width"])
        layer = self.layers[k - 1]
        if layer["kind"] == "elementwise":
            return self.width(k - 1)
        return len(layer["patches"]) * int(layer.get("filters", 1))

    def multiplications(self, k: int) -> int:
        """How many one sample takes up to layer k."""
        count = 0
        for number, layer in enumerate(self.layers[:k], 1):
            slots = sum(map(len, layer.get("patches", ())))
            count += slots * layer.get("filters", 1) + (4 + _degree(layer)) * self.width(number)
        return count

    def point(self, index: int) -> str:
        """What Rocq calls the parameters of a point: -1 are those of the instance."""
        self._all_rational(len(self.layers))
        for number in range(1, len(self.layers) + 1):
            parameters(self._layer_at(index, number))
        return "point" if index < 0 else f"point_{index}"

    def polynomial_at(self, index: int) -> None:
        """Refuse a point near which the loss is no polynomial: at a kink, a tie, or on a piece with a denominator."""
        self.point(index)
        if index >= 0:
            raise NoRocqForm("the point is not the instance's own")
        for x in self.samples:
            values(self.layers, x, _polynomial_value, greatest=_only_greatest)

    def loss_work(self) -> float:
        """Multiplications that the loss takes, where samples and targets are given."""
        return float(max(len(self.samples), len(self.targets)) * self.multiplications(len(self.layers)))

    def evaluation(self, k: int, index: int = -1) -> tuple[float, int]:
        """Seconds that layers 1 to k take for all samples at a point, and the bits of the longest number on the way.

        Numbers may be long in between only; a layer of exponentials counts up to g(z).
        """
        found, seconds, longest = self.samples, 0.0, bits_of(x for row in self.samples for x in row)
        for number in range(1, k + 1):
            layer = self._layer_at(index, number)
            given = [*(x for row in found for x in row), *_parameters_of(layer)]
            degree, met, summed = _degree(layer), [bits_of(given)], bits_of(given)

            def apply(given: dict[str, Any], z: Fraction, degree: int = degree, met: list[int] = met) -> Fraction:
                value = z if given["exponent"] else rational_value(given, z)
                met.append(max(bits_of((z,)) * max(degree, 1), bits_of((value,))))
                return value

            found = [values([layer], x, apply) for x in found]
            if any(x.denominator > 1 for x in given):
                summed *= SUMS_OF_FRACTIONS
            slots = sum(map(len, layer.get("patches", ()))) * int(layer.get("filters", 1))
            seconds += estimate(len(found) * slots, summed)
            seconds += estimate(len(found) * (4 + degree) * self.width(number), max(met))
            longest = max(longest, *met)
        return seconds, longest

    def loss_seconds(self, index: int) -> float:
        """Seconds that the loss takes at a point."""
        seconds, bits = self.evaluation(len(self.layers), index)
        squares = len(self.samples) * self.width(len(self.layers))
        return seconds + estimate(squares, 2 * max(bits, bits_of(x for row in self.targets for x in row)))

    def degree(self) -> int:
        """Of the outputs as polynomials in the parameters, where all pieces are polynomials."""
        found = 0
        for layer in self.layers:
            found = (found + (layer["kind"] == "convolution")) * max(_degree(layer), 1)
        return found

    def parameter_count(self, upto: int | None = None) -> int:
        """P, or how many parameters the first layers have."""
        arrays = [layer[key] for layer in self.layers[:upto] for key in ("weights", "biases") if layer.get(key)]
        return sum(math.prod(array["shape"]) for array in arrays)

    def bias_coordinate(self, number: int, neuron: int) -> int:
        """Coordinate of the bias of a neuron."""
        layer = self.layers[number - 1]
        own = neuron if layer["bias"] == "neuron" else neuron % int(layer["filters"])
        return self.parameter_count(number) - int(math.prod(layer["biases"]["shape"])) + own

    def text(self) -> str:
        """Return the definitions: samples, targets, layers, parameters, F_k and points, as far as they are given."""
        numbers_of_layers = range(1, len(self.layers) + 1)
        writers: list[Callable[[], str]] = [
            lambda: definition("samples", "list (list Q)", matrix(self.samples)),
            self._targets,
            *(partial(self._layer, number) for number in numbers_of_layers),
            *(partial(self._parameters, number) for number in numbers_of_layers),
            *(partial(self._features, k) for k in range(len(self.layers) + 1)),
            partial(self._point, -1),
        ]
        for i in range(len(self.document["points"])):
            writers += [partial(self._own_parameters, i, number) for number in numbers_of_layers]
            writers.append(partial(self._point, i))
        return "".join(map(_if_given, writers))

    def _targets(self) -> str:
        return definition("targets", "list (list Q)", matrix(self.targets))

    def _layer(self, number: int) -> str:
        return _layer(number, self.layers[number - 1])

    def _parameters(self, number: int) -> str:
        return definition(f"parameters_{number}", "parameters rationals", parameters(self.layers[number - 1]))

    def _features(self, k: int) -> str:
        self.rational_up_to(k)
        assert self.samples
        return definition(f"F_{k}", "matrix rationals", f"features {self.named(1, k)} samples")

    def _own_parameters(self, index: int, number: int) -> str:
        """The parameters that a layer has at a point, if they are its own there."""
        self._all_rational(len(self.layers))
        layer = self._layer_at(index, number)
        if layer["kind"] != "convolution" or self._given_at(index, number) != index:
            return ""
        return definition(f"parameters_{number}_{index}", "parameters rationals", parameters(layer))

    def _layer_at(self, index: int, number: int) -> dict[str, Any]:
        """A layer with the parameters that it has at a point."""
        layer, at = self.layers[number - 1], self._given_at(index, number)
        if at < 0 or layer["kind"] != "convolution":
            return layer
        given = self.document["points"][at][number - 1]
        if given is None:
            raise NoRocqForm(f"point {at} has no parameters of layer {number}")
        return layer | dict(given)

    def _point(self, index: int) -> str:
        name, named = self.point(index), []
        for number, layer in enumerate(self.layers, 1):
            called, at = f"parameters_{number}", self._given_at(index, number)
            if at >= 0 and layer["kind"] == "convolution":
                called = f"{called}_{at}"
            named.append(f"(layer_{number}, {called})")
        return definition(name, "list (layer * parameters rationals)", listing(named))

    def _given_at(self, index: int, number: int) -> int:
        """At which point the parameters stand that a layer has at a point; -1 is the instance."""
        while index >= 0 and isinstance(self.document["points"][index][number - 1], int):
            index = self.document["points"][index][number - 1]
        return index


def _if_given(write: Callable[[], str]) -> str:
    """A definition, or nothing where what it needs is not given, or has no form: no theorem is about it then."""
    try:
        return write()
    except NoRocqForm:
        return ""


def _polynomial_value(given: dict[str, Any], z: Fraction) -> Fraction:
    if z in map(Fraction, given["kinks"]):
        raise NoRocqForm("a pre-activation is at a kink: the loss is no polynomial near the point")
    if _denominator(piece_at(given, z)):
        raise NoRocqForm("a piece has a denominator: the loss is no polynomial near the point")
    return rational_value(given, z)


def _only_greatest(found: Sequence[Fraction]) -> Fraction:
    largest = max(found)
    if sum(x == largest for x in found) > 1:
        raise NoRocqForm("a maximum has a tie: the loss is no polynomial near the point")
    return largest


def _degree(layer: dict[str, Any]) -> int:
    """How often a pre-activation is multiplied by itself, and E, in the longest terms of the activation."""
    given = layer.get("activation")
    if given is None or "special" in given:
        return 0
    powers = [int(i) + int(j) for piece in given["pieces"] for key in FRACTION for i, j, _ in piece[key]]
    return max(len(given["exponent"]) - 1, *powers, 0)


def _parameters_of(layer: dict[str, Any]) -> list[Fraction]:
    """The weights and biases of a layer, as far as it has any."""
    return [x for key in ("weights", "biases") if layer.get(key) for x in numbers(layer[key], key)]


def parameters(layer: dict[str, Any]) -> str:
    """Return the parameters of a layer; pooling layers have none."""
    if layer["kind"] != "convolution":
        return "@Parameters rationals [] []"
    if layer["weights"] is None:
        raise NoRocqForm("the weights of a layer are not given")
    biases = [] if layer["biases"] is None else numbers(layer["biases"], "biases")
    return f"@Parameters rationals {matrix(table(layer['weights'], 'weights'))} {rationals(biases)}%Q"


def _layer(number: int, layer: dict[str, Any]) -> str:
    kind, parts, name = layer["kind"], [], f"activation_{number}"
    if "activation" in layer:
        parts.append(definition(name, "activation", activation(layer["activation"])))
    if "patches" in layer:
        patches = listing(listing(map(integer, patch)) for patch in layer["patches"]) + "%Z"
    if kind == "convolution":
        value = f"Convolution {patches} {layer['filters']} {BIASES[layer['bias']]} {name}"
    elif kind == "max-pooling":
        value = f"MaxPooling {patches}"
    elif kind == "average-pooling":
        value = f"AveragePooling {patches} {listing(map(str, layer['divisors']))}%positive"
    else:
        value = f"Elementwise {name}"
    return "".join(parts) + definition(f"layer_{number}", "layer", value)


def activation(given: dict[str, Any]) -> str:
    """Return an activation by its formulas; a special function has none."""
    if "special" in given:
        return "Activation [] [] []"
    pieces = listing(f"({_terms(piece['numerator'])}, {_terms(_denominator(piece))})" for piece in given["pieces"])
    return f"Activation {_numbers(given['kinks'])} {pieces} {_numbers(given['exponent'])}"


def _denominator(piece: dict[str, Any]) -> Sequence[Any]:
    return [] if piece["denominator"] == NO_DENOMINATOR else piece["denominator"]


def _terms(terms: Sequence[Any]) -> str:
    return listing(f"({i}, {j}, {rational(Fraction(c))}%Q)%nat" for i, j, c in terms)


def _numbers(given: Sequence[str]) -> str:
    return rationals(map(Fraction, given)) + "%Q"
