"""The table of cases of Theorems 3.4 and 3.5; every answer is planted, and every certificate is accepted."""

import numpy as np
import pytest

from exactcnn.checker import check
from exactcnn.data.dataset import Dataset
from exactcnn.domains.exact import ExactArray
from exactcnn.linalg.evidence import RankBounds
from exactcnn.network.features import FeatureMatrix
from exactcnn.network.layers import AveragePooling, Convolution, FullyConnected, MaxPooling
from exactcnn.network.network import Network
from exactcnn.network.parameters import Parameters, random_parameters
from exactcnn.theorems.independence import Known, features_at_this_point, rank_bounds, theorem_3_4, theorem_3_5
from exactcnn.theorems.verify import verify

LINE = [[0], [1], [2]]
CONSTANT = [[c] * 4 for c in range(3)]
SHIFTED = [[1, 2, 3], [2, 3, 1]]  # the patch (2, 3) at positions 1 and 0


@pytest.fixture
def decide(tmp_path):
    """(status, by) of Theorems 3.4 and 3.5; with `seed` there are parameters. The certificate must be accepted."""

    def decide(network, rows, *, seed=None, layer=None, parameters=None):
        parameters = random_parameters(network, seed=seed) if seed is not None else parameters
        dataset = Dataset.from_array(rows)
        found = verify(network, parameters, dataset, layer=layer)
        path = tmp_path / "certificate.json"
        found.certificate.write(path)
        outcome = check(path)
        assert outcome.exit_code == 0, outcome.message
        decided = [v for v in found.verdicts if v.statement in ("NH18.T3.4", "NH18.T3.5")]
        assert [v.statement for v in decided] == ["NH18.T3.4", "NH18.T3.5"]
        return tuple((v.status, v.details.get("by")) for v in decided)

    return decide


def fc(units, activation="sigmoid", bias="neuron"):
    return FullyConnected(units, activation=activation, bias=bias)


OPEN = ("undecided", None)
WITNESS, THEOREM, DEAD = ("proved", "witness"), ("proved", "theorem"), ("refuted", "dead-units")
WIDTH, BOUND = ("refuted", "width"), ("refuted", "rank-bound")


