"""A picture over the width: where strict minima that are not global exist, and from where on none do."""

from __future__ import annotations

from exactcnn.display import Markup, element, label, picture
from exactcnn.proofs.checks.narrow_networks import (
    three_samples,
    three_samples_two_units,
    two_samples,
    with_an_output_bias,
)
from exactcnn.proofs.checks.wide_layers import line_samples, one_hidden_layer
from exactcnn.theorems.basins import no_basins

WIDTHS = range(1, 5)
STRICT = {  # checks that find one, by N, whether the output has a bias, and width
    (2, False, 1): two_samples,
    (3, False, 1): three_samples,
    (3, False, 2): three_samples_two_units,
    (3, True, 1): with_an_output_bias,
}
LEFT, TOP, COLUMN, ROW = 190.0, 60.0, 105.0, 46.0
COLOURS = {True: "#d9731a", False: "#4da06a"}


def cell(count: int, bias: bool, width: int) -> tuple[bool, str]:
    """Whether one hidden layer of sigmoids, without hidden biases, has a strict minimum that is not global.

    Raises
    ------
    ValueError
        Where neither the theorem nor a check decides it.

    Examples
    --------
    >>> cell(2, False, 1)[0], cell(2, False, 2)
    (True, (False, 'none'))
    """
    network = one_hidden_layer(width, bias="neuron" if bias else "none")
    if no_basins(network, line_samples(count)).status == "proved":
        return False, "none"
    found = STRICT[count, bias, width]() if (count, bias, width) in STRICT else None
    if found is None or found.status != "proved":
        raise ValueError(f"N = {count}, width {width}: not decided")
    return True, f"Φ = {float(found.details['approximately']):.4g}"


def transition_picture() -> Markup:
    """Draw one row for each number of samples, with and without a bias of the output, and one column for each width.

    Examples
    --------
    >>> svg = transition_picture()
    >>> svg.count("none"), svg.count("Φ = ")
    (12, 4)
    """
    rows = [(count, bias) for bias in (False, True) for count in (2, 3)]
    parts = [label(LEFT + COLUMN * (i + 0.5), TOP - 14, f"width {width}") for i, width in enumerate(WIDTHS)]
    for j, (count, bias) in enumerate(rows):
        y = TOP + ROW * j
        about = f"N = {count}, {'output bias' if bias else 'no biases'}"
        parts.append(label(LEFT - 14, y + ROW / 2 + 4, about, text_anchor="end"))
        for i, width in enumerate(WIDTHS):
            strict, text = cell(count, bias, width)
            colour = COLOURS[strict]
            size = {"width": COLUMN - 4, "height": ROW - 4, "rx": 4}
            parts.append(
                element("rect", x=LEFT + COLUMN * i, y=y, fill=colour, fill_opacity=0.25, stroke=colour, **size)
            )
            parts.append(label(LEFT + COLUMN * (i + 0.5) - 2, y + ROW / 2 + 3, text))
    title = "strict minima that are not global, by samples and width"
    right, bottom = LEFT + COLUMN * len(WIDTHS) + 10, TOP + ROW * len(rows) + 10
    return picture(right, bottom, title, [label(right / 2, 22, title, font_weight="bold"), *parts])
