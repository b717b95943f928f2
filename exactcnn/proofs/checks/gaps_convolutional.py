"""The question after Theorem 4.5: layer k + 1 convolutional. Minima in S_k with a positive loss, from N = 3 on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exactcnn.gallery.piece import Piece
from exactcnn.network.features import FeatureMatrix
from exactcnn.proofs.checks.below_a_convolution import two_samples
from exactcnn.proofs.checks.critical_points import least_singular_values
from exactcnn.proofs.checks.points import at_better, decided, in_s, losses, piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check

if TYPE_CHECKING:
    import sympy


# -------------------------------------------------------------------- the loss on a cell, as a polynomial


@dataclass(frozen=True, eq=False)
class Cell:
    """The loss near a point where layer 1 is locally constant and layer 2 affine, minimised over the output biases.

    Attributes
    ----------
    loss : sympy expression
        In q_s (filter), b_p (biases of layer 2) and p_{p,c} (W_3), by name "q0", "b0", "p00", ...
    values : dict
        These at the point.
    """

    loss: sympy.Expr
    values: dict[str, Any]

    def at_the_point(self) -> Any:
        """Value at the point itself."""
        import sympy

        return self.loss.subs({sympy.Symbol(name): value for name, value in self.values.items()})


def cell(piece: Piece) -> Cell | str:
    """Return the loss on the cell of a piece's point, or the reason why there is none such."""
    import sympy

    instance = piece.instance()
    network, parameters, samples, targets = (
        instance.network,
        instance.parameters,
        instance.samples,
        instance.targets,
    )
    assert parameters is not None
    assert samples is not None
    assert targets is not None
    lower, middle, upper = (parameters.layer(number) for number in (1, 2, 3))
    first, second = network.convolved(1).activation, network.convolved(2)
    assert lower.biases is not None
    assert middle.biases is not None
    sums = samples.fractions() @ lower.weights.fractions() + lower.biases.fractions()
    for z in sums.ravel().tolist():
        if z in first.kinks or first.pieces[first.piece(z)].constant is None:
            return f"layer 1 is not locally constant at {z}"
    features = FeatureMatrix(network, parameters, samples, 1).exact().fractions()
    slots = second.patches.slots.tolist()
    filters = middle.weights.fractions()[:, 0].tolist()
    lines: set[tuple[Any, Any]] = set()
    for row in features.tolist():
        for p, patch in enumerate(slots):
            z = sum(w * row[j] for w, j in zip(filters, patch, strict=True)) + middle.biases.fractions()[p]
            line = second.activation.pieces[second.activation.piece(z)].affine
            if z in second.activation.kinks or line is None:
                return f"layer 2 is not affine at {z}"
            lines.add(line)
    if len(lines) != 1:
        return f"layer 2 meets {len(lines)} lines"

    def number(value: Any) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    offset, slope = map(number, lines.pop())
    q = sympy.symbols(f"q0:{len(filters)}")
    b = sympy.symbols(f"b0:{len(slots)}")
    outputs = range(targets.shape[1])
    weights = [[sympy.Symbol(f"p{h}{c}") for c in outputs] for h in range(len(slots))]
    rest = []
    for row, wanted in zip(features.tolist(), targets.fractions().tolist(), strict=True):
        units = [
            offset + slope * (sum(q[s] * number(row[j]) for s, j in enumerate(patch)) + b[h])
            for h, patch in enumerate(slots)
        ]
        rest.append([sum(weights[h][c] * units[h] for h in range(len(slots))) - number(wanted[c]) for c in outputs])
    loss = sympy.Integer(0)
    for c in outputs:  # the best output bias is minus the mean
        mean = sum(row[c] for row in rest) / len(rest)
        loss += sum((row[c] - mean) ** 2 for row in rest) / 2
    arrays = {f"q{s}": value for s, value in enumerate(filters)}
    arrays |= {f"b{h}": value for h, value in enumerate(middle.biases.fractions().tolist())}
    last = upper.weights.fractions()
    arrays |= {f"p{h}{c}": last[h, c] for h in range(len(slots)) for c in outputs}
    return Cell(sympy.expand(loss), {name: number(value) for name, value in arrays.items()})


def _refuted(piece: Piece, what: str, details: dict[str, Any]) -> CheckResult:
    """A minimum that the page proves: both points in S_1 under Assumption 4.1, their losses certified."""
    here, there = in_s(piece.instance()), in_s(at_better(piece))
    (lower, upper), certificate = losses(piece)
    problem = here.problem or there.problem
    if problem or not here.slopes or not lower > upper:
        return undecided(problem or "the better point is not better, or a slope vanishes")
    certificates = (*here.certificates, *there.certificates, certificate)
    return CheckResult("refuted", "an instance", what, details, certificates)


# -------------------------------------------------------------------- three samples


@check("NH18.G.convolutional")
def three_samples() -> CheckResult:
    """Φ ≥ 1 on the cell where 4 p_0 q_0 ≥ 3 + abs(s): 3 (Φ - 1) = t (4 p_0 q_0 - 3 - s) + (p_0 q_1 - p_1 q_0)² + t²."""
    import sympy

    piece = piece_of("convolutional-regression")
    found = cell(piece)
    if isinstance(found, str):
        return undecided(found)
    q0, q1, p0, p1 = sympy.symbols("q0 q1 p00 p10")
    s, t, a, d = p0 * q1 + p1 * q0, p1 * q1, p0 * q0, p0 * q1 - p1 * q0
    for other in (s**2 - s * t + t**2 - 3 * t, t * (4 * a - 3 - s) + d**2 + t**2):
        if sympy.expand(3 * (found.loss - 1) - other) != 0:
            return undecided("the loss on the cell is not the polynomial of the page")
    margin = _value(4 * a - 3 - abs(s), found)
    if not (margin > 0 and found.at_the_point() == 1):
        return undecided("the point is not inside the region")
    what = "a local minimum in S_1 with Φ = 1, three samples; another point of S_1 has Φ = 0"
    return _refuted(piece, what, {"margin": str(margin), "samples": 3})


