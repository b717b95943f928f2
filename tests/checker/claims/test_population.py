"""Minima of the population loss: derivatives against differences, each obligation violated alone, altered digits."""

import copy
import json
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq

from exactcnn.checker import check
from exactcnn.checker.budget import Budget, BudgetError
from exactcnn.checker.claims.population import Students, spend
from tests.checker.claims.outcomes import accepted, rejected

PRECISION = 128
# of six students: unit 0 alone, the others alike; Newton's method below adds the digits
SIX = (
    "-0.6015119235610943",
    "0.2245158075994780",
    "0.3080109914790690",
    "0.9867038188885770",
    "-0.0504134032168087",
)


def six():
    alone, others, back, own, rest = map(Fraction, SIX)
    rows = [[alone] + [others] * 5] + [[back] + [own if i == j else rest for j in range(5)] for i in range(5)]
    return [rows[unit][slot] for slot in range(6) for unit in range(6)]


def derivatives(weights, n):
    students = Students([arb(_flint(x)) for x in weights], n)
    gradient = students.gradient()
    return gradient, np.array([[float(x.mid()) for x in row] for row in students.hessian()])


def _flint(x):
    return fmpq(x.numerator, x.denominator)


def dyadic(ball):
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def polished(weights, n):
    """Newton's method with a float inverse: each step adds the digits of a float."""
    with ctx.workprec(PRECISION):
        for _ in range(5):
            gradient, hessian = derivatives(weights, n)
            inverse = np.linalg.inv(hessian)
            exact = [dyadic(g) for g in gradient]
            size = max(map(abs, exact))
            if not size:
                break
            scaled = np.array([float(g / size) for g in exact])
            step = inverse @ scaled
            weights = [x - Fraction(float(s)) * size for x, s in zip(weights, step, strict=True)]
            weights = [Fraction(round(x * 2**120), 2**120) for x in weights]
    return weights


class Case:
    """A network of students, and a claim about it; the parts can be changed one by one."""

    def __init__(self, make, land, n=6):
        self.make, self.n = make, n
        self.weights = polished(six(), n)
        with ctx.workprec(PRECISION):
            _, hessian = derivatives(self.weights, n)
            value = Students([arb(_flint(x)) for x in self.weights], n).loss()
        self.congruence = land.whitening(hessian)
        centre, slack = dyadic(value), Fraction(1, 10**30)
        self.claim = {
            "kind": "population-minimum",
            "teacher": "unit-vectors",
            "precision": PRECISION,
            "congruence": make.array(self.congruence),
            "radius": str(Fraction(1, 2**26)),
            "loss": [str(centre - slack), str(centre + slack)],
        }
        self.loss, self.slack = centre, slack

    def rows(self, weights=None):
        weights, n = self.weights if weights is None else weights, self.n
        return [weights[start : start + n] for start in range(0, n * n, n)]

    def document(self, *, weights=None, outputs=None, first=None, second=None):
        """Return the instance; `first` and `second` replace entries of the layers."""
        n, make = self.n, self.make
        hidden = make.convolution([list(range(n))], n, "relu", weights=self.rows(weights), bias="none")
        top = make.convolution([list(range(n))], 1, "identity", weights=outputs or [[1]] * n, bias="none")
        return make.instance(None, [hidden | (first or {}), top | (second or {})], width=n)


@pytest.fixture(scope="module")
def case(make, land):
    with mpmath.workdps(60):
        return Case(make, land)


# ---------------------------------------------------------------- the numbers


def reference(weights, n):
    """F in 60 digits, by angles."""
    units = [[mpmath.mpf(x.numerator) / x.denominator for x in weights[unit::n]] for unit in range(n)]
    vectors = units + [[mpmath.mpf(int(i == j)) for j in range(n)] for i in range(n)]
    total = mpmath.mpf(0)
    for p, w in enumerate(vectors):
        for q, v in enumerate(vectors):
            lengths = mpmath.norm(w) * mpmath.norm(v)
            theta = mpmath.mpf(0) if p == q else mpmath.acos(mpmath.fdot(w, v) / lengths)
            value = lengths * (mpmath.sin(theta) + (mpmath.pi - theta) * mpmath.cos(theta)) / (2 * mpmath.pi)
            total += value if (p < n) == (q < n) else -value
    return total / 2


@pytest.mark.parametrize(("n", "seed"), [(2, 0), (3, 1)])
def test_value_and_derivatives_by_differences(n, seed):
    rng = np.random.default_rng(seed)
    weights = [Fraction(2 * int(x) + 1, 32) for x in rng.integers(-40, 40, n * n)]
    step = Fraction(1, 10**15)
    h = mpmath.mpf(10) ** -15

    def moved(*changes):
        result = list(weights)
        for e, sign in changes:
            result[e] += sign * step
        return reference(result, n)

    with ctx.workprec(200):
        students = Students([arb(_flint(x)) for x in weights], n)
        value, gradient, hessian = students.loss(), students.gradient(), students.hessian()
    assert abs(mpmath.mpf(str(value.mid().str(40, radius=False))) - reference(weights, n)) < mpmath.mpf(10) ** -35
    for e in range(n * n):
        slope = (moved((e, 1)) - moved((e, -1))) / (2 * h)
        assert float(gradient[e].mid()) == pytest.approx(float(slope), abs=1e-14)
        for f in range(n * n):
            ends = (moved((e, a), (f, b)) * a * b for a in (1, -1) for b in (1, -1))
            assert float(hessian[e][f].mid()) == pytest.approx(float(sum(ends) / (4 * h**2)), abs=1e-12)


