"""Full weight matrices, and kernel vectors written out as polynomials: U h = 0 at weights at random."""

import random
from fractions import Fraction

import pytest

from exactcnn.patches.weights import full_weight_matrix as symbolic
from exactcnn.rocq.network import RocqInstance
from exactcnn.rocq.structure import _expanded, full_weight_matrix, generic_rank, weights_rank
from exactcnn.rocq.text import NoRocqForm
from tests.rocq.examples import certificates, document


def at(terms, weights):
    total = 0
    for exponents, c in terms:
        value = c
        for e in exponents:
            value *= weights[e]
        total += value
    return total


def deficient(check):
    for number in range(len(certificates(check))):
        given = document(check, number)
        claim = given["claims"][0]
        if claim["kind"] == "generic-rank" and claim["upper_evidence"]["kind"] in ("determinantal", "syzygies"):
            yield given, claim


@pytest.mark.parametrize("check", ["gaps_patches.deficient_image", "gaps_patches.rank_formula"])
def test_vectors_by_determinants_are_in_the_kernel_at_all_weights(check):
    draw, seen = random.Random(1), 0
    for given, claim in deficient(check):
        evidence, layer = claim["upper_evidence"], given["instance"]["layers"][0]
        filters, slots = layer["filters"], len(layer["patches"][0])
        for vector in evidence["vectors"]:
            h = _expanded(evidence, vector, filters)
            assert any(h.values())
            weights = [draw.randrange(-9, 10) for _ in range(slots * filters)]
            rows = [weights[s * filters : (s + 1) * filters] for s in range(slots)]
            matrix = full_weight_matrix(layer, given["instance"]["input_width"], rows)
            kernel = [at(h.get(column, []), weights) for column in range(len(matrix[0]))]
            assert all(sum(u * x for u, x in zip(row, kernel, strict=True)) == 0 for row in matrix)
            seen += 1
    assert seen


def test_the_matrix_is_that_of_the_engine():
    given = document("gaps_patches.deficient_image")
    layer, below = given["instance"]["layers"][0], given["instance"]["input_width"]
    certificate = certificates("gaps_patches.deficient_image")[0]
    resolved = certificate.instance.network.resolved[0]
    slots, filters = len(layer["patches"][0]), layer["filters"]
    weights = [[Fraction(s * filters + t + 1) for t in range(filters)] for s in range(slots)]
    other = symbolic(resolved.patches, [[int(w) for w in row] for row in weights])
    assert full_weight_matrix(layer, below, weights) == [[Fraction(str(x)) for x in row] for row in other.tolist()]


def test_several_vectors_leave_the_bound_on_paper():
    found = [
        theorem.paper
        for given, claim in deficient("gaps_patches.rank_formula")
        for theorem in generic_rank(RocqInstance(given), claim, "c")
        if len(claim["upper_evidence"]["vectors"]) > 1
    ]
    assert any("the file has one kernel vector of" in paper for paper in found)


def test_evidence_without_a_form_is_named():
    given, claim = next(deficient("gaps_patches.deficient_image"))
    lifted = claim | {"upper_evidence": {"kind": "lifting"}}
    (below,) = generic_rank(RocqInstance(given), lifted, "c")
    assert below.paper == "the bound from above (evidence 'lifting')"
    assert "Definition c_U" in below.witness
    with pytest.raises(NoRocqForm, match="'lifting'"):
        generic_rank(RocqInstance(given), lifted | {"lower": 0}, "c")


@pytest.mark.parametrize(("neurons", "chosen"), [([], [0, 1]), ([2, 0], [3]), ([1], [])])
def test_a_cover_bounds_the_rank_at_all_weights(neurons, chosen):
    given, claim = next(deficient("gaps_patches.deficient_image"))
    filters = given["instance"]["layers"][0]["filters"]
    upper = len(neurons) + filters * len(chosen)
    evidence = {"kind": "cover", "neurons": neurons, "patches": chosen}
    (above,) = generic_rank(RocqInstance(given), claim | {"lower": 0, "upper": upper, "upper_evidence": evidence}, "c")
    assert above.statement == f"forall w, rank_from_above (c_U w) {upper}"
    assert f"c_neurons : list nat :=\n  {neurons}%nat".replace(",", ";") in above.witness.replace("above_", "")
    assert f"c_patches : list nat :=\n  {chosen}%nat".replace(",", ";") in above.witness.replace("above_", "")


def test_weights_of_an_instance():
    given = document("critical_points.point_in_s")
    claim = next(claim for claim in given["claims"] if claim["kind"] == "weights-rank")
    below, above = weights_rank(RocqInstance(given), claim, "c")
    assert "full_weight_matrix rationals" in below.witness
    assert "Definition c_U" not in above.witness
