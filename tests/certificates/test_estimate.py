"""The estimate of the checker's time: short for small instances, and growing with what is read and multiplied."""

from types import SimpleNamespace

import numpy as np
import pytest

from exactcnn.certificates.certificate import A_FEW_SECONDS, Certificate
from exactcnn.certificates.estimate import estimated_seconds
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import (
    BallMinor,
    Evidence,
    Inherited,
    ModularMinor,
    RankBounds,
    Relation,
    Relations,
    VanishingMinors,
    ZeroBlock,
)
from exactcnn.network.features import RankClaim
from exactcnn.network.instance import Instance
from exactcnn.network.layers import Convolution, FullyConnected
from exactcnn.network.network import Network
from exactcnn.theorems.hypotheses import WidthClaim

NETWORK = Network((1, 8, 8), [Convolution(113, 5, activation="sigmoid")])


def instance(count, network=NETWORK):
    return Instance(network, samples=ExactArray(np.zeros((count, network.widths[0]), dtype=np.int64)))


def minor(order, kind=ModularMinor):
    lines = tuple(range(order))
    evidence = ModularMinor("7", None, lines, lines) if kind is ModularMinor else BallMinor(128, lines, lines)
    return RankBounds(order, 2000, evidence)


def seconds(count, *claims, network=NETWORK, layers=1):
    return estimated_seconds(instance(count, network), claims, layers)


def test_small_instances_are_quick():
    assert seconds(10, RankClaim(1, minor(10)), WidthClaim(1, True)) < 1
    network = Network((5,), [FullyConnected(6, activation="softplus")])
    assert seconds(6, RankClaim(1, minor(6, BallMinor)), network=network) < 1


def test_the_digits_take_a_few_seconds():
    """2.1 s were measured for them: within a factor of a few, and done unasked."""
    estimate = seconds(1797, RankClaim(1, minor(1797)))
    assert 1 < estimate < A_FEW_SECONDS
    assert Certificate(instance(1797), (RankClaim(1, minor(1797)),), 1).seconds == estimate


def test_a_minor_of_balls_costs_the_cube_of_its_order():
    none, half, whole = (seconds(1797, RankClaim(1, minor(order, BallMinor))) for order in (0, 800, 1600))
    assert whole - none == pytest.approx(8 * (half - none))


def test_a_minor_modulo_a_prime_costs_what_its_columns_depend_on():
    network = Network((1, 8, 8), [Convolution(113, 5, activation="relu"), Convolution(10, 2, activation="sigmoid")])
    relations = Relations(0, ())

    def of(columns, upper=None, count=1000):
        evidence = ModularMinor("7", None, tuple(range(len(columns))), tuple(columns))
        bounds = RankBounds(len(columns), 90, evidence, *([] if upper is None else [upper]))
        return seconds(count, RankClaim(2, bounds), network=network, layers=2)

    base = seconds(1000, network=network, layers=2)
    one, same, other = of([0, 1]) - base, of([2, 9]) - base, of([0, 89]) - base
    assert 0 < one == pytest.approx(same)
    assert other == pytest.approx(2 * one)  # of two patches that have no neuron in common
    assert of([0, 1], relations) - base > 100 * one


def test_claims_about_the_network_alone_compute_no_features():
    assert seconds(10**4, WidthClaim(1, True)) == seconds(10**4)


def test_outputs_cost_products_precision_and_comparisons():
    network = Network((1, 8, 8), [Convolution(113, 5, activation="relu"), FullyConnected(100, activation="relu")])
    comparison = {"inputs": [], "outputs": [], "relation": "<", "bound": "1"}

    def outputs(count, precision=None, assertions=None):
        document = {"kind": "outputs", "property": assertions, "samples": [{"precision": precision}] * count}
        claim = SimpleNamespace(document=lambda: document)
        return seconds(10, claim, network=network, layers=2) - seconds(10, network=network, layers=2)

    assert outputs(10) == pytest.approx(10 * outputs(1))
    assert outputs(10) == outputs(10, 128) < outputs(10, 2048)
    either = {"or": [comparison, {"and": [comparison, comparison]}]}
    one, three = (outputs(4, None, [each]) - outputs(4) for each in (comparison, either))
    assert three == pytest.approx(3 * one)
    assert one > 0


