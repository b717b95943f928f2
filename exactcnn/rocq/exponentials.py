"""Claims about ranks of features with one layer of exponentials, over any field with a transcendental t."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.ranks import (
    FACTORS,
    PRIME,
    Factors,
    elimination_order,
    factors,
    inverse,
    modulus_of,
    residue,
    two_bounds,
)
from exactcnn.rocq.text import (
    NoRocqForm,
    Theorem,
    bits_of,
    definition,
    estimate,
    indices,
    without_witness,
)
from exactcnn.rocq.values import FRACTION, Layer, is_rational, piece_at, pre_activations, rational_value, values

Exponents = tuple[int, int, list[list[Fraction]], list[list[Fraction]], int]  # j, k, z, g(z), D

ROOT = 3**25  # in place of t modulo `PRIME`

FOR_ALL = "forall (K : numbers) eqv, field_over_Q K eqv -> forall t : K, transcendental K eqv t -> "


def exponential_rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The bounds of a claim about the rank of F_k, E = t^(D g(z)) at one layer."""
    k = claim["layer"]
    j = next(number for number, layer in enumerate(instance.layers[:k], 1) if not is_rational(layer))
    own, above = instance.layers[j - 1], instance.layers[j:k]
    _refuse(own, above, j)
    instance.given_up_to(k)
    work = float(len(instance.samples) * (instance.multiplications(k) + 130 * instance.width(j)))
    if estimate(work) > instance.most:
        return [without_witness(f"F_{k}", estimate(work))]
    below = [values(instance.layers[: j - 1], x, rational_value) for x in instance.samples]
    arguments = [pre_activations(own, x, Fraction) if "patches" in own else list(x) for x in below]
    exponents = [[_polynomial(own["activation"], z) for z in row] for row in arguments]
    scale = math.lcm(1, *(g.denominator for row in exponents for g in row))
    parts = f"{scale} {instance.around(j, k)}"
    called = f"{name}_F"
    witness = definition(called, "forall K : numbers, K -> matrix K", f"fun K t => exponential_features K t {parts}")
    integral = f"{scale} {instance.named(1, j - 1)} (layer_{j}, parameters_{j}) samples"
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
        lambda: _above(instance, claim, f"{name}_above", called, parts, given, work),
    )
    up_to_g = instance.evaluation(j)[0]  # in Q, for each theorem
    return [replace(each, seconds=each.seconds + up_to_g) for each in (integers, *found)]


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
    layer: Exponents,
    work: float,
) -> Theorem:
    evidence, lower = claim["lower_evidence"], claim["lower"]
    p, root = modulus_of(evidence), ROOT
    seconds = estimate(work + lower**3, p.bit_length())
    if seconds > instance.most:
        return without_witness(name, seconds)
    if evidence.get("root"):
        root = pow(int(evidence["root"]), pow(layer[-1], -1, (p - 1) // 2), p)
    rows = _images(instance, layer, p, root)
    minor = [[rows[i][h] for h in evidence["columns"]] for i in evidence["rows"]]
    chosen = [evidence["rows"][i] for i in elimination_order(minor, p)]
    witness = definition(f"{name}_rows", "list nat", indices(chosen))
    witness += definition(f"{name}_columns", "list nat", indices(evidence["columns"]))
    return Theorem(
        name,
        f"{lower} rows of F_{layer[1]} are linearly independent over K: a minor is not 0 at t = {root} modulo {p}.",
        f"{FOR_ALL}rank_at_least eqv ({called} K t) {lower}",
        f"apply (exponential_rank_by_minor {parts} {p}%Z {root}%Z {name}_rows {name}_columns)",
        witness,
        seconds,
    )


def _images(instance: RocqInstance, layer: Exponents, p: int, root: int) -> list[list[int]]:
    """F_k modulo a prime, with t at the root."""
    j, k, arguments, exponents, scale = layer
    lift = partial(residue, modulus=p)

    def apply(piece: Layer, z: int, e: int) -> int:
        top, bottom = (
            sum(lift(Fraction(c)) * pow(z, i, p) * pow(e, n, p) for i, n, c in piece[key]) % p for key in FRACTION
        )
        return top * inverse(bottom, p) % p

    own, found = instance.layers[j - 1]["activation"], []
    for zs, gs in zip(arguments, exponents, strict=True):
        first = [apply(piece_at(own, z), lift(z), pow(root, int(scale * g), p)) for z, g in zip(zs, gs, strict=True)]
        above = values(instance.layers[j:k], first, lambda act, z: apply(act["pieces"][0], z % p, 1), lift=lift)
        found.append([x % p for x in above])
    return found


def _above(
    instance: RocqInstance,
    claim: dict[str, Any],
    name: str,
    called: str,
    parts: str,
    layer: Exponents,
    work: float,
) -> Theorem:
    evidence, upper, k = claim["upper_evidence"], claim["upper"], claim["layer"]
    count, width = len(layer[2]), instance.width(k)
    says = f"All rows of F_{k} are combinations of {upper} vectors"
    statement = f"{FOR_ALL}rank_at_most eqv ({called} K t) {upper}"
    if evidence["kind"] == "shape":
        axis = "rows" if upper == count else "columns"
        return Theorem(
            name,
            f"{says}: it has no more {axis}.",
            statement,
            f"apply (exponential_rank_by_{axis} {parts})",
            seconds=0 if axis == "rows" else estimate(work),
        )
    witness = factors(evidence, count, width, lambda: _images(instance, layer, PRIME, ROOT))
    if not all(map(affine, instance.layers[layer[0] : k])):
        raise NoRocqForm(f"layers above layer {layer[0]} are not affine")
    return Theorem(
        name,
        f"{says}: {FACTORS}, name by name.",
        statement,
        f"apply (exponential_rank_by_names {parts} {width} {witness.arguments(name)})",
        witness.text(name),
        estimate(work) + by_names(witness, count, width, _names(instance, layer[0], k)),
    )


def by_names(witness: Factors, count: int, width: int, names: int) -> float:
    """Seconds for products with sums of so many names.

    Measured on one core, for 12 to 60 rows: 60 us a product and name with factors of 25 bits, 300 at 80, 1300 at 200.
    """
    left, right = ([x for line in lines for x in line if x] for _, lines in (witness.rows, witness.columns))
    return estimate(6 * names * (count * len(right) + width * len(left)), bits_of([*left, *right]))


def _names(instance: RocqInstance, j: int, k: int) -> int:
    """How many names an entry of F_k has at most."""
    pieces = instance.layers[j - 1]["activation"]["pieces"]
    degree = max(int(term[1]) for piece in pieces for key in FRACTION for term in piece[key])
    return (1 + degree) * (instance.width(j) if k > j else 1)


def affine(layer: Layer) -> bool:
    """Whether a layer is a rational multiple of each sum, and a constant."""
    if layer["kind"] == "max-pooling" or not is_rational(layer) or layer.get("activation", {}).get("kinks"):
        return False
    pieces = layer["activation"]["pieces"] if "activation" in layer else []
    return all(i <= (key == "numerator") for piece in pieces for key in FRACTION for i, _, _ in piece[key])
