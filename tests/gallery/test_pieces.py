"""Each piece: numbers of its source recomputed here from scratch, what comes out, and what a small move does to it."""

import math
from fractions import Fraction

import numpy as np
import pytest

from exactcnn.domains.exact import ExactArray
from exactcnn.errors import InputError
from exactcnn.gallery.examine import Examined, examine
from exactcnn.gallery.piece import promised
from exactcnn.gallery.registry import pieces, select
from exactcnn.landscape.classify import classify, refine
from exactcnn.network.network import Convolved
from exactcnn.proofs.registry import statements

ALL = pieces()
IDS = [piece.id for piece in ALL]

# id: status, loss, loss of the better point, as the sources (times 1/2 where theirs is a sum without it) have them
NUMBERS = {
    "swirszcz-1": ("minimum", "18/2", "14/2"),
    "swirszcz-2": ("minimum", "4/3", "0"),
    "swirszcz-2-smooth": ("minimum", "4/3", "0"),
    "swirszcz-3": ("minimum", "1/3", "1/12"),
    "swirszcz-4": ("minimum", "53/5", "7"),
    "yun-1": ("minimum", "1/12", "0"),
    "yun-2": ("minimum", "1/3", "0"),
    "he-wang-tao": ("minimum", "1/12", "0"),
    "auer-1": ("strict minimum", 0.222222222067, 0.0486618963),
    "auer-2": ("strict minimum", 2 * 0.222222222067, 2 * 0.0486618963),
    "baldi-hornik": ("saddle", "2", "1/2"),
    "kawaguchi-2": ("saddle", "1/2", "0"),
    "kawaguchi-3": ("not a minimum", "1/2", "0"),
    "linear-cnn-3": ("minimum", "9/8", "1/2"),
    "linear-cnn-4": ("minimum", "1/32", "0"),
    "li-ding-sun-2": ("strict minimum", "49/50", "4/5"),
    "li-ding-sun-3": ("strict minimum", "374625/21632", "1246996437/72467200"),
    "li-ding-sun-3-wide": ("strict minimum", 0.503873056137, 0.0243516792),
    "fukumizu-amari-minimum": ("minimum", "49/50", "0"),
    "fukumizu-amari-saddle": ("saddle", "49/50", "0"),
    "zero-derivative": ("undecided", "1/2", 0.0183410644),
    "constant-units": ("minimum", "2/3", "0"),
    "convolutional-saddle": ("saddle", "1/4", 0.0439675524),
    "convolutional-regression": ("undecided", "1", "0"),
    "convolutional-one-hot": ("undecided", "2/3", "0"),
    "convolutional-and": ("minimum", "1/4", "0"),
    "convolutional-six": ("minimum", "231/625", 0.0641841356),
    "convolutional-sigmoids": ("strict minimum", 0.189515644669, 0.0686109919),
    "trained-tanh": ("strict minimum", 0.0806254544, 0.0691839594),
    "trained-relu": ("minimum", 4.90545656, 3.18221889),
    "xor-solved": ("global minimum", "0", None),
    "xor-stuck": ("undecided", 0.333333333, 0.0),
    "kink": ("minimum", "11", "9"),
    "safran-shamir-6": ("strict minimum", 0.02508058100246301, "0"),
    "safran-shamir-7": ("strict minimum", 0.02320271491356608, "0"),
}


@pytest.fixture(scope="module", params=ALL, ids=IDS)
def found(request: pytest.FixtureRequest) -> Examined:
    return examine(request.param)


def test_comes_out_as_promised(found):
    assert found.failures == ()
    assert found.checked is True


def test_numbers_of_the_source(found):
    status, loss, better = NUMBERS[found.piece.id]
    assert found.point.status == status
    _close(found.point.loss, loss)
    if better is None:
        assert found.point.better is None
    else:
        _close(found.point.better.loss, better)
    assert bool(found.point.suboptimal) == (status not in ("undecided", "global minimum"))


def _close(bounds, expected):
    if isinstance(expected, str):
        assert bounds[0] <= Fraction(expected) <= bounds[1]
        assert bounds[1] - bounds[0] < Fraction(1, 10**25)
    else:
        assert float(bounds[0]) == pytest.approx(expected, rel=1e-8, abs=1e-18)


