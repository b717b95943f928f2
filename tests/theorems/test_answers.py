"""What an answer says: every combination of region and property, and its document."""

import itertools
import json
from fractions import Fraction

from exactcnn.theorems.answers import Answer


def answer(**change):
    own = {"exact": None, "bounds": None, "argmax": None, "ties": (), "undecided": (0, 1), "margin": None}
    return Answer(**(own | {"in_region": None, "holds": None} | change))


def test_confirmed_refuted_undecided():
    for region, holds in itertools.product((True, False, None), repeat=2):
        own = answer(in_region=region, holds=holds, settled=True)
        truths = {(r, h) for r in ({region} - {None} or {True, False}) for h in ({holds} - {None} or {True, False})}
        outcomes = {r and h for r, h in truths}
        expected = "undecided" if len(outcomes) == 2 else "confirmed" if outcomes == {True} else "refuted"
        assert own.counterexample == expected
        assert answer(in_region=region, holds=holds).counterexample is None


def test_documents():
    floats = {"float32": [0.25, float("nan")], "onnxruntime": None}
    own = answer(
        bounds=((Fraction(1, 4), Fraction(1, 2)), (Fraction(-1), Fraction(0))),
        argmax=0,
        undecided=(),
        margin=Fraction(1, 4),
        floats=floats,
        stated={1: Fraction(10) ** 400},
    )
    document = own.document()
    json.dumps(document, allow_nan=False)
    first, second = document["outputs"]
    assert (first["lower"], first["upper"], first["float32"], first["onnxruntime"]) == ("0.25", "0.5", 0.25, None)
    assert first["errors"] == {"float32": "0.25", "onnxruntime": None}
    assert (second["float32"], second["stated"], second["errors"]["stated"][-4:]) == ("nan", "1e400", "e400")
    assert document["margin"] == "0.25"
    assert answer(floats={"float64": [1.0]}).document()["outputs"][0]["lower"] is None
