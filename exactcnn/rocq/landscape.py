"""Claims about the loss of rational networks: its values, points that are better, critical points and strict minima."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import (
    NoRocqForm,
    Theorem,
    as_far_as_possible,
    bits_of,
    definition,
    estimate,
    matrix,
    numbers,
    rational,
)

RADII = 24  # boxes of the radii 1, 1/4, 1/16, ... are tried
TRIED = 6  # so many of them, about, before one is small enough


def loss(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The loss at a point, from below and from above."""
    return [_loss(instance, claim["point"], (claim["lower"], claim["upper"]), name)]


def _loss(instance: RocqInstance, index: int, bounds: Sequence[str], name: str) -> Theorem:
    point = instance.point(index)
    value = f"rational_loss {point} samples targets"
    lower, upper = map(Fraction, bounds)
    seconds = instance.loss_seconds(index) + estimate(1, bits_of((lower, upper)))
    says = f"The loss at {point}, half the sum of the squared residuals, is from {lower} to {upper}."
    statement = f"({rational(lower)} <= {value} /\\ {value} <= {rational(upper)})%Q"
    if lower == upper:
        says = f"The loss at {point}, half the sum of the squared residuals, is {lower}."
        statement = f"({value} == {rational(lower)})%Q"
        return Theorem(name, says, statement, "apply Qeq_bool_iff", seconds=seconds)
    proof = "split; apply Qle_bool_iff; vm_cast_no_check (eq_refl true)."
    return Theorem(name, says, statement, proof, seconds=2 * seconds)


