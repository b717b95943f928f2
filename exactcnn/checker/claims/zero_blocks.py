"""Zero blocks: L F R = 0 with rational L and R, decided by the names of the numbers of which entries of F are sums."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from flint import fmpq

from exactcnn.checker.budget import NUMBER, Budget, fraction
from exactcnn.checker.document import require
from exactcnn.checker.expansions import Expansion, Function, expanded_features
from exactcnn.checker.instance import Instance
from exactcnn.checker.numbers import common_bits

Combinations = list[dict[int, fmpq]]


def verify_zero_block(instance: Instance, layer: int, left: Combinations | None, right: Combinations | None) -> None:
    """Require that combinations of rows of F_k vanish on combinations of columns; None stands for every line alone."""
    samples = instance.known_samples()
    rows = _alone(len(samples)) if left is None else left
    columns = _alone(instance.layers[layer].width) if right is None else right
    used = sorted({i for combination in rows for i in combination})
    if not used:
        return
    place = {i: position for position, i in enumerate(used)}
    rows = [{place[i]: factor for i, factor in row.items()} for row in rows]
    table = expanded_features(instance, layer, [samples[i] for i in used])
    _spend_block(instance.budget, table, rows, columns)
    for number, column in enumerate(columns):
        sums = [_combined((factor, line[h]) for h, factor in column.items()) for line in table]
        for index, row in enumerate(rows):
            total = _combined((factor, sums[i]) for i, factor in row.items())
            require(not any(c for _, c in total), _failure(left, right, index, number))


def _alone(count: int) -> Combinations:
    return [{index: fmpq(1)} for index in range(count)]


def _failure(left: Combinations | None, right: Combinations | None, row: int, column: int) -> str:
    if left is None or right is None:
        return f"relation {row if right is None else column} does not hold"
    return f"row {row} and column {column} of the zero block: the entry is not zero"


def _combined(terms: Iterable[tuple[fmpq, Expansion]]) -> Expansion:
    """Return a sum of multiples, with equal names collected."""
    total: dict[Function, fmpq] = {}
    for factor, expansion in terms:
        for function, coefficient in expansion:
            total[function] = total.get(function, 0) + factor * coefficient
    return list(total.items())


def _spend_block(budget: Budget, table: list[list[Expansion]], rows: Combinations, columns: Combinations) -> None:
    """Pay for the combinations of columns in all rows, and for combinations of these sums.

    A sum has no more terms than what it is made of; its denominator divides the common one of all factors.
    """
    what = "entries of a block"
    occurrences, weights = [1] * len(table), [0] * len(table[0])  # in combinations of rows, and once before
    for i in chain.from_iterable(rows):
        occurrences[i] += 1
    for h in chain.from_iterable(columns):
        weights[h] += 1
    budget.spend(200 * (len(table) * sum(weights) + len(columns) * (sum(occurrences) + len(rows))), what)
    lengths = [sum(w * len(expansion) for w, expansion in zip(weights, line, strict=True)) for line in table]
    terms = sum(times * length for times, length in zip(occurrences, lengths, strict=True))
    coefficients = [[c for expansion in line for _, c in expansion] for line in table]
    single = all(len(row) == 1 for row in rows)  # then no sum leaves its row
    bits = max(map(common_bits, coefficients)) if single else common_bits(chain.from_iterable(coefficients))
    bits += sum(max((common_bits(line.values()) for line in lines), default=1) for lines in (rows, columns))
    names = max((len(f[0]) for line in table for e in line for f, _ in e if len(f) == 4), default=1)
    heights = [sum(map(len, entries)) for entries in zip(*table, strict=True)]
    held = max((sum(heights[h] for h in column) for column in columns), default=0)
    budget.hold(held * (NUMBER + 2 * bits), what)
    budget.spend(terms * (1000 + 200 * names + fraction(2 * bits)), what)
