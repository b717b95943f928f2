"""Assumption 3.2, Lemma 3.3 and equation (5)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.errors import InputError
from exactcnn.network.activations import Activation, activation
from exactcnn.network.assumption_3_2 import assumption_3_2 as witness_of
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.theorems.hypotheses import assumption_3_2

LEMMA_3_3 = ("relu", "sigmoid", "softplus(1)", "softplus(10)", "softplus(1/2)")


@check("NH18.A3.2")
def limits_or_growth(name: str | Activation = "sigmoid") -> CheckResult:
    """Assumption 3.2 for one activation: its limits, or its growth constants, or the reason why it fails."""
    network = Network((1,), [FullyConnected(1, activation=name)])
    verdict = assumption_3_2(network.convolved(1))
    return from_verdict(verdict, "an instance", Certificate(Instance(network), verdict.claims, 1))


@check("NH18.A3.2")
def growth_constants_on_a_grid(name: str = "gelu", *, points: int = 400) -> CheckResult:
    """The constants of condition (ii) in ball arithmetic at points -n/10 and n/10: a test, not a proof."""
    from flint import arb

    from exactcnn.domains.balls import working_precision

    nonlinearity = activation(name)
    found = witness_of(nonlinearity)
    if not found.holds or found.constants is None:
        raise InputError(f"activation {name!r} has no growth constants; expected one that meets condition (ii)")
    with working_precision(1024):
        rho_1, rho_2, rho_3, rho_4 = (arb(c.numerator) / c.denominator for c in found.constants)
        for n in range(points + 1):
            t = arb(n) / 10
            left = abs(nonlinearity.ball(-t)) <= rho_1 * (-rho_2 * t).exp() if n else True
            right = abs(nonlinearity.ball(t)) <= rho_3 * t + rho_4
            if not (left and right):
                return CheckResult("undecided", "a sample", f"{name}: no proof of a bound at t = ±{n}/10")
    constants = ", ".join(map(str, found.constants))
    what = f"{name}: the bounds with ρ = ({constants}) hold at {2 * points + 1} points up to ±{points // 10}"
    return CheckResult("proved", "a sample", what, {"constants": [str(c) for c in found.constants]})


@check("NH18.L3.3")
def standard_activations(names: Sequence[str] = LEMMA_3_3) -> CheckResult:
    """Lemma 3.3: ReLU, sigmoid and softplus (here for several α) satisfy Assumption 3.2."""
    results = {name: limits_or_growth(name) for name in names}
    failing = [name for name, found in results.items() if found.status != "proved"]
    if failing:
        return CheckResult("refuted", "an instance", f"{failing[0]}: {results[failing[0]].what}")
    certificates = tuple(certificate for found in results.values() for certificate in found.certificates)
    reasons = {name: found.what for name, found in results.items()}
    return CheckResult("proved", "an instance", f"{', '.join(names)} satisfy Assumption 3.2", reasons, certificates)


@check("NH18.E5")
def softplus_is_near_relu(alpha: Fraction | int = Fraction(10)) -> CheckResult:
    """0 < softplus_α(t) - max(0, t) <= ln(2)/α for every t, from an identity in E = exp(α|t|) and 0 < 1/E <= 1."""
    import sympy
    from flint import arb

    alpha = Fraction(alpha)
    if alpha <= 0:
        raise InputError(f"alpha = {alpha}; expected a positive number")
    t, E = sympy.Symbol("t", real=True), sympy.Symbol("E", positive=True)
    rational = sympy.Rational(alpha.numerator, alpha.denominator)
    power = sympy.exp(rational * activation(f"softplus({alpha})").sympy(t))
    # exp(α softplus(t)) = 1 + exp(αt), and for t ≥ 0 this is exp(αt) (1 + exp(-αt)); for t < 0 there is nothing to show
    identity = sympy.simplify(power - 1 - sympy.exp(rational * t)) == 0 and sympy.expand(E * (1 + 1 / E) - 1 - E) == 0
    bound = arb(2).log() / alpha.numerator * alpha.denominator
    if not identity:
        return CheckResult("undecided", "an instance", "the identity for softplus does not hold")
    what = (
        f"softplus_α(t) = max(0, t) + ln(1 + exp(-α|t|))/α for all t; the last term lies in (0, ln(2)/α], "
        f"at most {float(bound.upper()):.6g} for α = {alpha}, attained at t = 0"
    )
    return CheckResult("proved", "an instance", what, {"alpha": str(alpha), "largest_gap": float(bound.upper())})
