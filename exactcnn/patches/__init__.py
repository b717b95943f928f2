"""Patches of a layer, the maps M_k, and the generic rank of U_k (Section 2 of the paper)."""

from exactcnn.patches.builders import Patches, conv1d, conv2d, conv3d, convolution, fully_connected, pooling
from exactcnn.patches.conditions import PatchConditions, patch_conditions
from exactcnn.patches.generic_rank import GenericRank, generic_rank
from exactcnn.patches.graph import PADDING, PatchGraph
from exactcnn.patches.weights import (
    adjoint,
    full_weight_matrix,
    latex_full_weight_matrix,
    symbolic_full_weight_matrix,
    text_full_weight_matrix,
    triplets,
)

__all__ = [
    "PADDING",
    "PatchGraph",
    "Patches",
    "convolution",
    "conv1d",
    "conv2d",
    "conv3d",
    "fully_connected",
    "pooling",
    "PatchConditions",
    "patch_conditions",
    "triplets",
    "full_weight_matrix",
    "adjoint",
    "symbolic_full_weight_matrix",
    "latex_full_weight_matrix",
    "text_full_weight_matrix",
    "GenericRank",
    "generic_rank",
]
