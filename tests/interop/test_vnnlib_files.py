"""VNN-LIB: what the standard writes, as exact decimals; what is wrong, in one line; and the package vnnlib beside."""

import json
import random
from fractions import Fraction

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.properties import Comparison, Joined
from exactcnn.interop.vnnlib_files import LARGEST_FILE, read_vnnlib, written_decimal

HEAD = "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real) (declare-const Y_1 Real)\n"
SECOND = "(vnnlib-version <2.0>)(declare-network N (declare-input X real [1,2]) (declare-output Y real [2]))\n"


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "p.vnnlib"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_vnnlib(path)

    return read


def terms(*pairs):
    return tuple((index, Fraction(value)) for index, value in pairs)


@pytest.mark.parametrize(
    ("text", "inputs", "outputs", "relation", "bound"),
    [
        ("(<= X_0 0.1)", [(0, 1)], [], "<=", "0.1"),
        ("(>= X_0 0.1)", [(0, -1)], [], "<=", "-0.1"),
        ("(< Y_1 -1.5e-3)", [], [(1, 1)], "<", "-0.0015"),
        ("(> Y_1 .5)", [], [(1, -1)], "<", "-0.5"),
        ("(<= 3 Y_0)", [], [(0, -1)], "<=", "-3"),
        ("(<= Y_0 Y_1)", [], [(0, 1), (1, -1)], "<=", "0"),
        ("(= (+ X_0 X_1 1) (* 2.0 Y_0))", [(0, 1), (1, 1)], [(0, -2)], "=", "-1"),
        ("(== (- Y_0) 5)", [], [(0, -1)], "=", "5"),
        ("(!= (- Y_0 Y_1 2) 5)", [], [(0, 1), (1, -1)], "!=", "7"),
        ("(<= (* 0.5 (- X_0 (* X_1 4)) 2) 0)", [(0, 1), (1, -4)], [], "<=", "0"),
        ("(<= (- X_0 X_0) 1)", [], [], "<=", "1"),
        ("(<= (* 0 X_0) (* 2 3))", [], [], "<=", "6"),
        ("(<= X_0 0.1000000000000000000000000000000000001)", [(0, 1)], [], "<=", f"0.1{'0' * 35}1"),
    ],
)
def test_comparisons(read, text, inputs, outputs, relation, bound):
    own = read(f"{HEAD}(assert {text})")
    (found,) = own.assertions
    assert found == Comparison(terms(*inputs), terms(*outputs), relation, Fraction(bound))
    assert (own.inputs, own.outputs) == (2, 2)


def test_formulas_comments_and_commands(read):
    text = f"""; a comment ) with a parenthesis
    (set-logic QF_LRA)
    {HEAD}
    (assert (or (and (<= X_0 1) (>= Y_0 2)) (<= Y_1 3))) ; here too (
    (assert (and (<= X_0 1)))
    (check-sat)"""
    either, alone = read(text).assertions
    assert isinstance(either, Joined)
    assert (either.word, either.parts[0].word, len(either.parts[0].parts)) == ("or", "and", 2)
    assert isinstance(alone, Comparison)
    assert json.dumps(either.document())


def test_the_second_version(read):
    own = read(SECOND + "(assert (or (<= X[0,1] 0.5) (>= Y [1] X[0, 0])))")
    (either,) = own.assertions
    assert (own.inputs, own.outputs) == (2, 2)
    assert either.parts[0].inputs == terms((1, 1))
    assert (either.parts[1].inputs, either.parts[1].outputs) == (terms((0, 1)), terms((1, -1)))
    scalar = read("(declare-network N (declare-input X Real [2,3]) (declare-output Y Real []))(assert (<= X[1,2] Y))")
    assert (scalar.inputs, scalar.outputs, scalar.assertions[0].inputs) == (6, 1, terms((5, 1)))


