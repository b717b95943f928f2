"""What the terminal shows of a path."""

from dataclasses import replace

from rich.console import Console

from exactcnn.report.escape import escape_table
from exactcnn.theorems.escape import escape
from tests.landscape.test_path_to_outputs import dead
from tests.theorems.test_escape_by_theorem import instance


def shown(found):
    console = Console(width=160)
    with console.capture() as capture:
        console.print(escape_table(found))
    return capture.get()


def test_segments_losses_and_what_was_rejected():
    found = escape(dead([3, 3]).instance)
    text = shown(found)
    assert "segment 3   the last layer only: outputs on a straight line" in text
    assert "from 15 to 0" in text
    assert "never grows" in text
    assert "with the least loss that any outputs have" in text
    assert "with the outputs of the better one" in shown(replace(found, reason="layer 1 is narrow"))
    rising = replace(found, path=replace(found.path, slopes=(0, 0, 1), reaches="point"), reason="")
    assert "never above its start" in shown(rising)
    assert "the better point" in shown(rising)
    assert "segment" not in shown(replace(found, checked=False, rejection="rejected: it"))


def test_a_curve():
    text = shown(escape(instance()))
    assert "a curve     of layers 2 and above" in text
    assert "LDS18.path: rank F_1 = 3" in text
    assert "no path of straight segments: features are not rational" in text
    assert "curve" not in shown(replace(escape(instance()), checked=False, rejection="rejected: it"))
