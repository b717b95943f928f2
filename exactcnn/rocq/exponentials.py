"""Claims about ranks of features with one layer of exponentials, over any field with a transcendental t."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.ranks import elimination_order, two_bounds
from exactcnn.rocq.text import NoRocqForm, Theorem, definition, estimate, indices, listing
from exactcnn.rocq.values import FRACTION, Layer, is_rational, piece_at, pre_activations, rational_value, values

FOR_ALL = "forall (K : numbers) eqv, field_over_Q K eqv -> forall t : K, transcendental K eqv t -> "


def exponential_rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The bounds of a claim about the rank of F_k, E = t^(D g(z)) at one layer."""
    k = claim["layer"]
    j = next(number for number, layer in enumerate(instance.layers[:k], 1) if not is_rational(layer))
    own, above = instance.layers[j - 1], instance.layers[j:k]
    _refuse(own, above, j)
    below = [values(instance.layers[: j - 1], x, rational_value) for x in instance.samples]
    arguments = [pre_activations(own, x, Fraction) if "patches" in own else list(x) for x in below]
    exponents = [[_polynomial(own["activation"], z) for z in row] for row in arguments]
    scale = math.lcm(1, *(g.denominator for row in exponents for g in row))
    named = [f"(layer_{i}, parameters_{i})" for i in range(1, k + 1)]
    parts = f"{scale} {listing(named[: j - 1])} {named[j - 1]} {listing(named[j:])} samples"
    called = f"{name}_F"
    work = float(len(arguments) * (instance.multiplications(k) + 130 * instance.width(j)))
    witness = definition(called, "forall K : numbers, K -> matrix K", f"fun K t => exponential_features K t {parts}")
    integral = f"{scale} {listing(named[: j - 1])} {named[j - 1]} samples"
    integers = Theorem(
        f"{name}_exponents",
        f"F_{k} over a field K, at t in place of e^(1/{scale}): every E is t^({scale} g(z)), an integer power.",
        f"exponents_are_integers {integral} = true",
        "idtac",
        witness,
        estimate(work),
    )
    given = j, k, arguments, exponents, scale
    found = two_bounds(
        claim,
        lambda: _below(instance, claim, f"{name}_below", called, parts, given, work),
        lambda: _above(claim, f"{name}_above", called, parts, len(arguments)),
    )
    return [integers, *found]


def _refuse(own: Layer, above: Sequence[Layer], number: int) -> None:
    if own["activation"].get("base") != "e":
        raise NoRocqForm(f"layer {number} has no exponentials to the base e")
    if any(layer["kind"] == "max-pooling" or not is_rational(layer) for layer in above):
        raise NoRocqForm(f"layers above layer {number} are not rational, or have maxima")
    if any(layer.get("activation", {}).get("kinks") for layer in above):
        raise NoRocqForm(f"layers above layer {number} have kinks")


def _polynomial(activation: Layer, z: Fraction) -> Fraction:
    """Value of g(z), a polynomial."""
    return sum((Fraction(c) * z**i for i, c in enumerate(activation["exponent"])), Fraction(0))


def _below(
    instance: RocqInstance,
    claim: dict[str, Any],
    name: str,
    called: str,
    parts: str,
    layer: tuple[int, int, list[list[Fraction]], list[list[Fraction]], int],
    work: float,
) -> Theorem:
    evidence, lower = claim["lower_evidence"], claim["lower"]
    if evidence["kind"] != "modular-minor":
        raise NoRocqForm(f"evidence {evidence['kind']!r} for exponential features")
    j, k, arguments, exponents, scale = layer
    p, order = int(evidence["modulus"]), (int(evidence["modulus"]) - 1) // 2
    root = pow(int(evidence["root"]), pow(scale, -1, order), p)

    def lift(number: Fraction) -> int:
        return number.numerator * pow(number.denominator, -1, p) % p

    def apply(piece: Layer, z: int, e: int) -> int:
        top, bottom = (
            sum(lift(Fraction(c)) * pow(z, i, p) * pow(e, n, p) for i, n, c in piece[key]) % p for key in FRACTION
        )
        return top * pow(bottom, -1, p) % p

    own = instance.layers[j - 1]["activation"]
    rows = []
    for zs, gs in zip(arguments, exponents, strict=True):
        first = [
            apply(piece_at(own, z), lift(z), pow(root, int(scale * g) % order, p)) for z, g in zip(zs, gs, strict=True)
        ]
        rows.append(values(instance.layers[j:k], first, lambda act, z: apply(act["pieces"][0], z % p, 1), lift=lift))
    minor = [[rows[i][h] % p for h in evidence["columns"]] for i in evidence["rows"]]
    chosen = [evidence["rows"][i] for i in elimination_order(minor, p)]
    witness = definition(f"{name}_rows", "list nat", indices(chosen))
    witness += definition(f"{name}_columns", "list nat", indices(evidence["columns"]))
    return Theorem(
        name,
        f"{lower} rows of F_{k} are linearly independent over K: a minor is not 0 at t = {root} modulo {p}.",
        f"{FOR_ALL}rank_at_least eqv ({called} K t) {lower}",
        f"apply (exponential_rank_by_minor {parts} {p}%Z {root}%Z {name}_rows {name}_columns)",
        witness,
        estimate(work + lower**3, p.bit_length()),
    )


def _above(claim: dict[str, Any], name: str, called: str, parts: str, count: int) -> Theorem:
    evidence, upper = claim["upper_evidence"], claim["upper"]
    if evidence["kind"] != "shape":
        raise NoRocqForm(f"evidence {evidence['kind']!r} for exponential features")
    axis = "rows" if upper == count else "columns"
    return Theorem(
        name,
        f"All rows of F_{claim['layer']} are combinations of {upper} vectors: it has no more {axis}.",
        f"{FOR_ALL}rank_at_most eqv ({called} K t) {upper}",
        f"apply (exponential_rank_by_{axis} {parts})",
    )
