"""Signs of forms, norms and enclosed zeros: planted answers, balls that decide nothing, numbers of any size."""

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq, fmpq_mat

from exactcnn.checker.budget import BudgetError
from exactcnn.checker.document import FormatError, ObligationError
from exactcnn.checker.inertia import (
    MOST_COORDINATES,
    Form,
    Matrix,
    around,
    definite,
    form,
    interval,
    krawczyk,
    least,
    magnitudes,
    norm,
    rank,
    read_matrix,
    read_vector,
)
from tests.checker.slow import flint, read


@pytest.fixture
def instance(make):
    """Of which only the budget matters here."""
    return read(make.instance([[1]], [make.elementwise("identity")]))


def matrix(rows):
    return Matrix(len(rows), len(rows[0]), [flint(x) for row in rows for x in row])


def balls(rows, radius=0.0):
    return [[arb(flint(x)) + arb(0, radius) for x in row] for row in rows]


def eye(n):
    return matrix([[int(i == j) for j in range(n)] for i in range(n)])


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize("signs", [(1,), (-1,), (1, 1), (1, -1), (-1, -1, 1), (1, 0, -1), (1, 1, 1, -1, 0)])
def test_planted_signs(instance, signs):
    """H = A^T D A with known D; C is the inverse of A, less the columns where D is 0."""
    generator = random.Random(str(signs))
    n = len(signs)
    while True:
        a = fmpq_mat(n, n, [fmpq(generator.randrange(-4, 5), 3) for _ in range(n * n)])
        if a.det() != 0:
            break
    d = fmpq_mat(n, n, [fmpq(signs[i] * (i + 1)) if i == j else fmpq(0) for i in range(n) for j in range(n)])
    hessian = (a.transpose() * d * a).tolist()
    inverse = a.inv().tolist()
    kept = [j for j in range(n) if signs[j]]
    congruence = Matrix(n, len(kept), [row[j] for row in inverse for j in kept])
    for radius in (0.0, 1e-6):
        found = form(instance, [[arb(x) + arb(0, radius) for x in row] for row in hessian], congruence)
        assert (found.positive, found.negative) == (signs.count(1), signs.count(-1))
        if set(signs) == {1}:
            assert 0 < definite(found, n) < 1.001  # D has least entry 1
        else:
            with pytest.raises(ObligationError, match=f"positive on {signs.count(1)} of {n} dimensions only"):
                definite(found, n)
    if 0 in signs:  # a column in the kernel: its row is 0, and nothing dominates
        whole = Matrix(n, n, [x for row in inverse for x in row])
        with pytest.raises(ObligationError, match="not strictly diagonally dominant"):
            form(instance, balls([[Fraction(str(x)) for x in row] for row in hessian]), whole)


def test_dominance_is_strict(instance):
    """[[1, x], [x, 1]] has eigenvalues 1 + x and 1 - x: at x = 1 it is singular."""
    for x, radius, dominant in (
        (Fraction(99, 100), 0.0, True),
        (1, 0.0, False),
        (-1, 0.0, False),
        (Fraction(101, 100), 0.0, False),
        (Fraction(99, 100), 0.02, False),  # the ball does not decide
        (Fraction(97, 100), 0.01, True),
    ):
        table = balls([[1, x], [x, 1]], radius)
        if dominant:
            found = form(instance, table, eye(2))
            assert (found.positive, found.negative) == (2, 0)
            assert found.least <= 1 - flint(abs(x))
        else:
            with pytest.raises(ObligationError, match="not strictly diagonally dominant in row 0"):
                form(instance, table, eye(2))
    with pytest.raises(ObligationError, match="in row 1"):  # each row is looked at
        form(instance, balls([[5, 1, 0], [1, 1, 1], [0, 1, 5]]), eye(3))


