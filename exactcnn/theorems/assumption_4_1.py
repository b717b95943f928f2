"""Assumption 4.1: the architecture for which Section 4 speaks of critical points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exactcnn.domains.curves import IDENTITY
from exactcnn.errors import InputError
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Convolved, Network
from exactcnn.theorems.hypotheses import assumption_3_2, width_condition
from exactcnn.theorems.verdict import Status, Verdict, status_of

ASSUMPTION_4_1 = "NH18.A4.1"

Part = tuple[str, bool | None, str]  # name, whether it holds, and what is so


def assumption_4_1(network: Network, samples: int, layer: int) -> Verdict:
    """Decide Assumption 4.1 for a layer k.

    All layers are convolutional or fully connected, the last one fully connected and without activation; n_k ≥ N;
    hidden activations satisfy Assumption 3.2, those above k are strictly monotone and differentiable; n_{k+1} ≥ … ≥
    n_L. `details` tells the parts apart, and under "slopes" whether the derivatives above k are never zero, which
    Theorems 4.4 and 4.5 (1) need besides.

    Parameters
    ----------
    network : Network
    samples : int
        N.
    layer : int
        k, a hidden layer.

    Raises
    ------
    InputError
        If k is no hidden layer.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Assumption 4.1.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> def layers(name):
    ...     return [FullyConnected(4), FullyConnected(3, activation=name), FullyConnected(2, activation="identity")]
    >>> assumption_4_1(Network((1,), layers("sigmoid"), activation="relu"), 4, 1).status
    'proved'
    >>> assumption_4_1(Network((1,), layers("relu"), activation="relu"), 4, 1).reason
    'layer 2: relu is not strictly monotone'
    """
    last = len(network.layers)
    if not 1 <= layer < last:
        raise InputError(f"layer {layer}; expected a hidden layer k, from 1 to {last - 1}")
    parts = list(_parts(network, samples, layer))
    claims = [*width_condition(network.layer(layer), samples).claims]
    for each in network.resolved[: last - 1]:
        if isinstance(each, Convolved):
            claims += assumption_3_2(each).claims
    failing = [reason for _, holds, reason in parts if holds is False]
    open_ = [reason for _, holds, reason in parts if holds is None]
    holds = False if failing else None if open_ else True
    status: Status = "undecided" if holds is None else status_of(holds)
    reason = (failing or open_ or [f"n_{layer} ≥ N, and the layers above are as it says"])[0]
    details: dict[str, Any] = {name: holds for name, holds, _ in parts} | {"slopes": _slopes(network, layer)}
    return Verdict(ASSUMPTION_4_1, status, "architecture", reason, layer, details, tuple(claims))


def _parts(network: Network, samples: int, layer: int) -> Iterator[Part]:
    last = len(network.layers)
    for each in network.resolved:
        if not isinstance(each, Convolved):
            yield f"layer {each.number}: kind", False, f"layer {each.number} is {each.kind}"
    width = width_condition(network.layer(layer), samples)
    yield "width", width.status == "proved", width.reason
    output = network.resolved[-1]
    if isinstance(output, Convolved):
        fully = output.patches.patch_count == 1 and output.patches.patch_size == output.patches.neurons
        plain = output.activation.affine == IDENTITY
        problem = "is not fully connected" if not fully else "has an activation"
        yield "output", fully and plain, f"the output layer {problem}"
    for each in network.resolved[: last - 1]:
        if not isinstance(each, Convolved):
            continue
        text, where = each.activation.text, f"layer {each.number}"
        verdict = assumption_3_2(each)
        yield f"{where}: Assumption 3.2", verdict.status == "proved", f"{where}: {verdict.reason}"
        if each.number > layer:
            found = monotone(each.activation)
            known = "is not" if found.strictly is False else "is not proved to be"
            yield f"{where}: strictly monotone", found.strictly, f"{where}: {text} {known} strictly monotone"
            known = "is not" if found.differentiable is False else "is not proved to be"
            yield f"{where}: differentiable", found.differentiable, f"{where}: {text} {known} differentiable"
    for number in range(layer + 2, last + 1):
        below, above = network.widths[number - 1 : number + 1]
        yield f"layer {number}: width", above <= below, f"n_{number} = {above} > n_{number - 1} = {below}"


def _slopes(network: Network, layer: int) -> bool | None:
    """Whether no derivative of an activation between k + 1 and L − 1 is zero anywhere."""
    above = [each for each in network.resolved[layer:-1] if isinstance(each, Convolved)]
    vanish = [monotone(each.activation).slope_vanishes for each in above]
    return False if True in vanish else None if None in vanish else True
