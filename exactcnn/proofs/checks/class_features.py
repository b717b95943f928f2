"""Features of the last hidden layer over which no critical point has output weights of full rank, for class targets."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.data.dataset import Dataset
from exactcnn.data.sources import digits
from exactcnn.data.targets import class_targets
from exactcnn.domains.exact import ExactArray
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.gaps_outside import columns_are_dependent
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.searches.class_targets import independent_columns, network_of, small_parameters
from exactcnn.theorems.verdict import Scope


@check("FOUND.digits")
def no_critical_point(
    network: Network | None = None,
    parameters: Parameters | None = None,
    data: Dataset | None = None,
    targets: ExactArray | None = None,
) -> CheckResult:
    """No output weights of full rank, with any biases, are critical over these features.

    Parameters
    ----------
    network : Network
        The layers below the output; by default a wide convolution and ten units.
    parameters : Parameters
        Theirs.
    data : Dataset
        By default 100 digits.
    targets : ExactArray (N, m)
        Whose rows have the sum 1, as one-hot rows have; by default those of the labels.
    """
    if network is None or parameters is None or data is None:
        network, data = network_of({"samples": 100, "activation": "softplus", "width": 10}), digits().prefix(100)
        parameters = small_parameters(network, 0)
    if targets is None:
        if data.labels is None:
            return undecided("no targets, and no labels")
        targets = class_targets(data.labels, int(data.labels.max()) + 1)
    if any(sum(row, Fraction(0)) != 1 for row in targets.fractions().tolist()):
        return undecided("a row of the targets does not have the sum 1")
    certificate = independent_columns(network, parameters, data)
    layer, columns = len(network.layers), network.widths[-1] + 1
    if certificate is None:
        return undecided(f"the {columns} columns of [F_{layer}, 1] may be dependent")
    what = (
        f"the {columns} columns of [F_{layer}, 1] are independent: where U_{layer + 1} has full rank, Φ is not critical"
    )
    scope: Scope = "almost all parameters" if all(layer.analytic for layer in network.resolved) else "an instance"
    return CheckResult("proved", scope, what, {"columns": columns, "samples": len(data)}, (certificate,))


@check("FOUND.digits")
def needed_at_a_critical_point() -> CheckResult:
    """The other side: at a critical point in S_1 with class targets the columns are dependent."""
    found = columns_are_dependent()
    return CheckResult(found.status, found.scope, found.what, found.details, found.certificates)
