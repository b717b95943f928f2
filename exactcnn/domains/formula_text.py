"""Formulas as people write them: rational functions of t and exp(g(t)), read exactly and without executing anything.

The text is parsed as a Python expression, of which only numbers, t, + - * /, integer powers and exp are understood;
``^`` is a power too. A decimal is the decimal fraction that it is.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from exactcnn.domains.formulas import ONE, Formula, Terms, polynomial, product
from exactcnn.domains.numerals import parse_rational
from exactcnn.errors import InputError

LARGEST_DEGREE = 50  # of t and of E: sizes and times stay small
LARGEST_TEXT = 2000  # characters
LARGEST_DEPTH = 100  # of operations inside one another; a sum of 100 terms is nested 99 deep


@dataclass(frozen=True)
class Power:
    """base^g(t), by the coefficients of g."""

    base: Literal["e", "2"]
    exponent: tuple[Fraction, ...]


def read_formulas(texts: tuple[str, ...]) -> tuple[tuple[Formula, ...], Power | None]:
    """Read formulas that share one exponential E.

    Parameters
    ----------
    texts : tuple of str
        Such as ``("0", "t^2/(1 + t)")`` or ``("1/(1 + exp(-t^3))",)``; ``2^t`` is an exponential of base 2.

    Returns
    -------
    formulas : tuple of Formula
        In t and E.
    power : Power or None
        What E is; None where no exponential occurs.

    Raises
    ------
    InputError
        Naming the text and what is not understood in it.

    Examples
    --------
    >>> formulas, power = read_formulas(("1/(1 + exp(-2*t))",))
    >>> formulas[0].numerator, [str(c) for c in power.exponent]
    (((0, 0, Fraction(1, 1)),), ['0', '-2'])
    """
    readers = [_Reader(text) for text in texts]
    powers = [power for reader in readers for power in reader.powers]
    common = _common(powers)
    return tuple(reader.formula(common) for reader in readers), common


def _common(powers: list[Power]) -> Power | None:
    """The E of which all exponentials are integer powers."""
    if not powers:
        return None
    first = powers[0]
    ratios = []
    for power in powers:
        ratio = _ratio(power.exponent, first.exponent) if power.base == first.base else None
        if ratio is None:
            raise InputError(
                "the exponentials are not powers of one another; expected one exponent g(t) and its multiples"
            )
        ratios.append(ratio)
    # every ratio is an integer multiple of their common measure
    measure = Fraction(math.gcd(*(r.numerator for r in ratios)), math.lcm(*(r.denominator for r in ratios)))
    return Power(first.base, tuple(c * measure for c in first.exponent))


def _ratio(exponent: tuple[Fraction, ...], other: tuple[Fraction, ...]) -> Fraction | None:
    if len(exponent) != len(other):
        return None
    ratio = exponent[-1] / other[-1]
    return ratio if exponent == tuple(ratio * c for c in other) else None


class _Reader:
    """One text: first its exponentials are collected, then it becomes a formula in E."""

    def __init__(self, text: str) -> None:
        if len(text) > LARGEST_TEXT:
            raise InputError(f"formula of {len(text)} characters; expected at most {LARGEST_TEXT}")
        self.text, self.source = text, text.replace("^", "**").strip()
        try:
            self.tree = ast.parse(self.source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.wrong("it is no expression") from None
        if _is_deeper(self.tree, LARGEST_DEPTH):
            raise self.wrong(f"it is nested more than {LARGEST_DEPTH} deep")
        self.powers = [power for node in ast.walk(self.tree) if (power := self._power(node)) is not None]

    def wrong(self, why: str) -> InputError:
        return InputError(f"formula {self.text[:60]!r}: {why}; expected numbers, t, + - * / ^ and exp(...)")

    def formula(self, power: Power | None) -> Formula:
        """Return the formula in t and E; negative powers of E are cleared."""
        return self._read(self.tree, power)

    def _power(self, node: ast.AST) -> Power | None:
        """Take exp(g(t)) or 2**g(t) with a g that is not constant."""
        match node:
            case ast.Call(func=ast.Name(id="exp"), args=[argument], keywords=[]):
                base: Literal["e", "2"] = "e"
            case ast.BinOp(left=ast.Constant(value=2), op=ast.Pow(), right=argument):
                base = "2"
            case _:
                return None
        inner = self._read(argument, None)
        if inner.denominator != ONE:
            raise self.wrong("an exponent is no polynomial in t")
        table = {i: c for i, _, c in inner.numerator}
        if max(table, default=0) == 0:
            if base == "2":
                return None  # a number, such as 2^-1
            raise self.wrong("an exponent is constant")
        return Power(base, tuple(table.get(i, Fraction(0)) for i in range(max(table) + 1)))

    def _read(self, node: ast.AST, power: Power | None) -> Formula:
        exponential = self._power(node)
        if exponential is not None:
            if power is None:
                raise self.wrong("an exponential stands inside an exponent")
            times = exponential.exponent[-1] / power.exponent[-1]
            return _of_power(int(times))
        match node:
            case ast.Constant(value=value) if type(value) in (int, float):
                # the text of the number, not Python's float
                return Formula(
                    polynomial(parse_rational(ast.get_source_segment(self.source, node) or "", name=self.text))
                )
            case ast.Name(id="t"):
                return Formula(polynomial(0, 1))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._read(operand, power).scaled(Fraction(-1))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._read(operand, power)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._integer_power(self._read(left, power), right)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._combined(self._read(left, power), operator, self._read(right, power))
        raise self.wrong(f"{ast.unparse(node)[:30]!r} is not understood")

    def _integer_power(self, base: Formula, node: ast.AST) -> Formula:
        exponent = self._read(node, None).constant
        if exponent is None or exponent.denominator != 1 or abs(exponent) > LARGEST_DEGREE:
            raise self.wrong(f"a power that is no integer from -{LARGEST_DEGREE} to {LARGEST_DEGREE}")
        result = Formula(ONE)
        for _ in range(abs(int(exponent))):
            result = self._combined(result, ast.Mult(), base)
        return result if exponent >= 0 else self._combined(Formula(ONE), ast.Div(), result)

    def _combined(self, left: Formula, operator: ast.operator, right: Formula) -> Formula:
        (a, b), (c, d) = (left.numerator, left.denominator), (right.numerator, right.denominator)
        match operator:
            case ast.Add():
                above = product(a, d) + product(c, b)
            case ast.Sub():
                above = product(a, d) + product(tuple((i, j, -x) for i, j, x in c), b)
            case ast.Mult():
                above = product(a, c)
            case ast.Div():
                if not c:
                    raise self.wrong("it divides by zero")
                above, d = product(a, d), c
            case _:
                raise self.wrong(f"{type(operator).__name__} is not understood")
        found = reduced(Formula(product(above, ONE), product(b, d)))
        if max((max(i, j) for i, j, _ in found.terms), default=0) > LARGEST_DEGREE:
            raise self.wrong(f"a degree above {LARGEST_DEGREE}")
        return found


def _is_deeper(node: ast.AST, depth: int) -> bool:
    level = [node]
    for _ in range(depth):
        level = [child for parent in level for child in ast.iter_child_nodes(parent) if isinstance(child, ast.expr)]
    return bool(level)


def _of_power(times: int) -> Formula:
    power: Terms = ((0, abs(times), Fraction(1)),)
    return Formula(power) if times >= 0 else Formula(ONE, power)


def reduced(formula: Formula) -> Formula:
    """Cancel common powers of t and E, and make the first coefficient below 1.

    Examples
    --------
    >>> reduced(Formula(((1, 1, Fraction(2)),), ((0, 1, Fraction(2)), (0, 2, Fraction(4)))))
    Formula(numerator=((1, 0, Fraction(1, 1)),), denominator=((0, 0, Fraction(1, 1)), (0, 1, Fraction(2, 1))))
    """
    if not formula.numerator:
        return Formula(())
    if formula.constant is not None:
        return Formula(polynomial(formula.constant))
    low_t, low_power = min(i for i, _, _ in formula.terms), min(j for _, j, _ in formula.terms)
    first = formula.denominator[0][2]
    above, below = (
        tuple((i - low_t, j - low_power, c / first) for i, j, c in side)
        for side in (formula.numerator, formula.denominator)
    )
    return Formula(above, below)


def formula_text(formula: Formula) -> str:
    """Write a formula in t and E.

    Examples
    --------
    >>> formula_text(Formula(polynomial(0, 1), polynomial(1, 1)))
    't/(1 + t)'
    """
    above = _terms_text(formula.numerator)
    if formula.denominator == ONE:
        return above
    below = _terms_text(formula.denominator)
    return f"{above if len(formula.numerator) < 2 else f'({above})'}/({below})"


def _terms_text(terms: Terms) -> str:
    if not terms:
        return "0"
    written = ""
    for i, j, c in terms:
        factors = [name if n == 1 else f"{name}^{n}" for name, n in (("t", i), ("E", j)) if n]
        size = abs(c)
        number = [] if size == 1 and factors else [str(size)]
        sign = ("-" if c < 0 else "") if not written else (" - " if c < 0 else " + ")
        written += sign + " ".join(number + factors)
    return written
