"""Paths from a point of a wide network to a better one, for the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.numerals import rational_text
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.given_path import given_path
from exactcnn.landscape.norm_bounds import NormBounds
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_by_carriers import path_by_carriers
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.path_under_norms import path_under_norms
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.escape_by_theorem import CurvedEscape, escape_by_theorem
from exactcnn.theorems.least_loss import LeastLoss, nothing_below

LARGE = 16  # samples: from there on weights that are solved for in a layer below the last fill megabytes


@dataclass(frozen=True, eq=False)
class Escape(Shown):
    """What `exactcnn escape` says.

    Attributes
    ----------
    instance : Instance
    path : WidePath
        Its `points`, the `kinds` of its segments, and the loss `before` and `after`.
    reason : str
        Why it ends at a point with the outputs of the better one, where it does not end there itself.
    checked : bool or None
        Whether the independent checker has accepted the path; None if it was not asked.
    rejection : str
        The checker's message where it has rejected it.
    """

    instance: Instance
    path: WidePath
    reason: str = ""
    checked: bool | None = None
    rejection: str = field(default="", repr=False)

    @property
    def certificate(self) -> Certificate:
        """The path."""
        points = self.path.points
        claim = self.path.claim((OWN, *range(len(points))))
        return Certificate(self.instance, (claim,), len(self.instance.network.layers), points)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn escape --json`."""
        path, rejected = self.path, self.checked is False
        return {
            "reaches": None if rejected else path.reaches,
            "reason": self.rejection if rejected else self.reason,
            "segments": [] if rejected else list(path.kinds),
            "before": rational_text(path.before),
            "after": None if rejected else rational_text(path.after),
            "losses": [] if rejected else list(map(rational_text, path.losses)),
            "falls": None if rejected else path.falls,
            "norms": [None if norm is None else rational_text(norm) for norm in path.norms],
            "checked": self.checked,
            "notes": list(self.instance.notes),
        }


@typed
def escape(
    instance: Instance,
    better: Parameters | None = None,
    *,
    along: Sequence[Parameters] = (),
    bounds: NormBounds | None = None,
    seed: Seed = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Escape | CurvedEscape | LeastLoss:
    """Find a path from a point of a wide network to a better one, on which the loss stays below.

    Networks are fully connected, with rational features; else, or where a width does not suffice, a theorem may say
    that there is a curve, and what it returns has the ranks that are its hypotheses. Where no parameters have a smaller
    loss, since no outputs have, it returns the proof of that.

    Parameters
    ----------
    instance : Instance
        With parameters of all layers, samples and targets.
    better : Parameters, optional
        With a smaller loss. The path ends there if every hidden layer has the width n + 1, n the number of distinct
        samples, or one neuron more than the rank of the features of both points together; else, at width n, at a point
        with the same outputs. By default the path ends at the least loss that any outputs have.
    along : sequence of Parameters, optional
        Points of a path that is there already; nothing is constructed then, any network with rational features will do.
    bounds : NormBounds, optional
        Of the weights into a unit. Then there is one hidden layer, outputs have no biases, and the path takes one step
        to a smaller loss, towards `better` if it is given; for m outputs the width m n + 1 is always enough.
    seed : int
        Of random sums of units.
    check : bool, optional
        Whether to ask the independent checker; by default where it takes a few seconds.
    progress : callable, optional
        Called with (what, done, total).

    Raises
    ------
    InputError
        If a width does not suffice, with the layer and by how much; if the network is not fully connected with a last
        layer without activation, features are not rational, or the loss at the better point is not smaller; if a point
        violates the bounds, with the row and its norm; if a given path has a segment of no kind that is decided.

    References
    ----------
    .. [1] J. Lederer, "Optimization landscapes of wide deep neural networks are benign", 2020. The widths are smaller.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    >>> dead = Parameters.from_arrays(network, {"W1": [[0, 0]], "b1": [-1, -1], "W2": [[1], [1]], "b2": [1]})
    >>> found = escape(Instance(network, dead, [[0], [1], [2]], [[0], [3], [0]]))
    >>> found.path.kinds, str(found.path.after), found.checked
    (('constant', 'constant', 'last-layer'), '0', True)
    """
    objective = Objective(instance)
    least = None if along or better is not None else nothing_below(objective, check=check, progress=progress)
    if least is not None:
        return least
    path: WidePath | str
    path, reason = "", ""
    if along:
        if better is not None:
            raise InputError("a better point and a path are given; expected one of them")
        path = given_path(objective, along, bounds)
    elif bounds is not None:
        path = path_under_norms(objective, bounds, better, seed=seed)
        if isinstance(path, str):
            raise InputError(f"not covered: {path}")
    elif objective.domain != "Q":
        path = "features are not rational"
    else:
        path, reason = _to_point(objective, better, seed) if better is not None else ("", "")
        path = path_to_outputs(objective, better, seed=seed) if isinstance(path, str) else path
    if isinstance(path, str):
        curved = escape_by_theorem(objective, path, seed=seed, check=check, progress=progress)
        if isinstance(curved, str):
            raise InputError(f"not covered: {path}" + (f"; {curved}" if objective.domain != "Q" else ""))
        return curved
    found = Escape(instance, path, reason if path.reaches == "outputs" else "")
    checked = found.certificate.checked(check, progress=progress)
    return replace(found, checked=checked, rejection="" if checked is not False else found.certificate.outcome.message)


def _to_point(objective: Objective, better: Parameters, seed: int) -> tuple[WidePath | str, str]:
    """A path to a point, and why the shorter kind is none."""
    instance = objective.instance
    large = len(instance.network.layers) > 2 and (instance.count or 0) >= LARGE
    other = path_by_carriers(objective, better, seed=seed) if large else ""
    if not isinstance(other, str):
        return other, ""
    path = path_to_point(objective, better)
    if not isinstance(path, str):
        return path, ""
    return other if large else path_by_carriers(objective, better, seed=seed), path
