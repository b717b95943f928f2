"""The graph of papers: all of them, what became of their statements, every use across."""

from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree as ET

import networkx as nx
from hypothesis import given

from exactcnn.report.paper_graph import paper_graph_picture, uses_across
from exactcnn.report.statement_graph import LOOKS
from tests.report.test_statement_graph import SVG, graphs

TITLES = {
    "NH18": "Nguyen and Hein, Optimization landscape and expressivity of deep CNNs, ICML 2018",
    "NH17": "A <title> & more",
    "L20": "Around Lederer (2020), in the form proved here",
    "NONE": "A paper without statements",
}
STATUSES = list(LOOKS)


def drawn(graph: nx.DiGraph) -> ET.Element:
    statuses = {name: STATUSES[number % len(STATUSES)] for number, name in enumerate(graph)}
    return ET.fromstring(paper_graph_picture(graph, statuses, TITLES, {paper: f"#{paper}" for paper in TITLES}))


@given(graphs())
def test_every_paper_and_every_use_across_is_there_and_counted(graph):
    root = drawn(graph)
    papers = [link.get("href")[1:] for link in root.iter(f"{SVG}a")]
    counts = Counter(name.partition(".")[0] for name in graph)
    assert papers == [paper for paper in TITLES if counts[paper]]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for paper in papers:
        assert f"{paper}, {counts[paper]} statement{'s' * (counts[paper] != 1)}" in texts
    slow = Counter()
    for user, used in nx.transitive_reduction(graph).edges:
        slow[user.partition(".")[0], used.partition(".")[0]] += user.partition(".")[0] != used.partition(".")[0]
    slow = +slow
    assert {pair: len(uses) for pair, uses in uses_across(graph).items()} == slow
    arcs = [group.find(f"{SVG}title").text for group in root.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    assert {arc.partition(":")[0] for arc in arcs} == {f"{user} uses {used}" for user, used in slow}
    assert all(f"{user} uses {used}" in " ".join(arcs) for pair in uses_across(graph).values() for user, used in pair)


@given(graphs())
def test_everything_is_inside_the_picture_and_boxes_do_not_overlap(graph):
    root = drawn(graph)
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = [link.find(f"{SVG}rect") for link in root.iter(f"{SVG}a")]
    edges = [(float(box.get("y")), float(box.get("y")) + float(box.get("height"))) for box in boxes]
    assert all(a[1] < b[0] for a, b in pairwise(edges))
    assert edges[0][0] >= 0
    assert edges[-1][1] <= height
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width - 7 * len(text.text) * (text.get("text-anchor") != "start")
    assert max(float(text.get("x")) for text in root.iter(f"{SVG}text")) + 16 <= width


def test_the_statuses_are_counted_by_sign():
    graph = nx.DiGraph([("NH17.A", "NH17.B"), ("NH17.C", "NH17.B")])
    statuses = {"NH17.A": "broken", "NH17.B": "sketch only", "NH17.C": "broken"}
    root = ET.fromstring(paper_graph_picture(graph, statuses, TITLES, {"NH17": "#here"}))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["NH17, 3 statements", "A <title> & more", "… 1", "! 2"]
    assert next(root.iter(f"{SVG}a")).find(f"{SVG}title").text == "NH17, A <title> & more: 1 sketch only, 2 broken"
