"""A chain of operators becomes a network: what the readers of models share.

A layer of the paper is an affine map and then an activation, or pooling; the operators of other systems come one by
one. Activations join the layer before them. What does not fit is refused, with the operator's title.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.errors import InputError
from exactcnn.interop.input_maps import InputMap, Q
from exactcnn.network.activations import Activation, activation
from exactcnn.network.as_given import AsGiven, Head, Normalization
from exactcnn.network.definitions import define_activation
from exactcnn.network.kinds.kind import ResolvedLayer
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, Layer, MaxPooling
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.patches.builders import Layout

IDENTITY = activation("identity")
GROWING = {
    *(
        "relu",
        "leaky-relu",
        "relu6",
        "clip",
        "clip-below",
        "clip-above",
        "hard-sigmoid",
        "hard-sigmoid-own",
        "hard-tanh",
    ),
    *("sigmoid", "tanh", "softplus", "elu", "softsign", "arctan", "erf", "log-sigmoid", "exp"),
}
"""Functions that never fall, so that the largest of values is the value of the largest."""


class Chain:
    """What has been read so far; `model` makes the value.

    Parameters
    ----------
    input_shape : sequence of int
        (channels, *sizes) or (n,).
    batch : int, optional
        Where the number of samples is written into the model.
    fold : bool
        Whether BatchNormalization is folded; else `given` has it as it is.
    """

    def __init__(self, input_shape: Sequence[int], *, batch: int | None = None, fold: bool = True) -> None:
        self.input_shape = tuple(input_shape)
        self.batch = batch
        self.fold = fold
        self.normalizations: dict[int, Normalization] = {}
        self.head: Head = None
        self.before: InputMap | None = None  # what is done to the inputs, until the first layer takes it
        self.only_shifted = False  # whether the biases of the last layer come from there alone
        self.layers: list[Layer] = []
        self.resolved: list[ResolvedLayer] = []
        self.arrays: dict[str, ExactArray] = {}
        self.names: list[str] = []
        self.notes: list[str] = []
        self.flat = len(self.input_shape) == 1
        self.ended = ""  # the title of what was cut off at the end

    # ---------------------------------------------------------------- what the readers ask

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what the next operator reads, without the batch."""
        own = self.resolved[-1].shape if self.resolved else self.input_shape
        return (math.prod(own),) if self.flat else own

    # ---------------------------------------------------------------- operators

    def convolution(
        self,
        title: str,
        name: str,
        weights: Any,
        biases: Any | None,
        *,
        stride: Sequence[int],
        padding: Sequence[int] | str,
        dilation: Sequence[int],
    ) -> None:
        """Add a convolution with kernels (T, C, *kernel)."""
        self._open(title)
        weights = exact_array(weights, name=f"{title}: weights")
        if self.flat or len(weights.shape) != len(self.shape) + 1:
            raise InputError(f"{title}: weights {weights.shape} on {self.shape}; expected feature maps that fit")
        filters, channels, *kernel = weights.shape
        if channels != self.shape[0]:
            raise InputError(f"{title}: weights for {channels} channels on {self.shape[0]}; expected groups = 1")
        if self.before is not None:
            own = None if biases is None else exact_array(biases, name=f"{title}: biases")
            padded = padding != "valid" and (isinstance(padding, str) or any(padding))
            weights, biases = self.before.into_convolution(title, weights, own, padded)
            self.before = None
        description = Convolution(
            filters,
            tuple(kernel),
            stride=tuple(stride),
            padding=_padding(padding),
            dilation=tuple(dilation),
            bias="none" if biases is None else "filter",
            activation=IDENTITY,
        )
        self._add(title, name, description, weights, biases)

    def dense(self, title: str, name: str, weights: Any, biases: Any | None) -> None:
        """Add a dense layer with weights (out, in), on what is flat."""
        self._open(title)
        weights = exact_array(weights, name=f"{title}: weights")
        if not self.flat:
            raise InputError(f"{title}: a product with feature maps {self.shape}; expected them flattened before")
        if len(weights.shape) != 2 or weights.shape[1] != self.shape[0]:
            raise InputError(f"{title}: weights {weights.shape} (out, in) on {self.shape[0]} neurons")
        if self.before is not None:
            own = None if biases is None else exact_array(biases, name=f"{title}: biases")
            weights, biases = self.before.into_dense(weights, own)
            self.before, self.only_shifted = None, own is None and biases is not None
        description = FullyConnected(weights.shape[0], bias="none" if biases is None else "neuron", activation=IDENTITY)
        self._add(title, name, description, weights, biases)

    def of_inputs(self, title: str, operator: str, constant: Any) -> None:
        """Add, subtract, multiply or divide the inputs by a constant: it goes into the first layer, exactly."""
        self._open(title)
        if self.layers:
            raise InputError(f"{title}: expected it before the first layer; or Add, directly after MatMul with weights")
        map_ = self.before or InputMap.identity(math.prod(self.input_shape))
        self.before = map_.then(title, operator, constant, self.shape)

    def added(self, title: str, biases: Any) -> None:
        """Add biases to a dense layer that has none: MatMul and then Add."""
        self._open(title)
        last = self.layers[-1] if self.layers else None
        number, shift = len(self.layers), None
        if self.only_shifted and number == 1:
            shift = self.arrays["b1"]
        plain = isinstance(last, FullyConnected) and last.activation is IDENTITY and number not in self.normalizations
        if not isinstance(last, FullyConnected) or not plain or (last.bias != "none" and shift is None):
            raise InputError(f"{title}: expected it directly after MatMul with weights, as its biases")
        self._replace(replace(last, bias="neuron"))
        self._biases(title, biases, last.units)
        if shift is not None:
            self.arrays["b1"], self.only_shifted = Q.add(shift, self.arrays["b1"]), False

    def max_pooling(self, title: str, name: str, kernel: Sequence[int], **options: Any) -> None:
        """Add max-pooling."""
        self._pooling(title, name, MaxPooling(tuple(kernel), **_options(options)))

    def average_pooling(self, title: str, name: str, kernel: Sequence[int], **options: Any) -> None:
        """Add average-pooling."""
        self._pooling(title, name, AveragePooling(tuple(kernel), **_options(options)))

    def global_pooling(self, title: str, name: str, *, average: bool) -> None:
        """Add pooling over all positions."""
        if self.flat or len(self.shape) < 2:
            raise InputError(f"{title} on {self.shape}; expected feature maps")
        (self.average_pooling if average else self.max_pooling)(title, name, self.shape[1:])

    def activation(self, title: str, curve: Activation) -> None:
        """Let an activation follow the layer before."""
        self._open(title)
        if curve.text == IDENTITY.text:
            return
        place = len(self.layers) - 1
        while place >= 0 and isinstance(self.layers[place], MaxPooling):
            place -= 1
        own = self.layers[place] if place >= 0 else None
        if not isinstance(own, Convolution | FullyConnected) or own.activation is not IDENTITY:
            raise InputError(f"{title}: expected an activation directly after a convolution or a dense layer")
        if place < len(self.layers) - 1:
            if curve.name not in GROWING or (curve.name == "leaky-relu" and curve.parameters[0] < 0):
                raise InputError(f"{title}: {curve.text} after max-pooling; expected it before")
            self.notes.append(
                f"{title}: {curve.text} is taken before the max-pooling, the same function since it grows"
            )
        self._replace(replace(own, activation=curve), place)

    def batch_normalization(self, title: str, values: Sequence[Any], epsilon: float) -> None:
        """Fold a normalization (scale, shift, mean, variance) into the affine layer directly before it, in float64.

        Without `fold` it is kept as it is, one for each layer.
        """
        self._open(title)
        last = self.layers[-1] if self.layers else None
        if not isinstance(last, Convolution | FullyConnected) or last.activation is not IDENTITY:
            raise InputError(f"{title}: expected BatchNormalization directly after a convolution or a dense layer")
        number, filters = len(self.layers), self.resolved[-1].filters
        vectors = [np.asarray(each, dtype=np.float64).ravel() for each in values]
        if any(each.shape != (filters,) or not np.isfinite(each).all() for each in vectors):
            raise InputError(f"{title}: expected {filters} finite numbers each of scale, shift, mean and variance")
        gamma, beta, mu, var = vectors
        if not (var + epsilon > 0).all():
            raise InputError(f"{title}: variance plus epsilon is not positive")
        if not self.fold:
            if number in self.normalizations:
                raise InputError(f"{title}: a second BatchNormalization of {self.names[-1]}; expected one")
            spread = [Fraction(x) + Fraction(epsilon) for x in var.tolist()]
            scale, shift, mean = (exact_array(each, name=title) for each in (gamma, beta, mu))
            variance = ExactArray.from_fractions(spread)
            self.normalizations[number] = Normalization(number, scale, shift, mean, variance)
            return
        factor = gamma / np.sqrt(var + epsilon)
        weights = self.arrays[f"W{number}"].floats()[0]
        biases = np.zeros(filters) if last.bias == "none" else self.arrays[f"b{number}"].floats()[0]
        folded = weights * factor.reshape(-1, *(1,) * (weights.ndim - 1))
        self.arrays[f"W{number}"] = exact_array(folded, name=f"{title}: weights")
        self._replace(replace(last, bias="filter" if isinstance(last, Convolution) else "neuron"))
        self._biases(title, (biases - mu) * factor + beta, filters)
        self.notes.append(
            f"{title}: BatchNormalization is folded in float64 into {self.names[-1]}; all is about the folded network"
        )

    def flatten(self, title: str) -> None:
        """Make a row of all neurons, channels first."""
        self._open(title)
        self.flat = True

    def passed(self, title: str, why: str) -> None:
        """Note an operator that does nothing in inference."""
        self._open(title)
        self.notes.append(f"{title}: {why}")

    def softmax(self, title: str, head: Head = "softmax") -> None:
        """Cut off a last Softmax, or its logarithm; `given` has it."""
        self._open(title)
        self.ended, self.head = title, head
        self.notes.append(f"{title}: the last Softmax is cut off; the outputs are those before it")

    # ---------------------------------------------------------------- the value

    def model(self) -> Model:
        """Return the network with its parameters.

        Raises
        ------
        InputError
            Without layers.
        """
        if not self.layers:
            raise InputError("no layer; expected a convolution, pooling or a dense layer")
        named = [replace(each, name=name) for each, name in zip(self.layers, _distinct(self.names), strict=True)]
        network = Network(self.input_shape, named)
        parameters = Parameters.from_arrays(network, self.arrays, upto=len(self.layers), layout="torch")
        return Model(network, parameters, tuple(self.notes))

    def given(self) -> AsGiven:
        """Return the network with what a model does not have: normalizations that are not folded, and Softmax.

        Raises
        ------
        InputError
            As `model`.
        """
        model = self.model()
        own = tuple(self.normalizations[number] for number in sorted(self.normalizations))
        notes = tuple(note for note in model.notes if not (self.ended and note.startswith(f"{self.ended}: ")))
        return AsGiven(model.network, model.parameters, own, self.head, notes)

    # ---------------------------------------------------------------- inside

    def _open(self, title: str) -> None:
        if self.ended:
            raise InputError(f"{title} after {self.ended}; expected a Softmax at the end only")

    def _pooling(self, title: str, name: str, description: MaxPooling | AveragePooling) -> None:
        self._open(title)
        if self.flat:
            raise InputError(f"{title} on {self.shape[0]} neurons without positions; expected feature maps")
        if self.before is not None:
            raise InputError(f"{title} after constants on the inputs; expected a convolution or a dense layer")
        self._resolve(title, name, description)

    def _add(self, title: str, name: str, description: Layer, weights: ExactArray, biases: Any | None) -> None:
        self._resolve(title, name, description)
        self.arrays[f"W{len(self.layers)}"] = weights
        if biases is not None:
            self._biases(title, biases, weights.shape[0])

    def _biases(self, title: str, biases: Any, filters: int) -> None:
        own = exact_array(biases, name=f"{title}: biases")
        if math.prod(own.shape) == 1 and filters > 1:  # one number for all, as broadcasting has it
            own = own.reshape(-1)[np.zeros(filters, dtype=np.intp)]
        if math.prod(own.shape) != filters or (len(own.shape) > 1 and own.shape[-1] != filters):
            raise InputError(f"{title}: biases {own.shape}; expected {filters}")
        self.arrays[f"b{len(self.layers)}"] = own.reshape(filters)

    def _resolve(self, title: str, name: str, description: Layer) -> None:
        below = self.resolved[-1] if self.resolved else None
        shape = self.shape if below is None or not self.flat else below.shape
        layout: Layout = "channels-first" if below is None else below.layout
        try:
            layer = description.resolve(len(self.layers) + 1, shape, layout, None)
        except InputError as error:
            raise InputError(f"{title}: {error}") from None
        self.layers.append(description)
        self.resolved.append(layer)
        self.names.append(name)
        self.flat = len(layer.shape) == 1

    def _replace(self, description: Layer, place: int = -1) -> None:
        self.layers[place] = description


