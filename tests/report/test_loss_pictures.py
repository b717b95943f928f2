"""Pictures of losses: well-formed, with names and scale, and shades that follow the loss."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest

from exactcnn.errors import InputError
from exactcnn.gallery.registry import pieces, select
from exactcnn.report.loss_pictures import BOTTOM, CELLS, LEFT, POINTS, RIGHT, TOP, loss_picture


def drawn(name, axes=None, span=None):
    (piece,) = select([name])
    return loss_picture(piece.surface(), axes or piece.axes, span or piece.span, name=name)


@pytest.mark.parametrize("piece", pieces(), ids=lambda piece: piece.id)
def test_axes_of_all_pieces_exist(piece):
    coordinates = piece.surface().coordinates
    assert 1 <= len({coordinates.index(axis) for axis in piece.axes}) <= 2


def test_a_population_loss_is_drawn():
    words = " ".join(ET.fromstring(drawn("safran-shamir-6")).itertext())
    assert "safran-shamir-6: Φ = 0.0250806 in the centre; W1[0,0] from -1.602 to 0.3985" in words


def test_curve_names_point_direction_and_scale():
    svg = drawn("auer-1")
    tree = ET.fromstring(svg)
    words = " ".join(tree.itertext())
    assert "auer-1: Φ = 0.222224 in the centre; W1[0,0] from -2.625 to 5.375; all other parameters fixed" in words
    (line,) = [each for each in tree.iter() if each.tag.endswith("polyline")]
    heights = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]
    assert len(heights) == POINTS
    steps = [after - before for before, after in itertools.pairwise(heights) if after != before]
    turns = [before > 0 > after for before, after in itertools.pairwise(steps)]  # heights grow downwards
    assert sum(turns) == 2  # both minima are seen


def test_map_is_symmetric_where_the_loss_is():
    svg = drawn("kawaguchi-2")  # ½ (w1 w2 − 1)² does not change when both signs do
    assert "W1[0,0] from -1 to 1, W2[0,0] from -1 to 1" in svg
    cells = [
        (float(each["x"]), float(each["y"]), float(each["width"]), int(re.findall(r"(\d+)%\)", each["fill"])[0]))
        for each in (node.attrib for node in ET.fromstring(svg).iter() if node.tag.endswith("rect"))
        if float(each["x"]) < RIGHT
    ]

    def shade(x, y):
        across, upwards = LEFT + (RIGHT - LEFT) * (x + 1) / 2, BOTTOM - (BOTTOM - TOP) * (y + 1) / 2
        height = (BOTTOM - TOP) / CELLS
        (found,) = {
            level
            for left, top, width, level in cells
            if left <= across < left + width - 0.3 and top <= upwards < top + height
        }
        return found

    assert shade(0.9, 0.9) == shade(-0.9, -0.9) > shade(0.02, 0.02) > shade(0.9, -0.9)  # lighter is lower
    assert shade(0.9, -0.9) == shade(-0.9, 0.9)


@pytest.mark.parametrize(
    ("axes", "span", "said"),
    [
        ((), 1, "axes: none; expected one or two different coordinates"),
        (("W1[0,0]", "W1[0,0]"), 1, "expected one or two different"),
        (("W1[0,0]", "W2[0,0]", "b1[0]"), 1, "expected one or two different"),
        (("W1[0,0]",), -1, "span is -1; expected a positive number"),
        (("W9[0,0]",), 1, "layer 9 has no parameters; expected one of 1, 2"),
    ],
)
def test_bad_axes_are_refused(axes, span, said):
    (piece,) = select(["kawaguchi-2"])
    with pytest.raises(InputError, match=re.escape(said)):
        loss_picture(piece.objective(), axes, span)


def test_values_that_overflow_leave_a_gap():
    svg = drawn("swirszcz-1", axes=("W1[0,0]",), span=1e200)
    assert "nan" not in svg.lower().replace("noto sans", "")
    assert "inf" not in svg
