"""Evidence for what a point of the loss surface is, and the claims that state it.

The theorems behind each kind stand in the module that finds it; docs/reference/certificates.md says what is checked.
A *point* is a number: -1 stands for the instance's own parameters, 0, 1, ... for the further points of a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import Evidence

OWN = -1

Type = Literal["minimum", "global minimum", "saddle", "not critical", "not a minimum"]
By = Literal["rational", "formal"]
Norms = tuple[Fraction | None, ...]


# -------------------------------------------------------------------- slices


@dataclass(frozen=True, eq=False)
class Inactive(Evidence):
    """Outputs do not depend on these coordinates near the point."""

    kind: ClassVar[str] = "inactive"
    coordinates: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Scaling(Evidence):
    """A unit may be scaled, and its outgoing weights inversely: one incoming weight is frozen."""

    kind: ClassVar[str] = "scaling"
    layer: int
    unit: int
    coordinate: int


@dataclass(frozen=True, eq=False)
class Shift(Evidence):
    """A neuron that is affine on all samples: its bias is frozen, those above absorb it."""

    kind: ClassVar[str] = "shift"
    layer: int
    neuron: int


@dataclass(frozen=True, eq=False)
class Unseen(Evidence):
    """A unit of layer 1 acts through Z (w, b) only, Z the samples that it sees: its other coordinates are frozen.

    `kept` are columns of Z (slots of the filter, then biases) with the rank of Z; Z_others = Z_kept · `combination`.
    `scaled` is a kept column that is frozen too, by scaling; `shift` is κ with Z_kept κ = 1, for a piece αz + β, β ≠ 0.
    """

    kind: ClassVar[str] = "unseen"
    unit: int
    kept: tuple[int, ...]
    combination: ExactArray
    scaled: int | None = None
    shift: ExactArray | None = None


@dataclass(frozen=True, eq=False)
class Constant(Evidence):
    """A unit that is constant over all samples: its outgoing weights are frozen, biases above absorb them."""

    kind: ClassVar[str] = "constant"
    layer: int
    unit: int


@dataclass(frozen=True, eq=False)
class Mixing(Evidence):
    """Units of a fully connected layer that have the same slope on each sample may be mixed by a regular matrix.

    With E the incoming columns of the units (rows `kept`, effective ones as for `Unseen`, where `combination` is given;
    without the bias if `absorbed`) and V their outgoing rows, outputs depend on E V only. `frozen` says what a
    mixture brings back: "minor", rows `pivots` of E; "outgoing", V and E outside the units `pivots`; "incoming", E and
    V outside the units `pivots`. If `absorbed`, the units are one line on all samples, and the biases above take over
    what biases and constants contribute.
    """

    kind: ClassVar[str] = "mixing"
    layer: int
    units: tuple[int, ...]
    frozen: Literal["minor", "outgoing", "incoming"]
    pivots: tuple[int, ...]
    absorbed: bool
    kept: tuple[int, ...] | None = None
    combination: ExactArray | None = None


Steps = tuple[Evidence, ...]


# -------------------------------------------------------------------- evidence of critical points


@dataclass(frozen=True, eq=False)
class Entry(Evidence):
    """A partial derivative whose ball excludes zero."""

    kind: ClassVar[str] = "entry"
    coordinate: int
    precision: int


@dataclass(frozen=True, eq=False)
class Zero(Evidence):
    """The residual is zero, exactly."""

    kind: ClassVar[str] = "zero"


@dataclass(frozen=True, eq=False)
class MeanTargets(Evidence):
    """The residuals of equal samples sum to zero, exactly: outputs are the mean of their targets."""

    kind: ClassVar[str] = "mean-targets"


@dataclass(frozen=True, eq=False)
class HessianSigns(Evidence):
    """The gradient is zero exactly; a congruence of the Hessian on the slice is diagonally dominant."""

    kind: ClassVar[str] = "hessian"
    by: By
    slice: Steps
    precision: int
    congruence: ExactArray
    kernel: ExactArray | None = None


@dataclass(frozen=True, eq=False)
class Box(Evidence):
    """The loss is strongly convex on a box in whitened coordinates, and the gradient at its centre small."""

    kind: ClassVar[str] = "box"
    slice: Steps
    precision: int
    congruence: ExactArray
    radius: Fraction


@dataclass(frozen=True, eq=False)
class Krawczyk(Evidence):
    """Krawczyk's operator maps a box into itself; a congruence shows the signs of the Hessian on the whole box."""

    kind: ClassVar[str] = "krawczyk"
    slice: Steps
    precision: int
    radii: ExactArray
    inverse: ExactArray
    congruence: ExactArray


@dataclass(frozen=True, eq=False)
class ZeroBox(Evidence):
    """Krawczyk's operator for the outputs as functions of as many coordinates: zero loss is attained in the box."""

    kind: ClassVar[str] = "zero-box"
    precision: int
    columns: tuple[int, ...]
    radii: ExactArray
    inverse: ExactArray


@dataclass(frozen=True, eq=False)
class Kinks(Evidence):
    """A minimum on kinks of layer 1: multipliers inside, curvature along the stratum.

    `basis` and `congruence` are None where the kinks leave no direction. `surplus` has the multipliers of pairs whose
    gradients depend on those of earlier pairs, and zeros for all others; None where there are no such pairs.
    """

    kind: ClassVar[str] = "kinks"
    slice: Steps
    precision: int
    kinks: tuple[tuple[int, int], ...]
    basis: ExactArray | None
    congruence: ExactArray | None
    radius: Fraction | None = None
    surplus: ExactArray | None = None


