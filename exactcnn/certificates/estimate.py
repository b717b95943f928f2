"""How long the independent checker takes for a certificate: a rough model, fitted to measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exactcnn.certificates.claim import Claim
from exactcnn.network.instance import Instance
from exactcnn.network.kinds.kind import ResolvedLayer

# measured on two cores: reading and features, seconds for each entry, and for each that is an integer; elimination
# modulo a prime by FLINT on one core, seconds for each cube of the order; a determinant of balls at 128 bits likewise
PER_ENTRY = 7e-7
PER_INTEGER = 1.5e-7
PER_CUBE = 1.5e-10
PER_BALL_CUBE = 1.2e-8
# an entry of features written over names, and a term of a sum of such entries: seconds each
PER_EXPANSION = 2e-5
PER_TERM = 3e-6
# products of integers of 50 bits, and of balls of 128: seconds for each multiplication; entries of balls, one by one
PER_INTEGER_PRODUCT = 7e-10
PER_BALL_PRODUCT = 3e-9
PER_BALL = 3e-6
# outputs sample by sample: seconds for each product of a weight, of rational numbers and of balls of 192 bits alike
PER_OUTPUT_PRODUCT = 1.7e-7
PER_COMPARISON = 2e-5  # of a property, at one sample
PER_POWER = 3e-4  # of a combination in Q(t), at one sample: it is multiplied with a row of derivatives
PER_DIGIT = 1e-6  # of the combinations of a claim about terms of blocks: each goes through the network twice
WITHOUT_FEATURES = {"patch-structure", "distinct-patches", "activation", "width", "generic-rank", "conclusion"}


def estimated_seconds(instance: Instance, claims: Sequence[Claim], layers: int) -> float:
    """Estimate the seconds that the checker takes, within a factor of a few."""
    count = instance.count or 1
    resolved = instance.network.resolved[:layers]
    parameters = sum(layer.patches.slots.shape[1] * layer.filters for layer in resolved)
    gathered = sum(layer.patches.slots.size + layer.width for layer in resolved)
    seconds: float = 0.1 + PER_ENTRY * (count * instance.network.widths[0] + gathered + parameters)
    products = sum(layer.patches.slots.size * layer.filters for layer in resolved)
    for document in (claim.document() for claim in claims):
        if document["kind"] == "outputs":
            seconds += _of_outputs(document, products)
        elif document["kind"] == "block-terms":
            found = [each["coefficients"] for each in document["combinations"] if each]
            seconds += PER_DIGIT * sum(len(number) for own in found for _, number in own)
        elif document["kind"] == "formal-block-terms":
            found = [each["coefficients"] for each in document["combinations"] if each]
            seconds += PER_POWER * count * sum(len(powers) for own in found for _, powers in own)
        else:
            seconds += _of_evidence(document, count, instance.network.widths)
            seconds += _of_features(document, count, resolved)
    return seconds


def _of_features(document: dict[str, Any], count: int, resolved: Sequence[ResolvedLayer]) -> float:
    """Features of all samples, or of the rows of a minor modulo a prime: then no more than its columns depend on."""
    if document["kind"] in WITHOUT_FEATURES:
        return 0.0
    below, above = document.get("lower_evidence", {}), document.get("upper_evidence", {})
    alone = below.get("kind") == "modular-minor" and above.get("kind") == "shape"
    rows, wanted = (len(below["rows"]), np.array(below["columns"], dtype=np.int64)) if alone else (count, None)
    seconds: float = 0.0
    for layer in reversed(resolved[: document.get("layer", len(resolved))]):
        slots = layer.patches.slots
        if wanted is not None:
            slots = slots[np.unique(wanted // layer.filters)]
            wanted = np.unique(slots[slots >= 0])
        curve = getattr(layer, "nonlinearity", None)
        rational = curve is None or curve.domain == "rational"
        entries = int(slots.size) + len(slots) * layer.filters
        seconds += (PER_INTEGER if rational else PER_ENTRY) * rows * entries
    return seconds


def _of_evidence(document: dict[str, Any], count: int, widths: Sequence[int]) -> float:
    if document["kind"].startswith("singular-value"):
        return _of_singular_values(document["evidence"])
    below, above = document.get("lower_evidence", {}), document.get("upper_evidence", {})
    above = above.get("evidence", above)  # of features below
    order = len(below.get("rows", ()))
    seconds = (PER_BALL_CUBE if below.get("kind") == "ball-minor" else PER_CUBE) * order**3
    for relation in above.get("relations", ()):
        seconds += PER_ENTRY * len(relation["coefficients"]) * count
    if above.get("kind") == "zero-block":
        seconds += _of_block(above["rows"], above["columns"], widths[document["layer"]])
    return seconds + PER_CUBE * len(above.get("primes", ())) * order**3


def _of_outputs(document: dict[str, Any], products: int) -> float:
    bits = [sample["precision"] or 0 for sample in document["samples"]]
    longer: float = sum(max(1.0, each / 192) ** 1.3 for each in bits)
    judged = len(bits) * sum(map(_comparisons, document["property"] or ()))
    return PER_OUTPUT_PRODUCT * products * longer + PER_COMPARISON * judged


def _comparisons(formula: dict[str, Any]) -> int:
    return sum(sum(map(_comparisons, formula[word])) for word in ("and", "or") if word in formula) or 1


def _of_block(rows: list[dict[str, Any]], columns: list[dict[str, Any]], width: int) -> float:
    used = len({i for row in rows for i, _ in row["coefficients"]})
    left, right = (sum(len(line["coefficients"]) for line in side) for side in (rows, columns))
    return PER_EXPANSION * used * width + PER_TERM * (used * right + len(columns) * left)


def _of_singular_values(evidence: dict[str, Any]) -> float:
    if evidence["kind"] == "decomposition":
        (rows, order), columns = evidence["left"].shape, len(evidence["right"])
        products: float = (rows + columns) * order**2 * PER_INTEGER_PRODUCT + rows * columns * order * PER_BALL_PRODUCT
        seconds: float = products + ((rows + columns) * order + rows * columns) * PER_BALL
        return seconds
    panels = evidence.get("panels", ())
    order = sum(len(pivot) for panel in panels for pivot in panel)
    longer: float = max(1.0, evidence.get("precision", 0) / 512) ** 1.3
    return order**3 * PER_BALL_PRODUCT * longer + order**2 * (2 + len(panels)) * PER_BALL
