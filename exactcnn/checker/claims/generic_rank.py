"""Claims about the largest rank of U_l = M_l(W) over all weights W (Assumption 2.4).

U_l has a row for each neuron of the layer below and a column h = p * T + t for each unit; its entry is the sum of the
W[s, t] over the slots s of patch p that read the neuron. The entry W[s, t] is the variable s * T + t.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flint import fmpq, nmod_mat

from exactcnn.checker.budget import Budget, elimination, fraction
from exactcnn.checker.claim import Accepted, Obligation, Read
from exactcnn.checker.claims.determinants import Determinants
from exactcnn.checker.claims.lifting import Lifting
from exactcnn.checker.claims.translation import Translation
from exactcnn.checker.document import (
    FormatError,
    fields,
    indices,
    integer,
    kind_of,
    prime,
    quote,
    rational,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import Reduction


def read_generic_rank(instance: Instance, claim: Any, _: Accepted) -> Read:
    """Return a claim a <= largest rank of U_l <= b, and its obligations."""
    names = ("kind", "layer", "lower", "upper", "lower_evidence", "upper_evidence")
    _, number, lower, upper, lower_evidence, upper_evidence = fields(claim, "claim", *names)
    layer = instance.convolution(number)
    integer(lower, "lower", 0)
    integer(upper, "upper", 0)
    from_below = _read_lower(layer, lower, lower_evidence, instance.budget)
    from_above = _read_upper(layer, upper, upper_evidence, instance.budget)

    def verify() -> None:
        from_below()
        from_above()

    line = f"{quote(lower)} <= largest rank of U_{number} <= {quote(upper)}"
    return Read(line, verify, lower > 0 or upper < min(layer.below, layer.width))


def column(layer: Layer, h: int) -> Iterator[tuple[int, int]]:
    """Yield the non-zero entries of a column of U as (row, variable)."""
    p, t = divmod(h, layer.filters)
    for s, neuron in enumerate(layer.patches[p]):
        if neuron != PADDING:
            yield neuron, s * layer.filters + t


def read_weights(value: Any, layer: Layer) -> list[fmpq]:
    """Return l x T weights in C order."""
    weights = sequence(value, "weights", layer.slots * layer.filters)
    return [rational(weight, "weights") for weight in weights]


# -------------------------------------------------------------------- from below


def _read_lower(layer: Layer, lower: int, evidence: Any, budget: Budget) -> Obligation:
    kind = kind_of(evidence, "evidence")
    patches = layer.patches
    if kind == "delta-filters":
        slots = sequence(fields(evidence, "evidence", "kind", "slots")[1], "slots", layer.filters)
        for slot in slots:
            integer(slot, "slots", 0, layer.slots)

        def verify_delta() -> None:
            # each column of U is then a unit vector, or zero
            budget.spend(300 * len(patches) * len(set(slots)), "slots")
            met = {patch[slot] for patch in patches for slot in set(slots)} - {PADDING}
            require(lower == len(met), f"it proves {len(met)}, lower is {quote(lower)}")

        return verify_delta
    if kind != "modular-witness":
        raise unknown("kind", kind)
    _, modulus, weights, rows, columns = fields(evidence, "evidence", "kind", "modulus", "weights", "rows", "columns")
    p = prime(modulus, "modulus")
    point = read_weights(weights, layer)
    indices(rows, "rows", layer.below)
    indices(columns, "columns", layer.width, len(rows))

    def verify() -> None:
        require(lower == len(rows), f"the minor has order {len(rows)}, lower is {quote(lower)}")
        budget.hold(64 * len(rows) ** 2, "a minor")
        budget.spend(elimination(len(rows), len(rows)) + 500 * len(columns) * layer.slots, "a minor")
        residues = list(map(Reduction(p), point))
        minor = nmod_mat(len(rows), len(rows), p)
        position = {row: i for i, row in enumerate(rows)}
        for j, h in enumerate(columns):
            for row, variable in column(layer, h):
                if row in position:
                    minor[position[row], j] = residues[variable]  # a neuron occurs once in a patch
        require(int(minor.det()) != 0, f"the minor vanishes modulo {p}")

    return verify


# -------------------------------------------------------------------- from above


def _read_upper(layer: Layer, upper: int, evidence: Any, budget: Budget) -> Obligation:
    kind = kind_of(evidence, "evidence")

    def attained(bound: int) -> None:
        require(upper == bound, f"it proves {quote(bound)}, upper is {quote(upper)}")

    if kind == "shape":
        fields(evidence, "evidence", "kind")
        return lambda: attained(min(layer.below, layer.width))
    if kind == "cover":
        _, neurons, patches = fields(evidence, "evidence", "kind", "neurons", "patches")
        rows = indices(neurons, "neurons", layer.below) if neurons != [] else []
        columns = indices(patches, "patches", len(layer.patches)) if patches != [] else []

        def verify_cover() -> None:
            attained(len(rows) + layer.filters * len(columns))
            budget.spend(100 * len(patches) * layer.slots, "a cover")
            covered, omitted = {PADDING, *rows}, set(columns)
            others = (patch for p, patch in enumerate(layer.patches) if p not in omitted)
            require(all(covered.issuperset(patch) for patch in others), "an entry is in none of the lines")

        return verify_cover
    if kind == "syzygies":
        _, vectors, modulus, weights = fields(evidence, "evidence", "kind", "vectors", "modulus", "weights")
        polynomials = [_read_polynomial_vector(layer, vector) for vector in sequence(vectors, "vectors")]
    elif kind == "determinantal":
        names = ("kind", "grid", "rows", "offsets", "vectors", "modulus", "weights")
        _, grid, slot_rows, offsets, vectors, modulus, weights = fields(evidence, "evidence", *names)
        determinants = Determinants(Translation(layer, grid, slot_rows, offsets, budget), vectors)
    elif kind == "lifting":
        return _read_lifting(layer, evidence, attained, budget)
    else:
        raise unknown("kind", kind)
    p = prime(modulus, "modulus")
    point = read_weights(weights, layer)

    def verify() -> None:
        attained(layer.width - len(vectors))
        budget.hold(64 * len(vectors) * layer.width, "kernel vectors")
        budget.spend(elimination(len(vectors), layer.width), "kernel vectors")
        residues = list(map(Reduction(p), point))
        if kind == "syzygies":
            for vector in polynomials:
                budget.spend(_annihilation_cost(layer, vector), "U times a vector")
                require(_annihilated(layer, vector), "U times a vector is not identically zero")
            values = [_values(vector, residues, p) for vector in polynomials]
        else:
            determinants.verify()
            values = determinants.values(residues, p)
        matrix = nmod_mat(len(vectors), layer.width, p)
        for i, vector_values in enumerate(values):
            for h, value in vector_values:
                matrix[i, h] = value
        # independent at one point modulo p: independent over Q(w), where U has then as large a kernel
        require(matrix.rank() == len(vectors), f"the vectors are not independent at the weights modulo {p}")

    return verify


def _read_lifting(layer: Layer, evidence: Any, attained: Callable[[int], None], budget: Budget) -> Obligation:
    names = ("kind", "grid", "rows", "offsets", "polynomial", "shifts", "filters", "modulus", "weights")
    _, grid, rows, offsets, polynomial, shifts, filters, modulus, weights = fields(evidence, "evidence", *names)
    p = prime(modulus, "modulus")
    point = read_weights(weights, layer)
    lifting = Lifting(Translation(layer, grid, rows, offsets, budget), polynomial, shifts, filters, p)

    def verify() -> None:
        attained(layer.width - lifting.degree)
        lifting.verify(list(map(Reduction(p), point)))

    return verify


Terms = dict[tuple[int, ...], fmpq]


def _read_polynomial_vector(layer: Layer, vector: Any) -> list[tuple[int, Terms]]:
    entries = [sequence(entry, "an entry", 2) for entry in sequence(vector, "a vector")]
    indices([h for h, _ in entries], "a vector", layer.width)
    result = []
    for h, terms in entries:
        polynomial: Terms = {}
        for term in sequence(terms, "terms"):
            exponents, coefficient = sequence(term, "a term", 2)
            for variable in sequence(exponents, "exponents"):
                integer(variable, "a variable", 0, layer.slots * layer.filters)
            monomial = tuple(exponents)
            if list(monomial) != sorted(monomial) or monomial in polynomial:
                raise FormatError("exponents are not sorted, or repeated")
            polynomial[monomial] = rational(coefficient, "a coefficient")
        result.append((h, polynomial))
    return result


def _annihilation_cost(layer: Layer, vector: list[tuple[int, Terms]]) -> int:
    lengths = sum(10 + len(monomial) for _, terms in vector for monomial in terms)
    bits = max((int(c.p * c.q).bit_length() for _, terms in vector for c in terms.values()), default=0)
    return layer.slots * lengths * (200 + fraction(bits + len(vector).bit_length()))


def _annihilated(layer: Layer, vector: list[tuple[int, Terms]]) -> bool:
    product: dict[tuple[int, tuple[int, ...]], fmpq] = {}
    for h, terms in vector:
        for row, variable in column(layer, h):
            for monomial, coefficient in terms.items():
                key = row, tuple(sorted((*monomial, variable)))
                product[key] = product.get(key, fmpq(0)) + coefficient
    return not any(product.values())


def _values(vector: list[tuple[int, Terms]], residues: list[int], p: int) -> list[tuple[int, int]]:
    modulo_p = Reduction(p)
    result = []
    for h, terms in vector:
        total = 0
        for monomial, coefficient in terms.items():
            value = modulo_p(coefficient)
            for variable in monomial:
                value = value * residues[variable] % p
            total += value
        result.append((h, total % p))
    return result
