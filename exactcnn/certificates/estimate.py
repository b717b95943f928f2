"""How long the independent checker takes for a certificate: a rough model, fitted to measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exactcnn.certificates.claim import Claim
from exactcnn.network.instance import Instance

# measured on two cores: reading and features, seconds for each entry; elimination modulo a prime by FLINT on one core,
# seconds for each cube of the order; a determinant of balls at 128 bits likewise
PER_ENTRY = 1e-6
PER_CUBE = 2e-10
PER_BALL_CUBE = 1e-7


def estimated_seconds(instance: Instance, claims: Sequence[Claim], layers: int) -> float:
    """Estimate the seconds that the checker takes, within a factor of a few."""
    count = instance.count or 1
    resolved = instance.network.resolved[:layers]
    gathered = sum(layer.patches.slots.size + layer.width for layer in resolved)
    seconds = 0.1 + PER_ENTRY * (count * (instance.network.widths[0] + gathered) + gathered)
    return seconds + sum(_of_evidence(claim.document(), count) for claim in claims)


def _of_evidence(document: dict[str, Any], count: int) -> float:
    below, above = document.get("lower_evidence", {}), document.get("upper_evidence", {})
    order = len(below.get("rows", ()))
    seconds = (PER_BALL_CUBE if below.get("kind") == "ball-minor" else PER_CUBE) * order**3
    for relation in above.get("relations", ()):
        seconds += PER_ENTRY * len(relation["coefficients"]) * count
    return seconds + PER_CUBE * len(above.get("primes", ())) * order**3
