"""Special functions in Rocq: only what follows from their symmetry is proved, for every function that has it."""

import pytest

from exactcnn.checker.activations import SPECIAL
from exactcnn.rocq.kernel import replay
from exactcnn.rocq.lemmas import lemma_text
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.symmetries import SYMMETRIES, symmetric_rank
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import evidence_document, library, needs_coqc

NONE = {"kind": "none"}
IDENTITY = [{"numerator": [[1, 0, "1"]], "denominator": [[0, 0, "1"]]}]
AFFINE = [{"numerator": [[0, 0, "1/2"], [1, 0, "2"]], "denominator": [[0, 0, "1"]]}]


def relation(leading, *pairs):
    return {"leading": leading, "coefficients": [[i, str(c)] for i, c in pairs]}


def differences(pieces, kinks=()):
    """A layer above: the differences of neurons 0 and 1, and of 2 and 3."""
    activation = {"kinks": list(kinks), "pieces": pieces, "exponent": [], "base": "e"}
    weights = {"shape": [2, 1], "values": ["1", "-1"]}
    layer = {"kind": "convolution", "patches": [[0, 1], [2, 3]], "filters": 1, "bias": "none", "activation": activation}
    return layer | {"weights": weights, "biases": None}


def instance(special, *above):
    """Samples (x, -x, 2x, -2x) for x = 1, 4, 0, 3."""
    given = evidence_document("rank-none-relations")
    given["instance"]["layers"][0]["activation"]["special"] = special
    given["instance"]["layers"] += above
    return RocqInstance(given)


def claim(layer, upper, axis, *relations, **changes):
    evidence = {"kind": "relations", "axis": axis, "relations": list(relations)}
    own = {"kind": "rank", "layer": layer, "lower": 0, "upper": upper, "lower_evidence": NONE}
    return own | {"upper_evidence": evidence} | changes


def accepted(own, given):
    (found,) = symmetric_rank(own, given, "c")
    text = f"{lemma_text(False)}Import ListNotations.\n{own.text()}{found.text()}Print Assumptions c_above.\n"
    return replay(text, ["c_above"], library=library()).accepted


def test_symmetries_are_those_of_the_checker():
    assert {name: (*facts.reflection, facts.zero_at_zero) for name, facts in SPECIAL.items()} == SYMMETRIES


def test_the_statement_is_about_every_function():
    (found,) = symmetric_rank(instance("erf"), claim(1, 3, 0, relation(2, (2, 1))), "c")
    assert found.statement == (
        "forall (K : numbers) eqv, field_over_Q K eqv -> forall f, has_symmetry eqv (-1) 0 true f -> "
        "rank_at_most eqv (symmetric_features K f [] (layer_1, parameters_1) [] samples) 3"
    )


@needs_coqc
@pytest.mark.parametrize(
    ("special", "relations", "holds"),
    [
        ("gelu", [relation(2, (0, 2), (1, -2), (2, -1), (3, 1))], True),  # f(x) - f(-x) = x
        ("gelu", [relation(2, (0, 2), (1, -2), (2, -1), (3, 2))], False),
        ("gelu", [relation(1, (0, 1), (1, 1))], False),
        ("erf", [relation(1, (0, 1), (1, 1)), relation(3, (2, 1), (3, 1))], True),  # odd
        ("erf", [relation(2, (0, 2), (1, -2), (2, -1), (3, 1))], False),
        ("cos", [relation(1, (0, 1), (1, -1)), relation(3, (2, 1), (3, -1))], True),  # even
        ("cos", [relation(1, (0, 1), (1, 1))], False),
        ("cos", [relation(2, (0, 1), (2, -1))], False),  # other arguments
    ],
    ids=str,
)
def test_relations_between_columns(special, relations, holds):
    assert accepted(instance(special), claim(1, 4 - len(relations), 1, *relations)) == holds


@needs_coqc
@pytest.mark.parametrize("special", ["gelu", "softplus", "sin", "cos"])
def test_a_row_of_zeros_needs_a_function_that_is_0_there(special):
    assert accepted(instance(special), claim(1, 3, 0, relation(2, (2, 1)))) == SYMMETRIES[special][2]


@needs_coqc
@pytest.mark.parametrize(("special", "holds"), [("softplus", True), ("cos", True), ("arctan", False)])
def test_affine_layers_act_on_the_coefficients(special, holds):
    relations = relation(1, (0, 4), (1, -1), (2, -3)), relation(3, (0, 3), (2, -2), (3, -1))
    assert accepted(instance(special, differences(AFFINE)), claim(2, 2, 0, *relations)) == holds


@pytest.mark.parametrize(
    ("layer", "changes", "message"),
    [
        (1, {"upper_evidence": {"kind": "shape"}}, "evidence 'shape'"),
        (1, {"upper_evidence": {"kind": "distinct-lines", "axis": 0, "representatives": [0]}}, "equal lines"),
        (2, {}, "layers above layer 1 are not affine"),
    ],
)
def test_evidence_without_a_form_is_named(layer, changes, message):
    own = instance("gelu", differences([*IDENTITY, *AFFINE], ["0"]))
    with pytest.raises(NoRocqForm, match=message):
        symmetric_rank(own, claim(layer, 3, 0, relation(2, (2, 1))) | changes, "c")


def test_bounds_from_below_stay_on_paper():
    lower = {"lower": 1, "lower_evidence": {"kind": "ball-minor", "precision": 64, "rows": [0], "columns": [0]}}
    (found,) = symmetric_rank(instance("gelu"), claim(1, 3, 0, relation(2, (2, 1)), **lower), "c")
    assert found.paper.startswith("the bound from below")
