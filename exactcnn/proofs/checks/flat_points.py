"""Lemma 3.5 and Theorem 3.4 of Nguyen and Hein (2017) where the slope of a strictly increasing activation is zero."""

from __future__ import annotations

from fractions import Fraction

from exactcnn.certificates.certificate import Certificate
from exactcnn.domains.exact import exact_array
from exactcnn.landscape.classify import classify
from exactcnn.landscape.evidence import OWN, GradientClaim, LossClaim
from exactcnn.landscape.objective import Objective
from exactcnn.linalg.rank import certified_rank
from exactcnn.linalg.rational import RationalMatrix
from exactcnn.network.definitions import define_activation
from exactcnn.network.instance import Instance
from exactcnn.network.layers import FullyConnected
from exactcnn.network.monotone import monotone
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters
from exactcnn.proofs.checks.features_and_ones import fully_connected, rank_with_ones, zero_loss_or_a_derivative
from exactcnn.proofs.checks.points import piece_of, undecided
from exactcnn.proofs.checks.recorder import CheckResult, check
from exactcnn.theorems.membership import WeightsRankClaim, membership


def flat_hidden_layer() -> Instance:
    """Samples 0 and 1 with targets 0 and 1; two units 1/(1 + exp(-t^3)), the one that is heard at t = 0."""
    sigma = define_activation("sigmoid-of-cube", ["1/(1 + exp(-t^3))"])
    network = Network((1,), [FullyConnected(2, activation=sigma), FullyConnected(1, activation="identity")])
    parameters = Parameters.from_arrays(network, {"W1": [[0, 0]], "b1": [0, 1], "W2": [[1], [0]], "b2": [0]})
    numbers = exact_array([[0], [1]], name="samples")
    return Instance(network, parameters, numbers, numbers)


def flat_output(**arrays: object) -> Instance:
    """Widths 1, 2, 1, an activation with σ(t) = 1/2 + t^3/4 for −1 ≤ t ≤ 1 on both layers, and G_2 = 0."""
    network = fully_connected((1, 2, 1), piece_of("zero-derivative").network.convolved(2).activation)
    own = {"W1": [["1/2", "-1/2"]], "b1": [0, "1/2"], "W2": [[32], [32]], "b2": [-33]}
    parameters = Parameters.from_arrays(network, {**own, **arrays})
    targets = exact_array([["1/4"], ["3/4"]], name="targets")
    return Instance(network, parameters, exact_array([[0], [1]], name="samples"), targets)


@check("NH17.G.derivative")
def critical_with_independent_inputs() -> CheckResult:
    """Theorem 3.4 with an analytic activation and a linear output: a critical point with Φ = 1/4, rank [X, 1] = N."""
    instance = flat_hidden_layer()
    rank, inputs = rank_with_ones(instance, 0)
    sigma = instance.network.convolved(1).activation
    found = classify(Objective(instance))
    assert instance.parameters is not None
    weights = certified_rank(RationalMatrix(instance.parameters.layer(2).weights))
    if found.status != "saddle" or not found.loss[0] > 0 or (rank.lower, weights.lower) != (2, 1):
        return undecided(f"the point is {found.status}: {found.reason}; rank [X, 1] is {rank}, rank W_2 {weights}")
    certificate = Certificate(instance, (*found.claims, WeightsRankClaim(2, weights)), 2)
    slope = monotone(sigma)
    details = {"analytic": sigma.analytic, "strictly monotone": slope.strictly, "loss": float(found.loss[0])}
    what = "rank [X, 1] = N = 2, rank W_2 = 1, and every derivative is zero at a saddle with positive loss"
    return CheckResult("refuted", "an instance", what, details, (inputs, certificate))


@check("NH17.G.derivative")
def critical_below_a_flat_output() -> CheckResult:
    """Lemma 3.5 with the same activation on both layers, once differentiable: every derivative zero, and Φ = 1/16."""
    instance, better = flat_output(), flat_output(W2=[[32], [-32]], b2=[0])
    member = membership(instance, 1)
    objective, there = Objective(instance), Objective(better)
    loss, lower = objective.loss(), there.loss()
    assert isinstance(loss, Fraction)
    assert isinstance(lower, Fraction)
    if bool(objective.gradient().numbers.any()) or not member.holds or not lower < loss:
        return undecided(f"{member.reason}; Φ = {loss} and {lower}")
    lemma = zero_loss_or_a_derivative(instance)
    if lemma.status != "undecided" or lemma.checked is False:
        return undecided(f"Lemma 3.5 is decided there: {lemma.what}")
    assert instance.parameters is not None
    assert better.parameters is not None
    weights = certified_rank(RationalMatrix(instance.parameters.layer(2).weights))
    # F_1 is invertible: with the derivatives by W_2 those by G_2 are zero, and so are all others
    claims = (
        *member.claims,
        WeightsRankClaim(2, weights),
        GradientClaim(2, True, None, None),
        LossClaim(OWN, loss, loss),
        LossClaim(0, lower, lower),
    )
    what = f"rank F_1 = N = 2, rank W_2 = 1, every derivative is zero, and Φ = {loss}; elsewhere Φ = {lower}"
    certificate = Certificate(instance, claims, 2, (better.parameters,))
    return CheckResult("refuted", "an instance", what, {"lemma": lemma.what}, (certificate,))
