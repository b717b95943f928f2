"""Layers below the last hidden one in which distinct samples differ, after two segments on which no output changes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from exactcnn.landscape.carriers import Carrier, different, injective, separating_sum
from exactcnn.landscape.neuron_tables import NeuronPoint, basis

Unit = tuple[int, int, dict[int, Fraction], Fraction]  # layer, number, incoming weights, bias


@dataclass(frozen=True, eq=False)
class Spread:
    """What the two segments are: weights above some layers move onto a basis of them, and units are set.

    Attributes
    ----------
    gathered : dict
        By layer, neurons whose features are a basis.
    units : list of (layer, unit, incoming weights, bias)
        That nobody reads then.
    carrier : Carrier
        Of the layer below the last hidden one.
    """

    gathered: dict[int, list[int]]
    units: list[Unit]
    carrier: Carrier


def spread(point: NeuronPoint, samples: Carrier, generator: np.random.Generator) -> Spread | str:
    """Make a unit differ on all samples in each layer, below the last hidden one, in which two of them are equal.

    There the features have rank below n; so with n units one is free once the weights above are on a basis. It is the
    activation of the carrier below, a sum of units of its layer or such a unit itself, where that is injective.

    Parameters
    ----------
    point : NeuronPoint
    samples : Carrier
        Of the samples themselves.
    generator : numpy.random.Generator
        Of random sums of units.

    Returns
    -------
    Spread or str
        Or the reason why it is not possible: the layer, and how many units it lacks.
    """
    gathered: dict[int, list[int]] = {}
    units: list[Unit] = []
    carrier = samples
    for number, features in enumerate(point.features[1:-1], start=1):
        if different(features):
            carrier = separating_sum(features, generator)
            continue
        width, block = features.shape[1], basis(features)
        if len(block) == width:
            return (
                f"layer {number} has {width} neurons, all of them needed, and equal features for two of {point.count} "
                f"different samples; expected at least {point.count}, {point.count - width} more"
            )
        layer = point.objective.instance.network.convolved(number)
        if layer.bias == "none":
            return f"layer {number} has no biases, and equal features for different samples"
        found = injective(layer.activation, carrier.values)
        if found is None:
            return f"layer {number}: no interval was found on which {layer.activation.label} is injective"
        (scale, shift), own = found
        unit = min(set(range(width)) - set(block))
        gathered[number] = block
        units.append((number, unit, carrier.incoming(scale), shift))
        carrier = Carrier({unit: Fraction(1)}, own)
    return Spread(gathered, units, carrier)
