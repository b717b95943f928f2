"""Images of a feature matrix modulo primes: chunk by chunk, with decisions that are found once and kept.

Enclosures decide pieces and winners up to the first irrational layer, balls above it. Where a decision stays open and
matters for the image at hand, the sample is decided exactly, once for all layers and primes. Layers whose enclosures
have no error at all are known exactly by then, as floats: images start above them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.domains.arithmetic import Undecided
from exactcnn.domains.balls import working_precision
from exactcnn.domains.curves import Curve
from exactcnn.domains.enclosed import Enclosed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.object_arithmetic import Balls
from exactcnn.domains.rationals import Rationals
from exactcnn.domains.residue_arithmetic import Residues
from exactcnn.domains.residues import EvaluationPoint, Floats, Modulus
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.network.walk import Pattern, Step, Trace, chunks, decided, forward, pre_activations, replaced, steps
from exactcnn.resources import Progress

CHUNK = 1 << 22  # entries of the gathered patches of a chunk of samples: 32 MiB of float64
KEPT = 1 << 28  # bytes of decisions that are kept for further primes
SIGN_PRECISION = 256  # bits of the balls that decide signs and winners above an exponential layer
Q = Rationals()
NONE = np.empty(0, dtype=bool)


@dataclass(frozen=True, eq=False)
class Decisions:
    """What is decided of some samples.

    Attributes
    ----------
    pattern : Pattern or None
        None where there is nothing to decide.
    start : int
        The last layer whose features are known as exact numbers.
    inputs : ExactArray
        These features.
    nonzero : ndarray of bool
        Neurons of F_layer that are not known to be zero on all of the samples; empty where nothing is known.
    """

    pattern: Pattern | None
    start: int
    inputs: ExactArray
    nonzero: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Bytes."""
        choices = [choice for choice in self.pattern or () if choice is not None]
        arrays = [array for c in choices for array in (c.chosen, c.last, c.contenders)]
        return sum(array.nbytes for array in arrays if array is not None) + self.inputs.numbers.nbytes


