"""Exact answers about wide convolutional networks: certified ranks, and which theorems apply to an instance.

The names below are the table of contents; each is loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exactcnn import data as data
    from exactcnn.certificates.certificate import Certificate as Certificate
    from exactcnn.certificates.outcome import Outcome as Outcome
    from exactcnn.certificates.outcome import check as check
    from exactcnn.constructions.independent_features import Construction as Construction
    from exactcnn.constructions.independent_features import construct as construct
    from exactcnn.constructions.output_weights import ParameterCounts as ParameterCounts
    from exactcnn.constructions.output_weights import interpolate as interpolate
    from exactcnn.constructions.output_weights import parameter_counts as parameter_counts
    from exactcnn.data.dataset import Dataset as Dataset
    from exactcnn.domains.exact import ExactArray as ExactArray
    from exactcnn.errors import ExactCNNError as ExactCNNError
    from exactcnn.errors import InputError as InputError
    from exactcnn.interop.onnx_model import from_onnx as from_onnx
    from exactcnn.interop.torch_modules import from_torch as from_torch
    from exactcnn.landscape.block_terms import BlockTerms as BlockTerms
    from exactcnn.landscape.block_terms import block_terms as block_terms
    from exactcnn.landscape.classify import classify as classify
    from exactcnn.landscape.classify import refine as refine
    from exactcnn.landscape.critical_point import CriticalPoint as CriticalPoint
    from exactcnn.landscape.norm_bounds import NormBounds as NormBounds
    from exactcnn.landscape.objective import Objective as Objective
    from exactcnn.linalg.engine import Engine as Engine
    from exactcnn.linalg.evidence import RankBounds as RankBounds
    from exactcnn.network.activations import Activation as Activation
    from exactcnn.network.activations import activation as activation
    from exactcnn.network.definitions import define_activation as define_activation
    from exactcnn.network.features import FeatureMatrix as FeatureMatrix
    from exactcnn.network.instance import Instance as Instance
    from exactcnn.network.layers import AveragePooling as AveragePooling
    from exactcnn.network.layers import Convolution as Convolution
    from exactcnn.network.layers import FullyConnected as FullyConnected
    from exactcnn.network.layers import MaxPooling as MaxPooling
    from exactcnn.network.model import Model as Model
    from exactcnn.network.network import Network as Network
    from exactcnn.network.parameters import LayerParameters as LayerParameters
    from exactcnn.network.parameters import Parameters as Parameters
    from exactcnn.network.parameters import random_parameters as random_parameters
    from exactcnn.network.symbolic_features import SymbolicFeatures as SymbolicFeatures
    from exactcnn.patches.generic_rank import GenericRank as GenericRank
    from exactcnn.patches.generic_rank import generic_rank as generic_rank
    from exactcnn.patches.graph import PatchGraph as PatchGraph
    from exactcnn.patches.pictures import FullWeightMatrix as FullWeightMatrix
    from exactcnn.patches.weights import full_weight_matrix as full_weight_matrix
    from exactcnn.patches.weights import symbolic_full_weight_matrix as symbolic_full_weight_matrix
    from exactcnn.proofs.prove import PageResults as PageResults
    from exactcnn.proofs.prove import prove as prove
    from exactcnn.proofs.registry import PageResult as PageResult
    from exactcnn.theorems.crosscheck import Crosscheck as Crosscheck
    from exactcnn.theorems.crosscheck import crosscheck as crosscheck
    from exactcnn.theorems.crosscheck import crosscheck_matrix as crosscheck_matrix
    from exactcnn.theorems.escape import Escape as Escape
    from exactcnn.theorems.escape import escape as escape
    from exactcnn.theorems.escape_by_theorem import CurvedEscape as CurvedEscape
    from exactcnn.theorems.landscape import CriticalReport as CriticalReport
    from exactcnn.theorems.landscape import critical as critical
    from exactcnn.theorems.layer_rank import LayerRank as LayerRank
    from exactcnn.theorems.least_loss import LeastLoss as LeastLoss
    from exactcnn.theorems.matrix import MatrixRank as MatrixRank
    from exactcnn.theorems.matrix import matrix_rank as matrix_rank
    from exactcnn.theorems.membership import Membership as Membership
    from exactcnn.theorems.membership import membership as membership
    from exactcnn.theorems.outputs import Evaluation as Evaluation
    from exactcnn.theorems.outputs import evaluate as evaluate
    from exactcnn.theorems.summary import Summary as Summary
    from exactcnn.theorems.summary import summary as summary
    from exactcnn.theorems.verdict import Verdict as Verdict
    from exactcnn.theorems.verify import Verification as Verification
    from exactcnn.theorems.verify import verify as verify

_HOMES = {
    "exactcnn.certificates.certificate": ["Certificate"],
    "exactcnn.certificates.outcome": ["Outcome", "check"],
    "exactcnn.data.dataset": ["Dataset"],
    "exactcnn.domains.exact": ["ExactArray"],
    "exactcnn.errors": ["ExactCNNError", "InputError"],
    "exactcnn.landscape.block_terms": ["BlockTerms", "block_terms"],
    "exactcnn.landscape.classify": ["classify", "refine"],
    "exactcnn.landscape.critical_point": ["CriticalPoint"],
    "exactcnn.landscape.norm_bounds": ["NormBounds"],
    "exactcnn.landscape.objective": ["Objective"],
    "exactcnn.interop.onnx_model": ["from_onnx"],
    "exactcnn.interop.torch_modules": ["from_torch"],
    "exactcnn.linalg.engine": ["Engine"],
    "exactcnn.linalg.evidence": ["RankBounds"],
    "exactcnn.network.activations": ["Activation", "activation"],
    "exactcnn.network.features": ["FeatureMatrix"],
    "exactcnn.network.symbolic_features": ["SymbolicFeatures"],
    "exactcnn.network.definitions": ["define_activation"],
    "exactcnn.network.instance": ["Instance"],
    "exactcnn.network.layers": ["AveragePooling", "Convolution", "FullyConnected", "MaxPooling"],
    "exactcnn.network.model": ["Model"],
    "exactcnn.network.network": ["Network"],
    "exactcnn.network.parameters": ["LayerParameters", "Parameters", "random_parameters"],
    "exactcnn.patches.generic_rank": ["GenericRank", "generic_rank"],
    "exactcnn.patches.graph": ["PatchGraph"],
    "exactcnn.patches.pictures": ["FullWeightMatrix"],
    "exactcnn.patches.weights": ["full_weight_matrix", "symbolic_full_weight_matrix"],
    "exactcnn.constructions.independent_features": ["Construction", "construct"],
    "exactcnn.constructions.output_weights": ["ParameterCounts", "interpolate", "parameter_counts"],
    "exactcnn.theorems.escape": ["Escape", "escape"],
    "exactcnn.theorems.escape_by_theorem": ["CurvedEscape"],
    "exactcnn.proofs.prove": ["PageResults", "prove"],
    "exactcnn.proofs.registry": ["PageResult"],
    "exactcnn.theorems.landscape": ["CriticalReport", "critical"],
    "exactcnn.theorems.membership": ["Membership", "membership"],
    "exactcnn.theorems.layer_rank": ["LayerRank"],
    "exactcnn.theorems.least_loss": ["LeastLoss"],
    "exactcnn.theorems.matrix": ["MatrixRank", "matrix_rank"],
    "exactcnn.theorems.crosscheck": ["Crosscheck", "crosscheck", "crosscheck_matrix"],
    "exactcnn.theorems.summary": ["Summary", "summary"],
    "exactcnn.theorems.outputs": ["Evaluation", "evaluate"],
    "exactcnn.theorems.verdict": ["Verdict"],
    "exactcnn.theorems.verify": ["Verification", "verify"],
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["data", *_HOME]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module("exactcnn.data")
    if name not in _HOME:
        raise AttributeError(f"module 'exactcnn' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
