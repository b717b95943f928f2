"""Corollary 3.6: output weights that fit any labels exactly, and the count of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from exactcnn.domains.exact import ExactArray
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.theorems.checks import teaching
from exactcnn.theorems.checks.independence import features_are_independent_somewhere
from exactcnn.theorems.checks.recorder import CheckResult, check

LABELS = tuple(map(Fraction, ("3", "-1/7", "0", "22/7", "100", "-5/3")))


@check("NH18.C3.6")
def labels_are_fitted(
    network: Network | None = None, samples: ExactArray | None = None, labels: Sequence[Fraction] = LABELS
) -> CheckResult:
    """Rational output weights λ with F_(L-1) λ = y, substituted into the network: its outputs are the labels."""
    from flint import fmpq, fmpq_mat

    network = network or teaching.two_convolutions("relu")
    samples = teaching.samples(len(labels), network.widths[0]) if samples is None else samples
    last = len(network.layers)
    if network.widths[last] != 1 or len(labels) != len(samples):
        what = f"n_{last} = {network.widths[last]} outputs and {len(labels)} labels for {len(samples)} samples"
        return CheckResult("undecided", "an instance", what)
    found = features_are_independent_somewhere(network, samples, layer=last - 1)
    if found.status != "proved":
        return CheckResult("undecided", "an instance", found.what)
    parameters = found.certificates[0].parameters
    assert parameters is not None
    features = FeatureMatrix(samples, network, parameters, last - 1).exact().fractions()

    def exact(rows: Sequence[Sequence[Fraction]]) -> fmpq_mat:
        return fmpq_mat([[fmpq(c.numerator, c.denominator) for c in row] for row in rows])

    F, y = exact(features.tolist()), exact([[label] for label in labels])
    multipliers = (F * F.transpose()).solve(y)  # the smallest solution, as in the paper: λ = F'(FF')^-1 y
    values = [Fraction(int(c.p), int(c.q)) for row in (F.transpose() * multipliers).tolist() for c in row]
    output = LayerParameters(ExactArray.from_fractions(values, (len(values), 1)), ExactArray.from_fractions([0]))
    whole = Parameters((*parameters.layers[: last - 1], output))
    outputs = FeatureMatrix(samples, network, whole, last).exact().fractions().ravel().tolist()
    if outputs != list(labels):
        return CheckResult("refuted", "an instance", "the outputs at the parameters found are not the labels")
    what = f"at exact rational parameters the network's {len(labels)} outputs are {', '.join(map(str, labels))}"
    return CheckResult("proved", "an instance", what, {"labels": list(map(str, labels))}, found.certificates)


@check("NH18.C3.6")
def parameters_are_few(channels: int = 1, side: int = 28, kernel: int = 3, *, filters: int = 89) -> CheckResult:
    """2N + T_1 l_0 parameters for N = T_1 P_0, at most 3N exactly if l_0 <= P_0; fully connected: (d + 2) N."""
    network = Network((channels, side, side), [Convolution(filters, kernel), FullyConnected(1, bias="none")])
    layer = network.layer(1)
    samples, places = network.widths[1], layer.patches.patch_count
    length = layer.patches.patch_size
    count = length * filters + layer.biases_count + network.widths[1]
    if count != 2 * samples + filters * length or (count <= 3 * samples) is not (length <= places):
        return CheckResult("refuted", "an instance", f"the network has {count} parameters")
    dense = (network.widths[0] + 2) * samples
    what = (
        f"N = T_1 P_0 = {samples}: 2N + T_1 l_0 = {count} parameters, {'≤' if length <= places else '>'} 3N, "
        f"where a fully connected layer needs {dense}"
    )
    return CheckResult("proved", "an instance", what, {"samples": samples, "parameters": count, "dense": dense})
