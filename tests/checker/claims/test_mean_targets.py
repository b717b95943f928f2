"""Outputs of equal samples that are the mean of their targets: each obligation alone."""

from fractions import Fraction

import pytest

from exactcnn.checker.claims.mean_targets import read_mean_targets
from exactcnn.checker.losses import exact_residual
from tests.checker.claims.outcomes import accepted, altered, rejected

SAMPLES = [[1, 2], [0, 1], [1, 2], [3, 0], [1, 2], [0, 1]]
TARGETS = [[6, 1], [0, -1], [0, 0], [3, 2], [3, -1], [2, -1]]  # means (3, 0), (1, -1), (3, 2)
LOSS = Fraction(9 + 1 + 1 + 9 + 1 + 1, 2)


def document(make, land, *, targets=TARGETS, samples=SAMPLES, activation="identity"):
    """F = X W + b is the mean of the targets at each of the three different samples."""
    return land.with_targets(make, samples, targets, [land.layer([[1, 1], [1, 0]], [0, -1], activation)])


def claim(land, loss=LOSS, **evidence):
    return land.critical("global minimum", {"kind": "mean-targets", **evidence}, loss)


def test_the_means_of_equal_samples(make, land, run):
    found = accepted(run, document(make, land), claim(land)).accepted
    assert found == (f"the parameters: global minimum, loss {LOSS}, by mean-targets",)
    accepted(run, document(make, land), claim(land, (LOSS - 1, LOSS + 1)))


@pytest.mark.parametrize(("sample", "first"), [(0, 0), (2, 0), (4, 0), (1, 1), (5, 1), (3, 3)])
@pytest.mark.parametrize("output", [0, 1])
def test_a_target_that_is_off(make, land, run, sample, first, output):
    targets = [list(row) for row in TARGETS]
    targets[sample][output] += Fraction(1, 10**30)
    says = f"the outputs of sample {first} are not the mean of the targets of its equals"
    rejected(run, says, document(make, land, targets=targets), claim(land, (0, 99)))


def test_samples_that_are_nearly_equal(make, land, run):
    """Only equal samples have equal outputs at all parameters."""
    samples = [list(row) for row in SAMPLES]
    samples[5] = [Fraction(1, 10**9), 1 - Fraction(1, 10**9)]  # with the outputs of the other
    rejected(run, "are not the mean", document(make, land, samples=samples), claim(land, (0, 99)))


def test_a_loss_that_is_not_this_one(make, land, run):
    own = document(make, land)
    rejected(run, "at least", own, claim(land, (LOSS + Fraction(1, 10**20), LOSS + 1)))
    rejected(run, "at most", own, claim(land, (0, LOSS - Fraction(1, 10**20))))


def test_what_the_document_says(make, land, run):
    own = document(make, land)
    rejected(run, "evidence for global minimum", own, altered(claim(land), type="minimum"), code=2)
    rejected(run, "strict", own, altered(claim(land), strict=True), code=2)
    rejected(run, "does not give the index", own, altered(claim(land), index=[1, 0, 5]))
    rejected(run, "unknown key", own, claim(land, groups=[]), code=2)
    rejected(run, "rational", document(make, land, activation="tanh"), claim(land))
    without = {key: value for key, value in own.items() if key != "targets"}
    assert run(without, claim(land)).exit_code != 0


def test_the_work_is_paid_for_before_it_is_done(make, land):
    """A sort of the samples, and sums and squares of residuals, by their number and length."""
    spent = []
    for count, bits in ((10, 10), (1000, 10), (1000, 5000)):
        samples = [[Fraction(i, 2**bits + 1)] for i in range(count)]
        instance = land.read(land.with_targets(make, samples, [[0]] * count, [land.layer([[0]], [0])]))
        exact_residual(instance)  # which the instance keeps
        before = instance.budget.spent
        read_mean_targets(instance, {"kind": "mean-targets"}).verify(instance, "global minimum")
        spent.append(instance.budget.spent - before)
    assert spent[1] > 100 * spent[0]
    assert spent[2] > 10 * spent[1]
