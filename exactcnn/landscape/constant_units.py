"""Networks with one hidden layer whose units are all constant: minima that no width excludes (T7).

All hidden weights are zero, the residual R is orthogonal to 1 and to the inputs, σ is C² near the biases b_j. R kills
the affine part of each unit, so ⟨R, Δ⟩ = Σ_j ½ δ_jᵀ (M_j + o(1)) δ_j, M_j = σ''(b_j) Σ_c V_jc Σ_i R_ic x_i x_iᵀ. If all
M_j are positive definite on the span of the inputs (elsewhere nothing moves), the point is a local minimum.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.balls import ball, working_precision
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.landscape.evidence import ConstantUnits
from exactcnn.landscape.finding import Finding
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.inertia import congruent, floats, gershgorin, whitening

OUTSIDE = "not a fully connected network with one hidden layer and an affine output"


def constant_units(objective: Objective, *, bits: int = PRECISION) -> Finding | str:
    """Prove that a point where all hidden weights are zero is a local minimum (T7).

    Parameters
    ----------
    objective : Objective
    bits : int
        Precision of the signs.

    Returns
    -------
    Finding or str
        The reason, where the theorem does not apply.

    References
    ----------
    .. [1] Q. Nguyen and M. Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018: such points answer
       the conjecture after Theorem 4.5 in the negative.
    .. [2] T. Ding, D. Li, R. Sun, "Sub-optimal local minima exist for neural networks with almost all non-linear
       activations", 2019.

    Examples
    --------
    >>> from exactcnn.network.instance import Instance
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import Parameters
    >>> layers = [FullyConnected(1, activation="logistic(2)"), FullyConnected(1, activation="identity")]
    >>> network = Network((1,), layers)
    >>> parameters = Parameters.from_arrays(network, {"W1": [[0]], "b1": [1], "W2": [[3]], "b2": [-2]})
    >>> constant_units(Objective(Instance(network, parameters, [[-1], [0], [1]], [[1], [-2], [1]]))).type
    'minimum'
    """
    if not is_shallow(objective):
        return OUTSIDE
    first, second = objective.coordinates.blocks
    weights = objective.theta.fractions()
    if weights[first.weights].any():
        return "not all hidden weights are zero"
    if objective.domain != "Q":
        return "the residual is not rational"
    curve = first.layer.activation
    units, samples = first.layer.filters, sample_rows(objective)
    biases = weights[first.biases] if first.layer.bias != "none" else np.full(units, Fraction(0))
    at_kink = [unit for unit in range(units) if biases[unit] in curve.kinks]
    if at_kink:
        return f"the bias of hidden unit {at_kink[0]} is a breakpoint of the activation"
    evaluation = objective.in_rationals()
    residual = evaluation.residual.fractions()
    if residual.sum(axis=0).any() or (samples.T @ residual).any():
        return "the residual is not orthogonal to affine functions of the inputs"
    outgoing = weights[second.weights].reshape(units, -1)
    rank = rational_rank(samples)
    if not rank:
        return "all samples are zero"
    congruences = []
    with working_precision(bits):
        bend = curve.derivative().derivative()
        for unit in range(units):
            moments = samples.T @ (samples * (residual @ outgoing[unit])[:, None])
            curvature = bend.ball_on(curve.piece(biases[unit]), ball(biases[unit]))
            columns = definite(in_balls(moments) * curvature, rank)
            if columns is None:
                return f"the curvature of hidden unit {unit} is not positive definite"
            congruences.append(columns)
    value = Fraction(evaluation.twice_the_loss.fractions().item()) / 2
    return Finding("minimum", ConstantUnits("rational", bits, tuple(congruences)), (value, value))


def is_shallow(objective: Objective) -> bool:
    """Whether the network is fully connected, with one hidden layer and an affine output."""
    layers = objective.instance.network.resolved
    dense = len(layers) == 2 and all(layer.kind == "fully-connected" for layer in layers)
    last = objective.curves[-1]
    return dense and last is not None and last.affine == (Fraction(0), Fraction(1))


def sample_rows(objective: Objective) -> NDArray[Any]:
    """X as fractions, (N, d)."""
    samples = objective.instance.samples
    assert samples is not None
    return samples.fractions()


def rational_rank(matrix: NDArray[Any]) -> int:
    """Rank of a matrix of fractions."""
    from flint import fmpz_mat

    numbers, _ = ExactArray.from_fractions(matrix).integers()
    return int(fmpz_mat(len(numbers), numbers.shape[1], numbers.ravel().tolist()).rank())


def in_balls(matrix: NDArray[Any]) -> NDArray[Any]:
    """A matrix of fractions, enclosed."""
    return Balls().lift(ExactArray.from_fractions(matrix))


def definite(form: NDArray[Any], rank: int) -> ExactArray | None:
    """A congruence that proves `rank` positive eigenvalues, or None; for rank 0, too: evidence has no empty matrix."""
    found = whitening(floats(form)) if rank else None
    if found is None or found.columns.shape[1] != rank:
        return None
    signs = gershgorin(congruent(form, found.columns))
    return ExactArray(found.columns) if signs is not None and signs[0] == rank else None
