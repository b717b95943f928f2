"""Global minima by their outputs: the targets, or where samples are equal the mean of theirs."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.landscape.evidence import MeanTargets, Zero
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.line_classes import by_entries


def least_possible(objective: Objective) -> Finding | str:
    """Decide whether no parameters have a smaller loss, because no outputs have that are equal on equal samples.

    Returns
    -------
    Finding or str
        The string is empty: there is no reason to be given, where it is not so, or outputs are not rational.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> network = Network((1,), [FullyConnected(1, activation="identity")])
    >>> instance = Instance(network, {"W1": [[2]], "b1": [0]}, [[1], [1], [0]], [[1], [3], [0]])
    >>> found = least_possible(Objective(instance))
    >>> found.type, found.evidence.kind, found.loss
    ('global minimum', 'mean-targets', (Fraction(1, 1), Fraction(1, 1)))
    """
    if objective.domain != "Q":
        return ""
    loss = objective.loss()
    assert isinstance(loss, Fraction)
    if not loss:
        return Finding("global minimum", Zero(), (loss, loss))
    assert objective.instance.samples is not None
    sums: dict[int, list[Fraction]] = {}
    equals = by_entries(objective.instance.samples).rows.tolist()
    for first, row in zip(equals, objective.residual().fractions().tolist(), strict=True):
        sums[first] = [a + b for a, b in zip(sums[first], row, strict=True)] if first in sums else row
    if any(map(any, sums.values())):
        return ""
    return Finding("global minimum", MeanTargets(), (loss, loss))
