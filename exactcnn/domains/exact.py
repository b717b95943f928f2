"""Exact rational arrays on NumPy storage.

A finite float is the dyadic rational m * 2**e, so a float64 array *is* an exact array: nothing is parsed,
rounded or converted. Integers and fractions are numerators over denominators. All views that the engines
need (residues, floats with error bounds, Python integers, equality codes) are taken from that one value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from exactcnn.display import Shown
from exactcnn.domains.arguments import taken
from exactcnn.domains.dyadic import dyadic, dyadic_residues, remainder
from exactcnn.domains.given import NUMBERS, given_array, is_number, refuse_infinite, refuse_where
from exactcnn.domains.numerals import parse_rational, rational_text, rationals, ratios
from exactcnn.domains.storage import (
    INT64_LIMIT,
    checked_denominators,
    checked_numbers,
    integer_array,
    narrow,
    object_array,
)
from exactcnn.errors import InputError, UnluckyModulus

FLOAT_INTEGERS = 2**53  # every integer of at most this size is a float64
UNIT_ROUNDOFF = 2.0**-53


@dataclass(frozen=True, eq=False)
class ExactArray(Shown):
    """An array of rational numbers, value = numbers / denominators.

    Parameters
    ----------
    numbers : ndarray of int64, float64 or object
        Integers, finite floats (exact dyadic rationals) or Python integers of any size.
    denominators : int or ndarray of int64 or object
        Positive; an array broadcasts to the shape of the numbers.

    Raises
    ------
    InputError
        For any other type or shape, and for an entry that is masked, not finite or not positive (with the index).

    Examples
    --------
    >>> a = ExactArray.from_array([[0.5, 0.1]])
    >>> a.fractions().tolist()
    [[Fraction(1, 2), Fraction(3602879701896397, 36028797018963968)]]
    >>> ExactArray.from_strings(["3/7", "-0.25"]).residues(11).tolist()
    [2, 8]
    """

    numbers: NDArray[Any]
    denominators: int | NDArray[Any] = 1

    def __post_init__(self) -> None:
        numbers = checked_numbers(self.numbers)
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "denominators", checked_denominators(self.denominators, numbers.shape))

    def __repr__(self) -> str:
        return f"ExactArray(shape={self.shape})"  # inside results, entries would bury everything else

    # ---------------------------------------------------------------- construction

    @classmethod
    def from_array(cls, values: Any, *, name: str = "array") -> ExactArray:
        """Take integers, floats or booleans as the exact numbers that they are.

        Raises
        ------
        InputError
            For NaN, infinities and masked or missing entries (with the index), complex and extended-precision arrays,
            ragged input.
        """
        if hasattr(values, "__exact_array__"):
            return cast(ExactArray, values.__exact_array__())
        expected = "integers or float16/32/64"
        array = given_array(values, name=name, expected=expected, kinds="biufO")
        kind, itemsize = array.dtype.kind, array.dtype.itemsize
        if kind == "f":
            refuse_infinite(array, name)
        is_list = not isinstance(values, (np.ndarray, np.generic))
        if kind == "O" or (
            kind == "f" and is_list and itemsize >= 8 and np.abs(array).max(initial=0) >= FLOAT_INTEGERS
        ):
            # NumPy rounds the large integers of a list that also holds floats, or both signs beyond int64
            listed = array if kind == "O" else np.asarray(values, dtype=object)
            if set(map(type, listed.ravel().tolist())) == {int}:
                return cls(narrow(listed.astype(object)))
            refuse_where(listed, lambda value: not is_number(value), name=name, expected="an integer or a finite float")
            if kind == "O" or any(
                abs(int(x)) > FLOAT_INTEGERS for x in listed.flat if isinstance(x, (int, np.integer))
            ):
                return cls.from_fractions(rationals(listed, name=name), listed.shape)
        if kind in "bi":
            return cls(array.astype(np.int64))
        if kind == "u":
            fits = itemsize < 8 or not array.size or int(array.max()) < INT64_LIMIT
            return cls(array.astype(np.int64 if fits else object))
        if kind == "f" and itemsize <= 8:
            return cls(array.astype(np.float64))
        raise InputError(f"{name} has dtype {array.dtype}; expected {expected}")

    @classmethod
    def from_fractions(cls, values: Iterable[Fraction | int], shape: tuple[int, ...] | None = None) -> ExactArray:
        """Take Python fractions (or integers), in C order, as an array of the given shape.

        Raises
        ------
        InputError
            For an entry that is no fraction (with its index), and a number of entries that does not fit the shape.
        """
        shape = taken(shape, tuple[int, ...] | None, "shape")
        if isinstance(values, np.ndarray):
            array = given_array(values, name="values", expected="fractions or integers")
            entries, shape = array.ravel().tolist(), array.shape if shape is None else shape
        else:
            entries = taken(values, Iterable[Any], "values")
        if shape is not None and len(entries) != math.prod(shape):
            raise InputError(f"values has {len(entries)} entries; expected {math.prod(shape)} for shape {shape}")
        pairs = ratios(entries, name="values")
        numbers = integer_array([n for n, _ in pairs])
        denominators = integer_array([d for _, d in pairs])
        if shape is not None:
            numbers, denominators = numbers.reshape(shape), denominators.reshape(shape)
        return cls(numbers, 1 if (denominators == 1).all() else denominators)

    @classmethod
    def from_strings(cls, values: Any, *, name: str = "array") -> ExactArray:
        """Parse integers, decimals and fractions such as ``"3/7"`` or ``"-1.5e-3"``, exactly.

        Raises
        ------
        InputError
            For an entry that is not such a number, masked and missing ones included (with the index), ragged input.
        """
        array = given_array(values, name=name, kinds=NUMBERS + "US")
        listed = array if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
        return cls.from_fractions(rationals(listed, name=name), listed.shape)

    @classmethod
    def from_given(cls, values: Any, *, name: str) -> ExactArray:
        """Take anything that people have, as `exact_array` does."""
        return exact_array(values, name=name)

    def __exact_array__(self) -> ExactArray:
        return self

    # ---------------------------------------------------------------- shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.numbers.shape

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> ExactArray:
        chosen = np.asarray(self.numbers[index], dtype=self.numbers.dtype)  # one entry is no array
        if isinstance(self.denominators, int):
            return ExactArray(chosen, self.denominators)
        return ExactArray(chosen, np.asarray(np.broadcast_to(self.denominators, self.shape)[index]))

    def reshape(self, *shape: int) -> ExactArray:
        """Return the same numbers, in C order, in another shape."""
        if isinstance(self.denominators, int):
            return ExactArray(self.numbers.reshape(*shape), self.denominators)
        return ExactArray(self.numbers.reshape(*shape), np.broadcast_to(self.denominators, self.shape).reshape(*shape))

    def scaled(self, factor: Fraction | int | float | str) -> ExactArray:
        """Multiply every entry by a positive rational number."""
        numerator, denominator = parse_rational(factor, name="scale").as_integer_ratio()
        if numerator <= 0:
            raise InputError(f"scale = {factor}; expected a positive rational number")
        numbers, common = _multiplied(self.numbers, numerator)
        if isinstance(self.denominators, int):
            return ExactArray(numbers, self.denominators * common * denominator)
        denominators, _ = _multiplied(self.denominators, common * denominator)
        return ExactArray(numbers, denominators)

    # ---------------------------------------------------------------- views

    def fractions(self) -> NDArray[Any]:
        """Return the entries as an object array of `fractions.Fraction`."""
        numbers = self.numbers
        if numbers.dtype == np.float64:
            flat: list[Fraction] = [Fraction(value) for value in numbers.ravel().tolist()]
        else:
            flat = [Fraction(int(value)) for value in numbers.ravel().tolist()]
        if isinstance(self.denominators, int):
            denominators = [self.denominators] * len(flat)
        else:
            denominators = np.broadcast_to(self.denominators, self.shape).ravel().tolist()
        entries = (a / int(d) if d != 1 else a for a, d in zip(flat, denominators, strict=True))
        return object_array(entries, self.shape)

    def integers(self) -> tuple[NDArray[Any], int]:
        """Return Python integers (object array) and one common denominator: value = integers / denominator."""
        numbers, exponent = self.numbers, 0
        if numbers.dtype == np.float64:
            mantissas, exponents = dyadic(numbers)
            exponent = max(0, -int(exponents.min(initial=0)))
            integers = mantissas.astype(object) << (exponents + exponent).astype(object)
        else:
            integers = numbers.astype(object)
        if isinstance(self.denominators, int):
            return integers, self.denominators << exponent
        denominators = np.broadcast_to(self.denominators, self.shape).astype(object)
        common = math.lcm(*(int(d) for d in denominators.flat)) if denominators.size else 1
        return integers * (common // denominators), common << exponent

    def with_ones(self) -> ExactArray:
        """Return a matrix with one more column, of ones.

        Examples
        --------
        >>> ExactArray.from_array([[2], [3]]).with_ones().numbers.tolist()
        [[2, 1], [3, 1]]
        """
        numbers, common = self.numbers, self.denominators
        if not (isinstance(common, int) and numbers.dtype == np.int64 and common < 2**62):
            numbers, common = self.integers()
        return ExactArray(np.insert(numbers, numbers.shape[1], common, axis=1), common)

    def residues(self, modulus: int) -> NDArray[np.int64]:
        """Image of every entry in Z/modulus, in [0, modulus).

        A ring homomorphism from the rationals whose denominators are prime to the modulus, prime or not.
        Requires modulus < 2**31, so that products of two residues fit int64.

        Raises
        ------
        UnluckyModulus
            If a denominator is not a unit modulo the modulus.
        """
        assert 1 < modulus < 2**31
        numbers = self.numbers
        if numbers.dtype == np.float64:
            residues = dyadic_residues(numbers, modulus)
        elif numbers.dtype == np.int64:
            residues = remainder(numbers, modulus)
        else:
            residues = (numbers % modulus).astype(np.int64)
        if isinstance(self.denominators, int):
            inverse = residue_inverse(self.denominators, modulus)
            return residues if inverse == 1 else remainder(residues * inverse, modulus)
        small, where = np.unique((self.denominators % modulus).astype(np.int64), return_inverse=True)
        inverses = np.array([residue_inverse(int(d), modulus) for d in small], dtype=np.int64)
        return remainder(residues * inverses[where].reshape(np.shape(self.denominators)), modulus)

    def floats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Float64 values x and error bounds e with ``|x - value| <= e``, entry by entry.

        e is 0 wherever the float is the number itself. A value outside the range of floats has e = inf.
        """
        numbers, denominators = self.numbers, self.denominators
        if isinstance(denominators, int):
            are_exact = numbers.dtype != object and (numbers.dtype == np.float64 or are_float_integers(numbers))
            if are_exact and denominators == 1:
                values = numbers.astype(np.float64)
                return values, np.zeros_like(values)
            if numbers.dtype != object and denominators <= FLOAT_INTEGERS:
                # rounding of the numerator and of the quotient: (1+u)^2 - 1 < 3u, and one subnormal step
                values = numbers.astype(np.float64) / float(denominators)
                power_of_two = denominators & (denominators - 1) == 0
                if are_exact and power_of_two and _scaling_is_exact(numbers, denominators):
                    return values, np.zeros_like(values)
                return values, 3 * UNIT_ROUNDOFF * np.abs(values) + 2.0**-1074
        fractions = self.fractions()
        values, errors = np.empty(self.shape), np.zeros(self.shape)
        for index, fraction in np.ndenumerate(fractions):
            try:
                values[index] = value = float(fraction)  # correctly rounded
                if Fraction(value) != fraction:
                    errors[index] = 2 * UNIT_ROUNDOFF * abs(value) + 2.0**-1074
            except OverflowError:
                values[index], errors[index] = math.inf if fraction > 0 else -math.inf, math.inf
        return values, errors

    def document(self) -> dict[str, Any]:
        """Return the array as certificates state it in the document itself."""
        numbers, denominator = self.integers()
        values = [rational_text(Fraction(number, denominator)) for number in numbers.ravel().tolist()]
        return {"shape": list(self.shape), "values": values}

    def codes(self) -> NDArray[np.int64]:
        """Integer codes, equal exactly where the entries are equal (within this array)."""
        if isinstance(self.denominators, int) and self.numbers.dtype == np.int64:
            return self.numbers
        if isinstance(self.denominators, int) and self.numbers.dtype == np.float64:
            # + 0.0 turns -0.0 into 0.0
            return cast(NDArray[np.int64], (self.numbers + 0.0).view(np.int64))
        table: dict[Fraction | int, int] = {}
        values = self.numbers if isinstance(self.denominators, int) else self.fractions()
        flat = [table.setdefault(value, len(table)) for value in values.flat]
        return np.array(flat, dtype=np.int64).reshape(self.shape)


