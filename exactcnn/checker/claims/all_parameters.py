"""Claims rank F_k <= b for all parameters: equal samples, patches that one filter sees alike, affine layers."""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.claim import Accepted, Obligation, Read
from exactcnn.checker.claims.upper_bounds import affine_from, read_upper
from exactcnn.checker.document import (
    boolean,
    distinct,
    fields,
    indices,
    integer,
    kind_of,
    quote,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import entries_of


def read_rank_for_all_parameters(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim rank F_k <= b for all parameters, from equal samples, equal patches or affine layers."""
    _, number, upper, evidence = fields(claim, "claim", "kind", "layer", "upper", "evidence")
    layer = instance.layer(number)
    integer(upper, "upper", 0)
    kind = kind_of(evidence, "evidence")
    line = f"rank F_{number} <= {quote(upper)} for all parameters"
    count = instance.count or 0
    smaller = upper < min(count, layer.width)
    if kind == "inherited":
        return Read(line, _read_inherited(instance, number, upper, count, evidence), smaller)
    if kind not in ("equal-samples", "equal-patches"):
        raise unknown("kind", kind)
    if kind == "equal-patches":
        integer(number, "layer", 1, 2)
        instance.convolution(number)
    whole = count if kind == "equal-samples" else len(layer.patches)
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

    return Read(line, verify, smaller)


def _read_inherited(instance: Instance, number: int, upper: int, count: int, evidence: Any) -> Obligation:
    """Return the obligation of evidence for rank [F_j, 1] <= upper: of samples (j = 0), or by the width of a layer."""
    _, below, ones, own = fields(evidence, "evidence", "kind", "layer", "ones", "evidence")
    width = instance.layers[integer(below, "layer", 0, number)].width + boolean(ones, "ones")
    if below == 0:
        return read_upper(instance, number, upper, count, evidence)
    if kind_of(own, "evidence") != "shape":
        raise unknown("kind", kind_of(own, "evidence"))
    fields(own, "evidence", "kind")

    def verify() -> None:
        instance.known_count()
        affine_from(instance, below, number, ones)
        require(upper == min(count, width), f"it proves {quote(min(count, width))}")

    return verify
