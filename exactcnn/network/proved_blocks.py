"""Zero blocks of features that are proved by the names of numbers: proposed modulo a prime, verified in Q.

One side of a block usually has small coefficients: differences of samples or of positions, or single lines. The other
one may have large ones (SiLU and ELU contain their arguments): it is the kernel of what the small side leaves, a
rational matrix, and comes from the exact relations of that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residues import evaluation_points
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.evidence import Evidence, Relation, Relations, ZeroBlock
from exactcnn.linalg.lifting import Lifting, solved
from exactcnn.linalg.modular import independent_minor
from exactcnn.linalg.rational import LARGEST_EVIDENCE, hadamard_bits, squared_norms
from exactcnn.linalg.relations import rationals, relation
from exactcnn.linalg.zero_blocks import Residues, zero_block
from exactcnn.network.expansions import ONE, Expansion, Name, Number, expansion
from exactcnn.network.formal_features import FormalFeatures

LARGEST_SEARCH = 1_500_000  # entries of the features
LARGEST_CHECK = 30_000_000  # numbers met while verifying
SMALL_HEIGHT = 50  # of coefficients that a residue of 20 bits shows: one in 300 seems to be so small by chance
MEMBERS = 8  # exact members of the space that a kernel is computed from
Q = Rationals()

Lines = tuple[Relation, ...]


@dataclass(frozen=True)
class NamedFeatures:
    """[curve(values), 1] @ mixing over the names of `exactcnn.network.expansions`.

    Parameters
    ----------
    curve : Curve
        Exponential or special, of those that have an `expansion`.
    values : ExactArray (N, n)
        Rational arguments.
    mixing : ExactArray (n + 1, m), optional
        The affine map above; by default there is none, and m = n.

    Examples
    --------
    >>> from exactcnn.network.activations import activation
    >>> values = ExactArray.from_array([[1, 2], [1, 2], [1, 2]])
    >>> bound, evidence = NamedFeatures(activation("sigmoid"), values).upper_bound()
    >>> bound, evidence.kind
    (1, 'relations')
    """

    curve: Curve
    values: ExactArray
    mixing: ExactArray | None = None

    def upper_bound(self, *, seed: int = 0) -> tuple[int, Evidence] | None:
        """Return an upper bound on the rank with its evidence; None where names prove none, or it takes too long."""
        if self.values.numbers.size > LARGEST_SEARCH:
            return None
        point = next(evaluation_points(seed))
        space = FormalFeatures.of(self.curve, self.values, point.modulus, self.mixing)
        rng = np.random.default_rng(seed)
        found = None if space is None else zero_block(space, point.modulus, rng)
        if space is None or found is None:
            return None
        left, right = (_small(side, point.modulus) for side in found)
        if left is not None and right is None:
            right = self._kernel(left, 0, len(found[1]), point.modulus, rng)
        elif right is not None and left is None:
            left = self._kernel(right, 1, len(found[0]), point.modulus, rng)
        if left is None or right is None or not self.holds(left, right):
            return None
        (count, width), bound = space.shape, sum(space.shape) - len(left) - len(right)
        if len(left) == count:
            return bound, Relations(1, right)
        return bound, Relations(0, left) if len(right) == width else ZeroBlock(left, right)

    def holds(self, left: Lines, right: Lines) -> bool:
        """Whether combinations of rows vanish on those of columns, name by name; false where that takes too long."""
        used = sorted({i for row in left for i, _ in row.coefficients})
        columns = [self._weights(column) for column in right]
        length = sum(len(column) for column in columns)
        if length * (len(used) + sum(len(row.coefficients) for row in left)) > LARGEST_CHECK:
            return False
        cells = {h: [self._cell(i, h) for i in used] for h in {h for column in columns for h, _ in column}}
        rows = [[(used.index(i), c) for i, c in row.coefficients] for row in left]
        for column in columns:
            sums = [_collected((c, cells[h][i]) for h, c in column).items() for i in range(len(used))]
            if any(any(_collected((c, sums[i]) for i, c in row).values()) for row in rows):
                return False
        return True

    # ---------------------------------------------------------------- inside

    @cached_property
    def _numbers(self) -> list[list[Fraction]]:
        numbers: list[list[Fraction]] = self.values.fractions().tolist()
        return numbers

    @cached_property
    def _names(self) -> dict[Name, int]:
        return {ONE: 0}

    @cached_property
    def _expand(self) -> Callable[[Fraction], Expansion]:
        expand = expansion(self.curve)
        assert expand is not None
        return expand

    def _cell(self, i: int, h: int) -> list[tuple[int, Number]]:
        """Expansion of a value over numbered names; of the number 1 beyond the last column."""
        if h == self.values.shape[1]:
            return [(0, 1)]
        names = self._names
        return [(names.setdefault(name, len(names)), c) for name, c in self._expand(self._numbers[i][h])]

    def _weights(self, column: Relation) -> list[tuple[int, Number]]:
        """The combination of columns as one of the values, and of the number 1, which comes last."""
        if self.mixing is None:
            return list(column.coefficients)
        lines, factors = zip(*column.coefficients, strict=True)
        combined = (self.mixing[:, list(lines)].fractions() * np.array(factors, dtype=object)).sum(axis=1)
        return [(h, weight) for h, weight in enumerate(combined.tolist()) if weight]

    def _member(self, rng: np.random.Generator) -> ExactArray:
        """The features with random integers of 10 bits for all numbers."""
        count, width = len(self.values), self.values.shape[1] + (self.mixing is not None)
        cells = [self._cell(i, h) for i in range(count) for h in range(width)]
        drawn = rng.integers(-512, 512, len(self._names)).tolist()
        entries = (sum((c * drawn[name] for name, c in cell), Fraction(0)) for cell in cells)
        member = Q.lift(ExactArray.from_fractions(entries, (count, width)))
        return member if self.mixing is None else Q.matmul(member, Q.lift(self.mixing))

    def _kernel(self, known: Lines, axis: int, count: int, modulus: int, rng: np.random.Generator) -> Lines | None:
        """The `count` combinations of the other axis on which the known ones vanish, in a few members of the space."""
        parts: list[ExactArray] = []
        for _ in range(MEMBERS):
            member = self._member(rng)
            rest = _applied(known, member if axis == 0 else ExactArray(member.numbers.T, member.denominators))
            parts = [Q.concatenate([*parts, rest])]
            image = parts[0].residues(modulus)
            rows, columns = independent_minor(image, modulus)
            if len(rows) == image.shape[1] - count:
                return _solved(parts[0][rows].integers()[0], columns)
        return None


def _solved(matrix: NDArray[Any], columns: Indices) -> Lines | None:
    """Express all columns by independent ones, as many as there are rows; None where that takes too long."""
    others = np.setdiff1d(np.arange(matrix.shape[1]), columns).tolist()
    order = len(columns)
    if not order or not others:  # without rows all columns are zero
        return tuple(relation(other, (), ()) for other in others)
    bits = hadamard_bits(squared_norms(matrix), order)
    if bits * order * len(others) > LARGEST_EVIDENCE:
        return None
    lifting = Lifting.of(matrix[:, columns].T, np.arange(order))
    solution = None if lifting is None else solved(lifting, matrix[:, others].T, bits)
    if solution is None or len(solution.rows) < len(others):
        return None
    lines = zip(others, solution.fractions(), strict=True)
    return tuple(relation(other, columns.tolist(), x) for other, x in lines)


def _applied(lines: Lines, member: ExactArray) -> ExactArray:
    """The combinations of the rows of a matrix."""
    if all(len(line.coefficients) == 1 for line in lines):
        return member[[line.leading for line in lines]]
    factors = np.zeros((len(lines), len(member)), dtype=object)
    for number, line in enumerate(lines):
        for i, c in line.coefficients:
            factors[number, i] = c
    return Q.matmul(Q.lift(ExactArray(factors)), member)


def _small(side: Residues, modulus: int) -> Lines | None:
    """Read the rows of an echelon form as relations with small coefficients; None where they are not small."""
    found = []
    for line in side:
        lead, *others = np.flatnonzero(line).tolist()
        combination = rationals([-int(line[i]) for i in others], modulus)
        if combination is None or any(max(abs(x.numerator), x.denominator) > SMALL_HEIGHT for x in combination):
            return None
        found.append(relation(lead, others, combination))
    return tuple(found)


def _collected(
    terms: Iterable[tuple[Number, Iterable[tuple[int, Number]]]],
) -> defaultdict[int, Number]:
    """Coefficients of a sum of multiples, name by name."""
    total: defaultdict[int, Number] = defaultdict(int)
    for factor, expanded in terms:
        for name, c in expanded:
            total[name] += factor * c
    return total
