"""Polynomials, the Cantor function and mirror images as activations."""

import pytest

from exactcnn.proofs.checks import gaps_activations
from exactcnn.proofs.checks.cantor import cantor, distinct_example


@pytest.mark.parametrize(
    ("name", "dimension", "bound"),
    [("identity", 1, 2), ("identity", 3, 4), ("square", 1, 3), ("square", 2, 6), ("polynomial(1,0,0,2)", 2, 10)],
)
def test_polynomials_are_bounded_by_their_monomials(name, dimension, bound):
    found = gaps_activations.polynomial_units(name, dimension=dimension, width=bound + 3)
    assert (found.status, found.details["bound"], found.checked) == ("refuted", bound, True)


def test_only_polynomials_are_taken():
    from exactcnn.errors import InputError

    for name in ("relu", "sigmoid", "softsign", "gelu"):
        with pytest.raises(InputError, match="is no polynomial"):
            gaps_activations.polynomial_units(name)


def test_eight_is_the_smallest_number_of_samples():
    assert gaps_activations.cantor_units().status == "refuted"
    assert gaps_activations.cantor_units(7).status == "undecided"
    start, step = distinct_example(7)
    assert len({cantor(start + i * step) for i in range(7)}) == 7
    assert distinct_example(8, parts=12) is None


def test_more_samples_fail_as_well():
    assert gaps_activations.cantor_units(9).status == "undecided"  # no example with eight: not the smallest number


def test_mirror_image_needs_an_activation_that_fails():
    assert gaps_activations.mirror_image("relu").status == "undecided"
    assert gaps_activations.mirror_image("tanh").status == "undecided"
    assert gaps_activations.mirror_image("swish(-1)").status == "proved"


def test_polynomials_have_no_witness_beyond_their_bound():
    found = gaps_activations.excluded_yet_independent(("square",))
    assert (found.status, "square" in found.what) == ("undecided", True)