def exact_array(values: Any, *, name: str) -> ExactArray:
    """Take numbers, strings of numbers, or what holds exact numbers (`__exact_array__`), as an exact array.

    Examples
    --------
    >>> exact_array(["1/3", 2], name="biases").fractions().tolist()
    [Fraction(1, 3), Fraction(2, 1)]
    """
    if hasattr(values, "__exact_array__"):
        return cast(ExactArray, values.__exact_array__())
    texts = given_array(values, name=name, kinds=NUMBERS + "U").dtype.kind in "UO"
    return ExactArray.from_strings(values, name=name) if texts else ExactArray.from_array(values, name=name)


def exact_matrix(values: Any, *, name: str) -> ExactArray:
    """Take a matrix, two dimensions, as `exact_array` does.

    Examples
    --------
    >>> exact_matrix([1, 2], name="entries")
    Traceback (most recent call last):
    ...
    exactcnn.errors.InputError: entries has shape (2,); expected a matrix (m, n)
    """
    matrix = exact_array(values, name=name)
    if len(matrix.shape) != 2:
        raise InputError(f"{name} has shape {matrix.shape}; expected a matrix (m, n)")
    return matrix


def residue_inverse(denominator: int, modulus: int) -> int:
    """Inverse of a denominator modulo the modulus; UnluckyModulus if there is none."""
    try:
        return pow(denominator, -1, modulus)
    except ValueError:
        raise UnluckyModulus(f"denominator {denominator} is not a unit modulo {modulus}") from None


