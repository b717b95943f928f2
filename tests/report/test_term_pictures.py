"""A bar for each network, as long as its shares."""

import re
import xml.etree.ElementTree as ET

import pytest

from exactcnn.report.term_pictures import LEFT, RIGHT, terms_picture
from exactcnn.searches.depth_and_width import grow


def test_bars_are_as_long_as_the_shares():
    found = grow([1, 2], [2], count=30)
    svg = terms_picture(found, title="a < b")
    root = ET.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{name}title").text == "a < b"
    bars = [rect for rect in root.iter(f"{name}rect") if float(rect.get("height")) > 14]
    assert len(bars) == sum(len(each.shares) for each in found)
    shares = [share for each in found for share in each.shares]
    for bar, share in zip(bars, shares, strict=True):
        assert float(bar.get("width")) == pytest.approx((RIGHT - LEFT) * share, abs=0.01)
    by_row = {}
    for bar in bars:
        by_row.setdefault(bar.get("y"), []).append(bar)
    for row in by_row.values():
        assert float(row[-1].get("x")) + float(row[-1].get("width")) == pytest.approx(RIGHT, abs=0.05)
    assert "1 layer of 2" in svg
    assert "2 layers of 2" in svg


def test_a_mark_for_losses_below_the_norm():
    (trained,) = grow([1], [2], count=30, steps=20)
    marks = len(re.findall('stroke-width="3"', terms_picture([trained])))
    assert marks == 2  # and that of the legend
    worse = next(each for each in grow([1], [1, 2, 3, 4], count=30) if each.loss > 1)
    assert len(re.findall('stroke-width="3"', terms_picture([worse]))) == 1
