"""Section 3: Assumptions 3.1 and 3.2 and the width condition, each decided for one instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exactcnn.data.collisions import DistinctPatchesClaim, patch_collisions
from exactcnn.domains.exact import ExactArray
from exactcnn.network.assumption_3_2 import ActivationClaim
from exactcnn.network.assumption_3_2 import assumption_3_2 as activation_witness
from exactcnn.network.network import Convolved, Network, ResolvedLayer
from exactcnn.theorems.verdict import Verdict, status_of


@dataclass(frozen=True)
class WidthClaim:
    """The claim n_k >= N, or n_k < N."""

    layer: int
    holds: bool

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {"kind": "width", "layer": self.layer, "holds": self.holds}


def assumption_3_1(network: Network, samples: ExactArray) -> Verdict:
    """Assumption 3.1: the input patches of different samples differ, at whatever positions.

    `details` also tells the same-position version apart, which is all that Theorems 3.4 and 3.5 use for k = 1.

    Examples
    --------
    >>> from exactcnn.network.layers import Convolution
    >>> network = Network((1, 3), [Convolution(1, 2)])
    >>> verdict = assumption_3_1(network, ExactArray.from_array([[1, 2, 3], [2, 3, 1]]))
    >>> verdict.status, verdict.details["first_pair"], verdict.details["same_position_holds"]
    ('refuted', [0, 1, 1, 0], True)
    """
    slots = network.layer(1).patches.slots
    found = patch_collisions(samples, slots)
    claims = [DistinctPatchesClaim(True, found.first_pair)]
    same = found if found.holds else patch_collisions(samples, slots, cross_position=False)
    if not found.holds:
        claims.append(DistinctPatchesClaim(False, same.first_pair))
    count = len(samples)
    if found.holds:
        positions = "one position" if len(slots) == 1 else f"{len(slots)} positions"
        reason = f"no two of the {count} samples share a patch ({positions})" if count > 1 else "there is one sample"
    else:
        assert found.first_pair is not None
        i, p, j, q = found.first_pair
        at = "no patch at the same position" if same.holds else f"{same.samples_involved} at the same position"
        reason = (
            f"{found.samples_involved} of {count} samples share a patch with another one ({at}); "
            f"first: sample {i}, patch {p} = sample {j}, patch {q}"
        )
    details: dict[str, Any] = {
        "samples_involved": found.samples_involved,
        "first_pair": None if found.first_pair is None else list(found.first_pair),
        "largest_prefix": found.largest_prefix,
        "maximal_subsample": len(found.maximal_subsample),
        "same_position_holds": same.holds,
        "same_position_samples_involved": same.samples_involved,
    }
    return Verdict("NH18.A3.1", status_of(found.holds), "all parameters", reason, 1, details, tuple(claims))


def assumption_3_2(layer: Convolved) -> Verdict:
    """Assumption 3.2: the activation has limits with product 0, or decays on the left and grows linearly on the right.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> assumption_3_2(Network((1,), [FullyConnected(1, activation="tanh")]).layer(1)).status
    'refuted'
    """
    witness = activation_witness(layer.activation)
    details: dict[str, Any] = {
        "activation": layer.activation.text,
        "condition": witness.condition,
        "limits": None if witness.limits is None else list(witness.limits),
        "constants": None if witness.constants is None else [str(c) for c in witness.constants],
    }
    claim = ActivationClaim(layer.number, witness.holds)
    reason = f"{layer.activation.text}: {witness.reason}"
    return Verdict("NH18.A3.2", status_of(witness.holds), "architecture", reason, layer.number, details, (claim,))


def width_condition(layer: ResolvedLayer, samples: int) -> Verdict:
    """Condition 2 of Theorems 3.4 and 3.5: n_k >= N (the ">" of some prints is "≥" in the paper's use).

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> width_condition(Network((1,), [FullyConnected(4)]).layer(1), 5).reason
    'n_1 = 4 < N = 5'
    """
    holds = layer.width >= samples
    reason = f"n_{layer.number} = {layer.width} {'≥' if holds else '<'} N = {samples}"
    details = {"width": layer.width, "samples": samples}
    claim = WidthClaim(layer.number, holds)
    return Verdict("NH18.T3.4.2", status_of(holds), "architecture", reason, layer.number, details, (claim,))
