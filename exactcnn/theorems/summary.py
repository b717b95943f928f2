"""What is exactly true at every layer: rank, and why it is not full; a line for each layer, the input first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.errors import InputError
from exactcnn.linalg.line_classes import by_entries
from exactcnn.network.compared_activations import compare_activations
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.network.observed import with_ones, with_pre_activations
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress
from exactcnn.theorems.layer_rank import Asked, rank_or_reason
from exactcnn.theorems.layer_summary import LayerSummary
from exactcnn.theorems.verdict import together


@dataclass(frozen=True, eq=False)
class Summary(Shown):
    """All layers of an instance.

    Attributes
    ----------
    instance : Instance
    layers : tuple of LayerSummary
        The input first.
    matrix : str
        "F_k", "G_k", "[F_k, 1]" or "[G_k, 1]": what the ranks are of.
    rejection : str
        The checker's message where it has rejected a claim.
    """

    instance: Instance = field(repr=False)
    layers: tuple[LayerSummary, ...]
    matrix: str
    rejection: str = ""

    @property
    def checked(self) -> bool | None:
        """The checker's answer for all layers that it was asked about."""
        return together(layer.checked for layer in self.layers)

    @property
    def certificate(self) -> Certificate:
        """The ranks of all layers; of F_k only, since other matrices are features of other networks."""
        if self.matrix != "F_k":
            raise InputError(f"a certificate of ranks of {self.matrix}; expected ranks of F_k, without further options")
        claims: list[Claim] = [
            c for each in self.layers if each.certificate is not None for c in each.certificate.claims
        ]
        return Certificate(self.instance, tuple(claims), len(self.layers) - 1)

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn summary --json`."""
        return {
            "samples": self.instance.count,
            "matrix": self.matrix,
            "checked": self.checked,
            "layers": [layer.document() for layer in self.layers],
            "notes": list(self.instance.notes),
        }


@typed
def summary(
    network: Instance | Model | Any,
    parameters: Any = None,
    samples: Any = None,
    *,
    pre_activations: bool = False,
    ones: bool = False,
    activations: Mapping[str, Any] | None = None,
    singular_values: bool = False,
    seed: Seed = 0,
    float_ranks: bool | None = None,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Say what is exactly true at every layer of a network on a data set.

    Parameters
    ----------
    network, parameters, samples
        As for `verify`: an instance, a model with samples, or all three; without samples there are shapes only.
    pre_activations : bool
        Whether ranks are of G_k instead of F_k.
    ones : bool
        Whether ranks are those with a column of ones beside the matrix.
    activations : mapping from names of layers to arrays, optional
        A library's own activations of the first samples; see `compare_activations`.
    singular_values : bool
        Whether to enclose all singular values, where there is memory.
    seed, float_ranks, check, progress
        As for `verify`; the checker is asked layer by layer.

    Raises
    ------
    InputError
        As `verify`, and as `compare_activations`. A layer that cannot be computed is undecided, with the reason.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((2,), [FullyConnected(3, activation="relu", name="hidden")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1, -1, 1], [1, -1, 1]], "b1": [0, 0, 0]})
    >>> found = summary(network, parameters, [[1, 2], [3, 4], [5, 7]])
    >>> found.layers[1].found.rank.exact, found.layers[1].reason
    (1, '1 of 3 units are zero on all samples (1); 1 unit equals another one')
    """
    instance = network if isinstance(network, Instance) else Instance(network, parameters, samples)
    asked = Asked(singular_values=singular_values, seed=seed, float_ranks=float_ranks, progress=progress)
    *_, found = summary_in_steps(
        instance, asked, pre_activations=pre_activations, ones=ones, activations=activations, check=check
    )
    return found


def summary_in_steps(
    instance: Instance,
    asked: Asked,
    *,
    pre_activations: bool = False,
    ones: bool = False,
    activations: Mapping[str, Any] | None = None,
    check: bool | None = None,
) -> Iterator[Summary]:
    """Do as `summary`, and yield the layers so far after each, and after each that is checked: all that is finished."""
    known, own, given = instance.network, instance.parameters, instance.samples
    if own is not None:
        own.check(known, len(known.layers))
    if activations and (own is None or given is None):
        raise InputError(
            "activations were given; expected data (for a model --data FILE) and the parameters of all layers"
        )
    deviations = compare_activations(known, own, given, activations) if activations and own and given else {}
    matrix = "G_k" if pre_activations else "F_k"
    found = Summary(instance, (), f"[{matrix}, 1]" if ones else matrix)
    for number in range(len(known.layers) + 1):
        if asked.progress is not None:
            asked.progress("layers", number, len(known.layers) + 1)
        layer = _shapes(instance, number)
        if given is not None and (own is not None or number == 0):
            layer = _ranked(layer, instance, asked, pre_activations=pre_activations, ones=ones)
        found = replace(found, layers=(*found.layers, replace(layer, deviation=deviations.get(number))))
        yield found
    for number in range(len(found.layers)):
        found = _judged(found, number, check, asked.progress)
        yield found


def _shapes(instance: Instance, number: int) -> LayerSummary:
    """A layer without what needs data."""
    network = instance.network
    if number == 0:
        shape, layout, name, kind, count = network.input_shape, "channels-first", "input", "input", 0
    else:
        layer = network.layer(number)
        shape, layout, name, kind = layer.shape, layer.layout, layer.name, layer.kind
        count = sum(int(np.prod(each)) for each in layer.parameter_shapes.values())
    neurons = np.arange(network.widths[number])
    channels = neurons % shape[0] if layout == "channels-last" else neurons // max(1, int(np.prod(shape[1:])))
    return LayerSummary(number, name, kind, shape, count, None, None, channels)


def _ranked(
    layer: LayerSummary, instance: Instance, asked: Asked, *, pre_activations: bool, ones: bool
) -> LayerSummary:
    """Add the rank of one layer, and its equal lines."""
    network, parameters, samples, number = instance.network, instance.parameters, instance.samples, layer.layer
    assert samples is not None
    if number == 0 and not ones:
        found = rank_or_reason(samples, asked)
        return replace(
            layer, found=found, classes=by_entries(samples), certificate=Certificate(instance, found.claims, 0)
        )
    if pre_activations and number:
        network = with_pre_activations(network, number)
    own = parameters if parameters is not None else Parameters(())
    plain = FeatureMatrix(network, own, samples, number) if number else None
    features = FeatureMatrix(*with_ones(network, own, number), samples, number + 1) if ones or plain is None else plain
    found = rank_or_reason(features, asked)
    classes = None
    if found.rank.exact is not None or found.rank.lower:  # else not even the features can be computed
        classes = by_entries(samples) if plain is None else plain.line_classes
    about = instance
    if pre_activations or ones:
        about = Instance(features.network, features.parameters, instance.data)
    return replace(layer, found=found, classes=classes, certificate=Certificate(about, found.claims, features.layer))


def _judged(found: Summary, number: int, wanted: bool | None, progress: Progress | None) -> Summary:
    """Ask the checker about one layer: nothing is claimed that it has rejected."""
    layer, rejection = found.layers[number], found.rejection
    certificate = layer.certificate
    checked = None if certificate is None else certificate.checked(wanted, progress=progress)
    if certificate is not None and checked is False and layer.found is not None:
        message = certificate.outcome.message
        rejection = f"{rejection}; {message}" if rejection else message
        layer = replace(layer, found=layer.found.nothing(not_accepted(message)), certificate=None)
    layers = (*found.layers[:number], replace(layer, checked=checked), *found.layers[number + 1 :])
    return replace(found, layers=layers, rejection=rejection)
