"""Table 1 and Figure 1: widths recomputed from layer shapes."""

from __future__ import annotations

from exactcnn.network.layers import Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.network.network import Network
from exactcnn.proofs.checks.independence import width_reaches_the_samples
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.widths import IMAGENET, Row, table_1

FIGURE_1 = (67600, 16900, 2880, 720, 100, 10)  # as printed, from the first hidden layer to the output
MNIST = 60000


@check("NH18.Table1")
def printed_verdicts() -> CheckResult:
    """The rows whose verdict on max n_k > N the recomputed widths confirm, and that printed widths are lower bounds."""
    rows = table_1()
    confirmed = [row for row in rows if row.confirmed]
    if not confirmed or any(row.width < row.paper_width for row in rows):
        return CheckResult("refuted", "an instance", "a printed width is above the recomputed one")
    what = (
        f"{len(confirmed)} of {len(rows)} verdicts are confirmed against N = {IMAGENET}, and every printed width is a "
        "lower bound of the recomputed one"
    )
    return CheckResult("proved", "an instance", what, {row.name: _facts(row) for row in rows})


@check("NH18.G.xception")
def corrected_rows() -> CheckResult:
    """The rows whose verdict the recomputed widths change."""
    others = printed_verdicts()
    changed = [row for row in table_1() if not row.confirmed]
    if not changed or others.status != "proved":
        return CheckResult("undecided", "an instance", "no verdict changes, or the others do")
    what = "; ".join(
        f"{row.name}: layer {row.widest.number} has {row.width} neurons, N = {IMAGENET}, so {_verdict(row.wide)} "
        f"where {_verdict(row.paper_wide)} is printed"
        for row in changed
    )
    return CheckResult("refuted", "an instance", what, {row.name: _facts(row) for row in changed})


@check("NH18.Figure1")
def widths_of_figure_1(filters: int = 100) -> CheckResult:
    """The printed widths follow from layer shapes, and the first layer is wide from 89 filters on."""
    network = figure_1(filters)
    enough = -(-MNIST // 676)
    wide = [width_reaches_the_samples(figure_1(count), MNIST, layer=1).status for count in (enough - 1, enough)]
    if wide != ["refuted", "proved"] or network.widths[1:] != (filters * 676, *(filters * 169, *FIGURE_1[2:])):
        return CheckResult("refuted", "an instance", f"the widths are {network.widths[1:]}")
    what = (
        f"widths {', '.join(map(str, network.widths[1:]))} as printed for T_1 = {filters}; "
        f"676 T_1 ≥ {MNIST} from T_1 = {enough} on"
    )
    return CheckResult("proved", "an instance", what, {"widths": list(network.widths), "enough": enough})


def figure_1(filters: int = 100) -> Network:
    """The network of Figure 1; kernel sizes above layer 1 are inferred from the printed widths."""
    layers: list[Layer] = [
        Convolution(filters, 3),
        MaxPooling(2),
        Convolution(20, 2),
        MaxPooling(2),
        FullyConnected(100),
        FullyConnected(10, activation="identity"),
    ]
    return Network((1, 28, 28), layers, activation="sigmoid")


def _verdict(wide: bool) -> str:
    return "YES" if wide else "NO"


def _facts(row: Row) -> dict[str, object]:
    return {
        "width": row.width,
        "layer": row.widest.number,
        "printed": row.paper_width,
        "verdict": _verdict(row.wide),
        "printed_verdict": _verdict(row.paper_wide),
        "networks": list(row.networks),
    }
