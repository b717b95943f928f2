"""Assumption 3.2: limits or growth for every activation, from its leading terms, or the reason why it fails.

The assumption: σ is continuous, not constant, and satisfies

- (i) σ(t) tends to μ− for t → −∞ and to μ+ for t → +∞, with μ− μ+ = 0, or
- (ii) there are positive ρ1..ρ4 with |σ(t)| ≤ ρ1 e^(ρ2 t) for t < 0 and |σ(t)| ≤ ρ3 t + ρ4 for t ≥ 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from exactcnn.domains.asymptotics import end
from exactcnn.domains.curves import Curve
from exactcnn.network.activations import Activation

Constants = tuple[Fraction, Fraction, Fraction, Fraction]


@dataclass(frozen=True)
class Witness:
    """Whether Assumption 3.2 holds for an activation, and why.

    Parameters
    ----------
    holds : bool
    condition : "i", "ii" or None
        The condition that is met.
    limits : tuple of str or None
        (μ−, μ+), where both exist and are finite, as numbers that SymPy reads.
    constants : tuple of Fraction or None
        (ρ1, ρ2, ρ3, ρ4) for condition (ii), where the activation's entry states them.
    reason : str
        One sentence.
    mirror_holds : bool
        Whether σ(−t) satisfies the assumption. A network with σ is one with σ(−t), its weights and biases negated,
        so the theorems reach it then as well, although the assumption as written does not.
    """

    holds: bool
    condition: Literal["i", "ii"] | None
    limits: tuple[str, str] | None
    constants: Constants | None
    reason: str
    mirror_holds: bool


@dataclass(frozen=True)
class ActivationClaim:
    """The claim that the activation of a layer satisfies Assumption 3.2, or does not."""

    layer: int
    holds: bool

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {"kind": "activation", "layer": self.layer, "holds": self.holds}


def assumption_3_2(activation: Activation) -> Witness:
    """Decide Assumption 3.2, with a witness.

    References
    ----------
    .. [1] Q. Nguyen and M. Hein, "Optimization Landscape and Expressivity of Deep CNNs", ICML 2018, Assumption 3.2
       and Lemma 3.3.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> assumption_3_2(activation("sigmoid")).limits
    ('0', '1')
    >>> assumption_3_2(activation("tanh")).reason
    'the limits -1 and 1 are finite and not zero, so neither (i) nor the decay of (ii) holds'
    """
    growth = activation.growth
    if activation.special is not None:
        if growth is not None:
            return Witness(True, "ii", None, growth.constants, growth.reason, False)
        return _SPECIAL[activation.special.name]
    if activation.constant:
        return _fails("the function is constant")
    condition, limits, failure = _by_leading_terms(activation)
    mirror = _by_leading_terms(activation.mirrored())[0] is not None
    if condition == "i":
        assert limits is not None
        return Witness(True, "i", limits, None, f"the limits are {limits[0]} and {limits[1]}, one of them zero", mirror)
    if condition == "ii":
        reason = "|σ| decays exponentially for t → −∞ and grows at most linearly for t → +∞, by its leading terms"
        constants = None if growth is None else growth.constants
        return Witness(True, "ii", None, constants, reason if growth is None else growth.reason, mirror)
    return _fails(failure, limits=limits, mirror_holds=mirror)


def _by_leading_terms(curve: Curve) -> tuple[Literal["i", "ii"] | None, tuple[str, str] | None, str]:
    """Return the condition that is met, the limits, and why none is met."""
    left, right = end(curve, -1), end(curve, 1)
    if left.limit is not None and right.limit is not None:
        limits = str(left.limit), str(right.limit)
        if left.limit * right.limit == 0:
            return "i", limits, ""
        return None, limits, _two_limits(*limits)
    if left.decays_exponentially and right.at_most_linear:
        return "ii", None, ""
    if left.limit is None:
        return None, None, "|σ(t)| tends to infinity for t → −∞"
    if left.limit:
        return None, None, f"the limit for t → −∞ is {left.limit}, not zero, and σ is unbounded for t → +∞"
    if not left.decays_exponentially:
        return None, None, "σ(t) tends to zero for t → −∞, but not exponentially, and is unbounded for t → +∞"
    return None, None, "σ(t) grows faster than linearly for t → +∞"


def _two_limits(left: str, right: str) -> str:
    return f"the limits {left} and {right} are finite and not zero, so neither (i) nor the decay of (ii) holds"


def _fails(reason: str, *, limits: tuple[str, str] | None = None, mirror_holds: bool = False) -> Witness:
    return Witness(False, None, limits, None, reason, mirror_holds)


# the functions without formula and without growth constants
_SPECIAL = {
    "erf": _fails(_two_limits("-1", "1"), limits=("-1", "1")),
    "arctan": _fails(_two_limits("-pi/2", "pi/2"), limits=("-pi/2", "pi/2")),
    "sin": _fails("the function oscillates: it has no limits and does not decay for t → −∞"),
    "cos": _fails("the function oscillates: it has no limits and does not decay for t → −∞"),
    "log-sigmoid": _fails("σ(t) tends to −∞ for t → −∞", mirror_holds=True),  # σ(−t) = −softplus(t)
}
