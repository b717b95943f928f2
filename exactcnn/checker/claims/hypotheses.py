"""Claims about one layer alone: Assumption 3.2 for its activation, and its width."""

from __future__ import annotations

from typing import Any

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import FormatError, boolean, fields, require
from exactcnn.checker.instance import Instance


def read_activation_claim(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that an activation satisfies Assumption 3.2, or does not."""
    _, number, holds = fields(claim, "claim", "kind", "layer", "holds")
    layer = instance.layer(number)
    if not layer.has_activation:
        raise FormatError(f"layer {number} is {layer.kind}; it has no activation")
    word = "holds" if boolean(holds, "holds") else "does not hold"
    line = f"Assumption 3.2 for layer {number}, {layer.activation.text}: {word}"
    return Read(line, lambda: require(layer.activation.assumption_3_2 == holds, "the opposite is true"))


def read_width(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim n_k >= N, or n_k < N."""
    _, number, holds = fields(claim, "claim", "kind", "layer", "holds")
    width = instance.layer(number).width
    line = f"n_{number} {'>=' if boolean(holds, 'holds') else '<'} N"
    return Read(line, lambda: require((width >= instance.known_count()) == holds, "the opposite is true"))
