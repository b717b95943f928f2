"""Losses, better points and critical points: which statements are written, and what has none."""

import copy
import random

import pytest

from exactcnn.rocq.kernel import replay
from exactcnn.rocq.landscape import critical_point, loss, suboptimal
from exactcnn.rocq.lemmas import lemma_text
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import booleans, computed, document, evidence_document, integers, library, listing, needs_coqc


def instance_and_claim(check, number=0, claim=0, change=lambda _: None):
    given = copy.deepcopy(document(check, number))
    change(given["claims"][claim])
    return RocqInstance(given), given["claims"][claim]


def test_a_minimum_on_a_slice_leaves_the_slice_on_paper():
    critical, value, minimum = critical_point(*instance_and_claim("gallery.linear_cnn_3"), "c")
    assert value.statement == "(rational_loss point samples targets == (9 # 8))%Q"
    assert critical.statement == "is_critical point samples targets c_critical_directions"
    assert critical.paper == ""
    assert minimum.statement.startswith("exists radius, is_strict_minimum point")
    assert "[0; 1; 0; 0]" in minimum.witness
    assert "[1; 0; 0; 0]" not in minimum.witness  # frozen by the slice
    assert minimum.paper.startswith("the slice")


def test_a_minimum_by_all_coordinates_leaves_the_index_only():
    own, claim = instance_and_claim("nondegenerate.one_unit_fewer", 2)
    *_, minimum = critical_point(own, claim, "c")
    assert minimum.paper == "the index of the Hessian (only what follows for the loss is stated)"
    *_, minimum = critical_point(own, claim | {"index": None}, "c")
    assert minimum.paper == ""


def test_a_saddle_goes_down_in_one_direction_and_up_in_another():
    found = critical_point(*instance_and_claim("gallery.baldi_hornik"), "c")
    assert [each.name for each in found] == ["c_critical", "c_loss", "c_maximum", "c_minimum"]


def test_a_loss_that_is_one_number_and_an_enclosure():
    own, claim = instance_and_claim("gallery.linear_cnn_3", claim=1)
    (exact,) = loss(own, claim, "c")
    assert exact.statement == "(rational_loss point_0 samples targets == (1 # 2))%Q"
    (between,) = loss(own, claim | {"lower": "0"}, "c")
    assert between.statement.count("<=") == 2


def test_a_better_point():
    (found,) = suboptimal(*instance_and_claim("gallery.linear_cnn_3", claim=2), "c")
    assert found.statement == "(rational_loss point_0 samples targets < rational_loss point samples targets)%Q"


@pytest.mark.parametrize(
    ("evidence", "message"), [({"kind": "reachable"}, "'reachable'"), ({"by": "formal"}, "'hessian'")]
)
def test_evidence_without_a_form_is_named(evidence, message):
    own, claim = instance_and_claim("gallery.linear_cnn_3", change=lambda claim: claim["evidence"].update(evidence))
    with pytest.raises(NoRocqForm, match=message):
        critical_point(own, claim, "c")


@pytest.mark.parametrize(
    ("change", "paper"),
    [
        ({"type": "saddle"}, "that it is a saddle (a saddle by its Hessian)"),
        ({"evidence": {"slice": [{"kind": "mixing"}]}}, "that it is a minimum (a slice with a step 'mixing')"),
    ],
)
def test_derivatives_are_0_where_the_rest_has_no_form(change, paper):
    own, claim = instance_and_claim("gallery.linear_cnn_3")
    evidence = claim["evidence"] | change.pop("evidence", {})
    critical, value = critical_point(own, claim | change | {"evidence": evidence, "index": None}, "c")
    assert (critical.name, value.name, value.paper) == ("c_critical", "c_loss", paper)


def test_a_point_of_a_box_is_not_known():
    def change(given):
        given["claims"][0]["evidence"]["kind"] = "box"

    given = copy.deepcopy(document("gallery.linear_cnn_3"))
    change(given)
    with pytest.raises(NoRocqForm, match="one of a box"):
        suboptimal(RocqInstance(given), given["claims"][2], "c")


def test_steps_that_freeze_biases_and_inactive_coordinates():
    steps = [{"kind": "inactive", "coordinates": [0, 1]}]
    own, claim = instance_and_claim("gallery.linear_cnn_3", change=lambda c: c["evidence"].update(slice=steps))
    *_, minimum = critical_point(own, claim, "c")
    assert "[0; 0; 1; 0]" in minimum.witness
    assert "[0; 1; 0; 0]" not in minimum.witness


def test_a_minimum_at_kinks_of_which_only_a_box_is_known_has_no_better_point():
    own, claim = instance_and_claim("gallery.linear_cnn_3", claim=2)
    evidence = own.document["claims"][0]["evidence"]
    evidence |= {"kind": "kinks", "radius": None}
    assert suboptimal(own, claim, "c")
    evidence["radius"] = "1/8"
    with pytest.raises(NoRocqForm, match="one of a box"):
        suboptimal(own, claim, "c")


