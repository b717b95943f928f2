"""Claims about full weight matrices: U_l at given weights, and its largest rank over all weights (Assumption 2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from exactcnn.rocq.network import RocqInstance, parameters
from exactcnn.rocq.ranks import Rows, minor_theorem, rank_theorems, two_bounds
from exactcnn.rocq.text import (
    NoRocqForm,
    Theorem,
    bits_of,
    definition,
    estimate,
    indices,
    integer,
    listing,
    rational,
    rationals,
    table,
    without_witness,
)

PRIME = 2**31 - 1  # for minors of 0 and 1, which are regular modulo every prime


def weights_rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The rank of U_l at the instance's own weights."""
    number = claim["layer"]
    layer = instance.layers[number - 1]
    below = instance.width(number - 1)
    parameters(layer)  # refuses what is not given
    rows = full_weight_matrix(layer, below, table(layer["weights"], "weights"))
    called = f"{name}_U"
    value = f"full_weight_matrix rationals {below} {patches(layer)} {layer['filters']} (weights parameters_{number})"
    work, bits = below * len(rows[0]) * len(layer["patches"][0]), bits_of(x for row in rows for x in row)
    theorems = rank_theorems(claim, name, called, rows, estimate(work, bits), f"U_{number}", most=instance.most)
    return _with_witness(theorems, definition(called, "matrix rationals", value))


def generic_rank(instance: RocqInstance, claim: dict[str, Any], name: str) -> list[Theorem]:
    """The largest rank of U_l over all weights: one choice from below, an identity in all weights from above."""
    number = claim["layer"]
    layer = instance.layers[number - 1]
    below, slots, filters = instance.width(number - 1), len(layer["patches"][0]), layer["filters"]
    called = f"{name}_U"
    value = f"weight_matrix {below} {patches(layer)} {filters} {slots}"
    work = float(below * len(layer["patches"]) * filters * slots)
    found = two_bounds(
        claim,
        lambda: _below(layer, claim, f"{name}_below", called, below, work, instance.most),
        lambda: _above(layer, claim, f"{name}_above", called, below, work),
    )
    return _with_witness(found, definition(called, "list Q -> matrix rationals", value))


def _with_witness(theorems: list[Theorem], text: str) -> list[Theorem]:
    """The first theorem begins with this definition."""
    first, *rest = theorems
    return [Theorem(**(vars(first) | {"witness": text + first.witness})), *rest]


def patches(layer: dict[str, Any]) -> str:
    """The patches of a layer."""
    return listing(listing(map(integer, patch)) for patch in layer["patches"]) + "%Z"


def full_weight_matrix(layer: dict[str, Any], below: int, weights: Rows) -> list[list[Fraction]]:
    """U_l: a row for each neuron below, column p T + t for filter t at patch p."""
    filters = layer["filters"]
    rows = [[Fraction(0)] * (len(layer["patches"]) * filters) for _ in range(below)]
    for p, patch in enumerate(layer["patches"]):
        for (s, neuron), t in product(enumerate(patch), range(filters)):
            if neuron >= 0:
                rows[neuron][p * filters + t] += weights[s][t]
    return rows


def _below(
    layer: dict[str, Any], claim: dict[str, Any], name: str, called: str, below: int, work: float, most: float
) -> Theorem:
    seconds = estimate(work + claim["lower"] ** 3)
    if seconds > most:
        return without_witness(name, seconds)
    evidence, filters, slots = claim["lower_evidence"], layer["filters"], len(layer["patches"][0])
    modulus = PRIME
    if evidence["kind"] == "delta-filters":
        flat = [Fraction(evidence["slots"][t] == s) for s in range(slots) for t in range(filters)]
    elif evidence["kind"] == "modular-witness":
        modulus, flat = int(evidence["modulus"]), [Fraction(w) for w in evidence["weights"]]
    else:
        raise NoRocqForm(f"evidence {evidence['kind']!r}")
    weights = [flat[s * filters : (s + 1) * filters] for s in range(slots)]
    rows = full_weight_matrix(layer, below, weights)
    if evidence["kind"] == "delta-filters":  # a column has one 1 at most; the first column of each neuron that is met
        first = {row.index(Fraction(1)): i for i, row in enumerate(rows) if 1 in row}
        evidence = {"columns": list(first), "rows": list(first.values())}
    inner = minor_theorem(
        evidence["rows"], evidence["columns"], modulus, f"{name}_inner", f"({called} {name}_weights)", rows
    )
    lower = claim["lower"]
    return Theorem(
        name,
        f"At these weights {lower} rows of the full weight matrix are independent: a minor is not 0 modulo {modulus}.",
        f"exists w, length w = {slots * filters}%nat /\\ rank_from_below ({called} w) {lower}",
        f"exists {name}_weights; split; [reflexivity | {inner.proof}; vm_cast_no_check (eq_refl true)].",
        definition(f"{name}_weights", "list Q", f"{rationals(flat)}%Q") + inner.witness,
        seconds,
    )


