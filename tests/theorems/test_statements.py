"""Names of statements: each verdict has one, and each of the paper's has a page."""

from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.registry import statements
from exactcnn.theorems.assumption_4_1 import assumption_4_1
from exactcnn.theorems.landscape import critical
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verify import verify

SECTION_4 = {"NH18.A4.1", "NH18.T4.4", "NH18.T4.5", "LDS18.minima"}
ELSEWHERE = {"LDS18.wide", "LDS18.path"}  # of two layers at least; a conclusion within that on local minima


def test_every_verdict_has_a_title():
    network = Network((1, 3), [Convolution(2, 2, activation="sigmoid")])
    found = verify(network, random_parameters(network), [[1, 2, 3], [4, 5, 7]])
    names = [verdict.statement for verdict in found.verdicts]
    assert sorted(names) == sorted(set(STATEMENTS) - SECTION_4 - ELSEWHERE)  # one layer: each once


def test_every_verdict_on_section_4_has_a_title():
    network = Network((1,), [FullyConnected(2, activation="relu"), FullyConnected(1, activation="identity")])
    found = critical(Instance(network, random_parameters(network), [[1], [2]], [[1], [3]]))
    names = {verdict.statement for verdict in found.verdicts} | {assumption_4_1(network, 2, 1).statement}
    assert names == SECTION_4


def test_every_statement_of_the_paper_has_a_page():
    pages = {each.id for each in statements()}
    assert {name for name in STATEMENTS if name not in pages} == {"RANK"}


def test_titles_tell_statements_apart():
    for kind in ("title", "short"):
        names = [getattr(title, kind) for title in STATEMENTS.values()]
        assert len(set(names)) == len(names)
        assert all(name.isprintable() and name for name in names)