def test_declarations_in_any_order_and_as_functions(read):
    text = "(declare-fun X_1 () Real)(declare-fun Y_0 () Real)(declare-fun X_0 () Real)(assert (<= X_1 Y_0))"
    assert read(text).assertions[0].inputs == terms((1, 1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no form; expected"),
        ("hello", "'hello' outside of parentheses"),
        (HEAD, "no assertion"),
        ("(assert (<= 1 2))", "no variable X"),
        ("(declare-const X_0 Real)(assert (<= X_0 2))", "no variable Y"),
        ("(declare-const X_0 Real)(declare-const Y_1 Real)(assert (<= X_0 2))", "Y_0 is not declared, Y_1 is"),
        (HEAD + "(declare-const X_0 Real)", "form 5: X_0 is declared twice"),
        (HEAD + "(declare-const X_00 Real)", "X_00 is declared twice"),
        (HEAD + "(declare-const Z_0 Real)", "expected (declare-const X_i Real)"),
        (HEAD + "(declare-const X_2 Int)", "expected (declare-const X_i Real)"),
        (HEAD + "(declare-const)", "expected (declare-const X_i Real)"),
        (HEAD + "(assert)", "assert with 0 formulas"),
        (HEAD + "(assert (<= X_0 1) (<= X_1 1))", "assert with 2 formulas"),
        (HEAD + "(assert true)", "'true'; expected an operation"),
        (HEAD + "(assert ())", "()"),
        (HEAD + "(assert ((<= X_0 1)))", "((...))"),
        (HEAD + "(assert (not (<= X_0 1)))", "'not' is no comparison that is read"),
        (HEAD + "(assert (<= X_0))", "<= of 1 expressions"),
        (HEAD + "(assert (<= X_0 X_1 1))", "<= of 3 expressions"),
        (HEAD + "(assert (or))", "or without formulas"),
        (HEAD + "(assert (<= (sin X_0) 1))", "'sin' is no function that is read; expected +, - or *"),
        (HEAD + "(assert (<= (/ X_0 3) 1))", "'/' is no function"),
        (HEAD + "(assert (<= (* X_0 X_0) 1))", "(* ...) is not linear"),
        (HEAD + "(assert (<= (* X_0 (+ Y_0 1)) 1))", "is not linear"),
        (HEAD + "(assert (<= (+) 1))", "+ of nothing"),
        (HEAD + "(assert (<= X_9 1))", "'X_9' is not known"),
        (HEAD + "(assert (<= X_0 1/3))", "'1/3' is not known"),
        (HEAD + "(assert (<= X_0 nan))", "'nan' is not known"),
        (HEAD + "(assert (<= X_0 1e999999))", "expected a number of at most 1000 characters"),
        (HEAD + "(assert (<= X_0 1e-401))", "an exponent of at most 400"),
        (HEAD + f"(assert (<= X_0 {'9' * 1001}))", "expected a number of at most 1000 characters"),
        (HEAD + f"(assert (<= (* {'1e400 ' * 20}) 1))", "a product of more than 10000 bits"),
        (HEAD + "(assert (<= X_0 1)", "form 5 does not end"),
        (HEAD + "(assert (<= X_0 1)))", "a parenthesis closes behind form 5"),
        (HEAD + "(minimize X_0)", "(minimize ...) is not read"),
        (HEAD + "((assert))", "((...)) is not read"),
        (HEAD + "(" * 60 + ")" * 60, "form 5: nested deeper than 50"),
        (HEAD + "(assert " + "(and " * 100_000, "form 5: nested deeper than 50"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (HEAD + SECOND, "declarations of both versions"),
        (SECOND + SECOND, "a second network"),
        (SECOND + "(assert (<= X 1))", "'X' has no place in the shape [1, 2]"),
        (SECOND + "(assert (<= X[0,2] 1))", "has no place"),
        (SECOND + "(assert (<= X[0] 1))", "has no place"),
        (SECOND + "(assert (<= X[0,-1] 1))", "is not known"),
        ("(declare-network N (declare-hidden H Real [1] h))", "of a network; expected declare-input"),
        ("(declare-network N (declare-input X Real))", "has no shape"),
        ("(declare-network N (declare-input X Real [1]) (declare-input Z Real [1]))", "is a second one"),
        (
            "(declare-network N (declare-input X Real [0]) (declare-output Y Real [1]))(assert (<= Y[0] 1))",
            "no variable X",
        ),
    ],
)
def test_one_line_says_what_is_wrong(read, text, says):
    with pytest.raises(InputError) as error:
        read(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_files(read, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_vnnlib(tmp_path / "none.vnnlib")
    with pytest.raises(InputError, match="is a directory"):
        read_vnnlib(tmp_path)
    with pytest.raises(InputError, match=f"at most {LARGEST_FILE} bytes"):
        read(b" " * (LARGEST_FILE + 1))


def test_written_decimals():
    assert written_decimal("+1.25e+2") == 125
    assert written_decimal("1.") == 1
    for text in ("", ".", "1e", "0x1", "1_000", "１", "inf", "1e5.5"):
        with pytest.raises(InputError):
            written_decimal(text)


def test_many_declarations_take_linear_time(read):
    """Twenty thousand variables, each with a box: no step looks at all of them again."""
    names = [f"X_{i}" for i in range(20_000)]
    text = "".join(f"(declare-const {name} Real)" for name in names) + "(declare-const Y_0 Real)"
    text += "".join(f"(assert (<= {name} 0.1))(assert (>= {name} -0.1))" for name in names)
    own = read(text)
    assert (own.inputs, len(own.assertions)) == (20_000, 40_000)


# -------------------------------------------------------------------- the package vnnlib, which reads version 2


def evaluated(expression, values):
    """Value of an expression of the package, by its own nodes."""
    kind = type(expression).__name__
    if kind in ("Float", "Literal", "Int"):
        return Fraction(expression.lexeme.strip())
    if kind == "Var":
        return values[expression.name, tuple(expression.indices)]
    if kind == "Negate":
        return -evaluated(expression.expr, values)
    if kind == "Minus":
        return evaluated(expression.head, values) - sum(evaluated(each, values) for each in expression.rest)
    parts = [evaluated(each, values) for each in expression.args]
    if kind == "Plus":
        return sum(parts)
    product = Fraction(1)
    for part in parts:
        product *= part
    return product


def judged(formula, values):
    kind = type(formula).__name__
    if kind in ("And", "Or"):
        return (all if kind == "And" else any)(judged(each, values) for each in formula.args)
    a, b = evaluated(formula.lhs, values), evaluated(formula.rhs, values)
    table = {"GreaterThan": a > b, "GreaterEqual": a >= b, "LessThan": a < b, "LessEqual": a <= b, "Equal": a == b}
    return table[kind]


def random_formula(draw, depth=0):
    if depth < 2 and draw.random() < 0.5:
        parts = [random_formula(draw, depth + 1) for _ in range(draw.randint(2, 3))]
        return f"({draw.choice(['and', 'or'])} {' '.join(parts)})"
    return f"({draw.choice(['<=', '>=', '<', '>', '=='])} {random_sum(draw)} {random_sum(draw)})"


def random_sum(draw, depth=0):
    number = f"{draw.choice(['-', ''])}{draw.randint(0, 3)}.{draw.randint(0, 9)}"
    variable = draw.choice(["X[0,0]", "X[0,1]", "Y[0]", "Y[1]"])
    if depth == 2:
        return draw.choice([number, variable])
    parts = [random_sum(draw, depth + 1) for _ in range(2)]
    return draw.choice(
        [number, variable, f"(+ {' '.join(parts)})", f"(- {' '.join(parts)})", f"(* {number} {parts[0]})"]
    )


def test_the_package_reads_the_same():
    """Random formulas at random points: true for both readers, or false for both."""
    vnnlib = pytest.importorskip("vnnlib")
    import tempfile
    from pathlib import Path

    from exactcnn.interop.properties import related, truth

    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.vnnlib")
        for _ in range(200):
            text = SECOND + f"(assert {random_formula(draw)})"
            path.write_text(text)
            (own,) = read_vnnlib(path).assertions
            (other,) = vnnlib.parse_query_string(text).assertions
            for _ in range(10):
                x, y = ([Fraction(draw.randint(-4, 4), 2) for _ in range(2)] for _ in range(2))
                values = {("X", (0, i)): v for i, v in enumerate(x)} | {("Y", (i,)): v for i, v in enumerate(y)}

                def decide(c, x=x, y=y):
                    total = sum((a * x[i] for i, a in c.inputs), -c.bound) + sum(b * y[j] for j, b in c.outputs)
                    return related(c.relation, (total > 0) - (total < 0))

                assert truth(own, decide) == judged(other.expr, values)