def test_bounds_are_below_all_eigenvalues(instance):
    generator = random.Random(3)
    for _ in range(20):
        n = generator.choice([2, 3, 4])
        table = [[Fraction(0)] * n for _ in range(n)]
        for i in range(n):
            for j in range(i):
                table[i][j] = table[j][i] = Fraction(generator.randrange(-9, 10), 7)
            table[i][i] = Fraction(generator.randrange(30, 60), 7)
        sums = [table[i][i] - sum(abs(x) for j, x in enumerate(row) if j != i) for i, row in enumerate(table)]
        found = form(instance, balls(table), eye(n))
        assert flint(min(sums)) - fmpq(1, 10**9) <= interval(found.least)[0] <= flint(min(sums))
        assert float(found.least) <= np.linalg.eigvalsh(np.array(table, dtype=float)).min() + 1e-9


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("ball", [arb("nan"), arb(0, "inf"), arb(3, "inf"), arb("inf") - arb("inf")], ids=str)
def test_balls_that_are_not_finite(instance, place, ball):
    """Whatever is not known is not dominant, and dominates nothing."""
    table = balls([[2, 1], [1, 2]])
    form(instance, table, eye(2))
    table[place[0]][place[1]] = ball
    with pytest.raises(ObligationError, match="not strictly diagonally dominant"):
        form(instance, table, eye(2))


@pytest.mark.parametrize("exponent", [10, 10**6, 2**63])
def test_numbers_of_any_size(instance, exponent):
    """Powers of 2 that no fraction could hold: compared as they are."""
    huge, tiny, zero = arb(2) ** exponent, arb(2) ** -exponent, arb(0)
    found = form(instance, [[huge, zero], [zero, tiny]], eye(2))
    assert (found.positive, found.negative) == (2, 0)
    assert definite(found, 2) == tiny
    assert form(instance, [[huge, zero], [zero, -tiny]], eye(2)).negative == 1
    with pytest.raises(ObligationError, match="in row 1"):
        form(instance, [[huge, tiny], [tiny, tiny]], eye(2))


def test_shapes_and_limits(instance):
    with pytest.raises(ObligationError, match="the congruence has 3 rows; the Hessian has order 2"):
        form(instance, balls([[1, 0], [0, 1]]), eye(3))
    with pytest.raises(ObligationError, match="2 rows; the form has order 1"):
        form(instance, balls([[1]]), eye(2), "the form")


def test_the_least_of_exact_numbers():
    assert least([arb(3), arb(-1), arb(2)]) == -1
    assert least([arb(5)]) == 5


def test_definite():
    assert definite(Form(2, 0, arb(1, 0)), 2) == 1
    for found, message in (
        (Form(1, 1, arb(1)), "positive on 1 of 2"),
        (Form(2, 0, arb(0)), "not certainly positive definite"),
        (Form(2, 0, arb(-1)), "not certainly positive definite"),
        (Form(2, 0, arb(0.5, 1)), "not certainly positive definite"),
        (Form(2, 0, arb("nan")), "not certainly positive definite"),
    ):
        with pytest.raises(ObligationError, match=message):
            definite(found, 2)


# ---------------------------------------------------------------- matrices of claims


def test_reading_matrices(make, instance):
    own = read_matrix(instance, make.array([["1/2", 3, -1], [0, 5, "2/3"]]), "here")
    assert (own.rows, own.columns) == (2, 3)
    assert own.table() == own.exact().tolist() == [[fmpq(1, 2), 3, -1], [0, 5, fmpq(2, 3)]]
    with ctx.workprec(20):
        assert all(ball.contains(x) for ball, x in zip(own.enclosed().entries(), own.entries, strict=True))
    assert read_vector(instance, make.array(["1/2", 3]), "here") == [fmpq(1, 2), 3]
    for wrong in (make.array([1, 2]), None, [[1]], {"shape": [1, 1]}, make.array([[1]]) | {"values": ["0.5"]}):
        with pytest.raises(FormatError, match="here"):
            read_matrix(instance, wrong, "here")
    with pytest.raises(FormatError, match="here"):
        read_vector(instance, make.array([[1]]), "here")


def test_the_limit_of_sides(make, instance):
    column = make.array([[0]] * MOST_COORDINATES)
    assert read_matrix(instance, column, "here").rows == MOST_COORDINATES
    for wrong in (make.array([[0]] * (MOST_COORDINATES + 1)), make.array([[0] * (MOST_COORDINATES + 1)])):
        with pytest.raises(FormatError, match=r"here has shape .* expected at most 2000"):
            read_matrix(instance, wrong, "here")


