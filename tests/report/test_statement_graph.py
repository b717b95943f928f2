"""The graph of statements: layered, linked, coloured, whatever acyclic graph it is given."""

from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.report.statement_graph import LOOKS, MEANINGS, NODE_HEIGHT, is_of, of_one_paper, statement_graph_picture

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw) -> nx.DiGraph:
    count = draw(st.integers(1, 14))
    pairs = [(i, j) for i in range(count) for j in range(i)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    papers = draw(st.lists(st.sampled_from(["NH18", "NH17", "L20"]), min_size=count, max_size=count))
    names = [f"{paper}.S{i}" for i, paper in enumerate(papers)]
    graph = nx.DiGraph([(names[i], names[j]) for i, j in edges])
    graph.add_nodes_from(names, title="Full <rank> of the & matrix")
    return graph


def drawn(graph: nx.DiGraph, statuses: dict[str, str], paper: str | None = None) -> ET.Element:
    links = {name: f"{name}.html" for name in graph}
    return ET.fromstring(statement_graph_picture(graph, statuses, links, paper=paper))


def edges_of(root: ET.Element) -> set[str]:
    return {path.find(f"{SVG}title").text for path in root.iter(f"{SVG}path")}


def boxes(root: ET.Element) -> dict[str, tuple[float, float, float]]:
    """Left, right and top of every node by its link."""
    found = {}
    for link in root.iter(f"{SVG}a"):
        rect = link.find(f"{SVG}rect")
        left = float(rect.get("x"))
        found[link.get("href").removesuffix(".html")] = left, left + float(rect.get("width")), float(rect.get("y"))
    return found


@given(graphs())
def test_users_stand_below_and_nothing_overlaps(graph):
    root = drawn(graph, dict.fromkeys(graph, "sketch only"))
    found = boxes(root)
    assert set(found) == set(graph)
    assert all(found[user][2] >= found[used][2] + NODE_HEIGHT for user, used in graph.edges)
    names = sorted(found)
    for a in names:
        for b in names:
            if a < b and found[a][2] == found[b][2]:
                assert found[a][1] < found[b][0] or found[b][1] < found[a][0]
    width = float(root.get("width"))
    assert all(left >= 0 and right <= width for left, right, _ in found.values())


@given(graphs())
def test_edges_are_those_that_do_not_follow_from_others(graph):
    titles = edges_of(drawn(graph, dict.fromkeys(graph, "broken")))
    assert titles == {f"{user} uses {used}" for user, used in nx.transitive_reduction(graph).edges}


@given(graphs())
def test_the_pictures_of_all_papers_together_have_every_statement_and_every_edge(graph):
    own, edges = [], set()
    for paper in ("NH18", "NH17", "L20"):
        part = of_one_paper(graph, paper)
        root = drawn(part, dict.fromkeys(graph, "broken"), paper)
        dashed = {
            link.get("href").removesuffix(".html")
            for link in root.iter(f"{SVG}a")
            if link.find(f"{SVG}rect").get("stroke-dasharray")
        }
        assert dashed == {name for name in part if not is_of(name, paper)}
        assert all(set(graph.successors(name)) | set(graph.predecessors(name)) for name in dashed)
        own += sorted(set(part) - dashed)
        edges |= edges_of(root)
    assert sorted(own) == sorted(graph)
    assert edges == {f"{user} uses {used}" for user, used in nx.transitive_reduction(graph).edges}


def test_names_of_a_papers_own_statements_are_short():
    graph = nx.DiGraph([("NH17.T3.8", "NH18.G.zero-derivative")])
    root = drawn(graph, dict.fromkeys(graph, "sketch only"), "NH17")
    names = [link.find(f"{SVG}text") for link in root.iter(f"{SVG}a")]
    assert [name.text for name in names] == ["… T3.8", "… NH18.G.zero-derivative"]
    assert [name.get("font-size") for name in names] == [None, "11"]
    assert "nothing is certified" not in "".join(root.itertext())


@pytest.mark.parametrize("status", LOOKS)
def test_colour_sign_title_and_legend_tell_the_status(status):
    graph = nx.DiGraph()
    graph.add_node("NH18.T3.4", title="Independent features")
    root = drawn(graph, {"NH18.T3.4": status})
    link = next(root.iter(f"{SVG}a"))
    fill, sign = LOOKS[status]
    assert link.get("data-status") == status
    assert link.find(f"{SVG}rect").get("fill") == fill
    assert link.find(f"{SVG}title").text == f"NH18.T3.4, Independent features: {status}"
    assert [text.text for text in link.iter(f"{SVG}text")] == [f"{sign} NH18.T3.4", "Independent features"]
    assert f"{status}: {MEANINGS[status]}" in [text.text for text in root.iter(f"{SVG}text")]


def test_text_on_every_colour_has_contrast():
    def luminance(colour: str) -> float:
        parts = [part / 255 for part in bytes.fromhex(colour[1:])]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ink = luminance("#16202c")
    assert all((luminance(fill) + 0.05) / (ink + 0.05) >= 7 for fill, _ in LOOKS.values())


def test_the_same_graph_gives_the_same_picture():
    graph = nx.DiGraph([("NH18.C", "NH18.A"), ("NH18.C", "NH18.B"), ("NH18.D", "NH18.A")])
    other = nx.DiGraph(list(graph.edges))
    assert ET.tostring(drawn(graph, dict.fromkeys(graph, "broken"))) == ET.tostring(
        drawn(other, dict.fromkeys(other, "broken"))
    )
