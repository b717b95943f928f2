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


def read_patch_structure(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return the claim that the patches of a layer satisfy, or violate, the paper's standing conditions."""
    _, number, holds, violation = fields(claim, where, "kind", "layer", "holds", "violation")
    layer = instance.layer(number, where)
    if layer.patches is None:
        raise FormatError(f"{where}: layer {number} has no patches")
    patches = layer.patches
    line = f"patches of layer {number} {'satisfy' if boolean(holds, where) else 'violate'} the conditions of Section 2"
    sets = [frozenset(patch) for patch in patches]
    covered: frozenset[int] = frozenset().union(*sets)
    if holds:
        if violation is not None:
            raise FormatError(f"{where}: a violation, although holds is true")

        def verify() -> None:
            require(PADDING not in covered, f"{where}: there is padding")
            require(len(covered) == layer.below, f"{where}: a neuron is in no patch")
            require(len(set(sets)) == len(sets), f"{where}: two patches have the same neurons")

        return line, verify
    kind = kind_of(violation, f"{where}: violation")
    if kind == "uncovered":
        neurons = indices(fields(violation, where, "kind", "neurons")[1], f"{where}: neurons", layer.below)
        return line, lambda: require(covered.isdisjoint(neurons), f"{where}: a neuron of the violation is in a patch")
    if kind not in ("identical", "padding"):
        raise unknown("violation", kind, where)
    length = 2 if kind == "identical" else None
    named = indices(fields(violation, where, "kind", "patches")[1], f"{where}: patches", len(patches), length)
    if kind == "identical":
        same = len({sets[p] - {PADDING} for p in named}) == 1
        return line, lambda: require(same, f"{where}: the two patches have different neurons")
    padded = all(PADDING in sets[p] for p in named)
    return line, lambda: require(padded, f"{where}: a patch of the violation has no padding")


def read_distinct_patches(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return the claim that patches of different samples differ (Assumption 3.1), or do not."""
    names = ("kind", "layer", "cross_position", "holds", "pair")
    _, number, cross, holds, pair = fields(claim, where, *names)
    integer(number, f"{where}: layer", 1, 2)
    layer = instance.convolution(number, where)
    assert layer.patches is not None
    patches, count = layer.patches, instance.count or 0
    positions = "all positions" if boolean(cross, f"{where}: cross_position") else "the same position"
    line = f"Assumption 3.1, patches at {positions}: {'holds' if boolean(holds, where) else 'does not hold'}"
    if not holds:
        for index, bound in zip(sequence(pair, f"{where}: pair", 4), (count, len(patches)) * 2, strict=True):
            integer(index, f"{where}: pair", 0, bound)

        def verify_pair() -> None:
            samples = instance.known_samples()
            i, p, j, q = pair
            require(i != j, f"{where}: the pair is of one sample")
            require(cross or p == q, f"{where}: the pair is at different positions")
            same = _entries(samples[i], patches[p], fmpq(0)) == _entries(samples[j], patches[q], fmpq(0))
            require(same, f"{where}: the two patches differ")

        return line, verify_pair
    if pair is not None:
        raise FormatError(f"{where}: a pair, although holds is true")

    def verify() -> None:
        samples = instance.known_samples()
        limit(len(samples) * len(patches), where)
        codes: dict[fmpq, int] = {fmpq(0): 0}  # equal numbers have equal codes, and only they
        coded = [[codes.setdefault(entry, len(codes)) for entry in sample] for sample in samples]
        owners: dict[tuple[int, ...], int] = {}
        for p, patch in enumerate(patches):
            if not cross:
                owners.clear()
            for i, sample in enumerate(coded):
                owner = owners.setdefault(_entries(sample, patch, 0), i)
                require(owner == i, f"{where}: samples {owner} and {i} have an equal patch (patch {p} of sample {i})")

    return line, verify


def _entries(sample: list[Number], patch: list[int], zero: Number) -> tuple[Number, ...]:
    return tuple(zero if neuron == PADDING else sample[neuron] for neuron in patch)


def read_activation_claim(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return the claim that an activation satisfies Assumption 3.2, or does not."""
    _, number, holds = fields(claim, where, "kind", "layer", "holds")
    layer = instance.layer(number, where)
    if layer.kind == "max-pooling":
        raise FormatError(f"{where}: layer {number} is max-pooling; it has no activation")
    line = f"Assumption 3.2 for {layer.activation.name}: {'holds' if boolean(holds, where) else 'does not hold'}"
    return line, lambda: require(layer.activation.assumption_3_2 == holds, f"{where}: the opposite is true")


def read_width(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return the claim n_k >= N, or n_k < N."""
    _, number, holds = fields(claim, where, "kind", "layer", "holds")
    width = instance.layer(number, where).width
    line = f"n_{number} {'>=' if boolean(holds, where) else '<'} N"
    return line, lambda: require((width >= instance.known_count()) == holds, f"{where}: the opposite is true")


def read_rank_for_all_parameters(instance: Instance, claim: Any, where: str) -> tuple[str, Obligation]:
    """Return the claim rank F_1 <= b for all parameters: units of one filter on equal patches are equal."""
    _, number, upper, evidence = fields(claim, where, "kind", "layer", "upper", "evidence")
    integer(number, f"{where}: layer", 1, 2)
    layer = instance.convolution(number, where)
    integer(upper, f"{where}: upper", 0)
    if kind_of(evidence, where) != "equal-patches":
        raise unknown("kind", evidence["kind"], where)
    classes = sequence(fields(evidence, where, "kind", "classes")[1], f"{where}: classes")
    assert layer.patches is not None
    patches = layer.patches
    members = [indices(group, f"{where}: a class", len(patches)) for group in classes]
    distinct((p for group in members for p in group), f"{where}: classes")

    def verify() -> None:
        samples = instance.known_samples()
        require(layer.bias in ("filter", "none"), f"{where}: layer {number} has one bias per neuron")
        require(sum(map(len, members)) == len(patches), f"{where}: a patch is in no class")
        require(upper == layer.filters * len(members), f"{where}: it proves {layer.filters * len(members)}")
        for group in members:
            for sample in samples:
                values = {_entries(sample, patches[p], fmpq(0)) for p in group}
                require(len(values) == 1, f"{where}: patches {quote(group[0])}, ... are not equal on all samples")

    return f"rank F_{number} <= {upper} for all parameters", verify
