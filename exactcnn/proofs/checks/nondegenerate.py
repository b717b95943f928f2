"""Theorem 3.8 and Corollary 3.9 of Nguyen and Hein (2017), and where a Hessian block can be regular at all."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.certificates.claim import Claim
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.landscape.evidence import OWN, LossClaim
from exactcnn.landscape.finding import Slice
from exactcnn.landscape.minimum import minimum_at
from exactcnn.landscape.objective import PRECISION, Objective
from exactcnn.linalg.fractions import from_flint, to_flint
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks import teaching
from exactcnn.proofs.checks.features_and_ones import (
    at_its_own_targets,
    fully_connected,
    rank_with_ones,
    zero_loss_or_a_derivative,
)
from exactcnn.proofs.checks.independence import width_reaches_the_samples
from exactcnn.proofs.checks.points import undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.matrix import MatrixRank, matrix_rank


def two_samples(widths: tuple[int, ...], arrays: dict[str, object]) -> Instance:
    """Samples 0 and 1, smooth ramps on every layer, and as targets the outputs at these parameters."""
    network = fully_connected(widths, teaching.smooth_ramp())
    samples = exact_array([[0], [1]], name="samples")
    blank = exact_array([[0] * widths[-1]] * 2, name="targets")
    return at_its_own_targets(Instance(network, Parameters.from_arrays(network, arrays), samples, blank))


def regular() -> Instance:
    """Widths 1, 1, 1 and N = 2 = n_1 + 1: zero loss, and a regular block of layer 2."""
    return two_samples((1, 1, 1), {"W1": [[1]], "b1": ["1/2"], "W2": [[3]], "b2": [-1]})


def wide() -> Instance:
    """Widths 1, 2, 1 and N = 2 = n_1: zero loss."""
    return two_samples((1, 2, 1), {"W1": [[1, 2]], "b1": ["1/2", "-1/2"], "W2": [[1], [1]], "b2": ["1/2"]})


def block_rank(instance: Instance, layers: Iterable[int]) -> MatrixRank:
    """Rank of the second derivatives by the parameters of some layers, exactly; for derivatives in Q."""
    objective = Objective(instance)
    blocks = [objective.coordinates.block(number) for number in layers]
    hessian = objective.hessian([place for own in blocks for place in range(own.start, own.stop)])
    return matrix_rank(hessian, check=False)


@check("NH17.T3.8")
def regular_block_at_zero_loss(instance: Instance | None = None) -> CheckResult:
    """Theorem 3.8 with k + 1 = L: a regular block of the last layer, rank [F_k, 1] = n_k + 1 = N, and zero loss."""
    instance = instance or regular()
    network, parameters, last = instance.network, instance.parameters, len(instance.network.layers)
    assert parameters is not None
    layer = last - 1
    lemma = zero_loss_or_a_derivative(instance, layer=layer)
    if lemma.status != "proved" or Objective(instance).loss() != 0:
        return undecided(lemma.what)
    # the block of layer L is the Hessian of a network that consists of this layer, on the features below it
    features = Objective(instance).in_rationals().trace.features[layer]
    top = Network((network.widths[layer],), network.layers[layer:], activation=network.activation)
    alone = Instance(top, Parameters(parameters.layers[layer:]), features, instance.targets)
    objective = Objective(alone)
    whole = Slice((), frozenset(), objective.coordinates.count)
    found = minimum_at(objective, whole, "rational", PRECISION)
    if isinstance(found, str):
        return undecided(found)
    claims = Certificate(alone, (found.claim(),), 1)
    widths = f"n_{layer} + 1 = {network.widths[layer] + 1} = N"
    what = f"the block of layer {last} is positive definite, of order {whole.count}; {widths}, and {lemma.what}"
    return CheckResult("proved", "an instance", what, {}, (*lemma.certificates, claims))


@check("NH17.C3.9")
def singular_at_zero_loss(instance: Instance | None = None) -> CheckResult:
    """Where the loss is zero the Hessian has rank N m at most, below the number of parameters: no regular minimum."""
    instance = instance or regular()
    objective, network = Objective(instance), instance.network
    if objective.loss() != 0:
        return undecided(f"the loss is {objective.loss()}; expected zero loss")
    found = block_rank(instance, range(1, len(network.layers) + 1))
    count, outputs = instance.count, network.widths[-1]
    assert count is not None
    if not found.rank.upper <= count * outputs < objective.coordinates.count:
        return undecided(f"rank of the Hessian {found.rank}, {objective.coordinates.count} parameters")
    what = f"rank ∇²Φ = {found.rank} ≤ N m = {count * outputs} < {objective.coordinates.count} parameters"
    return CheckResult("proved", "an instance", what, {"rank": str(found.rank)}, (found.certificate,))


@check("NH17.C3.9")
def singular_at_width_n() -> CheckResult:
    """The same with n_1 = N."""
    return singular_at_zero_loss(wide())


@check("NH17.G.regular")
def no_regular_block(
    network: Network | None = None, samples: ExactArray | None = None, *, layer: int = 1
) -> CheckResult:
    """With n_k ≥ N and layer k + 1 fully connected with biases, every block that has layer k + 1 is singular."""
    network = wide().network if network is None else network
    samples = teaching.samples(2, network.widths[0]) if samples is None else samples
    above = network.layers[layer] if layer < len(network.layers) else None
    if not isinstance(above, FullyConnected) or above.bias == "none":
        return undecided(f"layer {layer + 1} is not fully connected with biases")
    width = width_reaches_the_samples(network, samples, layer=layer)
    if width.status != "proved":
        return undecided(width.what)
    what = f"{width.what}: [F_{layer}, 1] has fewer rows than columns, and no block with layer {layer + 1} is regular"
    return CheckResult("refuted", "architecture", what, {}, width.certificates)


@check("NH17.G.regular")
def null_directions(instance: Instance | None = None, *, layer: int = 1) -> CheckResult:
    """From [F_k, 1] u = 0 a kernel vector of every block for each unit of layer k + 1; Φ does not change along it."""
    instance = instance or outside_zero_loss()
    rank, certificate = rank_with_ones(instance, layer)
    columns = instance.network.widths[layer] + 1
    if rank.upper >= columns:
        return undecided(f"rank [F_{layer}, 1] is {rank}, of {columns} columns")
    objective = Objective(instance)
    features = objective.in_rationals().trace.features[layer].fractions()
    u = null_vector(np.concatenate([features, np.full((len(features), 1), Fraction(1), dtype=object)], axis=1))
    block, loss, theta = objective.coordinates.block(layer + 1), objective.loss(), objective.theta.fractions()
    hessian = objective.hessian().fractions()
    claims: list[Claim] = [_exact_loss(OWN, loss)]
    points: list[Parameters] = []
    for unit in range(block.layer.filters):
        direction = np.full(len(theta), Fraction(0), dtype=object)
        direction[[block.weight(slot, unit) for slot in range(columns - 1)]] = u[:-1]
        direction[block.biases.start + unit] = u[-1]
        if (hessian[block.start :] @ direction).any():
            return CheckResult("refuted", "an instance", f"unit {unit} of layer {layer + 1} gives no kernel vector")
        there = objective.at(ExactArray.from_fractions((theta + direction).tolist(), (len(theta),)))
        if there.loss() != loss:
            return CheckResult("refuted", "an instance", f"the loss changes along the direction of unit {unit}")
        assert there.instance.parameters is not None
        claims.append(_exact_loss(len(points), loss))
        points.append(there.instance.parameters)
    losses = Certificate(instance, claims, len(instance.network.layers), points)
    shown = ", ".join(map(str, u))
    what = (
        f"u = ({shown}): {len(points)} kernel vectors of the block of layers {layer + 1} and above, Φ = {loss} at both"
    )
    return CheckResult("proved", "an instance", f"{what} ends", {"u": list(map(str, u))}, (certificate, losses))


def outside_zero_loss() -> Instance:
    """Widths 1, 2, 2, 1 with N = 2, at a point that is not critical."""
    network = fully_connected((1, 2, 2, 1), teaching.smooth_ramp())
    arrays = {"W1": [[1, 2]], "b1": ["1/2", "-1/2"], "W2": [[1, 2], [-1, 1]], "b2": ["1/3", 1], "W3": [[1], [2]]}
    parameters = Parameters.from_arrays(network, {**arrays, "b3": [-2]})
    samples, targets = exact_array([[0], [1]], name="samples"), exact_array([[0], [5]], name="targets")
    return Instance(network, parameters, samples, targets)


def null_vector(matrix: np.ndarray) -> list[Fraction]:
    """A vector in the kernel of a matrix of fractions with dependent columns, its last entry that is not zero 1.

    Examples
    --------
    >>> [str(x) for x in null_vector(np.array([[Fraction(1), Fraction(2), Fraction(3)]]))]
    ['-2', '1', '0']
    """
    reduced, rank = to_flint(matrix).rref()
    rows = from_flint(reduced)[:rank]
    pivots = [next(j for j, x in enumerate(row) if x) for row in rows.tolist()]
    free = next(j for j in range(matrix.shape[1]) if j not in pivots)
    result = [Fraction(0)] * matrix.shape[1]
    result[free] = Fraction(1)
    for row, pivot in zip(rows, pivots, strict=True):
        result[pivot] = -row[free]
    return result


def _exact_loss(point: int, loss: object) -> LossClaim:
    assert isinstance(loss, Fraction)
    return LossClaim(point, loss, loss)


@check("NH17.G.regular")
def one_unit_fewer() -> CheckResult:
    """With n_k = N - 1 regular blocks exist, where widths and I are as they must be; a regular Hessian does not."""
    block, whole = regular_block_at_zero_loss(), singular_at_zero_loss()
    arrays = {"W1": [[1]], "b1": ["1/2"], "W2": [[1, 2]], "b2": ["1/2", -1], "W3": [[1], [2]], "b3": ["1/2"]}
    two = block_rank(two_samples((1, 1, 2, 1), arrays), (2,))
    both = block_rank(two_samples((1, 1, 1, 1), {**arrays, "W2": [[2]], "b2": ["1/2"], "W3": [[1]]}), (2, 3))
    if {block.status, whole.status} != {"proved"} or two.rank.upper > 2 or both.rank.upper > 2:
        return undecided(f"{block.what}; {whole.what}")
    what = f"regular at widths 1, 1, 1 by layer 2, not by both; at 1, 1, 2, 1 the block of order 4 has rank {two.rank}"
    what += f"; at 1, 1, 1, 1 that of layers 2 and 3, of order 4, has rank {both.rank}"
    certificates = (*block.certificates, *whole.certificates, two.certificate, both.certificate)
    return CheckResult("proved", "an instance", what, {}, certificates)
