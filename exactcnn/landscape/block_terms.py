"""What blocks of parameters take off the loss: exact projections of the targets, one block after the other.

Let J be the derivatives of all outputs by all parameters, its columns in blocks D^(1), ..., D^(B), and y the targets as
one vector. The *term* of block b is 1/2 |P[P_N[D^(1) ... D^(b-1)] D^(b)] y|^2, P[M] the orthogonal projection onto the
columns of M and P_N[M] = I - P[M]; it is the difference of two squared distances from y to columns of J. Terms are
defined wherever J is. If the outputs are a combination of columns of J, as they are under a linear last layer, then

    loss = 1/2 |y|^2 - sum of the terms + 1/2 |P[J] r|^2,      r = outputs - y,

for P[J] (outputs - y) = outputs - P[J] y; at a critical point, where J^T r = 0, the last summand is 0.

The distance to the columns of a prefix of blocks is proved by x with J^T (y - J x) = 0 on these columns: two products.
A prefix is solved by its normal equations on columns that are independent; all others follow or are refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from exactcnn.certificates.certificate import Certificate, not_accepted
from exactcnn.display import Shown
from exactcnn.domains.arguments import typed
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.numerals import decimal, rational_text
from exactcnn.errors import InputError
from exactcnn.landscape.coordinates import Coordinates
from exactcnn.landscape.critical_point import loss_document, loss_text
from exactcnn.landscape.formal_terms import FormalBlockTermsClaim, formal_claim
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.fractions import independent_columns
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.resources import Progress, check_memory

if TYPE_CHECKING:
    from flint import fmpz_mat

Blocks = Literal["layer", "unit"]
Integers = NDArray[Any]  # Python integers
ENTRY = 400  # bytes of an entry of J: a fraction, an integer, and its residue


@dataclass(frozen=True)
class Combination:
    """x = coefficients / denominator, by coordinates, such that J x is the nearest to the targets on a prefix."""

    denominator: int
    coefficients: tuple[tuple[int, int], ...]

    def document(self) -> dict[str, Any]:
        """Return the combination as the certificate states it."""
        pairs = [[i, decimal(n)] for i, n in self.coefficients]
        return {"denominator": decimal(self.denominator), "coefficients": pairs}


@dataclass(frozen=True)
class BlockTermsClaim:
    """What is left of ½ ‖Y‖² after each block, the loss, and whether the point is critical."""

    blocks: tuple[tuple[int, ...], ...]
    left: tuple[Fraction, ...]
    loss: Fraction
    critical: bool
    combinations: tuple[Combination | None, ...]

    @property
    def norm(self) -> Fraction:
        """½ ‖Y‖²."""
        return self.left[0]

    @property
    def identity(self) -> bool:
        """Whether the point is critical and the loss is what is left."""
        return self.critical and self.loss == self.left[-1]

    def document(self) -> dict[str, Any]:
        """Return the claim as the certificate states it."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        return {
            "kind": "block-terms",
            "blocks": [list(block) for block in self.blocks],
            "left": [rational_text(value) for value in self.left],
            "loss": rational_text(self.loss),
            "critical": self.critical,
            "combinations": [None if each is None else each.document() for each in self.combinations],
        }


@dataclass(frozen=True, eq=False)
class BlockTerms(Shown):
    """The terms of all blocks: fractions, or pairs of bounds where the derivatives lie in Q(t).

    Attributes
    ----------
    objective : Objective
    names : tuple of str
        Of the blocks.
    claim : BlockTermsClaim or FormalBlockTermsClaim
    checked : bool or None
        Whether the independent checker has accepted them; None if it was not asked.
    rejection : str
        Its message where it has not.
    """

    objective: Objective
    names: tuple[str, ...]
    claim: BlockTermsClaim | FormalBlockTermsClaim
    checked: bool | None = None
    rejection: str = field(default="", repr=False)

    @property
    def terms(self) -> tuple[Any, ...]:
        """½ ‖P[P_N[D^(1) … D^(b-1)] D^(b)] vec Y‖² for each block b."""
        pairs = zip(pairwise(self.claim.left), self.claim.combinations, strict=True)
        return tuple(Fraction(0) if own is None else _less(before, after) for (before, after), own in pairs)

    @property
    def norm(self) -> Fraction:
        """½ ‖Y‖²."""
        return self.claim.norm

    @property
    def left(self) -> Any:
        """½ ‖Y‖² less all terms."""
        return self.claim.left[-1]

    @property
    def loss(self) -> Any:
        """Φ at the point."""
        return self.claim.loss

    @property
    def identity(self) -> bool:
        """Whether the point is critical, and its loss is what the terms leave: the master identity."""
        return self.claim.identity

    @property
    def certificate(self) -> Certificate:
        """The claim about the instance."""
        instance = self.objective.instance
        return Certificate(instance, (self.claim,), len(instance.network.layers))

    @property
    def reason(self) -> str:
        """One sentence on how the loss and the terms belong together."""
        if self.checked is False:
            return not_accepted(self.rejection)
        if self.identity:
            return "the loss, for the point is critical"
        if self.claim.critical:
            return f"critical, but the outputs are no combination of their derivatives: the loss is {_text(self.loss)}"
        return f"the point is not critical: the loss is {_text(self.loss)}"

    def document(self) -> dict[str, Any]:
        """Return what `exactcnn critical --terms --json` prints under "terms"."""
        pairs = zip(self.names, self.terms, strict=True)
        return {
            "norm": _number(self.norm),
            "blocks": [{"name": name, "term": _number(term)} for name, term in pairs],
            "left": _number(self.left),
            "loss": _number(self.loss),
            "critical": self.claim.critical,
            "identity": self.identity,
            "checked": self.checked,
            "reason": self.reason,
        }

    def rows(self) -> list[tuple[str, str]]:
        """What a table shows of it, by name."""
        lines = [("½ ‖Y‖²", _text(self.norm))]
        lines += [(f"less {name}", _text(term)) for name, term in zip(self.names, self.terms, strict=True)]
        return [*lines, ("leaves", f"{_text(self.left)}: {self.reason}")]


