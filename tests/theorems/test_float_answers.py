"""Why a float rank is wrong: planted cases of a tolerance, of rounded entries and of a rounded decomposition."""

from fractions import Fraction

import numpy as np
import pytest

from exactcnn.linalg.evidence import RankBounds
from exactcnn.theorems.float_answers import DEFAULT, TABLE_2, Library, answers_of


def nothing(*_):
    """No matrices of its own."""


def library(rank=None, values=None):
    """NumPy, or one that is planted to give this rank and these singular values."""
    return Library(
        "NumPy",
        nothing,
        (lambda matrix: int(np.linalg.matrix_rank(matrix))) if rank is None else lambda _: rank,
        (lambda matrix: np.linalg.svd(matrix, compute_uv=False)) if values is None else lambda _: values,
    )


def bounds(*values):
    return tuple((Fraction(value), Fraction(value)) for value in values)


def answers(exact, own, matrix, precision="float64", by=None):
    found, _ = answers_of(exact, own, by or library(), precision, np.asarray(matrix, dtype=precision))
    return {each.rule: each for each in found}


def test_right_answers():
    found = answers(RankBounds(1, 1), bounds(2, 0), [[1, 1], [1, 1]])
    assert {each.opinion for each in found.values()} == {"right"}
    assert {each.why for each in found.values()} == {""}
    assert found[DEFAULT].tolerance == pytest.approx(2 * 2 * 2.0**-52)
    assert found[TABLE_2].tolerance == pytest.approx(np.sqrt(5) / 2 * 2 * 2.0**-52)


def test_bounds_that_contain_the_answer_decide_nothing():
    found = answers(RankBounds(1, 2), bounds(2, 0), [[1, 1], [1, 1]])
    assert {each.opinion for each in found.values()} == {"undecided"}


def test_the_tolerance_hides_a_singular_value():
    found = answers(RankBounds(2, 2), bounds(1, Fraction(1, 10**20)), np.diag([1.0, 1e-20]))[DEFAULT]
    assert (found.opinion, found.off, found.rank) == ("wrong", -1, 1)
    assert found.why == "singular value 2 is 1e-20, not zero but below the tolerance 4.44e-16"


def test_rounding_of_entries_makes_a_zero_large():
    """[[1, 1/3], [3, 1]] has rank 1; in float32 its determinant is not zero, and the SVD in float64 sees it."""
    rounded = np.array([[1, np.float32(1 / 3)], [3, 1]], dtype=np.float64)
    found = answers(RankBounds(1, 1), bounds(Fraction(10, 3), 0), rounded)[DEFAULT]
    assert (found.opinion, found.off) == ("wrong", 1)
    assert found.why.startswith("singular value 2 is zero, but rounding of the entries has made it ")
    assert "above the tolerance" in found.why


def test_rounding_of_entries_makes_a_number_vanish():
    exact = bounds(2, Fraction(1, 2))  # of no matrix near; planted
    found = answers(RankBounds(2, 2), exact, [[1, 1], [1, 1]], "float32")[DEFAULT]
    assert found.off == -1
    assert "singular value 2 is 0.5, but rounding of the entries has made it below" in found.why


def test_rounding_of_the_decomposition():
    """A library that computes 1e-3 where the floats have 0, and one that computes 0 where they have 1."""
    found = answers(RankBounds(1, 1), bounds(2, 0), [[1, 1], [1, 1]], "float32", library(2, np.array([2, 1e-3])))
    assert "singular value 2 is zero, in the floats below" in found[DEFAULT].why
    assert "was computed as 0.001, above the tolerance" in found[DEFAULT].why
    found = answers(RankBounds(2, 2), bounds(1, 1), np.eye(2), by=library(1, np.array([1, 0.0])))
    assert found[DEFAULT].off == -1
    assert "singular value 2 is 1, in the floats 1, but was computed as 0, below" in found[DEFAULT].why


def test_without_bounds_of_the_exact_matrix():
    found = answers(RankBounds(2, 2), None, [[1, 1], [1, 1]], "float32")[DEFAULT]
    assert found.why.startswith("singular value 2 is not zero, but rounding of the entries")


def test_what_is_not_finite_and_what_fails():
    found = answers(RankBounds(1, 1), None, [[np.inf]])
    assert [(each.rank, each.opinion, each.why) for each in found.values()] == [
        (None, "undecided", "the features are not finite in float64")
    ] * 2

    def fail(matrix):
        raise np.linalg.LinAlgError

    broken = Library("NumPy", nothing, fail, fail)
    found = answers(RankBounds(1, 1), None, [[1.0]], by=broken)
    assert {(each.rank, each.opinion) for each in found.values()} == {(None, "undecided")}


def test_tolerances_are_those_of_numpy():
    generator = np.random.default_rng(0)
    for precision in ("float64", "float32"):
        matrix = (generator.normal(size=(7, 3)) @ np.diag([1, 1e-3, 1e-8]) @ generator.normal(size=(3, 5))).astype(
            precision
        )
        (default, _), values = answers_of(RankBounds(3, 3), None, library(), precision, matrix)
        assert default.rank == (values > default.tolerance).sum() == np.linalg.matrix_rank(matrix)
