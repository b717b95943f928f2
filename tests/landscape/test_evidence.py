"""Evidence and claims as certificates state them: plain JSON, numbers as strings."""

import json
from dataclasses import fields
from fractions import Fraction

import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.landscape import evidence
from exactcnn.linalg.evidence import Evidence

EXAMPLES = {
    "int": 3,
    "bool": True,
    "Fraction": Fraction(2, 3),
    "ExactArray": ExactArray.from_strings([["1/2", "3"]]),
    "Steps": (evidence.Scaling(1, 0, 2),),
    "Evidence": evidence.Zero(),
    "By": "rational",
    "Norms": (None, Fraction(5, 2)),
    "Type": "minimum",
    "str": "text",
}


def example(name):
    """A value for a field, by the text of its type."""
    first = name.split(" | ")[0]
    if first.startswith("Literal["):
        return first.split("'")[1]
    if first.startswith("tuple["):
        inner = first[len("tuple[") : -1]
        if inner.startswith("tuple["):
            return ((1, 2), (3, 4))
        return tuple(example(part.strip()) for part in inner.split(",") if part.strip() != "...")
    return EXAMPLES[first]


def kinds():
    found = [each for each in vars(evidence).values() if isinstance(each, type) and issubclass(each, Evidence)]
    return [each for each in found if each is not Evidence]


@pytest.mark.parametrize("kind", kinds())
def test_documents_are_plain(kind):
    value = kind(**{field.name: example(str(field.type)) for field in fields(kind)})
    document = value.document()
    assert document["kind"] == kind.kind
    assert set(document) == {"kind", *(field.name for field in fields(kind))}
    assert json.loads(json.dumps(document)) == document  # strings, integers, lists and tables only


def test_kinds_have_names_of_their_own():
    names = [each.kind for each in kinds()]
    assert len(set(names)) == len(names) > 15


def test_numbers_are_strings():
    document = evidence.Box((), 64, ExactArray.from_strings([["1/2", 3]]), Fraction(-3, 4)).document()
    assert document["radius"] == "-3/4"
    assert document["congruence"] == {"shape": [1, 2], "values": ["1/2", "3"]}
