"""The families of claims: a module each, every one with readers of the same form (`exactcnn.checker.claim.Reader`)."""

from __future__ import annotations

from exactcnn.checker.claim import Reader
from exactcnn.checker.claims.all_parameters import read_rank_for_all_parameters
from exactcnn.checker.claims.basins import read_basin
from exactcnn.checker.claims.block_terms import read_block_terms
from exactcnn.checker.claims.conclusions import read_conclusion
from exactcnn.checker.claims.constrained import read_constrained_minimum
from exactcnn.checker.claims.critical_points import read_critical_point
from exactcnn.checker.claims.formal_block_terms import read_formal_block_terms
from exactcnn.checker.claims.generic_rank import read_generic_rank
from exactcnn.checker.claims.hypotheses import read_activation_claim, read_width
from exactcnn.checker.claims.losses import read_loss, read_suboptimal
from exactcnn.checker.claims.outputs import read_outputs
from exactcnn.checker.claims.patches import read_distinct_patches, read_patch_structure
from exactcnn.checker.claims.paths import read_bounded_path, read_convex_path, read_path
from exactcnn.checker.claims.population import read_population_minimum
from exactcnn.checker.claims.ranks import read_rank
from exactcnn.checker.claims.separated import read_separated
from exactcnn.checker.claims.singular_values import read_singular_value_counts, read_singular_values
from exactcnn.checker.claims.weights import read_gradient, read_weights_rank

READERS: dict[str, Reader] = {
    "rank": read_rank,
    "generic-rank": read_generic_rank,
    "patch-structure": read_patch_structure,
    "distinct-patches": read_distinct_patches,
    "activation": read_activation_claim,
    "width": read_width,
    "rank-for-all-parameters": read_rank_for_all_parameters,
    "conclusion": read_conclusion,
    "loss": read_loss,
    "critical-point": read_critical_point,
    "suboptimal": read_suboptimal,
    "basin": read_basin,
    "path": read_path,
    "convex-path": read_convex_path,
    "bounded-path": read_bounded_path,
    "weights-rank": read_weights_rank,
    "gradient": read_gradient,
    "singular-values": read_singular_values,
    "singular-value-counts": read_singular_value_counts,
    "population-minimum": read_population_minimum,
    "outputs": read_outputs,
    "block-terms": read_block_terms,
    "formal-block-terms": read_formal_block_terms,
    "separated": read_separated,
    "constrained-minimum": read_constrained_minimum,
}
