"""The loss along a path: flat where no output changes, and a piece of a parabola where the last layer moves."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.display import Markup, element, hue, label, line, picture, several
from exactcnn.landscape.wide_path import WidePath

WIDTH, HEIGHT = 640, 330
LEFT, RIGHT, TOP, BOTTOM = 90.0, 620.0, 50.0, 250.0
STEPS = 40  # of a parabola


def path_picture(path: WidePath) -> Markup:
    """Draw the loss along a path, a segment as wide as another, with its values at the points where segments meet.

    The values are exact, also between the points; they are rounded when they are drawn.

    Examples
    --------
    >>> from exactcnn.gallery.registry import select
    >>> from exactcnn.landscape.path_to_outputs import path_to_outputs
    >>> (piece,) = select(["yun-1"])
    >>> "loss from" in path_picture(path_to_outputs(piece.objective()))
    True
    """
    count, highest = len(path.kinds), max(*path.losses, Fraction(0)) or Fraction(1)
    width = (RIGHT - LEFT) / count

    def x(place: float) -> float:
        return LEFT + width * place

    def y(loss: Fraction) -> float:
        return BOTTOM - (BOTTOM - TOP) * float(loss / highest)

    parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM), line(LEFT, TOP, LEFT, BOTTOM)]
    values = sorted({*path.losses, Fraction(0)})
    shown: list[float] = []
    for value in values:
        if all(abs(y(value) - other) > 14 for other in shown):  # numbers that would cover another one are left out
            shown.append(y(value))
            parts.append(label(LEFT - 9, y(value) + 4, f"{float(value):.4g}", text_anchor="end"))
            parts.append(line(LEFT - 5, y(value), LEFT, y(value)))
    every = -(-count // 20)
    for segment, kind in enumerate(path.kinds):
        moves = kind != "constant"
        colour = hue(0, 2) if moves else hue(1, 2)
        steps = [Fraction(i, STEPS) for i in range(STEPS + 1)] if moves else [Fraction(0), Fraction(1)]
        points = " ".join(f"{x(segment + float(t)):.1f},{y(path.loss_on(segment, t)):.1f}" for t in steps)
        parts.append(line(x(segment + 1), TOP, x(segment + 1), BOTTOM, stroke_opacity=0.25, stroke_dasharray="2 4"))
        parts.append(element("polyline", points=points, fill="none", stroke=colour, stroke_width=2.5))
        if segment % every == 0 or moves:
            parts.append(label(x(segment + 0.5), BOTTOM + 18, str(segment + 1)))
    for place, loss in enumerate(path.losses):
        parts.append(element("circle", cx=x(place), cy=y(loss), r=3))
    ends = f"loss from {float(path.before):.6g} to {float(path.after):.6g}"
    last = path.kinds.count("last-layer")
    words = f"{ends} along {several(count, 'segment')}, {last} of the last layer; on the others no output changes"
    words = f"{ends} along a curve, on which the outputs move straight" if "curve" in path.kinds else words
    parts.append(label(LEFT - 9, TOP - 22, "Φ", text_anchor="end"))
    parts.append(label((LEFT + RIGHT) / 2, BOTTOM + 40, "segments, each from one point to the next"))
    parts.append(label(8, HEIGHT - 6, words, text_anchor="start", font_size=11))
    return picture(WIDTH, HEIGHT, "Loss along a path", parts, description=words)
