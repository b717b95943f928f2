"""Global minima whose loss need not be 0: the outputs of equal samples are the mean of their targets.

Outputs F_L of equal samples are equal at all parameters, and the sum of |f - y_i|^2 over some samples is least at the
mean of the y_i, where the residuals f - y_i sum to 0. So no parameters have a smaller loss.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq

from exactcnn.checker.budget import fraction
from exactcnn.checker.claims.finding import Evidence, Finding
from exactcnn.checker.document import fields, require
from exactcnn.checker.instance import Instance
from exactcnn.checker.losses import exact_residual
from exactcnn.checker.numbers import common_bits


def read_mean_targets(_: Instance, evidence: Any) -> Evidence:
    """Return evidence by the residuals of equal samples, which sum to 0 in Q."""
    fields(evidence, "evidence", "kind")

    def verify(point: Instance, _: str) -> Finding:
        samples, residual = point.known_samples(), exact_residual(point)
        count, entries = len(samples), [x for row in residual for x in row]
        comparisons = count * count.bit_length() * len(samples[0])  # of a sort, entry by entry
        point.budget.spend(comparisons * fraction(max(map(common_bits, samples))), "equal samples")
        point.budget.spend(2 * len(entries) * fraction(2 * common_bits(entries)), "the loss")
        order = sorted(range(count), key=samples.__getitem__)
        first, sums = order[0], residual[order[0]]
        for i in order[1:]:
            if samples[i] == samples[first]:
                sums = [a + b for a, b in zip(sums, residual[i], strict=True)]
            else:
                _require_zero(sums, first)
                first, sums = i, residual[i]
        _require_zero(sums, first)
        loss = sum((x * x for x in entries), fmpq(0)) / 2
        return Finding((loss, loss))

    return Evidence(("global minimum",), verify)


def _require_zero(sums: list[fmpq], sample: int) -> None:
    require(not any(sums), f"the outputs of sample {sample} are not the mean of the targets of its equals")
