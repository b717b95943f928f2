"""Pictures of a loss near a point, along one or two coordinates: they name point, coordinates and scale."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Markup, element, hue, label, line, picture
from exactcnn.errors import InputError
from exactcnn.landscape.objective import Objective
from exactcnn.landscape.population import PopulationLoss

POINTS, CELLS = 201, 41  # of a curve; along each side of a map
LEVELS = 10  # shades of a map
WIDTH, HEIGHT = 640, 440
LEFT, RIGHT, TOP, BOTTOM = 70.0, 460.0, 44.0, 380.0


def loss_picture(
    objective: Objective | PopulationLoss, axes: tuple[str, ...], span: float, *, name: str = "the point"
) -> Markup:
    """Draw Φ along one coordinate as a curve, or along two as a map of shades; all others stay as they are.

    Values are computed in float64: a picture shows, it proves nothing.

    Parameters
    ----------
    objective : Objective or PopulationLoss
        At the point, which is the centre of the picture.
    axes : tuple of str
        One or two coordinates, such as "W1[0,0]".
    span : float
        How far the picture goes from the point, in each direction.
    name : str
        What the picture calls the point.

    Raises
    ------
    InputError
        For another number of coordinates, one that does not exist, and a span that is not positive.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> (piece,) = select(["kawaguchi-2"])
    >>> svg = loss_picture(piece.objective(), piece.axes, piece.span)
    >>> "W1[0,0] from -1 to 1" in svg
    True
    """
    if len(axes) not in (1, 2) or len(set(axes)) != len(axes):
        raise InputError(f"axes: {', '.join(axes) or 'none'}; expected one or two different coordinates")
    if not 0 < span < math.inf:
        raise InputError(f"span is {span}; expected a positive number")
    theta = objective.theta.floats()[0]
    places = [objective.coordinates.index(axis) for axis in axes]
    ends = [(theta[place] - span, theta[place] + span) for place in places]
    draw = _curve if len(axes) == 1 else _map
    return draw(objective, theta, axes, places, ends, name)


def _losses(
    objective: Objective | PopulationLoss, theta: NDArray[np.float64], places: list[int], steps: Any
) -> NDArray[np.float64]:
    """Φ at all points of a grid of steps, one axis each."""
    grid = np.meshgrid(*steps, indexing="ij")
    found = np.empty(grid[0].shape)
    for index in np.ndindex(found.shape):
        moved = theta.copy()
        moved[places] = [axis[index] for axis in grid]
        found[index] = float(objective.in_floats(moved).twice_the_loss) / 2
    return found


def _x(value: float, ends: tuple[float, float]) -> float:
    return LEFT + (RIGHT - LEFT) * (value - ends[0]) / (ends[1] - ends[0])


def _y(value: float, ends: tuple[float, float]) -> float:
    return BOTTOM - (BOTTOM - TOP) * (value - ends[0]) / (ends[1] - ends[0])


def _frame(across: tuple[str, tuple[float, float]], upwards: tuple[str, tuple[float, float]]) -> list[Markup]:
    """Axes with their names and five numbers each."""
    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM), line(LEFT, TOP, LEFT, BOTTOM)]
    for value in np.linspace(*across[1], 5).tolist():
        x = _x(value, across[1])
        parts += [line(x, BOTTOM, x, BOTTOM + 5), label(x, BOTTOM + 20, f"{value:.4g}")]
    for value in np.linspace(*upwards[1], 5).tolist():
        y = _y(value, upwards[1])
        parts += [line(LEFT - 5, y, LEFT, y), label(LEFT - 9, y + 4, f"{value:.4g}", text_anchor="end")]
    parts.append(label((LEFT + RIGHT) / 2, BOTTOM + 42, across[0]))
    parts.append(label(LEFT, TOP - 10, upwards[0], text_anchor="end"))
    return parts


def _described(name: str, loss: float, axes: tuple[str, ...], ends: list[tuple[float, float]]) -> str:
    ranges = ", ".join(f"{axis} from {low:.4g} to {high:.4g}" for axis, (low, high) in zip(axes, ends, strict=True))
    return f"{name}: Φ = {loss:.6g} in the centre; {ranges}; all other parameters fixed"


def _curve(
    objective: Objective | PopulationLoss,
    theta: NDArray[np.float64],
    axes: tuple[str, ...],
    places: list[int],
    ends: list[tuple[float, float]],
    name: str,
) -> Markup:
    steps = np.linspace(*ends[0], POINTS)
    values = _losses(objective, theta, places, [steps])
    finite = values[np.isfinite(values)]
    scale = (0.0, float(finite.max()) * 1.05 or 1.0)
    points = " ".join(
        f"{_x(step, ends[0]):.1f},{_y(value, scale):.1f}"
        for step, value in zip(steps.tolist(), values.tolist(), strict=True)
        if math.isfinite(value)
    )
    here = float(values[POINTS // 2])
    parts = _frame((axes[0], ends[0]), ("Φ", scale))
    parts.append(element("polyline", points=points, fill="none", stroke=hue(0, 1), stroke_width=2.5))
    parts.append(element("circle", cx=_x(float(theta[places[0]]), ends[0]), cy=_y(here, scale), r=5))
    return _finished(parts, name, _described(name, here, axes, ends))


def _map(
    objective: Objective | PopulationLoss,
    theta: NDArray[np.float64],
    axes: tuple[str, ...],
    places: list[int],
    ends: list[tuple[float, float]],
    name: str,
) -> Markup:
    edges = [np.linspace(*end, CELLS + 1) for end in ends]
    values = _losses(objective, theta, places, [(each[1:] + each[:-1]) / 2 for each in edges])
    here = float(objective.in_floats(theta).twice_the_loss) / 2
    known = np.where(np.isfinite(values), values, np.nan)
    limits = np.nanquantile(known, np.linspace(0, 1, LEVELS + 1))
    shades = np.clip(np.searchsorted(limits[1:-1], np.nan_to_num(known, nan=np.inf)), 0, LEVELS - 1)
    parts = []
    for j in range(CELLS):  # runs of one shade in a row are one rectangle
        top, bottom = _y(edges[1][j + 1], ends[1]), _y(edges[1][j], ends[1])
        starts = [0, *(np.flatnonzero(np.diff(shades[:, j])) + 1).tolist(), CELLS]
        for first, last in itertools.pairwise(starts):
            left, right = _x(edges[0][first], ends[0]), _x(edges[0][last], ends[0])
            parts.append(_cell(left, top, right - left, bottom - top, int(shades[first, j])))
    parts += _frame((axes[0], ends[0]), (axes[1], ends[1]))
    x, y = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    parts.append(element("circle", cx=x, cy=y, r=5, fill="none", stroke="#16202c", stroke_width=2))
    parts.append(label(RIGHT + 20, TOP + 4, "Φ, tenths of the area", text_anchor="start", font_size=11))
    for level in range(LEVELS):
        y = TOP + 14 + 26 * (LEVELS - 1 - level)
        parts.append(_cell(RIGHT + 20, y, 22, 22, level))
        words = f"{limits[level]:.4g} – {limits[level + 1]:.4g}"
        parts.append(label(RIGHT + 50, y + 16, words, text_anchor="start"))
    return _finished(parts, name, _described(name, here, axes, ends))


def _cell(x: float, y: float, width: float, height: float, level: int) -> Markup:
    lightness = 95 - round(60 * level / (LEVELS - 1))
    return element("rect", x=x, y=y, width=width + 0.3, height=height + 0.3, fill=f"hsl(210 70% {lightness}%)")


def _finished(parts: list[Markup], name: str, words: str) -> Markup:
    heading = label(LEFT, 18, f"{name}: Φ near the point", text_anchor="start")
    _, _, rest = words.partition(": ")
    below = label(8, HEIGHT - 4, rest, text_anchor="start", font_size=11)
    return picture(WIDTH, HEIGHT, f"Loss near {name}", [heading, *parts, below], description=words)