def test_every_piece_has_its_numbers():
    assert list(NUMBERS) == IDS
    assert len(set(IDS)) == len(IDS)


def test_every_piece_has_its_page():
    pages = {each.id: each for each in statements() if each.kind == "piece"}
    assert list(pages) == [piece.page for piece in ALL]
    for piece in ALL:
        text = pages[piece.page].page.read_text(encoding="utf-8")
        assert f"# {piece.title}\n" in text
        assert f'select(["{piece.id}"])' in text


# ---------------------------------------------------------------- an independent forward pass, in floats


def curve(name, t):
    functions = {
        "identity": lambda t: t,
        "relu": lambda t: max(t, 0.0),
        "leaky-relu(1/10)": lambda t: max(t, t / 10),
        "logistic(2)": lambda t: 1 / (1 + 2.0**-t),
        "sigmoid": lambda t: 1 / (1 + math.exp(-t)),
        "tanh": math.tanh,
        "elu-plus-one": lambda t: t + 1 if t > 0 else math.exp(t),
        "ramp": lambda t: min(max(t, 0.0), 1.0),
        "stairs": lambda t: (min(max(t, 0.0), 1.0) + min(max(t - 2, 0.0), 1.0)) / 2,
        "line-from-one": lambda t: t if t > 1 else math.exp(t - 1),
        "cubic-step": lambda t: 1 - 1 / (4 * t**3) if t > 1 else -1 / (4 * t**3) if t < -1 else 0.5 + t**3 / 4,
    }
    return functions[name](t)


def gaussian(arrays):
    """½ E (Σ relu(w_i·x) − Σ relu(x_j))² by angles: E relu(w·x) relu(v·x) = |w||v|(sin θ + (π − θ) cos θ)/2π."""
    weights = np.array([[float(Fraction(x)) for x in row] for row in arrays["W1"]])
    vectors = np.concatenate([weights.T, np.eye(len(weights))])
    signs = np.repeat([1.0, -1.0], len(weights))
    lengths = np.linalg.norm(vectors, axis=1)
    angles = np.arccos(np.clip(vectors @ vectors.T / np.outer(lengths, lengths), -1, 1))
    kernel = np.outer(lengths, lengths) * (np.sin(angles) + (np.pi - angles) * np.cos(angles)) / (2 * np.pi)
    return float(signs @ kernel @ signs) / 2


def by_hand(piece, arrays):
    """The loss by loops over samples, patches and filters, of Python floats."""
    if piece.samples is None:
        return gaussian(arrays)
    total = 0.0
    for row, aims in zip(piece.samples, piece.targets, strict=True):
        values = [float(Fraction(x)) for x in row]
        for layer in piece.network.resolved:
            assert isinstance(layer, Convolved)
            weights, biases = arrays[f"W{layer.number}"], arrays.get(f"b{layer.number}")
            sums = []
            for patch in layer.patches.slots.tolist():
                for t in range(layer.filters):
                    read = sum(float(Fraction(weights[s][t])) * values[neuron] for s, neuron in enumerate(patch))
                    sums.append(read + (float(Fraction(biases[len(sums)])) if biases else 0.0))
            values = [
                curve(layer.activation.name if "(" not in layer.activation.text else layer.activation.text, z)
                for z in sums
            ]
        total += sum((value - float(Fraction(aim))) ** 2 for value, aim in zip(values, aims, strict=True)) / 2
    return total


@pytest.mark.parametrize("piece", ALL, ids=IDS)
def test_losses_by_a_second_implementation(piece):
    objective = piece.surface()
    assert float(objective.in_floats().twice_the_loss) / 2 == pytest.approx(by_hand(piece, piece.arrays), abs=1e-12)
    if piece.better is not None:
        expected = promised(piece.better_loss)[0]
        assert by_hand(piece, piece.better) == pytest.approx(float(expected), rel=1e-4, abs=1e-12)


# ---------------------------------------------------------------- a small move


