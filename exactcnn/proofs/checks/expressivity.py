"""Corollary 3.6: output weights that fit any labels exactly, and the count of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.constructions.output_weights import interpolate, parameter_counts
from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.independence import features_are_independent_somewhere
from exactcnn.proofs.checks.recorder import CheckResult, check

LABELS = tuple(map(Fraction, ("3", "-1/7", "0", "22/7", "100", "-5/3")))


@check("NH18.C3.6")
def labels_are_fitted(
    network: Network | None = None, samples: ExactArray | None = None, labels: Sequence[Fraction] = LABELS
) -> CheckResult:
    """Rational output weights λ with F_(L-1) λ = y, substituted into the network: its outputs are the labels."""
    network = network or teaching.two_convolutions("relu")
    samples = teaching.samples(len(labels), network.widths[0]) if samples is None else samples
    last = len(network.layers)
    if network.widths[last] != 1 or len(labels) != len(samples):
        what = f"n_{last} = {network.widths[last]} outputs and {len(labels)} labels for {len(samples)} samples"
        return CheckResult("undecided", "an instance", what)
    found = features_are_independent_somewhere(network, samples, layer=last - 1)
    if found.status != "proved":
        return CheckResult("undecided", "an instance", found.what)
    parameters = found.certificates[0].instance.parameters
    assert parameters is not None
    features = FeatureMatrix(network, parameters, samples, last - 1).exact()
    weights = interpolate(features, ExactArray.from_fractions(labels)).reshape(features.shape[1], 1)
    biases = None if network.convolved(last).bias == "none" else ExactArray.from_fractions([0])
    whole = Parameters((*parameters.layers[: last - 1], LayerParameters(weights, biases)))
    outputs = FeatureMatrix(network, whole, samples, last).exact().fractions().ravel().tolist()
    if outputs != list(labels):
        return CheckResult("undecided", "an instance", "the outputs at the parameters found are not the labels")
    what = f"at exact rational parameters the network's {len(labels)} outputs are {', '.join(map(str, labels))}"
    return CheckResult("proved", "an instance", what, {"labels": list(map(str, labels))}, found.certificates)


@check("NH18.C3.6")
def parameters_are_few(network: Network | None = None) -> CheckResult:
    """2N + T_1 l_0 parameters for N = T_1 P_0, at most 3N exactly if l_0 <= P_0; fully connected: (d + 2) N."""
    network = network or Network((1, 28, 28), [Convolution(89, 3)], activation="sigmoid")
    layer, counts = network.convolved(1), parameter_counts(network)
    (length, filters), places = layer.weights_shape, layer.patches.patch_count
    samples, count, dense = counts.hidden_units, counts.convolutional, counts.fully_connected
    if layer.bias != "neuron":
        return CheckResult("undecided", "an instance", "layer 1 is no convolution with one bias for each neuron")
    few = count <= 3 * samples
    if count != 2 * samples + filters * length or dense != (network.widths[0] + 2) * samples:
        return CheckResult("refuted", "an instance", f"the network has {count} parameters")
    if few is not (length <= places) or few is not counts.three_per_unit:
        return CheckResult(
            "refuted", "an instance", f"{count} parameters, N = {samples}, l_0 = {length}, P_0 = {places}"
        )
    what = (
        f"N = T_1 P_0 = {samples}: 2N + T_1 l_0 = {count} parameters, {'≤' if few else '>'} 3N, "
        f"where a fully connected layer needs {dense}"
    )
    return CheckResult("proved", "an instance", what, {"samples": samples, "parameters": count, "dense": dense})
