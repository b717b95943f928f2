"""The loss 1/2 |F_L - Y|^2, its gradient, and its second derivatives as the gradient over dual numbers.

A dual number is A + eps B with eps^2 = 0. Put the parameters theta + eps d into the plain gradient: what comes out is
grad(theta) + eps H d. The entries lie in Q or are balls; then the parameters may be a box, and every result encloses
all results on it. Where a pre-activation meets a breakpoint, or a maximum is not attained once, there are no
derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from exactcnn.checker.activations import Piecewise
from exactcnn.checker.budget import NUMBER, Budget, fraction, multiplication
from exactcnn.checker.document import require
from exactcnn.checker.instance import Instance
from exactcnn.checker.jets import BreakpointError, ball_jet, certain_piece, rational_jet
from exactcnn.checker.kinds.convolution import Convolution
from exactcnn.checker.kinds.layer import PADDING, Layer
from exactcnn.checker.numbers import common_bits
from exactcnn.checker.points import coordinates, known_targets

Pair = tuple[int, int]  # sample, neuron


@dataclass(frozen=True)
class Arithmetic:
    """Matrices over Q, or of balls at the current precision."""

    exact: bool
    matrix: Callable[[int, int, list[Any]], Any]
    zero: Any

    def number(self, value: fmpq) -> Any:
        """Return a rational number as an entry."""
        return value if self.exact else arb(value)

    def bits(self, *tables: Any) -> int:
        """Return how many bits the products of entries of these matrices may have."""
        return sum(common_bits(table.entries()) for table in tables) if self.exact else int(ctx.prec)

    def cost(self, bits: int, rows: int, inner: int, columns: int) -> int:
        """Estimate the nanoseconds of a product of matrices.

        Over Q the rows get common denominators, integers are multiplied, by many primes where they are long, and every
        entry that comes out is reduced.
        """
        if self.exact:
            return rows * inner * columns * (30 + bits // 16) + rows * columns * fraction(bits)
        return rows * inner * columns * (60 + multiplication(bits))


EXACT = Arithmetic(True, fmpq_mat, fmpq(0))
ENCLOSED = Arithmetic(False, arb_mat, arb(0))


@dataclass(frozen=True)
class Dual:
    """A + eps B, matrices of one shape; B is None where it is 0."""

    a: Any
    b: Any = None

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.a + other.a, _sum(self.b, other.b))

    def __mul__(self, other: Dual) -> Dual:
        left = None if other.b is None else self.a * other.b
        return Dual(self.a * other.a, _sum(left, None if self.b is None else self.b * other.a))

    def transpose(self) -> Dual:
        """Return the transposed matrix."""
        return Dual(self.a.transpose(), None if self.b is None else self.b.transpose())

    def entrywise(self, matrix: Any, other: Dual) -> Dual:
        """Return the entrywise product."""
        left = None if other.b is None else entrywise(matrix, self.a, other.b)
        right = None if self.b is None else entrywise(matrix, self.b, other.a)
        return Dual(entrywise(matrix, self.a, other.a), _sum(left, right))

    def mapped(self, change: Callable[[Any], Any]) -> Dual:
        """Return the image under a linear map."""
        return Dual(change(self.a), None if self.b is None else change(self.b))


def _sum(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return left + right


def entrywise(matrix: Any, left: Any, right: Any) -> Any:
    """Return the entrywise product of two matrices."""
    entries = [a * b for a, b in zip(left.entries(), right.entries(), strict=True)]
    return matrix(left.nrows(), left.ncols(), entries)


@dataclass(frozen=True)
class Known:
    """What the first pass finds of a layer: pieces, derivatives or winners, all of them the same for every direction.

    pieces[i][h] is the number of the piece on which the pre-activation lies; winners[i][h] the neuron below that is
    the maximum.
    """

    pieces: list[list[int]]
    values: Any = None
    slopes: Any = None
    bends: Any = None
    winners: list[list[int]] | None = None


class Objective:
    """The loss of an instance at a point, or on a box.

    Parameters
    ----------
    instance : Instance
        With targets, and with the layers of the point: see `exactcnn.checker.points.at_point`.
    theta : list
        All parameters: rational numbers, or balls.
    arithmetic : Arithmetic
        `EXACT` or `ENCLOSED`.
    chosen : mapping
        The pieces of some (sample, neuron) of layer 1 that are at a kink: which formula is to be continued there.
    """

    def __init__(
        self,
        instance: Instance,
        theta: Sequence[Any],
        arithmetic: Arithmetic,
        chosen: Mapping[Pair, int] | None = None,
    ) -> None:
        self.instance, self.arithmetic, self.theta = instance, arithmetic, theta
        self.layers, self.places = instance.layers, coordinates(instance.layers)
        self.budget: Budget = instance.budget
        samples, targets = instance.known_samples(), known_targets(instance)
        self.count = len(samples)
        self.samples = Dual(self._table(samples))
        self.targets = Dual(self._table(targets))
        self.minus_targets = Dual(self._table([[-y for y in row] for row in targets]))
        self.ones = Dual(self._matrix(self.count, 1, [arithmetic.number(fmpq(1))] * self.count))
        self.known: list[Known] = [Known([])]
        self.cost = 0
        self.outputs = self._first_pass(chosen or {})

    def _matrix(self, rows: int, columns: int, entries: list[Any]) -> Any:
        return self.arithmetic.matrix(rows, columns, entries)

    def _table(self, rows: list[list[fmpq]]) -> Any:
        return self._matrix(len(rows), len(rows[0]), [self.arithmetic.number(x) for row in rows for x in row])

    # ---------------------------------------------------------------- parameters as matrices

    def _parameters(self, values: Sequence[Any], layer: Layer, k: int) -> tuple[Any, Any]:
        """Return U_k and the row of biases that a list of all parameters holds; None for a layer without them."""
        if not isinstance(layer, Convolution):
            return None, None
        zero, filters, width = self.arithmetic.zero, layer.filters, layer.width
        self.budget.hold(layer.below * width * NUMBER, f"full weights of layer {k}")
        entries = [zero] * (layer.below * width)
        for row, column, place in self._weight_places(layer, k):
            entries[row * width + column] = values[place]
        if layer.bias == "none":
            return self._matrix(layer.below, width, entries), None
        start = self.places.biases[k]
        biases = [values[start + (h if layer.bias == "neuron" else h % filters)] for h in range(width)]
        return self._matrix(layer.below, width, entries), self._matrix(1, width, biases)

    def _weight_places(self, layer: Layer, k: int) -> Iterator[tuple[int, int, int]]:
        """Yield row and column of U_k, and the coordinate that stands there."""
        filters, start = layer.filters, self.places.weights[k]
        for p, patch in enumerate(layer.patches):
            for s, neuron in enumerate(patch):
                if neuron != PADDING:
                    for t in range(filters):
                        yield neuron, p * filters + t, start + s * filters + t

    def _duals(self, direction: Sequence[Any] | None) -> list[tuple[Dual | None, Dual | None]]:
        """Return U_k and biases of theta + eps d."""
        result: list[tuple[Dual | None, Dual | None]] = []
        for k, layer in enumerate(self.layers):
            if not isinstance(layer, Convolution):
                result.append((None, None))
                continue
            weights, biases = self.matrices[k]
            other: tuple[Any, Any] = (None, None)
            end = self.places.weights[k + 1] if k + 1 < len(self.layers) else self.places.count
            if direction is not None and any(
                direction[e] is not self.arithmetic.zero for e in range(self.places.weights[k], end)
            ):
                other = self._parameters(direction, layer, k)
            result.append((Dual(weights, other[0]), None if biases is None else Dual(biases, other[1])))
        return result

    # ---------------------------------------------------------------- the first pass

    def _first_pass(self, chosen: Mapping[Pair, int]) -> Any:
        """Find pieces, derivatives and winners of all layers; return F_L."""
        self.matrices: list[tuple[Any, Any]] = [
            self._parameters(self.theta, layer, k) for k, layer in enumerate(self.layers)
        ]
        below = self.samples.a
        self.features = [below]
        for k, layer in enumerate(self.layers[1:], start=1):
            if isinstance(layer, Convolution):
                weights, biases = self.matrices[k]
                self._spend(k, below, weights)
                z = below * weights
                z = z if biases is None else z + self.ones.a * biases
            elif layer.kind == "max-pooling":
                winners = self._winners(k, layer, below)
                self.known.append(Known([[0] * layer.width for _ in range(self.count)], winners=winners))
                below = self._gathered(below, winners)
                self.features.append(below)
                continue
            else:
                z = below
            self.known.append(self._jets(k, layer, z, chosen if k == 1 else {}))
            below = self.known[-1].values
            self.features.append(below)
        return below

    def _spend(self, k: int, below: Any, weights: Any) -> None:
        """Pay for the products of a layer, forward and backward, and remember what they cost."""
        bits, below_width, width = self.arithmetic.bits(below, weights), weights.nrows(), weights.ncols()
        cost = self.arithmetic.cost(bits, self.count, below_width, width)
        self.cost += 4 * cost + 2000 * self.count * width
        self.budget.hold(self.count * width * (NUMBER + 2 * bits), f"features of layer {k}")
        self.budget.spend(cost, f"features of layer {k}")

    def _jets(self, k: int, layer: Layer, z: Any, chosen: Mapping[Pair, int]) -> Known:
        activation, width = layer.activation, layer.width
        exact = self.arithmetic.exact
        if exact:
            rational = k == 1 or activation.domain == "rational"
            require(rational, f"layer {k} has no rational derivatives: an activation with powers of 2 above layer 1")
            bits = 2 * self.arithmetic.bits(z)
            value_cost = 6 * activation.value_cost(bits) if isinstance(activation, Piecewise) else 0
        else:
            value_cost = 6 * activation.ball_cost(int(ctx.prec)) + 5000
        self.budget.spend(self.count * width * value_cost, f"derivatives of layer {k}")
        jet = rational_jet(activation) if exact else ball_jet(activation)
        kinks = [self.arithmetic.number(kink) for kink in getattr(activation, "kinks", ())]
        pieces: list[list[int]] = []
        jets = []
        for i, row in enumerate(z.tolist()):
            numbers = []
            for h, t in enumerate(row):
                try:
                    number = chosen[i, h] if (i, h) in chosen else certain_piece(kinks, t)
                except BreakpointError:
                    raise BreakpointError(
                        f"neuron {h} of layer {k} is at a breakpoint on sample {i}, or not certainly off it"
                    ) from None
                numbers.append(number)
                jets.append(jet(number, t))
            pieces.append(numbers)
        values, slopes, bends = (self._matrix(self.count, width, [jet[order] for jet in jets]) for order in range(3))
        return Known(pieces, values, slopes, bends)

    def _winners(self, k: int, layer: Layer, below: Any) -> list[list[int]]:
        result = []
        self.budget.spend(200 * self.count * sum(map(len, layer.patches)), f"maxima of layer {k}")
        for i, row in enumerate(below.tolist()):
            winners = []
            for p, patch in enumerate(layer.patches):
                neurons = [neuron for neuron in patch if neuron != PADDING]
                best = neurons[0]
                for neuron in neurons[1:]:
                    best = neuron if row[neuron] > row[best] else best
                single = all(row[best] > row[neuron] for neuron in neurons if neuron != best)
                require(single, f"the maximum of patch {p} of layer {k} on sample {i} is not certainly attained once")
                winners.append(best)
            result.append(winners)
        return result

    def _gathered(self, below: Any, winners: list[list[int]]) -> Any:
        rows = below.tolist()
        entries = [row[neuron] for row, own in zip(rows, winners, strict=True) for neuron in own]
        return self._matrix(self.count, len(winners[0]), entries)

    def _scattered(self, above: Any, winners: list[list[int]], width: int) -> Any:
        entries = [self.arithmetic.zero] * (self.count * width)
        for i, (row, own) in enumerate(zip(above.tolist(), winners, strict=True)):
            for value, neuron in zip(row, own, strict=True):
                entries[i * width + neuron] = entries[i * width + neuron] + value
        return self._matrix(self.count, width, entries)

    # ---------------------------------------------------------------- over dual numbers

    def _forward(self, parameters: list[tuple[Dual | None, Dual | None]]) -> tuple[list[Dual], list[Dual | None]]:
        """Return the features F_0, ..., F_L and the slopes of the layers 0, ..., L."""
        features, slopes = [self.samples], [None]
        result: list[Dual | None] = [*slopes]
        matrix = self.arithmetic.matrix
        for k in range(1, len(self.layers)):
            known, z = self.known[k], features[-1]
            if known.winners is not None:
                winners = known.winners
                features.append(z.mapped(lambda table, winners=winners: self._gathered(table, winners)))  # type: ignore[misc]
                result.append(None)
                continue
            weights, biases = parameters[k]
            if weights is not None:
                z = z * weights
                z = z if biases is None else z + self.ones * biases
            if z.b is None:
                features.append(Dual(known.values))
                result.append(Dual(known.slopes))
            else:
                features.append(Dual(known.values, entrywise(matrix, known.slopes, z.b)))
                result.append(Dual(known.slopes, entrywise(matrix, known.bends, z.b)))
        return features, result

    def _backward(
        self,
        parameters: list[tuple[Dual | None, Dual | None]],
        features: list[Dual],
        slopes: list[Dual | None],
        down_to: int = 0,
        start: Dual | None = None,
    ) -> tuple[list[tuple[Dual | None, Dual | None]], Dual]:
        """Return the gradients by U_k and by biases, neuron by neuron, and the one by the features F_(down_to).

        They are those of the loss, or of the sum of the outputs times the numbers of `start`.
        """
        last = features[-1] + self.minus_targets if start is None else start
        gradients: list[tuple[Dual | None, Dual | None]] = [(None, None)] * len(self.layers)
        for k in range(len(self.layers) - 1, down_to, -1):
            known, slope = self.known[k], slopes[k]
            if known.winners is not None:
                winners, width = known.winners, self.layers[k].below
                last = last.mapped(lambda table, w=winners, n=width: self._scattered(table, w, n))  # type: ignore[misc]
                continue
            assert slope is not None
            last = last.entrywise(self.arithmetic.matrix, slope)
            weights, biases = parameters[k]
            if weights is not None:
                self._pay_backward(k, last, features[k - 1], weights)
                by_biases = None if biases is None else self.ones.transpose() * last
                gradients[k] = features[k - 1].transpose() * last, by_biases
                last = last * weights.transpose() if k > 1 else last
        return gradients, last

    def _pay_backward(self, k: int, last: Dual, below: Dual, weights: Dual) -> None:
        """Pay for the products of a layer over Q, where numbers grow; `_pay` knows those of balls."""
        if self.arithmetic.exact:
            tables = [each for dual in (last, below, weights) for each in (dual.a, dual.b) if each is not None]
            bits = 2 * max(map(self.arithmetic.bits, tables))
            cost = self.arithmetic.cost(bits, weights.a.nrows(), self.count, weights.a.ncols())
            self.budget.spend(cost * (len(tables) - 1), f"derivatives by layer {k}")

    def _pay_along(self, direction: Sequence[Any]) -> None:
        """Pay for derivatives in a direction over Q, whose numbers may be long; `_pay` knows those of balls."""
        if self.arithmetic.exact:
            own = common_bits(direction)
            for k in range(1, len(self.layers)):
                weights, below = self.matrices[k][0], self.features[k - 1]
                own += self.arithmetic.bits(self.known[k].slopes) if self.known[k].slopes is not None else 0
                if weights is not None:
                    own += self.arithmetic.bits(below, weights)
                    rows, columns = weights.nrows(), weights.ncols()
                    self.budget.hold(self.count * columns * (NUMBER + 2 * own), f"derivatives of layer {k}")
                    cost = self.arithmetic.cost(own, self.count, rows, columns)
                    self.budget.spend(2 * cost + self.count * columns * fraction(own), f"derivatives of layer {k}")

    def _flat(self, gradients: list[tuple[Any, Any]]) -> list[Any]:
        """Return a gradient by the parameters from those by U_k and by the biases of neurons."""
        result = [self.arithmetic.zero] * self.places.count
        for k, layer in enumerate(self.layers):
            by_weights, by_biases = gradients[k]
            if by_weights is not None:
                entries = by_weights.entries()
                for row, column, place in self._weight_places(layer, k):
                    result[place] = result[place] + entries[row * layer.width + column]
            if by_biases is not None:
                for h, value in enumerate(by_biases.entries()):
                    place = self.places.biases[k] + (h if layer.bias == "neuron" else h % layer.filters)
                    result[place] = result[place] + value
        return result

    # ---------------------------------------------------------------- what is asked for

    def residual(self) -> list[list[Any]]:
        """Return F_L - Y, a row for each sample."""
        rows: list[list[Any]] = (self.outputs - self.targets.a).tolist()
        return rows

    def loss(self) -> Any:
        """Return the loss."""
        if self.arithmetic.exact:
            bits = common_bits([*self.outputs.entries(), *self.targets.a.entries()])
            self.budget.spend(2 * self.count * self.layers[-1].width * fraction(2 * bits), "the loss")
        return sum((x * x for row in self.residual() for x in row), self.arithmetic.zero) / 2

    def gradient(self) -> list[Any]:
        """Return the derivatives by all parameters."""
        self._pay(1, "a gradient")
        parameters = self._duals(None)
        gradients, _ = self._backward(parameters, *self._forward(parameters))
        return self._flat([(w and w.a, b and b.a) for w, b in gradients])

    def full_gradient(self, k: int) -> list[list[Any]]:
        """Return the derivatives by the entries of U_k, as if no two of them were the same parameter."""
        self._pay(1, "a gradient")
        parameters = self._duals(None)
        gradients, _ = self._backward(parameters, *self._forward(parameters), down_to=k - 1)
        by_weights = gradients[k][0]
        assert by_weights is not None
        rows: list[list[Any]] = by_weights.a.tolist()
        return rows

    def feature_gradient(self, k: int) -> list[list[Any]]:
        """Return the derivatives by the features F_k, a row for each sample."""
        self._pay(1, "a gradient")
        parameters = self._duals(None)
        _, last = self._backward(parameters, *self._forward(parameters), down_to=k)
        rows: list[list[Any]] = last.a.tolist()
        return rows

    def hessian_times(self, direction: Sequence[Any]) -> list[Any]:
        """Return H d for all parameters."""
        self._pay(3, "a product with the Hessian")
        parameters = self._duals(direction)
        gradients, _ = self._backward(parameters, *self._forward(parameters))
        return self._flat([(w and w.b, b and b.b) for w, b in gradients])

    def outputs_along(self, direction: Sequence[Any]) -> list[Any]:
        """Return the derivatives of the entries of F_L (sample by sample) in a direction."""
        self._pay(1, "derivatives of the outputs")
        self._pay_along(direction)
        features, _ = self._forward(self._duals(direction))
        derivative = features[-1].b
        size = self.count * self.layers[-1].width
        return [self.arithmetic.zero] * size if derivative is None else list(derivative.entries())

    def gradient_of_outputs(self, factors: Sequence[Any]) -> list[Any]:
        """Return the derivatives of the sum of all outputs (sample by sample), each times a factor."""
        self._pay(1, "derivatives of the outputs")
        parameters = self._duals(None)
        start = Dual(self._matrix(self.count, self.layers[-1].width, list(factors)))
        gradients, _ = self._backward(parameters, *self._forward(parameters), start=start)
        return self._flat([(w and w.a, b and b.a) for w, b in gradients])

    def unit(self, e: int) -> list[Any]:
        """Return the direction of a coordinate."""
        zero = self.arithmetic.zero
        result = [zero] * self.places.count
        result[e] = self.arithmetic.number(fmpq(1))
        return result

    def hessian(self, free: Sequence[int]) -> list[list[Any]]:
        """Return the second derivatives by the free coordinates."""
        self.budget.hold(len(free) ** 2 * (NUMBER + 2 * self.arithmetic.bits(self.outputs)), "second derivatives")
        result = []
        for number, e in enumerate(free):
            column = self.hessian_times(self.unit(e))
            result.append([column[f] for f in free])
            self.budget.report("second derivatives", number + 1, len(free))
        return result

    def _pay(self, times: int, what: str) -> None:
        self.budget.spend(times * self.cost + 500 * self.places.count, what)