@typed
def block_terms(
    objective: Objective | Instance,
    blocks: Blocks | Sequence[Sequence[int]] = "layer",
    *,
    check: bool | None = None,
    progress: Progress | None = None,
) -> BlockTerms:
    """Say what each block of parameters takes off ½ ‖Y‖².

    Parameters
    ----------
    objective : Objective or Instance
        With features in Q, or, for small networks, with one layer of exponentials; at a point where the outputs are
        differentiable.
    blocks : {"layer", "unit"} or sequence of sequences of int
        Layer by layer from below, or unit by unit (the weights into a unit, and its biases); or all coordinates of θ,
        each once, in blocks of any order. Single terms depend on the order, their sum does not.
    check : bool, optional
        Whether to ask the independent checker; by default where it takes a few seconds.
    progress : callable, optional
        Called with ("blocks", done, total).

    Raises
    ------
    InputError
        For features that are neither in Q nor, with one layer of exponentials, in Q(t); at a kink or a tie of a
        maximum; for blocks that are no partition; where memory, or in Q(t) the size of polynomials, does not suffice.

    References
    ----------
    .. [1] Kawaguchi, Huang and Kaelbling, "Effect of depth and width on local minima in deep learning", Neural
       Computation 31 (2019); the identity in the form proved on the page KHK19.identity.

    Examples
    --------
    A hidden unit for each half of six points, at a minimum that is not global:

    >>> from exactcnn.gallery.registry import select
    >>> found = block_terms(select(["swirszcz-2-smooth"])[0].instance(), "unit")
    >>> print(found)
    ½ ‖Y‖²                  38
    less unit 0 of layer 1  35/3
    less unit 1 of layer 1  25
    less unit 0 of layer 2  0
    leaves                  4/3: the loss, for the point is critical
    """
    objective = Objective(objective) if isinstance(objective, Instance) else objective
    if objective.domain == "balls":
        raise InputError("the derivatives lie in balls; expected Q or Q(t), where projections are exact")
    instance, coordinates = objective.instance, objective.coordinates
    assert instance.count is not None
    assert instance.targets is not None
    names, chosen = _blocks(coordinates, blocks)
    rows = instance.count * instance.network.widths[-1]
    check_memory(ENTRY * rows * coordinates.count, what=f"the derivatives of {rows} outputs by all parameters")
    exact = objective.domain == "Q"
    claim = _Projections(objective, chosen).claim(progress) if exact else formal_claim(objective, chosen)
    found = BlockTerms(objective, names, claim)
    checked = found.certificate.checked(check, progress=progress)
    rejection = found.certificate.outcome.message if checked is False else ""
    return replace(found, checked=checked, rejection=rejection)


def least_squares(features: ExactArray, targets: ExactArray) -> BlockTerms:
    """Linear regression with biases of targets (N, m) on features (N, n): `left` is its loss, not yet checked.

    Examples
    --------
    >>> from exactcnn.domains.exact import exact_array
    >>> least_squares(exact_array([[0], [1], [2]], name="x"), exact_array([[0], [0], [1]], name="y")).left
    Fraction(1, 12)
    """
    (_, width), (_, outputs) = features.shape, targets.shape
    network = Network((width,), [FullyConnected(outputs, activation="identity")])
    zero = np.zeros((width + 1, outputs), dtype=np.int64)
    parameters = Parameters.from_arrays(network, {"W1": zero[1:], "b1": zero[0]})
    return block_terms(Instance(network, parameters, features, targets), check=False)


