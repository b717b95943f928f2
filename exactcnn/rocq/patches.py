"""Claims about the patches of a layer: the conditions of Section 2, or what violates them."""

from __future__ import annotations

from typing import Any

from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.structure import patches
from exactcnn.rocq.text import Theorem, definition, estimate, indices


def patch_structure(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """That patches satisfy Section 2; or neurons that are in none, two of the same neurons, or some with padding."""
    number, violation = claim["layer"], claim["violation"]
    layer, below, called = instance.layers[number - 1], instance.width(number - 1), f"{name}_patches"
    says, statement, lemma = _satisfied(called, below) if claim["holds"] else _violated(called, below, violation)
    own, slots = layer["patches"], len(layer["patches"][0])
    comparisons = len(own) * slots * (len(own) * slots + below)
    witness = definition(called, "list (list Z)", patches(layer))
    return [
        Theorem(name, f"Patches of layer {number}: {says}.", statement, lemma, witness, estimate(comparisons / 100))
    ]


def _satisfied(called: str, below: int) -> tuple[str, str, str]:
    says = f"no padding, each of the {below} neurons is in one, no two are of the same neurons"
    return says, f"satisfies_section_2 {below} {called}", f"apply (section_2_holds {below} {called})"


def _violated(called: str, below: int, violation: dict[str, Any]) -> tuple[str, str, str]:
    kind = violation["kind"]
    if kind == "identical":
        p, q = violation["patches"]
        says, fact = f"{p} and {q} are of the same neurons", f"are_identical {called} {p} {q}"
        lemma = f"section_2_identical {below} {called} {p} {q}"
    elif kind == "uncovered":
        named = indices(violation["neurons"])
        says, fact = f"neurons {named} are in none", f"Forall (is_uncovered {below} {called}) {named}"
        lemma = f"section_2_uncovered {below} {called} {named}"
    else:
        named = indices(violation["patches"])
        says, fact = f"{named} have padding", f"Forall (has_padding {called}) {named}"
        lemma = f"section_2_padding {below} {called} {named}"
    return says, f"{fact} /\\ ~ satisfies_section_2 {below} {called}", f"apply ({lemma})"
