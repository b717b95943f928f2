"""The remark after Assumption 2.4: "covered and distinct" patches do not suffice; what does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from exactcnn.certificates.certificate import Certificate
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.proofs.checks.structure import full_rank_is_attained, patches_cover_and_differ
from exactcnn.searches.cases import Case, Search, cases, structures

FORMULA_CASES = tuple(
    (channels, kernel, rows, columns)
    for channels, kernel in ((1, 1), (1, 2), (1, 3), (2, 2))
    for rows in range(1, 5)
    for columns in range(rows, 5)
)


@check("NH18.R2.4")
def smallest_deficient_structures(neurons: int = 4) -> CheckResult:
    """Every structure with every order inside the patches, by number of neurons, until some fail."""
    for n in range(1, neurons + 1):
        decided = [(case, _decided(case)) for case in _cases(n)]
        open_cases = [(case, found) for case, found in decided if found.status == "undecided"]
        if open_cases:
            case, found = open_cases[0]
            return CheckResult("undecided", "an instance", f"{_shown(case)}: {found.what}")
        failing = [(case, found) for case, found in decided if found.status == "refuted"]
        if failing:
            break
    else:
        return CheckResult("proved", "an instance", f"all structures on up to {neurons} neurons have full rank")
    standing = [patches_cover_and_differ(_network(case)) for case, _ in failing]
    if any(each.status != "proved" for each in standing):
        return CheckResult("undecided", "an instance", standing[0].what)
    case, found = failing[0]
    deficient = [
        {
            "patches": [list(patch) for patch in case.structure.patches],
            "filters": case.filters,
            "rank": found.details["rank"],
            "full": found.details["full"],
            "structures": case.structure.labelled,
            "increasing": case.structure.increasing,
        }
        for case, found in failing
    ]
    what = (
        f"the smallest have {n} neurons: {_shown(case)}, cover and differ, yet {found.what}; "
        f"{len(failing)} of {len(decided)} cases fail, up to isomorphism"
    )
    details = {"neurons": n, "decided": len(decided), "deficient": deficient}
    certificates = tuple(certificate for _, found in failing for certificate in found.certificates)
    return CheckResult("refuted", "architecture", what, details, certificates)


@check("NH18.R2.4")
def deficient_image(side: int = 3, kernel: int = 2, filters: int = 2, *, channels: int = 1) -> CheckResult:
    """An ordinary convolution of a square image, stride 1, no padding."""
    network = Network((channels, side, side), [Convolution(filters, kernel)], activation="sigmoid")
    standing, found = patches_cover_and_differ(network), full_rank_is_attained(network)
    if standing.status != "proved":
        return CheckResult("undecided", "an instance", standing.what)
    what = f"{side} x {side} x {channels} image, {filters} filters {kernel} x {kernel}: {found.what}"
    return CheckResult(found.status, found.scope, what, found.details, found.certificates)


@check("NH18.R2.4")
def nothing_fails_below(neurons: int = 3) -> CheckResult:
    """Every structure on up to `neurons` neurons, with every order inside the patches, has full rank."""
    certificates: list[Certificate] = []
    labelled = 0
    for case in itertools.chain(*map(_cases, range(1, neurons + 1))):
        found = _decided(case)
        if found.status != "proved":
            return CheckResult(found.status, "an instance", f"{_shown(case)}: {found.what}")
        labelled += case.structure.labelled
        certificates += found.certificates
    decided = len(certificates)
    what = f"all {labelled} cases on up to {neurons} neurons have full rank, {decided} up to isomorphism"
    details = {"neurons": neurons, "cases": labelled, "decided": decided}
    return CheckResult("proved", "an instance", what, details, tuple(certificates))


@check("NH18.R2.4")
def rank_formula(cases: Sequence[tuple[int, int, int, int]] = FORMULA_CASES) -> CheckResult:
    """T = C+1 filters k x k, output P1 x P2: rank (C+1)P1P2 - (P1-C(k-1))+ (P2-C(k-1))+, case by case."""
    ranks: list[int] = []
    certificates: list[Certificate] = []
    for channels, kernel, rows, columns in cases:
        network = Network(
            (channels, rows + kernel - 1, columns + kernel - 1),
            [Convolution(channels + 1, kernel)],
            activation="sigmoid",
        )
        found = full_rank_is_attained(network)
        shift = channels * (kernel - 1)
        formula = (channels + 1) * rows * columns - max(rows - shift, 0) * max(columns - shift, 0)
        if found.details["rank"] != formula:
            what = f"C = {channels}, k = {kernel}, output {rows} x {columns}: {found.what}; the formula gives {formula}"
            return CheckResult("undecided" if found.details["rank"] is None else "refuted", "an instance", what)
        ranks.append(formula)
        certificates += found.certificates
    details = {"cases": [list(case) for case in cases], "ranks": ranks}
    what = f"the formula is the generic rank in all {len(cases)} cases, each decided exactly"
    return CheckResult("proved", "an instance", what, details, tuple(certificates))


@check("NH18.R2.4")
def enough_filters_suffice(network: Network | None = None, *, layer: int = 1) -> CheckResult:
    """Corrected condition: T >= l and covering patches give full rank; filters that are unit vectors show it."""
    network = network or Network((1, 3, 3), [Convolution(4, 2)], activation="sigmoid")
    resolved = network.convolved(layer)
    size, filters = resolved.weights_shape
    standing, found = patches_cover_and_differ(network, layer=layer), full_rank_is_attained(network, layer=layer)
    if filters < size or standing.status != "proved":
        what = f"T_{layer} = {filters}, l = {size}; {standing.what}: the condition does not apply"
        return CheckResult("undecided", "an instance", what)
    claims = [claim for certificate in found.certificates for claim in certificate.claims]
    kinds = [claim.document()["lower_evidence"]["kind"] for claim in claims]
    if found.status != "proved" or kinds != ["delta-filters"]:
        return CheckResult("undecided", "an instance", found.what)
    what = f"T_{layer} = {filters} ≥ l = {size} and the patches cover: unit vectors as filters meet every neuron"
    return CheckResult("proved", "an instance", what, found.details, found.certificates)


def _cases(neurons: int) -> Iterator[Case]:
    """Covering, distinct patches of each size l in every order, one of each class, with up to l filters."""
    search = Search(neurons=neurons)
    return itertools.chain.from_iterable(cases(search, each) for each in structures(search, neurons))


def _decided(case: Case) -> CheckResult:
    return full_rank_is_attained(_network(case))


def _network(case: Case) -> Network:
    return Network(
        (case.structure.neurons,), [Convolution(case.filters, patches=case.structure.patches)], activation="sigmoid"
    )


def _shown(case: Case) -> str:
    patches = " ".join(f"({','.join(map(str, patch))})" for patch in case.structure.patches)
    return f"patches {patches}, {case.filters} filter{'s' if case.filters > 1 else ''}"
