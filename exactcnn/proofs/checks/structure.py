"""Section 2: the layers, the linear map M_k, Assumption 2.4 and Lemma 2.5."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Convolved, Network, Pooled, ResolvedLayer
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.patches.weights import full_weight_matrix, triplets
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.recorder import CheckResult, check, from_verdict
from exactcnn.theorems.structure import assumption_2_4, standing_conditions


@check("NH18.D2.1")
def patches_cover_and_differ(network: Network | None = None, *, layer: int = 1) -> CheckResult:
    """Section 2's standing conditions on the patches of a layer."""
    network = network or teaching.one_dimensional()
    verdict = standing_conditions(network.layer(layer))
    return from_verdict(verdict, "architecture", Certificate(Instance(network), verdict.claims, layer))


@check("NH18.D2.1")
def convolution_by_definition(
    network: Network | None = None,
    parameters: Parameters | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int = 1,
) -> CheckResult:
    """Equation (1): the features of a layer, neuron by neuron in fractions, against the feature matrix."""
    network = network or teaching.one_dimensional()
    network.convolved(layer)
    return _by_definition(network, parameters, samples, layer, _convolved)


@check("NH18.D2.2")
def fully_connected_by_definition(
    network: Network | None = None,
    parameters: Parameters | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int = 1,
) -> CheckResult:
    """Equation (2), and that the layer is the convolution whose only patch is the whole layer below."""
    network = network or Network((4,), [FullyConnected(3)], activation="hard-sigmoid")
    resolved = network.convolved(layer)
    if resolved.patches.slots.tolist() != [list(range(network.widths[layer - 1]))]:
        raise InputError(f"layer {layer} is a {resolved.kind} layer; expected a fully connected one")
    convolution = Convolution(resolved.filters, patches=(tuple(range(network.widths[layer - 1])),), bias=resolved.bias)
    layers = [*network.layers[: layer - 1], convolution]
    same = Network(network.input_shape, layers, activation=network.activation).layer(layer)
    inner = convolution_by_definition(network, parameters, samples, layer=layer)
    if inner.status != "proved" or same.patches.slots.tolist() != resolved.patches.slots.tolist():
        return CheckResult("refuted", "an instance", f"layer {layer} is not the convolution with one patch")
    what = f"layer {layer} is the convolution with the one patch of all {network.widths[layer - 1]} neurons"
    return CheckResult("proved", "an instance", what, {"widths": list(network.widths)})


@check("NH18.D2.3")
def pooling_by_definition(
    network: Network | None = None,
    parameters: Parameters | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int | None = None,
) -> CheckResult:
    """Equation (3): the largest entry of every patch, against the feature matrix."""
    if network is None:
        network, layer = teaching.deep(), 2
    number = 1 if layer is None else layer
    if not isinstance(network.layer(number), Pooled):
        raise InputError(f"layer {number} is a {network.layer(number).kind} layer; expected max-pooling")
    return _by_definition(network, parameters, samples, number, _pooled)


@check("NH18.M")
def map_is_linear(network: Network | None = None, *, layer: int = 1) -> CheckResult:
    """Column h = (p-1) T + t of M(W) is sum_s W[s, t] e_(E_p(s)), for every W: entry by entry."""
    network = network or teaching.one_dimensional()
    resolved = network.convolved(layer)
    size, filters = resolved.weights_shape
    entries = (array.tolist() for array in triplets(resolved.patches, filters))
    found = sorted((row, column, divmod(weight, filters)) for row, column, weight in zip(*entries, strict=True))
    expected = sorted(
        (patch[s], p * filters + t, (s, t))
        for p, patch in enumerate(resolved.patches.slots.tolist())
        for s in range(size)
        for t in range(filters)
        if patch[s] >= 0
    )
    if found != expected:
        return CheckResult(
            "refuted", "an instance", f"an entry of M_{layer} is not the weight that the definition gives"
        )
    below = network.widths[layer - 1]
    what = (
        f"each of the {len(found)} entries of U_{layer} = M_{layer}(W) outside its zeros is the weight that the "
        "definition gives: the map is linear, and right for all W"
    )
    return CheckResult("proved", "architecture", what, {"shape": [below, resolved.width]})


