"""From a point where no polyline is constructed to the least loss: a curve that exists by a theorem, from ranks.

Above a layer k with rank F_k = n the outputs can move straight to any others, if layer k + 1 is fully connected,
activations above are strictly monotone and full weight matrices have independent columns (`any_outputs`). Layers may be
narrower and narrower upwards, or convolutional, and features need not be rational. The evidence is the ranks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import Shown
from exactcnn.domains.numerals import rational_text
from exactcnn.landscape.evidence import LossClaim
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.resources import Progress
from exactcnn.theorems.any_outputs import AnyOutputs, any_outputs, least_loss
from exactcnn.theorems.independence import RankForAllParametersClaim
from exactcnn.theorems.landscape import loss_claim


@dataclass(frozen=True, eq=False)
class CurvedEscape(Shown):
    """A path on which the outputs go straight to the best ones, by a theorem.

    Attributes
    ----------
    instance : Instance
    hypotheses : AnyOutputs
        All of them hold.
    loss : LossClaim
        Bounds at the start, above `least`.
    least : Fraction
        The loss at the end: the least that any outputs have which are equal on equal samples.
    reason : str
        Why there is no polyline.
    checked : bool or None
        Whether the independent checker has accepted ranks and conclusions; None if it was not asked.
    rejection : str
    """

    instance: Instance
    hypotheses: AnyOutputs
    loss: LossClaim
    least: Fraction
    reason: str
    checked: bool | None = None
    rejection: str = field(default="", repr=False)

    @cached_property
    def certificate(self) -> Certificate:
        """The ranks, the loss and the conclusions."""
        verdict = least_loss(self.instance, self.hypotheses, self.loss)
        claims = verdict.claims or (*self.hypotheses.claims, self.loss)
        return Certificate(self.instance, claims, len(self.instance.network.layers))

    @property
    def path(self) -> WidePath:
        """The loss along the path, to be drawn: a parabola that ends in its vertex. It has no points."""
        middle = (self.loss.lower + self.loss.upper) / 2
        return WidePath((), ("curve",), (middle, self.least), (Fraction(0),), "outputs")

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn escape --json`."""
        rejected = self.checked is False
        bounds = [rational_text(self.loss.lower), rational_text(self.loss.upper)]
        return {
            "reaches": None if rejected else "outputs",
            "reason": self.rejection if rejected else self.reason,
            "segments": [] if rejected else ["curve"],
            "layer": self.hypotheses.layer,
            "before": bounds[0] if bounds[0] == bounds[1] else bounds,
            "after": None if rejected else rational_text(self.least),
            "falls": None if rejected else True,
            "checked": self.checked,
            "notes": list(self.instance.notes),
        }


def escape_by_theorem(
    objective: Objective,
    reason: str,
    *,
    seed: int = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> CurvedEscape | str:
    """Look for a layer from which the outputs can move straight to the best ones.

    Parameters
    ----------
    objective : Objective
    reason : str
        Why there is no polyline.
    seed, check, progress
        As for `exactcnn.theorems.escape.escape`.

    Returns
    -------
    CurvedEscape or str
        Or what is missing, at the widest hidden layer.

    References
    ----------
    .. [1] Around D. Li, T. Ding and R. Sun, "On the benefit of width for neural networks: disappearance of basins",
       SIAM J. Optim. 32 (2022); in the form proved on the page LDS18.path.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import random_parameters
    >>> layers = [FullyConnected(3), FullyConnected(2), FullyConnected(1, activation="identity")]
    >>> network = Network((1,), layers, activation="sigmoid")
    >>> instance = Instance(network, random_parameters(network, seed=1), [[0], [1], [2]], [[0], [3], [0]])
    >>> found = escape_by_theorem(Objective(instance), "layer 2 is narrow")
    >>> found.hypotheses.layer, str(found.least), found.checked
    (1, '0', True)
    """
    instance, widths = objective.instance, objective.instance.network.widths
    hidden = range(1, len(widths) - 1)
    missing = ""
    for layer in sorted(hidden, key=lambda k: -widths[k]):
        found = any_outputs(instance, layer, seed=seed, progress=progress)
        missing = missing or found.problem
        if widths[layer] < found.count:  # as all that come after it
            break
        if not found.holds:
            continue
        loss, least = loss_claim(objective, PRECISION), _least(instance, found.equal)
        if loss.lower <= least:
            return f"the loss is the least that outputs have, {float(least):.6g}, or near it"
        curved = CurvedEscape(instance, found, loss, least, reason)
        checked = curved.certificate.checked(check, progress=progress)
        rejection = "" if checked is not False else curved.certificate.outcome.message
        return replace(curved, checked=checked, rejection=rejection)
    return missing or "there is no hidden layer"


def _least(instance: Instance, equal: RankForAllParametersClaim | None) -> Fraction:
    """The least of ½‖F − Y‖² over outputs F that are equal on equal samples: each is the mean of its targets."""
    assert instance.targets is not None
    rows, total = instance.targets.fractions(), Fraction(0)
    for group in () if equal is None else equal.classes:
        own = rows[list(group)]
        total += sum(((own - own.sum(axis=0) / len(group)) ** 2).ravel().tolist())
    return total / 2
