"""Theorem 4.5 (2): parameters in S_k at which the loss is exactly zero, for any rational targets.

The layers are solved backwards. Above layer k + 1, the features F below U are wanted with F U + 1 bᵀ = G: with a value
c inside the range of the activation, F = c + G (UᵀU)⁻¹Uᵀ / s, weights sU and b = -s cU do it, and are inverted exactly
once s is so large that F stays inside the range. Layer k + 1 solves F_k W = G, for F_k has independent rows. Classes
are not needed, nor a smooth activation: only that it has rational preimages (see `exactcnn.constructions.preimages`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from exactcnn.constructions.independent_features import construct, exact_samples
from exactcnn.constructions.output_weights import interpolate
from exactcnn.constructions.preimages import interior_values, preimage
from exactcnn.domains.curves import IDENTITY
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.given import given_integers
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.fractions import Matrix, from_flint, to_flint
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.network.walk import forward, steps
from exactcnn.patches.weights import full_weight_matrix

DOUBLINGS = 64  # of the scale s
ATTEMPTS = 20  # random filters, or random pre-activations
LARGEST_SCALE = 1000


@dataclass(frozen=True, eq=False)
class ZeroLoss:
    """Parameters at which the outputs are the targets, exactly.

    Attributes
    ----------
    network : Network
    layer : int
        k.
    parameters : Parameters
        Of all layers.
    features_rank : RankBounds
        Of F_k; N for a point of S_k.
    weights_ranks : dict of int to RankBounds
        Of U_l for l = k + 2, ..., L; n_l for a point of S_k.
    """

    network: Network
    layer: int
    parameters: Parameters
    features_rank: RankBounds
    weights_ranks: dict[int, RankBounds]

    @property
    def in_s(self) -> bool:
        """Whether all U_l have full rank too, which the ranks prove: the point is in S_k."""
        widths = self.network.widths
        return all(
            bounds.lower == min(widths[number - 1 : number + 1]) for number, bounds in self.weights_ranks.items()
        )


def zero_loss(
    network: Network,
    samples: ExactArray | ArrayLike,
    targets: ExactArray | ArrayLike,
    *,
    layer: int = 1,
    parameters: Parameters | None = None,
    scale: int = 1,
    seed: int = 0,
) -> ZeroLoss:
    """Solve for parameters with F_L = Y, exactly, in S_k.

    Parameters
    ----------
    network : Network
        Layer k + 1 fully connected; the widths do not grow above it; no max-pooling there. The last layer has no
        activation; those between have rational preimages; each layer above k + 1 has biases, or 0 is inside the range
        of the activation below it.
    samples : ExactArray or array_like (N, n_0)
    targets : ExactArray or array_like (N, n_L)
    layer : int
        k.
    parameters : Parameters, optional
        Of layers 1 to k, with independent rational rows of F_k; those of Theorem 3.4 by default.
    scale : int
        Factor of the least s that does; each one gives another point.
    seed : int
        Of random filters.

    Raises
    ------
    InputError
        For a network or parameters outside these, naming the layer.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, Theorem 4.5.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> layers = [FullyConnected(n, activation=a) for n, a in ((3, "relu"), (2, "softsign"), (1, "identity"))]
    >>> found = zero_loss(Network((1,), layers), [[0], [1], [2]], [["1/2"], [7], [-3]])
    >>> found.in_s, found.features_rank.exact, found.weights_ranks[3].exact
    (True, 3, 1)
    """
    samples, targets = exact_samples(network, samples), exact_array(targets, name="targets")
    given_integers(seed, name="seed")
    if type(scale) is not int or not 1 <= scale <= LARGEST_SCALE:
        raise InputError(f"scale = {scale!r}; expected an integer from 1 to {LARGEST_SCALE}")
    if targets.shape != (len(samples), network.widths[-1]):
        raise InputError(f"targets have shape {targets.shape}; expected ({len(samples)}, {network.widths[-1]})")
    upper = upper_layers(network, layer)
    lower = construct(network, samples, layer, seed=seed).parameters if parameters is None else parameters
    lower.check(network, layer)
    field = Rationals()
    features = forward(field, steps(field, network, lower, layer), field.lift(samples)).features[-1]
    rank = certified_rank(RationalMatrix(features))
    if rank.lower < len(samples):
        raise InputError(f"rank F_{layer} = {rank}; expected {len(samples)}, the number of samples")

    generator = np.random.default_rng(seed)
    goal: Matrix = targets.fractions()
    found: list[LayerParameters] = []
    for above, below in zip(reversed(upper), reversed(upper[:-1]), strict=False):
        own, goal = _solve_backwards(above, below, goal, scale, generator)
        found.append(own)
    order = upper[0].patches.slots[0]
    weights = interpolate(features[:, order], _exact(goal))
    zeros = None if upper[0].bias == "none" else ExactArray(np.zeros(upper[0].width, dtype=np.int64))
    found.append(LayerParameters(weights, zeros))
    result = Parameters((*lower.layers[:layer], *reversed(found)))

    outputs = forward(field, steps(field, network, result, len(network.layers)), field.lift(samples)).features[-1]
    if bool((outputs.fractions() != targets.fractions()).any()):
        raise AssertionError("the outputs are not the targets")
    ranks = {}
    for each in upper[1:]:
        full = full_weight_matrix(each.patches, result.layer(each.number).weights.fractions())
        ranks[each.number] = certified_rank(RationalMatrix(_exact(full)))
    return ZeroLoss(network, layer, result, rank, ranks)


def upper_layers(network: Network, layer: int) -> list[Convolved]:
    """Layers k + 1 to L."""
    network.layer(layer)
    if layer >= len(network.layers):
        raise InputError(f"layer = {layer}; expected a hidden layer, below {len(network.layers)}")
    upper = [network.convolved(number) for number in range(layer + 1, len(network.layers) + 1)]
    first, last = upper[0], upper[-1]
    if first.patches.patch_count != 1 or sorted(first.patches.slots[0].tolist()) != list(range(network.widths[layer])):
        raise InputError(f"layer {first.number} is convolutional; expected a fully connected layer k + 1")
    if last.activation.affine != IDENTITY:
        raise InputError(f"layer {last.number} has {last.activation.label}; expected none in the last layer")
    for each in upper[1:]:
        if network.widths[each.number - 1] < each.width:
            raise InputError(
                f"layer {each.number} has {each.width} neurons on {network.widths[each.number - 1]}; expected widths "
                "that do not grow above layer k + 1"
            )
    return upper


def _solve_backwards(
    above: Convolved, below: Convolved, goal: Matrix, scale: int, generator: np.random.Generator
) -> tuple[LayerParameters, Matrix]:
    """Parameters of a layer, and pre-activations of the one below, that give these pre-activations (N, n_l)."""
    if below.activation.domain == "binary":
        solved = _two_valued(above, below, goal, scale)
        solved = _by_interpolation(above, below, goal, generator) if solved is None else solved
        if solved is None:
            raise InputError(
                f"layer {below.number}: {below.activation.label} takes few rational values; expected at most two "
                "targets per output, or at least N - 1 neurons, below a fully connected layer with biases"
            )
        return solved
    for weights in _filters(above, generator):
        full = full_weight_matrix(above.patches, weights)  # (n_(l-1), n_l)
        inverse = left_inverse(full)
        if inverse is None:
            continue
        change = goal @ inverse
        for centre in interior_values(below.activation):
            for doubling in range(DOUBLINGS):
                if preimages(below, centre + change / 2**doubling) is None:
                    continue
                factor = Fraction(scale * 2**doubling)  # nearer to the centre: another point for each scale
                biases = shared_biases(above, -factor * centre * full.sum(axis=0))
                arguments = preimages(below, centre + change / factor)
                if biases is None:
                    break
                if arguments is not None:
                    own = LayerParameters(_exact(weights * factor), None if above.bias == "none" else _exact(biases))
                    return own, arguments
    raise InputError(
        f"layer {above.number} cannot be solved for; expected filters of full rank, biases, and an activation below "
        "with rational preimages (such as leaky-relu, softsign, or pieces of degree one)"
    )


def _filters(layer: Convolved, generator: np.random.Generator) -> list[Matrix]:
    """Candidates for W: of a fully connected layer the first unit vectors, then random ones."""
    shape = layer.weights_shape
    found = []
    if layer.patches.patch_count == 1:
        found.append(np.eye(*shape, dtype=np.int64).astype(object))
    found += [generator.integers(-3, 4, size=shape).astype(object) for _ in range(ATTEMPTS)]
    return [weights * Fraction(1) for weights in found]


def left_inverse(full: Matrix) -> Matrix | None:
    """(UᵀU)⁻¹Uᵀ, (n_l, n_(l-1)); None for dependent columns."""
    matrix = to_flint(full)
    gram = matrix.transpose() * matrix
    if not gram.det():
        return None
    return from_flint(gram.solve(matrix.transpose()))


def shared_biases(layer: Convolved, wanted: Matrix) -> Matrix | None:
    """Biases as the layer shares them; None where these are none."""
    if layer.bias == "neuron":
        return wanted
    rows = wanted.reshape(-1, layer.filters)
    if layer.bias == "none":
        return None if wanted.any() else wanted
    return rows[0] if bool((rows == rows[0]).all()) else None


def preimages(layer: Convolved, values: Matrix) -> Matrix | None:
    """Rational pre-activations of these features (N, n_l); None where one has none."""
    result = np.empty(values.shape, dtype=object)
    for index, value in np.ndenumerate(values):
        argument = preimage(layer.activation, value)
        if argument is None:
            return None
        result[index] = argument
    return result


def _two_valued(above: Convolved, below: Convolved, goal: Matrix, scale: int) -> tuple[LayerParameters, Matrix] | None:
    """Each output from one unit of the layer below, at two values that are symmetric about 1/2."""
    levels = [sorted(set(column)) for column in goal.T.tolist()]
    if above.patches.patch_count != 1 or above.bias == "none" or max(map(len, levels)) > 2:
        return None
    weights = np.full(above.weights_shape, Fraction(0), dtype=object)
    arguments = np.full((len(goal), below.width), Fraction(0), dtype=object)
    biases = np.empty(len(levels), dtype=object)
    order = above.patches.slots[0]
    high = preimage(below.activation, Fraction(2**scale, 2**scale + 1))
    low = preimage(below.activation, Fraction(1, 2**scale + 1))
    middle = preimage(below.activation, Fraction(1, 2))
    if high is None or low is None or middle is None or (order < 0).any():
        return None
    arguments[:] = middle
    for j, values in enumerate(levels):
        spread = values[-1] - values[0]
        weights[j, j] = spread * Fraction(2**scale + 1, 2**scale - 1) if spread else Fraction(scale)
        if spread:
            arguments[:, order[j]] = [high if value == values[-1] else low for value in goal[:, j].tolist()]
        biases[j] = (values[0] + values[-1]) / 2 - weights[j, j] / 2
    return LayerParameters(_exact(weights), _exact(biases)), arguments


def _by_interpolation(
    above: Convolved, below: Convolved, goal: Matrix, generator: np.random.Generator
) -> tuple[LayerParameters, Matrix] | None:
    """Integer pre-activations with which the features of the layer below, and ones, are independent."""
    slots, count = above.patches.slots[0], len(goal)
    if above.patches.patch_count != 1 or above.bias == "none" or len(slots) + 1 < count:
        return None
    for _ in range(ATTEMPTS):
        arguments = generator.integers(-4, 5, size=(count, below.width)).astype(object) * Fraction(1)
        values = np.empty(arguments.shape, dtype=object)
        values.ravel()[:] = [below.activation.exact(z) for z in arguments.ravel().tolist()]
        system = np.concatenate([values[:, slots], np.full((count, 1), Fraction(1), dtype=object)], axis=1)
        try:
            solution = interpolate(_exact(system), _exact(goal)).fractions()
        except InputError:  # dependent rows
            continue
        weights, biases = solution[:-1], solution[-1]
        if certified_rank(RationalMatrix(_exact(weights))).lower == above.width:
            return LayerParameters(_exact(weights), _exact(biases)), arguments
    return None


def _exact(values: Matrix) -> ExactArray:
    return ExactArray.from_fractions(values.ravel().tolist(), values.shape)
