"""Pictures of ranks: floating-point singular values against the exact rank."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Markup, element, label, line, picture
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix

PRECISIONS = {"float64": "#2f7fd6", "float32": "#d9731a"}
CERTIFIED = "#4da06a"
POINTS = 300  # drawn of each curve; more than the pixels between two of them would show
WIDTH, HEIGHT = 640, 424
LEFT, RIGHT, TOP, BOTTOM = 62.0, 620.0, 34.0, 330.0


def singular_values_picture(features: FeatureMatrix, rank: RankBounds) -> Markup:
    """Plot the singular values of F_k in float64 and float32, NumPy's tolerances, and the exact rank.

    `numpy.linalg.matrix_rank` counts the values above its tolerance, a dashed line for each precision; the exact rank
    is a vertical line, or a band between its two bounds.

    Parameters
    ----------
    features : FeatureMatrix
        N x n_k; two singular value decompositions of its floats are computed.
    rank : RankBounds
        Its certified rank.

    Raises
    ------
    InputError
        For features that overflow in float32.

    Examples
    --------
    >>> from exactcnn.domains.exact import ExactArray
    >>> from exactcnn.network.layers import FullyConnected
    >>> from exactcnn.network.network import Network
    >>> from exactcnn.network.parameters import random_parameters
    >>> network = Network((2,), [FullyConnected(3, activation="sigmoid")])
    >>> samples = ExactArray.from_array([[0, 1], [1, 0], [1, 1]])
    >>> features = FeatureMatrix(network, random_parameters(network), samples, 1)
    >>> singular_values_picture(features, features.rank()).count("<polyline")
    2
    """
    curves, tolerances = {}, {}
    for name in PRECISIONS:
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = features.floats(np.dtype(name))
        if not np.isfinite(matrix).all():
            raise InputError(f"features of layer {features.layer} overflow in {name}; expected finite entries")
        curves[name] = np.linalg.svd(matrix, compute_uv=False).astype(np.float64)
        tolerances[name] = float(curves[name].max() * max(matrix.shape) * np.finfo(name).eps)
    return singular_values_plot(f"F_{features.layer}", features.shape, rank, curves, tolerances)


def singular_values_plot(
    name: str,
    shape: tuple[int, int],
    rank: RankBounds,
    curves: Mapping[str, NDArray[np.float64]],
    tolerances: Mapping[str, float],
    certified: Sequence[float] = (),
) -> Markup:
    """Plot computed singular values with their tolerances, the exact rank, and lower bounds that are certified.

    Parameters
    ----------
    name : str
        Of the matrix.
    shape : (int, int)
    rank : RankBounds
    curves, tolerances : mapping from a precision ("float64", "float32") to singular values, and to a tolerance
    certified : sequence of float
        Lower bounds of the first singular values, as far as they are positive.

    Examples
    --------
    >>> values = {"float32": np.array([1, 1e-9])}
    >>> svg = singular_values_plot("A", (2, 2), RankBounds(1, 1), values, {"float32": 1e-6}, [1.0])
    >>> svg.count("<polyline")
    2
    """
    count = min(shape)
    positive = np.concatenate([*curves.values(), list(tolerances.values()), list(certified)])
    positive = positive[positive > 0] if (positive > 0).any() else np.ones(1)
    low, high = math.floor(math.log10(positive.min())), math.ceil(math.log10(positive.max()) + 0.01)
    axes = _Axes(count, max(low, high - 40), high)
    parts = [*axes.frame(), *_exact(axes, rank)]
    if len(certified):
        parts += _curve(axes, np.asarray(certified, dtype=np.float64), CERTIFIED, width=7)
    counts = []
    for index, (precision, values) in enumerate(curves.items()):
        colour = PRECISIONS[precision]
        parts += _curve(axes, values, colour, width=4 - 2.5 * index)  # the second runs inside the first
        y = axes.y(tolerances[precision])
        parts.append(line(LEFT, y, RIGHT, y, stroke=colour, stroke_dasharray="6 4"))
        seen = int((values > tolerances[precision]).sum())
        counts.append(f"{precision} counts {seen}")
        y = HEIGHT - 36 + 20 * index
        parts.append(line(LEFT, y, LEFT + 24, y, stroke=colour, stroke_width=3))
        words = f"{precision}: {seen} above the library's tolerance (dashed)"
        parts.append(label(LEFT + 32, y + 4, words, text_anchor="start"))
    if len(certified):
        parts.append(line(LEFT + 380, HEIGHT - 36, LEFT + 404, HEIGHT - 36, stroke=CERTIFIED, stroke_width=7))
        parts.append(label(LEFT + 412, HEIGHT - 32, "certified lower bounds", text_anchor="start"))
    rows, columns = shape
    title = f"Singular values of {name} ({rows} × {columns}); exact rank {rank}"
    parts.append(label(LEFT, 18, title, text_anchor="start"))
    return picture(WIDTH, HEIGHT, title, parts, description="; ".join(counts))


class _Axes:
    """Index of the singular value to the right, its logarithm upwards."""

    def __init__(self, count: int, low: int, high: int) -> None:
        self.count, self.low, self.high = count, low, high

    def x(self, index: float) -> float:
        return LEFT + (RIGHT - LEFT) * index / max(self.count, 1)

    def y(self, value: float) -> float:
        exponent = math.log10(value) if value > 0 else self.low
        return BOTTOM - (BOTTOM - TOP) * (max(exponent, self.low) - self.low) / (self.high - self.low)

    def frame(self) -> list[Markup]:
        parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM), line(LEFT, TOP, LEFT, BOTTOM)]
        for exponent in range(self.low, self.high + 1, max(1, (self.high - self.low) // 8)):
            y = self.y(10.0**exponent)
            parts.append(line(LEFT, y, RIGHT, y, stroke_opacity=0.15))
            power = element("tspan", str(exponent), dy=-5, font_size=10)
            parts.append(element("text", "10", power, x=LEFT - 8, y=y + 5, text_anchor="end"))
        for index in sorted({round(self.count * part / 4) for part in range(5)}):
            parts += [
                line(self.x(index), BOTTOM, self.x(index), BOTTOM + 5),
                label(self.x(index), BOTTOM + 20, str(index)),
            ]
        parts.append(label((LEFT + RIGHT) / 2, BOTTOM + 40, "number of the singular value"))
        return parts


def _exact(axes: _Axes, rank: RankBounds) -> list[Markup]:
    """The exact rank, with its name on the side where there is room."""
    left, right = axes.x(rank.lower), axes.x(rank.upper)
    band = element("rect", x=left, y=TOP, width=right - left, height=BOTTOM - TOP, fill_opacity=0.12)
    sides = [line(x, TOP, x, BOTTOM, stroke_width=2) for x in sorted({left, right})]
    late = left > (LEFT + RIGHT) / 2
    name = label(
        left - 6 if late else right + 6, TOP + 14, f"exact rank {rank}", text_anchor="end" if late else "start"
    )
    return [band, *sides, name]


def _curve(axes: _Axes, values: NDArray[Any], colour: str, *, width: float) -> list[Markup]:
    chosen: Sequence[int] = np.unique(
        np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int)
    ).tolist()
    places = [(axes.x(i + 1), axes.y(float(values[i]))) for i in chosen]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [element("polyline", points=points, fill="none", stroke=colour, stroke_width=width)]
    if len(places) <= 40:
        parts += [element("circle", cx=x, cy=y, r=3, fill=colour) for x, y in places]
    return parts