@dataclass(frozen=True, eq=False)
class Images:
    """The layers 1 to `layer` of a network, as far as images need to know them.

    Attributes
    ----------
    network, parameters
    layer : int
    first_irrational : int or None
        The first layer whose values are not rational.
    """

    network: Network
    parameters: Parameters
    layer: int
    first_irrational: int | None

    def residues(
        self,
        samples: ExactArray,
        point: EvaluationPoint,
        patches: NDArray[np.intp] | None,
        keep: bool,
        progress: Progress | None,
    ) -> Floats:
        """Image of F_layer, on some patches if given; decisions are kept for further primes if so wanted.

        Raises
        ------
        UnluckyModulus
            If a denominator vanishes modulo p.
        Undecided
            Where balls do not decide a sign above an exponential layer, and it matters.
        """
        arithmetic = Residues.of(point, self.curves)
        walk = steps(arithmetic, self.network, self.parameters, self.layer, patches)
        signs = steps(Enclosed(), self.network, self.parameters, self.layer, patches) if self.needs_signs else ()
        image, stored = np.empty((0, walk[-1].layer.width)), Modulus(point.modulus).stored
        for chunk in chunks(walk, len(samples), CHUNK):
            part = self._image(arithmetic, walk, signs, samples[chunk], chunk.start if keep else None)
            if chunk.start == 0:  # in all there is memory for one
                image = np.empty((len(samples), part.shape[1]), dtype=stored)
            image[chunk] = part
            if progress is not None:
                progress("features", min(chunk.stop, len(samples)), len(samples))
        return image

    @cached_property
    def curves(self) -> tuple[Curve | None, ...]:
        """Activations of layers 1 to k; None for layers without one."""
        return self.network.activations(self.layer)

    @property
    def needs_signs(self) -> bool:
        """Whether there are pieces or winners to be chosen."""
        return self._choices_above(0)

    @property
    def signs_by_balls(self) -> bool:
        """Whether there are signs or winners above the first irrational layer."""
        return self.first_irrational is not None and self._choices_above(self.first_irrational)

    def ball_trace(self, samples: ExactArray, patches: NDArray[np.intp] | None) -> Trace[NDArray[Any]]:
        """Walk in balls, at the working precision, above the first irrational layer; its arguments are exact.

        `patches` restricts the last layer.
        """
        number = self.first_irrational
        assert number is not None
        exact = steps(Q, self.network, self.parameters, number, patches if number == self.layer else None)
        curve, balls = exact[-1].curve, Balls()
        assert curve is not None
        z = pre_activations(Q, exact, Q.lift(samples))
        features = balls.apply(curve, balls.lift(z), Q.pieces(curve, z) if curve.kinks else None)
        return forward(balls, steps(balls, self.network, self.parameters, self.layer, patches)[number:], features)

    def nonzero(self, samples: int) -> NDArray[np.intp] | None:
        """Neurons that are not known to be zero on all samples, from decisions that were kept; None without them."""
        kept = list(self._kept.values())
        if sum(len(each.inputs) for each in kept) != samples or not all(each.nonzero.size for each in kept):
            return None
        return np.flatnonzero(np.any([each.nonzero for each in kept], axis=0)).astype(np.intp)

    # ---------------------------------------------------------------- inside

    @cached_property
    def _kept(self) -> dict[int, Decisions]:
        """Decisions of chunks of samples, by their first sample."""
        return {}

    def _choices_above(self, number: int) -> bool:
        """Whether there is something to choose in layers above this one."""
        return any(layer.chooses for layer in self.network.resolved[number : self.layer])

    @property
    def _below(self) -> int:
        """How many layers enclosures decide."""
        return self.first_irrational or self.layer

    def _image(
        self,
        arithmetic: Residues,
        walk: tuple[Step[Any], ...],
        signs: tuple[Step[Any], ...],
        samples: ExactArray,
        key: int | None,
    ) -> Floats:
        decisions = self._kept.get(key) if key is not None else None
        if decisions is None:
            decisions = self._decided(walk, signs, samples) if signs else Decisions(None, 0, samples, NONE)
        inputs, start = arithmetic.inputs(decisions.inputs), decisions.start
        settled = np.empty(0, dtype=np.intp)
        while True:
            pattern = decisions.pattern
            try:
                trace = forward(arithmetic, walk[start:], inputs, None if pattern is None else pattern[start:])
                break
            except Undecided as undecided:
                rows = np.setdiff1d(undecided.samples, settled)
                if pattern is None or not rows.size:
                    raise
                decisions = replace(decisions, pattern=self._settled(pattern, walk, samples, rows))
                settled = np.union1d(settled, rows)
        room = KEPT - sum(each.size for each in self._kept.values())
        if key is not None and decisions.pattern is not None and decisions.size <= room:
            self._kept[key] = decisions
        image: Floats = next(iter(trace.features[-1].values()))
        return image

    def _decided(self, walk: tuple[Step[Any], ...], signs: tuple[Step[Any], ...], samples: ExactArray) -> Decisions:
        """Decisions by enclosures and balls, and how far up the enclosures are exact."""
        enclosed, below = Enclosed(), self._below
        trace = forward(enclosed, signs[:below], enclosed.lift(samples))
        start, inputs = 0, samples
        for number, (values, errors) in enumerate(trace.features[1:below], 1):  # not the last one: its image is wanted
            if errors.any() or trace.steps[number - 1].layer.width != values.shape[1]:
                break
            start, inputs = number, ExactArray(values)
        if not self.signs_by_balls:
            values, errors = trace.features[-1]
            nonzero = ((values != 0) | (errors != 0)).any(axis=0) if below == self.layer else NONE
            return Decisions(trace.pattern + (None,) * (len(walk) - below), start, inputs, nonzero)
        with working_precision(SIGN_PRECISION):
            above = self.ball_trace(samples, walk[-1].positions).pattern
        return Decisions(trace.pattern + above, start, inputs, NONE)

    def _settled(
        self, pattern: Pattern, walk: tuple[Step[Any], ...], samples: ExactArray, rows: NDArray[np.intp]
    ) -> Pattern:
        """Take the exact decisions on some samples, for all layers whose arguments are rational."""
        below = self._below
        patches = walk[-1].positions if len(walk) == below else None  # the last layer, perhaps on some patches only
        exact = steps(Q, self.network, self.parameters, below, patches)
        trace = forward(Q, exact[:-1], Q.lift(samples[rows]))
        last = decided(Q, exact[-1], trace.features[-1])[1] if exact[-1].layer.chooses else None
        return replaced(pattern[:below], rows, (*trace.pattern, last)) + pattern[below:]
