"""Tables of widths: Table 1, and a model of the user's."""

import io

from rich.console import Console

from exactcnn.network.shapes import LayerWidth
from exactcnn.report.widths import table_1_table, widths_table
from exactcnn.theorems.widths import table_1


def shown(renderable, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return console.file.getvalue()


def test_table_1():
    text = shown(table_1_table(table_1()), 200)
    assert text.count("confirmed") == 7
    [row] = [line for line in text.splitlines() if "corrected" in line]
    assert row.split()[0] == "Xception"
    assert "2 765 952  yes      700K (k = 1), no" in row


def test_widths_of_a_model():
    layers = (LayerWidth(1, "[bold]a[/]", (2, 3, 3)), LayerWidth(2, "b", (10,)))
    rows = [line.split() for line in shown(widths_table(layers, 12), 120).splitlines()]
    assert ["1", "[bold]a[/]", "2", "×", "3", "×", "3", "18", "yes"] in rows
    assert ["2", "b", "10", "10", "no"] in rows
