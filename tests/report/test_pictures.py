"""Singular values against the exact rank: what is drawn is what NumPy and the certificate say."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.report.pictures import BOTTOM, LEFT, RIGHT, TOP, singular_values_picture

SVG = "{http://www.w3.org/2000/svg}"


def features(samples: np.ndarray, activation: str = "sigmoid") -> FeatureMatrix:
    network = Network((1, samples.shape[1]), [Convolution(3, 3)], activation=activation)
    return FeatureMatrix(network, random_parameters(network, seed=1), ExactArray.from_array(samples), 1)


def test_counts_are_those_of_numpy_and_points_are_the_singular_values():
    given = features(np.arange(40).reshape(8, 5) / 64)
    root = ET.fromstring(singular_values_picture(given, given.rank()))
    seen = re.findall(r"(float\d+) counts (\d+)", root.find(f"{SVG}desc").text)
    assert seen == [(name, str(np.linalg.matrix_rank(given.floats(np.dtype(name))))) for name in ("float64", "float32")]
    curve = root.find(f"{SVG}polyline").get("points").split()
    heights = [float(point.partition(",")[2]) for point in curve]
    values = np.log10(np.linalg.svd(given.floats(), compute_uv=False))
    assert len(curve) == 8
    slope = (heights[-1] - heights[0]) / (values[-1] - values[0])
    assert np.allclose(heights, heights[0] + slope * (values - values[0]), atol=0.2)
    assert slope < 0


@pytest.mark.parametrize(("bounds", "lines"), [(RankBounds(3, 3), 1), (RankBounds(2, 5), 2), (RankBounds(0, 8), 2)])
def test_the_exact_rank_is_a_line_or_a_band(bounds, lines):
    given = features(np.arange(40).reshape(8, 5) / 64)
    svg = singular_values_picture(given, bounds)
    upright = [each for each in ET.fromstring(svg).iter(f"{SVG}line") if each.get("stroke-width") == "2"]
    places = [float(each.get("x1")) for each in upright]
    expected = sorted({LEFT + (RIGHT - LEFT) * rank / 8 for rank in (bounds.lower, bounds.upper)})
    assert len(places) == lines
    assert places == pytest.approx(expected, abs=0.01)
    assert f"exact rank {bounds}" in svg


@pytest.mark.parametrize("samples", [np.zeros((4, 5)), np.full((3, 5), 2.0**-600), np.eye(5) * 2.0**100])
def test_everything_stays_inside_the_frame(samples):
    given = features(samples, "identity")
    root = ET.fromstring(singular_values_picture(given, given.rank()))
    for curve in root.iter(f"{SVG}polyline"):
        for point in curve.get("points").split():
            x, y = map(float, point.split(","))
            assert LEFT <= x <= RIGHT
            assert TOP <= y <= BOTTOM


def test_overflow_in_single_precision_is_named():
    given = features(np.full((2, 5), 2.0**200), "identity")
    with pytest.raises(InputError, match="features of layer 1 overflow in float32"):
        singular_values_picture(given, given.rank())
