"""The feature matrix F_k of a network on a data set: one exact object, many views.

Its domain is the smallest that holds it: Q if the activations of layers 1 to k are rational; Q(t), t = e^(1/D), if
only that of layer k contains exponentials; balls otherwise. Residues, floats and balls are views of the same matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import counted, table
from exactcnn.domains.balls import working_precision
from exactcnn.domains.exact import ExactArray, exact_array
from exactcnn.domains.residues import EvaluationPoint
from exactcnn.errors import InputError
from exactcnn.linalg.balls import independent_minor
from exactcnn.linalg.evidence import BallMinor, Evidence, RankBounds, Relation
from exactcnn.linalg.modular import Floats, Indices, Modulus
from exactcnn.linalg.rank import Progress, by_distinct_lines, certified_rank, distinct_rows, spread
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.activations import Activation
from exactcnn.network.exponential_relations import exponential_relations
from exactcnn.network.forward import Pass
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters

if TYPE_CHECKING:
    from flint import arb

MOST_BALLS = 4_000_000  # in one matrix: 600 x 600 take 0.3 GB and 16 s, this number 3 GB and ten minutes

MatrixDomain = Literal["Q", "Q(t)", "balls"]


@dataclass(frozen=True, eq=False)
class FeatureMatrix:
    """F_k, N x n_k, of exact samples under exact parameters.

    Parameters
    ----------
    samples : ExactArray (N, n_0)
        Neurons in the network's numbering of its input.
    network, parameters
        Layers 1 to `layer` must have parameters.
    layer : int
        k, from 1; a convolutional, fully connected or max-pooling layer.

    Raises
    ------
    InputError
        For a layer that does not exist, samples of another width, and parameters that are not those of the network.

    References
    ----------
    .. [1] Nguyen and Hein, "Optimization landscape and expressivity of deep CNNs", ICML 2018, equation (4).

    Examples
    --------
    >>> from exactcnn.network.layers import FullyConnected
    >>> network = Network((1,), [FullyConnected(4)])
    >>> parameters = Parameters.from_arrays(
    ...     network, {"W1": [["1", "1/2", "-1", "2"]], "b1": ["0", "1", "-1/2", "1/3"]}
    ... )
    >>> F = FeatureMatrix(ExactArray.from_array([[0], [1], [2], [3]]), network, parameters, 1)
    >>> F.domain, F.rank().exact
    ('Q(t)', 4)
    """

    samples: ExactArray
    network: Network
    parameters: Parameters
    layer: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", exact_array(self.samples, name="samples"))
        if len(self.samples.shape) != 2 or self.samples.shape[1] != self.network.widths[0]:
            raise InputError(f"samples has shape {self.samples.shape}; expected (N, {self.network.widths[0]})")
        self.network.layer(self.layer)
        self.parameters.check(self.network, self.layer)

    # ---------------------------------------------------------------- what it is

    @property
    def shape(self) -> tuple[int, int]:
        """(N, n_k)."""
        return len(self.samples), self.network.widths[self.layer]

    @property
    def activation(self) -> Activation | None:
        """The nonlinearity of layer k; None for max-pooling."""
        return self.network.layer(self.layer).activation

    @property
    def domain(self) -> MatrixDomain:
        """The smallest domain that holds the matrix."""
        below, own = self._activations[:-1], self._activations[-1]
        if any(activation is not None and activation.domain != "rational" for activation in below):
            return "balls"
        if own is None or own.domain == "rational":
            return "Q"
        return "Q(t)" if own.domain == "exponential" else "balls"

    @property
    def exponential(self) -> bool:
        """Whether entries contain exponentials of rational numbers."""
        return self.domain == "Q(t)"

    @property
    def ball_count(self) -> int:
        """Balls in the largest matrix: features from the first layer j that are not rational, and U_l for l > j."""
        kinds = [activation is None or activation.domain == "rational" for activation in self._activations]
        layers = self.network.resolved[kinds.index(False) : self.layer] if False in kinds else ()
        features = [layer.width * len(self.samples) for layer in layers]
        return max(features + [layer.width * layer.patches.neurons for layer in layers[1:]], default=0)

    # ---------------------------------------------------------------- rank

    def rank(self, *, seed: int = 0, progress: Progress | None = None) -> RankBounds:
        """Prove bounds on the rank; see `exactcnn.linalg.rank.certified_rank`.

        Raises
        ------
        InputError
            In the domain of balls, for more of them than can be eliminated.
        """
        if self.domain == "balls":
            if self.ball_count > MOST_BALLS:
                raise InputError(
                    f"features of layer {self.layer} need {self.ball_count} balls in one matrix; "
                    f"expected at most {MOST_BALLS}: fewer samples, a narrower layer, or an activation in Q or Q(t)"
                )
            return self._rank_by_balls()
        return certified_rank(self, seed=seed, progress=progress)

    # ---------------------------------------------------------------- views

    def exact(self) -> ExactArray:
        """All features as rational numbers, in the domain Q."""
        if self.domain != "Q":
            raise InputError(
                f"features of layer {self.layer} lie in {self.domain}; only those in Q are exact fractions"
            )
        return self._walk.exact_features(self.samples)

    def floats(self, dtype: np.dtype[Any] | type[np.floating[Any]] = np.float64) -> NDArray[Any]:
        """Features in float64 or float32, as NumPy computes them."""
        samples = self.samples.floats()[0].astype(dtype)
        chunks = [self._walk.floats(samples[rows]) for rows in self._walk.chunks(len(samples))]
        return np.concatenate(chunks) if chunks else np.empty(self.shape, dtype=dtype)

    def residues(
        self,
        point: EvaluationPoint,
        rows: Indices | None = None,
        columns: Indices | None = None,
        progress: Progress | None = None,
    ) -> Floats:
        """Image in GF(p), integers of size below p as float64: rationals mod p, e^z to root^(z mod q)."""
        samples = self.samples if rows is None else self.samples[rows]
        filters = self.network.layer(self.layer).filters
        walk = self._walk if columns is None else replace(self._walk, patches=np.unique(columns // filters))
        width = self.shape[1] if columns is None else len(columns)
        result = np.empty((len(samples), width))
        transform = self._transform(point)
        fields = self._fields(point)
        for chunk in walk.chunks(len(samples)):
            images, pieces = walk.residues(samples[chunk], fields, self._needs_signs)
            result[chunk] = transform(images, pieces)
            if progress is not None:
                progress("features", min(chunk.stop, len(samples)), len(samples))
        return result

    def sample(self, axis: int, count: int) -> Indices:
        """Return at least `count` samples, or all units of evenly spread patches."""
        if axis == 0 or self.activation is None:
            return spread(count, self.shape[axis])
        layer = self.network.layer(self.layer)
        patches = spread(-(-count // layer.filters), len(layer.patches.slots))
        return (patches[:, None] * layer.filters + np.arange(layer.filters)).ravel()

    def balls(self, precision: int) -> list[list[arb]]:
        """Enclosures of all features at a working precision in bits."""
        with working_precision(precision):
            return self._walk.balls(self.samples)

    def _repr_html_(self) -> str:
        rows, columns = min(self.shape[0], 6), min(self.shape[1], 8)
        corner = FeatureMatrix(self.samples[:rows], self.network, self.parameters, self.layer).floats()[:, :columns]
        sizes = f"{counted(rows, self.shape[0], 'row')}, {counted(columns, self.shape[1], 'column')}"
        caption = f"F_{self.layer} over {self.domain}: {sizes}; entries rounded for display"
        cells = [[str(i), *(f"{value:.4g}" for value in row)] for i, row in enumerate(corner.tolist())]
        return table(["", *map(str, range(columns))], cells, caption=caption)

    # ---------------------------------------------------------------- evidence

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every different non-zero row (axis 0) or column (axis 1).

        Outside Q lines count as equal when their pre-activations are: never too few.
        """
        if self.domain == "Q":
            return self._rational.distinct_lines(axis)
        codes = self.pre_activations.codes()
        nonzero: NDArray[np.bool_] = np.ones(self.shape, dtype=bool)
        assert self.activation is not None
        if self.activation.floats(np.zeros(1))[0] == 0:  # an odd function, SiLU, ...: zero exactly at zero
            nonzero = np.asarray(self.pre_activations.numerators != 0)
        return distinct_rows(codes if axis == 0 else codes.T, np.asarray(nonzero.any(axis=1 - axis)))

    def relations(self, axis: int, rows: Indices, columns: Indices, point: EvaluationPoint) -> tuple[Relation, ...]:
        """Return verified relations between rows (axis 0) or columns (axis 1)."""
        if self.domain == "Q":
            return self._rational.relations(axis, rows, columns, point)
        assert self.activation is not None
        image = self.residues(point).astype(np.int64) % point.modulus
        return exponential_relations(self.activation, self.pre_activations, image, point.modulus, axis, rows, columns)

    def vanishing_minors(self, order: int, progress: Progress | None = None) -> Evidence | None:
        """Return evidence that all minors of an order vanish, in the domain Q."""
        return self._rational.vanishing_minors(order, progress) if self.domain == "Q" else None

    # ---------------------------------------------------------------- inside

    @property
    def _activations(self) -> tuple[Activation | None, ...]:
        return tuple(layer.activation for layer in self.network.resolved[: self.layer])

    @property
    def _walk(self) -> Pass:
        return Pass(self.network, self.parameters, self.layer)

    @property
    def _needs_signs(self) -> bool:
        """Max-pooling, or a kink."""
        return any(activation is None or activation.kinks for activation in self._activations)

    @cached_property
    def _rational(self) -> RationalMatrix:
        return RationalMatrix(self.exact())

    @cached_property
    def pre_activations(self) -> ExactArray:
        """G_k as rational numbers (the maxima, if layer k is max-pooling), where layers below k are rational."""
        return self._walk.exact(self.samples)

    def _fields(self, point: EvaluationPoint) -> tuple[Modulus, ...]:
        """Moduli that the image needs: q for exponents, p for everything else."""
        activation = self.activation
        p, q = Modulus(point.modulus), Modulus(point.order)
        if not self.exponential or activation is None:
            return (p,)
        return (q, p) if activation.uses_value else (q,)

    def _transform(
        self, point: EvaluationPoint
    ) -> Callable[[dict[Modulus, Floats], NDArray[np.int8] | None], NDArray[Any]]:
        """The activation of layer k on images of pre-activations."""
        p, q, activation = Modulus(point.modulus), point.order, self.activation
        if activation is None:
            return lambda images, _: images[p]
        if not self.exponential:
            return lambda images, pieces: activation.residues(_whole(images[p], p.p), p.p, pieces=pieces)
        if activation.uses_value:
            return lambda images, pieces: activation.residues(
                _whole(images[p], p.p),
                p.p,
                pieces=pieces,
                exponents=activation.exponents(_whole(images[Modulus(q)], q), q),
                powers=point.powers(),
            )
        # the value depends on z mod q only: one table of q field elements, centred index (negative ones wrap around)
        every = activation.exponents(np.arange(q), q)
        table = activation.residues(None, p.p, exponents=every, powers=point.powers()).astype(np.float64)
        return lambda images, _: table[images[Modulus(q)].astype(np.int32)]

    def _rank_by_balls(self) -> RankBounds:
        minor = independent_minor(self.balls, self.shape)
        lower = len(minor.rows)
        evidence = BallMinor(minor.precision, minor.rows, minor.columns) if lower else Evidence()
        bounds = RankBounds(lower, min(self.shape), evidence)
        if lower < bounds.upper and all(a is None or a.domain == "rational" for a in self._activations[:-1]):
            bounds = by_distinct_lines(bounds, self.distinct_lines)
        if bounds.exact is None:
            bounds = replace(bounds, reason="balls prove that a minor is not zero, never that it is")
        return bounds


def _whole(image: Floats, modulus: int) -> NDArray[np.int64]:
    """Centred residues as integers in [0, modulus)."""
    return image.astype(np.int64) % modulus