@check("NH18.M")
def pre_activations_are_affine(
    network: Network | None = None,
    parameters: Parameters | None = None,
    samples: ExactArray | None = None,
    *,
    layer: int = 1,
) -> CheckResult:
    """Equation (4): G_k = F_(k-1) U_k + 1 b_k', with the activation left out."""
    network = network or teaching.one_dimensional()
    resolved = network.convolved(layer)
    below, graph = network.widths[layer - 1], resolved.patches
    patches = tuple(map(tuple, graph.slots.tolist()))
    plain = Convolution(resolved.filters, patches=patches, bias=resolved.bias, activation="identity")
    alone = Network((below,), [plain], activation="sigmoid")
    if samples is None:
        samples = teaching.samples(4, network.widths[0])
    given = parameters or random_parameters(network, seed=0, upto=layer)
    own = Parameters((given.layer(layer),))
    features = samples if layer == 1 else FeatureMatrix(network, given, samples, layer - 1).exact()
    inner = convolution_by_definition(alone, own, features)
    U = full_weight_matrix(graph, given.layer(layer).weights.fractions())
    bias = _bias(alone.convolved(1), own)
    G = features.fractions() @ U + bias[None, :]
    if inner.status != "proved" or not (FeatureMatrix(alone, own, features, 1).exact().fractions() == G).all():
        return CheckResult("refuted", "an instance", f"G_{layer} differs from F_{layer - 1} U_{layer} + 1 b'")
    what = (
        f"G_{layer} = F_{layer - 1} U_{layer} + 1 b' exactly, {G.shape[0]} x {G.shape[1]}, in the order h = (p-1)T + t"
    )
    return CheckResult("proved", "an instance", what, {"shape": list(G.shape)})


@check("NH18.A2.4")
def full_rank_is_attained(network: Network | None = None, *, layer: int = 1, seed: int = 0) -> CheckResult:
    """Assumption 2.4: the largest rank of U_k over all filters, from below by filters, from above by relations."""
    network = network or teaching.one_dimensional()
    linear = map_is_linear(network, layer=layer)
    verdict = assumption_2_4(network.convolved(layer), seed=seed)
    if linear.status != "proved":
        return linear
    return from_verdict(
        verdict,
        "an instance" if verdict.status == "proved" else "architecture",
        Certificate(Instance(network), verdict.claims, layer),
    )


@check("NH18.L2.5")
def almost_all_filters(network: Network | None = None, *, layer: int = 1, seed: int = 0) -> CheckResult:
    """Lemma 2.5: a minor of U_k is a polynomial in W_k; non-zero at one W_k, it vanishes on a null set only."""
    network = network or teaching.one_dimensional()
    inner = full_rank_is_attained(network, layer=layer, seed=seed)
    if inner.status != "proved":
        return inner
    what = (
        f"one W_{layer} gives U_{layer} full rank {inner.details['full']}, and the minor is a polynomial: almost all do"
    )
    return CheckResult("proved", "almost all parameters", what, inner.details, inner.certificates)


def _by_definition(
    network: Network,
    parameters: Parameters | None,
    samples: ExactArray | None,
    layer: int,
    definition: Callable[[NDArray[np.object_], ResolvedLayer, Parameters], NDArray[np.object_]],
) -> CheckResult:
    samples = teaching.samples(4, network.widths[0]) if samples is None else samples
    given = parameters or random_parameters(network, seed=0, upto=layer)
    below = samples if layer == 1 else FeatureMatrix(network, given, samples, layer - 1).exact()
    expected = definition(below.fractions(), network.layer(layer), given)
    found = FeatureMatrix(network, given, samples, layer).exact().fractions()
    if not (found == expected).all():
        i, h = np.argwhere(found != expected)[0].tolist()
        return CheckResult("refuted", "an instance", f"entry ({i}, {h}) of F_{layer} is not as defined")
    what = f"all {found.size} entries of F_{layer} are as defined, in exact fractions"
    return CheckResult("proved", "an instance", what, {"shape": list(found.shape)})


def _convolved(below: NDArray[np.object_], layer: ResolvedLayer, parameters: Parameters) -> NDArray[np.object_]:
    assert isinstance(layer, Convolved)
    weights, bias = parameters.layer(layer.number).weights.fractions(), _bias(layer, parameters)
    result = np.empty((len(below), layer.width), dtype=object)
    for i, features in enumerate(below):
        for p, patch in enumerate(layer.patches.slots.tolist()):
            for t in range(layer.filters):
                h = p * layer.filters + t
                inner = sum((weights[s, t] * features[j] for s, j in enumerate(patch) if j >= 0), Fraction(0))
                result[i, h] = layer.activation.exact(inner + bias[h])
    return result


def _pooled(below: NDArray[np.object_], layer: ResolvedLayer, _: Parameters) -> NDArray[np.object_]:
    rows = [[max(row[j] for j in patch if j >= 0) for patch in layer.patches.slots.tolist()] for row in below]
    return np.array(rows, dtype=object)


def _bias(layer: Convolved, parameters: Parameters) -> NDArray[np.object_]:
    biases = parameters.layer(layer.number).biases
    if biases is None:
        return np.full(layer.width, Fraction(0), dtype=object)
    values: NDArray[np.object_] = biases.fractions()
    return values if layer.bias == "neuron" else np.tile(values, layer.patches.patch_count)
