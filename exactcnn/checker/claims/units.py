"""Minima of networks with one hidden layer from what their units are: all constant, or copies of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flint import arb, ctx, fmpq, fmpq_mat

from exactcnn.checker.activations import IDENTITY
from exactcnn.checker.budget import fraction, multiplication
from exactcnn.checker.claims.finding import Evidence, EvidenceReader, Finding
from exactcnn.checker.claims.losses import read_precision
from exactcnn.checker.claims.smooth_minima import enclosed_objective, read_box, read_hessian
from exactcnn.checker.document import FormatError, fields, indices, kind_of, quote, require, sequence, unknown
from exactcnn.checker.inertia import Matrix, form, rank, read_matrix
from exactcnn.checker.instance import Instance
from exactcnn.checker.jets import ball_jet, certain_piece
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import Layer
from exactcnn.checker.losses import exact_loss, exact_residual
from exactcnn.checker.numbers import common_bits


def _require_two_layers(instance: Instance) -> None:
    """Reject the claim unless there are two fully connected layers, the last one without activation."""
    require(len(instance.layers) == 3, f"there are {len(instance.layers) - 1} layers; expected 2")
    for k, layer in enumerate(instance.layers[1:], start=1):
        full = isinstance(layer, Convolution) and layer.patches == [list(range(layer.below))]
        require(full, f"layer {k} is not fully connected")
    require(instance.layers[2].activation.same(IDENTITY), "the activation of layer 2 is not the identity")


def _require_positive(instance: Instance, matrix: list[list[Any]], congruence: Matrix, order: int, what: str) -> None:
    """Reject the claim unless the form, which vanishes on a kernel of codimension `order`, is positive elsewhere."""
    require(congruence.columns == order, f"the congruence of {what} has {congruence.columns} columns; expected {order}")
    found = form(instance, matrix, congruence, what)
    require(found.positive == order, f"{what} is not positive")


# -------------------------------------------------------------------- constant units


def read_constant_units(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence for a minimum where all hidden units are constant.

    W_1 = 0 and the residual R is orthogonal to all affine functions of the samples. So a change of the parameters
    changes <R, outputs> by 1/2 sum_j d_j^T (M_j + o(1)) d_j, d_j the change of the weights of unit j, M_j =
    s''(b_j) sum_c V_jc sum_i R_ic x_i x_i^T; and the o(1) vanishes, too, where d_j is orthogonal to all samples.
    """
    _, by, precision, congruences = fields(evidence, "evidence", "kind", "by", "precision", "congruences")
    if by != "rational":
        raise unknown("derivation", by)
    read_precision(precision)
    matrices = [read_matrix(instance, each, "congruences") for each in sequence(congruences, "congruences")]

    def verify(point: Instance, _: str) -> Finding:
        _require_two_layers(point)
        first, last = point.layers[1:]
        require(all(w == 0 for w in first.known_weights()), "a weight of layer 1 is not 0")
        residual, samples = exact_residual(point), point.known_samples()
        for c in range(last.width):
            column = [row[c] for row in residual]
            require(sum(column, fmpq(0)) == 0, f"the residuals of output {c} do not add up to 0")
            for j in range(first.below):
                total = sum((r * x[j] for r, x in zip(column, samples, strict=True)), fmpq(0))
                require(total == 0, f"the residual of output {c} is not orthogonal to input {j}")
        require(len(matrices) == first.width, f"{len(matrices)} congruences for {first.width} hidden units")
        order = _rank(point, samples)
        with ctx.workprec(precision):
            kinks = [arb(kink) for kink in getattr(first.activation, "kinks", ())]
            jet = ball_jet(first.activation)
            for j, congruence in enumerate(matrices):
                bias = arb(fmpq(0) if first.biases is None else first.biases[j])
                bend = jet(certain_piece(kinks, bias), bias)[2]
                own = last.known_weights()[j * last.width : (j + 1) * last.width]
                weights = [sum((v * r for v, r in zip(own, row, strict=True)), fmpq(0)) for row in residual]
                matrix = _weighted(point, samples, [bend * w for w in weights])
                _require_positive(point, matrix, congruence, order, f"the form of unit {j}")
        loss = exact_loss(point)
        return Finding((loss, loss))

    return Evidence(("minimum",), verify)


def _rank(instance: Instance, rows: list[list[fmpq]]) -> int:
    return rank(instance, fmpq_mat(len(rows), len(rows[0]), [x for row in rows for x in row]), "the samples")


def _weighted(instance: Instance, rows: list[list[fmpq]], weights: list[Any]) -> list[list[Any]]:
    """Return sum_i weights_i x_i x_i^T."""
    size = len(rows[0])
    cost = 500 + multiplication(int(ctx.prec)) + fraction(2 * max(map(common_bits, rows)))
    instance.budget.spend(len(rows) * size**2 * cost, "a form of second derivatives")
    pairs = list(zip(rows, weights, strict=True))
    return [[sum((w * (x[a] * x[b]) for x, w in pairs), arb(0)) for b in range(size)] for a in range(size)]


# -------------------------------------------------------------------- copies of a unit

SMALL: dict[str, EvidenceReader] = {"hessian": read_hessian, "box": read_box}


