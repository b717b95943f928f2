"""Residuals that a critical point of a narrow network can have, and cells of the table of strict minima."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from exactcnn.domains.exact import ExactArray
from exactcnn.network.activations import activation
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.basins import decide
from exactcnn.searches.questions import Case, label
from exactcnn.theorems.matrix import matrix_rank
from exactcnn.theorems.verdict import Scope

Rows = Sequence[Sequence[int | str | Fraction]]


@check("FOUND.residual")
def only_zero(
    samples: Rows = ((0,), (1,), (2,), (3,)),
    weights: Rows = ((1,),),
    biases: Sequence[int] | None = (-1,),
    *,
    output_bias: bool = True,
) -> CheckResult:
    """The columns 1, σ, σ′ x̃ of one hidden layer have rank N: no residual but 0 is orthogonal to all of them.

    σ is the logistic function of base 2, pre-activations are integers; σ′ = ln 2 · σ (1 − σ), and the factor ln 2 is
    left out.
    """
    x = np.array([[Fraction(value) for value in row] for row in samples])
    w = np.array([[Fraction(value) for value in row] for row in weights])
    hidden = [Fraction(0)] * len(w) if biases is None else list(map(Fraction, biases))
    z = x @ w.T + np.array(hidden)
    if any(value.denominator != 1 for value in z.ravel()):
        return undecided("pre-activations are not integers")
    logistic = activation("logistic(2)")
    sigma = np.array([[logistic.exact(value) for value in row] for row in z])
    ones = np.full((len(x), 1), Fraction(1))
    extended = x if biases is None else np.hstack([x, ones])
    columns = [ones] if output_bias else []
    for own in sigma.T:
        columns += [own[:, None], (own * (1 - own))[:, None] * extended]
    matrix = np.hstack(columns)
    found = matrix_rank(ExactArray.from_fractions(matrix.ravel().tolist(), matrix.shape), check=False)
    if found.rank.lower < len(x):
        return undecided(f"rank {found.rank} for N = {len(x)}: there are residuals")
    what = f"rank {found.rank} = N: the point is critical only where it fits the targets"
    return CheckResult("proved", "an instance", what, {"columns": matrix.shape[1]}, (found.certificate,))


@check("FOUND.residual")
def both_signs(values: Sequence[int | str | Fraction] = ("-1/2", "1/5", "3/4")) -> CheckResult:
    """Step 8 for the logistic function: det Q is negative, at exact values of tanh(z/2) of three samples."""
    tau = [Fraction(value) for value in values]
    if len(set(tau)) != 3 or not all(-1 < value < 1 for value in tau):
        return undecided("expected three different values between -1 and 1")
    residual = [1 / ((tau[i] - tau[i - 1]) * (tau[i] - tau[i - 2])) for i in range(3)]
    c = [r * (1 - t * t) for r, t in zip(residual, tau, strict=True)]
    h = [-t for t in tau]
    # samples 1 and 2 are unit vectors, and Σ c_i x_i = 0
    third = [-c[0] / c[2], -c[1] / c[2]]
    q = [[c[2] * h[2] * third[a] * third[b] + (c[a] * h[a] if a == b else 0) for b in (0, 1)] for a in (0, 1)]
    determinant = q[0][0] * q[1][1] - q[0][1] * q[1][0]
    if sum(residual) or sum(r * t for r, t in zip(residual, tau, strict=True)) or determinant >= 0:
        return CheckResult("refuted", "an instance", f"det Q = {determinant}")
    return CheckResult("proved", "an instance", f"det Q = {determinant} < 0", {"determinant": str(determinant)})


@check("FOUND.basins")
def a_cell(case: Case | None = None, *, trials: int = 100, seed: int = 0) -> CheckResult:
    """One cell of the table: a strict minimum and a better point, certified, or the reason why there is none."""
    case = case or {"inputs": 1, "biases": "none", "activation": "sigmoid", "samples": 4, "width": 3}
    found = decide(case, range(trials), seed)
    if found.outcome == "open":
        return undecided(f"{label(case)} is open after {trials} trials")
    what = f"{label(case)} is {found.outcome}: {found.reason}"
    certificates = () if found.certificate is None else (found.certificate,)
    scope: Scope = "an instance" if certificates else "architecture"
    return CheckResult("proved", scope, what, {"outcome": found.outcome}, certificates)


@check("FOUND.basins")
def a_cell_by_proof() -> CheckResult:
    """A cell that row 3 of the page on residuals excludes; certified is the rank of its teaching instance."""
    rank = only_zero()
    found = a_cell({"inputs": 1, "biases": "both", "activation": "sigmoid", "samples": 4, "width": 1})
    if rank.status != "proved" or found.status != "proved":
        return undecided(f"{rank.what}; {found.what}")
    return CheckResult("proved", "an instance", f"{found.what}; at an instance, {rank.what}", {}, rank.certificates)
