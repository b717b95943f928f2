"""The feature matrix F_k of a network on a data set: one exact object, many views.

Its domain is a join over the layers: Q as long as activations are rational; Q(t), t = e^(1/D), from the first
exponential layer on, kept by layers whose activations are rational functions and by max-pooling; balls from a second
exponential layer or a special function on. Residues, floats and balls are views of the same matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.codes import Codes
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed_curves import EnclosedCurves
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.float_arithmetic import Floating
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.residue_arithmetic import centred
from exactcnn.domains.residues import EvaluationPoint, Floats, Modulus
from exactcnn.errors import InputError
from exactcnn.linalg.ball_rank import BYTES_OF_BALL, check_balls, rank_by_balls
from exactcnn.linalg.echelon import Indices
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.entries import Entries
from exactcnn.linalg.evidence import Evidence, Inherited, ModularMinor, RankBounds, Relation
from exactcnn.linalg.line_classes import MOST_PRIMES, LineClasses, by_entries, by_images
from exactcnn.linalg.modular import independent_minor
from exactcnn.linalg.rank import certified_rank, spread
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.exact_features import from_images, size_of_features
from exactcnn.network.exponential_relations import exponential_relations
from exactcnn.network.images import CHUNK, SIGN_PRECISION, Images, Q
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.proved_blocks import NamedFeatures
from exactcnn.network.walk import Step, chunks, forward, pre_activations, steps
from exactcnn.resources import Progress, check_memory, fits_memory

if TYPE_CHECKING:
    from flint import arb

    from exactcnn.network.symbolic_features import SymbolicFeatures

EXACT = 64  # bytes of an exact feature, if it is short: residues modulo a few primes, and the number
IMAGES = 32  # bytes for each feature: an image in float64, in int64, in int32, and lines of it to be sorted
SMALL = 500_000  # products, of all layers together, that long integers may take: a fraction of a second

MatrixDomain = Literal["Q", "Q(t)", "balls"]


@dataclass(frozen=True)
class RankClaim(Shown):
    """The claim lower <= rank F_k <= upper at the given parameters; layer 0 stands for the samples."""

    layer: int
    rank: RankBounds

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return {
            "kind": "rank",
            "layer": self.layer,
            "lower": self.rank.lower,
            "upper": self.rank.upper,
            "lower_evidence": self.rank.lower_evidence.document(),
            "upper_evidence": self.rank.upper_evidence.document(),
        }


@typed
@dataclass(frozen=True, eq=False)
class FeatureMatrix(Shown):
    """F_k, N x n_k, of exact samples under exact parameters.

    Parameters
    ----------
    network, parameters
        Layers 1 to `layer` must have parameters.
    samples : ExactArray (N, n_0)
        Neurons in the network's numbering of its input.
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
    >>> network = Network((1,), [FullyConnected(4, activation="sigmoid")])
    >>> parameters = Parameters.from_arrays(
    ...     network, {"W1": [["1", "1/2", "-1", "2"]], "b1": ["0", "1", "-1/2", "1/3"]}
    ... )
    >>> F = FeatureMatrix(network, parameters, ExactArray.from_array([[0], [1], [2], [3]]), 1)
    >>> F.domain, F.rank().exact
    ('Q(t)', 4)
    """

    network: Network
    parameters: Parameters
    samples: ExactArray
    layer: int

    def __post_init__(self) -> None:
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
    def activation(self) -> Curve | None:
        """The nonlinearity of layer k; None for a layer without one, as max-pooling is."""
        return self._curves[-1]

    @cached_property
    def domain(self) -> MatrixDomain:
        """The smallest domain that holds the matrix, by the kinds of the layers."""
        if self.first_irrational is None:
            return "Q"
        kinds = ["rational" if curve is None else curve.domain for curve in self._curves]
        below, kind, above = (
            kinds[: self.first_irrational - 1],
            kinds[self.first_irrational - 1],
            kinds[self.first_irrational :],
        )
        # powers of 2 have no images beside those of e
        formal = kind == "exponential" and "binary" not in below and all(each == "rational" for each in above)
        return "Q(t)" if formal else "balls"

    @property
    def exponential(self) -> bool:
        """Whether entries contain exponentials of rational numbers."""
        return self.domain == "Q(t)"

    @cached_property
    def first_irrational(self) -> int | None:
        """The first layer whose values are not rational; None if there is none."""
        for number, curve in enumerate(self._curves, 1):
            kind = "rational" if curve is None else curve.domain
            if kind != "rational" and not (kind == "binary" and self._binary_is_rational(number)):
                return number
        return None

    @property
    def ball_count(self) -> int:
        """Balls in the largest matrix: features from the first layer j that is not rational, and U_l for l > j."""
        layers = self.network.resolved[self.first_irrational - 1 : self.layer] if self.first_irrational else ()
        features = [layer.width * len(self.samples) for layer in layers]
        return max(features + [layer.width * layer.patches.neurons for layer in layers[1:]], default=0)

    # ---------------------------------------------------------------- rank

    @typed
    def rank(
        self,
        *,
        seed: Seed = 0,
        engine: Engine = HERE,
        progress: Progress | None = None,
    ) -> RankBounds:
        """Prove bounds on the rank; see `exactcnn.linalg.rank.certified_rank`.

        Raises
        ------
        InputError
            For more balls than memory holds, and a checkpoint that cannot be used.
        """
        signs_by_balls = self._images.signs_by_balls
        too_many = signs_by_balls and not fits_memory(BYTES_OF_BALL * self.ball_count)
        if self.domain == "balls" or too_many:
            return rank_by_balls(self, progress)
        try:
            bounds = certified_rank(self, seed=seed, engine=engine, progress=progress)
        except Undecided:  # signs above an exponential layer that balls do not tell
            return rank_by_balls(self, progress)
        if signs_by_balls and isinstance(bounds.lower_evidence, ModularMinor):
            return replace(bounds, lower_evidence=replace(bounds.lower_evidence, precision=SIGN_PRECISION))
        return bounds

    # ---------------------------------------------------------------- views

    def __exact_array__(self) -> ExactArray:
        return self.exact()

    def exact(self) -> ExactArray:
        """All features as rational numbers, in the domain Q."""
        if self.domain != "Q":
            raise InputError(
                f"features of layer {self.layer} lie in {self.domain}; only those in Q are exact fractions"
            )
        return self._exact

    @cached_property
    def _exact(self) -> ExactArray:
        """From images modulo primes where sizes are known and the matrix is not small; else by long integers."""
        if self._products > SMALL:
            rows, columns = self.shape
            check_memory(EXACT * rows * columns, what=f"the exact features of layer {self.layer}")
            size = size_of_features(self.network, self.parameters, self.samples, self.layer)
            found = None if size is None else from_images(self.residues, *size)
            if found is not None:
                return found
        features: ExactArray = forward(Q, self._exact_steps, Q.lift(self.samples)).features[-1]
        return features

    def floats(self, dtype: np.dtype[Any] | type[np.floating[Any]] | str = np.float64) -> NDArray[Any]:
        """Features in float64 or float32, as NumPy computes them; InputError for another type."""
        found: NDArray[Any] = self._in_chunks(Floating.of(dtype))
        return found

    def residues(
        self,
        point: EvaluationPoint,
        rows: Indices | None = None,
        columns: Indices | None = None,
        progress: Progress | None = None,
    ) -> Floats:
        """Image in GF(p), integers of size below p, as they are stored: rationals mod p, e^z to root^(z mod q).

        `columns` are all units of some patches, as `sample` returns them.

        Raises
        ------
        UnluckyModulus
            If a denominator vanishes modulo p.
        Undecided
            Where balls do not decide a sign above an exponential layer, and it matters.
        """
        if any(curve is not None and curve.domain == "binary" for curve in self._curves):
            exact = (
                self.exact() if rows is None else self.exact()[rows]
            )  # powers of 2 are taken as the numbers they are
            return centred(exact if columns is None else exact[:, columns], Modulus(point.modulus))
        samples = self.samples if rows is None else self.samples[rows]
        patches = None if columns is None else np.unique(columns // self.network.layer(self.layer).filters)
        return self._images.residues(samples, point, patches, rows is None and columns is None, progress)

    def sample(self, axis: int, count: int) -> Indices:
        """Return at least `count` samples, or all units of evenly spread patches; all where a part saves little.

        Many units of a trained layer are zero or constant: three times as many are taken, and samples only where they
        are few among many, so that another walk for all of them does not cost much.
        """
        lines = self.shape[axis]
        if axis == 0:
            return spread(count if 8 * count < lines else lines, lines)
        layer = self.network.layer(self.layer)
        if 2 * len(self.samples) * layer.patches.slots.size * layer.filters < self._products:
            return np.arange(lines)
        patches = spread(-(-3 * count // layer.filters), len(layer.patches.slots))
        return (patches[:, None] * layer.filters + np.arange(layer.filters)).ravel()

    def part(self, rows: slice) -> FeatureMatrix:
        """Return the features of some samples."""
        return replace(self, samples=self.samples[rows])

    def symbols(self) -> SymbolicFeatures:
        """All features as expressions in t = e^(1/D), in the domains Q and Q(t); see `symbolic_features`.

        Raises
        ------
        InputError
            In the domain of balls, and for more entries than a person reads.
        """
        from exactcnn.network.symbolic_features import symbolic_features

        if self.domain == "balls":
            raise InputError(f"features of layer {self.layer} lie in no field of rational functions; expected Q, Q(t)")
        return symbolic_features(self._images, self.samples, self.pre_activations)

    def enclosures(self) -> tuple[Floats, Floats]:
        """Floats near all features, and how far each may be off; an infinity where nothing is known."""
        found: tuple[Floats, Floats] = self._in_chunks(EnclosedCurves())
        return found

    def balls(self, precision: int) -> list[list[arb]]:
        """Enclosures of all features at a working precision in bits."""
        with working_precision(precision):
            rational = self.first_irrational is None
            features = (
                Balls().lift(self.exact()) if rational else self._images.ball_trace(self.samples, None).features[-1]
            )
        rows: list[list[arb]] = features.tolist()
        return rows

    @property
    def entries(self) -> Entries:
        """The matrix for certified numerics: exact in Q, else balls, and floats with proved errors.

        Raises
        ------
        InputError
            For more balls than memory holds.
        """
        if self.domain == "Q":
            return Entries(self.shape, self.exact())
        check_balls(self.ball_count)
        return Entries(self.shape, None, self.balls, self.enclosures)

    # ---------------------------------------------------------------- evidence

    def nonzero_lines(self, axis: int) -> Indices:
        """Return the samples (axis 0), or the neurons (axis 1) that the decisions do not show to be zero."""
        found = self._images.nonzero(len(self.samples)) if axis == 1 else None
        return np.arange(self.shape[axis]) if found is None else found

    def inherited(self) -> tuple[int, Evidence] | None:
        """Return a bound by the narrowest F_j in Q, j < k, that layers j + 1 to k are affine functions of."""
        layers = self.network.resolved[: self.layer]
        if self.domain != "Q":
            return None
        start = next((k for k in range(self.layer, 0, -1) if layers[k - 1].affine is None), 0)
        j = min(range(start, self.layer + 1), key=lambda k: self.network.widths[k])
        if j == self.layer:
            return None
        below = self.samples if j == 0 else FeatureMatrix(self.network, self.parameters, self.samples, j).exact()
        ones = any(map(self._adds_constants, range(j + 1, self.layer + 1)))
        bounds = certified_rank(RationalMatrix(below.with_ones() if ones else below))
        return bounds.upper, Inherited(j, ones, bounds.upper_evidence)

    def distinct_lines(self, axis: int) -> Indices:
        """Return one index for every different non-zero row (axis 0) or column (axis 1); see `line_classes`."""
        classes = self.line_classes
        return np.arange(self.shape[axis]) if classes is None else classes.representatives(axis)

    @cached_property
    def line_classes(self) -> LineClasses | None:
        """Equal rows and columns: exact in Q; elsewhere entries are equal for reasons that `Codes` knows.

        None where there is no memory for all features and a copy of them.
        """
        if not fits_memory(IMAGES * math.prod(self.shape)):
            return None
        if self.domain != "Q":
            return by_entries(ExactArray(self._codes))
        size = None
        if self._products > SMALL:
            own = self.network, self.parameters, self.samples, self.layer
            size = size_of_features(*own, most_bits=20 * MOST_PRIMES)
        found = None if size is None else by_images(self.residues, self.shape, *size)
        return by_entries(self.exact()) if found is None else found

    def relations(self, axis: int, rows: Indices, columns: Indices, point: EvaluationPoint) -> tuple[Relation, ...]:
        """Return verified relations between rows (axis 0) or columns (axis 1)."""
        if self.domain == "Q":
            return self._rational.relations(axis, rows, columns, point)
        number = self.first_irrational
        assert number is not None
        curve = self._curves[number - 1]
        assert curve is not None
        mixing = self._affine_above(number)
        if mixing is None:
            return ()
        inherited: tuple[Relation, ...] = ()
        if axis == 1 and number < self.layer:  # what the columns of the affine map satisfy, those of F_k do
            columns_of = RationalMatrix(mixing)
            minor = independent_minor(columns_of.residues(point), point.modulus)
            inherited = columns_of.relations(1, *minor, point)
            if len(inherited) >= self.shape[1] - len(columns):
                return inherited
        image = self.residues(point).astype(np.int64) % point.modulus
        own = None if number == self.layer else mixing
        values = self.pre_activations
        found = exponential_relations(curve, values, image, point.modulus, axis, rows, columns, own)
        return max(found, inherited, key=len)

    def zero_block(self) -> tuple[int, Evidence] | None:
        """Return an upper bound proved by a zero block, or by relations with larger coefficients, outside Q."""
        number = self.first_irrational
        mixing = None if number is None else self._affine_above(number)
        if number is None or mixing is None:
            return None
        curve = self._curves[number - 1]
        assert curve is not None
        return NamedFeatures(curve, self.pre_activations, None if number == self.layer else mixing).upper_bound()

    def settled(self, rows: Indices, columns: Indices, progress: Progress | None = None) -> Evidence | None:
        """Return evidence that no minor is larger than this one, or a larger one, in the domain Q."""
        return self._rational.settled(rows, columns, progress) if self.domain == "Q" else None

    # ---------------------------------------------------------------- inside

    def _in_chunks(self, arithmetic: Floating | EnclosedCurves) -> Any:
        """All features in an arithmetic of floats, some samples at a time."""
        walk: tuple[Step[Any], ...] = steps(arithmetic, self.network, self.parameters, self.layer)
        parts = [
            forward(arithmetic, walk, arithmetic.lift(self.samples[rows])).features[-1]
            for rows in chunks(walk, len(self.samples), CHUNK)
        ]
        return arithmetic.concatenate(parts or [arithmetic.lift(ExactArray(np.empty(self.shape)))])

    @property
    def _curves(self) -> tuple[Curve | None, ...]:
        return self.network.activations(self.layer)

    @property
    def _products(self) -> int:
        """Products in layers 1 to k, on all samples."""
        layers = self.network.resolved[: self.layer]
        return len(self.samples) * sum(layer.patches.slots.size * layer.filters for layer in layers)

    @cached_property
    def _images(self) -> Images:
        return Images(self.network, self.parameters, self.layer, self.first_irrational)

    @cached_property
    def _exact_steps(self) -> tuple[Step[ExactArray], ...]:
        return steps(Q, self.network, self.parameters, self.layer)

    def _adds_constants(self, number: int) -> bool:
        """Whether a layer with an affine activation takes zeros to other numbers."""
        affine, own = self.network.resolved[number - 1].affine, self.parameters.layers[number - 1]
        return affine is None or affine[0] != 0 or (own is not None and own.biases is not None)

    def _binary_is_rational(self, number: int) -> bool:
        """Whether 2^g(z) is rational at every argument of a layer, the layers below being rational."""
        curve = self._curves[number - 1]
        assert curve is not None
        z = pre_activations(Q, self._exact_steps[:number], Q.lift(self.samples))
        return all(curve.binary_exponent(value) is not None for value in z.fractions().flat)

    def _affine_above(self, number: int) -> ExactArray | None:
        """The affine map from F_number to F_layer as a matrix (n + 1, n_k), its last row the constant terms.

        None where a layer above is not affine.
        """
        width = self.network.widths[number]
        mixing = Q.lift(ExactArray(np.eye(width + 1, width, dtype=np.int64)))
        last = Q.lift(ExactArray(np.eye(width + 1, dtype=np.int64)[:, -1:]))
        for step in self._exact_steps[number:]:
            affine = step.layer.affine
            if affine is None:
                return None
            c0, c1 = (Q.lift(ExactArray.from_fractions([c], (1, 1))) for c in affine)
            z = pre_activations(Q, (replace(step, biases=None),), mixing)
            shift = c0 if step.biases is None else Q.add(c0, Q.multiply(c1, Q.reshape(step.biases, 1, -1)))
            mixing = Q.add(Q.multiply(z, c1), Q.multiply(last, shift))
        return mixing

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        """Codes of the features, from those of the exact pre-activations of the first layer that is not rational."""
        codes, number = Codes(), self.first_irrational
        assert number is not None
        curve = self._curves[number - 1]
        assert curve is not None
        features = codes.apply(curve, codes.lift(self.pre_activations), None)
        walk: tuple[Step[NDArray[Any]], ...] = steps(codes, self.network, self.parameters, self.layer)[number:]
        result: NDArray[np.int64] = forward(codes, walk, features).features[-1]
        return result

    @cached_property
    def _rational(self) -> RationalMatrix:
        return RationalMatrix(self.exact())

    @cached_property
    def pre_activations(self) -> ExactArray:
        """G_j as rational numbers, j the first layer that is not rational, else k; of max-pooling the maxima."""
        walk = self._exact_steps[: self.first_irrational or self.layer]
        found: ExactArray = pre_activations(Q, walk, Q.lift(self.samples))
        return found
