"""Ranks of exponential features: the statement is about every field, and what has no form is named."""

import copy
import json

import pytest

from exactcnn.errors import InputError
from exactcnn.rocq.exponentials import exponential_rank
from exactcnn.rocq.export import export_rocq, rocq_file
from exactcnn.rocq.kernel import replay, together
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import NoRocqForm
from tests.checker import conftest as make
from tests.checker.claims.test_zero_blocks import CONSTANT, DIFFERENCES, ROWS, block, line
from tests.rocq.examples import document, library, needs_coqc

CHECK = "gaps_biases.more_filters_repair"


def theorems(change=lambda _: None):
    given = copy.deepcopy(document(CHECK))
    change(given)
    claim = next(claim for claim in given["claims"] if claim["kind"] == "rank")
    return exponential_rank(RocqInstance(given), claim, "c")


def test_the_hypothesis_stands_in_the_statement():
    exponents, below, above = theorems()
    assert exponents.statement.startswith("exponents_are_integers")
    for theorem in (below, above):
        hypothesis, _, conclusion = theorem.statement.partition("transcendental K eqv t -> ")
        assert hypothesis == "forall (K : numbers) eqv, field_over_Q K eqv -> forall t : K, "
        assert conclusion.startswith("rank_at_")


def set_claim(key, value):
    def change(given):
        next(claim for claim in given["claims"] if claim["kind"] == "rank")[key] = value

    return change


def set_activation(key, value):
    return lambda given: given["instance"]["layers"][0]["activation"].update({key: value})


def test_what_has_no_form_is_named():
    with pytest.raises(NoRocqForm, match="no exponentials to the base e"):
        theorems(set_activation("base", "2"))
    _, above = theorems(set_claim("lower_evidence", {"kind": "another"}))
    assert above.paper == "the bound from below (evidence 'another')"
    _, below = theorems(set_claim("upper_evidence", {"kind": "inherited"}))
    assert below.paper == "the bound from above (evidence 'inherited')"


def relations(axis, *own):
    return {"kind": "relations", "axis": axis, "relations": list(own)}


def equal(axis, *representatives):
    return {"kind": "distinct-lines", "axis": axis, "representatives": list(representatives)}


POWERS = make.formula(({(0, 0): 3, (1, 1): 2, (0, 7): 1}, {(0, 2): 2, (0, 4): 1}), exponent=["0", "1/6"])
ODD = make.formula(({(1, 2): 1}, {(0, 0): 1, (2, 0): 1, (0, 1): 3}), exponent=["1/2", "0", "1"])
TWICE = make.convolution([[0, 2], [3, -1]], 2, "polynomial(0,3)", weights=[["1/2", "1"], ["-3", "-6"]], bias="none")
MEANS = {"kind": "average-pooling", "patches": [[0, 1], [2, 3]], "divisors": [2, 2]}
AGAIN = [["1", "2", "1"], ["0", "-3", "0"], ["1", "2", "1"]]
CASES = {  # samples, layers, evidence from above, the bound
    "block": (ROWS, ["sigmoid"], block(DIFFERENCES, CONSTANT), 2),
    "part of a block": (ROWS, ["tanh"], block(DIFFERENCES, CONSTANT[:2]), 3),
    "block above": (ROWS, ["sigmoid", "polynomial(1,2)"], block(DIFFERENCES, CONSTANT[:2]), 3),
    "columns": ([[*row, "0"] for row in ROWS], ["sigmoid"], relations(1, line(3, (2, 1), (3, 1), (4, -2))), 4),
    "rows": (AGAIN, ["silu"], relations(0, line(2, (0, 3), (2, -3))), 2),
    "equal columns": (AGAIN, ["mish"], equal(1, 0, 1), 2),
    "equal rows": (AGAIN, ["elu(1/3)"], equal(0, 2, 1), 2),
    "zeros": ([["0", "1"], ["0", "2"]], ["tanh"], equal(1, 1), 1),
    "nothing": ([["0", "0"], ["0", "0"]], ["tanh"], equal(0), 0),
    "powers": (AGAIN, [POWERS], relations(1, line(0, (0, 1), (2, -1))), 2),
    "odd": ([[z, f"-{z}", "1/3"] for z in ("1", "1/2", "2")], [ODD], relations(1, line(1, (0, 1), (1, 1))), 2),
    "filters": (ROWS, ["tanh", TWICE], relations(1, line(1, (0, 2), (1, -1)), line(2, (2, 2), (3, -1))), 2),
    "means": (ROWS, ["sigmoid", MEANS], relations(0, *(line(i, (i, 1), (0, -1)) for i in range(1, 5))), 1),
}


