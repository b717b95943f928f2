"""Claims about patches: the conditions of Section 2, and Assumption 3.1."""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.budget import NUMBER
from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.document import (
    FormatError,
    boolean,
    fields,
    indices,
    integer,
    kind_of,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING, entries_of


def read_patch_structure(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that the patches of a layer satisfy, or violate, the paper's standing conditions."""
    _, number, holds, violation = fields(claim, "claim", "kind", "layer", "holds", "violation")
    layer = instance.layer(number)
    if not layer.patches:
        raise FormatError(f"layer {number} has no patches")
    patches = layer.patches
    word = "satisfy" if boolean(holds, "holds") else "violate"
    line = f"patches of layer {number} {word} the conditions of Section 2"
    named: list[int] = []
    if holds and violation is not None:
        raise FormatError("a violation, although holds is true")
    kind = "none" if holds else kind_of(violation, "violation")
    if kind == "uncovered":
        named = indices(fields(violation, "violation", "kind", "neurons")[1], "neurons", layer.below)
    elif kind in ("identical", "padding"):
        length = 2 if kind == "identical" else None
        named = indices(fields(violation, "violation", "kind", "patches")[1], "patches", len(patches), length)
    elif not holds:
        raise unknown("violation", kind)

    def verify() -> None:
        instance.budget.spend(len(patches) * (500 + 100 * layer.slots), "sets of neurons")
        sets = [frozenset(patch) for patch in patches]
        covered: frozenset[int] = frozenset().union(*sets)
        if kind == "uncovered":
            require(covered.isdisjoint(named), "a neuron of the violation is in a patch")
        elif kind == "identical":
            same = len({sets[p] - {PADDING} for p in named}) == 1
            require(same, "the two patches have different neurons")
        elif kind == "padding":
            require(all(PADDING in sets[p] for p in named), "a patch of the violation has no padding")
        else:
            require(PADDING not in covered, "there is padding")
            require(len(covered) == layer.below, "a neuron is in no patch")
            require(len(set(sets)) == len(sets), "two patches have the same neurons")

    return Read(line, verify)


def read_distinct_patches(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return the claim that patches of different samples differ (Assumption 3.1), or do not."""
    names = ("kind", "layer", "cross_position", "holds", "pair")
    _, number, cross, holds, pair = fields(claim, "claim", *names)
    integer(number, "layer", 1, 2)
    layer = instance.layer(number)
    if not layer.patches:
        raise FormatError(f"layer {number} has no patches")
    patches, count = layer.patches, instance.count or 0
    positions = "all positions" if boolean(cross, "cross_position") else "the same position"
    word = "holds" if boolean(holds, "holds") else "does not hold"
    line = f"Assumption 3.1 for layer {number}, patches at {positions}: {word}"
    if not holds:
        for index, bound in zip(sequence(pair, "pair", 4), (count, len(patches)) * 2, strict=True):
            integer(index, "pair", 0, bound)

        def verify_pair() -> None:
            samples = instance.known_samples()
            i, p, j, q = pair
            require(i != j, "the pair is of one sample")
            require(cross or p == q, "the pair is at different positions")
            same = entries_of(samples[i], patches[p], fmpq(0)) == entries_of(samples[j], patches[q], fmpq(0))
            require(same, "the two patches differ")

        return Read(line, verify_pair)
    if pair is not None:
        raise FormatError("a pair, although holds is true")

    def verify() -> None:
        samples, budget = instance.known_samples(), instance.budget
        entries = len(samples) * len(patches)
        budget.hold(entries * (NUMBER + 64 * layer.slots), "patches of all samples")
        budget.spend(entries * (500 + 100 * layer.slots) + 1000 * len(samples) * layer.below, "patches of all samples")
        codes: dict[tuple[int, int], int] = {(0, 1): 0}  # equal numbers have equal codes, and only they
        coded = [[codes.setdefault((int(x.p), int(x.q)), len(codes)) for x in sample] for sample in samples]
        owners: dict[tuple[int, ...], int] = {}
        for p, patch in enumerate(patches):
            if not cross:
                owners.clear()
            for i, sample in enumerate(coded):
                owner = owners.setdefault(entries_of(sample, patch, 0), i)
                require(owner == i, f"samples {owner} and {i} have an equal patch (patch {p} of sample {i})")

    return Read(line, verify)
