"""Reasons for a generic rank in the form of the certificate: JSON, long integers as text, nothing lost."""

import json

import pytest

from exactcnn.patches.evidence import Cover, DeltaFilters, Determinantal, Lifting, ModularWitness, Syzygies, strings

LONG = 10**40
DOCUMENTS = [
    (DeltaFilters((0, 2)), {"kind": "delta-filters", "slots": [0, 2]}),
    (
        ModularWitness("7", strings(LONG, -1), (0,), (1,)),
        {"kind": "modular-witness", "modulus": "7", "weights": [str(LONG), "-1"], "rows": [0], "columns": [1]},
    ),
    (Cover((1,), ()), {"kind": "cover", "neurons": [1], "patches": []}),
    (
        Syzygies((((0, (((), LONG),)), (3, (((0, 0, 1), -2), ((1,), 5)))),), "7", ("1",)),
        {
            "kind": "syzygies",
            "vectors": [[[0, [[[], str(LONG)]]], [3, [[[0, 0, 1], "-2"], [[1], "5"]]]]],
            "modulus": "7",
            "weights": ["1"],
        },
    ),
    (
        Determinantal((2, 3), (0, 1), ((0, 0), (0, 1)), (((0, 1, 2), (0, 1)),), "7", ("1", "2")),
        {
            "kind": "determinantal",
            "grid": [2, 3],
            "rows": [0, 1],
            "offsets": [[0, 0], [0, 1]],
            "vectors": [{"filters": [0, 1, 2], "shift": [0, 1]}],
            "modulus": "7",
            "weights": ["1", "2"],
        },
    ),
    (
        Lifting((3,), (0,), ((1,),), ("3", "1"), (("2",),), (("1",), ("0",)), "7", ("1", "2")),
        {
            "kind": "lifting",
            "grid": [3],
            "rows": [0],
            "offsets": [[1]],
            "polynomial": ["3", "1"],
            "shifts": [["2"]],
            "filters": [["1"], ["0"]],
            "modulus": "7",
            "weights": ["1", "2"],
        },
    ),
]


@pytest.mark.parametrize(("evidence", "document"), DOCUMENTS, ids=lambda each: type(each).__name__)
def test_documents(evidence, document):
    assert evidence.document() == document
    assert json.loads(json.dumps(evidence.document())) == document


def test_kinds_tell_evidence_apart():
    kinds = [evidence.kind for evidence, _ in DOCUMENTS]
    assert len(set(kinds)) == len(kinds)
    assert strings() == ()
