"""Float ranks of every layer against the exact ones: which is wrong, by how much, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exactcnn.certificates.certificate import Certificate
from exactcnn.display import Shown
from exactcnn.domains.arguments import Seed, typed
from exactcnn.domains.exact import ExactArray, exact_matrix
from exactcnn.errors import InputError
from exactcnn.interop.runtimes import torch_devices, torch_features, torch_rank, torch_singular_values
from exactcnn.linalg.decomposition import Bounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.model import Model
from exactcnn.network.network import Network
from exactcnn.resources import Progress
from exactcnn.theorems.float_answers import PRECISIONS, FloatAnswer, Library, answers_of
from exactcnn.theorems.layer_rank import FLOAT_RANK_LIMIT, Asked
from exactcnn.theorems.layer_summary import LayerSummary
from exactcnn.theorems.numerical_rank import decimal_text
from exactcnn.theorems.summary import Summary, summary, summary_in_steps


@dataclass(frozen=True, eq=False)
class LayerCheck(Shown):
    """One matrix.

    Attributes
    ----------
    layer : LayerSummary
        With the exact rank, and why it is not full.
    bounds : tuple of (Fraction, Fraction), or None
        Of the singular values of the exact matrix, descending; None where they were not computed.
    answers : tuple of FloatAnswer
    curves : mapping from (library, precision) to ndarray
        The singular values that were computed.
    """

    layer: LayerSummary
    bounds: Bounds | None
    answers: tuple[FloatAnswer, ...]
    curves: Mapping[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What matters: the exact rank, and which answers are wrong; those of several libraries that agree are one."""
        found, name = self.layer.found, self.layer.name
        assert found is not None
        exactly = "rank exactly" if found.rank.exact is not None else "rank in"
        exact = f"{f'layer {name}' if name.isdigit() else name}: {exactly} {found.rank}"
        wrong: dict[tuple[str, str, int | None], list[FloatAnswer]] = {}
        for each in self.answers:
            if each.opinion == "wrong":
                wrong.setdefault((each.precision, each.rule, each.rank), []).append(each)
        if wrong:
            said = [
                f"{' and '.join(each.library for each in same)} {precision} ({rule}): {rank}, for {same[0].why}"
                for (precision, rule, rank), same in wrong.items()
            ]
            return "; ".join((exact, *said))
        agree = self.answers and all(each.opinion == "right" for each in self.answers)
        return f"{exact}; {'every float rank agrees' if agree else 'no float rank is proved to be wrong'}"

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        found = self.layer.found
        assert found is not None
        at = None if self.bounds is None or not found.rank.lower else self.bounds[found.rank.lower - 1]
        return {
            "layer": self.layer.layer,
            "name": self.layer.name,
            "shape": list(found.shape),
            "domain": found.domain,
            "lower": found.rank.lower,
            "upper": found.rank.upper,
            "sigma_max": _ends(self.bounds[0] if self.bounds else None),
            "sigma_min": _ends(self.bounds[-1] if self.bounds else None),
            "sigma_rank": _ends(at),
            "floats": [answer.document() for answer in self.answers],
            "reason": self.layer.reason,
            "sentence": self.sentence,
            "checked": self.layer.checked,
        }


