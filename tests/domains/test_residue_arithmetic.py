"""Images modulo primes: every bound at its edge, and what several candidates left open may and may not mean."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exactcnn.domains.arithmetic import Choice, Undecided
from exactcnn.domains.curves import Curve
from exactcnn.domains.exact import ExactArray
from exactcnn.domains.formulas import ONE, Formula, polynomial
from exactcnn.domains.residue_arithmetic import Residues, centred
from exactcnn.domains.residues import EvaluationPoint, Modulus
from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.network.activations import activation

POINT = EvaluationPoint(1048343, 4)
SMALL = EvaluationPoint(16487, 4)  # the smallest order that a modulus may be: a table of 8243 powers
P, FIELD_Q = Modulus(POINT.modulus), Modulus(POINT.order)
E = ((0, 1, Fraction(1)),)


def image(values, *fields):
    """The same residues in every modulus."""
    return {field: np.array(values, dtype=float) for field in fields or (P,)}


def over(point):
    return Residues(point, (Modulus(point.modulus),))


# -------------------------------------------------------------------- which moduli


@pytest.mark.parametrize(
    ("names", "moduli"),
    [
        (["relu", "square"], (P,)),
        (["relu", "sigmoid"], (FIELD_Q,)),
        (["sigmoid", "relu"], (FIELD_Q,)),
        (["silu"], (FIELD_Q, P)),
        (["relu", None, "elu"], (FIELD_Q, P)),
        ([None], (P,)),
    ],
)
def test_moduli_that_are_carried(names, moduli):
    curves = tuple(None if name is None else activation(name) for name in names)
    assert Residues.of(POINT, curves).moduli == moduli


def test_an_exponential_turns_q_into_p():
    numbers = ExactArray.from_strings([["1/3", "-2", "0"]])
    for name in ("sigmoid", "silu"):
        arithmetic = Residues.of(POINT, (activation(name),))
        inputs = arithmetic.inputs(numbers)
        assert tuple(inputs) == arithmetic.moduli
        found = arithmetic.apply(activation(name), inputs, None)
        assert tuple(found) == (P,)
        with pytest.raises(InputError, match="an exponential of exponentials has no image"):
            arithmetic.apply(activation(name), found, None)
    assert tuple(arithmetic.lift(numbers)) == (FIELD_Q, P)


def test_derivatives_need_both_moduli():
    """With q alone nothing is known modulo p below the exponential layer: an error, never an empty image."""
    arithmetic = Residues.of(POINT, (activation("sigmoid"),))
    below = arithmetic.inputs(ExactArray.from_array([[1, 2]]))
    above = arithmetic.apply(activation("sigmoid").derivative(), below, None)
    for operation in (arithmetic.multiply, arithmetic.add, arithmetic.matmul):
        with pytest.raises(InputError, match="images in no common modulus; expected both p and q to be carried"):
            operation(below, above)
    both = Residues(POINT, (FIELD_Q, P))
    below = both.inputs(ExactArray.from_array([[1, 2]]))
    assert tuple(both.multiply(below, both.apply(activation("sigmoid").derivative(), below, None))) == (P,)


# -------------------------------------------------------------------- bounds


@pytest.mark.parametrize("p", [1048573, 1048343, 524287])  # half of p is even, odd, odd
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("extra", [-1, 0, 2, 3, 40_000])
def test_long_inner_products_are_reduced_in_between(p, biased, extra):
    """Residues as large as they get, all of one sign, and a sum that is odd: beyond 2^53 it is no float."""
    field = Modulus(p)
    if p == 524287 and extra == 40_000:
        extra = 2 * field.products
    size = field.products + extra
    odd = field.bound - 1 + field.bound % 2
    for sign in (1, -1):
        x, w = np.full((1, size), float(odd)), np.full((size, 1), float(sign * odd))
        b = float(sign * (field.bound - (size + field.bound + 1) % 2)) if biased else 0.0
        if not biased and size % 2 == 0:
            w[0] += 1
        total = odd * int(w.sum()) + int(b)
        assert total % 2 == 1
        assert (abs(total) > 2**53) == (extra > 0)
        arithmetic = Residues(EvaluationPoint(p, 4), (field,))
        biases = {field: np.array([b])} if biased else None
        found = arithmetic.affine({field: x}, np.arange(size)[None], {field: w}, biases)[field]
        assert (int(found[0, 0]) - total) % p == 0
        assert abs(found[0, 0]) <= field.bound


def test_the_bias_fits_beside_the_longest_product():
    """products * bound^2 + bound <= 2^53 - bound: reduction after it is exact, without one in between."""
    for p in (1048573, 1048343, 524287, 1019687):
        field = Modulus(p)
        assert field.products * field.bound**2 + field.bound <= 2**53 - field.bound


def test_largest_sums_and_products():
    bound = float(P.bound)
    arithmetic = over(POINT)
    x, y = image([[bound, -bound, bound]]), image([[bound, bound, -bound]])
    assert [int(v) % P.p for v in arithmetic.multiply(x, y)[P][0]] == [s * P.bound**2 % P.p for s in (1, -1, -1)]
    assert [int(v) % P.p for v in arithmetic.add(x, y)[P][0]] == [2 * P.bound % P.p, 0, 0]
    rows = image(np.full((70_000, 2), bound))
    assert (arithmetic.total(rows)[P] % P.p == 70_000 * P.bound % P.p).all()
    number = arithmetic.total(image(np.full(7, bound)))  # without axes
    for value, expected in (
        (number, 7 * P.bound),
        (arithmetic.add(number, number), 14 * P.bound),
        (arithmetic.multiply(number, number), (7 * P.bound) ** 2),
    ):
        assert value[P] % P.p == expected % P.p
        assert abs(value[P]) <= P.bound
    patches = arithmetic.scatter(image(np.full((1, 5000, 4), -bound)), np.zeros((5000, 4), dtype=np.int64), 3)
    assert (patches[P] % P.p).tolist() == [[-20_000 * P.bound % P.p, 0, 0]]
    won = arithmetic.put(image(np.full((1, 5000), bound)), Choice(np.full((1, 5000), 2)), 3)
    assert (won[P] % P.p).tolist() == [[0, 0, 5000 * P.bound % P.p]]
    assert all(np.abs(found[P]).max() <= P.bound for found in (arithmetic.total(rows), patches, won))


def test_operands_are_not_changed():
    """Reduction is in place: of results, never of what came in."""
    arithmetic = over(POINT)
    x, before = image([[P.bound, -P.bound, 3]]), [[P.bound, -P.bound, 3]]
    slots = np.array([[0, 1], [2, -1]])
    arithmetic.add(x, x), arithmetic.multiply(x, x), arithmetic.total(x), arithmetic.transpose(x)
    arithmetic.matmul(x, arithmetic.transpose(x)), arithmetic.gather(x, slots), arithmetic.reshape(x, 3)
    (
        arithmetic.put(x, Choice(np.array([[0, 0, 1]])), 2),
        arithmetic.scatter(arithmetic.reshape(x, 1, 3, 1), np.zeros((3, 1), int), 1),
    )
    arithmetic.apply(activation("square"), x, None)
    arithmetic.apply(activation("relu"), x, Choice(np.array([[1, 0, 1]], dtype=np.int8)))
    arithmetic.affine(x, slots, image([[1.0], [2.0]]), image([1.0, 2.0]))
    assert x[P].tolist() == before


@settings(max_examples=60)
@given(
    st.lists(st.fractions(max_denominator=40), min_size=1, max_size=5),
    st.sampled_from(["square", "softsign", "hard-swish"]),
)
def test_values_of_rational_curves(numbers, name):
    curve = activation(name)
    x = ExactArray.from_fractions(numbers, (1, len(numbers)))
    choice = Choice(np.array([[curve.piece(z) for z in numbers]], dtype=np.int8)) if curve.kinks else None
    for modulus in (POINT.modulus, SMALL.modulus):
        arithmetic = over(EvaluationPoint(modulus, 4))
        found = arithmetic.apply(curve, arithmetic.inputs(x), choice)[Modulus(modulus)]
        values = [curve.exact(z) for z in numbers]
        assert [int(v) % modulus for v in found[0]] == [
            v.numerator * pow(v.denominator, -1, modulus) % modulus for v in values
        ]


@pytest.mark.parametrize("name", ["sigmoid", "exp"])
def test_the_table_of_a_curve_is_read_at_every_residue(name):
    """Centred residues of q are indices, negative ones from the end; both ends, zero and the middle."""
    q = Modulus(SMALL.order)
    arithmetic = Residues.of(SMALL, (activation(name),))
    z = np.arange(-(q.p // 2), q.p // 2 + 1)
    [found] = arithmetic.apply(activation(name), {q: z[None].astype(float)}, None).values()
    powers = np.array([pow(SMALL.root, int(k) % q.p, SMALL.modulus) for k in z])
    if name == "sigmoid":
        assert ((found[0] * (1 + powers) - powers) % SMALL.modulus == 0).all()
    else:
        assert ((found[0] - powers) % SMALL.modulus == 0).all()
    assert abs(found).max() <= Modulus(SMALL.modulus).bound


def test_kinks_in_the_exponential_alone():
    """More entries than powers: each piece by itself, for e^-|t| and the derivative of ELU."""
    laplace = Curve((Formula(E), Formula(ONE, E)), (Fraction(0),), (Fraction(0), Fraction(1)))
    p, q = Modulus(SMALL.modulus), Modulus(SMALL.order)
    z = np.arange(-5000, 5000)
    choice = Choice((z > 0).astype(np.int8)[None])
    arithmetic = Residues(SMALL, (q, p))
    images = arithmetic.inputs(ExactArray.from_array(z[None]))
    powers = SMALL.powers()
    found = arithmetic.apply(laplace, images, choice)[p][0]
    assert (found % p.p == powers[-np.abs(z) % q.p]).all()
    found = arithmetic.apply(activation("elu").derivative(), images, choice)[p][0]
    assert (found % p.p == np.where(z > 0, 1, powers[z % q.p])).all()


def test_signs_and_order_are_asked_of_others():
    with pytest.raises(InputError, match="a residue has no sign; expected a pattern from exact values or enclosures"):
        over(POINT).pieces(activation("relu"), image([[1]]))
    with pytest.raises(InputError, match="residues have no order; expected a pattern from exact values or enclosures"):
        over(POINT).winners(image([[1]]), np.array([[0]]))


def test_centred_residues():
    numbers = ExactArray.from_strings([["1/3", str(P.p // 2), str(P.p // 2 + 1), "-1"]])
    found = centred(numbers, P)[0].astype(int)
    assert np.abs(found).max() <= P.bound
    assert (3 * int(found[0]) - 1) % P.p == 0
    assert found[1:].tolist() == [P.p // 2, -(P.p // 2), -1]


# -------------------------------------------------------------------- candidates that are left open


def open_choice(curve, count):
    """All pieces open at every entry of a row."""
    chosen = np.zeros((1, count), dtype=np.int8)
    return Choice(chosen, last=np.full_like(chosen, len(curve.kinks)))


@pytest.mark.parametrize(
    ("name", "residue", "fine"),
    [
        ("relu", 0, True),
        ("relu", 1, False),
        ("leaky-relu(1/3)", 0, True),
        ("leaky-relu(1/3)", -5, False),
        ("leaky-relu(1)", 77, True),  # both pieces are the identity
        ("abs", 0, True),
        ("abs", 3, False),
        ("relu6", 0, False),  # the third piece is 6
        ("squared-relu", 0, True),
        ("hard-swish", 0, True),
        ("softsign", 0, True),
        ("softsign", 2, False),
        ("hard-tanh", 0, False),
    ],
)
def test_a_sign_may_stay_open_where_all_pieces_have_one_image(name, residue, fine):
    curve, arithmetic = activation(name), over(POINT)
    z = image([[5.0, residue]])
    certain = Choice(np.array([[1, 0]], dtype=np.int8))
    choice = Choice(certain.chosen, last=np.array([[1, len(curve.kinks)]], dtype=np.int8))
    if fine and name != "hard-swish":
        assert arithmetic.apply(curve, z, choice)[P].tolist() == arithmetic.apply(curve, z, certain)[P].tolist()
    elif name == "hard-swish":  # 0, t (t + 3) / 6 and t at t = 0
        assert arithmetic.apply(curve, z, choice)[P][0, 1] == 0
    else:
        with pytest.raises(Undecided, match="a sign") as caught:
            arithmetic.apply(curve, z, choice)
        assert caught.value.samples.tolist() == [0]


def test_all_candidates_are_asked_and_no_others():
    """Of relu6 at residue 0 the first two pieces agree, and the third does not."""
    arithmetic, relu6 = over(POINT), activation("relu6")
    z = image([[0.0]])
    arithmetic.apply(relu6, z, Choice(np.array([[0]], dtype=np.int8), last=np.array([[1]], dtype=np.int8)))
    for first, last in ((0, 2), (1, 2)):
        with pytest.raises(Undecided):
            arithmetic.apply(
                relu6, z, Choice(np.array([[first]], dtype=np.int8), last=np.array([[last]], dtype=np.int8))
            )
    six = image([[6.0]])
    arithmetic.apply(relu6, six, Choice(np.array([[1]], dtype=np.int8), last=np.array([[2]], dtype=np.int8)))


@pytest.mark.parametrize(("residues", "fine"), [((0, 0), True), ((1, 0), False), ((0, 1), False), ((1, 1), False)])
def test_signs_are_asked_in_every_modulus(residues, fine):
    """Equal modulo q alone: the exponents agree, the numbers beside them do not."""
    arithmetic = Residues(POINT, (FIELD_Q, P))
    z = {FIELD_Q: np.array([[float(residues[0])]]), P: np.array([[float(residues[1])]])}
    relu = activation("relu")
    if fine:
        assert [v.tolist() for v in arithmetic.apply(relu, z, open_choice(relu, 1)).values()] == [[[0.0]]] * 2
    else:
        with pytest.raises(Undecided):
            arithmetic.apply(relu, z, open_choice(relu, 1))


@pytest.mark.parametrize("slope", ["1", "2", "1/2"])
def test_exponential_pieces_agree_only_if_they_do(slope):
    """ELU: a (e^z - 1) and z, whose residues agree at 0, and elsewhere by accident only."""
    elu, arithmetic = activation(f"elu({slope})"), Residues(POINT, (FIELD_Q, P))
    a = Fraction(slope)

    def settles(z):
        residues = {f: np.array([[float(z.numerator * pow(z.denominator, -1, f.p) % f.p)]]) for f in (FIELD_Q, P)}
        try:
            return arithmetic.apply(elu, residues, open_choice(elu, 1))[P][0, 0] % P.p
        except Undecided:
            return None

    assert settles(Fraction(0)) == 0
    for z in (Fraction(1), Fraction(-1), Fraction(1, 7), Fraction(FIELD_Q.p), Fraction(P.p)):
        power = pow(POINT.root, z.numerator * pow(z.denominator, -1, FIELD_Q.p) % FIELD_Q.p, P.p)
        left = a.numerator * pow(a.denominator, -1, P.p) * (power - 1) % P.p
        right = z.numerator * pow(z.denominator, -1, P.p) % P.p
        assert settles(z) == (left if left == right else None)
    assert settles(Fraction(FIELD_Q.p * P.p)) == 0  # zero in both moduli, not the number


@pytest.mark.parametrize(
    ("first", "last", "residue", "raised"),
    [
        (0, 1, 1.0, Undecided),  # softsign has t/(1 - t) on the left: a pole at 1 modulo every prime
        (0, 1, -1.0, Undecided),  # and t/(1 + t) on the right, among the other candidates
        (1, 1, 1.0, None),
        (0, 0, -1.0, None),
        (0, 0, 1.0, UnluckyModulus),  # a pole of the piece that holds is the prime's
        (1, 1, -1.0, UnluckyModulus),
    ],
)
def test_a_pole_of_a_piece_that_may_not_hold_leaves_its_sample_open(first, last, residue, raised):
    softsign, z = activation("softsign"), image([[5.0, 2.0], [residue, 3.0], [7.0, 0.0]])
    chosen = np.array([[1, 1], [first, 1], [1, 0]], dtype=np.int8)
    choice = Choice(chosen, last=np.array([[1, 1], [last, 1], [1, 1]], dtype=np.int8))  # and at 0 both pieces agree
    if raised is None:
        assert over(POINT).apply(softsign, z, choice)[P].shape == (3, 2)
        return
    with pytest.raises(raised) as caught:
        over(POINT).apply(softsign, z, choice)
    if raised is Undecided:
        assert 1 in caught.value.samples


@pytest.mark.parametrize(
    ("row", "contenders", "fine"),
    [
        ([7, 7, 3], [True, True, False], True),
        ([7, 7, 3], [True, True, True], False),
        ([7, 8, 7], [True, False, True], True),
        ([7, 8, 7], [True, True, False], False),
        ([0, 0, 0], [True, True, True], True),
        ([7, 8, 9], [False, False, False], True),
    ],
)
def test_a_winner_may_stay_open_where_all_contenders_have_one_image(row, contenders, fine):
    slots = np.array([[0, 1, 2]])
    choice = Choice(np.array([[0]]), contenders=np.array([[contenders]]))
    if fine:
        assert over(POINT).take(image([row]), choice, slots)[P].tolist() == [[row[0]]]
    else:
        with pytest.raises(Undecided, match="a winner"):
            over(POINT).take(image([row]), choice, slots)


def test_winners_are_asked_in_every_modulus_and_of_every_sample():
    arithmetic, slots = Residues(POINT, (FIELD_Q, P)), np.array([[0, 1]])
    every = np.ones((3, 1, 2), dtype=bool)
    values = {FIELD_Q: np.array([[1.0, 1], [2, 2], [3, 4]]), P: np.array([[1.0, 1], [2, 5], [3, 3]])}
    with pytest.raises(Undecided) as caught:
        arithmetic.take(values, Choice(np.zeros((3, 1), dtype=int), contenders=every), slots)
    assert caught.value.samples.tolist() == [1, 2]
    only_q = {FIELD_Q: values[FIELD_Q]}
    with pytest.raises(Undecided) as caught:
        arithmetic.take(only_q, Choice(np.zeros((3, 1), dtype=int), contenders=every), slots)
    assert caught.value.samples.tolist() == [2]


def test_open_pieces_of_three():
    """Every subset of candidates of a curve with two kinks against the definition."""
    curve = Curve(
        (Formula(polynomial(0, 1)), Formula(polynomial(0, 2)), Formula(polynomial(3, 1))), (Fraction(0), Fraction(3))
    )
    arithmetic = over(POINT)
    for z, (first, last) in product((0, 1, 3), ((0, 0), (0, 1), (1, 2), (0, 2), (2, 2))):
        values = [z, 2 * z, 3 + z][first : last + 1]
        choice = Choice(np.array([[first]], dtype=np.int8), last=np.array([[last]], dtype=np.int8))
        if len(set(values)) == 1:
            assert arithmetic.apply(curve, image([[float(z)]]), choice)[P][0, 0] == values[0]
        else:
            with pytest.raises(Undecided):
                arithmetic.apply(curve, image([[float(z)]]), choice)
