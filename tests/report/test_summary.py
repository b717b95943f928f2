"""The table of all layers: what is wrong is marked, why a rank is not full, how far activations deviate."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from exactcnn.network.compared_activations import Deviation
from exactcnn.network.instance import Instance
from exactcnn.network.model import Model
from exactcnn.report.summary import summary_table
from exactcnn.theorems.summary import summary
from tests.theorems.test_summary import NETWORK, ROWS, parameters


def shown(found, width=160):
    console = Console(width=width, file=StringIO())
    console.print(summary_table(found))
    return console.file.getvalue()


def test_all_layers_and_reasons():
    found = summary(Model(NETWORK, parameters(), ("a note",)), ROWS, check=True)
    text = shown(found)
    assert "N = 9 samples (data)" in text
    assert "note: a note" in text
    assert "1 conv" in text
    assert "hidden: 1 of 6 units are zero on all samples (2); 1 unit equals another one" in text


def test_floats_that_are_wrong_are_marked():
    found = summary(NETWORK, parameters(), ROWS)
    layer = found.layers[3]
    off = replace(layer.found, float_ranks={"float64": layer.found.rank.exact, "float32": 1})
    text = shown(replace(found, layers=(*found.layers[:3], replace(layer, found=off), found.layers[4])))
    (line,) = [each for each in text.splitlines() if each.startswith("3 hidden")]
    assert "1 (wrong)" in line
    assert f"{layer.found.rank.exact} (wrong)" not in line
    skipped = shown(summary(NETWORK, parameters(), ROWS, float_ranks=False))
    assert "skipped" in skipped


def test_80_columns():
    found = summary(NETWORK, parameters(), ROWS, check=True)
    layer = found.layers[3]
    off = replace(layer.found, float_ranks={"float64": 1, "float32": 1})
    text = shown(replace(found, layers=(*found.layers[:3], replace(layer, found=off), found.layers[4])), 80)
    assert "…" not in text
    assert all(len(line) <= 80 for line in text.splitlines())
    (line,) = [each for each in text.splitlines() if each.startswith("3 hidden")]
    assert line.split()[2:6] == ["fully-connected", "6", "6", str(layer.found.rank.exact)]
    assert text.count("(wrong)") == 2
    assert "parameters" not in text
    assert "n_k ≥ N" in shown(found, 120)


def test_shapes_only():
    text = shown(summary(Instance(NETWORK)))
    assert "rank" not in text
    assert "3 x 3 x 3" in text


def test_deviations_in_words():
    found = summary(NETWORK, parameters(), ROWS)
    words = {
        Deviation(1, 2, "features", 1e-7, 1e-6, True): "deviate by 1e-07 at most, as float32 explains (bound 1e-06)",
        Deviation(1, 2, "features", 1e-3, 1e-6, False): "MORE than float32 explains",
        Deviation(1, 2, "pre-activations", 0.0, 1e-6, True): "of 2 samples, which are pre-activations, deviate by 0",
        Deviation(1, 2, "features", 0.5, None, None): "no bound for float32 is known",
    }
    for deviation, expected in words.items():
        layers = (found.layers[0], replace(found.layers[1], deviation=deviation), *found.layers[2:])
        assert expected in shown(replace(found, layers=layers), 200), expected