def clipped(low: Fraction | None, high: Fraction | None) -> Activation:
    """The function max(low, min(high, t)), one side perhaps open.

    Examples
    --------
    >>> clipped(Fraction(0), None).text, clipped(Fraction(0), Fraction(6)).text
    ('relu', 'clip(0,6)')
    >>> clipped(Fraction(1), None).exact(-5)
    Fraction(1, 1)
    """
    if low is not None and high is not None:
        if low >= high:
            raise InputError(f"Clip from {low} to {high}; expected an interval")
        return activation(f"clip({low},{high})")
    if low is not None:
        return activation("relu") if low == 0 else define_activation("clip-below", [str(low), "t"], [low])
    if high is not None:
        return define_activation("clip-above", ["t", str(high)], [high])
    return IDENTITY


def hard_sigmoid(alpha: Fraction, beta: Fraction) -> Activation:
    """The function max(0, min(1, alpha t + beta)).

    Examples
    --------
    >>> hard_sigmoid(Fraction(1, 4), Fraction(1, 2)).exact(1)
    Fraction(3, 4)
    """
    if alpha <= 0:
        raise InputError(f"HardSigmoid with alpha = {alpha}; expected a positive number")
    if (alpha, beta) == (Fraction(1, 6), Fraction(1, 2)):
        return activation("hard-sigmoid")
    middle = f"({beta}) + ({alpha})*t"
    return define_activation("hard-sigmoid-own", ["0", middle, "1"], [-beta / alpha, (1 - beta) / alpha])


def number(value: Any, what: str) -> Fraction:
    """The rational number that a float is.

    Examples
    --------
    >>> number(0.5, "alpha")
    Fraction(1, 2)
    """
    value = float(value)
    if not math.isfinite(value):
        raise InputError(f"{what} = {value}; expected a finite number")
    return Fraction(value)


def array(value: NDArray[Any]) -> NDArray[Any]:
    """An array of integers or floats that NumPy has itself: bfloat16 becomes float32, exactly."""
    return value.astype(np.float32) if value.dtype.name == "bfloat16" else value


def _padding(padding: Sequence[int] | str) -> Any:
    return padding if isinstance(padding, str) else tuple(padding)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    pad = options.get("padding", 0)
    sizes = {key: tuple(value) for key, value in options.items() if key in ("stride", "dilation")}
    return options | sizes | {"padding": pad if isinstance(pad, int | str) else tuple(pad)}


def _distinct(names: Sequence[str]) -> list[str]:
    """Names, with a number behind those that occur before."""
    result: list[str] = []
    for name in names:
        own, count = name, 2
        while own in result:
            own, count = f"{name}_{count}", count + 1
        result.append(own)
    return result