def test_inherited_evidence_costs_what_it_would_by_itself():
    relations = Relations(0, tuple(Relation(i, tuple((j, 1) for j in range(60))) for i in range(60)))
    rank = minor(50)
    own, below = (RankBounds(50, 50, rank.lower_evidence, e) for e in (relations, Inherited(0, True, relations)))
    assert seconds(1797, RankClaim(1, below)) == seconds(1797, RankClaim(1, own)) > seconds(1797, RankClaim(1, rank))


def test_more_of_anything_takes_longer():
    network = Network((1, 8, 8), [Convolution(113, 5, activation="relu"), FullyConnected(100, activation="relu")])
    assert seconds(10) < seconds(1000) < seconds(1000, network=network, layers=2)
    rank = minor(50)
    relations = Relations(0, tuple(Relation(i, tuple((j, 1) for j in range(60))) for i in range(60)))
    dearer = [
        RankBounds(50, 60, rank.lower_evidence, relations),
        RankBounds(50, 60, rank.lower_evidence, VanishingMinors(("7",) * 10_000)),
        RankBounds(50, 60, BallMinor(128, tuple(range(50)), tuple(range(50)))),
    ]
    for each in dearer:
        assert seconds(500, RankClaim(1, each)) > seconds(500, RankClaim(1, rank))


def test_a_zero_block_takes_expansions_and_sums():
    """300 x 576, of which 60 rows and 572 differences of columns: 1.5 s were measured."""
    network = Network((1, 28, 28), [Convolution(4, 5, stride=2, activation="sigmoid")])

    def block(rows, columns):
        left, right = (tuple(Relation(i, ((i, 1), (i + 1, -1))) for i in range(n)) for n in (rows, columns))
        return RankClaim(1, RankBounds(0, 876 - rows - columns, Evidence(), ZeroBlock(left, right)))

    base = seconds(300, RankClaim(1, RankBounds(0, 300)), network=network)
    measured = seconds(300, block(60, 572), network=network) - base
    assert 0.5 < measured < 5
    assert seconds(300, block(120, 572), network=network) - base > 1.5 * measured
    assert seconds(300, block(60, 286), network=network) - base < measured


def test_without_samples():
    assert 0 < estimated_seconds(Instance(NETWORK), (), 1) < 1
    assert 0 < estimated_seconds(instance(3), (), 0) < 1


def test_singular_values_take_products_and_eliminations():
    def enclosed(order):
        left = ExactArray(np.zeros((order, order), dtype=np.int64))
        return SimpleNamespace(document=lambda: {"kind": "singular-values", "evidence": evidence(left)})

    def evidence(left):
        return {"kind": "decomposition", "left": left, "right": left, "values": []}

    def counted(order, precision=64):
        panels = [[[i] for i in range(order)]]
        stated = {"kind": "inertia", "precision": precision, "panels": panels}
        return SimpleNamespace(document=lambda: {"kind": "singular-value-counts", "evidence": stated})

    norm = SimpleNamespace(document=lambda: {"kind": "singular-values", "evidence": {"kind": "norm", "precision": 64}})
    assert seconds(10, norm, layers=0) < 1
    assert seconds(10, enclosed(100), layers=0) < 1
    assert 10 < seconds(10, enclosed(2000), layers=0) < 300  # 30 s were measured
    assert seconds(10, counted(100), layers=0) < 1
    assert seconds(10, counted(2000), layers=0) > 10
    assert seconds(10, counted(400, 4096), layers=0) > 2 * seconds(10, counted(400), layers=0)


def test_combinations_of_blocks_take_their_digits():
    def claim(digits):
        one = SimpleNamespace(document=lambda: {"kind": "block-terms", "combinations": [None, own]})
        own = {"denominator": "1", "coefficients": [[i, "9" * digits] for i in range(100)]}
        return one

    network = Network((2,), [FullyConnected(1, activation="identity")])
    short, long = (seconds(5, claim(digits), network=network) for digits in (1, 100_001))
    assert short < 1
    assert long - short == pytest.approx(10)


def test_combinations_in_exponentials_take_their_powers():
    def claim(count):
        own = {"denominator": [["0", "1"]], "coefficients": [[0, [[str(k), "1"] for k in range(count)]]]}
        return SimpleNamespace(document=lambda: {"kind": "formal-block-terms", "combinations": [None, own]})

    network = Network((2,), [FullyConnected(1, activation="identity")])
    short, long = (seconds(5, claim(count), network=network) for count in (1, 10_001))
    assert short < 1
    assert long > short + 1