def are_float_integers(numbers: NDArray[np.int64]) -> bool:
    """Whether all integers are at most 2**53 in size, hence exact as float64."""
    return bool((numbers >= -FLOAT_INTEGERS).all() and (numbers <= FLOAT_INTEGERS).all())


def _scaling_is_exact(numbers: NDArray[Any], power: int) -> bool:
    """Whether division by a power of two, at most 2^53, keeps all numbers out of the subnormal range."""
    smallest = np.abs(numbers[numbers != 0].astype(np.float64)).min(initial=np.inf)
    return bool(smallest >= 2.0**-1022 * power)


def _multiplied(numbers: NDArray[Any], factor: int) -> tuple[NDArray[Any], int]:
    """Numbers and one denominator of numbers * factor, factor > 0; int64 and float64 where they hold it."""
    if factor == 1 or not numbers.size:
        return numbers, 1
    if numbers.dtype == np.int64 and max(-int(numbers.min()), int(numbers.max()), 1) * factor < INT64_LIMIT:
        return numbers * factor, 1
    if numbers.dtype == np.float64:
        mantissas, _ = dyadic(numbers)
        largest = float(np.abs(numbers).max())
        bits_fit = factor <= FLOAT_INTEGERS and int(np.abs(mantissas).max()) * factor <= FLOAT_INTEGERS
        if bits_fit and largest <= 2.0**970:
            return numbers * float(factor), 1  # 53 bits, and at most 2^53 * 2^970: nothing is rounded
        integers, common = ExactArray(numbers).integers()
        return narrow(integers * factor), common
    return narrow(numbers.astype(object) * factor), 1
