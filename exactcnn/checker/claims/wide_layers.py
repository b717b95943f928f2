"""Conclusions about networks with a wide layer: no basins, and no local minima but those where the outputs are best.

N' is the number of different samples. A pre-activation of layer k + 1 is the product of a row (what a patch reads of
F_k, and with biases a row of ones and zeros) and a filter. There are P N' different rows, and c columns.

LDS18.wide. c >= P N', and some layer up to k has parameters. Then a line of parameters of layer k + 1, or a curve on
which a parameter below goes to infinity, has constant outputs and leaves every bounded set: for every continuous
function of the outputs no compact set is a strict local minimum.

LDS18.path. From the point the outputs can move straight to any others that are equal for equal samples, by layers from
k + 1 on: U_l keeps its direction and is scaled, biases follow, and features stay within the range of the activation.

LDS18.minima. So a local minimum of a convex loss has the least loss that outputs can have.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.activations import IDENTITY, MOST_BITS_OF_A_POWER, Activation, Piecewise
from exactcnn.checker.budget import Budget, evaluation
from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.rules import Rule
from exactcnn.checker.claims.section_4 import fully_connected, positive_loss, zero_loss
from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING
from exactcnn.checker.monotone import direction


def different_samples(instance: Instance, accepted: Accepted) -> int:
    """Return the least known upper bound of N'."""
    bounds = [
        claim["upper"]
        for claim in accepted
        if claim["kind"] == "rank-for-all-parameters" and claim["evidence"]["kind"] == "equal-samples"
    ]
    return int(min(bounds, default=instance.known_count()))


# -------------------------------------------------------------------- no basins


def _wide_below_a_convolution(instance: Instance, k: int, accepted: Accepted) -> None:
    require(k + 1 < len(instance.layers), f"there is no layer {k + 1}")
    above = instance.layers[k + 1]
    require(above.kind == "convolution", f"layer {k + 1} is {above.kind}; expected a convolution")
    patches = len(above.patches)
    columns = above.slots + {"neuron": patches, "filter": 1, "none": 0}[above.bias]
    rows = patches * different_samples(instance, accepted)
    require(columns >= rows, f"a filter of layer {k + 1} has {columns} parameters, fewer than the {rows} rows")


def _parameters_below(instance: Instance, k: int, _: Accepted) -> None:
    below = any(layer.kind == "convolution" for layer in instance.layers[1 : k + 1])
    require(below, f"no layer up to {k} has parameters")


# -------------------------------------------------------------------- any outputs


def _independent_features(instance: Instance, k: int, accepted: Accepted) -> None:
    require(k + 1 < len(instance.layers), f"layer {k} is not hidden")
    count = different_samples(instance, accepted)
    require(accepted.stands("rank", k, lower=count), f"no claim rank F_{k} >= {count} before it")


def _pyramid(instance: Instance, k: int, accepted: Accepted) -> None:
    last = len(instance.layers) - 1
    top = instance.layers[last].activation
    require(top.same(IDENTITY), f"the activation of layer {last} is not the identity")
    for number in range(k + 2, last + 1):
        layer = instance.layers[number]
        require(layer.kind == "convolution", f"layer {number} is {layer.kind}; expected a convolution")
        stands = accepted.stands("weights-rank", number, lower=layer.width)
        require(stands, f"no claim rank U_{number} >= {layer.width} before it")


def _strictly_monotone(instance: Instance, k: int, _: Accepted) -> None:
    for number, layer in enumerate(instance.layers[k + 1 : -1], start=k + 1):
        found = direction(layer.activation, instance.budget)
        require(found != 0, f"{layer.activation.text} in layer {number} is not proved to be strictly monotone")


def _biases_follow(instance: Instance, k: int, _: Accepted) -> None:
    """U_l^T c, for a row c in the range of the activation below, must be an added bias: c = 0, or a constant row."""
    for number in range(k + 2, len(instance.layers)):
        layer, below = instance.layers[number], instance.layers[number - 1]
        padded = any(PADDING in patch for patch in layer.patches)
        shared = layer.bias == "filter" and not padded
        follow = layer.bias == "neuron" or shared or _zero_at_zero(below.activation, instance.budget)
        require(follow, f"the biases of layer {number} cannot follow")


def _zero_at_zero(activation: Activation, budget: Budget) -> bool:
    if isinstance(activation, Piecewise):
        piece, bits = activation.piece(fmpq(0)), MOST_BITS_OF_A_POWER if activation.base == "2" else 1
        budget.spend(2 * evaluation(piece.degree, bits, piece.bits), "a value at 0")
    return activation.zero_at_zero


def _path(_: Instance, k: int, accepted: Accepted) -> None:
    stands = accepted.stands("conclusion", k, statement=PATH)
    require(stands, f"no conclusion {PATH} at layer {k} before it")


def _targets_agree(instance: Instance, _: int, accepted: Accepted) -> None:
    """Then the targets are outputs that equal samples can have, and the least loss is 0."""
    assert instance.targets is not None  # as a loss is known
    if different_samples(instance, accepted) == instance.known_count():
        return
    samples, aims = instance.known_samples(), dict[tuple[Any, ...], Any]()
    size = len(samples[0]) + len(instance.targets[0])
    instance.budget.spend(300 * len(samples) * size, "targets of equal samples")
    for sample, target in zip(samples, instance.targets, strict=True):
        same = aims.setdefault(tuple(sample), target) == target
        require(same, "equal samples have different targets")


HERE = "this point"
WIDE, PATH, MINIMA = "LDS18.wide", "LDS18.path", "LDS18.minima"
WIDE_LAYERS = (
    Rule(WIDE, "wide-layer", "proved", "architecture", (_wide_below_a_convolution, _parameters_below)),
    Rule(
        PATH,
        "ranks",
        "proved",
        HERE,
        (_independent_features, fully_connected, _pyramid, _strictly_monotone, _biases_follow),
    ),
    Rule(MINIMA, "zero-loss", "proved", HERE, (_path, zero_loss)),
    Rule(MINIMA, "path", "proved", HERE, (_path, positive_loss, _targets_agree)),
)