# ---------------------------------------------------------------- the claim


def test_accepted(case, run):
    outcome = accepted(run, case.document(), case.claim)
    (line,) = outcome.accepted
    assert "strict minimum of the population loss of 6 ReLUs, loss [0.0250806..., 0.0250806...]" in line
    assert "the unit vectors have loss 0" in line


def changed(case, **changes):
    return {**copy.deepcopy(case.claim), **changes}


def test_shapes(case, run):
    document = case.document()
    for change, said in (
        ({"teacher": "random"}, "unknown teacher 'random'"),
        ({"precision": 1}, "precision"),
        ({"radius": "x"}, "radius"),
        ({"loss": ["1", "0"]}, "empty interval"),
        ({"point": -1}, "unknown key 'point'"),
        ({"congruence": case.make.array([1, 2])}, "congruence"),
    ):
        rejected(run, said, document, changed(case, **change), code=2)
    rejected(run, "has no 'teacher'", document, {k: v for k, v in case.claim.items() if k != "teacher"}, code=2)


def test_the_network(case, run):
    make, n = case.make, case.n
    accepted(run, case.document(), case.claim)  # the control of all that follow
    whole = list(range(n))
    for document, said in (
        (case.document(outputs=[[1]] * (n - 1) + [["999/1000"]]), "an output weight is not 1"),
        (case.document(first={"activation": make.activation("leaky-relu(1/10)")}), "the activation of layer 1"),
        (case.document(first={"activation": make.activation("identity")}), "the activation of layer 1"),
        (case.document(second={"activation": make.activation("relu")}), "the activation of layer 2"),
        (case.document(first={"bias": "neuron"}), "layer 1 has biases"),
        (case.document(second={"bias": "neuron", "biases": make.array([0])}), "layer 2 has biases"),
        (case.document(first={"patches": [whole[::-1]]}), "layer 1 does not read neurons"),
        (case.document(second={"patches": [whole[::-1]]}), "layer 2 does not read neurons"),
        (case.document(first={"weights": None}), "weights"),
    ):
        rejected(run, said, document, case.claim)
    document = case.document()
    rejected(run, "3 layers", document | {"layers": [*document["layers"], make.elementwise("identity")]}, case.claim)
    rejected(
        run, "layer 2 is", document | {"layers": [document["layers"][0], make.elementwise("identity")]}, case.claim
    )
    seven = make.convolution([whole], n + 1, "relu", weights=[[*row, 1] for row in case.rows()], bias="none")
    top = make.convolution([[*whole, n]], 1, "identity", weights=[[1]] * (n + 1), bias="none")
    rejected(run, "layer 1 has 7 units; expected 6", document | {"layers": [seven, top]}, case.claim)
    two = document["layers"][1] | {"filters": 2, "weights": make.array([[1, 1]] * n)}
    rejected(run, "layer 2 has 2 units; expected 1", document | {"layers": [document["layers"][0], two]}, case.claim)
    samples = {"samples": make.array([[1] * n]), "sample_count": 1}
    rejected(run, "the instance has samples", document | samples, case.claim)
    rejected(run, "the instance has samples", document | {"sample_count": 1}, case.claim)
    rejected(run, "the instance has samples", document | {"sample_count": 1, "targets": make.array([[1]])}, case.claim)


def test_the_box(case, run):
    document, make = case.document(), case.make
    accepted(run, document, case.claim)
    rejected(run, "the radius is not positive", document, changed(case, radius="0"))
    rejected(run, "too large for the box", document, changed(case, radius=str(Fraction(1, 2**130))))
    rejected(run, "not strictly diagonally dominant", document, changed(case, radius=str(Fraction(1, 2**12))))
    rejected(run, "not certainly of different directions", document, changed(case, radius="1"))
    narrow = make.array([row[:-1] for row in case.congruence])
    rejected(run, "no square matrix of order 36", document, changed(case, congruence=narrow))
    equal = make.array([[*row[:-1], row[0]] for row in case.congruence])
    rejected(run, "not strictly diagonally dominant", document, changed(case, congruence=equal))
    low, high = case.loss - case.slack, case.loss + case.slack
    rejected(run, "at least the stated lower bound", document, changed(case, loss=[str(high), str(high)]))
    rejected(run, "at most the stated upper bound", document, changed(case, loss=[str(low), str(low)]))
    accepted(run, document, changed(case, loss=[str(Fraction(1, 10**9)), "1"]))
    rejected(run, "the stated lower bound of the loss is not positive", document, changed(case, loss=["0", "1"]))
    rejected(run, "the stated lower bound of the loss is not positive", document, changed(case, loss=["-1", "1"]))


