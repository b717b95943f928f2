"""The values of a network of a document, over any ring: what witnesses are arranged by. Rocq computes its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from exactcnn.rocq.text import NoRocqForm, numbers, table

Layer = dict[str, Any]
Apply = Callable[[Layer, Any], Any]


def pre_activations(layer: Layer, x: Sequence[Any], lift: Callable[[Fraction], Any]) -> list[Any]:
    """Pre-activations of a convolution at one sample: neuron p T + t, in this order."""
    weights = table(layer["weights"], "weights")
    biases = None if layer["biases"] is None else numbers(layer["biases"], "biases")
    filters, found = layer["filters"], []
    for p, patch in enumerate(layer["patches"]):
        for t in range(filters):
            bias = 0 if biases is None else biases[t if layer["bias"] == "filter" else p * filters + t]
            read = (lift(weights[s][t]) * x[slot] for s, slot in enumerate(patch) if slot >= 0)
            found.append(sum(read, lift(Fraction(bias))))
    return found


def values(
    layers: Sequence[Layer],
    x: Sequence[Any],
    apply: Apply,
    *,
    lift: Callable[[Fraction], Any] = Fraction,
    greatest: Callable[[Sequence[Any]], Any] = max,
) -> list[Any]:
    """Values of the last of these layers at one sample.

    Parameters
    ----------
    layers : sequence of dict
        LAYER of the format.
    x : sequence
        Values of the layer below the first.
    apply : callable
        (activation, pre-activation) to value.
    lift : callable
        From a Fraction.
    greatest : callable
        The maximum of a list.
    """
    found = list(x)
    for layer in layers:
        kind = layer["kind"]
        if kind == "convolution":
            if layer["weights"] is None:
                raise NoRocqForm("the weights of a layer are not given")
            found = [apply(layer["activation"], z) for z in pre_activations(layer, found, lift)]
        elif kind == "elementwise":
            found = [apply(layer["activation"], z) for z in found]
        elif kind == "max-pooling":
            found = [greatest([found[s] for s in patch if s >= 0]) for patch in layer["patches"]]
        else:
            pairs = zip(layer["patches"], layer["divisors"], strict=True)
            found = [
                lift(Fraction(1, d)) * sum((found[s] for s in patch if s >= 0), lift(Fraction(0))) for patch, d in pairs
            ]
    return found


def piece_at(activation: Layer, z: Fraction) -> Layer:
    """The piece on which a pre-activation lies, the lower one at a kink."""
    below = sum(Fraction(kink) < z for kink in activation["kinks"])
    piece: Layer = activation["pieces"][below]
    return piece


def rational_value(activation: Layer, z: Fraction) -> Fraction:
    """Value of an activation in which E does not occur."""
    piece = piece_at(activation, z)
    top, bottom = (sum((Fraction(c) * z**i for i, _, c in piece[key]), Fraction(0)) for key in FRACTION)
    return top / bottom


FRACTION = ("numerator", "denominator")


def is_rational(layer: Layer) -> bool:
    """Whether a layer takes rational numbers to rational numbers, by formulas without E."""
    activation = layer.get("activation")
    return activation is None or ("special" not in activation and not activation["exponent"])
