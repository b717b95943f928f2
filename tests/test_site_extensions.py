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
        (r"\bigl(x\bigr)_+ + \bigl[y\bigr]^2", "(x)++[y]2"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a=bc=d"),
        (r"\begin{pmatrix} a & 0 \\ \vdots & b \end{pmatrix}", "(a0⋮b)"),
    ],
)
def test_formulas_keep_their_signs(latex, text):
    assert "".join(ET.fromstring(mathml(latex)).itertext()).replace("\u2003", "") == text


@pytest.mark.parametrize(
    ("latex", "signs"),
    [
        ("a = -b", {"−": {"form": "prefix"}}),
        ("(-1, 2)", {"−": {"form": "prefix"}}),
        ("a - b", {"−": {}}),
        ("(a) - b", {"−": {}}),
        ("|a| - b", {"−": {}, "|": {"stretchy": "false", "lspace": "0", "rspace": "0"}}),
        (r"a \pm b", {"±": {}}),
        ("x^{-1}", {"−": {"form": "prefix"}}),
        ("f' - g", {"′": {"class": "prime"}, "−": {}}),
        (r"r \perp x", {"⟂": {}}),
        (r"r \not\perp x", {"⟂\u0338": {}}),
        ("a / b", {"/": {"stretchy": "false", "lspace": "0", "rspace": "0"}}),
        (r"p \log x", {"log": {"lspace": "0.17em", "rspace": "0.17em"}}),
        (r"a + \log(x)", {"log": {"lspace": "0", "rspace": "0"}}),
    ],
)
def test_signs_are_spaced_by_their_neighbours(latex, signs):
    found = {mo.text: mo.attrib for mo in ET.fromstring(mathml(latex)).iter(f"{MATHML}mo")}
    assert {sign: found[sign] for sign in signs} == signs


def test_large_bars_keep_their_height():
    bars = [mo.attrib for mo in ET.fromstring(mathml(r"\left|\frac x2\right|")).iter(f"{MATHML}mo")]
    assert [bar["stretchy"] for bar in bars] == ["true", "true"]


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


def test_a_large_bracket_with_an_index_stands_in_the_row_itself():
    row = ET.fromstring(mathml(r"\bigl(P_1 - C\bigr)_+")).find(f"{MATHML}mrow")
    assert [each.text for each in row if each.tag == f"{MATHML}mo" and each.get("minsize")] == ["(", ")"]
    assert ET.fromstring(mathml(r"(x)_+")).find(f".//{MATHML}msub").find(f"{MATHML}mo").text == ")"


def test_checks_and_statements_of_a_text_become_links():
    from docutils import nodes

    links = extension("statement_links")
    paragraph = nodes.paragraph("", "By Theorem 3.4, Lemma 2.5, Lemma 9.9 and Table 1, check ")
    paragraph += [nodes.literal("", name) for name in ("structure.map_is_linear", "data.unknown", "NH17.L3.5")]
    doctree = nodes.section("", nodes.title("", "Theorem 3.4"), paragraph, nodes.raw("", "Lemma 2.5", format="html"))
    found = {"status": "refuted", "scope": "an instance", "checked": True, "what": "1 < 2"}
    titles = {"structure.map_is_linear": "It is linear."}
    links.link_checks(doctree, {"structure.map_is_linear": found}, titles, lambda name: f"checks#{name}")
    names = ("NH18.T3.4", "NH18.L2.5", "NH18.Table1", "NH17.L3.5", "NH17.L2.5")
    links.link_statements(doctree, "NH18.T3.4", {name: f"{name}, title" for name in names}, lambda name: f"{name}.html")
    shown = [(each.astext(), each["refuri"], each["reftitle"]) for each in doctree.findall(nodes.reference)]
    assert shown == [
        ("Lemma 2.5", "NH18.L2.5.html", "NH18.L2.5, title"),
        ("Table 1", "NH18.Table1.html", "NH18.Table1, title"),
        ("structure.map_is_linear", "checks#structure.map_is_linear", "It is linear."),
        ("NH17.L3.5", "NH17.L3.5.html", "NH17.L3.5, title"),
    ]
    (mark,) = paragraph.findall(nodes.raw)
    assert 'title="refuted, an instance, certified: 1 &lt; 2"' in mark.astext()
    assert paragraph.astext().startswith("By Theorem 3.4, Lemma 2.5, Lemma 9.9 and Table 1, check ")
