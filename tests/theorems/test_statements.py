"""Names of statements: each verdict has one, and each of the paper's has a page."""

from exactcnn.network.layers import Convolution
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.proofs.registry import statements
from exactcnn.theorems.statements import STATEMENTS
from exactcnn.theorems.verify import verify


def test_every_verdict_has_a_title():
    network = Network((1, 3), [Convolution(2, 2, activation="sigmoid")])
    found = verify(network, random_parameters(network), [[1, 2, 3], [4, 5, 7]])
    names = [verdict.statement for verdict in found.verdicts]
    others = {"NH18.T4.4", "NH18.T4.5"}  # of `critical`
    assert sorted(names) == sorted(STATEMENTS.keys() - others)  # one layer: each once


def test_every_statement_of_the_paper_has_a_page():
    pages = {each.id for each in statements()}
    assert {name for name in STATEMENTS if name not in pages} == {"RANK"}


def test_titles_tell_statements_apart():
    for kind in ("title", "short"):
        names = [getattr(title, kind) for title in STATEMENTS.values()]
        assert len(set(names)) == len(names)
        assert all(name.isprintable() and name for name in names)
