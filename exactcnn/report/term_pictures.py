"""Pictures of terms: what each layer takes off the loss, a bar for each network."""

from __future__ import annotations

from collections.abc import Sequence

from exactcnn.display import INK, Markup, element, hue, label, line, picture
from exactcnn.searches.depth_and_width import Grown

LEFT, RIGHT, TOP, ROW = 150.0, 620.0, 58.0, 26.0
REST = "#b9c0c8"


def terms_picture(found: Sequence[Grown], *, title: str = "What each layer takes off ½ ‖Y‖²") -> Markup:
    """Draw a bar for each network: the terms of its layers from below, what they leave, and the loss as a mark.

    Parameters
    ----------
    found : sequence of Grown
    title : str

    Examples
    --------
    >>> from exactcnn.searches.depth_and_width import grow
    >>> terms_picture(grow([1, 2], [1], count=40)).count("<rect")
    12
    """
    layers = max(each.depth for each in found) + 1
    colours = [hue(index, layers, lightness=70) for index in range(layers)]
    parts = [label(LEFT, 20, title, text_anchor="start"), *_legend(colours)]
    bottom = TOP + ROW * len(found)
    for percent in range(0, 101, 25):
        x = LEFT + (RIGHT - LEFT) * percent / 100
        parts += [line(x, TOP - 4, x, bottom, stroke_opacity=0.2), label(x, bottom + 18, f"{percent} %")]
    spoken = []
    for index, each in enumerate(found):
        y, start = TOP + ROW * index, LEFT
        layer = "layer" if each.depth == 1 else "layers"
        name = f"{each.depth} {layer} of {each.width}"
        parts.append(label(LEFT - 10, y + 15, name, text_anchor="end"))
        for share, colour in zip(each.shares, [*colours[: each.depth + 1], REST], strict=True):
            width = (RIGHT - LEFT) * share
            parts.append(element("rect", x=start, y=y + 2, width=max(width, 0.0), height=ROW - 6, fill=colour))
            start += width
        if each.loss <= 1:  # from the right end: what is not lost
            x = RIGHT - (RIGHT - LEFT) * each.loss
            parts.append(line(x, y, x, y + ROW - 2, stroke=INK, stroke_width=3))
        spoken.append(f"{name}: {', '.join(f'{100 * share:.1f} %' for share in each.shares)}")
    return picture(RIGHT + 20, bottom + 34, title, parts, description="; ".join(spoken))


def _legend(colours: Sequence[str]) -> list[Markup]:
    names = [f"layer {index + 1}" for index in range(len(colours))]
    parts, x = [], LEFT
    for name, colour in zip([*names, "left"], [*colours, REST], strict=True):
        parts.append(element("rect", x=x, y=32, width=14.0, height=14.0, fill=colour))
        parts.append(label(x + 20, 44, name, text_anchor="start"))
        x += 74
    parts.append(element("rect", x=x, y=32, width=14.0, height=14.0, fill=REST))
    parts += [line(x + 7, 31, x + 7, 47, stroke=INK, stroke_width=3), label(x + 20, 44, "loss", text_anchor="start")]
    return parts
