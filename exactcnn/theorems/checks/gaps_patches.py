"""The remark after Assumption 2.4: "covered and distinct" patches do not suffice; what does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.theorems.checks.recorder import Certificate, CheckResult, check
from exactcnn.theorems.checks.structure import full_rank_is_attained, patches_cover_and_differ

Structure = tuple[tuple[int, ...], ...]
FORMULA_CASES = tuple(
    (channels, kernel, rows, columns)
    for channels, kernel in ((1, 1), (1, 2), (1, 3), (2, 2))
    for rows in range(1, 5)
    for columns in range(rows, 5)
)


@check("NH18.R2.4")
def smallest_deficient_structures(neurons: int = 4) -> CheckResult:
    """Every structure with patches in increasing order on up to `neurons` neurons, decided one after the other."""
    deficient: list[tuple[Structure, int, CheckResult]] = []
    decided = 0
    for n in range(1, neurons + 1):
        for patches, filters in _structures(n, every_order=False):
            decided += 1
            found = _decide(n, patches, filters)
            if found.status == "undecided":
                return CheckResult("undecided", "an instance", f"{patches}, {filters} filters: {found.what}")
            if found.status == "refuted":
                deficient.append((patches, filters, found))
        if deficient:
            break
    if not deficient:
        return CheckResult("proved", "only a sample", f"all {decided} structures on up to {neurons} neurons are full")
    first, filters, found = deficient[0]
    n = 1 + max(map(max, first))
    standing = patches_cover_and_differ(_network(n, first, filters))
    if standing.status != "proved":
        return CheckResult("undecided", "an instance", standing.what)
    what = (
        f"the smallest have {n} neurons: patches {_shown(first)}, {filters} filter(s), cover and differ, yet "
        f"{found.what}; {len(deficient)} of {decided} structures fail"
    )
    details = {
        "neurons": n,
        "decided": decided,
        "deficient": [
            {"patches": [list(p) for p in patches], "filters": t, "rank": r.details["rank"], "full": r.details["full"]}
            for patches, t, r in deficient
        ],
    }
    return CheckResult("refuted", "all parameters of an architecture", what, details, found.certificates)


@check("NH18.R2.4")
def deficient_image(side: int = 3, kernel: int = 2, filters: int = 2, *, channels: int = 1) -> CheckResult:
    """An ordinary convolution of a square image, stride 1, no padding."""
    network = Network((channels, side, side), [Convolution(filters, kernel)])
    standing, found = patches_cover_and_differ(network), full_rank_is_attained(network)
    if standing.status != "proved":
        return CheckResult("undecided", "an instance", standing.what)
    what = f"{side} x {side} x {channels} image, {filters} filters {kernel} x {kernel}: {found.what}"
    return CheckResult(found.status, found.scope, what, found.details, found.certificates)


@check("NH18.R2.4")
def nothing_fails_below(neurons: int = 3) -> CheckResult:
    """Every structure on up to `neurons` neurons with every order inside the patches has full rank."""
    certificates: list[Certificate] = []
    for n in range(1, neurons + 1):
        for patches, filters in _structures(n, every_order=True):
            found = _decide(n, patches, filters)
            if found.status != "proved":
                return CheckResult(found.status, "an instance", f"{_shown(patches)}, {filters} filter(s): {found.what}")
            certificates += found.certificates
    decided = len(certificates)
    what = f"all {decided} structures on up to {neurons} neurons, in every order inside the patches, have full rank"
    details = {"neurons": neurons, "decided": decided}
    return CheckResult("proved", "an instance", what, details, tuple(certificates))


@check("NH18.R2.4")
def rank_formula(cases: Sequence[tuple[int, int, int, int]] = FORMULA_CASES) -> CheckResult:
    """T = C+1 filters k x k, output P1 x P2: rank (C+1)P1P2 - (P1-C(k-1))+ (P2-C(k-1))+, case by case."""
    ranks: list[int] = []
    certificates: list[Certificate] = []
    for channels, kernel, rows, columns in cases:
        network = Network((channels, rows + kernel - 1, columns + kernel - 1), [Convolution(channels + 1, kernel)])
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
    network = network or Network((1, 3, 3), [Convolution(4, 2)])
    resolved = network.layer(layer)
    size, filters = resolved.weights_shape
    standing, found = patches_cover_and_differ(network, layer=layer), full_rank_is_attained(network, layer=layer)
    if filters < size or standing.status != "proved":
        what = f"T_{layer} = {filters}, l = {size}; {standing.what}: the condition does not apply"
        return CheckResult("undecided", "an instance", what)
    claims = [claim for certificate in found.certificates for claim in certificate.claims]
    kinds = [claim["lower_evidence"]["kind"] for claim in claims]
    if found.status != "proved" or kinds != ["delta-filters"]:
        return CheckResult("undecided", "an instance", found.what)
    what = f"T_{layer} = {filters} ≥ l = {size} and the patches cover: unit vectors as filters meet every neuron"
    return CheckResult("proved", "an instance", what, found.details, found.certificates)


def _decide(neurons: int, patches: Structure, filters: int) -> CheckResult:
    return full_rank_is_attained(_network(neurons, patches, filters))


def _network(neurons: int, patches: Structure, filters: int) -> Network:
    return Network((neurons,), [Convolution(filters, patches=patches)])


def _structures(neurons: int, *, every_order: bool) -> Iterator[tuple[Structure, int]]:
    """Covering, distinct patches of each size l, with fewer filters than l (from T = l on the rank is full)."""
    for size in range(2, neurons + 1):
        sets = list(itertools.combinations(range(neurons), size))
        for count in range(1, len(sets) + 1):
            for chosen in itertools.combinations(sets, count):
                if len({j for patch in chosen for j in patch}) < neurons:
                    continue
                orders: list[list[tuple[int, ...]]] = [
                    list(itertools.permutations(patch)) if every_order else [patch] for patch in chosen
                ]
                for patches in itertools.product(*orders):
                    for filters in range(1, size):
                        yield patches, filters


def _shown(patches: Structure) -> str:
    return " ".join(f"({','.join(map(str, patch))})" for patch in patches)
