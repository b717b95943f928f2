"""Conclusions: statements of Nguyen and Hein (2018) for this instance, from claims that were accepted before.

Theorem 3.4 says that some parameters have rank F_k = N, Theorem 3.5 that almost all parameters have. Those on Section 4
stand in `section_4`, and those of `wide_layers` are about basins and local minima.
"""

from __future__ import annotations

from typing import Any

from exactcnn.checker.claim import Accepted, Read
from exactcnn.checker.claims.rules import Rule
from exactcnn.checker.claims.section_4 import SECTION_4
from exactcnn.checker.claims.wide_layers import WIDE_LAYERS
from exactcnn.checker.document import ObligationError, fields, require, unknown
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import Layer


def _layers(instance: Instance, k: int) -> list[tuple[int, Layer]]:
    """Return layers 1 to k with their numbers."""
    return list(enumerate(instance.layers[1 : k + 1], start=1))


def _full_rank(instance: Instance, k: int, accepted: Accepted) -> None:
    count = instance.known_count()
    require(accepted.stands("rank", k, lower=count), f"no claim rank F_{k} >= N before it")


def _analytic(instance: Instance, k: int, _: Accepted) -> None:
    """A minor of F_k is then an analytic function of the parameters: zero almost nowhere, if not everywhere."""
    for number, layer in _layers(instance, k):
        require(layer.linear, f"layer {number} is {layer.kind}")
        require(layer.activation.analytic, f"{layer.activation.text} in layer {number} is not real analytic")


def _different_patches(_: Instance, k: int, accepted: Accepted) -> None:
    crossing = accepted.stands("distinct-patches", 1, holds=True, cross_position=True)
    alike = accepted.stands("distinct-patches", 1, holds=True, cross_position=False)
    require(crossing or (k == 1 and alike), "no claim for Assumption 3.1 that suffices before it")


def _wide(_: Instance, k: int, accepted: Accepted) -> None:
    require(accepted.stands("width", k, holds=True), f"no claim n_{k} >= N before it")


def _layers_of_the_theorem(instance: Instance, k: int, accepted: Accepted) -> None:
    """The proof needs more than continuity: that a function is injective on some interval, as an analytic piece is."""
    for number, layer in _layers(instance, k):
        kinds = ("convolution",) if number in (1, k) else ("convolution", "max-pooling")
        require(layer.kind in kinds, f"layer {number} is {layer.kind}")
        needed = ("patch-structure", "activation") if layer.kind == "convolution" else ("patch-structure",)
        for kind in needed:
            stands = accepted.stands(kind, number, holds=True)
            require(stands, f"no {kind} claim that holds for layer {number} before it")
        if layer.kind == "convolution":
            require(layer.bias == "neuron", f"layer {number} does not have one bias per neuron")


def _narrow(_: Instance, k: int, accepted: Accepted) -> None:
    require(accepted.stands("width", k, holds=False), f"no claim n_{k} < N before it")


def _bounded_rank(instance: Instance, k: int, accepted: Accepted) -> None:
    count = instance.known_count()
    bounds = [c["upper"] for c in accepted if c["kind"] == "rank-for-all-parameters" and c["layer"] == k]
    require(any(bound < count for bound in bounds), f"no claim rank F_{k} < N for all parameters before it")


def _units_can_die(instance: Instance, k: int, _: Accepted) -> None:
    """With biases low (or high) enough, all units of layer k are zero on all samples, and so nearby: rank 0 < N."""
    instance.known_count()
    layer = instance.layers[k]
    require(layer.kind == "convolution" and layer.bias != "none", f"layer {k} has no biases")
    require(layer.activation.zero_on_a_half_line, f"{layer.activation.text} has no zero half-line")


FIRST, ALMOST_ALL = "NH18.T3.4", "NH18.T3.5"
THEOREM = (_different_patches, _wide, _layers_of_the_theorem)
RULES = (
    Rule(FIRST, "witness", "proved", "architecture", (_full_rank,)),
    Rule(ALMOST_ALL, "witness", "proved", "almost all parameters", (_full_rank, _analytic)),
    Rule(FIRST, "theorem", "proved", "architecture", THEOREM),
    Rule(ALMOST_ALL, "theorem", "proved", "almost all parameters", (*THEOREM, _analytic)),
    Rule(FIRST, "width", "refuted", "all parameters", (_narrow,)),
    Rule(ALMOST_ALL, "width", "refuted", "all parameters", (_narrow,)),
    Rule(FIRST, "rank-bound", "refuted", "all parameters", (_bounded_rank,)),
    Rule(ALMOST_ALL, "rank-bound", "refuted", "all parameters", (_bounded_rank,)),
    Rule(ALMOST_ALL, "dead-units", "refuted", "architecture", (_units_can_die,)),
    *SECTION_4,
    *WIDE_LAYERS,
)


def read_conclusion(instance: Instance, claim: Any, accepted: Accepted) -> Read:
    """Return a conclusion and its premises."""
    names = ("kind", "statement", "layer", "status", "scope", "by")
    _, statement, number, status, scope, by = fields(claim, "claim", *names)
    instance.layer(number)
    known = [("statement", statement, {rule.statement for rule in RULES}), ("reason", by, {rule.by for rule in RULES})]
    for what, word, words in (*known, ("status", status, {rule.status for rule in RULES}), ("scope", scope, None)):
        if type(word) is not str or (words is not None and word not in words):
            raise unknown(what, word)

    def verify() -> None:
        rule = next((rule for rule in RULES if (rule.statement, rule.by) == (statement, by)), None)
        if rule is None:
            raise ObligationError(f"{by} says nothing about {statement}")
        require(status == rule.status, f"{by} makes a statement {rule.status}")
        require(scope == rule.scope, f"the scope is {rule.scope!r}")
        instance.budget.spend(
            300 * (accepted.number + 10) * len(instance.layers) * len(rule.premises), "claims before it"
        )
        for premise in rule.premises:
            premise(instance, number, accepted)

    return Read(f"conclusion of {statement} at layer {number}: {status} here ({scope}), by {by}", verify)