@pytest.mark.parametrize(
    ("network", "rows", "with_parameters", "without"),
    [
        # one layer
        pytest.param(
            Network((1,), [fc(3)], activation="sigmoid"), LINE, (WITNESS, WITNESS), (THEOREM, THEOREM), id="sigmoid"
        ),
        pytest.param(
            Network((1,), [fc(3, "tanh")], activation="sigmoid"),
            LINE,
            (WITNESS, WITNESS),
            (OPEN, OPEN),
            id="tanh, not A3.2",
        ),
        pytest.param(
            Network((1,), [fc(30, "relu")], activation="sigmoid"), LINE, (WITNESS, DEAD), (THEOREM, DEAD), id="relu"
        ),
        pytest.param(
            Network((1,), [fc(30, "clip(-1,0)")], activation="sigmoid"),
            LINE,
            (WITNESS, DEAD),
            (THEOREM, DEAD),
            id="zero on the right",
        ),
        pytest.param(
            Network((1,), [fc(30, "squared-relu")], activation="sigmoid"),
            LINE,
            (WITNESS, DEAD),
            (OPEN, DEAD),
            id="grows, dies",
        ),
        pytest.param(
            Network((1,), [fc(30, "clip(1,2)")], activation="sigmoid"),
            LINE,
            (WITNESS, OPEN),
            (OPEN, OPEN),
            id="never zero",
        ),
        pytest.param(
            Network((1,), [fc(9, "relu", "none")], activation="sigmoid"),
            LINE,
            (OPEN, OPEN),
            (OPEN, OPEN),
            id="no bias, row 0",
        ),
        pytest.param(
            Network((1,), [fc(9, "identity")], activation="sigmoid"), LINE, (BOUND, BOUND), (BOUND, BOUND), id="affine"
        ),
        pytest.param(
            Network((1,), [fc(9, "polynomial(0,0,1)")], activation="sigmoid"),
            LINE,
            (WITNESS, WITNESS),
            (OPEN, OPEN),
            id="square",
        ),
        pytest.param(Network((1,), [fc(2)], activation="sigmoid"), LINE, (WIDTH, WIDTH), (WIDTH, WIDTH), id="narrow"),
        pytest.param(
            Network((1,), [fc(2, "relu")], activation="sigmoid"), LINE, (WIDTH, WIDTH), (WIDTH, WIDTH), id="narrow relu"
        ),
        pytest.param(
            Network((1,), [fc(9)], activation="sigmoid"),
            [[1], [2], [1]],
            (BOUND, BOUND),
            (BOUND, BOUND),
            id="equal samples",
        ),
        pytest.param(
            Network((1,), [fc(9), fc(9)], activation="sigmoid"),
            [[1], [1]],
            (BOUND, BOUND),
            (BOUND, BOUND),
            id="equal, deep",
        ),
        # one sample
        pytest.param(
            Network((1,), [fc(1)], activation="sigmoid"), [[0]], (WITNESS, WITNESS), (THEOREM, THEOREM), id="N = 1"
        ),
        pytest.param(
            Network((1,), [fc(1, "tanh", "none")], activation="sigmoid"),
            [[0]],
            (OPEN, OPEN),
            (OPEN, OPEN),
            id="N = 1, F = 0",
        ),
        pytest.param(
            Network((1,), [fc(9, "relu")], activation="sigmoid"),
            [[0]],
            (WITNESS, DEAD),
            (THEOREM, DEAD),
            id="N = 1, relu",
        ),
        # collisions at other positions: harmless for k = 1
        pytest.param(
            Network((1, 3), [Convolution(1, 2)], activation="sigmoid"),
            SHIFTED,
            (WITNESS, WITNESS),
            (THEOREM, THEOREM),
            id="k = 1",
        ),
        pytest.param(
            Network((1, 3), [Convolution(1, 2), fc(2)], activation="sigmoid"),
            SHIFTED,
            (WITNESS, WITNESS),
            (THEOREM, THEOREM),
            id="k = 1 wide",
        ),
        # shared and absent biases on constant images: one unit per filter
        pytest.param(
            Network((1, 4), [Convolution(1, 1, bias="filter")], activation="sigmoid"),
            CONSTANT,
            (BOUND, BOUND),
            (BOUND, BOUND),
            id="shared",
        ),
        pytest.param(
            Network((1, 4), [Convolution(1, 1, bias="none")], activation="sigmoid"),
            CONSTANT,
            (BOUND, BOUND),
            (BOUND, BOUND),
            id="absent",
        ),
        pytest.param(
            Network((1, 4), [Convolution(1, 1)], activation="sigmoid"),
            CONSTANT,
            (WITNESS, WITNESS),
            (THEOREM, THEOREM),
            id="per neuron",
        ),
        pytest.param(
            Network((1, 4), [Convolution(3, 1, bias="filter")], activation="sigmoid"),
            CONSTANT,
            (WITNESS, WITNESS),
            (OPEN, OPEN),
            id="shared, enough filters",
        ),
        # outside Definition 2.1
        pytest.param(
            Network((1, 3), [Convolution(1, 2, padding=1)], activation="sigmoid"),
            [[1, 2, 3], [5, 6, 8]],
            (WITNESS, WITNESS),
            (OPEN, OPEN),
            id="padding",
        ),
        pytest.param(
            Network((3,), [Convolution(2, patches=((0, 1),))], activation="sigmoid"),
            [[1, 2, 3], [5, 6, 8]],
            (WITNESS, WITNESS),
            (OPEN, OPEN),
            id="uncovered neuron",
        ),
    ],
)
def test_one_layer(decide, network, rows, with_parameters, without):
    assert decide(network, rows, seed=1, layer=1) == with_parameters
    assert decide(network, rows, layer=1) == without


