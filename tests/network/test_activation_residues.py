"""Images of activations in GF(p): a slow scalar evaluation as oracle, poles, and the filter for pieces."""

# ruff: noqa: ARG005 - the oracles share one signature
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactcnn.errors import InputError, UnluckyModulus
from exactcnn.network.activations import activation
from exactcnn.network.formulas import Formula, modular_inverses, polynomial, rational_residue
from exactcnn.network.piece_filter import certain_pieces

RATIONAL = [
    "identity", "relu", "leaky-relu(1/100)", "abs", "relu6", "clip(-1/3,5/2)", "hard-sigmoid", "hard-tanh",
    "hard-swish", "softsign", "square", "squared-relu", "polynomial(1/3,0,-2,1/7)", "polynomial(5)",
]  # fmt: skip
SAFE_PRIMES = [(1019, 509), (2039, 1019), (1048343, 524171)]
POINTS = [Fraction(k, 16) for k in range(-130, 131, 7)] + [Fraction(0), Fraction(6), Fraction(-3), Fraction(3)]

# (z, z mod p, e^(s z) -> its image, p) -> image of the value; e(s) is the image of e^(s z)
EXPONENTIAL: dict[str, Callable[[Fraction, int, Callable[[Fraction], int], int], int]] = {
    "sigmoid": lambda z, t, e, p: e(Fraction(1)) * pow(1 + e(Fraction(1)), -1, p),
    "tanh": lambda z, t, e, p: (e(Fraction(1)) - e(Fraction(-1))) * pow(e(Fraction(1)) + e(Fraction(-1)), -1, p),
    "exp": lambda z, t, e, p: e(Fraction(1)),
    "silu": lambda z, t, e, p: t * e(Fraction(1)) * pow(1 + e(Fraction(1)), -1, p),
    "swish(3/2)": lambda z, t, e, p: t * e(Fraction(3, 2)) * pow(1 + e(Fraction(3, 2)), -1, p),
    "elu(2/3)": lambda z, t, e, p: t if z > 0 else 2 * (e(Fraction(1)) - 1) * pow(3, -1, p),
    "gaussian": lambda z, t, e, p: e(-z),
    "mish": lambda z, t, e, p: t * ((1 + e(Fraction(1))) ** 2 - 1) * pow((1 + e(Fraction(1))) ** 2 + 1, -1, p),
}


def residues(points: list[Fraction], modulus: int) -> np.ndarray:
    return np.array([rational_residue(z, modulus) for z in points], dtype=np.int64)


def root_of_order(q: int, p: int) -> int:
    return next(r for r in (pow(g, 2, p) for g in range(2, p)) if r != 1 and pow(r, q, p) == 1)


@pytest.mark.parametrize("text", RATIONAL)
@pytest.mark.parametrize("modulus", [1048343, 2**31 - 1, 10007 * 10009])
def test_rational_images_are_those_of_the_exact_values(text: str, modulus: int) -> None:
    built = activation(text)
    pieces = np.array([built.piece(z) for z in POINTS], dtype=np.int8).reshape(2, -1)
    found = built.residues(residues(POINTS, modulus).reshape(2, -1), modulus, pieces=pieces)
    assert found.dtype == np.int64
    assert found.ravel().tolist() == [rational_residue(built.exact(z), modulus) for z in POINTS]


@pytest.mark.parametrize("text", EXPONENTIAL)
@pytest.mark.parametrize(("p", "q"), SAFE_PRIMES)
def test_exponential_images_follow_the_definition(text: str, p: int, q: int) -> None:
    built, root = activation(text), root_of_order(q, p)
    powers = np.ones(q, dtype=np.int64)
    for k in range(1, q):
        powers[k] = powers[k - 1] * root % p
    repeats = 1 if q > 2000 else 60  # more entries than powers: by the table
    points = POINTS * repeats
    pieces = np.array([built.piece(z) for z in points], dtype=np.int8)
    values = residues(points, p) if built.uses_value else None
    exponents = built.exponents(residues(points, q), q)
    found = built.residues(values, p, pieces=pieces, exponents=exponents, powers=powers)
    expected = [
        EXPONENTIAL[text](z, rational_residue(z, p), lambda s, z=z: pow(root, rational_residue(s * z, q), p), p) % p
        for z in POINTS
    ]
    assert found.tolist() == expected * repeats


@pytest.mark.parametrize("text", ["sigmoid", "tanh", "silu", "mish"])
@pytest.mark.parametrize(("p", "q"), [(7, 3), (11, 5), (23, 11), (47, 23), (1019, 509)])
def test_no_power_of_the_root_is_a_pole(text: str, p: int, q: int) -> None:
    built, root = activation(text), root_of_order(q, p)
    powers = np.array([pow(root, k, p) for k in range(q)], dtype=np.int64)
    exponents = np.arange(q, dtype=np.int64)
    found = built.residues(np.ones(q, dtype=np.int64), p, exponents=exponents, powers=powers)
    assert found.min() >= 0
    assert found.max() < p


