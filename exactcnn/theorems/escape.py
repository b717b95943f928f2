"""Paths from a point of a wide network to a better one, for the command."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.numerals import rational_text
from exactcnn.errors import InputError
from exactcnn.landscape.evidence import OWN
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.path_to_point import path_to_point
from exactcnn.landscape.wide_path import WidePath
from exactcnn.network.instance import Instance
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress


@dataclass(frozen=True, eq=False)
class Escape:
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
            "falls": None if rejected else path.falls,
            "checked": self.checked,
            "notes": list(self.instance.notes),
        }


def escape(
    instance: Instance,
    better: Parameters | None = None,
    *,
    seed: int = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Escape:
    """Find a path from a point of a wide fully connected network to a better one, on which the loss stays below.

    Parameters
    ----------
    instance : Instance
        With parameters of all layers, samples and targets.
    better : Parameters, optional
        With a smaller loss. The path ends there if every hidden layer has the width n + 1, n the number of distinct
        samples, or one neuron more than the rank of the features of both points together; else, at width n, at a point
        with the same outputs. By default the path ends at the least loss that any outputs have.
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
        layer without activation, features are not rational, or the loss at the better point is not smaller.

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
    path: WidePath | str
    path, reason = path_to_point(objective, better) if better is not None else "", ""
    if isinstance(path, str):
        reason, path = path, path_to_outputs(objective, better, seed=seed)
        if isinstance(path, str):
            raise InputError(f"not covered: {path}")
    found = Escape(instance, path, reason)
    checked = found.certificate.checked(check, progress=progress)
    return replace(found, checked=checked, rejection="" if checked is not False else found.certificate.outcome.message)