def _blocks(coordinates: Coordinates, blocks: Blocks | Sequence[Sequence[int]]) -> tuple[tuple[str, ...], Any]:
    """Names and coordinates of the blocks."""
    if blocks == "layer":
        own = coordinates.blocks
        names = tuple(f"layer {block.layer.number}" for block in own)
        return names, tuple(tuple(range(block.start, block.stop)) for block in own)
    if blocks == "unit":
        units = [(block.layer.number, unit) for block in coordinates.blocks for unit in range(block.layer.filters)]
        names = tuple(f"unit {unit} of layer {number}" for number, unit in units)
        return names, tuple(tuple(sorted(coordinates.unit(number, unit))) for number, unit in units)
    try:
        given = tuple(tuple(int(i) for i in block) for block in blocks)
    except (TypeError, ValueError):
        raise InputError(f"blocks = {blocks!r}; expected 'layer', 'unit', or lists of coordinates") from None
    if sorted(i for block in given for i in block) != list(range(coordinates.count)) or not all(given):
        raise InputError(f"blocks: expected each of the coordinates 0 to {coordinates.count - 1} in one block")
    return tuple(f"block {b}" for b in range(len(given))), given


class _Projections:
    """J and the targets as integers, and the combinations that are nearest to the targets."""

    def __init__(self, objective: Objective, blocks: tuple[tuple[int, ...], ...]) -> None:
        self.objective, self.blocks = objective, blocks
        self.order = [i for block in blocks for i in block]
        self.jacobian, self.scale = objective.jacobian().integers()  # J times one denominator
        assert objective.instance.targets is not None
        targets, self.unit = objective.instance.targets.integers()
        self.targets: Integers = targets.ravel()
        self.critical = not objective.gradient().numbers.any()

    def claim(self, progress: Progress | None) -> BlockTermsClaim:
        """Solve prefix after prefix; nothing changes where the rank does not grow, or all is known already."""
        pivots = [self.order[j] for j in independent_columns(self.jacobian[:, self.order])]
        loss, own = self.objective.loss(), self._outputs()
        assert isinstance(loss, Fraction)
        left, combinations, size, ends = [Fraction(self._squared(), 2 * self.unit**2)], list[Combination | None](), 0, 0
        for done, block in enumerate(self.blocks, start=1):
            ends += len(block)
            inside = set(self.order[:ends])
            columns = [i for i in pivots if i in inside]
            final = self.critical and own is not None and all(i in inside for i, _ in own.coefficients)
            if len(columns) == size or (own is not None and self.critical and left[-1] == loss):
                found, value = None, left[-1]
            elif final:  # the residual is orthogonal to all columns, so the outputs are the nearest
                found, value = own, loss
            else:
                found, value = self._nearest(columns)
            size = len(columns)
            combinations.append(found)
            left.append(value)
            if progress is not None:
                progress("blocks", done, len(self.blocks))
        return BlockTermsClaim(self.blocks, tuple(left), loss, self.critical, tuple(combinations))

    def _squared(self) -> int:
        return sum(y * y for y in self.targets.tolist())

    def _outputs(self) -> Combination | None:
        """The weights and biases of the last layer, where J takes them to the outputs."""
        block = self.objective.coordinates.blocks[-1]
        places = list(range(block.start, block.stop))
        weights, denominator = self.objective.theta[places].integers()
        outputs, scale = self.objective.outputs().integers()
        image = self.jacobian[:, places] @ weights
        if bool((image * scale != outputs.ravel() * (self.scale * denominator)).any()):
            return None
        pairs = tuple((i, n) for i, n in zip(places, weights.tolist(), strict=True) if n)
        return Combination(denominator, pairs)

    def _nearest(self, columns: list[int]) -> tuple[Combination, Fraction]:
        """The combination of independent columns that is nearest to the targets, and half its squared distance."""
        chosen = self.jacobian[:, columns]
        common = [math.gcd(*column) for column in chosen.T.tolist()]
        matrix, right = _flint(chosen // np.array(common, dtype=object)), _flint(self.targets[:, None])
        square = matrix.nrows() == len(columns)
        adjoint = matrix.transpose()
        solved = matrix.solve(right) if square else (adjoint * matrix).solve(adjoint * right)
        values = [Fraction(int(x.p), int(x.q)) for x in solved.entries()]
        scaled = [x * Fraction(self.scale, c * self.unit) for x, c in zip(values, common, strict=True)]
        denominator = math.lcm(*(x.denominator for x in scaled))
        pairs = tuple((i, int(x * denominator)) for i, x in zip(columns, scaled, strict=True) if x)
        projected = sum((x * int(y) for x, y in zip(values, (adjoint * right).entries(), strict=True)), Fraction(0))
        return Combination(denominator, pairs), (self._squared() - projected) / (2 * self.unit**2)


def _flint(matrix: Integers) -> fmpz_mat:
    from flint import fmpz_mat

    rows, columns = matrix.shape
    return fmpz_mat(rows, columns, matrix.ravel().tolist())


def _less(before: Any, after: Any) -> Any:
    if isinstance(before, Fraction):
        return before - after
    return before[0] - after[1], before[1] - after[0]


def _number(value: Any) -> dict[str, Any]:
    return loss_document((value, value) if isinstance(value, Fraction) else value)


def _text(value: Any) -> str:
    return loss_text((value, value) if isinstance(value, Fraction) else value)
