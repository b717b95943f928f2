"""Claims about patches, activations and widths, and the rank that equal patches allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flint import fmpq

from exactcnn.checker.document import (
    FormatError,
    boolean,
    distinct,
    fields,
    indices,
    integer,
    kind_of,
    limit,
    quote,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.instance import PADDING, Instance

Obligation = Callable[[], None]
Number = TypeVar("Number")


def read_patch_structure(instance: Instance, claim: Any) -> tuple[str, Obligation]:
    """Return the claim that the patches of a layer satisfy, or violate, the paper's standing conditions."""
    _, number, holds, violation = fields(claim, "claim", "kind", "layer", "holds", "violation")
    layer = instance.layer(number)
    if layer.kind == "elementwise":
        raise FormatError(f"layer {number} has no patches")
    patches = layer.patches
    line = (
        f"patches of layer {number} {'satisfy' if boolean(holds, 'holds') else 'violate'} the conditions of Section 2"
    )
    sets = [frozenset(patch) for patch in patches]
    covered: frozenset[int] = frozenset().union(*sets)
    if holds:
        if violation is not None:
            raise FormatError("a violation, although holds is true")

        def verify() -> None:
            require(PADDING not in covered, "there is padding")
            require(len(covered) == layer.below, "a neuron is in no patch")
            require(len(set(sets)) == len(sets), "two patches have the same neurons")

        return line, verify
    kind = kind_of(violation, "violation")
    if kind == "uncovered":
        neurons = indices(fields(violation, "violation", "kind", "neurons")[1], "neurons", layer.below)
        return line, lambda: require(covered.isdisjoint(neurons), "a neuron of the violation is in a patch")
    if kind not in ("identical", "padding"):
        raise unknown("violation", kind)
    length = 2 if kind == "identical" else None
    named = indices(fields(violation, "violation", "kind", "patches")[1], "patches", len(patches), length)
    if kind == "identical":
        same = len({sets[p] - {PADDING} for p in named}) == 1
        return line, lambda: require(same, "the two patches have different neurons")
    padded = all(PADDING in sets[p] for p in named)
    return line, lambda: require(padded, "a patch of the violation has no padding")


def read_distinct_patches(instance: Instance, claim: Any) -> tuple[str, Obligation]:
    """Return the claim that patches of different samples differ (Assumption 3.1), or do not."""
    names = ("kind", "layer", "cross_position", "holds", "pair")
    _, number, cross, holds, pair = fields(claim, "claim", *names)
    integer(number, "layer", 1, 2)
    layer = instance.layer(number)
    if not layer.patches:
        raise FormatError(f"layer {number} has no patches")
    patches, count = layer.patches, instance.count or 0
    positions = "all positions" if boolean(cross, "cross_position") else "the same position"
    line = f"Assumption 3.1, patches at {positions}: {'holds' if boolean(holds, 'holds') else 'does not hold'}"
    if not holds:
        for index, bound in zip(sequence(pair, "pair", 4), (count, len(patches)) * 2, strict=True):
            integer(index, "pair", 0, bound)

        def verify_pair() -> None:
            samples = instance.known_samples()
            i, p, j, q = pair
            require(i != j, "the pair is of one sample")
            require(cross or p == q, "the pair is at different positions")
            same = _entries(samples[i], patches[p], fmpq(0)) == _entries(samples[j], patches[q], fmpq(0))
            require(same, "the two patches differ")

        return line, verify_pair
    if pair is not None:
        raise FormatError("a pair, although holds is true")

    def verify() -> None:
        samples = instance.known_samples()
        limit(len(samples) * len(patches), "evidence")
        codes: dict[fmpq, int] = {fmpq(0): 0}  # equal numbers have equal codes, and only they
        coded = [[codes.setdefault(entry, len(codes)) for entry in sample] for sample in samples]
        owners: dict[tuple[int, ...], int] = {}
        for p, patch in enumerate(patches):
            if not cross:
                owners.clear()
            for i, sample in enumerate(coded):
                owner = owners.setdefault(_entries(sample, patch, 0), i)
                require(owner == i, f"samples {owner} and {i} have an equal patch (patch {p} of sample {i})")

    return line, verify


def _entries(sample: list[Number], patch: list[int], zero: Number) -> tuple[Number, ...]:
    return tuple(zero if neuron == PADDING else sample[neuron] for neuron in patch)


def read_activation_claim(instance: Instance, claim: Any) -> tuple[str, Obligation]:
    """Return the claim that an activation satisfies Assumption 3.2, or does not."""
    _, number, holds = fields(claim, "claim", "kind", "layer", "holds")
    layer = instance.layer(number)
    if layer.kind == "max-pooling":
        raise FormatError(f"layer {number} is max-pooling; it has no activation")
    line = f"Assumption 3.2 for {layer.activation.name}: {'holds' if boolean(holds, 'holds') else 'does not hold'}"
    return line, lambda: require(layer.activation.assumption_3_2 == holds, "the opposite is true")


def read_width(instance: Instance, claim: Any) -> tuple[str, Obligation]:
    """Return the claim n_k >= N, or n_k < N."""
    _, number, holds = fields(claim, "claim", "kind", "layer", "holds")
    width = instance.layer(number).width
    line = f"n_{number} {'>=' if boolean(holds, 'holds') else '<'} N"
    return line, lambda: require((width >= instance.known_count()) == holds, "the opposite is true")


def read_rank_for_all_parameters(instance: Instance, claim: Any) -> tuple[str, Obligation]:
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
        require(upper == bound, f"it proves {bound}")
        if kind == "equal-samples":
            for group in members:
                same = all(samples[i] == samples[group[0]] for i in group)
                require(same, f"samples {group[0]}, ... are not equal")
            return
        require(layer.bias in ("filter", "none"), f"layer {number} has one bias per neuron")
        for group in members:
            for sample in samples:
                values = {_entries(sample, layer.patches[p], fmpq(0)) for p in group}
                require(len(values) == 1, f"patches {group[0]}, ... are not equal on all samples")

    return f"rank F_{number} <= {quote(upper)} for all parameters", verify
