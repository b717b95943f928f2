"""Names of the statements that verdicts are about, in one place; their pages are under proofs/."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Title:
    """What a verdict is about, in tables and within a sentence: never a theorem itself, but its conclusion."""

    title: str
    short: str


STATEMENTS = {
    "NH18.D2.1": Title("Section 2: patches cover and differ", "the standing condition on patches"),
    "NH18.A2.4": Title("Assumption 2.4: U can have full rank", "Assumption 2.4"),
    "NH18.A3.1": Title("Assumption 3.1: no patch in common", "Assumption 3.1"),
    "NH18.A3.2": Title("Assumption 3.2: activation", "Assumption 3.2"),
    "NH18.T3.4.2": Title("Width: n_k ≥ N", "the width condition"),
    "RANK": Title("Independent features at these parameters", "the rank at these parameters"),
    "NH18.T3.4": Title("Conclusion of Theorem 3.4: for some parameters", "Conclusion of Theorem 3.4"),
    "NH18.T3.5": Title("Conclusion of Theorem 3.5: for almost all", "Conclusion of Theorem 3.5"),
    "NH18.A4.1": Title("Assumption 4.1: architecture", "Assumption 4.1"),
    "NH18.T4.4": Title("Conclusion of Theorem 4.4: zero gradient, zero loss", "Conclusion of Theorem 4.4"),
    "NH18.T4.5": Title("Conclusion of Theorem 4.5: critical points in S_k", "Conclusion of Theorem 4.5"),
    "LDS18.wide": Title("No basins above a wide layer", "no basins"),
    "LDS18.path": Title("Straight to any outputs", "any outputs"),
    "LDS18.minima": Title("Local minima in S_k are global", "local minima"),
}
