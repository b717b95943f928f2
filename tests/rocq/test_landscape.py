"""Losses, better points and critical points: which statements are written, and what has none."""

import copy

import pytest

from exactcnn.rocq.landscape import critical_point, loss, suboptimal
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import document


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