def sealed(samples, layers, evidence, upper):
    own = make.instance(samples, [make.elementwise(x) if isinstance(x, str) or "pieces" in x else x for x in layers])
    claim = make.rank(len(layers), 0, upper, make.NONE, evidence)
    return make.seal({**make.HEAD, "instance": own, "claims": [claim]})


def exported(tmp_path, *case):
    path = tmp_path / "c.json"
    path.write_bytes(sealed(*case))
    return export_rocq(path)


def planted(*case):
    """The file for a claim that no checker has seen."""
    return rocq_file(json.loads(sealed(*case)), ["a claim"], "instance")


@needs_coqc
def test_bounds_from_above_are_proved_by_names(tmp_path):
    files = [exported(tmp_path, *case) for case in CASES.values()]
    assert all(each.theorems == ("claim_0_exponents", "claim_0_above") and not each.left_out for each in files)
    said = replay(*together(files), library=library())
    assert said.accepted, said.message


WRONG = {  # the same with a bound, a relation, a line or a number that is wrong
    "block": (ROWS, ["sigmoid"], block(DIFFERENCES, [*CONSTANT[:2], line(2, (2, 1), (3, -1))]), 2),
    "a row of a block": (ROWS, ["sigmoid"], block([*DIFFERENCES[:3], line(4, (0, 1), (4, -2))], CONSTANT), 2),
    "without names": (ROWS, ["mish"], block(DIFFERENCES, CONSTANT), 2),
    "the bound": (*CASES["block"][:3], 1),
    "a sample": ([["1", "2", "3", "-2"], *ROWS[1:]], ["sigmoid"], block(DIFFERENCES, CONSTANT), 2),
    "columns": (ROWS, ["sigmoid"], relations(1, line(3, (2, 1), (3, 1))), 3),
    "rows": (AGAIN, ["silu"], relations(0, line(2, (0, 3), (2, -2))), 2),
    "equal columns": (AGAIN, ["mish"], equal(1, 0), 1),
    "odd": (*CASES["odd"][:2], relations(1, line(1, (0, 1), (1, -1))), 2),
}


@needs_coqc
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_rejected(case):
    found = planted(*WRONG[case])
    assert "claim_0_above" in found.theorems
    assert not replay(found.text(inline=False), found.theorems, library=library()).accepted


CHANGES = [  # one digit of a witness
    ("claim_0_above_columns : list nat :=\n  [3]", "claim_0_above_columns : list nat :=\n  [2]"),
    ("[[0; 0; (-1); 1]]", "[[0; 0; (-1); 2]]"),
    ("claim_0_above_rows : list nat :=\n  [0]", "claim_0_above_rows : list nat :=\n  [5]"),
    ("[[1]; [1]; [1]; [1]; [1]]", "[[1]; [1]; [1]; [2]; [1]]"),
    ("rank_at_most eqv (claim_0_F K t) 2", "rank_at_most eqv (claim_0_F K t) 1"),
]


@needs_coqc
@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_one_digit_changed_is_rejected(tmp_path, old, new):
    found = exported(tmp_path, *CASES["block"])
    text = found.text(inline=False)
    assert old in text
    assert not replay(text.replace(old, new, 1), found.theorems, library=library()).accepted


def test_names_above_other_layers_are_not_known(tmp_path):
    case = (AGAIN, ["sigmoid", "square"], equal(1, 0, 1), 2)
    with pytest.raises(InputError, match="layers above layer 1 are not affine"):
        exported(tmp_path, *case)
    assert exported(tmp_path, *CASES["block above"]).left_out == ()


def test_a_denominator_that_vanishes_where_lines_are_compared_is_named(tmp_path):
    with pytest.raises(InputError, match="a denominator is 0 modulo 2305843009213693951"):
        exported(tmp_path, [["1", "1"], [f"1/{2**61 - 1}"] * 2], ["silu"], equal(1, 0), 1)


def test_sums_of_many_names_take_longer():
    def seconds(case):
        given = json.loads(sealed(*CASES[case]))
        return exponential_rank(RocqInstance(given), given["claims"][0], "c")[-1].seconds

    assert seconds("block") < seconds("block above")
