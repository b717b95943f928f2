"""Conclusions on Section 4 of Nguyen and Hein (2018) for the instance's own parameters.

S_k are the parameters with rank F_k = N and U_l of full rank for all l >= k + 2. There Theorem 4.4 says that the loss
is 0 if and only if its gradient by U_{k+1} is; Theorem 4.5 that critical points have loss 0 where layer k + 1 is fully
connected. A conclusion says whether that is so at this one point.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flint import fmpq

from exactcnn.checker.activations import IDENTITY
from exactcnn.checker.claim import Accepted
from exactcnn.checker.claims.rules import Rule
from exactcnn.checker.document import rational, require
from exactcnn.checker.instance import Instance


def _in_s_k(instance: Instance, k: int, accepted: Accepted) -> None:
    last = len(instance.layers) - 1
    require(k < last, f"layer {k} is not hidden")
    count = instance.known_count()
    for number, layer in enumerate(instance.layers[1:], start=1):
        require(layer.kind == "convolution", f"layer {number} is {layer.kind}; expected a convolution")
    top = instance.layers[last].activation
    require(top.same(IDENTITY), f"the activation of layer {last} is not the identity")
    require(accepted.stands("rank", k, lower=count), f"no claim rank F_{k} >= N before it")
    for number in range(k + 2, last + 1):
        full = min(instance.layers[number].below, instance.layers[number].width)
        stands = accepted.stands("weights-rank", number, lower=full)
        require(stands, f"no claim that U_{number} has full rank before it")


def _losses(instance: Instance, accepted: Accepted) -> Iterator[tuple[fmpq, fmpq]]:
    """Yield bounds of the loss at the instance's own point; what is said of a box is about another one."""
    for claim in accepted:
        if claim["kind"] == "loss" and claim["point"] == -1:
            yield _read(instance, claim["lower"], claim["upper"])
        if claim["kind"] == "critical-point" and claim["point"] == -1 and claim["evidence"]["kind"] in AT_THE_POINT:
            yield _read(instance, *claim["loss"])


def _read(instance: Instance, lower: str, upper: str) -> tuple[fmpq, fmpq]:
    instance.budget.spend(20 * (len(lower) + len(upper)) + 1000, "bounds of the loss")
    return rational(lower, "loss"), rational(upper, "loss")


# evidence that is about the point itself
AT_THE_POINT = (
    "entry",
    "zero",
    "mean-targets",
    "hessian",
    "reachable",
    "descent",
    "negative-direction",
    "curve",
    "constant-units",
    "equal-outputs",
    "valley",
)


def zero_loss(instance: Instance, _: int, accepted: Accepted) -> None:
    """Require a claim that the loss is 0 at the instance's own point."""
    zero = any(upper == 0 for _, upper in _losses(instance, accepted))
    require(zero, "no claim that the loss is 0 before it")


def positive_loss(instance: Instance, _: int, accepted: Accepted) -> None:
    """Require a claim that it is positive there."""
    positive = any(lower > 0 for lower, _ in _losses(instance, accepted))
    require(positive, "no claim that the loss is positive before it")


def _gradient(zero: bool) -> Any:
    def premise(_: Instance, k: int, accepted: Accepted) -> None:
        stands = accepted.stands("gradient", k + 1, zero=zero)
        require(stands, f"no claim that the gradient by U_{k + 1} is {'' if zero else 'not '}0 before it")

    return premise


def fully_connected(instance: Instance, k: int, _: Accepted) -> None:
    """Require that layer k + 1 has one patch, of all neurons."""
    layer = instance.layers[k + 1] if k + 1 < len(instance.layers) else instance.layers[k]
    one = layer.kind == "convolution" and len(layer.patches) == 1
    require(one and sorted(layer.patches[0]) == list(range(layer.below)), f"layer {k + 1} is not fully connected")


def _critical(_: Instance, __: int, accepted: Accepted) -> None:
    found = any(
        claim["kind"] == "critical-point"
        and claim["point"] == -1
        and claim["evidence"]["kind"] in ("hessian", "negative-direction")
        for claim in accepted
    )
    require(found, "no claim that the point is critical before it")


LOCAL, GLOBAL = "NH18.T4.4", "NH18.T4.5"
HERE = "this point"
SECTION_4 = (
    Rule(LOCAL, "zero-loss", "proved", HERE, (_in_s_k, zero_loss)),
    Rule(LOCAL, "gradient", "proved", HERE, (_in_s_k, _gradient(zero=False))),
    Rule(LOCAL, "zero-gradient", "refuted", HERE, (_in_s_k, _gradient(zero=True), positive_loss)),
    Rule(GLOBAL, "zero-loss", "proved", HERE, (_in_s_k, fully_connected, zero_loss)),
    Rule(GLOBAL, "critical", "refuted", HERE, (_in_s_k, fully_connected, _critical, positive_loss)),
)