DEEP = [
    # (layers 1 to k, with parameters, without), on samples without common patches
    ((Convolution(2, 2), fc(4)), (WITNESS, WITNESS), (THEOREM, THEOREM)),
    ((Convolution(2, 2, bias="filter"), fc(4)), (WITNESS, WITNESS), (OPEN, OPEN)),
    ((Convolution(2, 2, activation="tanh"), fc(4)), (WITNESS, WITNESS), (OPEN, OPEN)),
    ((Convolution(2, 2, activation="softsign"), fc(40)), (WITNESS, OPEN), (OPEN, OPEN)),
    ((Convolution(9, 2, activation="relu"), fc(40)), (WITNESS, OPEN), (THEOREM, OPEN)),
    ((Convolution(9, 2, activation="relu"), fc(40, "relu")), (WITNESS, DEAD), (THEOREM, DEAD)),
    ((Convolution(2, 2), fc(40, "relu")), (WITNESS, DEAD), (THEOREM, DEAD)),
    ((MaxPooling(2, stride=1), fc(4)), (WITNESS, OPEN), (OPEN, OPEN)),
    ((Convolution(2, 2), fc(2)), (WIDTH, WIDTH), (WIDTH, WIDTH)),
    ((fc(1, "identity"), fc(9, "identity")), (BOUND, BOUND), (BOUND, BOUND)),
    ((fc(1), fc(9, "identity")), (BOUND, BOUND), (BOUND, BOUND)),
    ((fc(2), fc(9, "identity")), (WITNESS, WITNESS), (OPEN, OPEN)),
    ((fc(2), fc(9, "identity", bias="none")), (BOUND, BOUND), (BOUND, BOUND)),
    ((Convolution(2, 2), AveragePooling(2), fc(9, "identity", bias="none")), (BOUND, BOUND), (BOUND, BOUND)),
    ((fc(1, "polynomial(3)"), fc(9)), (OPEN, OPEN), (OPEN, OPEN)),  # a constant below: rank 1
]


@pytest.mark.parametrize(("layers", "with_parameters", "without"), DEEP)
def test_more_layers(decide, layers, with_parameters, without):
    network, rows = Network((1, 3), layers, activation="sigmoid"), [[0, 1, 2], [3, 4, 6], [10, 14, 17]]
    k = len(layers)
    assert decide(network, rows, seed=0, layer=k) == with_parameters
    assert decide(network, rows, layer=k) == without


def test_pooling_inside(decide):
    rows = [[0, 1, 2, 3], [4, 6, 8, 9], [10, 13, 17, 19]]
    inside = Network((1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), fc(5)], activation="sigmoid")
    assert decide(inside, rows, layer=3) == (THEOREM, OPEN)
    assert decide(inside, rows, seed=0, layer=3) == (WITNESS, OPEN)
    dead = Network((1, 4), [Convolution(2, 2), MaxPooling(2, stride=1), fc(9, "relu")], activation="sigmoid")
    assert decide(dead, rows, layer=3) == (THEOREM, DEAD)
    padded = Network((1, 4), [Convolution(2, 2), MaxPooling(2, padding=1), fc(5)], activation="sigmoid")
    assert decide(padded, rows, layer=3) == (OPEN, OPEN)


def test_collisions_across_positions_count_for_deeper_layers(decide):
    """Two filters of size 1 swap the patches of two samples: max-pooling then sees equal values."""
    network = Network((1, 2), [Convolution(1, 1), MaxPooling(2), fc(2)], activation="sigmoid")
    assert decide(network, [[0, 1], [1, 0]], layer=3) == (OPEN, OPEN)
    assert decide(network, [[0, 1], [3, 2]], layer=3) == (THEOREM, OPEN)
    deep = Network((1, 3), [Convolution(1, 2), fc(2)], activation="sigmoid")
    assert decide(deep, SHIFTED, layer=2) == (OPEN, OPEN)


def test_a_deficient_point_leaves_the_theorem_its_word(decide):
    network = Network((1,), [fc(3)], activation="sigmoid")
    zeros = Parameters.from_arrays(network, {"W1": [[0, 0, 0]], "b1": [0, 0, 0]})
    assert decide(network, LINE, parameters=zeros) == (THEOREM, THEOREM)
    open_ones = Network((1,), [fc(3, "tanh")], activation="sigmoid")
    assert decide(open_ones, LINE, parameters=zeros) == (OPEN, OPEN)


