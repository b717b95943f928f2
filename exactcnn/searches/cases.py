"""Small instances on which a conclusion fails although the standing conditions hold, found by trying all of them.

"full-weight-matrix": Assumption 2.4 for patches that cover and differ (the paper's remark after it).
"tied-biases", "no-biases": Theorem 3.4's rank F_1 = N under Assumption 3.1 and n_1 >= N, sigmoid, where the biases of
layer 1 are one per filter, or none, in place of Definition 2.1's one per neuron.

Nothing is left out within the bounds of a search: structures up to isomorphism (`exactcnn.searches.structures`), and
data up to the automorphisms of the structure. More filters than those tried by default bring nothing new: with T = l
filters that are unit vectors U_1 has rank n, and more filters add columns; with T >= N filters and one bias per filter
the units of a single patch are a fully connected layer of width N, to which Theorem 3.4 applies. (Not so without
biases: there the default is a choice.)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np

from exactcnn.certificates.certificate import Certificate
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.network.instance import Instance
from exactcnn.network.kinds.kind import positive
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.searches.structures import PatchStructure, check_size, labelled_structures, patch_structures
from exactcnn.theorems.structure import assumption_2_4, standing_conditions
from exactcnn.theorems.verify import verify

Conclusion = Literal["full-weight-matrix", "tied-biases", "no-biases"]
Outcome = Literal["holds", "fails", "undecided"]
CONCLUSIONS: tuple[Conclusion, ...] = get_args(Conclusion)
LARGEST_LAYER = 20  # neurons: far beyond what can be searched
LARGEST_GRID = 4096  # samples to choose from; pairs of them are compared
DRAWS = 3  # of parameters, before a case is called undecided

Sample = tuple[Fraction, ...]


@dataclass(frozen=True)
class Search:
    """What is searched, and how far.

    Parameters
    ----------
    conclusion : {"full-weight-matrix", "tied-biases", "no-biases"}
    neurons : int
        Largest n; all smaller ones are searched too.
    patch_size, most_patches, most_filters : int, optional
        Restrictions; by default all sizes l, all numbers of patches, and as many filters as can matter: l for
        "full-weight-matrix", N - 1 for the others.
    most_samples : int, optional
        Largest N, from 2 on; by default 2. Only where the conclusion is about data, as is `grid`.
    grid : tuple of Fraction, optional
        Values of the samples' entries; by default 0 and 1.
    increasing : bool
        Only structures in which every patch lists its neurons in increasing order.
    seed : int

    Raises
    ------
    InputError
        For values out of range, and for options that the conclusion does not have.
    """

    conclusion: Conclusion = "full-weight-matrix"
    neurons: int = 4
    patch_size: int | None = None
    most_patches: int | None = None
    most_filters: int | None = None
    most_samples: int | None = None
    grid: tuple[Fraction, ...] | None = None
    increasing: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.conclusion not in CONCLUSIONS:
            raise InputError(f"conclusion = {self.conclusion!r}; expected one of {', '.join(CONCLUSIONS)}")
        for name in ("neurons", "patch_size", "most_patches", "most_filters", "most_samples"):
            if getattr(self, name) is not None:
                positive(name, getattr(self, name))
        if self.patch_size is not None and self.patch_size > self.neurons:
            raise InputError(f"patch_size = {self.patch_size}; expected at most neurons = {self.neurons}")
        if self.neurons > LARGEST_LAYER:
            raise InputError(f"neurons = {self.neurons}; expected at most {LARGEST_LAYER}")
        for size in _sizes(self, self.neurons):
            check_size(self.neurons, size, most_patches=self.most_patches, increasing=self.increasing)
        if not self.with_data:
            if self.most_samples is not None or self.grid is not None:
                raise InputError(f"samples and grid say nothing for {self.conclusion!r}; expected neither")
            return
        if self.most_samples == 1:
            raise InputError("most_samples = 1; expected at least 2, for one sample is independent of none")
        object.__setattr__(self, "most_samples", 2 if self.most_samples is None else self.most_samples)
        values = (Fraction(0), Fraction(1)) if self.grid is None else tuple(sorted(set(self.grid)))
        if len(values) < 2 or len(values) ** self.neurons > LARGEST_GRID:
            raise InputError(
                f"a grid of {len(values)} values gives {len(values)}^{self.neurons} samples; "
                f"expected at least two values and at most {LARGEST_GRID} samples"
            )
        object.__setattr__(self, "grid", values)

    @property
    def with_data(self) -> bool:
        """Whether the conclusion is about samples."""
        return self.conclusion != "full-weight-matrix"

    def document(self) -> dict[str, Any]:
        """Return the JSON-ready form, which tells searches apart."""
        grid = None if self.grid is None else [str(value) for value in self.grid]
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "grid": grid}

    def restrictions(self) -> dict[str, Any]:
        """Return what was given beyond conclusion, neurons and seed: the bounds within which nothing was left out."""
        given = {name: value for name, value in self.document().items() if value not in (None, False)}
        return {name: value for name, value in given.items() if name not in ("conclusion", "neurons", "seed")}


@dataclass(frozen=True)
class Case:
    """One instance: patches, number T of filters, and samples where the conclusion is about data."""

    structure: PatchStructure
    filters: int
    samples: tuple[Sample, ...] | None = None


@dataclass(frozen=True)
class Decision:
    """What is true of a case, with the claims of its certificate.

    Attributes
    ----------
    case : Case
    outcome : {"holds", "fails", "undecided"}
    reason : str
        One sentence.
    certificate : Certificate
    """

    case: Case
    outcome: Outcome
    reason: str
    certificate: Certificate = field(repr=False)


def structures(search: Search, neurons: int) -> Iterator[PatchStructure]:
    """Yield all patch structures of n neurons within the search, one of each class, covering or not."""
    for size in _sizes(search, neurons):
        yield from patch_structures(neurons, size, most_patches=search.most_patches, increasing=search.increasing)


def structure_count(search: Search, neurons: int) -> int:
    """Number of structures, not of classes, that `structures` stands for."""
    return sum(
        labelled_structures(neurons, size, most_patches=search.most_patches, increasing=search.increasing)
        for size in _sizes(search, neurons)
    )


def cases(search: Search, structure: PatchStructure) -> Iterator[Case]:
    """Yield the cases of one structure that meet the hypotheses, smallest first.

    Examples
    --------
    >>> structure = PatchStructure(2, ((0,), (1,)), 1, 1)
    >>> [(case.filters, len(case.samples)) for case in cases(Search("tied-biases"), structure)]
    [(1, 2)]
    """
    if not structure.covers:
        return
    if not search.with_data:
        for filters in range(1, (search.most_filters or structure.patch_size) + 1):
            yield Case(structure, filters)
        return
    assert search.most_samples is not None
    assert search.grid is not None
    for count in range(2, search.most_samples + 1):
        enough = -(-count // len(structure.patches))  # T P >= N
        numbers = range(enough, (search.most_filters or count - 1) + 1)
        for samples in _data(structure, count, search.grid) if numbers else ():
            for filters in numbers:
                yield Case(structure, filters, samples)


def decide(search: Search, case: Case) -> Decision:
    """Decide whether the conclusion holds for a case, with evidence for either answer.

    Examples
    --------
    >>> bad = PatchStructure(4, ((0, 1), (0, 2), (1, 3), (2, 3)), 1, 1)
    >>> decide(Search(), Case(bad, 1)).outcome
    'fails'
    """
    patches = case.structure.patches
    if case.samples is None:
        network = Network((case.structure.neurons,), [Convolution(case.filters, patches=patches)], activation="sigmoid")
        verdict = assumption_2_4(network.convolved(1), seed=search.seed)
        claims = (*standing_conditions(network.layer(1)).claims, *verdict.claims)
        return Decision(case, _outcome(verdict.status), verdict.reason, Certificate(Instance(network), claims, 1))
    bias: Literal["filter", "none"] = "filter" if search.conclusion == "tied-biases" else "none"
    network = Network(
        (case.structure.neurons,), [Convolution(case.filters, patches=patches, bias=bias)], activation="sigmoid"
    )
    chosen = _dependent(case) or case.samples
    shape = (len(chosen), case.structure.neurons)
    dataset = Dataset.from_array(ExactArray.from_fractions(itertools.chain(*chosen), shape), name="samples")
    for draw in (None, *range(DRAWS)):  # without parameters: bounds for all of them
        parameters = None if draw is None else _small_parameters(network, search.seed + draw)
        found = verify(network, parameters, dataset, layer=1, seed=search.seed, float_ranks=False, check=False)
        verdict = next(each for each in found.verdicts if each.statement == "NH18.T3.4")
        if verdict.status != "undecided":
            break
    reason = verdict.reason
    if len(chosen) < len(case.samples):
        numbers = ", ".join(str(case.samples.index(sample)) for sample in chosen)
        reason = f"already for samples {numbers}: {reason}"
    return Decision(case, _outcome(verdict.status), reason, found.certificate)


def _dependent(case: Case) -> tuple[Sample, ...] | None:
    """The smallest set S of samples with fewer different units than samples: T x classes of equal patches < |S|.

    The features of S are then dependent for all parameters, and so are those of any more samples.
    """
    assert case.samples is not None
    for size in range(2, len(case.samples) + 1):
        for chosen in itertools.combinations(case.samples, size):
            seen = {tuple(sample[neuron] for sample in chosen for neuron in patch) for patch in case.structure.patches}
            if case.filters * len(seen) < size:
                return chosen
    return None


def _small_parameters(network: Network, seed: int) -> Parameters:
    """Small integers: exact features of small numbers are quick."""
    layer = network.convolved(1)
    draw = np.random.default_rng(seed)
    arrays = {"W1": draw.integers(-9, 10, size=layer.weights_shape)}
    if layer.biases_count:
        arrays["b1"] = draw.integers(-9, 10, size=layer.biases_count)
    return Parameters.from_arrays(network, arrays)


def _outcome(status: str) -> Outcome:
    return {"proved": "holds", "refuted": "fails"}.get(status, "undecided")  # type: ignore[return-value]


def _sizes(search: Search, neurons: int) -> range:
    if search.patch_size is None:
        return range(1, neurons + 1)
    return range(search.patch_size, min(search.patch_size, neurons) + 1)


def _data(structure: PatchStructure, count: int, grid: tuple[Fraction, ...]) -> Iterator[tuple[Sample, ...]]:
    """Sets of samples on the grid that satisfy Assumption 3.1, the first one of each class under automorphisms."""
    points = list(itertools.product(range(len(grid)), repeat=structure.neurons))
    place = {point: index for index, point in enumerate(points)}
    seen = [{tuple(point[neuron] for neuron in patch) for patch in structure.patches} for point in points]
    moves = [[place[tuple(point[j] for j in image)] for point in points] for image in structure.automorphisms()]

    def extended(chosen: tuple[int, ...], values: set[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
        if len(chosen) == count:
            if all(sorted(move[index] for index in chosen) >= list(chosen) for move in moves):
                yield chosen
            return
        for index in range(chosen[-1] + 1 if chosen else 0, len(points)):
            if not values & seen[index]:
                yield from extended((*chosen, index), values | seen[index])

    for chosen in extended((), set()):
        yield tuple(tuple(grid[value] for value in points[index]) for index in chosen)