@dataclass(frozen=True, eq=False)
class Crosscheck(Shown):
    """All layers, the input first; or one matrix.

    Attributes
    ----------
    summary : Summary
    layers : tuple of LayerCheck
    """

    summary: Summary
    layers: tuple[LayerCheck, ...]

    @property
    def checked(self) -> bool | None:
        """The checker's answer for the exact ranks and the bounds of singular values."""
        return self.summary.checked

    @property
    def rejection(self) -> str:
        """The checker's message where it has rejected a claim."""
        return self.summary.rejection

    @property
    def certificate(self) -> Certificate:
        """Exact ranks, and bounds of singular values."""
        return self.summary.certificate

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form of `exactcnn crosscheck --json`."""
        return {
            "samples": self.summary.instance.count,
            "checked": self.checked,
            "layers": [layer.document() for layer in self.layers],
            "notes": list(self.summary.instance.notes),
        }


@typed
def crosscheck(
    network: Instance | Model | Any,
    parameters: Any = None,
    samples: Any = None,
    *,
    seed: Seed = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Crosscheck:
    """Compare float ranks of every layer with the exact ones, and say why those that are wrong are.

    Parameters
    ----------
    network, parameters, samples
        As for `summary`, with parameters of all layers and samples.
    seed, check, progress
        As for `verify`.

    Raises
    ------
    InputError
        As `summary`; without samples or parameters.

    Examples
    --------
    >>> from exactcnn.network.parameters import Parameters
    >>> network = Network((2,), [FullyConnected(2, activation="identity")])
    >>> parameters = Parameters.from_arrays(network, {"W1": [[1, 1], ["1/3", "1/3"]], "b1": [0, 0]})
    >>> found = crosscheck(network, parameters, [[1, 3], [3, 1]])
    >>> found.layers[1].layer.found.rank.exact, {answer.opinion for answer in found.layers[1].answers}
    (1, {'right'})
    """
    instance = network if isinstance(network, Instance) else Instance(network, parameters, samples)
    *_, found = crosscheck_in_steps(instance, seed=seed, check=check, progress=progress)
    return found


def crosscheck_in_steps(
    instance: Instance, *, seed: int = 0, check: bool | None = None, progress: Progress | None = None
) -> Iterator[Crosscheck]:
    """Do as `crosscheck`, and yield the layers so far after each, and after each that is checked."""
    if instance.samples is None or instance.parameters is None:
        raise InputError(
            "crosscheck needs samples and the parameters of all layers; expected data (for a model --data FILE)"
        )
    asked, libraries = (
        Asked(singular_values=True, float_ranks=False, seed=seed, progress=progress),
        _libraries(instance),
    )
    layers: tuple[LayerCheck, ...] = ()
    for found in summary_in_steps(instance, asked, check=check):
        for number, layer in enumerate(found.layers):
            if number < len(layers) and layers[number].layer.found is layer.found:
                own = replace(layers[number], layer=layer)
            else:  # new, or the checker has rejected its rank: answers are judged by what is left of it
                if progress is not None:
                    progress("float ranks", number, len(instance.network.layers) + 1)
                own = _compared(layer, libraries)
            layers = (*layers[:number], own, *layers[number + 1 :])
        yield Crosscheck(found, layers)


@typed
def crosscheck_matrix(
    entries: ExactArray | ArrayLike,
    *,
    seed: Seed = 0,
    check: bool | None = None,
    progress: Progress | None = None,
) -> Crosscheck:
    """As `crosscheck`, of one matrix of rational numbers.

    Examples
    --------
    >>> found = crosscheck_matrix(ExactArray.from_strings([["1", "1/3"], ["3", "1"]]))
    >>> found.layers[0].layer.found.rank.exact, found.layers[0].answers[0].opinion
    (1, 'right')
    """
    matrix = exact_matrix(entries, name="entries")
    instance = Instance(Network((matrix.shape[1],), [FullyConnected(1)]), samples=matrix)
    found = summary(instance, singular_values=True, float_ranks=False, seed=seed, check=check, progress=progress)
    only = replace(found.layers[0], name="the matrix", kind="matrix")
    return Crosscheck(replace(found, layers=(only,)), (_compared(only, _libraries(instance)),))


def _compared(layer: LayerSummary, libraries: list[Library]) -> LayerCheck:
    assert layer.found is not None
    bounds = None if layer.found.numerical is None else layer.found.numerical.bounds
    answers: list[FloatAnswer] = []
    curves = {}
    if min(layer.found.shape) <= FLOAT_RANK_LIMIT:
        for library in libraries:
            for precision in PRECISIONS:
                matrix = library.matrix(layer.layer, precision)
                if matrix is not None:
                    given, curve = answers_of(layer.found.rank, bounds, library, precision, matrix)
                    answers += given
                    curves[library.name, precision] = curve
    return LayerCheck(layer, bounds, tuple(answers), curves)


def _libraries(instance: Instance) -> list[Library]:
    """NumPy, and torch on every device that there is."""
    samples = instance.samples
    assert samples is not None

    def by_numpy(layer: int, precision: str) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            if layer == 0:
                return samples.floats()[0].astype(precision)
            assert instance.parameters is not None
            return FeatureMatrix(instance.network, instance.parameters, samples, layer).floats(np.dtype(precision))

    def by_torch(device: str) -> Callable[[int, str], NDArray[Any] | None]:
        def matrix(layer: int, precision: str) -> NDArray[Any] | None:
            if layer == 0:
                return by_numpy(0, precision)
            assert instance.parameters is not None
            return torch_features(
                instance.network, instance.parameters, samples, layer, precision=precision, device=device
            )

        return matrix

    found = [Library("NumPy", by_numpy, _numpy_rank, lambda a: np.linalg.svd(a, compute_uv=False))]
    for name, device in torch_devices().items():
        rank, values = partial(torch_rank, device=device), partial(torch_singular_values, device=device)
        found.append(Library(f"torch {name}", by_torch(device), rank, values))
    return found


def _numpy_rank(matrix: NDArray[Any]) -> int:
    return int(np.linalg.matrix_rank(matrix))


def _ends(pair: tuple[Fraction, Fraction] | None) -> list[str] | None:
    return None if pair is None else [decimal_text(end) for end in pair]
