"""Small landscapes, written by hand; what is found by floats here is evidence, and nothing of it is trusted."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from flint import arb, ctx

from exactcnn.checker.budget import Budget
from exactcnn.checker.derivatives import ENCLOSED, Objective
from exactcnn.checker.document import Document
from exactcnn.checker.instance import read_instance
from exactcnn.checker.points import at_point, theta


def canonical_text(value):
    return str(Fraction(value))


def critical(kind, evidence, loss, *, strict=False, index=None, point=-1):
    """Return a claim; one number stands for an interval of one number."""
    loss = [canonical_text(x) for x in (loss if isinstance(loss, (list, tuple)) else (loss, loss))]
    claim = {"kind": "critical-point", "point": point, "type": kind, "strict": strict, "index": index}
    return {**claim, "loss": loss, "evidence": evidence}


def with_targets(make, samples, targets, layers):
    return {**make.instance(samples, layers), "targets": make.array(targets)}


def logistic_2(make):
    return make.formula(({(0, 1): 1}, {(0, 0): 1, (0, 1): 1}), exponent=[0, 1], base="2")


def read(document, points=()):
    return read_instance(Document(document, list(points), [], ""), Path(), Budget(1000))


def numeric(document, point=-1, points=()):
    """Return gradient and Hessian in floats."""
    instance = at_point(read(document, points), point)
    with ctx.workprec(200):
        objective = Objective(instance, [arb(x) for x in theta(instance)], ENCLOSED)
        gradient = np.array([float(x.mid()) for x in objective.gradient()])
        rows = objective.hessian(range(len(gradient)))
        return gradient, np.array([[float(x.mid()) for x in row] for row in rows])


def whitening(matrix, bits=20):
    """Return rational C, C^T H C close to a diagonal of ones and minus ones; curvature 0 is left out."""
    matrix = np.array(matrix, dtype=float)
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    columns = [vectors[:, j] / np.sqrt(abs(w)) for j, w in enumerate(values) if abs(w) > 1e-9 * abs(values).max()]
    return [[Fraction(round(float(x) * 2**bits), 2**bits) for x in row] for row in np.array(columns).T.tolist()]


def dyadic(values, bits=60):
    return [Fraction(round(Fraction(float(x)) * 2**bits), 2**bits) for x in np.ravel(values)]


@pytest.fixture(scope="session")
def land(make):
    """Builders of claims and of landscapes."""

    def hessian(congruence, kernel=None, *, by="rational", steps=(), precision=64):
        own = {"kind": "hessian", "by": by, "slice": list(steps), "precision": precision}
        null = None if kernel is None else make.array(kernel)
        return {**own, "congruence": make.array(congruence), "kernel": null}

    def on_slice(document, free, **options):
        """Return Hessian evidence for these free coordinates."""
        _, matrix = numeric(document)
        return hessian(whitening(matrix[np.ix_(free, free)]), **options)

    def box(congruence, radius, *, steps=(), precision=128):
        own = {"kind": "box", "slice": list(steps), "precision": precision}
        return {**own, "congruence": make.array(congruence), "radius": canonical_text(radius)}

    def lds(*, w=1, v=Fraction(9, 50), targets=((-1,), (1,)), activation=None):
        """Li, Ding and Sun, width 1: a strict minimum of loss 49/50."""
        first = make.convolution([[0]], 1, activation or logistic_2(make), weights=[[w]], bias="none")
        last = make.convolution([[0]], 1, "identity", weights=[[v]], bias="none")
        return with_targets(make, [[1], [3]], targets, [first, last])

    def linear_cnn(*, q=(1, 0), p=(1, 0)):
        """A linear network with a shared filter: at q = p = (1, 0) loss 9/8, where 1/2 is possible."""
        windows = [[0, 1], [1, 2]]
        first = make.convolution(windows, 1, "identity", weights=[[x] for x in q], bias="none")
        last = make.convolution([[0, 1]], 1, "identity", weights=[[x] for x in p], bias="none")
        return with_targets(make, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1], [0], [Fraction(3, 2)]], [first, last])

    def layer(weights, biases=None, activation="identity"):
        """Return a fully connected layer from the rows of W; no biases where none are given."""
        own = {} if biases is not None else {"bias": "none"}
        return make.convolution(
            [list(range(len(weights)))], len(weights[0]), activation, weights=weights, biases=biases, **own
        )

    def bottleneck(*, a=(0, 1), b=(0, 1)):
        """Baldi and Hornik: a saddle of loss 2 below targets diag(2, 1); eigenvalues -1, 0, 2, 3."""
        layers = [layer([[x] for x in a]), layer([list(b)])]
        return with_targets(make, [[1, 0], [0, 1]], [[2, 0], [0, 1]], layers)

    def ramp(*, w=-1, b=-2, v=1, c=0, y=(1, 3, -2, -2, 3), x=(-4, -3, -2, -1, 3)):
        """v relu(w x + b) + c: a strict minimum on a slice, at a kink, of loss 11; 3/4 relu(x + 1) has loss 9."""
        layers = [layer([[w]], [b], "relu"), layer([[v]], [c])]
        return with_targets(make, [[t] for t in x], [[t] for t in y], layers)

    def chain(length, value=0):
        """Kawaguchi: 1/2 (w_1 ... w_H - 1)^2."""
        return with_targets(make, [[1]], [[1]], [layer([[value]]) for _ in range(length)])

    return SimpleNamespace(
        **{name: value for name, value in globals().items() if not name.startswith("_") and callable(value)},
        hessian=hessian,
        on_slice=on_slice,
        box=box,
        lds=lds,
        linear_cnn=linear_cnn,
        layer=layer,
        bottleneck=bottleneck,
        ramp=ramp,
        chain=chain,
    )