def read_duplicated_units(instance: Instance, evidence: Any) -> Evidence:
    """Return evidence where some hidden units are copies of one.

    The small network has one unit (w, v) in place of the copies (w, v_a), v = sum v_a, and a minimum there. With
    w_bar = sum v_a w_a / v and d_a = w_a - w_bar the loss is that of the small network at w_bar, and 1/2 sum v_a d_a^T
    (B + o(1)) d_a + 1/2 |D|^2, B = sum_i R_i s''(z_i) x_i x_i^T with D of second order. So there is a minimum if all
    v_a B are positive where the samples see it. If the sum is negative for some d, sum v_a d_a = 0, there is none; and
    no maximum, for the small network has a direction in which it rises.
    """
    names = ("kind", "precision", "copies", "small", "congruence", "directions")
    _, precision, copies, small, congruence, directions = fields(evidence, "evidence", *names)
    read_precision(precision)
    layers = instance.layers
    if len(layers) != 3 or any(not isinstance(layer, Convolution) or len(layer.patches) != 1 for layer in layers[1:]):
        raise FormatError("duplicated-units is evidence for two fully connected layers")
    chosen = indices(copies, "copies", layers[1].width)
    if len(chosen) < 2 or chosen != sorted(chosen):
        raise FormatError("copies are fewer than 2, or not ascending")
    if (congruence is None) == (directions is None):
        raise FormatError("expected one of congruence and directions")
    kind = kind_of(small, "small")
    if kind not in SMALL:
        raise FormatError(f"small is {quote(kind)}; expected hessian or box")
    proof = SMALL[kind](_smaller(instance, chosen, known=False), small)
    whitening = None if congruence is None else read_matrix(instance, congruence, "congruence")
    moves = None if directions is None else read_matrix(instance, directions, "directions")

    def verify(point: Instance, _: str) -> Finding:
        _require_two_layers(point)
        first, last = point.layers[1:]
        require(last.width == 1, f"there are {last.width} outputs; expected 1")
        _require_copies(first, chosen)
        outgoing = [last.known_weights()[j] for j in chosen]
        total = sum(outgoing, fmpq(0))
        require(total != 0, "the outgoing weights of the copies add up to 0")
        require(all(v != 0 for v in outgoing), "the outgoing weight of a copy is 0")
        shares = [v / total for v in outgoing]
        reduced = _smaller(point, chosen, known=True)
        found = proof.verify(reduced, "minimum")
        assert found.box is not None
        with ctx.workprec(precision):
            objective = enclosed_objective(reduced, found.box)
            unit = chosen[0]
            place = objective.places.weight(2, unit, 0)
            scale = found.box[place]
            nonzero = scale.is_finite() and not scale.contains(0)
            require(nonzero, "the outgoing weight of the unit is not certainly other than 0")
            bends = [row[unit] for row in objective.known[1].bends.tolist()]
            one = [fmpq(1)] if first.bias != "none" else []
            rows = [[*row, *one] for row in point.known_samples()]
            weights = [r[0] * bend for r, bend in zip(objective.residual(), bends, strict=True)]
            matrix = _weighted(point, rows, weights)
            if whitening is not None:
                require(all(share > 0 for share in shares), "the shares of the copies have different signs")
                scaled = [[scale * x for x in row] for row in matrix]
                _require_positive(point, scaled, whitening, _rank(point, rows), "the form of the copies")
            if moves is not None:
                _require_descent(moves, shares, scale, matrix)
        return Finding(found.loss)

    return Evidence(("minimum",) if moves is None else ("saddle",), verify, on_a_box=kind == "box")


def _smaller(instance: Instance, copies: list[int], *, known: bool) -> Instance:
    """Return the network with the first of the copies in place of all; its parameters, where they are known."""
    samples, first, last = instance.layers
    kept = [j for j in range(first.width) if j not in set(copies[1:])]
    weights = biases = above = None
    if known:
        own, own_above = first.known_weights(), last.known_weights()
        weights = [own[s * first.filters + j] for s in range(first.slots) for j in kept]
        biases = None if first.biases is None else [first.biases[j] for j in kept]
        total = [sum((own_above[j * last.filters + t] for j in copies), fmpq(0)) for t in range(last.filters)]
        rows = {j: own_above[j * last.filters : (j + 1) * last.filters] for j in kept}
        above = [v for j in kept for v in (total if j == copies[0] else rows[j])]
    low = replace(first, width=len(kept), filters=len(kept), weights=weights, biases=biases)
    high = replace(last, below=len(kept), patches=[list(range(len(kept)))], weights=above)
    return replace(instance, layers=[samples, low, high], points=[])


def _require_copies(layer: Layer, copies: list[int]) -> None:
    """Reject the claim unless the units have the same weights and the same bias."""
    weights = layer.known_weights()
    for j in copies[1:]:
        same = all(weights[s * layer.filters + j] == weights[s * layer.filters + copies[0]] for s in range(layer.slots))
        same = same and (layer.biases is None or layer.biases[j] == layer.biases[copies[0]])
        require(same, f"unit {j} is no copy of unit {copies[0]}")


def _require_descent(moves: Matrix, shares: list[fmpq], scale: arb, matrix: list[list[Any]]) -> None:
    """Reject the claim unless the moves keep the mean and lower the loss to second order."""
    size = len(matrix)
    shape = (moves.rows, moves.columns)
    require(shape == (len(shares), size), f"directions has shape {shape}; expected {(len(shares), size)}")
    table = moves.table()
    for a in range(size):
        mean = sum((share * row[a] for share, row in zip(shares, table, strict=True)), fmpq(0))
        require(mean == 0, "the directions move the mean of the copies")
    value = arb(0)
    for share, row in zip(shares, table, strict=True):
        for a, x in enumerate(row):
            for b, y in enumerate(row):
                value += scale * matrix[a][b] * (share * x * y)
    require(bool(value < 0), "the form of the copies in these directions is not certainly negative")
