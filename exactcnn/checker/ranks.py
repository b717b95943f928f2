"""Claims a <= rank F_k <= b at the given parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from flint import fmpq, fmpq_mat, nmod_mat

from exactcnn.checker.construction import read_triangular_minor
from exactcnn.checker.document import (
    FormatError,
    ObligationError,
    distinct,
    fields,
    indices,
    integer,
    kind_of,
    limit,
    numeral,
    prime,
    quote,
    rational,
    require,
    sequence,
    unknown,
)
from exactcnn.checker.features import (
    Table,
    ball_minor_excludes_zero,
    exact_features,
    joined,
    modular_minor,
)
from exactcnn.checker.instance import Instance

Obligation = Callable[[], None]


def read_rank(instance: Instance, claim: Any) -> tuple[str, Obligation]:
    """Return a rank claim as a line, and its obligations."""
    names = ("kind", "layer", "lower", "upper", "lower_evidence", "upper_evidence")
    _, layer, lower, upper, lower_evidence, upper_evidence = fields(claim, "claim", *names)
    integer(layer, "layer", 0, len(instance.layers))
    integer(lower, "lower", 0)
    integer(upper, "upper", 0)
    count = instance.count or 0
    from_below = read_lower(instance, layer, lower, count, lower_evidence)
    from_above = read_upper(instance, layer, upper, count, upper_evidence)

    def verify() -> None:
        instance.known_samples()
        from_below()
        from_above()

    return f"{quote(lower)} <= rank F_{layer} <= {quote(upper)}", verify


# -------------------------------------------------------------------- from below


def read_lower(instance: Instance, layer: int, lower: int, count: int, evidence: Any) -> Obligation:
    """Return the obligation of evidence for rank F_k >= lower."""
    kind = kind_of(evidence, "evidence")
    if kind == "none":
        fields(evidence, "evidence", "kind")
        return lambda: require(lower == 0, f"none, yet lower is {quote(lower)}")
    if kind == "triangular-minor":
        return read_triangular_minor(instance, layer, lower, count, evidence)
    if kind not in ("modular-minor", "ball-minor"):
        raise unknown("kind", kind)
    own = ("modulus", "root") if kind == "modular-minor" else ("precision",)
    *point, rows, columns = fields(evidence, "evidence", "kind", *own, "rows", "columns")[1:]
    indices(rows, "rows", count)
    indices(columns, "columns", instance.layers[layer].width, len(rows))
    if kind == "modular-minor":
        p = prime(point[0], "modulus")
        root = None if point[1] is None else read_root(point[1], p)
    else:
        precision = integer(point[0], "precision", 2, 2**20)

    def verify() -> None:
        require(lower == len(rows), f"the minor has order {len(rows)}, lower is {quote(lower)}")
        if kind == "modular-minor":
            minor = modular_minor(instance, layer, rows, columns, p, root)
            require(int(minor.det()) != 0, f"the minor vanishes modulo {p}")
        else:
            nonzero = ball_minor_excludes_zero(instance, layer, rows, columns, precision)
            require(nonzero, f"the ball of the determinant at {precision} bits does not exclude zero")

    return verify


def read_root(value: Any, p: int) -> int:
    """Return an element of order q in GF(p), p = 2q + 1 with q an odd prime."""
    prime(str((p - 1) // 2), "(modulus - 1)/2")
    root = numeral(value, "root")
    if not 1 < root < p or pow(int(root), (p - 1) // 2, p) != 1:
        raise FormatError(f"root is {quote(value)}; expected a number from 2 to p - 1 of order (p - 1)/2")
    return int(root)


# -------------------------------------------------------------------- from above


def read_upper(instance: Instance, layer: int, upper: int, count: int, evidence: Any) -> Obligation:
    """Return the obligation of evidence for rank F_k <= upper."""
    kind = kind_of(evidence, "evidence")
    width = instance.layers[layer].width

    def attained(bound: int) -> None:
        require(upper == bound, f"it proves {quote(bound)}, upper is {quote(upper)}")

    if kind == "shape":
        fields(evidence, "evidence", "kind")
        return lambda: attained(min(count, width))
    if kind == "distinct-lines":
        _, axis, representatives = fields(evidence, "evidence", "kind", "axis", "representatives")
        lines = width if integer(axis, "axis", 0, 2) else count
        if sequence(representatives, "representatives"):
            indices(representatives, "representatives", lines)

        def verify_lines() -> None:
            attained(len(representatives))
            _verify_distinct_lines(instance, layer, axis, representatives)

        return verify_lines
    if kind == "relations":
        _, axis, relations = fields(evidence, "evidence", "kind", "axis", "relations")
        lines = width if integer(axis, "axis", 0, 2) else count
        combinations = read_relations(relations, lines)

        def verify_relations() -> None:
            attained(lines - len(combinations))
            if all(below.activation.domain == "rational" for below in instance.layers[: layer + 1]):
                _verify_rational_relations(instance, layer, axis, combinations)
            else:
                _verify_exponential_relations(instance, layer, axis, combinations)

        return verify_relations
    if kind == "vanishing-minors":
        _, primes = fields(evidence, "evidence", "kind", "primes")
        moduli = [prime(p, "primes") for p in sequence(primes, "primes")]
        distinct(moduli, "primes")
        return lambda: _verify_vanishing_minors(instance, layer, upper, moduli)
    raise unknown("kind", kind)


def lines_of(table: Table, axis: int) -> Table:
    """Return rows (axis 0) or columns (axis 1)."""
    return table if axis == 0 else [list(column) for column in zip(*table, strict=True)]


def last_pre_activations(instance: Instance, layer: int) -> Table:
    """Return the exact pre-activations of layer k, where layers 1..k-1 have rational values."""
    return joined(instance.layers[layer], exact_features(instance, layer - 1, instance.known_samples()), lambda z: z)


def _verify_distinct_lines(instance: Instance, layer: int, axis: int, representatives: list[int]) -> None:
    activation = instance.layers[layer].activation
    if activation.domain == "rational":
        table, zero = exact_features(instance, layer, instance.known_samples()), True
    else:  # equal pre-activations have equal values
        table, zero = last_pre_activations(instance, layer), activation.zero_at_zero
    lines = [tuple(line) for line in lines_of(table, axis)]
    represented = {lines[index] for index in representatives}
    for index, line in enumerate(lines):
        settled = line in represented or (zero and not any(line))
        require(settled, f"line {index} is neither zero nor equal to a representative")


def read_relations(value: Any, lines: int) -> list[dict[int, fmpq]]:
    """Return combinations of lines that are linearly independent by their shape: each has a line of its own."""
    combinations, leading = [], []
    for relation in sequence(value, "relations"):
        lead, coefficients = fields(relation, "relation", "leading", "coefficients")
        leading.append(integer(lead, "leading", 0, lines))
        pairs = [sequence(pair, "pair", 2) for pair in sequence(coefficients, "coefficients")]
        indices([index for index, _ in pairs], "evidence", lines)
        combination = {index: rational(c, "a coefficient") for index, c in pairs}
        if 0 in combination.values():
            raise FormatError("a coefficient is zero")
        combinations.append(combination)
    distinct(leading, "leading")
    used = [set(combination) & set(leading) for combination in combinations]
    for lead, own in zip(leading, used, strict=True):
        if own != {lead}:
            raise FormatError(f"leading line {lead} must occur in its own relation, and in no other")
    return combinations


def _verify_rational_relations(instance: Instance, layer: int, axis: int, combinations: list[dict[int, fmpq]]) -> None:
    lines = lines_of(exact_features(instance, layer, instance.known_samples()), axis)
    used = sorted({index for combination in combinations for index in combination})
    limit(len(combinations) * len(used), "evidence")
    left = [combination.get(index, fmpq(0)) for combination in combinations for index in used]
    right = [entry for index in used for entry in lines[index]]
    if combinations:
        crossing = len(lines[0])
        product = fmpq_mat(len(combinations), len(used), left) * fmpq_mat(len(used), crossing, right)
        for number, row in enumerate(product.tolist()):
            require(not any(row), f"relation {number} does not hold")


def _verify_exponential_relations(
    instance: Instance, layer: int, axis: int, combinations: list[dict[int, fmpq]]
) -> None:
    activation = instance.layers[layer].activation
    expansion = activation.expansion
    if expansion is None:
        raise ObligationError(f"relations of {activation.name} are not decided by this checker")
    lines = lines_of(last_pre_activations(instance, layer), axis)
    used = {index for combination in combinations for index in combination}
    expanded = {index: [[((int(f.p), int(f.q)), c) for f, c in expansion(z)] for z in lines[index]] for index in used}
    for number, combination in enumerate(combinations):
        for crossing in range(len(lines[0])):
            total: dict[tuple[int, int], fmpq] = {}
            for index, factor in combination.items():
                for function, coefficient in expanded[index][crossing]:
                    total[function] = total.get(function, 0) + factor * coefficient
            require(not any(total.values()), f"relation {number} does not hold")


def _verify_vanishing_minors(instance: Instance, layer: int, upper: int, moduli: list[int]) -> None:
    table = exact_features(instance, layer, instance.known_samples())
    reasons = []
    for axis in (0, 1):  # scale rows to integers, or columns
        lines = [_integers(line) for line in lines_of(table, axis)]
        order = upper + 1
        # Hadamard, squared: a minor is at most the product of the Euclidean norms of its rows (of its columns).
        bound = min(
            math.prod(sorted((sum(x * x for x in line) for line in side), reverse=True)[:order])
            for side in (lines, lines_of(lines, 1))
        )
        entries = [entry for line in lines for entry in line]
        if math.prod(moduli) ** 2 <= bound:
            reasons.append("the product of the primes does not exceed the Hadamard bound")
        elif any(nmod_mat(len(lines), len(lines[0]), entries, p).rank() > upper for p in moduli):
            reasons.append("the rank modulo one of the primes is larger than upper")
        else:
            return
    raise ObligationError(f"{reasons[0]}")


def _integers(line: list[fmpq]) -> list[int]:
    """Multiply by the least common multiple of the denominators."""
    common = math.lcm(*(int(entry.q) for entry in line))
    return [int((entry * common).p) for entry in line]
