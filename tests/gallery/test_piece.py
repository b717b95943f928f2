"""Promised losses, and where stored data come from."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

import exactcnn.gallery as package
from exactcnn.errors import InputError
from exactcnn.gallery.piece import promised


def test_promised_losses():
    assert promised("0.50...") == (Fraction(1, 2), Fraction(51, 100))
    with pytest.raises(InputError, match=r"loss '5\.\.\.'; expected a rational number, or decimals"):
        promised("5...")


def test_data_files_say_where_they_come_from():
    files = sorted((Path(package.__file__).parent / "data").glob("*.json"))
    assert [file.stem for file in files] == ["relu", "tanh", "xor"]
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        assert document["licence"].startswith("Made for this project")
        assert len(document["origin"]) > 80