@pytest.mark.parametrize("planted", range(5))
def test_ranks(instance, planted):
    """A product of planted factors, against elimination on fractions by loops."""
    generator = random.Random(planted)
    left, right = ([[Fraction(generator.randrange(-9, 10), 2) for _ in range(4)] for _ in range(planted)] for _ in "lr")
    pairs = list(zip(left, right, strict=True))
    table = [[sum((a[i] * b[j] for a, b in pairs), Fraction(0)) for j in range(4)] for i in range(4)]
    assert rank(instance, matrix(table).exact(), "it") == by_elimination(table) == planted


def by_elimination(table):
    rest, found = [list(row) for row in table], 0
    for column in range(len(table[0])):
        pivot = next((row for row in rest if row[column]), None)
        if pivot is not None:
            rest.remove(pivot)
            rest = [[x - row[column] / pivot[column] * y for x, y in zip(row, pivot, strict=True)] for row in rest]
            found += 1
    return found


# ---------------------------------------------------------------- norms and intervals


def test_norms():
    """Bounds from above of all vectors in the balls; balls around 0 are squared by a product of what bounds them."""
    assert norm([arb(3), arb(-4)]) >= 5
    assert norm([arb(3), arb(-4)]) < 5.0001
    assert norm([]) == 0
    assert norm([arb(0), arb(0)]) == 0
    around_zero = norm([arb(0, 3), arb(1, 3)])
    assert around_zero.is_finite()
    assert 5 <= around_zero < 5.0001
    with ctx.workprec(2):
        assert norm([arb(1, 0)] * 3) > arb(3).sqrt().lower()
    for unbounded in (arb(0, "inf"), arb("nan"), arb("inf")):
        assert not norm([arb(1), unbounded]).is_finite()
        assert not norm([arb(1), unbounded]) < 10**100


def test_magnitudes_bound_every_image():
    own = matrix([["1/3", -2], [0, 0], [-1, "5/7"]])
    generator = random.Random(1)
    bounds = magnitudes(own, fmpq(2, 3))
    for _ in range(50):
        y = [Fraction(2, 3) * Fraction(generator.randrange(-8, 9), 8) for _ in range(2)]
        for row, bound in zip(own.table(), bounds, strict=True):
            assert abs(sum(x * flint(v) for x, v in zip(row, y, strict=True))) <= bound.upper()
    assert bounds[1] == 0
    assert bounds[0] < 1.5556


def test_balls_around_a_number():
    third = fmpq(1, 3)
    for precision in (2, 53):
        with ctx.workprec(precision):
            ball = around(third, arb(fmpq(1, 7)))
            for end in (third - fmpq(1, 7), third, third + fmpq(1, 7)):
                assert ball.contains(arb(end).mid()) or ball.contains(end)
            assert around(third, arb(0)).contains(third)


def test_intervals_hold_the_ball():
    for ball in (arb(3), arb(0), arb(fmpq(1, 3)), arb(-1, 5), arb(0, 1e-300), arb(2) ** 1000, -(arb(2) ** -1000)):
        low, high = interval(ball)
        with ctx.workprec(3000):
            assert arb(low) <= ball.lower()
            assert arb(high) >= ball.upper()
    low, high = interval(arb(1, 0.25))  # no wider than it needs to be: radii have 30 bits
    assert fmpq(3, 4) - fmpq(1, 10**8) < low <= fmpq(3, 4)
    assert fmpq(5, 4) <= high < fmpq(5, 4) + fmpq(1, 10**8)
    assert interval(arb(0)) == (0, 0)
    assert interval(arb(1.25)) == (fmpq(5, 4), fmpq(5, 4))
    assert interval(-(arb(2) ** -40)) == (fmpq(-1, 2**40), fmpq(-1, 2**40))
    for ball in (arb("nan"), arb("inf"), -arb("inf"), arb(0, "inf")):
        with pytest.raises(ObligationError, match="a ball is not finite"):
            interval(ball)


@pytest.mark.parametrize("sign", [1, -1])
def test_intervals_of_huge_exponents(sign):
    """A number that would take gigabytes as a fraction is refused; up to 2^20 bits it is written out."""
    most = 2**20
    assert interval(arb(2) ** (sign * (most - 1)))[0] == fmpq(2) ** (sign * (most - 1))
    for exponent in (most, most + 1, 2**63):
        for value in (arb(2) ** (sign * exponent), -(arb(2) ** (sign * exponent))):
            with pytest.raises(ObligationError, match="too large or too small to be compared"):
                interval(value)


