"""Conclusions: statements of Nguyen and Hein (2018) for this instance, from claims that were accepted before.

Theorem 3.4 says that some parameters have rank F_k = N, Theorem 3.5 that almost all parameters have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exactcnn.checker.document import fields, require, unknown
from exactcnn.checker.instance import Instance

FIRST, ALMOST_ALL = "NH18.T3.4", "NH18.T3.5"
PROVED_SCOPE = {FIRST: "architecture", ALMOST_ALL: "almost all parameters"}

# by: (status, scopes by statement)
REASONS = {
    "witness": ("proved", PROVED_SCOPE),
    "theorem": ("proved", PROVED_SCOPE),
    "width": ("refuted", dict.fromkeys((FIRST, ALMOST_ALL), "all parameters")),
    "rank-bound": ("refuted", dict.fromkeys((FIRST, ALMOST_ALL), "all parameters")),
    "dead-units": ("refuted", {ALMOST_ALL: "architecture"}),
}


def read_conclusion(instance: Instance, claim: Any, before: list[dict[str, Any]]) -> tuple[str, Callable[[], None]]:
    """Return a conclusion; `before` holds the claims that stand before it, verified before it is."""
    names = ("kind", "statement", "layer", "status", "scope", "by")
    _, statement, number, status, scope, by = fields(claim, "claim", *names)
    layer = instance.layer(number)
    if type(statement) is not str or statement not in PROVED_SCOPE:
        raise unknown("statement", statement)
    if type(by) is not str or by not in REASONS:
        raise unknown("reason", by)
    if status not in ("proved", "refuted"):
        raise unknown("status", status)
    if type(scope) is not str:
        raise unknown("scope", scope)
    layers = instance.layers[1 : number + 1]

    def stands(kind: str, at: int, **values: Any) -> bool:
        """Return whether such a claim about layer `at` stands before this one."""
        return any(
            other["kind"] == kind and other["layer"] == at and all(other[key] == values[key] for key in values)
            for other in before
        )

    def verify() -> None:
        expected, scopes = REASONS[by]
        require(statement in scopes, f"{by} says nothing about {statement}")
        require(status == expected, f"{by} makes a statement {expected}")
        require(scope == scopes[statement], f"the scope is {scopes[statement]!r}")
        count = instance.known_count()
        if by == "witness":
            require(stands("rank", number, lower=count), f"no claim rank F_{number} >= N before it")
            if statement == ALMOST_ALL:
                # a minor is then an analytic function of the parameters, not zero at one point
                require_analytic()
        elif by == "theorem":
            verify_theorem()
        elif by == "width":
            require(stands("width", number, holds=False), f"no claim n_{number} < N before it")
        elif by == "rank-bound":
            require(
                any(
                    other["kind"] == "rank-for-all-parameters" and other["layer"] == number and other["upper"] < count
                    for other in before
                ),
                f"no claim rank F_{number} < N for all parameters before it",
            )
        else:
            # with biases low (or high) enough, all units of layer k are zero on all samples, and so nearby
            require(layer.kind == "convolution" and layer.bias != "none", f"layer {number} has no biases")
            require(layer.activation.zero_on_a_half_line, f"{layer.activation.name} has no zero half-line")

    def require_analytic() -> None:
        for k, each in enumerate(layers, start=1):
            require(each.kind != "max-pooling", f"layer {k} is max-pooling")
            require(each.activation.analytic, f"{each.activation.name} in layer {k} is not real analytic")

    def verify_theorem() -> None:
        def need(kind: str, at: int, **values: Any) -> None:
            require(stands(kind, at, **values), f"no {kind} claim that holds for layer {at} before it")

        crossing = stands("distinct-patches", 1, holds=True, cross_position=True)
        alike = stands("distinct-patches", 1, holds=True, cross_position=False)
        require(crossing or (number == 1 and alike), "no claim for Assumption 3.1 that suffices before it")
        need("width", number, holds=True)
        for k, each in enumerate(layers, start=1):
            allowed = (
                ("convolution",) if k in (1, number) or statement == ALMOST_ALL else ("convolution", "max-pooling")
            )
            require(each.kind in allowed, f"layer {k} is {each.kind}")
            need("patch-structure", k, holds=True)
            if each.kind == "convolution":
                need("activation", k, holds=True)
                require(each.bias == "neuron", f"layer {k} does not have one bias per neuron")
        if statement == ALMOST_ALL:
            require_analytic()

    return f"{statement} at layer {number}: {status} ({scope}), by {by}", verify
