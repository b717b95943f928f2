"""Bad minima of three samples below a convolution, for every structure of patches that has one of this kind."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.landscape.objective import Objective
from exactcnn.network.instance import Instance
from exactcnn.proofs.checks.critical_points import architecture, point_in_s
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.convolutional_minima import (
    OTHER,
    RESIDUAL,
    Patches,
    Tangent,
    cases,
    decide,
    example,
    find_tangent,
    patches_of,
)

if TYPE_CHECKING:
    import sympy


@check("FOUND.patches")
def certified(patches: Patches | None = None) -> CheckResult:
    """The point and a better one, their losses, Assumption 4.1, and that the point is in S_1; by default for all."""
    certificates: list[Certificate] = []
    last = "no structure"
    for own in _structures(patches):
        found = decide(
            {"neurons": 0, "patches": ".".join("".join(map(str, p)) for p in own), "filters": 1}, range(0), 0
        )
        if found.certificate is None:
            return undecided(f"patches {own}: {found.reason}")
        instance = found.certificate.instance
        assumption, member = architecture(instance.network, 3), point_in_s(instance)
        if assumption.status != "proved" or member.status != "proved":
            return undecided(f"patches {own}: {assumption.what}; {member.what}")
        certificates += [found.certificate, *assumption.certificates, *member.certificates]
        last = found.reason.replace("a local minimum", "a local minimum in S_1")
    what = last if patches is not None else f"{len(list(_structures(None)))} structures of patches: {last}"
    return CheckResult("proved", "an instance", what, {}, tuple(certificates))


@check("FOUND.patches")
def expanded(patches: Patches | None = None) -> CheckResult:
    """The loss near the point, with the best constant, is the polynomial of step 1; as the package has it, too."""
    for own in _structures(patches):
        instance, tangent = _instance(own)
        loss, (p, q), (dp, dq) = _reduced(own, instance)
        alpha, b, lam, a = (tuple(map(_rational, part)) for part in (tangent.alpha, tangent.b, tangent.lam, tangent.a))
        x, y = _dot(alpha, dp), _dot(lam, dq)
        kappa, mu = _dot(a, q) + _dot(a, dq), _dot(b, p) + _dot(b, dp)
        rr, ee = _square(RESIDUAL), _square(OTHER)
        claimed = rr + (x * y) ** 2 / rr - 2 * x * y + (kappa * x + mu * y) ** 2 / ee
        if (2 * loss - claimed).expand() != 0:
            return CheckResult("refuted", "an instance", f"patches {own}: the loss is another polynomial")
        if not _as_the_package(instance, loss, (dp, dq)):
            return CheckResult("refuted", "an instance", f"patches {own}: the package computes another loss")
    return CheckResult("proved", "an instance", "2Φ is the polynomial of steps 1 and 5")


@check("FOUND.patches")
def sums_of_squares(patches: Patches | None = None) -> CheckResult:
    """κμ is above e · e / 2 at the point, so that the polynomial of step 5 is not negative nearby."""
    for own in _structures(patches):
        instance, tangent = _instance(own)
        parameters = instance.parameters
        assert parameters is not None
        q, p = (parameters.layer(number).weights.fractions()[:, 0] for number in (2, 3))
        kappa, mu = np.array(tangent.a) @ q, np.array(tangent.b) @ p
        if np.array(tangent.lam) @ q or np.array(tangent.alpha) @ p or not 2 * kappa * mu > _square(OTHER):
            return CheckResult("refuted", "an instance", f"patches {own}: κμ = {kappa * mu}")
    return CheckResult("proved", "an instance", "κμ > |e|²/2, λ · q = 0 and α · p = 0")


def _structures(patches: Patches | None) -> Iterator[Patches]:
    """The given structure, or all of the table that have a minimum."""
    if patches is not None:
        yield patches
        return
    for case in cases():
        if case["filters"] == 1 and find_tangent(patches_of(case)) is not None:
            yield patches_of(case)


def _instance(patches: Patches) -> tuple[Instance, Tangent]:
    tangent = find_tangent(patches)
    assert tangent is not None
    return example(patches, tangent)[0], tangent


def _reduced(patches: Patches, instance: Instance) -> tuple[Any, tuple[Any, Any], tuple[Any, Any]]:
    """Φ at the best last bias, as a polynomial in changes of filter and output weights; layer 1 on its plateaus."""
    import sympy

    parameters, targets = instance.parameters, instance.targets
    assert parameters is not None
    assert targets is not None
    features = Objective(instance).in_rationals().trace.features[1].fractions()
    q, p = ([_rational(x) for x in parameters.layer(number).weights.fractions()[:, 0]] for number in (2, 3))
    dq, dp = ([sympy.Symbol(f"{name}{i}") for i in range(len(own))] for name, own in (("q", q), ("p", p)))
    outputs = [
        sum(
            (w + dw) * sum(_rational(row[j]) * (c + dc) for j, c, dc in zip(patch, q, dq, strict=True))
            for patch, w, dw in zip(patches, p, dp, strict=True)
        )
        for row in features
    ]
    rest = [_rational(y[0]) - value for y, value in zip(targets.fractions(), outputs, strict=True)]
    mean = sum(rest) / 3
    return sum((value - mean) ** 2 for value in rest) / 2, (p, q), (dp, dq)


def _as_the_package(instance: Instance, loss: Any, symbols: tuple[Any, Any]) -> bool:
    """Whether the objective has this loss at a point nearby, with the last bias at its best."""
    dp, dq = symbols
    objective = Objective(instance)
    moved = objective.theta.fractions().copy()
    values: dict[Any, Any] = {}
    for number, own in ((2, dq), (3, dp)):
        block = objective.coordinates.block(number)
        for slot, symbol in enumerate(own):
            step = Fraction((-1) ** slot, 64 + slot)
            moved[block.weight(slot, 0)] += step
            values[symbol] = _rational(step)
    there = _at(objective, moved)
    residual = there.in_rationals().residual.fractions()
    moved[objective.coordinates.block(3).biases.start] -= residual.sum() / 3
    return bool(_rational(_at(objective, moved).loss()) == loss.subs(values))


def _at(objective: Objective, theta: Any) -> Objective:
    from exactcnn.domains.exact import ExactArray

    return objective.at(ExactArray.from_fractions(theta.tolist(), theta.shape))


def _rational(value: Any) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def _dot(x: Any, y: Any) -> Any:
    return sum(s * t for s, t in zip(x, y, strict=True))


def _square(vector: tuple[int, ...]) -> int:
    return sum(value * value for value in vector)
