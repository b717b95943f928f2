"""Assumption 3.2: limits or growth constants for every activation, or the reason why there are none.

The assumption: σ is continuous, not constant, and satisfies

- (i) σ(t) tends to μ− for t → −∞ and to μ+ for t → +∞, with μ− μ+ = 0, or
- (ii) there are positive ρ1..ρ4 with |σ(t)| ≤ ρ1 e^(ρ2 t) for t < 0 and |σ(t)| ≤ ρ3 t + ρ4 for t ≥ 0.

All constants here are rational, rounded up, and strictly positive, so that they hold under either reading of R+.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from exactcnn.network.activation_domains import Activation

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
        (ρ1, ρ2, ρ3, ρ4) for condition (ii).
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
    name, parameters = activation.name, activation.parameters
    a = parameters[0] if parameters else Fraction(0)
    if activation.constant:
        return _fails("the function is constant")
    match name:
        case "relu":
            return _growth("|σ| is 0 for t < 0 and t for t ≥ 0")
        case "leaky-relu" if a == 0:
            return _growth("with slope 0 it is ReLU")
        case "leaky-relu" | "abs" | "identity" | "square" | "polynomial":
            return _fails("|σ(t)| tends to infinity for t → −∞")
        case "elu":
            return _fails(f"the limit for t → −∞ is {-a}, not zero, and σ is unbounded for t → +∞")
        case "relu6":
            return _limits("0", "6")
        case "clip":
            return _limits(str(a), str(parameters[1]))
        case "hard-sigmoid" | "sigmoid":
            return _limits("0", "1")
        case "hard-tanh" | "softsign" | "tanh" | "erf":
            return _limits("-1", "1")
        case "arctan":
            return _limits("-pi/2", "pi/2")
        case "gaussian":
            return _limits("0", "0")
        case "hard-swish":
            # on [−3, 0]: |t(t+3)/6| e^(−t) has its maximum 2.6764... < 27/10 at t = −(1 + √13)/2; for t in [0, 3]:
            # t(t+3)/6 ≤ t
            return _growth("|σ(t)| e^(−t) < 27/10 on [−3, 0], and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(27, 10))
        case "squared-relu":
            return _fails("σ(t) = t² grows faster than linearly for t → +∞")
        case "exp":
            return _fails("σ(t) = e^t grows faster than linearly for t → +∞")
        case "swish" | "silu":
            return _swish(a if name == "swish" else Fraction(1))
        case "mish":
            # tanh(ln(1 + E)) = E (E + 2) / (E² + 2E + 2) ≤ E, and |t| e^(t/2) ≤ 2/e < 3/4
            return _growth("|σ(t)| ≤ |t| e^t for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(3, 4), Fraction(1, 2))
        case "softplus":
            # ln(1 + x) ≤ x; and σ(t) = t + ln(1 + e^(−at))/a ≤ t + ln(2)/a for t ≥ 0, ln 2 < 7/10
            return _growth("ln(1 + x) ≤ x, and σ(t) ≤ t + ln(2)/a for t ≥ 0", 1 / a, a, Fraction(7, 10) / a)
        case "gelu":
            # Mills: |t| Φ(t) ≤ φ(t) for t < 0; −t²/2 ≤ t + 1/2, so φ(t) ≤ e^t √(e/2π), and √(e/2π) = 0.6577... < 2/3
            return _growth("|t| Φ(t) ≤ φ(t) ≤ (2/3) e^t for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0", Fraction(2, 3))
        case "sin" | "cos":
            return _fails("the function oscillates: it has no limits and does not decay for t → −∞")
        case "log-sigmoid":
            return _fails("σ(t) tends to −∞ for t → −∞", mirror_holds=True)  # σ(−t) = −softplus(t)
    raise AssertionError(f"no entry for {activation.text}")


def _limits(left: str, right: str) -> Witness:
    if "0" in (left, right):
        return Witness(True, "i", (left, right), None, f"the limits are {left} and {right}, one of them zero", True)
    reason = f"the limits {left} and {right} are finite and not zero, so neither (i) nor the decay of (ii) holds"
    return Witness(False, None, (left, right), None, reason, False)


def _growth(
    reason: str, rho_1: Fraction = Fraction(1), rho_2: Fraction = Fraction(1), rho_4: Fraction = Fraction(1)
) -> Witness:
    # each one that comes here grows linearly for t → +∞, so its mirror image does not decay for t → −∞
    return Witness(True, "ii", None, (rho_1, rho_2, Fraction(1), rho_4), reason, False)


def _fails(reason: str, *, mirror_holds: bool = False) -> Witness:
    return Witness(False, None, None, None, reason, mirror_holds)


def _swish(b: Fraction) -> Witness:
    if b > 0:
        # |σ(t)| ≤ |t| e^(bt) for t < 0, and |t| e^(bt/2) ≤ 2/(eb) < 3/(4b)
        reason = f"|σ(t)| ≤ |t| e^({b} t) for t < 0, and 0 ≤ σ(t) ≤ t for t ≥ 0"
        return _growth(reason, Fraction(3, 4) / b, b / 2)
    # b < 0: t S(bt) ~ t for t → −∞ and σ(−t) = −t S(|b| t); b = 0: σ(t) = t/2
    return _fails("|σ(t)| tends to infinity for t → −∞", mirror_holds=b < 0)
