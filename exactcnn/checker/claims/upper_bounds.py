"""Upper bounds of rank F_k: lines that repeat, relations between lines, zero blocks, and minors that vanish."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from flint import fmpq, fmpq_mat, fmpz_mat, nmod_mat

from exactcnn.checker.budget import NUMBER, Budget, elimination, fraction, multiplication
from exactcnn.checker.claim import Obligation
from exactcnn.checker.claims.zero_blocks import verify_zero_block
from exactcnn.checker.costs import spend_pre_activations
from exactcnn.checker.document import (
    FormatError,
    ObligationError,
    boolean,
    distinct,
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
from exactcnn.checker.equal_values import named_features
from exactcnn.checker.features import domain, exact_features, joined, proportional_features
from exactcnn.checker.instance import Instance
from exactcnn.checker.kinds.elementwise import Elementwise
from exactcnn.checker.numbers import Table, common_bits


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
            if domain(instance, layer)[0] == "Q":
                _verify_rational_relations(instance, layer, axis, combinations)
            elif axis == 0:
                verify_zero_block(instance, layer, combinations, None)
            else:
                verify_zero_block(instance, layer, None, combinations)

        return verify_relations
    if kind == "zero-block":
        left, right = (
            read_relations(side, lines)
            for side, lines in zip(
                fields(evidence, "evidence", "kind", "rows", "columns")[1:], (count, width), strict=True
            )
        )
        if not left or not right:
            raise FormatError(f"{'columns' if left else 'rows'} is empty")

        def verify_block() -> None:
            attained(count + width - len(left) - len(right))
            verify_zero_block(instance, layer, left, right)

        return verify_block
    if kind == "vanishing-minors":
        _, primes = fields(evidence, "evidence", "kind", "primes")
        moduli = [prime(p, "primes") for p in sequence(primes, "primes")]
        distinct(moduli, "primes")
        return lambda: _verify_vanishing_minors(instance, layer, upper, moduli)
    if kind == "inherited":
        return _read_inherited(instance, layer, upper, count, evidence)
    raise unknown("kind", kind)


def _read_inherited(instance: Instance, layer: int, upper: int, count: int, evidence: Any) -> Obligation:
    """Return the obligation of evidence for rank [F_j, 1] <= upper, or of F_j, of which F_k is an affine function."""
    _, number, ones, own = fields(evidence, "evidence", "kind", "layer", "ones", "evidence")
    integer(number, "layer", 0, layer)
    width = instance.layers[number].width + boolean(ones, "ones")
    # the matrix is taken for samples of a network without layers: it is F_0 there, and inherits nothing
    matrix = replace(instance, samples=None, count=count, targets=None, layers=[Elementwise(width, width)], points=[])
    read_upper(matrix, 0, upper, count, own)

    def verify() -> None:
        affine_from(instance, number, layer, ones)
        features = exact_features(instance, number, instance.known_samples())
        instance.budget.spend(100 * count * width, "a column of ones")
        rows = [[*row, fmpq(1)] for row in features] if ones else features
        read_upper(replace(matrix, samples=rows), 0, upper, count, own)()

    return verify


def affine_from(instance: Instance, number: int, layer: int, ones: bool) -> None:
    """Verify that F_k = [F_j, 1] M for some M, or F_j M without a column of ones, whatever the parameters are."""
    for k, each in enumerate(instance.layers[number + 1 : layer + 1], start=number + 1):
        require(each.linear and each.activation.affine, f"layer {k} is not affine")
        linear = each.bias == "none" and each.activation.zero_at_zero
        require(ones or linear, f"layer {k} adds constants, and there is no column of ones")


def lines_of(table: Table, axis: int) -> Table:
    """Return rows (axis 0) or columns (axis 1)."""
    return table if axis == 0 else [list(column) for column in zip(*table, strict=True)]


def last_pre_activations(instance: Instance, layer: int) -> Table:
    """Return the exact pre-activations of layer k, where layers 1..k-1 have rational values."""
    below = exact_features(instance, layer - 1, instance.known_samples())
    last = instance.layers[layer]
    what = f"pre-activations of layer {layer}"
    bits = spend_pre_activations(instance.budget, last, below, what)
    instance.budget.hold(len(below) * last.width * (NUMBER + bits), what)
    return joined(last, below, (lambda z: z) if last.linear else max)


def _verify_distinct_lines(instance: Instance, layer: int, axis: int, representatives: list[int]) -> None:
    first = next((k for k in range(1, layer + 1) if instance.layers[k].activation.domain != "rational"), 0)
    if first:
        table = last_pre_activations(instance, first)
        bits = max(map(common_bits, table))
    else:
        table, bits = proportional_features(instance, layer, axis)
    instance.budget.spend(sum(map(len, table)) * (1500 + bits // 16), "lines")
    if first:
        table = named_features(instance, first, table, layer)
    instance.budget.spend(sum(map(len, table)) * 100, "lines")
    lines = [tuple(line) for line in lines_of(table, axis)]
    represented = {lines[index] for index in representatives}
    for index, line in enumerate(lines):
        settled = line in represented or not any(line)
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
    leads = set(leading)
    for lead, combination in zip(leading, combinations, strict=True):
        if leads.intersection(combination) != {lead}:
            raise FormatError(f"leading line {lead} must occur in its own relation, and in no other")
    return combinations


def _verify_rational_relations(instance: Instance, layer: int, axis: int, combinations: list[dict[int, fmpq]]) -> None:
    table, bits = proportional_features(instance, layer, axis)
    lines = lines_of(table, axis)
    used = sorted({index for combination in combinations for index in combination})
    crossing = len(lines[0])
    _spend_product(instance.budget, combinations, len(used), crossing, bits)
    left = [combination.get(index, fmpq(0)) for combination in combinations for index in used]
    right = [entry for index in used for entry in lines[index]]
    if combinations:
        product = fmpq_mat(len(combinations), len(used), left) * fmpq_mat(len(used), crossing, right)
        for number, row in enumerate(product.tolist()):
            require(not any(row), f"relation {number} does not hold")


def _spend_product(budget: Budget, combinations: list[dict[int, fmpq]], used: int, crossing: int, bits: int) -> None:
    """Pay for the combinations of so many lines, of so many numbers of so many bits."""
    many = len(combinations)
    longest = max(map(common_bits, (combination.values() for combination in combinations)), default=1)
    budget.hold((many + crossing) * used * NUMBER + many * crossing * (NUMBER + 2 * (bits + longest)), "relations")
    products = used * multiplication(max(bits, longest)) + fraction(bits + longest)
    entries = (many + crossing) * used * (200 + fraction(max(bits, longest)))
    budget.spend(many * crossing * products + entries, "relations")


def _verify_vanishing_minors(instance: Instance, layer: int, upper: int, moduli: list[int]) -> None:
    table = exact_features(instance, layer, instance.known_samples())
    _spend_minors(instance.budget, table, upper + 1, len(moduli))
    reasons = []
    for axis in (0, 1):  # scale rows to integers, or columns
        lines = [_integers(line) for line in lines_of(table, axis)]
        order = upper + 1
        # Hadamard, squared: a minor is at most the product of the Euclidean norms of its rows (of its columns).
        bound = min(
            math.prod(sorted((sum(x * x for x in line) for line in side), reverse=True)[:order])
            for side in (lines, lines_of(lines, 1))
        )
        matrix = fmpz_mat(lines)  # once: as Python's integers its entries would take longer than a rank
        if math.prod(moduli) ** 2 <= bound:
            reasons.append("the product of the primes does not exceed the Hadamard bound")
        elif any(nmod_mat(matrix, p).rank() > upper for p in moduli):
            reasons.append("the rank modulo one of the primes is larger than upper")
        else:
            return
    raise ObligationError(f"{reasons[0]}")


def _spend_minors(budget: Budget, table: Table, order: int, primes: int) -> None:
    """Pay for the integers, the bounds and the ranks."""
    size, lines = sum(map(len, table)), len(table) + len(table[0])
    bits = max(max(map(common_bits, side)) for side in (table, zip(*table, strict=True)))
    what = f"entries of {bits} bits"
    budget.hold(2 * size * (NUMBER + bits), what)
    budget.spend(2 * size * (500 + fraction(bits) + primes * bits // 16), what)
    budget.spend(2 * lines * multiplication(2 * order * (bits + size.bit_length())), "the Hadamard bound")
    budget.spend(2 * primes * elimination(len(table), len(table[0])), f"ranks modulo {primes} primes")


def _integers(line: list[fmpq]) -> list[int]:
    """Multiply by the least common multiple of the denominators."""
    common = math.lcm(*(int(entry.q) for entry in line))
    return [int((entry * common).p) for entry in line]