def _above(layer: dict[str, Any], claim: dict[str, Any], name: str, called: str, below: int, work: float) -> Theorem:
    evidence, upper = claim["upper_evidence"], claim["upper"]
    slots, filters = len(layer["patches"][0]), layer["filters"]
    width = len(layer["patches"]) * filters
    if evidence["kind"] == "shape":
        axis = "rows" if below == upper else "columns"
        says = f"At all weights the rank is at most {upper}: there are no more {axis}."
        proof = f"intro w; unfold {called}; apply weight_matrix_by_{axis}."
        return Theorem(name, says, f"forall w, rank_from_above ({called} w) {upper}", proof)
    if evidence["kind"] == "cover":
        neurons, chosen = evidence["neurons"], evidence["patches"]
        return Theorem(
            name,
            f"At all weights the rank is at most {upper}: all entries but those of {len(neurons)} rows and of the "
            f"{filters} columns of each of {len(chosen)} patches are 0.",
            f"forall w, rank_from_above ({called} w) {upper}",
            f"intro w; unfold {called}; apply (weight_matrix_by_cover {below} {patches(layer)} {filters} {slots} w "
            f"{name}_neurons {name}_patches)",
            definition(f"{name}_neurons", "list nat", indices(neurons))
            + definition(f"{name}_patches", "list nat", indices(chosen)),
            estimate(len(layer["patches"]) * (len(chosen) + slots * len(neurons)) / 100),
        )
    if evidence["kind"] == "syzygies":
        vector = {h: [(tuple(e), int(c)) for e, c in terms] for h, terms in evidence["vectors"][0]}
    elif evidence["kind"] == "determinantal":
        vector = _expanded(evidence, evidence["vectors"][0], filters)
    else:
        raise NoRocqForm(f"evidence {evidence['kind']!r}")
    entries = [_polynomial(vector.get(h, [])) for h in range(width)]
    modulus, residues = int(evidence["modulus"]), [int(w) for w in evidence["weights"]]
    somewhere = _place(vector, residues, modulus)
    vectors = len(evidence["vectors"])
    return Theorem(
        name,
        f"At all weights the {width} columns are dependent, U h = 0 with polynomials h in the weights; "
        "where h is 0, a limit of multiples of h takes its place.",
        f"forall w, length w = {slots * filters}%nat -> columns_are_dependent ({called} w) {width}",
        f"apply (null_vector {below} {patches(layer)} {filters} {slots} {name}_h {name}_somewhere)",
        definition(f"{name}_h", "list poly", listing(entries))
        + definition(f"{name}_somewhere", "list Q", f"{rationals(map(Fraction, somewhere))}%Q"),
        estimate(work * max(map(len, vector.values())) / 10),
        ""
        if vectors == 1
        else f"the bound {upper}; the file has one kernel vector of {vectors}, that is the bound {width - 1}",
    )


Terms = list[tuple[tuple[int, ...], int]]


def _polynomial(terms: Terms) -> str:
    """A polynomial in the order of monomials that Rocq keeps."""
    ordered = sorted(terms, key=lambda term: (len(term[0]), term[0]))
    return listing(f"({listing(map(str, e))}%nat, {rational(c)}%Q)" for e, c in ordered)


def _place(vector: dict[int, Terms], residues: Sequence[int], modulus: int) -> list[int]:
    """Weights at which the vector is not 0; it is not 0 modulo the prime at the given ones."""
    for terms in vector.values():
        total = 0
        for exponents, c in terms:
            value = c
            for e in exponents:
                value = value * residues[e] % modulus
            total += value
        if total % modulus:
            return list(residues)
    raise NoRocqForm("the first kernel vector is 0 at the given weights")


def _expanded(evidence: dict[str, Any], vector: dict[str, Any], filters: int) -> dict[int, Terms]:
    """A kernel vector given by determinants, written out: its entries by column p T + t."""
    grid, order = evidence["grid"], 1 + max(evidence["rows"])
    entries: dict[int, dict[tuple[int, ...], int]] = {}
    for i, t in enumerate(vector["filters"]):
        others = [other for other in vector["filters"] if other != t]
        for slots in product(range(len(evidence["rows"])), repeat=order):
            sign = (-1) ** i * _signature([evidence["rows"][s] for s in slots])
            if not sign:
                continue
            offsets = [evidence["offsets"][s] for s in slots]
            position = [a + sum(o[axis] for o in offsets) for axis, a in enumerate(vector["shift"])]
            place = 0
            for coordinate, size in zip(position, grid, strict=True):
                place = place * size + coordinate
            monomial = tuple(sorted(s * filters + other for s, other in zip(slots, others, strict=True)))
            own = entries.setdefault(place * filters + t, {})
            own[monomial] = own.get(monomial, 0) + sign
    return {h: [(e, c) for e, c in own.items() if c] for h, own in entries.items()}


def _signature(rows: Sequence[int]) -> int:
    """Sign of a permutation, 0 for what is none: columns are in their order, rows as the slots say."""
    if len(set(rows)) < len(rows):
        return 0
    return -1 if sum(a > b for i, a in enumerate(rows) for b in rows[i + 1 :]) % 2 else 1
