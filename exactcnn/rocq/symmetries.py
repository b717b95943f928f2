"""Claims about ranks of features with one layer of a special function, of which nothing but a symmetry is used."""

from __future__ import annotations

from typing import Any

from exactcnn.rocq.exponentials import affine, by_names
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.ranks import FACTORS, Entries, factors, two_bounds
from exactcnn.rocq.text import NoRocqForm, Theorem, estimate, integer
from exactcnn.rocq.values import is_rational

SYMMETRIES = {  # f(z) = s f(-z) + c z, and whether f(0) = 0
    "softplus": (1, 1, False),
    "gelu": (1, 1, True),
    "log-sigmoid": (1, 1, False),
    "erf": (-1, 0, True),
    "arctan": (-1, 0, True),
    "sin": (-1, 0, True),
    "cos": (1, 0, False),
}


def symmetric_rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The bounds of a claim about the rank of F_k, for every function with the symmetry of the one at layer j."""
    k = claim["layer"]
    j = next(number for number, layer in enumerate(instance.layers[:k], 1) if not is_rational(layer))
    instance.given_up_to(k)
    if not all(map(affine, instance.layers[j:k])):
        raise NoRocqForm(f"layers above layer {j} are not affine")
    return two_bounds(claim, _below, lambda: _above(instance, claim, f"{name}_above", j))


def _below() -> Theorem:
    raise NoRocqForm("of a special function a symmetry is known only")


def _no_entries() -> Entries:
    raise NoRocqForm("equal lines of special functions")


def _above(instance: RocqInstance, claim: dict[str, Any], name: str, j: int) -> Theorem:
    k, upper, special = claim["layer"], claim["upper"], instance.layers[j - 1]["activation"]["special"]
    s, c, vanishes = SYMMETRIES[special]
    count, width = len(instance.samples), instance.width(k)
    witness = factors(claim["upper_evidence"], count, width, _no_entries)
    parts = instance.around(j, k)
    symmetry = f"{integer(s)} {integer(c)} {str(vanishes).lower()}"
    seconds = instance.evaluation(j - 1)[0] + estimate(count * instance.multiplications(k))
    return Theorem(
        name,
        f"All rows of F_{k} are combinations of {upper} vectors, whatever function stands in place of {special}, if it "
        f"has the same symmetry: {FACTORS}, value by value.",
        f"forall (K : numbers) eqv, field_over_Q K eqv -> forall f, has_symmetry eqv {symmetry} f -> "
        f"rank_at_most eqv (symmetric_features K f {parts}) {upper}",
        f"apply (symmetric_rank_by_values {symmetry} {parts} {width} {witness.arguments(name)})",
        witness.text(name),
        seconds + by_names(witness, count, width, instance.width(j) if k > j else 1),
    )