def test_a_loss_of_0_takes_time_too():
    own, claim = instance_and_claim("gallery.linear_cnn_3")
    (found,) = critical_point(own, claim | {"point": 0, "evidence": {"kind": "zero"}}, "c")
    assert found.seconds > 0


MEANS = evidence_document("critical-point-mean-targets")
ENTRY = {"kind": "entry", "coordinate": 2, "precision": 64}


def test_means_of_targets_are_a_global_minimum():
    value, minimum = critical_point(RocqInstance(MEANS), MEANS["claims"][0], "c")
    assert value.statement == "(rational_loss point samples targets == 2)%Q"
    assert minimum.statement == "is_global_minimum point samples targets"


def entry(loss, target="6", kinks=()):
    """The derivative by W_1[1, 0]; it is 0 if no number is changed."""
    given = copy.deepcopy(MEANS)
    given["instance"]["targets"]["values"][0] = target
    layer = given["instance"]["layers"][0]
    layer["activation"] |= {"kinks": list(kinks), "pieces": layer["activation"]["pieces"] * (1 + len(kinks))}
    own = RocqInstance(given)
    return own, critical_point(own, MEANS["claims"][0] | {"loss": [loss, loss], "evidence": ENTRY}, "c")


def test_a_derivative_that_is_not_0():
    _, (value, slope) = entry("7/2", target="7")
    assert value.statement == "(rational_loss point samples targets == (7 # 2))%Q"
    assert slope.statement == "has_slopes point samples targets c_slope_directions"
    assert "[[0; 0; 1; 0]]" in slope.witness


def test_a_derivative_at_a_kink_has_no_form():
    with pytest.raises(NoRocqForm, match="at a kink"):
        entry("2", kinks=["5"])


@needs_coqc
@pytest.mark.parametrize(
    ("changes", "holds"),
    [({"loss": "7/2", "target": "7"}, True), ({"loss": "2"}, False), ({"loss": "4", "target": "7"}, False)],
    ids=str,
)
def test_losses_and_derivatives_that_are_wrong_are_rejected(changes, holds):
    own, found = entry(**changes)
    printed = "".join(f"Print Assumptions {each.name}.\n" for each in found)
    text = f"{lemma_text(False)}Import ListNotations.\n{own.text()}{''.join(each.text() for each in found)}{printed}"
    assert replay(text, [each.name for each in found], library=library()).accepted == holds


LINEAR, RELU = "[([(1, 0, 1%Q)%nat], [])]", "[([], []); ([(1, 0, 1%Q)%nat], [])]"


def network(weight, kinks="", pieces=LINEAR):
    """One input, one filter."""
    layer = f"Convolution [[0]] 1 NoBias (Activation [{kinks}]%Q {pieces} [])"
    return f"[({layer}, @Parameters rationals [[{weight}]]%Q [])]"


def columns(numbers):
    return listing(integers([x]) for x in numbers) + "%Q"


@needs_coqc
def test_only_means_of_the_targets_of_equal_samples_are_accepted():
    draw, tests, truths = random.Random(0), [], []
    for _ in range(150):
        weight, samples = draw.randrange(-1, 2), [draw.randrange(3) for _ in range(4)]
        targets = [weight * x + draw.choice([-1, 0, 0, 1]) for x in samples]
        sums = {x: sum(y - weight * x for z, y in zip(samples, targets, strict=True) if x == z) for x in samples}
        tests.append(f"means_test {network(weight)} {columns(samples)} {columns(targets)}")
        truths.append(not any(sums.values()))
    assert 15 < sum(truths) < 135
    assert computed("Numbers Networks GlobalMinima", tests=(listing(tests), booleans(truths)))


@needs_coqc
def test_only_derivatives_that_are_not_0_are_accepted():
    draw, tests, truths = random.Random(0), [], []
    for _ in range(100):
        weight, samples = draw.randrange(-1, 2), [draw.randrange(-2, 3) for _ in range(2)]
        targets = [draw.randrange(-1, 2) for _ in samples]
        slope = sum((weight * x - y) * x for x, y in zip(samples, targets, strict=True))
        tests.append(f"slope_test {network(weight)} {columns(samples)} {columns(targets)} [1]%Q 1")
        truths.append(slope != 0)
    tests.append(f"slope_test {network(0, '0', RELU)} [[1]]%Q [[1]]%Q [1]%Q (1 # 4)")  # at a kink: only one-sided
    tests.append(f"slope_test {network(1, '0', RELU)} [[1]]%Q [[0]]%Q [1]%Q (1 # 4)")
    tests.append(f"slope_test {network(1)} [[1]]%Q [[0]]%Q [1]%Q 0")  # no box
    assert 10 < sum(truths) < 90
    assert computed("Numbers Networks GlobalMinima", tests=(listing(tests), booleans([*truths, False, True, False])))
