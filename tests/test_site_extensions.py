"""The extensions of the site by themselves: formulas, pictures, the list of public names."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

import exactcnn as ec
from exactcnn.patches import conv2d
from exactcnn.patches.pictures import FullWeightMatrix

pytest.importorskip("sphinx", reason="the site needs the extra 'docs': pip install 'exactcnn[docs]'")
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def extension(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        name, Path(__file__).parents[1] / "docs" / "_extensions" / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mathml, drawn, api = extension("mathml").mathml, extension("pictures").drawn, extension("api")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\mathbb R^{n}", "ℝn"),
        (r"\mathbb{R}", "ℝ"),
        (r"\mathbf 1 b_k^T", "1bkT"),
        (r"\textbf{off}", "off"),
        (r"x < y", "x<y"),
        (r"x \tag{4}", "x(4)"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a=bc=d"),
        (r"\begin{pmatrix} a & 0 \\ \vdots & b \end{pmatrix}", "(a0⋮b)"),
    ],
)
def test_formulas_keep_their_signs(latex, text):
    assert "".join(ET.fromstring(mathml(latex)).itertext()).replace("\u2003", "") == text


@pytest.mark.parametrize("latex", [r"\unknown{x}", r"x^", r"\left( x", r"\mathbb{\alpha}\mathscr{ P}", r"a & b"])
def test_what_would_come_out_wrong_is_an_error(latex):
    with pytest.raises(ValueError, match=re.escape(latex)):
        mathml(latex)


def test_latex_of_notebooks_can_be_read():
    small = FullWeightMatrix(ec.PatchGraph.from_patches(None, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]), 2)
    table = ET.fromstring(mathml(small._repr_latex_().strip("$"))).find(f".//{MATHML}mtable")
    rows = [["".join(cell.itertext()) for cell in row] for row in table]
    assert rows[0] == ["a", "d", "0", "0", "0", "0"]
    assert len(rows) == 5
    large = FullWeightMatrix(conv2d((3, 9, 9), 3).graph, 4)
    assert len(list(ET.fromstring(mathml(large._repr_latex_().strip("$"))).iter(f"{MATHML}mtr"))) <= 21
    assert "≤" in "".join(ET.fromstring(mathml(ec.RankBounds(2, 4)._repr_latex_().strip("$"))).itertext())


@pytest.mark.parametrize(("code", "message"), [("x = 1", "no expression"), ("1 + 1", "int"), ("'text'", "str")])
def test_a_picture_is_svg(code, message):
    with pytest.raises(TypeError, match=message):
        drawn(code)


def test_names_of_the_package_are_not_repeated_in_its_rooms():
    assert "PatchGraph" in api.public_names("exactcnn")
    assert "PatchGraph" not in api.public_names("exactcnn.patches")
    assert "conv2d" in api.public_names("exactcnn.patches")
    assert "np" not in api.public_names("exactcnn.patches.pictures")
