"""The loss along a path: flat segments, parabolas with exact values, and the numbers of segments."""

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from exactcnn.landscape.given_path import given_path
from exactcnn.landscape.path_to_outputs import path_to_outputs
from exactcnn.landscape.wide_path import WidePath
from exactcnn.report.path_pictures import BOTTOM, STEPS, TOP, path_picture
from tests.landscape.test_given_path import line
from tests.landscape.test_path_to_outputs import dead


def drawn(path):
    root = ET.fromstring(path_picture(path))
    lines = [each.attrib["points"].split() for each in root.iter() if each.tag.endswith("polyline")]
    return " ".join(root.itertext()), [[tuple(map(float, point.split(","))) for point in each] for each in lines]


def test_flat_and_curved_segments():
    path = path_to_outputs(dead([3, 3]))
    words, lines = drawn(path)
    assert "loss from 15 to 0 along 3 segments, 1 of the last layer; on the others no output changes" in words
    assert [len(each) for each in lines] == [2, 2, STEPS + 1]
    assert {y for each in lines[:2] for _, y in each} == {TOP}
    assert lines[2][0][1] == TOP
    assert lines[2][-1][1] == BOTTOM


def test_a_parabola_has_its_exact_values():
    """2.5 (a - 2)^2 from a = 1 to 29/10 goes down to 0 on the way, and ends at 2.025 of 2.5."""
    objective, points = line("29/10")
    _, ((*curve,),) = drawn(given_path(objective, points))
    heights = [(BOTTOM - y) / (BOTTOM - TOP) for _, y in curve]
    for step, height in enumerate(heights):
        a = 1 + 1.9 * step / STEPS
        assert height == pytest.approx((a - 2) ** 2, abs=1e-3)


def test_many_segments_and_great_losses():
    objective, points = line(*["3/2", "7/4"] * 30, 2)
    words, lines = drawn(given_path(objective, points))
    assert len(lines) == 61
    assert "along 61 segments, 61 of the last layer" in words
    assert not re.search("nan|inf", path_picture(given_path(objective, points)))


def test_a_curve_is_a_parabola():
    text, [points] = drawn(WidePath((), ("curve",), (Fraction(4), Fraction(0)), (Fraction(0),), "outputs"))
    assert "along a curve, on which the outputs move straight" in text
    assert len(points) == STEPS + 1
    assert points[STEPS // 2][1] == pytest.approx(BOTTOM - (BOTTOM - TOP) / 4, abs=0.1)
