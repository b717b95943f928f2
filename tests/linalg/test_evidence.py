"""Evidence: its documents are plain JSON, its intervals say when they are numbers."""

import json

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape.evidence import Descent, GradientClaim
from exactcnn.linalg.evidence import (
    BallMinor,
    DistinctLines,
    Evidence,
    Inherited,
    ModularMinor,
    RankBounds,
    Relation,
    Relations,
    Shape,
    VanishingMinors,
    ZeroBlock,
)


@pytest.mark.parametrize(
    ("evidence", "document"),
    [
        (Evidence(), {"kind": "none"}),
        (Shape(), {"kind": "shape"}),
        (
            ModularMinor("1048343", None, (0, 2), (1, 3)),
            {
                "kind": "modular-minor",
                "modulus": "1048343",
                "root": None,
                "rows": [0, 2],
                "columns": [1, 3],
                "precision": None,
            },
        ),
        (BallMinor(64, (0,), (1,)), {"kind": "ball-minor", "precision": 64, "rows": [0], "columns": [1]}),
        (DistinctLines(1, (0, 4)), {"kind": "distinct-lines", "axis": 1, "representatives": [0, 4]}),
        (
            Inherited(2, False, Shape()),
            {"kind": "inherited", "layer": 2, "ones": False, "evidence": {"kind": "shape"}},
        ),
        (VanishingMinors(("7", "11")), {"kind": "vanishing-minors", "primes": ["7", "11"]}),
        (
            Relations(0, (Relation(1, ((0, 10**5000), (1, -1))),)),
            {
                "kind": "relations",
                "axis": 0,
                "relations": [{"leading": 1, "coefficients": [[0, "1" + "0" * 5000], [1, "-1"]]}],
            },
        ),
        (
            ZeroBlock((Relation(0, ((1, -1), (0, 1))),), (Relation(2, ((2, 3),)),)),
            {
                "kind": "zero-block",
                "rows": [{"leading": 0, "coefficients": [[1, "-1"], [0, "1"]]}],
                "columns": [{"leading": 2, "coefficients": [[2, "3"]]}],
            },
        ),
    ],
)
def test_documents(evidence, document):
    assert json.loads(json.dumps(evidence.document())) == document


def test_equality_sees_all_fields():
    """Also of kinds that hold arrays, and have no equality of their own."""
    first, again, second = (GradientClaim(layer, False, (0, 0), 64) for layer in (1, 1, 2))
    assert first == again
    assert hash(first) == hash(again)
    assert first != second
    assert Evidence() == Evidence()
    assert Evidence() != Shape()
    assert Evidence() != first
    assert Descent(ExactArray.from_array([1, 2]), None) != Descent(ExactArray.from_array([1, 3]), None)


def test_intervals():
    assert (RankBounds(3, 3).exact, str(RankBounds(3, 3))) == (3, "3")
    assert (RankBounds(2, 4).exact, str(RankBounds(2, 4))) == (None, "[2, 4]")
    assert RankBounds(0, 0).exact == 0
    assert RankBounds(3, 3)._repr_latex_() == r"$\operatorname{rank} = 3$"
    assert RankBounds(2, 4)._repr_latex_() == r"$2 \le \operatorname{rank} \le 4$"
