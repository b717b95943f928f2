"""The picture over the width: each cell is decided by the theorem or by a check, and the title names what it shows."""

import pytest

from exactcnn.report import transition
from exactcnn.report.transition import STRICT, WIDTHS, cell, transition_picture


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("bias", [False, True])
def test_the_cells(count, bias):
    """Strict minima exist exactly below N, or below N - 1 with a bias of the output."""
    for width in WIDTHS:
        strict, text = cell(count, bias, width)
        assert strict == (width < count - bias) == ((count, bias, width) in STRICT)
        assert (text == "none") == (not strict)


def test_nothing_is_drawn_that_is_not_decided(monkeypatch):
    monkeypatch.setattr(transition, "STRICT", {})
    with pytest.raises(ValueError, match="N = 2, width 1: not decided"):
        transition_picture()


def test_the_picture():
    svg = transition_picture()
    assert svg.startswith("<svg")
    assert "N = 3, output bias" in svg
    assert svg.count("<rect") == 16
    assert "Φ = 0.98" in svg
