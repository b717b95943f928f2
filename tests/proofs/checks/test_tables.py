"""Table 1 and Figure 1: the numbers that the pages print."""

import numpy as np

from exactcnn.proofs.checks import tables


def test_table_1():
    rows = tables.printed_verdicts().details
    wide = {name: facts["verdict"] for name, facts in rows.items()}
    assert wide["VGG (A-E)"] == wide["InceptionV3"] == wide["InceptionV4"] == wide["Xception"] == "YES"
    assert wide["SqueezeNet"] == wide["ENet"] == wide["GoogLeNet"] == wide["ResNet"] == "NO"
    assert list(tables.corrected_rows().details) == ["Xception"]


def test_figure_1():
    found = tables.widths_of_figure_1()
    assert found.details["widths"] == [784, 67600, 16900, 2880, 720, 100, 10]
    assert found.details["enough"] == 89
    assert np.prod((26, 26, 89)) >= 60000 > np.prod((26, 26, 88))