SMOOTH = [
    "baldi-hornik",
    "kawaguchi-2",
    "linear-cnn-3",
    "linear-cnn-4",
    "li-ding-sun-2",
    "li-ding-sun-3",
    "constant-units",
    "convolutional-saddle",
    "convolutional-and",
]
COMES_BACK = ["li-ding-sun-2", "li-ding-sun-3", "linear-cnn-3", "linear-cnn-4", "auer-1", "trained-tanh", "kawaguchi-2"]


def moved(piece, entry):
    objective = piece.objective()
    theta = objective.theta.fractions().copy()
    theta[entry] += Fraction(1, 2**20)
    return objective.at(ExactArray.from_fractions(theta))


@pytest.mark.parametrize("name", SMOOTH)
def test_a_moved_point_is_not_critical(name):
    (piece,) = select([name])
    objective = piece.objective()
    hessian = np.asarray(objective.in_floats().hessian(np.arange(objective.coordinates.count)), dtype=float)
    entry = int(np.flatnonzero(np.abs(hessian).max(axis=0) > 1e-9)[0])  # to first order the gradient moves with it
    assert classify(moved(piece, entry), search=False).status == "not critical"


@pytest.mark.parametrize("name", COMES_BACK)
def test_refine_brings_a_moved_point_back(name):
    (piece,) = select([name])
    point = refine(moved(piece, 0), search=False)
    assert point.status == piece.status
    low, high = promised(piece.loss)
    assert point.loss[0] <= high
    assert low <= point.loss[1]


# ---------------------------------------------------------------- promises that are not kept


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "saddle"}, "status is minimum; expected saddle"),
        ({"loss": "9/7"}, "loss is 9/8; expected 9/7"),
        ({"better_loss": "0.6..."}, "better loss is 1/2; expected 0.6..."),
        ({"evidence": "box"}, "evidence is hessian; expected box"),
        ({"verdicts": {"NH18.T4.4": "refuted"}}, "NH18.T4.4 is not decided; expected refuted"),
        ({"inside": 1}, "the point is not proved to be in S_1"),
        ({"path": True}, "path: "),
    ],
)
def test_a_broken_promise_is_said(change, said):
    from dataclasses import replace

    (piece,) = select(["linear-cnn-3"])
    assert examine(piece, check=False).failures == ()  # the control
    failures = examine(replace(piece, **change), check=False).failures
    assert len(failures) == 1
    assert said in failures[0]


def test_a_basin_that_is_none_is_said():
    from dataclasses import replace

    from exactcnn.gallery.piece import Basin

    (piece,) = select(["li-ding-sun-2"])
    failures = examine(replace(piece, basins=(Basin((4, 4)),)), check=False).failures
    assert len(failures) == 1
    assert failures[0].startswith("basin 0: ")


def test_promised_losses():
    assert promised("0.50...") == (Fraction(1, 2), Fraction(51, 100))
    with pytest.raises(InputError, match=r"loss '5\.\.\.'; expected a rational number, or decimals"):
        promised("5...")


def test_unknown_pieces_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="piece 'auer' is not known; the nearest is 'auer-"):
        select(["auer"])
    assert [piece.id for piece in select(["kink", "auer-1", "kink"])] == ["kink", "auer-1"]


def test_data_files_say_where_they_come_from():
    import json
    from pathlib import Path

    import exactcnn.gallery as package

    files = sorted((Path(package.__file__).parent / "data").glob("*.json"))
    assert [file.stem for file in files] == ["relu", "tanh", "xor"]
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        assert document["licence"].startswith("Made for this project")
        assert len(document["origin"]) > 80


def test_the_printed_weights_of_proposition_2_do_not_give_its_losses():
    (piece,) = select(["swirszcz-2"])
    printed = {"W1": [[-3, -1]], "b1": ["13/3", -10], "W2": [[1], [-1]], "b2": [-3]}
    assert by_hand(piece, printed) * 2 == pytest.approx(23 / 3)
    printed = {"W1": [[-5, -1]], "b1": [1, -8], "W2": [[1], [-1]], "b2": [-1]}
    assert by_hand(piece, printed) * 2 == pytest.approx(29)
