"""Polylines of parameters: points in order, layouts, and one line for what is none."""

import numpy as np
import pytest

from exactcnn.errors import InputError
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.polyline import polyline

NETWORK = Network((2,), [FullyConnected(3, activation="relu"), FullyConnected(1, activation="identity", bias="none")])
GOOD = {"W1": np.arange(24).reshape(4, 2, 3), "b1": np.arange(12).reshape(4, 3), "W2": np.arange(12).reshape(4, 3, 1)}


def test_points_in_their_order():
    points = polyline(NETWORK, GOOD)
    assert len(points) == 4
    for number, point in enumerate(points):
        assert point.layer(1).weights.fractions().tolist() == GOOD["W1"][number].tolist()
        assert point.layer(1).biases.fractions().tolist() == GOOD["b1"][number].tolist()
        assert point.layer(2).weights.fractions().tolist() == GOOD["W2"][number].tolist()


def test_fractions_and_layouts():
    (point,) = polyline(Network((1,), [FullyConnected(1, bias="none")]), {"W1": [[["1/3"]]]})
    assert str(point.layer(1).weights.fractions().item()) == "1/3"
    turned = {"W1": GOOD["W1"].transpose(0, 2, 1), "b1": GOOD["b1"], "W2": GOOD["W2"].transpose(0, 2, 1)}
    points = polyline(NETWORK, turned, layout="torch")
    assert points[2].layer(1).weights.fractions().tolist() == GOOD["W1"][2].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W1": GOOD["W1"][0]}, r"W1 has shape \(2, 3\); expected \(points, 2, 3\), its values at each point"),
        ({"b1": GOOD["b1"][:3]}, r"b1 has 3 points, W1 has 4; expected as many"),
        ({"W1": GOOD["W1"][:, :1]}, r"point 0: W1 has shape \(1, 3\)"),
        ({"W1": GOOD["W1"][:0]}, r"W1 has shape \(0, 2, 3\); expected \(points, 2, 3\)"),
        ({"b2": GOOD["b1"]}, r"point 0: 'b2' is no parameter of the network; expected W1, b1, W2"),
        ({"W9": 3}, r"W9 has 0 points, W1 has 4; expected as many"),
    ],
)
def test_what_is_no_polyline(change, message):
    with pytest.raises(InputError, match=message):
        polyline(NETWORK, GOOD | change)


def test_missing_arrays():
    with pytest.raises(InputError, match=r"point 0: .*W2"):
        polyline(NETWORK, {"W1": GOOD["W1"], "b1": GOOD["b1"]})
    with pytest.raises(InputError, match="there are no arrays"):
        polyline(NETWORK, {})