def test_a_root_of_even_order_has_a_pole() -> None:
    powers = np.array([pow(5, k, 7) for k in range(6)], dtype=np.int64)  # 5 is primitive modulo 7: 5^3 = -1
    with pytest.raises(UnluckyModulus):
        activation("sigmoid").residues(None, 7, exponents=np.arange(6), powers=powers)


def test_zero_denominators_are_unlucky() -> None:
    softsign, minus_one = activation("softsign"), np.array([[10, 3]])
    assert softsign.residues(minus_one, 11, pieces=np.array([[0, 1]], dtype=np.int8)).shape == (1, 2)
    with pytest.raises(UnluckyModulus):
        softsign.residues(minus_one, 11, pieces=np.array([[1, 1]], dtype=np.int8))  # 1 + 10 = 0 modulo 11
    with pytest.raises(UnluckyModulus):
        activation("leaky-relu(1/100)").residues(np.array([1]), 5, pieces=np.zeros(1, dtype=np.int8))
    with pytest.raises(UnluckyModulus):
        activation("swish(1/3)").exponents(np.array([1]), 3)


def test_missing_arrays_are_named() -> None:
    one = np.ones(1, dtype=np.int64)
    with pytest.raises(InputError, match="pieces"):
        activation("relu").residues(one, 7)
    with pytest.raises(InputError, match="exponents, powers"):
        activation("sigmoid").residues(one, 7, exponents=one)
    with pytest.raises(InputError, match="values"):
        activation("silu").residues(None, 7, exponents=one, powers=one)
    with pytest.raises(InputError, match="gelu"):
        activation("gelu").residues(one, 7)
    with pytest.raises(InputError, match="exponential"):
        activation("relu").exponents(one, 7)


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(2, 2**31 - 1))
def test_inverses_or_unlucky(values: list[int], modulus: int) -> None:
    array = np.array(values, dtype=np.int64) % modulus
    try:
        expected = [pow(int(v), -1, modulus) for v in array]
    except ValueError:
        with pytest.raises(UnluckyModulus):
            modular_inverses(array, modulus)
    else:
        assert modular_inverses(array, modulus).tolist() == expected


def test_derivative_of_a_formula_in_both_variables() -> None:
    one, two = Fraction(1), Fraction(2)
    formula = Formula(((1, 2, one),), ((0, 0, one), (0, 1, two)))  # t E^2 / (1 + 2 E), E = e^(t^2)
    slope = formula.derivative((Fraction(0), Fraction(0), one))
    t, power = Fraction(3), Fraction(5)  # E' = 2 t E = 30
    below = 1 + 2 * power
    expected = ((power**2 + t * 2 * power * 30) * below - t * power**2 * 2 * 30) / below**2
    assert slope.at(t, power, Fraction) == expected
    assert Formula(polynomial(4)).derivative(()) == Formula(())


@given(
    kinks=st.lists(st.fractions(-10, 10, max_denominator=9), max_size=3, unique=True),
    z=st.fractions(-11, 11, max_denominator=30),
    error=st.floats(0, 3),
    where=st.fractions(-1, 1, max_denominator=50),
)
def test_certain_pieces_are_right(kinks: list[Fraction], z: Fraction, error: float, where: Fraction) -> None:
    kinks.sort()
    value = float(z + where * Fraction(error))
    bound = max(error, float(abs(Fraction(value) - z)) * 1.0000001)
    (piece,), (certain,) = certain_pieces(tuple(kinks), np.array([value]), np.array([bound]))
    if certain:
        assert all(kink <= z for kink in kinks[:piece])
        assert all(z <= kink for kink in kinks[piece:])
    elif all(abs(kink - Fraction(value)) > Fraction(bound) * Fraction(1001, 1000) for kink in kinks):
        pytest.fail("a clear case was left open")


def test_certain_pieces_on_hard_cases() -> None:
    third = (Fraction(1, 3),)  # lies just above the float 1/3
    below, above = np.array([1 / 3]), np.nextafter(np.array([1 / 3]), 1)
    zero = np.zeros(1)
    assert [a.tolist() for a in certain_pieces(third, below, zero)] == [[0], [True]]
    assert [a.tolist() for a in certain_pieces(third, above, zero)] == [[1], [True]]
    assert certain_pieces(third, above, np.full(1, 1e-300))[1].tolist() == [False]
    odd = np.array([np.nan, np.inf, -np.inf, 1.0, 1.0, 1e308])
    bounds = np.array([0.0, 0.0, 0.0, np.inf, np.nan, 1e308])
    huge = (-(Fraction(10) ** 400), Fraction(10) ** 400)
    for kinks, last in (
        ((), True),
        ((Fraction(0),), False),
        (huge[:1], True),
        (huge[1:], False),
    ):  # 1e308 + 1e308 = inf
        assert certain_pieces(kinks, odd, bounds)[1].tolist() == [False] * 5 + [last]
    assert [a.tolist() for a in certain_pieces(huge, zero, zero)] == [[1], [True]]