def suboptimal(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """A point that is better than the one of an earlier claim."""
    claims = instance.document["claims"]
    first, second = claims[claim["claim"]], claims[claim["loss"]]
    evidence = first.get("evidence", {"kind": ""})
    if evidence["kind"] not in AT_THE_POINT or evidence.get("radius") is not None:
        raise NoRocqForm("the point is one of a box")
    point, better = instance.point(first["point"]), instance.point(second["point"])
    says = f"The loss at {better} is smaller than at {point}, which is no global minimum."
    statement = f"(rational_loss {better} samples targets < rational_loss {point} samples targets)%Q"
    proof = "apply Qlt_alt; vm_cast_no_check (eq_refl Lt)."
    seconds = sum(instance.loss_seconds(each["point"]) for each in (first, second))
    return [Theorem(name, says, statement, proof, seconds=seconds)]


def critical_point(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """A point whose derivatives are 0, and what it is, along all coordinates, the free ones, or one direction."""
    evidence, point = claim["evidence"], instance.point(claim["point"])
    kind = evidence["kind"]
    value = partial(_loss, instance, claim["point"], claim["loss"], f"{name}_loss")
    if kind == "zero":
        says = f"The loss is 0 at {point}, and nowhere less, as half a sum of squares."
        statement = f"(rational_loss {point} samples targets == 0)%Q"
        seconds = instance.loss_seconds(claim["point"])
        return [Theorem(name, says, statement, "apply Qeq_bool_iff", seconds=seconds)]
    if kind == "mean-targets":
        return [value(), _by_means(instance, claim["point"], f"{name}_minimum")]
    if kind != "entry" and (kind not in ("hessian", "negative-direction") or evidence["by"] != "rational"):
        raise NoRocqForm(f"evidence {kind!r}")
    instance.polynomial_at(claim["point"])
    count = instance.parameter_count()
    every = [[Fraction(i == e) for i in range(count)] for e in range(count)]
    if kind == "entry":
        own = every[evidence["coordinate"]]
        says = f"The derivative of the loss by coordinate {evidence['coordinate']} is not 0 at {point}."
        slope = _tested(instance, f"{name}_slope", point, [own], "slopes", says)
        return [value(), slope]
    derivatives = f"All {count} derivatives of the loss are 0 at {point}: moving one by s changes it by C s^2 at most."
    parts = [
        (
            "that all derivatives are 0",
            lambda: _tested(instance, f"{name}_critical", point, every, "critical", derivatives),
        )
    ]
    parts.append(("the loss", value))
    if claim["index"] is not None:
        parts.append(("the index of the Hessian", _index))
    if kind == "hessian":
        parts.append((f"that it is a {claim['type']}", lambda: _minimum(instance, claim, name, point, every)))
        return as_far_as_possible(parts)
    for extreme, key in (("maximum", "direction"), ("minimum", "positive")):
        if evidence[key]:
            parts.append((f"the strict {extreme}", partial(_on_a_line, instance, claim, name, point, extreme, key)))
    return as_far_as_possible(parts)


def _by_means(instance: RocqInstance, index: int, name: str) -> Theorem:
    point, samples = instance.point(index), instance.samples
    return Theorem(
        name,
        f"No rational parameters have a smaller loss than {point}: outputs are means of the targets of equal samples.",
        f"is_global_minimum {point} samples targets",
        f"apply (global_minimum_by_means {point} samples targets)",
        seconds=instance.loss_seconds(index) + estimate(len(samples) ** 2 * len(samples[0]) / 20),
    )


def _index() -> Theorem:
    raise NoRocqForm("only what follows for the loss is stated")


def _on_a_line(instance: RocqInstance, claim: dict[str, Any], name: str, point: str, extreme: str, key: str) -> Theorem:
    own = [numbers(claim["evidence"][key], key)]
    says = f"Along this line through {point} the loss has a strict {extreme} there."
    return _tested(instance, f"{name}_{extreme}", point, own, extreme, says)


def _minimum(
    instance: RocqInstance, claim: dict[str, Any], name: str, point: str, every: Sequence[Sequence[Fraction]]
) -> Theorem:
    if claim["type"] != "minimum":
        raise NoRocqForm("a saddle by its Hessian")
    frozen = _frozen(claim["evidence"]["slice"], instance)
    free = [e for e in range(len(every)) if e not in frozen]
    says = f"{point} is a strict minimum of the loss, among all rational parameters of a box around it."
    paper = ""
    if frozen:
        says = f"{point} is a strict minimum of the loss on a box, by the coordinates {free} alone."
        paper = "the slice: the frozen coordinates move without changing any output, so it is a minimum by all of them"
    return _tested(instance, f"{name}_minimum", point, [every[e] for e in free], "minimum", says, paper)


AT_THE_POINT = ("hessian", "negative-direction", "zero", "kinks", "reachable", "constant-units", "curve", "valley")
STATEMENTS = {
    "critical": ("is_critical {point} samples targets {name}_directions", "critical_on_box"),
    "slopes": ("has_slopes {point} samples targets {name}_directions", "slopes_on_box"),
    "minimum": ("exists radius, is_strict_minimum {point} samples targets {name}_directions radius", "minimum_on_box"),
    "maximum": ("exists radius, is_strict_maximum {point} samples targets {name}_directions radius", "maximum_on_box"),
}


def _tested(
    instance: RocqInstance,
    name: str,
    point: str,
    directions: Sequence[Sequence[Fraction]],
    what: str,
    says: str,
    paper: str = "",
) -> Theorem:
    statement, lemma = (each.format(point=point, name=name) for each in STATEMENTS[what])
    witness = definition(f"{name}_directions", "list (list Q)", matrix(directions))
    proof = f"apply ({lemma} {point} samples targets {name}_directions {RADII})"
    single = what in ("critical", "slopes")
    degree = instance.degree()
    outputs, squares = (math.comb((1 if single else len(directions)) + d, d) for d in (degree, 2 * degree))
    one = instance.loss_work() * outputs + len(instance.samples) * outputs * squares / 4
    bits = max(32, instance.evaluation(len(instance.layers))[1], bits_of(x for row in directions for x in row))
    seconds = estimate(TRIED * one * (len(directions) if single else 1), bits)
    return Theorem(name, says, statement, proof, witness, seconds, paper)


def _frozen(steps: Sequence[dict[str, Any]], instance: RocqInstance) -> set[int]:
    """The coordinates that the steps of a slice freeze."""
    found: set[int] = set()
    for step in steps:
        if step["kind"] not in FROZEN:
            raise NoRocqForm(f"a slice with a step {step['kind']!r}")
        found |= FROZEN[step["kind"]](step, instance)
    return found


FROZEN: dict[str, Callable[[dict[str, Any], RocqInstance], set[int]]] = {
    "scaling": lambda step, _: {step["coordinate"]},
    "inactive": lambda step, _: set(step["coordinates"]),
    "shift": lambda step, instance: {instance.bias_coordinate(step["layer"], step["neuron"])},
}