@check("NH18.G.convolutional")
def three_samples_of_two_classes() -> CheckResult:
    """Φ ≥ 2/3 on the cell wherever p_00 q_0 ≥ 2/3 and p_01 q_0 ≤ -2/3: one identity for each of the two outputs."""
    import sympy

    piece = piece_of("convolutional-one-hot")
    found = cell(piece)
    if isinstance(found, str):
        return undecided(found)
    q0, q1 = sympy.symbols("q0 q1")
    total, margins = sympy.Integer(0), []
    for c, sign in ((0, 1), (1, -1)):
        p0, p1 = sympy.symbols(f"p0{c} p1{c}")
        s, t, a, d = p0 * q1 + p1 * q0, p1 * q1, p0 * q0, p0 * q1 - p1 * q0
        part = 3 * s**2 + 4 * t**2 - 8 * sign * t
        if sympy.expand(part - (t * (12 * a - 8 * sign) + 3 * d**2 + 4 * t**2)) != 0:
            return undecided("the identity of the page does not hold")
        total += part
        margins.append(_value(sign * a, found) - sympy.Rational(2, 3))
    two_thirds = sympy.Rational(2, 3)
    if sympy.expand(12 * (found.loss - two_thirds) - total) != 0:
        return undecided("the loss on the cell is not the polynomial of the page")
    if not (min(margins) > 0 and found.at_the_point() == two_thirds):
        return undecided("the point is not inside the region")
    what = "a local minimum in S_1 with Φ = 2/3, three samples of two classes; another point of S_1 has Φ = 0"
    return _refuted(piece, what, {"margins": list(map(str, margins)), "samples": 3})


def _value(expression: Any, found: Cell) -> Any:
    import sympy

    return expression.subs({sympy.Symbol(name): value for name, value in found.values.items()})


# -------------------------------------------------------------------- two samples


@check("NH18.G.convolutional")
def saddle_of_two_samples() -> CheckResult:
    """With two samples a critical point of S_1 has positive loss; it is a saddle, as it must be."""
    piece = piece_of("convolutional-saddle")
    member, (point, certificate) = in_s(piece.instance()), decided(piece)
    lemma = two_samples(piece.instance())
    if lemma.status != "proved":
        return undecided(lemma.what)
    if member.problem or point.status != "saddle" or not point.loss[0] > 0:
        return undecided(member.problem or f"the point is {point.status}: {point.reason}")
    what = "a critical point in S_1 with two samples and a positive loss, a saddle"
    return CheckResult("refuted", "an instance", what, {}, (*member.certificates, certificate))


# -------------------------------------------------------------------- more minima


def _minimum(name: str, loss: Fraction, what: str) -> CheckResult:
    """A minimum that a Hessian proves, in S_1, and a better point."""
    piece = piece_of(name)
    found = cell(piece)
    if isinstance(found, str) or found.at_the_point() != loss:
        return undecided(f"the loss is not {loss}")
    member, (point, certificate) = in_s(piece.instance()), decided(piece)
    if member.problem or not member.slopes or not point.loss[0] <= loss <= point.loss[1]:
        return undecided(member.problem or "a slope may vanish")
    if point.finding is None or point.finding.type != "minimum" or not point.suboptimal:
        return undecided(f"the point is {point.status}: {point.reason}")
    details = {"loss": str(loss), "frozen": len(point.frozen)}
    what = f"{what}: a local minimum in S_1 with Φ = {loss}, not global"
    return CheckResult("refuted", "an instance", what, details, (*member.certificates, certificate))


@check("NH18.G.more-minima")
def and_of_two_bits() -> CheckResult:
    """AND of two bits, one-hot: a minimum in S_1 with Φ = 1/4; a point of S_1 with Φ = 0."""
    return _minimum("convolutional-and", Fraction(1, 4), "AND of two bits")


@check("NH18.G.more-minima")
def six_samples() -> CheckResult:
    """A regression with six samples and a filter of three weights: a minimum in S_1 with Φ = 231/625."""
    return _minimum("convolutional-six", Fraction(231, 625), "six samples")


@check("NH18.G.more-minima")
def all_sigmoids() -> CheckResult:
    """All hidden units sigmoids: a strict minimum in a box, all of which is in S_1."""
    piece = piece_of("convolutional-sigmoids")
    member, (point, certificate) = in_s(piece.instance()), decided(piece)
    if member.problem or not member.slopes:
        return undecided(member.problem or "a slope may vanish")
    if point.status != "strict minimum" or not point.suboptimal or point.finding is None:
        return undecided(f"the point is {point.status}: {point.reason}")
    least = least_singular_values(point.objective, point.finding, 1)
    if not min(least.values()) > 0:
        return undecided("the box is not proved to be in S_1")
    what = f"a strict local minimum with Φ = {float(point.loss[0]):.6f}, not global, in a box inside S_1"
    return CheckResult("refuted", "an instance", what, {"least singular values": least}, (certificate,))
