"""Zero blocks: L F R = 0 with rational L and R, decided by the names of the numbers of which entries of F are sums."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from flint import fmpq

from exactcnn.checker.budget import NUMBER, Budget, fraction
from exactcnn.checker.costs import common_bits
from exactcnn.checker.document import require
from exactcnn.checker.expansions import Expansion, Function, expanded_features
from exactcnn.checker.instance import Instance

Combinations = list[dict[int, fmpq]]


def verify_zero_block(instance: Instance, layer: int, left: Combinations | None, right: Combinations | None) -> None:
    """Require that combinations of rows of F_k vanish on combinations of columns; None stands for every line alone."""
    table = expanded_features(instance, layer)
    rows, columns = (_alone(len(table)) if left is None else left), (_alone(len(table[0])) if right is None else right)
    used = sorted({i for combination in rows for i in combination})
    _spend_block(instance.budget, table, rows, columns, used)
    for number, column in enumerate(columns):
        sums = {i: _combined((factor, table[i][h]) for h, factor in column.items()) for i in used}
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


def _spend_block(
    budget: Budget, table: list[list[Expansion]], rows: Combinations, columns: Combinations, used: list[int]
) -> None:
    """Pay for the combinations of columns in the rows that are used, and for combinations of these sums.

    A sum has no more terms than what it is made of; its denominator divides the common one of all factors.
    """
    occurrences: dict[int, int] = {}
    for row in rows:
        for i in row:
            occurrences[i] = occurrences.get(i, 0) + 1
    entries = sum(map(len, columns))
    budget.spend(200 * (len(used) * entries + len(columns) * (sum(map(len, rows)) + len(rows))), "entries of a block")
    weights = [0] * len(table[0])
    for column in columns:
        for h in column:
            weights[h] += 1
    lengths = {i: sum(w * len(expansion) for w, expansion in zip(weights, table[i], strict=True)) for i in used}
    terms = sum((1 + occurrences[i]) * length for i, length in lengths.items())
    along = [common_bits(c for expansion in table[i] for _, c in expansion) for i in used]
    across = common_bits(chain.from_iterable((c for _, c in expansion) for i in used for expansion in table[i]))
    factors = [max((common_bits(line.values()) for line in lines), default=1) for lines in (rows, columns)]
    single = all(len(row) == 1 for row in rows)  # sums stay within a row
    bits = (max(along, default=1) if single else across) + sum(factors)
    names = max((len(f[0]) for i in used for expansion in table[i] for f, _ in expansion if len(f) == 4), default=1)
    heights = [sum(len(table[i][h]) for i in used) for h in range(len(table[0]))]
    held = max((sum(heights[h] for h in column) for column in columns), default=0)
    budget.hold(held * (NUMBER + 2 * bits), "entries of a block")
    budget.spend(terms * (1000 + 200 * names + fraction(2 * bits)), "entries of a block")