def test_other_weights(case, run):
    """The same evidence for a point beside it, for parallel units, and for a saddle."""
    loose = changed(case, loss=[str(Fraction(1, 10**9)), "1"])
    accepted(run, case.document(), loose)
    moved = [case.weights[0] + Fraction(1, 2**20), *case.weights[1:]]
    rejected(run, "too large for the box", case.document(weights=moved), loose)
    rows = [list(row) for row in case.rows()]
    for row in rows:
        row[2] = row[1]
    parallel = [x for row in rows for x in row]
    rejected(run, "unit 1 and unit 2 are not certainly", case.document(weights=parallel), loose)
    identity = [Fraction(int(i == j)) for i in range(6) for j in range(6)]
    rejected(run, "unit 0 and the unit vector 0 are not certainly", case.document(weights=identity), loose)


@pytest.fixture(scope="module")
def saddle():
    """Two students, each the same mean of the unit vectors up to a little: F is critical to both, and not convex."""
    return [Fraction(1, 2), Fraction(49, 100), Fraction(49, 100), Fraction(1, 2)]


def test_a_saddle_is_no_minimum(make, land, run, saddle):
    with ctx.workprec(PRECISION):
        weights = [Fraction(x).limit_denominator(10**6) for x in saddle]
        _, hessian = derivatives(weights, 2)
    values = np.linalg.eigvalsh(hessian)
    assert values[0] < 0 < values[-1]
    case = Case.__new__(Case)
    case.make, case.n, case.weights = make, 2, weights
    claim = {
        "kind": "population-minimum",
        "teacher": "unit-vectors",
        "precision": PRECISION,
        "congruence": make.array(land.whitening(hessian)),
        "radius": str(Fraction(1, 2**40)),
        "loss": ["1/1000000", "10"],
    }
    rejected(run, "dimensions only", case.document(), claim)


# ---------------------------------------------------------------- cost, and altered digits


def test_more_students_than_a_hessian_allows(make, run, case):
    n = 45
    hidden = make.convolution([list(range(n))], n, "relu", bias="none")
    top = make.convolution([list(range(n))], 1, "identity", bias="none")
    rejected(run, "2070 parameters", make.instance(None, [hidden, top], width=n), case.claim, code=2)


def test_a_wide_input_costs_nothing(make, run, case):
    """Neurons that no patch reads are not listed one by one."""
    hidden = make.convolution([[0]], 1, "relu", weights=[[1]], bias="none")
    top = make.convolution([[0]], 1, "identity", weights=[[1]], bias="none")
    rejected(run, "does not read neurons", make.instance(None, [hidden, top], width=10**15), case.claim)


def test_the_estimate_grows_with_precision_and_size():
    class Instance:
        budget = Budget()

    def spent(n, bits):
        instance = Instance()
        instance.budget = Budget(10**6)
        with ctx.workprec(bits):
            spend(instance, n)
        return instance.budget.spent

    assert spent(6, 128) < 10**9
    assert spent(44, 128) > 100 * spent(7, 128)
    assert spent(7, 2**14) > 20 * spent(7, 128)
    with pytest.raises(BudgetError, match="derivatives of the population loss"), ctx.workprec(2**19):
        spend(Instance(), 7)


def test_altered_digits_are_refused(make, case, tmp_path):
    """A digit of a weight, and with new hashes: another point; digits of the loss: another number."""
    small = {**make.HEAD, "instance": case.document(), "claims": [case.claim]}
    data = make.canonical(small).decode()
    path = tmp_path / "certificate.json"
    path.write_bytes(make.seal(small))
    assert check(path).exit_code == 0
    weights = json.dumps(small["instance"]["layers"][0]["weights"]["values"][0])
    start = data.index(weights) + 1
    numerator = weights.strip('"').split("/")[0].lstrip("-")
    first = data.index(numerator, start)
    for offset in (0, 1, 2, 3):  # leading digits of a weight: another point, another loss
        digit = data[first + offset]
        other = data[: first + offset] + ("1" if digit != "1" else "2") + data[first + offset + 1 :]
        path.write_bytes(make.seal(json.loads(other)))
        assert check(path).exit_code != 0
        path.write_bytes((other + "\n").encode())  # without new hashes
        assert check(path).exit_code == 2


def test_altered_digits_of_the_loss_are_refused(case, run):
    """Of the 28 digits that the bounds share with the loss, in the direction that makes a bound false."""
    scaled = [int(case.loss * 10**29), int(case.loss * 10**29) + 1]
    accepted(run, case.document(), changed(case, loss=[f"{end}/{10**29}" for end in scaled]))
    for place in range(28):
        up = changed(case, loss=[str(Fraction(scaled[0] + 10 ** (28 - place), 10**29)), "1"])
        down = changed(case, loss=["1/1000000", str(Fraction(max(scaled[1] - 10 ** (28 - place), 10**23), 10**29))])
        rejected(run, "at least the stated lower bound", case.document(), up)
        rejected(run, "at most the stated upper bound", case.document(), down)
