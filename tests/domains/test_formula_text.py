"""Formulas as text mean what Python's own arithmetic makes of them, and what is not understood is refused."""

import math
import random
from fractions import Fraction

import pytest

from exactcnn.domains.formula_text import LARGEST_DEPTH, LARGEST_TEXT, formula_text, read_formulas
from exactcnn.domains.formulas import Formula, polynomial
from exactcnn.errors import InputError


def value(formula: Formula, t: Fraction, power: Fraction) -> Fraction:
    above, below = (sum(c * t**i * power**j for i, j, c in side) for side in (formula.numerator, formula.denominator))
    return Fraction(above) / below


def random_text(draw: random.Random, depth: int, powers: tuple[str, ...]) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(["t", "2", "0.5", "3e-1", "7", *powers])
    inner = random_text(draw, depth - 1, powers)
    match draw.randrange(6):
        case 0:
            return f"-({inner})"
        case 1:
            return f"({inner})^{draw.randint(-2, 3)}"
        case _:
            return f"({inner}) {draw.choice('+-*/')} ({random_text(draw, depth - 1, powers)})"


@pytest.mark.parametrize("seed", range(300))
def test_a_text_has_the_values_that_python_computes(seed):
    """exp is the map x -> 3^(x / (t/2)) of the twin: formulas in t and E are rational functions of both."""
    draw = random.Random(seed)
    t = Fraction(draw.choice([2, 4, -6, 3, 5]), draw.choice([1, 1, 7]))
    text = random_text(draw, 3, ("exp(t/2)", "exp(-t)", "exp(1.5*t)"))
    decimals = text.replace("0.5", "Fraction(1, 2)").replace("3e-1", "Fraction(3, 10)").replace("1.5", "Fraction(3, 2)")
    source = decimals.replace("^", "**")
    for number in "27":
        source = source.replace(f"({number})", f"(Fraction({number}))")

    def exponential(x: Fraction) -> Fraction:
        steps = x / (t / 2)
        assert steps.denominator == 1
        return Fraction(3) ** int(steps)

    try:
        expected = eval(source, {"t": t, "Fraction": Fraction, "exp": exponential})
    except ZeroDivisionError:
        expected = None
    refusal = ""
    try:
        (formula,), power = read_formulas((text,))
    except InputError as error:
        refusal = str(error)
    if refusal:  # only for these two reasons
        assert "degree above" in refusal or ("divides by zero" in refusal and expected is None)
        return
    if power is None:
        unit = Fraction(1)
    else:
        assert (power.base, power.exponent[0]) == ("e", 0)
        unit = exponential(power.exponent[1] * t)
    if expected is not None:
        assert value(formula, t, unit) == expected


def test_precedence_is_that_of_mathematics():
    for text, expected in {
        "-t^2": -9,
        "2 - t^2*2": -16,
        "t^-1*2": Fraction(2, 3),
        "1/t/t": Fraction(1, 9),
        "12/2*t": 18,
        "t^2^2": 81,
        "1 - 1 - t": -3,
    }.items():
        (formula,), power = read_formulas((text,))
        assert power is None
        assert value(formula, Fraction(3), Fraction(1)) == expected, text


def test_powers_of_two_that_are_numbers_are_no_exponentials():
    (formula,), power = read_formulas(("2^3*t + 2^-1",))
    assert power is None
    assert value(formula, Fraction(1), Fraction(1)) == Fraction(17, 2)


def test_one_exponential_is_shared_by_all_pieces():
    formulas, power = read_formulas(("2^(t/2)", "1 - 2^(-t/3)"))
    assert power is not None
    assert (power.base, [abs(c) for c in power.exponent]) == ("2", [0, Fraction(1, 6)])
    unit = Fraction(64) ** (1 if power.exponent[1] > 0 else -1)  # at t = 36
    assert value(formulas[0], Fraction(36), unit) == 2**18
    assert value(formulas[1], Fraction(36), unit) == 1 - Fraction(1, 2**12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no expression"),
        ("2t", "no expression"),
        ("t;t", "no expression"),
        ("x", "'x' is not understood"),
        ("1j*t", "'1j' is not understood"),
        ("True", "'True' is not understood"),
        ("'2'*t", "not understood"),
        ("t//2", "FloorDiv is not understood"),
        ("__import__('os')", "not understood"),
        ("(lambda: t)()", "not understood"),
        ("exp()", "not understood"),
        ("exp(t, t)", "not understood"),
        ("0x10*t", "not a number"),
        ("1_000*t", "not a number"),
        ("1e400000000*t", "exponent beyond"),
        ("t^t", "a power that is no integer"),
        ("t^0.5", "a power that is no integer"),
        ("t^51", "a power that is no integer"),
        ("4^t", "a power that is no integer"),
        ("t^50*t", "a degree above 50"),
        ("exp(t)*exp(t/51)", "a degree above 50"),
        ("1/(t - t)", "divides by zero"),
        ("0^-1", "divides by zero"),
        ("exp(1)", "an exponent is constant"),
        ("exp(exp(t))", "an exponential stands inside an exponent"),
        ("exp(1/t)", "an exponent is no polynomial"),
        ("exp(t)*exp(t^2)", "not powers of one another"),
        ("exp(t)*2^t", "not powers of one another"),
        ("t" + " " * LARGEST_TEXT, "characters"),
        ("-" * (LARGEST_DEPTH + 1) + "t", "nested more than"),
        ("-" * (LARGEST_TEXT - 1) + "t", "nested more than"),
        ("(" * 900 + "t" + ")" * 900, "no expression"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(text, reason):
    with pytest.raises(InputError, match=reason.replace("'", ".")) as refusal:
        read_formulas((text,))
    assert "\n" not in str(refusal.value)


def test_the_longest_nesting_is_read():
    (formula,), _ = read_formulas(("-" * (LARGEST_DEPTH - 1) + "t",))
    assert formula.numerator == ((1, 0, Fraction((-1) ** (LARGEST_DEPTH - 1))),)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_written_is_read_again(seed):
    draw = random.Random(seed)
    sides = [
        polynomial(*(Fraction(draw.randint(-3, 3), draw.randint(1, 3)) for _ in range(draw.randint(1, 4))))
        for _ in range(2)
    ]
    formula = Formula(sides[0], sides[1] or polynomial(1))
    text = formula_text(formula).replace(" t", "*t").replace("+*", "+ ").replace("-*", "- ")
    (again,), power = read_formulas((text,))
    assert power is None
    for t in (Fraction(5, 7), Fraction(-11, 3), Fraction(13)):
        if not math.isclose(sum(c * t**i for i, _, c in formula.denominator), 0):
            assert value(again, t, Fraction(1)) == value(formula, t, Fraction(1))
