"""The null space of a matrix over Q, of which a largest minor is known: a basis of integer vectors, multiplied back.

Outside the columns J of the minor each column j is one combination of those in J, by Cramer's rule with numerators
and a denominator below the Hadamard bound. All are found by one p-adic lifting, which proves them on the way.
"""

from __future__ import annotations

from exactcnn.errors import InputError
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.evidence import Relation
from exactcnn.linalg.lifting import Lifting, solved
from exactcnn.linalg.rational import EFFORT, LARGEST_EVIDENCE, RationalMatrix, verified
from exactcnn.linalg.relations import relation
from exactcnn.resources import fits_memory

MOST_ENTRIES = 2**24  # of all vectors together, written out


def null_space(matrix: RationalMatrix, rows: Indices, columns: Indices) -> tuple[Relation, ...]:
    """Return relations of columns, one for each column outside a minor: a basis of {v : F v = 0}.

    Parameters
    ----------
    matrix : RationalMatrix
        F, (m, n), of rank r.
    rows, columns : ndarray of int (r,)
        Of a minor that is not zero.

    Returns
    -------
    tuple of Relation
        n - r of them; coefficients have no common divisor.

    Raises
    ------
    InputError
        Before the work, for more entries than can be written out, and where coefficients are longer than they may be.

    Examples
    --------
    >>> import numpy as np
    >>> from exactcnn.domains.exact import ExactArray
    >>> F = RationalMatrix(ExactArray.from_array([[1, 2, 3], [2, 4, 6]]))
    >>> [each.coefficients for each in null_space(F, np.array([0]), np.array([0]))]
    [((0, 2), (1, -1)), ((0, 3), (2, -1))]
    """
    n, count = matrix.shape[1], matrix.shape[1] - len(columns)
    if n * count > MOST_ENTRIES:
        vectors = f"{count} vectors of {n} entries"
        raise InputError(f"a basis of the null space has {vectors}; expected at most {MOST_ENTRIES} entries")
    if not len(columns):
        return tuple(Relation(j, ((j, -1),)) for j in range(n))
    integers, lines, crossing, others = matrix.split(1, rows, columns)
    if not len(others):
        return ()
    bits = min(matrix.hadamard_bits(len(lines)), LARGEST_EVIDENCE // (count * (len(lines) + 1)))
    lifting = Lifting.of(integers[lines], crossing)
    if lifting is None or lifting.seconds(count, bits) > EFFORT or not fits_memory(lifting.bytes(count, bits)):
        raise InputError(
            f"a basis of the null space, {count} vectors by {len(lines)} columns with numbers of up to {bits} bits, "
            "takes too long; expected a smaller matrix"
        )
    solution = solved(lifting, integers[others], bits)
    found = () if solution is None else tuple(others[solution.rows].tolist())
    if solution is None or len(found) < count:
        raise InputError(
            f"a basis of the null space has numbers of more than {bits} bits; expected a smaller matrix, or shorter "
            "entries"
        )
    chosen = lines.tolist()
    basis = tuple(relation(j, chosen, x) for j, x in zip(found, solution.fractions(), strict=True))
    kept = verified(integers, basis)
    assert len(kept) == count  # the lifting has proved it already
    return kept
