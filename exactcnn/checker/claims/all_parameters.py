"""Claims rank F_k <= b for all parameters: samples are equal, or the patches that one filter sees."""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import distinct, fields, indices, integer, kind_of, quote, require, sequence, unknown
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import entries_of


def read_rank_for_all_parameters(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim rank F_k <= b for all parameters: equal samples, or units of one filter on equal patches."""
    _, number, upper, evidence = fields(claim, "claim", "kind", "layer", "upper", "evidence")
    layer = instance.layer(number)
    integer(upper, "upper", 0)
    kind = kind_of(evidence, "evidence")
    if kind not in ("equal-samples", "equal-patches"):
        raise unknown("kind", kind)
    if kind == "equal-patches":
        integer(number, "layer", 1, 2)
        instance.convolution(number)
    whole = instance.count or 0 if kind == "equal-samples" else len(layer.patches)
    classes = sequence(fields(evidence, "evidence", "kind", "classes")[1], "classes")
    members = [indices(group, "a class", whole) for group in classes]
    distinct((index for group in members for index in group), "classes")
    bound = len(members) if kind == "equal-samples" else layer.filters * len(members)

    def verify() -> None:
        samples = instance.known_samples()
        require(sum(map(len, members)) == whole, f"{kind}: one of the {whole} is in no class")
        require(upper == bound, f"it proves {quote(bound)}")
        each = layer.below if kind == "equal-samples" else len(samples) * layer.slots
        instance.budget.spend(300 * whole * each, kind)
        if kind == "equal-samples":
            for group in members:
                same = all(samples[i] == samples[group[0]] for i in group)
                require(same, f"samples {group[0]}, ... are not equal")
            return
        require(layer.bias in ("filter", "none"), f"layer {number} has one bias per neuron")
        for group in members:
            for sample in samples:
                values = {entries_of(sample, layer.patches[p], fmpq(0)) for p in group}
                require(len(values) == 1, f"patches {group[0]}, ... are not equal on all samples")

    line = f"rank F_{number} <= {quote(upper)} for all parameters"
    return Read(line, verify, upper < min(instance.count or 0, layer.width))