def test_what_was_not_decided_counts_as_open():
    network = Network((1,), [fc(3)], activation="sigmoid")
    known = Known(network, 1, 3, None, (), ())
    assert len(known.unmet(almost_everywhere=False)) == 4
    assert theorem_3_4(known).status == theorem_3_5(known).status == "undecided"
    everything = verify(network, None, Dataset.from_array(LINE)).verdicts
    for missing in ("NH18.D2.1", "NH18.A3.1", "NH18.A3.2", "NH18.T3.4.2"):
        some = tuple(v for v in everything if v.statement != missing)
        assert len(Known(network, 1, 3, None, some, ()).unmet(almost_everywhere=True)) == 1
    assert Known(network, 1, 3, None, everything, ()).unmet(almost_everywhere=True) == []


@pytest.mark.parametrize(
    ("bounds", "status", "text"),
    [
        (RankBounds(3, 3), "proved", "rank F_2 = 3"),
        (RankBounds(1, 2), "refuted", "rank F_2 lies in [1, 2]"),
        (RankBounds(2, 2), "refuted", "rank F_2 = 2"),
        (RankBounds(2, 3, reason="no relation"), "undecided", "no relation"),
    ],
)
def test_features_at_this_point(bounds, status, text):
    verdict = features_at_this_point(2, 3, bounds)
    assert (verdict.status, verdict.scope) == (status, "this point")
    assert text in verdict.reason


def test_rank_bounds_of_equal_samples_and_patches():
    shared = Network((1, 3), [Convolution(2, 1, bias="none"), fc(1)], activation="sigmoid")
    thirds = ExactArray.from_strings([["1/3", "1/3", "0"], ["2/6", "1/3", "0"], ["1", "1", "0"]])
    samples, patches = rank_bounds(shared, thirds, 1)
    for bound, upper, kind in ((samples, 2, "equal-samples"), (patches, 4, "equal-patches")):
        assert bound.document() == {
            "kind": "rank-for-all-parameters",
            "layer": 1,
            "upper": upper,
            "evidence": {"kind": kind, "classes": [[0, 1], [2]]},
        }
    assert [bound.document()["evidence"]["kind"] for bound in rank_bounds(shared, thirds, 2)] == ["equal-samples"]
    signed = ExactArray.from_array(np.array([[0.0, 1.0], [-0.0, 1.0]]))
    assert rank_bounds(Network((2,), [fc(1)], activation="sigmoid"), signed, 1)[0].document()["upper"] == 1
    assert (
        rank_bounds(
            Network((1, 2), [Convolution(1, 1)], activation="sigmoid"), ExactArray.from_array([[1, 2], [2, 1]]), 1
        )
        == ()
    )


def test_padding_reads_zero_in_rank_bounds(decide):
    """An input that is zero in all samples is like padding: the patches (padding, 0) and (0, 1) agree."""
    network = Network((1, 3), [Convolution(1, 2, padding=1, bias="filter")], activation="sigmoid")
    rows = [[0, 0, c] for c in range(1, 5)]
    (bound,) = rank_bounds(network, ExactArray.from_array(rows), 1)
    assert bound.document()["evidence"]["classes"] == [[0, 1], [2], [3]]
    assert decide(network, rows) == (BOUND, BOUND)
    nonzero = ExactArray.from_array([[0, 0, 1], [0, 1, 1]])
    assert rank_bounds(network, nonzero, 1) == ()


@pytest.mark.parametrize("seed", range(20))
def test_affine_layers_bound_the_rank_at_all_parameters(seed):
    """Wide layers attain the bound at random parameters, narrow ones stay below it."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (9, 2)) @ rng.integers(-3, 4, (2, 4))
    samples, wide = ExactArray.from_array(rows), bool(seed % 2)

    def layer():
        units, kinds = 12 if wide else int(rng.integers(1, 4)), ["none", "filter", "neuron"]
        return fc(units, str(rng.choice(["identity", "polynomial(1,3)"])), str(rng.choice(kinds)))

    network = Network((4,), [layer() for _ in range(3)])
    for k in (1, 2, 3):
        rank = FeatureMatrix(network, random_parameters(network, seed=seed), samples, k).rank().exact
        bounds = [bound for bound in rank_bounds(network, samples, k) if bound.evidence.kind == "inherited"]
        least = min((bound.upper for bound in bounds), default=min(9, network.widths[k]))
        assert rank <= least
        assert not wide or rank == least
