"""No basins: above a wide layer no compact set of parameters is a strict local minimum, whatever the loss."""

from __future__ import annotations

from exactcnn.certificates.claim import Claim
from exactcnn.domains.exact import ExactArray
from exactcnn.network.network import Convolved, Network
from exactcnn.theorems.independence import ConclusionClaim, equal_samples
from exactcnn.theorems.verdict import Verdict

WIDE = "LDS18.wide"


def no_basins(network: Network, samples: ExactArray) -> Verdict:
    """Decide from shapes and samples alone whether any basin, or strict local minimum, can exist.

    Let N' be the number of different samples, and layer k + 1 have P patches of l neurons. A filter has c parameters:
    l, one more for a bias that it shares, and P more for one bias per neuron. If c ≥ P N', and some layer up to k has
    parameters, then for every continuous function of the outputs no compact set of parameters is a strict local
    minimum. For a fully connected layer k + 1 with biases this is n_k + 1 ≥ N'.

    Parameters
    ----------
    network : Network
    samples : ExactArray, shape (N, n_0)

    References
    ----------
    .. [1] Around D. Li, T. Ding and R. Sun, "On the benefit of width for neural networks: disappearance of basins",
       SIAM J. Optim. 32 (2022); in the form proved on the page LDS18.wide.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> no_basins(network, ExactArray.from_array([[1], [2], [4]])).reason
    'n_1 + 1 = 3 ≥ N = 3: no strict local minimum and no basin of any continuous loss of the outputs'
    >>> no_basins(network, ExactArray.from_array([[1], [2], [4], [8]])).status
    'undecided'
    """
    equal = equal_samples(samples, 1)
    name, count = ("N", len(samples)) if equal is None else ("N'", equal.upper)
    candidates = []
    for above in network.resolved[1:]:
        below = network.resolved[: above.number - 1]
        if isinstance(above, Convolved) and any(isinstance(each, Convolved) for each in below):
            patches, size = above.patches.patch_count, above.patches.patch_size
            ones = {"neuron": patches, "filter": 1, "none": 0}[above.bias]
            candidates.append((size + ones - patches * count, above.number, size, ones, patches))
    if not candidates:
        reason = "no layer with weights stands above another: the theorem says nothing about this network"
        return Verdict(WIDE, "undecided", "architecture", reason)
    # the lowest layer that is wide enough, or the one that lacks least
    lacking, number, size, ones, patches = next((each for each in candidates if each[0] >= 0), max(candidates))
    layer, wide = number - 1, lacking >= 0
    width = f"n_{layer}" if patches == 1 and size == network.widths[layer] else f"a filter of layer {number}: {size}"
    width += f" + {ones} = {size + ones}" if ones else f" = {size}" if width.startswith("n_") else ""
    rows = f"{name} = {count}" if patches == 1 else f"{patches} {name} = {patches * count}"
    compared = f"{width} {'≥' if wide else '<'} {rows}"
    if equal is not None:
        compared += ", N' the number of different samples"
    details = {"columns": size + ones, "rows": patches * count, "different_samples": count}
    if not wide:
        reason = f"{compared}: the theorem says nothing about this network"
        return Verdict(WIDE, "undecided", "architecture", reason, layer, details)
    claims: list[Claim] = [ConclusionClaim(WIDE, layer, "proved", "architecture", "wide-layer")]
    if equal is not None and size + ones < patches * len(samples):
        claims.insert(0, equal)
    reason = f"{compared}: no strict local minimum and no basin of any continuous loss of the outputs"
    return Verdict(WIDE, "proved", "architecture", reason, layer, {"by": "wide-layer"} | details, tuple(claims))