@dataclass(frozen=True, eq=False)
class Reachable(Evidence):
    """All outputs that are reachable nearby are orthogonal to the residual."""

    kind: ClassVar[str] = "reachable"


@dataclass(frozen=True, eq=False)
class ConstantUnits(Evidence):
    """All hidden weights are zero, and each unit has positive curvature."""

    kind: ClassVar[str] = "constant-units"
    by: By
    precision: int
    congruences: tuple[ExactArray, ...]


@dataclass(frozen=True, eq=False)
class DuplicatedUnits(Evidence):
    """Copies of one unit of a smaller network, whose minimum `small` proves; by definiteness a minimum, else a saddle.

    `copies` are units of layer 1; one of `congruence` (a minimum) and `directions` (a row for each copy: a saddle).
    """

    kind: ClassVar[str] = "duplicated-units"
    precision: int
    copies: tuple[int, ...]
    small: Evidence
    congruence: ExactArray | None
    directions: ExactArray | None


@dataclass(frozen=True, eq=False)
class Descent(Evidence):
    """A direction with a negative one-sided derivative."""

    kind: ClassVar[str] = "descent"
    direction: ExactArray
    precision: int | None = None


@dataclass(frozen=True, eq=False)
class NegativeDirection(Evidence):
    """The gradient is zero exactly, a second derivative negative; and in another direction, perhaps, positive."""

    kind: ClassVar[str] = "negative-direction"
    by: By
    direction: ExactArray
    positive: ExactArray | None
    precision: int


@dataclass(frozen=True, eq=False)
class EqualOutputs(Evidence):
    """F_{L-1} u is a multiple of 1, u the `combination`; where W_L has moved by u in one column, b_L takes it over.

    There the outputs are the same, and the derivative by `coordinate` is not zero.
    """

    kind: ClassVar[str] = "equal-outputs"
    by: Literal["rational", "equal-values"]
    combination: ExactArray
    output: int
    coordinate: int
    precision: int


@dataclass(frozen=True, eq=False)
class DescentCurve(Evidence):
    """A curve θ + s d_1 + s² d_2 + … along which the loss is a polynomial whose lowest coefficient is negative.

    Near s = 0 only, where activations have breakpoints.
    """

    kind: ClassVar[str] = "curve"
    directions: ExactArray


# -------------------------------------------------------------------- claims


@dataclass(frozen=True, eq=False)
class LossClaim(Evidence):
    """lower ≤ Φ ≤ upper at a point; in Q where there is no precision."""

    kind: ClassVar[str] = "loss"
    point: int
    lower: Fraction
    upper: Fraction
    precision: int | None = None


@dataclass(frozen=True, eq=False)
class CriticalPointClaim(Evidence):
    """What a point is, or one of the box around it that the evidence speaks of, and bounds of its loss."""

    kind: ClassVar[str] = "critical-point"
    point: int
    type: Type
    strict: bool
    index: tuple[int, int, int] | None
    loss: tuple[Fraction, Fraction]
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class BasinClaim(Evidence):
    """A box around a point, on whose faces the loss is larger; `floor` is below the loss in the whole box.

    For the faces coordinate j is cut into 2^`depth`[j] equal parts, for the floor into 2^`inside`[j]; a floor of 0
    needs none.
    """

    kind: ClassVar[str] = "basin"
    point: int
    lower: ExactArray
    upper: ExactArray
    depth: tuple[int, ...]
    inside: tuple[int, ...]
    precision: int
    floor: Fraction


@dataclass(frozen=True, eq=False)
class PathClaim(Evidence):
    """A polyline of points along which the loss never grows, and ends below its start."""

    kind: ClassVar[str] = "path"
    points: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ConvexPathClaim(PathClaim):
    """A polyline of points, on each segment of which the loss is constant or convex, that ends below its start.

    Nowhere on it is the loss above that of its start.
    """

    kind: ClassVar[str] = "convex-path"


@dataclass(frozen=True, eq=False)
class BoundedPathClaim(PathClaim):
    """A path all along which, too, the ℓ1 norm of the weights into each unit and its bias is at most that of its layer.

    `norms` has one for each layer; None where there is no bound.
    """

    kind: ClassVar[str] = "bounded-path"
    norms: Norms


@dataclass(frozen=True, eq=False)
class SuboptimalClaim(Evidence):
    """The minimum, or basin, of one claim lies above the loss that another claim bounds; numbers of claims."""

    kind: ClassVar[str] = "suboptimal"
    claim: int
    loss: int


@dataclass(frozen=True, eq=False)
class GradientClaim(Evidence):
    """Whether the gradient by the full weight matrix U_l is zero; if not, an entry that is not."""

    kind: ClassVar[str] = "gradient"
    layer: int
    zero: bool
    entry: tuple[int, int] | None
    precision: int | None


@dataclass(frozen=True, eq=False)
class PopulationMinimumClaim(Evidence):
    """A strict minimum of the population loss of ReLU students in a box around their weights; its loss is positive.

    The teacher's weights have loss 0. `congruence` and `radius` are as in `Box`.
    """

    kind: ClassVar[str] = "population-minimum"
    teacher: Literal["unit-vectors"]
    precision: int
    congruence: ExactArray
    radius: Fraction
    loss: tuple[Fraction, Fraction]
