"""No minimum: on a line of equal outputs through the point some derivative is not zero.

Let F_{L-1} u = β 1, and c an output of a fully connected last layer: W_L + s u e_cᵀ and b_L − s β e_c change no output.
A derivative by a parameter below is affine in W_L while the residual stays, so on this line it is affine in s: if it is
not zero at s = 1, it is zero for one s at most. So there are points of the same loss as near as one likes that are not
critical, and near them smaller losses. At a critical point with two derivatives the Hessian sees this, too; here no
second derivatives are needed, and no proof that the point is critical.

With layer k + 1 = L − 1 convolutional the derivatives at s = 1 are, by a bias, u_p Σ_i R_ic σ'(z_ip), and, by a filter,
Σ_p u_p Σ_i R_ic σ'(z_ip) f_k^p(x_i): all of them vanish at a local minimum, for every such u.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Block
from exactcnn.landscape.descent import enclosed_loss
from exactcnn.landscape.evaluation import steps_at
from exactcnn.landscape.evidence import EqualOutputs
from exactcnn.landscape.finding import Finding, widened
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.landscape.one_sided import first_irrational, rational_part
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint

MOST_ENTRIES = 10**6  # of the matrix whose null space is computed
SPARSE_TRIES = 20  # relations one by one, each with each output; then sums of all of them
MIXED_TRIES = 2  # random sums: if any relation violates anything, so do almost all sums


def find(objective: Objective, bits: int = PRECISION, *, seed: int = 0) -> Finding | str:
    """Prove that a point is no local minimum by a relation between the features below the last layer.

    Parameters
    ----------
    objective : Objective
    bits : int
        Precision of the derivative.
    seed : int
        Of the sums of relations that are tried last.

    Returns
    -------
    Finding or str
        The reason, where no relation is known, or where all derivatives are zero as far as balls can tell.

    Examples
    --------
    Two constant units: the first one is heard, and may be replaced by the second.

    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((1,), [FullyConnected(2, activation="gelu"), FullyConnected(1, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0, 0]], "b1": [1, 1], "W2": [[0], [0]], "b2": [1]})
    >>> found = find(Objective(Instance(network, parameters, [[0], [1]], [[0], [2]])))
    >>> found.type, found.evidence.combination.numbers.tolist(), found.evidence.coordinate
    ('not a minimum', [1, 0], 0)
    """
    blocks = objective.coordinates.blocks
    last = objective.instance.network.resolved[-1]
    number = last.number - 1
    if not number or not blocks or blocks[-1].layer is not last or blocks[-1].layer.patches.patch_count != 1:
        return "the last layer is not fully connected, above another one"
    above = blocks[-1]
    relations = known_relations(objective, above)
    if isinstance(relations, str):
        return relations
    by, basis = relations
    if not len(basis):
        return f"no combination of the features of layer {number} is known to be constant"
    try:
        with working_precision(bits):
            for combination, output in _candidates(basis, above.layer.filters, seed):
                coordinate = _violated(objective, above, combination, output)
                if coordinate is not None:
                    evidence = EqualOutputs(by, _exact(combination), output, coordinate, bits)
                    return Finding("not a minimum", evidence, enclosed_loss(objective, bits))
    except (InputError, Undecided) as error:
        return f"derivatives on lines of equal outputs are not known: {error}"
    return "on lines of equal outputs no derivative is proved to be different from zero"


def known_relations(objective: Objective, above: Block) -> tuple[Literal["rational", "equal-values"], Matrix] | str:
    """Return a basis of combinations of features that are constant over the samples, and how that is known.

    Over Q these are all of them. Where layer L - 1 is the first that leaves Q, they are those that hold whatever the
    values of its activation are: of equal arguments.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> def relations(activation):
    ...     layers = [FullyConnected(3, activation=activation), FullyConnected(1, activation="identity")]
    ...     network = Network((1,), layers)
    ...     arrays = {"W1": [[1, 1, 2]], "b1": [0, 0, 1], "W2": [[1], [1], [1]], "b2": [0]}
    ...     objective = Objective(
    ...         Instance(network, Parameters.from_arrays(network, arrays), [[0], [1], [2]], [[0], [0], [1]])
    ...     )
    ...     by, basis = known_relations(objective, objective.coordinates.blocks[-1])
    ...     return by, basis.astype(int).tolist()
    >>> relations("identity"), relations("tanh")
    (('rational', [[-1, 1, 0], [-2, 0, 1]]), ('equal-values', [[-1, 1, 0]]))
    """
    number, slots = above.layer.number - 1, above.layer.patches.slots[0]
    first, field = first_irrational(objective), Rationals()
    try:
        if objective.domain == "Q":
            return "rational", _constant(objective.in_rationals().trace.features[number].fractions()[:, slots])
        _, trace = rational_part(objective, field, field.lift(objective.theta))
        if first is None or first >= number:
            return "rational", _constant(trace.features[number].fractions()[:, slots])
        if first < number - 1:
            return f"layer {number} is not the first one whose features are not rational"
        step = steps_at(field, objective.coordinates, field.lift(objective.theta))[first]
        if step.weights is None:
            return f"layer {number} has no weights"
        sums = field.affine(trace.features[-1], step.slots, step.weights, step.biases)
        return "equal-values", _equal_values(sums.fractions()[:, slots])
    except InputError as error:
        return str(error)


def _constant(features: Matrix) -> Matrix:
    """A basis of all u with F u constant."""
    return _kernel(features[1:] - features[:1])


def _equal_values(arguments: Matrix) -> Matrix:
    """A basis of all u with Σ_p u_p f(z_ip) the same for all samples i whatever the function f is."""
    count, width = arguments.shape
    rows: dict[tuple[int, Any], list[int]] = {}
    for i in range(1, count):
        for p in range(width):
            for value, sign in ((arguments[i, p], 1), (arguments[0, p], -1)):
                row = rows.setdefault((i, value), [0] * width)
                row[p] += sign
            if len(rows) * width > MOST_ENTRIES:
                raise InputError(f"more than {MOST_ENTRIES} numbers in the equations between features")
    distinct = list(dict.fromkeys(tuple(row) for row in rows.values() if any(row)))
    return _kernel(np.array(distinct, dtype=object).reshape(len(distinct), width))


def _kernel(matrix: Matrix) -> Matrix:
    """A basis of the null space, a vector in each row."""
    width = matrix.shape[1]
    if matrix.size > MOST_ENTRIES:
        raise InputError(f"more than {MOST_ENTRIES} numbers in the equations between features")
    reduced = from_flint(to_flint(matrix).rref()[0]) if len(matrix) else matrix
    pivots = [int(np.flatnonzero(row)[0]) for row in reduced if row.any()]
    basis = []
    for free in sorted(set(range(width)) - set(pivots)):
        vector = np.full(width, Fraction(0), dtype=object)
        vector[free] = Fraction(1)
        for row, pivot in zip(reduced, pivots, strict=False):
            vector[pivot] = -row[free]
        basis.append(vector)
    return np.array(basis, dtype=object).reshape(len(basis), width)


def _candidates(basis: Matrix, outputs: int, seed: int) -> Iterator[tuple[Matrix, int]]:
    """Relations one by one, with each output; then random sums with random outputs."""
    yield from islice(((u, c) for u in basis for c in range(outputs)), SPARSE_TRIES)
    rng = np.random.default_rng(seed)
    for _ in range(MIXED_TRIES):
        factors = [Fraction(int(x)) for x in rng.integers(1, 100, len(basis))]
        yield np.array(factors, dtype=object) @ basis, int(rng.integers(outputs))


def _violated(objective: Objective, above: Block, combination: Matrix, output: int) -> int | None:
    """The derivative that is farthest from zero where the combination is added to the weights of an output."""
    balls = Balls()
    theta = balls.lift(objective.theta).copy()
    u = balls.lift(_exact(combination))
    places = [above.weight(slot, output) for slot in range(len(u))]
    here = objective.in_balls()
    row = here.trace.features[above.layer.number - 1][0][above.layer.patches.slots[0]]
    theta[places] = theta[places] + u
    shift, bias = sum(row * u), above.bias(output)
    if bias is not None:
        theta[bias] = theta[bias] - shift
    elif not shift.contains(0):
        return None
    partial = objective.in_balls(theta).gradient.tolist()
    sizes = [float(abs(widened(value)).lower()) for value in partial]
    best = int(np.argmax(sizes)) if sizes else 0
    return best if sizes and sizes[best] > 0 and not partial[best].contains(0) else None


def _exact(vector: NDArray[Any]) -> ExactArray:
    return ExactArray.from_fractions(vector.tolist(), vector.shape)
