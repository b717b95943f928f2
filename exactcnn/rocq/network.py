"""The instance of a certificate as definitions in Rocq."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from exactcnn.rocq.text import NoRocqForm, definition, integer, listing, matrix, numbers, rational, rationals, table
from exactcnn.rocq.values import is_rational, piece_at, rational_value, values

BIASES = {"none": "NoBias", "filter": "EachFilter", "neuron": "EachNeuron"}
NO_DENOMINATOR = [[0, 0, "1"]]


class RocqInstance:
    """The instance of a document, and what Rocq calls its parts.

    Parameters
    ----------
    document : dict
        A certificate that the checker has accepted.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.instance: dict[str, Any] = document["instance"]
        self.layers: list[dict[str, Any]] = self.instance["layers"]

    @cached_property
    def samples(self) -> list[list[Fraction]]:
        """Rows of X."""
        if self.instance["samples"] is None:
            raise NoRocqForm("the instance has no samples")
        return table(self.instance["samples"], "samples")

    def features(self, k: int) -> list[list[Fraction]]:
        """F_k in Q, by which witnesses are arranged."""
        self.rational_up_to(k)
        return [values(self.layers[:k], x, rational_value) for x in self.samples]

    def rational_up_to(self, k: int) -> None:
        """Refuse features that do not lie in Q by formulas without exponentials."""
        for number, layer in enumerate(self.layers[:k], 1):
            if not is_rational(layer):
                raise NoRocqForm(f"layer {number} is not rational")
            if layer["kind"] == "convolution" and layer["weights"] is None:
                raise NoRocqForm(f"the weights of layer {number} are not given")

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
            count += slots * layer.get("filters", 1) + 4 * self.width(number)
        return count

    def point(self, index: int) -> str:
        """What Rocq calls the parameters of a point: -1 are those of the instance."""
        self.rational_up_to(len(self.layers))
        if index < 0:
            return "point"
        return f"point_{index}"

    def polynomial_at(self, index: int) -> None:
        """Refuse a point near which the loss is no polynomial: at a kink, a tie, or on a piece with a denominator."""
        self.point(index)
        given = self.layers
        if index >= 0:
            raise NoRocqForm("the point is not the instance's own")
        for x in self.samples:
            values(given, x, _polynomial_value, greatest=_only_greatest)

    def loss_work(self) -> float:
        """Multiplications that the loss takes."""
        return float(len(self.samples) * self.multiplications(len(self.layers)))

    def parameter_count(self, upto: int | None = None) -> int:
        """P, or how many parameters the first layers have."""
        arrays = [layer[key] for layer in self.layers[:upto] for key in ("weights", "biases") if layer.get(key)]
        return sum(math.prod(array["shape"]) for array in arrays)

    def bias_coordinate(self, number: int, neuron: int) -> int:
        """Coordinate of the bias of a neuron."""
        layer = self.layers[number - 1]
        own = neuron if layer["bias"] == "neuron" else neuron % int(layer["filters"])
        return self.parameter_count(number) - int(math.prod(layer["biases"]["shape"])) + own

    def _points(self) -> str:
        """The instance's own parameters, and the further points, as networks."""
        if not all(map(is_rational, self.layers)) or self.instance["targets"] is None:
            return ""
        numbered = list(enumerate(self.layers, 1))
        if any(layer["kind"] == "convolution" and layer["weights"] is None for layer in self.layers):
            return ""
        kind = "list (layer * parameters rationals)"
        own = listing(f"(layer_{j}, parameters_{j})" for j, _ in numbered)
        parts = [definition("point", kind, own)]
        for i, point in enumerate(self.document["points"]):
            named = []
            for j, layer in numbered:
                given = point[j - 1]
                if given is None:
                    given = {"weights": None, "biases": None} if layer["kind"] != "convolution" else -1
                if isinstance(given, int):
                    named.append(f"(layer_{j}, parameters_{j}{'' if given < 0 else f'_{given}'})")
                    continue
                parts.append(definition(f"parameters_{j}_{i}", "parameters rationals", parameters(layer | given)))
                named.append(f"(layer_{j}, parameters_{j}_{i})")
            parts.append(definition(f"point_{i}", kind, listing(named)))
        return "".join(parts)

    def text(self) -> str:
        """Return the definitions: samples, targets, layers, parameters, and F_k by them."""
        parts = []
        if self.instance["samples"] is not None:
            parts.append(definition("samples", "list (list Q)", matrix(self.samples)))
        if self.instance["targets"] is not None:
            parts.append(definition("targets", "list (list Q)", matrix(table(self.instance["targets"], "targets"))))
        for number, layer in enumerate(self.layers, 1):
            if "special" not in layer.get("activation", {}):
                parts.append(_layer(number, layer))
                if layer["kind"] != "convolution" or layer["weights"] is not None:
                    parts.append(definition(f"parameters_{number}", "parameters rationals", parameters(layer)))
        for k in range(len(self.layers) + 1):
            if self.instance["samples"] is None or not self._stands(k):
                break
            named = listing(f"(layer_{j}, parameters_{j})" for j in range(1, k + 1))
            parts.append(definition(f"F_{k}", "matrix rationals", f"features {named} samples"))
        return "".join([*parts, self._points()])

    def _stands(self, k: int) -> bool:
        try:
            self.rational_up_to(k)
        except NoRocqForm:
            return False
        return True


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


def parameters(layer: dict[str, Any]) -> str:
    """Return the parameters of a layer; pooling layers have none."""
    if layer["kind"] != "convolution":
        return "@Parameters rationals [] []"
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
    """Return an activation by its formulas."""
    pieces = listing(f"({_terms(piece['numerator'])}, {_terms(_denominator(piece))})" for piece in given["pieces"])
    return f"Activation {_numbers(given['kinks'])} {pieces} {_numbers(given['exponent'])}"


def _denominator(piece: dict[str, Any]) -> Sequence[Any]:
    return [] if piece["denominator"] == NO_DENOMINATOR else piece["denominator"]


def _terms(terms: Sequence[Any]) -> str:
    return listing(f"({i}, {j}, {rational(Fraction(c))}%Q)%nat" for i, j, c in terms)


def _numbers(given: Sequence[str]) -> str:
    return rationals(map(Fraction, given)) + "%Q"
