"""What a shell completes: every identifier that a command takes, and nothing that is loaded for it."""

import os
import subprocess
import sys
from typing import get_args

import pytest

from exactcnn.completions import activations, conclusions, piece_ids, questions, statement_ids
from exactcnn.gallery.registry import pieces
from exactcnn.network.activations import activation_names
from exactcnn.proofs.registry import statements
from exactcnn.searches.cases import Conclusion
from exactcnn.searches.questions import NAMES


def test_everything_is_offered():
    assert sorted(statement_ids("")) == sorted(each.id for each in statements())
    assert sorted(piece_ids("")) == sorted(each.id for each in pieces())
    assert activations("") == list(activation_names())
    assert conclusions("") == list(get_args(Conclusion))
    assert questions("") == list(NAMES)


def test_beginnings_in_any_case():
    assert statement_ids("nh18.l2") == ["nh18.l2.5"]
    assert statement_ids("A2") == ["A2.4"]
    assert {"l2.5", "l20.E1"} <= set(statement_ids("l2"))
    assert sorted(statement_ids("t3.4")) == ["t3.4", "t3.4.2"]  # of several papers, once
    assert piece_ids("KI") == ["KInk"]
    assert activations("ReL") == ["ReLu", "ReLu6"]
    for offered in (statement_ids, piece_ids, activations, conclusions):
        assert offered("nothing of the kind") == []


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("exactcnn prove A2", ["A2.4"]),
        ("exactcnn prove NH18.L2", ["NH18.L2.5"]),
        ("exactcnn gallery kaw", ["kawaguchi-2", "kawaguchi-3"]),
        ("exactcnn rank m.csv --activation Softp", ["Softplus"]),
        ("exactcnn activations ge", ["gelu"]),
        ("exactcnn search --conclusion n", ["no-biases"]),
        ("exactcnn rank --null", ["--null-space"]),
        ("exactcnn crossc", ["crosscheck"]),
    ],
)
def test_a_shell_is_answered_without_the_heavy_packages(words, offered):
    """As bash asks; what the words stand for is not imported, so that the answer is there at once."""
    code = (
        "import sys; sys.argv[0] = 'exactcnn'; from exactcnn.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    heavy = {'sympy', 'flint', 'networkx', 'exactcnn.checker'} & set(sys.modules)\n"
        "    print(*heavy, file=sys.stderr)"
    )
    asked = {"_EXACTCNN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert found.stdout.split() == offered
    assert (found.returncode, found.stderr.strip()) == (0, "")