# ---------------------------------------------------------------- Krawczyk


def root(instance, *, centre=Fraction(7, 5), radius=Fraction(1, 10), inverse=Fraction(5, 14), widened=True):
    """x^2 = 2 near 7/5: f(c) and 2 x on the box."""
    box = arb(flint(centre)) + (arb(0, float(radius)) if widened else arb(0))
    krawczyk(instance, [arb(flint(centre**2 - 2))], [[2 * box]], matrix([[inverse]]), [flint(radius)])


def test_a_root_of_two(instance):
    root(instance)
    root(instance, radius=Fraction(1, 60))
    root(instance, inverse=Fraction(1, 3))  # an inverse that is near enough
    for options in (
        {"radius": Fraction(1, 100)},  # the root is further away
        {"radius": Fraction(3, 2)},  # the derivative varies too much
        {"centre": Fraction(3, 2), "radius": Fraction(1, 20)},
        {"inverse": Fraction(0)},
        {"inverse": Fraction(-5, 14)},
        {"inverse": Fraction(2)},
    ):
        with pytest.raises(ObligationError, match="leaves the box in coordinate 0"):
            root(instance, **options)


def test_the_box_is_entered_strictly(instance):
    """f(c) = 1, J = 1: the step is 1 exactly, and a radius of 1 is not enough."""
    one, identity = [arb(1)], [[arb(1)]]
    krawczyk(instance, one, identity, eye(1), [fmpq(1000001, 1000000)])
    with pytest.raises(ObligationError, match="leaves the box"):
        krawczyk(instance, one, identity, eye(1), [fmpq(1)])
    # a constant function 0 has no derivative that is regular: |I - A J| r = r
    with pytest.raises(ObligationError, match="leaves the box"):
        krawczyk(instance, [arb(0)], [[arb(0)]], eye(1), [fmpq(1)])


def test_what_krawczyk_asks_for(instance):
    table, values = balls([[2, 1], [0, 1]]), [arb(0.01), arb(-0.01)]
    inverse = matrix([["1/2", "-1/2"], [0, 1]])
    radii = [fmpq(1, 10)] * 2
    krawczyk(instance, values, table, inverse, radii)
    for wrong in (fmpq(0), fmpq(-1, 10)):
        with pytest.raises(ObligationError, match="a radius is not positive"):
            krawczyk(instance, values, table, inverse, [fmpq(1, 10), wrong])
    for arguments in (
        (values[:1], table, inverse, radii),
        (values, table[:1], inverse, radii),
        (values, table, eye(3), radii),
        (values, table, Matrix(2, 1, [fmpq(1), fmpq(1)]), radii),
        (values, table, Matrix(1, 2, [fmpq(1), fmpq(1)]), radii),
        (values, table, inverse, radii[:1]),
    ):
        with pytest.raises(ObligationError, match="inverse of another order"):
            krawczyk(instance, *arguments)
    with pytest.raises(ObligationError, match="coordinate 1"):  # each coordinate is looked at
        krawczyk(instance, [arb(0), arb(0.2)], table, matrix([["1/2", "-1/2"], [0, 1]]), [fmpq(1), fmpq(1, 10)])


@pytest.mark.parametrize("ball", [arb("nan"), arb(0, "inf"), arb("inf")], ids=str)
def test_krawczyk_without_finite_balls(instance, ball):
    for values, table in (([ball], [[arb(1)]]), ([arb(0)], [[ball]])):
        krawczyk(instance, [arb(0)], [[arb(1)]], eye(1), [fmpq(1)])
        with pytest.raises(ObligationError, match="leaves the box"):
            krawczyk(instance, values, table, eye(1), [fmpq(1)])


def test_work_is_paid_for(instance):
    for work, name in (
        (lambda: root(instance), "Krawczyk"),
        (lambda: form(instance, balls([[1]]), eye(1)), "congruence"),
    ):
        instance.budget.spent = 0
        work()
        assert instance.budget.spent > 0
        instance.budget.spent = 10**13
        with pytest.raises(BudgetError, match=name):
            work()
