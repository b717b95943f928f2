"""Claims: each is a frozen value beside the function that decides it, and a document that the checker reads."""

import dataclasses
import json
from fractions import Fraction

import pytest

from exactcnn.checker.claims import READERS
from exactcnn.data.collisions import DistinctPatchesClaim
from exactcnn.domains.exact import ExactArray
from exactcnn.landscape import evidence
from exactcnn.landscape.block_terms import BlockTermsClaim, Combination
from exactcnn.landscape.constrained import ConstrainedMinimumClaim
from exactcnn.landscape.formal_terms import FormalBlockTermsClaim, FormalCombination
from exactcnn.landscape.separated import SeparatedClaim
from exactcnn.linalg.counting import Inertia
from exactcnn.linalg.decomposition import Enclosures
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.as_given import AsGiven
from exactcnn.network.assumption_3_2 import ActivationClaim
from exactcnn.network.features import RankClaim
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import random_parameters
from exactcnn.patches.conditions import PatchConditions, PatchStructureClaim
from exactcnn.patches.generic_rank import GenericRankClaim, generic_rank
from exactcnn.patches.graph import PatchGraph
from exactcnn.theorems.hypotheses import WidthClaim
from exactcnn.theorems.independence import ConclusionClaim, EqualSamples, RankForAllParametersClaim
from exactcnn.theorems.membership import WeightsRankClaim
from exactcnn.theorems.numerical_rank import CountClaim, SingularValuesClaim
from exactcnn.theorems.outputs import OutputsClaim

GRAPH = PatchGraph.from_patches(3, [[0, 1], [1, 2]])
NETWORK = Network((1,), [FullyConnected(1, activation="relu")])
ENDS, ONES = (Fraction(1, 3), Fraction(1, 2)), ExactArray.from_array([1, 1])
CLAIMS = {
    "rank": RankClaim(1, RankBounds(0, 2)),
    "generic-rank": GenericRankClaim(1, generic_rank(GRAPH, 1)),
    "patch-structure": PatchStructureClaim(1, PatchConditions((), (), ())),
    "distinct-patches": DistinctPatchesClaim(True, None),
    "activation": ActivationClaim(1, True),
    "width": WidthClaim(1, False),
    "rank-for-all-parameters": RankForAllParametersClaim(1, 1, EqualSamples(((0, 1),))),
    "singular-values": SingularValuesClaim(1, Enclosures(((Fraction(1, 2), Fraction(1)),), None, 128)),
    "singular-value-counts": CountClaim(1, Fraction(1, 3), 1, 1, Inertia(1, 1, 64, (((0,), (1, 2)),))),
    "conclusion": ConclusionClaim("NH18.T3.4", 1, "refuted", "all parameters", "width"),
    "weights-rank": WeightsRankClaim(2, RankBounds(0, 2)),
    "outputs": OutputsClaim(AsGiven(NETWORK, random_parameters(NETWORK)), None, ()),
    "block-terms": BlockTermsClaim(
        ((0,), (1,)), (ENDS[1],) * 3, ENDS[1], False, (Combination(2, ((0, 10**5000),)), None)
    ),
    "formal-block-terms": FormalBlockTermsClaim(
        ((0, 1),), ENDS[0], (ENDS, ENDS), ENDS, True, True, 128, (FormalCombination((ENDS,), ((1, (ENDS,)),)),)
    ),
}
ABOUT_THE_LOSS = {  # with arrays, which are compared by what they are and not by their numbers
    "loss": evidence.LossClaim(-1, *ENDS, 64),
    "critical-point": evidence.CriticalPointClaim(-1, "minimum", False, None, ENDS, evidence.Reachable()),
    "suboptimal": evidence.SuboptimalClaim(0, 1),
    "basin": evidence.BasinClaim(-1, ONES, ONES, (1, 1), (0, 0), 64, ENDS[0]),
    "path": evidence.PathClaim((-1, 0)),
    "convex-path": evidence.ConvexPathClaim((-1, 0)),
    "bounded-path": evidence.BoundedPathClaim((-1, 0), (None, ENDS[1])),
    "separated": SeparatedClaim((-1, 0), ENDS[0]),
    "constrained-minimum": ConstrainedMinimumClaim(-1, (ENDS[0], None), 64, ONES, None),
    "gradient": evidence.GradientClaim(1, True, None, None),
    "population-minimum": evidence.PopulationMinimumClaim("unit-vectors", 64, ONES, ENDS[0], ENDS),
}


def test_every_kind_of_claim_that_the_checker_reads_has_a_class():
    assert CLAIMS.keys() | ABOUT_THE_LOSS.keys() == READERS.keys()


@pytest.mark.parametrize("kind", ABOUT_THE_LOSS)
def test_a_claim_about_the_loss_has_a_document(kind):
    document = ABOUT_THE_LOSS[kind].document()
    assert document["kind"] == kind
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_claim_is_a_value_with_a_document(kind):
    claim = CLAIMS[kind]
    document = claim.document()
    assert document["kind"] == kind
    assert json.loads(json.dumps(document)) == document
    assert dataclasses.replace(claim) == claim
    assert hash(dataclasses.replace(claim)) == hash(claim)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(claim, dataclasses.fields(claim)[0].name, None)


@pytest.mark.parametrize(
    ("pair", "stated"), [(None, {"holds": True, "pair": None}), ((0, 1, 2, 3), {"holds": False, "pair": [0, 1, 2, 3]})]
)
def test_patches_that_are_shared(pair, stated):
    for cross in (True, False):
        document = {"kind": "distinct-patches", "layer": 1, "cross_position": cross, **stated}
        assert DistinctPatchesClaim(cross, pair).document() == document


@pytest.mark.parametrize(
    ("conditions", "violation"),
    [
        (PatchConditions((), (), ()), None),
        (PatchConditions((3, 4), ((0, 1),), ()), {"kind": "uncovered", "neurons": [3, 4]}),
        (PatchConditions((), ((0, 2), (1, 3)), (5,)), {"kind": "identical", "patches": [0, 2]}),
        (PatchConditions((), (), (5,)), {"kind": "padding", "patches": [5]}),
    ],
)
def test_the_first_violation_is_stated(conditions, violation):
    document = PatchStructureClaim(2, conditions).document()
    assert document == {"kind": "patch-structure", "layer": 2, "holds": violation is None, "violation": violation}
