"""Second opinions on the rank of small feature matrices: SymPy over Q(t), and high precision by mpmath.

Neither shares code with the engines. SymPy's answer is a proof of its own; mpmath's is numerical, to many digits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exactcnn.errors import InputError
from exactcnn.network.features import FeatureMatrix

if TYPE_CHECKING:
    import sympy

LARGEST = 400  # entries
LARGEST_EXPONENT = 400  # of t: SymPy's rational functions are dense


def symbolic_features(features: FeatureMatrix) -> sympy.Matrix:
    """F_k with SymPy's exact numbers, exponentials as powers of the symbol t = e^(1/D) in the domain Q(t).

    Raises
    ------
    InputError
        Outside Q and Q(t), above the exponential layer, for more than 400 entries, and for exponents of t beyond 400.

    Examples
    --------
    >>> from exactcnn.domains.exact import ExactArray
    >>> from exactcnn.theorems.matrix import elementwise
    >>> symbolic_features(elementwise(ExactArray.from_strings([["0", "1/2"]]), "sigmoid"))
    Matrix([[1/2, t/(t + 1)]])
    """
    import sympy

    _require_small(features)
    if features.domain == "balls":
        raise InputError(f"features of layer {features.layer} lie in balls; expected Q or Q(t)")
    if features.exponential and features.first_irrational != features.layer:
        number = features.first_irrational
        raise InputError(f"features of layer {features.layer} lie above the exponential layer {number}; expected it")
    activation = features.activation
    if not features.exponential or activation is None:
        exact = features.exact().fractions()
        return sympy.Matrix(*exact.shape, [sympy.Rational(x.numerator, x.denominator) for x in exact.flat])
    numbers, denominator = features.pre_activations.integers()
    e, t, z = sympy.Symbol("e", positive=True), sympy.Symbol("t", positive=True), sympy.Symbol("z")
    # exponentials become powers of a symbol before the numbers go in: SymPy would write e^1 as a number
    formula = activation.sympy(z).replace(sympy.exp, lambda power: e**power)
    values = [formula.subs(z, sympy.Rational(int(number), denominator)) for number in numbers.flat]
    powers = [power for value in values for power in value.atoms(sympy.Pow) if power.base == e]
    exponents = [sympy.Integer(1), *(power.exp for power in powers)]
    common = math.lcm(*(int(exponent.q) for exponent in exponents))
    if max(abs(exponent) for exponent in exponents) * common > LARGEST_EXPONENT:
        raise InputError(f"features have exponents beyond {LARGEST_EXPONENT} over the denominator {common}")
    return sympy.Matrix(*numbers.shape, [sympy.cancel(value.subs(e, t**common)) for value in values])


def symbolic_rank(features: FeatureMatrix) -> int:
    """Rank over Q(t) by SymPy's DomainMatrix; raises as `symbolic_features` does."""
    import sympy
    from sympy.polys.matrices import DomainMatrix

    matrix = symbolic_features(features)
    return int(
        DomainMatrix.from_Matrix(matrix).convert_to(sympy.QQ.frac_field(sympy.Symbol("t", positive=True))).rank()
    )


def high_precision_rank(features: FeatureMatrix, *, digits: int = 100) -> int:
    """Number of singular values above 10^(-digits/2) of the largest, computed by mpmath with that many digits.

    Raises
    ------
    InputError
        For more than 400 entries.
    """
    import mpmath

    _require_small(features)
    with mpmath.workdps(digits):
        rows = [
            [mpmath.mpf(entry.mid().str(digits, radius=False)) for entry in row]
            for row in features.balls(4 * digits + 64)
        ]
        values = list(mpmath.svd_r(mpmath.matrix(rows), compute_uv=False))
        return sum(value > max(values) * mpmath.mpf(10) ** (-digits // 2) for value in values)


def _require_small(features: FeatureMatrix) -> None:
    rows, columns = features.shape
    if rows * columns > LARGEST:
        raise InputError(f"features have {rows} x {columns} entries; a second opinion takes at most {LARGEST}")
