"""The table of `critical`: what it says, and that nothing is missing on a narrow terminal."""

import io

import pytest
from rich.console import Console

from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.report.landscape import MOST_KINKS, critical_table
from exactcnn.theorems.landscape import critical


def shown(found, width=200):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(critical_table(found))
    return console.export_text()


def relu(samples, targets, units=2):
    layers = [FullyConnected(units, activation="relu"), FullyConnected(1, activation="identity")]
    network = Network((1,), layers)
    arrays = {"W1": [[1] * units], "b1": [0, "-3/2"][:units], "W2": [[1]] * units, "b2": [0]}
    return critical(Instance(network, Parameters.from_arrays(network, arrays), samples, targets))


def test_a_global_minimum():
    text = shown(relu([[1], [2]], [[1], ["5/2"]]))
    for words in (
        "global minimum",
        "the residual is zero",
        "suboptimal",
        "in S_1",
        "yes: rank F_1 = N",
        "Theorem 4.4",
        "proved",
    ):
        assert words in text
    assert "accepted by the independent checker" in text


def test_kinks_are_named_but_not_all():
    few = shown(relu([[0]], [[1]], units=1))
    assert "neuron 0 of layer 1 on sample 0" in few
    assert "no gradient at a kink" in few
    many = shown(relu([[0]] * (MOST_KINKS + 2), [[i] for i in range(MOST_KINKS + 2)], units=1))
    assert "and 2 more" in many
    assert f"on sample {MOST_KINKS}" not in many


@pytest.mark.parametrize("width", [60, 80, 200])
def test_widths(width):
    lines = shown(relu([[1], [2]], [[0], [0]]), width).splitlines()
    assert max(map(len, lines)) <= width
    assert any("not critical" in line for line in lines)
