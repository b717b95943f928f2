"""From a point of S_k to any outputs: parameters at which the outputs are (1 − t) Ŷ + t Y, exactly.

Let layer k + 1 be fully connected, all layers above k have one bias per neuron and strictly monotone continuous
activations, the last one none; rank F_k = N, and U_l of full column rank for l > k + 1. Let c_l be a row inside the
range of σ_l, and U⁻ = (UᵀU)⁻¹Uᵀ. With G_L(t) = (1 − t) Ŷ + t Y, downwards from l = L − 1 to k + 1,

    F_l(t) = 1 c + (F_l − 1 c + (G_{l+1}(t) − G_{l+1}) U⁻) / s,    U_{l+1}(t) = s U,    b_{l+1}(t) = b + (1 − s) Uᵀ c

gives F_l(t) U_{l+1}(t) + 1 b_{l+1}(t)ᵀ = G_{l+1}(t). The range of σ_l is an open interval that contains the entries of
F_l and c, so s = 1 will do near t = 0, and later some larger s; it can be chosen continuous in t. Then G_l(t) is
σ_l⁻¹ of F_l(t), and at last W_{k+1} changes by F_kᵀ (F_k F_kᵀ)⁻¹ (G_{k+1}(t) − G_{k+1}). So there is a continuous path
from the point along which the outputs move on a straight line to Y. F_k stays, U_l is multiplied: the path stays in
S_k.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from exactcnn.constructions.output_weights import interpolate
from exactcnn.constructions.preimages import interior_values
from exactcnn.constructions.zero_loss import DOUBLINGS, left_inverse, preimages, shared_biases, upper_layers
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.rationals import Rationals
from exactcnn.errors import InputError
from exactcnn.linalg.fractions import Matrix
from exactcnn.network.network import Convolved, Network
from exactcnn.network.parameters import LayerParameters, Parameters
from exactcnn.network.walk import forward, steps
from exactcnn.patches.weights import full_weight_matrix


def towards_targets(
    network: Network,
    parameters: Parameters,
    samples: ExactArray,
    targets: ExactArray,
    t: Fraction | int,
    *,
    layer: int = 1,
) -> Parameters:
    """Return a point of the path: parameters at which the outputs are (1 − t) Ŷ + t Y, exactly.

    Parameters
    ----------
    network : Network
        See the module; activations above k have rational preimages, such as quotients of degree one.
    parameters : Parameters
        A point of S_k with rational features.
    samples, targets : ExactArray
        (N, n_0) and (N, n_L).
    t : Fraction or int
        From 0, the given point, to 1.
    layer : int
        k.

    Raises
    ------
    InputError
        For a network outside these, dependent rows of F_k or dependent columns of a U_l.

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> layers = [FullyConnected(n, activation=a) for n, a in ((2, "relu"), (1, "softsign"), (1, "identity"))]
    >>> network = Network((1,), layers)
    >>> start = {"W1": [[1, 1]], "b1": [0, -1], "W2": [[0], [0]], "b2": [0], "W3": [[1]], "b3": [0]}
    >>> data, wanted = ExactArray.from_array([[1], [2]]), ExactArray.from_array([[3], [4]])
    >>> point = towards_targets(network, Parameters.from_arrays(network, start), data, wanted, Fraction(1, 2))
    >>> field = Rationals()
    >>> forward(field, steps(field, network, point, 3), data).features[-1].fractions().ravel().tolist()
    [Fraction(3, 2), Fraction(2, 1)]
    """
    upper = upper_layers(network, layer)
    field = Rationals()
    trace = forward(field, steps(field, network, parameters, len(network.layers)), field.lift(samples))
    features = [each.fractions() for each in trace.features]
    outputs, end = features[-1], targets.fractions()
    change: Matrix = (end - outputs) * Fraction(t)  # of the pre-activations of the layer at hand
    found: list[LayerParameters] = []
    for above, below in zip(reversed(upper), reversed(upper[:-1]), strict=False):
        own, change = _one_layer(above, below, parameters, features[below.number], change)
        found.append(own)
    first = upper[0]
    order = first.patches.slots[0]
    step = interpolate(trace.features[layer][:, order], _exact(change)).fractions()
    own = parameters.layer(first.number)
    found.append(LayerParameters(_exact(own.weights.fractions() + step), own.biases))
    return Parameters((*parameters.layers[:layer], *reversed(found)))


def _one_layer(
    above: Convolved, below: Convolved, parameters: Parameters, features: Matrix, change: Matrix
) -> tuple[LayerParameters, Matrix]:
    """Scaled parameters of a layer, and the change of the pre-activations below, for a change of its own."""
    own = parameters.layer(above.number)
    weights = own.weights.fractions()
    full = full_weight_matrix(above.patches, weights)
    inverse = left_inverse(full)
    if inverse is None:
        raise InputError(f"U_{above.number} has dependent columns; expected full column rank above layer k + 1")
    if own.biases is None or above.bias != "neuron":
        raise InputError(f"layer {above.number} has no bias per neuron; expected one above layer k + 1")
    centre = next(interior_values(below.activation), None)
    before = preimages(below, features)
    if centre is None or before is None:
        raise InputError(f"layer {below.number}: {below.activation.label} has no rational preimages; expected some")
    for doubling in range(DOUBLINGS):
        scale = Fraction(2**doubling)
        after = preimages(below, centre + (features - centre + change @ inverse) / scale)
        if after is not None:
            biases = shared_biases(above, own.biases.fractions() + (1 - scale) * centre * full.sum(axis=0))
            assert biases is not None
            return LayerParameters(_exact(weights * scale), _exact(biases)), after - before
    raise InputError(f"layer {below.number}: {below.activation.label} does not reach what is needed")


def _exact(values: Matrix) -> ExactArray:
    array = np.asarray(values, dtype=object)
    return ExactArray.from_fractions(array.ravel().tolist(), array.shape)
