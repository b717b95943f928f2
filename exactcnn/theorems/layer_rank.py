"""The rank of one layer's features, or of any matrix: exact, with its evidence, and beside it what floats say."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.claim import Claim
from exactcnn.display import Shown
from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.engine import HERE, Engine
from exactcnn.linalg.entries import Entries
from exactcnn.linalg.evidence import RankBounds
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.features import FeatureMatrix, RankClaim
from exactcnn.resources import Progress, check_memory
from exactcnn.theorems.numerical_rank import NumericalRank, numerical_rank

FLOAT_RANK_LIMIT = 4096  # an SVD of this order takes some ten seconds on two cores, and grows with the cube


@dataclass(frozen=True, eq=False)
class LayerRank(Shown):
    """What was found of the rank of one matrix.

    Attributes
    ----------
    layer : int
        k of F_k; 0 for the samples.
    shape : (int, int)
    domain : str
        "Q", "Q(t)" or "balls".
    rank : RankBounds
    float_ranks : mapping
        "float64" and "float32": `numpy.linalg.matrix_rank` of the features in that precision, or None where skipped.
    skipped : mapping
        Why a float rank is None.
    seconds : float
        Of the certified rank, features included.
    numerical : NumericalRank or None
        Of the singular values, where a tolerance or their bounds were asked for.
    """

    layer: int
    shape: tuple[int, int]
    domain: str
    rank: RankBounds
    float_ranks: Mapping[str, int | None] = field(default_factory=dict)
    seconds: float = field(default=0.0, repr=False)
    numerical: NumericalRank | None = None
    skipped: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The rank as a claim, and what was proved of singular values."""
        return (RankClaim(self.layer, self.rank), *(() if self.numerical is None else self.numerical.claims))

    def nothing(self, reason: str) -> Self:
        """Claim nothing: the checker has rejected what was found."""
        numerical = None if self.numerical is None else self.numerical.nothing(reason)
        return replace(self, rank=RankBounds(0, min(self.shape), reason=reason), numerical=numerical)

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {
            "rows": self.shape[0],
            "columns": self.shape[1],
            "domain": self.domain,
            "lower": self.rank.lower,
            "upper": self.rank.upper,
            **({} if self.numerical is None else self.numerical.document()),
            **self.float_ranks,
            "skipped": dict(self.skipped),
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Asked:
    """What is asked of a rank; see `exactcnn.theorems.verify.verify`."""

    tolerance: Fraction | None = None
    singular_values: bool = False
    seed: int = 0
    float_ranks: bool | None = None
    progress: Progress | None = None
    engine: Engine = HERE

    @property
    def about_singular_values(self) -> bool:
        """Whether anything is asked of them."""
        return self.singular_values or self.tolerance is not None


NOTHING_MORE = Asked()


def rank_of_features(features: FeatureMatrix, asked: Asked = NOTHING_MORE) -> LayerRank:
    """Prove the rank of F_k, and what else is asked for.

    Raises
    ------
    InputError
        For features beyond memory, or more balls than can be computed.

    Examples
    --------
    >>> from exactcnn.domains.exact import ExactArray
    >>> from exactcnn.theorems.matrix import elementwise
    >>> rank_of_features(elementwise(ExactArray.from_array([[-1, 0], [1, 2]]), "relu")).rank.exact
    1
    """
    rows, columns = features.shape
    # the image modulo a small prime, and perhaps its transpose; for a large one `certified_rank` looks itself
    check_memory(2 * rows * min(columns, 2 * rows + 64), what=f"the features of layer {features.layer}")
    start = time.perf_counter()
    rank = features.rank(
        seed=asked.seed, engine=asked.engine.within(f"layer-{features.layer}"), progress=asked.progress
    )
    seconds = round(time.perf_counter() - start, 4)
    found = LayerRank(features.layer, features.shape, features.domain, rank, {}, seconds)
    return completed(found, features.floats, lambda: features.entries, asked)


def rank_of_entries(entries: ExactArray, asked: Asked = NOTHING_MORE) -> LayerRank:
    """Prove the rank of a matrix of rational numbers, as that of layer 0."""
    m, n = entries.shape
    check_memory(2 * m * n, what=f"a matrix of {m} x {n}")
    start = time.perf_counter()
    matrix = RationalMatrix(entries)
    rank = certified_rank(matrix, seed=asked.seed, engine=asked.engine, progress=asked.progress)
    seconds = round(time.perf_counter() - start, 4)
    found = LayerRank(0, (m, n), "Q", rank, {}, seconds)
    return completed(found, lambda dtype: entries.floats()[0].astype(dtype), lambda: Entries.rational(entries), asked)


def completed(
    found: LayerRank, floats: Callable[[np.dtype[Any]], NDArray[Any]], entries: Callable[[], Entries], asked: Asked
) -> LayerRank:
    """Add NumPy's ranks, and singular values where they are asked for."""
    ranks: dict[str, int | None] = {"float64": None, "float32": None}
    order, skipped = min(found.shape), dict[str, str]()
    # as the user says, or up to a size that takes seconds
    if order <= FLOAT_RANK_LIMIT if asked.float_ranks is None else asked.float_ranks:
        for done, dtype in enumerate(ranks):
            if asked.progress is not None:
                asked.progress("NumPy's ranks", done, 2)
            with np.errstate(all="ignore"):  # what does not fit becomes infinite, and that has no rank
                ranks[dtype], why = float_rank(floats(np.dtype(dtype)))
            skipped |= {dtype: why} if why else {}
    else:
        why = f"of order {order}, above {FLOAT_RANK_LIMIT}; --float-ranks computes it"
        skipped = dict.fromkeys(ranks, why if asked.float_ranks is None else "not asked for")
    numerical = None
    if asked.about_singular_values:
        numerical = numerical_rank(
            entries(),
            found.layer,
            asked.tolerance,
            singular_values=asked.singular_values,
            progress=asked.progress,
        )
    return replace(found, float_ranks=ranks, numerical=numerical, skipped=skipped)


def rank_or_reason(matrix: FeatureMatrix | ExactArray, asked: Asked = NOTHING_MORE) -> LayerRank:
    """As the two functions above; what cannot be computed is undecided, with the reason, and does not stop others."""
    try:
        return rank_of_entries(matrix, asked) if isinstance(matrix, ExactArray) else rank_of_features(matrix, asked)
    except InputError as error:
        if asked.about_singular_values:
            return rank_or_reason(matrix, replace(asked, singular_values=False, tolerance=None))
        rows, columns = matrix.shape
        bounds = RankBounds(0, min(rows, columns), reason=str(error))
        layer, domain = (0, "Q") if isinstance(matrix, ExactArray) else (matrix.layer, matrix.domain)
        floats = dict.fromkeys(("float64", "float32"))
        return LayerRank(layer, (rows, columns), domain, bounds, floats, skipped=dict.fromkeys(floats, str(error)))


def float_rank(matrix: NDArray[Any]) -> tuple[int | None, str]:
    """Rank by NumPy's SVD, as a user would compute it; None, and why, where there is none."""
    if not np.isfinite(matrix).all():
        return None, f"not all entries are finite in {matrix.dtype}"
    try:
        return int(np.linalg.matrix_rank(matrix)), ""
    except np.linalg.LinAlgError as error:
        return None, f"NumPy fails ({error})"
