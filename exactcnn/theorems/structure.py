"""Section 2: the standing conditions on patches, and Assumption 2.4 on the full weight matrices."""

from __future__ import annotations

from exactcnn.display import several
from exactcnn.network.network import Convolved, ResolvedLayer
from exactcnn.patches.conditions import PatchStructureClaim, patch_conditions
from exactcnn.patches.generic_rank import GenericRankClaim, generic_rank
from exactcnn.theorems.verdict import Status, Verdict, status_of


def standing_conditions(layer: ResolvedLayer) -> Verdict:
    """Section 2: patches cover the layer below and differ as sets; Definition 2.1 knows no padding.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.network import Network
    >>> standing_conditions(Network((4,), [Convolution(1, patches=((0, 1), (1, 0)))]).layer(1)).reason
    'neurons 2, 3 are in no patch; patches 0, 1 see the same neurons'
    """
    found = patch_conditions(layer.patches)
    problems = []
    if found.uncovered:
        neurons, are = ("neuron", "is") if len(found.uncovered) == 1 else ("neurons", "are")
        problems.append(f"{neurons} {_listed(found.uncovered)} {are} in no patch")
    if found.identical:
        problems.append(f"patches {_listed(found.identical[0])} see the same neurons")
    if found.padding:
        some = several(len(found.padding), "patch has", "patches have")
        problems.append(f"{some} slots of zero padding, outside Definition 2.1")
    violations = found.violations()
    return Verdict(
        "NH18.D2.1",
        status_of(found.hold),
        "architecture",
        "; ".join(problems) or "every neuron is in a patch and no two patches see the same neurons",
        layer.number,
        {"violations": violations},
        (PatchStructureClaim(layer.number, found),),
    )


def assumption_2_4(layer: Convolved, *, seed: int = 0) -> Verdict:
    """Assumption 2.4: some filters W_k make U_k = M_k(W_k) a matrix of full rank; Lemma 2.5: then almost all do.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> from exactcnn.network.network import Network
    >>> verdict = assumption_2_4(Network((1, 3, 3), [Convolution(2, 2)]).layer(1))
    >>> verdict.status, verdict.details["rank"], verdict.details["full"]
    ('refuted', 7, 8)
    """
    found = generic_rank(layer.patches, layer.filters, seed=seed)
    below, width = layer.patches.neurons, layer.width
    full = min(below, width)
    # from the bounds, which are what the claim states
    status: Status = "proved" if found.lower == full else "refuted" if found.upper < full else "undecided"
    bounds = str(found.lower) if found.lower == found.upper else f"between {found.lower} and {found.upper}"
    reason = (
        f"the largest rank of U_{layer.number} ({below} x {width}) over all filters is {bounds}"
        + {
            "proved": ", full; almost all filters attain it (Lemma 2.5)",
            "refuted": f", below {full}",
            "undecided": f"; full would be {full}, and no exact relation was found",
        }[status]
    )
    claim = GenericRankClaim(layer.number, found)
    details = {
        "rank": found.lower if found.lower == found.upper else None,
        "full": full,
        "lower": found.lower,
        "upper": found.upper,
    }
    return Verdict("NH18.A2.4", status, "architecture", reason, layer.number, details, (claim,))


def _listed(items: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, items[:6]))
    return shown if len(items) <= 6 else f"{shown}, … ({len(items)} in all)"
